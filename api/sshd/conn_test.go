package sshd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// held is a connection that keeps what is written from hold to release.
type held struct {
	net.Conn
	mu      sync.Mutex
	holding bool
	kept    []byte
}

func (h *held) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.holding {
		h.kept = append(h.kept, p...)
		return len(p), nil
	}
	return h.Conn.Write(p)
}

func (h *held) hold() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.holding = true
}

func (h *held) release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.holding = false
	_, _ = h.Conn.Write(h.kept)
}

// TestTakesTheEnd: a connection that the server ends is closed when its client has
// taken the exit status, and not before; and one that does not say so is closed
// after some seconds.
func TestTakesTheEnd(t *testing.T) {
	for name, end := range map[string]func(*host){
		"the service ends": func(h *host) { h.end(ErrEnding) },
		"its role is gone": func(h *host) {
			h.mu.Lock()
			h.admit = func(Identity) *Refused { return refused(NoRole, "") }
			h.mu.Unlock()
			h.srv.Recheck()
		},
	} {
		for _, silent := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				h := newHost(t, line(newKey(t, 1)), until(new(reason)))
				wire := &held{Conn: h.l.dial("192.0.2.7")}
				cc, chans, reqs, err := gossh.NewClientConn(wire, "host", &gossh.ClientConfig{
					User: "x", Auth: []gossh.AuthMethod{gossh.PublicKeys(newKey(t, 1))}, HostKeyCallback: gossh.InsecureIgnoreHostKey(),
				})
				if err != nil {
					t.Fatal(err)
				}
				c := gossh.NewClient(cc, chans, reqs)
				se, err := c.NewSession()
				if err == nil {
					err = se.Start("watch")
				}
				if err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				wire.hold() // what the client says of the end comes late
				end(h)
				time.Sleep(endTime - time.Second)
				synctest.Wait()
				if n := len(h.srv.connections()); n != 1 {
					t.Errorf("%s: %d connections before the client has taken it", name, n)
				}
				if !silent {
					wire.release()
					if code := exitOf(se.Wait()); code != 0 {
						t.Errorf("%s: exit status %d", name, code)
					}
					time.Sleep(aWhile)
				} else {
					time.Sleep(2 * time.Second)
				}
				synctest.Wait()
				if n := len(h.srv.connections()); n != 0 {
					t.Errorf("%s, silent %v: %d connections", name, silent, n)
				}
				_ = c.Close()
				h.end(ErrEnding)
				if err := <-h.ended; err != nil && !errors.Is(err, net.ErrClosed) {
					t.Error(err)
				}
				time.Sleep(2 * aWhile)
				synctest.Wait()
			})
		}
	}
}

// TestResizedBefore: a window that becomes another size before anybody wants to
// know of it is told then.
func TestResizedBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		h := newHost(t, line(newKey(t, 1)), func(ctx context.Context, s *Session) int {
			time.Sleep(aWhile) // it is not ready yet
			for range 2 {
				stop := s.Resized(func(w, h int) { told = append(told, fmt.Sprint(s.PTY.Width, "x", s.PTY.Height, " ", w, "x", h)) })
				time.Sleep(aWhile)
				stop()
			}
			return 0
		})
		defer h.close()
		c := h.must()
		defer func() { _ = c.Close() }()
		for _, resized := range []bool{true, false} {
			se, err := c.NewSession()
			if err == nil {
				err = se.RequestPty("xterm", 24, 80, nil)
			}
			if err == nil {
				err = se.Start("watch")
			}
			if err == nil && resized {
				err = se.WindowChange(30, 100)
			}
			if err != nil {
				t.Fatal(err)
			}
			_ = se.Wait()
			synctest.Wait()
			if want := map[bool]string{true: "80x24 100x30, 80x24 100x30"}[resized]; strings.Join(told, ", ") != want {
				t.Errorf("resized %v: told %q, want %q", resized, told, want)
			}
			told = nil
		}
	})
}

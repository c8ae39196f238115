package sshd

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// TestLogin: the key that was proven says who it is, and a key that only was
// shown does not.
func TestLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ids := make(chan Identity, 1)
		h := newHost(t, line(newKey(t, 1))+" first\n"+line(newKey(t, 2))+" second", func(_ context.Context, s *Session) int {
			ids <- s.Identity
			return 7
		})
		defer h.close()
		// The first key is shown, let in, and never proven: its owner has no
		// private key of it.
		c, err := h.login("192.0.2.7", thief{newKey(t, 1)}, newKey(t, 2))
		if err == nil {
			t.Fatal("a signature of another key has let somebody in")
		}
		c, err = h.login("192.0.2.7", newKey(t, 3), newKey(t, 2))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		se, err := c.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		if code := exitOf(se.Run("list")); code != 7 {
			t.Errorf("exit status %d", code)
		}
		want := Identity{User: "alice", Fingerprint: gossh.FingerprintSHA256(newKey(t, 2).PublicKey()), Comment: "second"}
		got := <-ids
		if got.Address.String() != "192.0.2.7" || got.User != want.User || got.Fingerprint != want.Fingerprint || got.Comment != want.Comment {
			t.Errorf("%+v, want %+v", got, want)
		}
	})
}

// thief signs for a key with another one.
type thief struct{ gossh.Signer }

func (thief) Sign(r io.Reader, data []byte) (*gossh.Signature, error) {
	s, _ := gossh.NewSignerFromKey(newEd25519(55))
	return s.Sign(r, data)
}

// TestRefused: who is refused is refused by a reason, which is counted and said.
func TestRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, line(newKey(t, 1))+"\n"+`from="198.51.100.0/24" `+line(newKey(t, 2)), nil)
		h.admit = func(id Identity) *Refused {
			if id.Fingerprint == gossh.FingerprintSHA256(newKey(t, 1).PublicKey()) {
				return refused(NoRole, "")
			}
			return nil
		}
		defer h.close()
		for i, want := range map[byte]Reason{1: NoRole, 2: WrongAddress, 3: UnknownKey} {
			if _, err := h.login("192.0.2.7", newKey(t, i)); err == nil {
				t.Errorf("key %d has come in", i)
			}
			synctest.Wait()
			if h.count[want] != 1 {
				t.Errorf("key %d: %v", i, h.count)
			}
		}
		if _, err := h.login("192.0.2.7"); err == nil {
			t.Error("somebody without a key has come in")
		}
		password := &gossh.ClientConfig{User: "root", Auth: []gossh.AuthMethod{gossh.Password("x")}, HostKeyCallback: gossh.InsecureIgnoreHostKey()}
		if _, _, _, err := gossh.NewClientConn(h.l.dial("192.0.2.7"), "host", password); err == nil || !strings.Contains(err.Error(), "no supported methods remain") {
			t.Errorf("a password: %v", err)
		}
		synctest.Wait()
		said := strings.Join(h.said, "\n")
		for _, want := range []string{`ssh: refused "alice" from 192.0.2.7: wrong address: line 2`, "unknown key", "no role"} {
			if !strings.Contains(said, want) {
				t.Errorf("not said: %q in\n%s", want, said)
			}
		}
	})
}

// TestFailures: an address that fails again and again has to wait, and others have
// not.
func TestFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, line(newKey(t, 1)), nil)
		defer h.close()
		for range maxFailures {
			if _, err := h.login("2001:db8::1", newKey(t, 2)); err == nil {
				t.Fatal("it has come in")
			}
			synctest.Wait()
		}
		if _, err := h.login("2001:db8::2", newKey(t, 1)); err == nil {
			t.Error("after ten failures one of its network comes in at once")
		}
		c, err := h.login("2001:db8:0:1::1", newKey(t, 1))
		if err != nil {
			t.Errorf("another network: %v", err)
		} else {
			_ = c.Close()
		}
		time.Sleep(failureEvery)
		if c, err = h.login("2001:db8::2", newKey(t, 1)); err != nil {
			t.Errorf("after a while: %v", err)
		} else {
			_ = c.Close()
		}
		synctest.Wait()
		if h.count[TooManyFailures] != 1 {
			t.Errorf("%v", h.count)
		}
	})
}

// TestSlots: whoever holds connections keeps nobody out for long, and a burst of
// logins is not refused.
func TestSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, line(newKey(t, 1)), until(new(reason)))
		defer h.close()
		var held []net.Conn
		for range maxUnproven {
			held = append(held, h.l.dial("203.0.113.9"))
		}
		began := time.Now()
		c := h.must()
		if took := time.Since(began); took > 2*evictAfter {
			t.Errorf("it took %v", took)
		}
		_ = c.Close()
		time.Sleep(2 * handshakeTime)
		if n := len(h.srv.connections()); n != 0 {
			t.Errorf("%d connections after the limit of a handshake", n)
		}
		for _, nc := range held {
			_ = nc.Close()
		}
	})
}

// TestNothingElse: of all that a client may ask for, there are sessions alone, and
// of these neither subsystems nor agents nor windows of X.
func TestNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, line(newKey(t, 1)), func(context.Context, *Session) int { return 0 })
		defer h.close()
		c := h.must()
		defer func() { _ = c.Close() }()
		for _, kind := range []string{"direct-tcpip", "direct-streamlocal@openssh.com", "x11", "tun@openssh.com", "forwarded-tcpip", "foo"} {
			if _, _, err := c.OpenChannel(kind, nil); err == nil {
				t.Errorf("a channel of %s was opened", kind)
			}
		}
		for _, kind := range []string{"tcpip-forward", "streamlocal-forward@openssh.com", "foo"} {
			if ok, _, err := c.SendRequest(kind, true, nil); ok || err != nil {
				t.Errorf("%s: %v, %v", kind, ok, err)
			}
		}
		se, err := c.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range []string{"auth-agent-req@openssh.com", "x11-req", "subsystem", "break", "foo"} {
			if ok, err := se.SendRequest(kind, true, gossh.Marshal(struct{ Name string }{"sftp"})); ok || err != nil {
				t.Errorf("%s: %v, %v", kind, ok, err)
			}
		}
		if err := se.RequestSubsystem("sftp"); err == nil {
			t.Error("there is a subsystem")
		}
	})
}

// TestSession: a session has its terminal, what of the environment counts, and
// every change of its window's size, however many come while one is taken.
func TestSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got *Session
		var last [2]int
		told := 0
		h := newHost(t, line(newKey(t, 1)), func(ctx context.Context, s *Session) int {
			got = s
			defer s.Resized(func(w, h int) {
				time.Sleep(time.Second) // it is busy
				last = [2]int{w, h}
				told++
			})()
			_, _ = io.Copy(s, s)
			<-ctx.Done()
			return 3
		})
		defer h.close()
		c := h.must()
		defer func() { _ = c.Close() }()
		se, err := c.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		for _, kv := range []string{"LANG=de_DE.UTF-8", "LC_ALL=C", "LD_PRELOAD=/x", "PATH=/x", "LC_=x", "NO_COLOR=1", "TZ=a\nb", "COLORTERM=" + strings.Repeat("x", 300), "TAPEDECK_PROFILE=x"} {
			k, v, _ := strings.Cut(kv, "=")
			_ = se.Setenv(k, v)
		}
		if err := se.RequestPty("xterm-256color", 50, 100000, nil); err != nil {
			t.Fatal(err)
		}
		if err := se.RequestPty("again", 1, 1, nil); err == nil {
			t.Error("a second terminal")
		}
		in, _ := se.StdinPipe()
		var out bytes.Buffer
		se.Stdout = &out
		if err := se.Shell(); err != nil {
			t.Fatal(err)
		}
		for i := range 100 {
			if err := se.WindowChange(20, 80+i); err != nil {
				t.Fatal(err)
			}
		}
		_, _ = in.Write([]byte("echo"))
		time.Sleep(5 * time.Second)
		_ = in.Close()
		synctest.Wait()
		if last != [2]int{179, 20} || told > 3 {
			t.Errorf("told %d times, last %v", told, last)
		}
		if want := []string{"LANG=de_DE.UTF-8", "LC_ALL=C", "NO_COLOR=1", "TERM=xterm-256color"}; !slices.Equal(got.Environ, want) {
			t.Errorf("environment %q, want %q", got.Environ, want)
		}
		if *got.PTY != (PTY{"xterm-256color", maxSide, 50}) || got.Exec {
			t.Errorf("%+v, %v", got.PTY, got.Exec)
		}
		if out.String() != "echo" {
			t.Errorf("%q", out.String())
		}
		_ = se.Close()
	})
}

// TestEnds: each way in which a session ends is the cause of its context, with an
// exit status where the client is there still; a panic ends it alone.
func TestEnds(t *testing.T) {
	var why *reason
	ends := func(ctx context.Context, s *Session) int { return until(why)(ctx, s) }
	tests := []struct {
		name  string
		serve func(context.Context, *Session) int
		do    func(h *host, c *gossh.Client, se *gossh.Session)
		want  error
		exit  int
	}{
		{"the client closes it", ends, func(_ *host, _ *gossh.Client, se *gossh.Session) { _ = se.Close() }, ErrClosed, -1},
		{"the connection is gone", ends, func(_ *host, c *gossh.Client, _ *gossh.Session) { _ = c.Close() }, ErrClosed, -1},
		{"a signal", ends, func(_ *host, _ *gossh.Client, se *gossh.Session) { _ = se.Signal(gossh.SIGTERM) }, ErrClosed, 0},
		{"the service ends", ends, func(h *host, _ *gossh.Client, _ *gossh.Session) { h.end(ErrEnding) }, ErrEnding, 0},
		{"its role is gone", ends, func(h *host, _ *gossh.Client, _ *gossh.Session) {
			h.mu.Lock()
			h.admit = func(Identity) *Refused { return refused(NoRole, "") }
			h.mu.Unlock()
			h.srv.Recheck()
		}, refused(NoRole, ""), 0},
		{"a panic", func(context.Context, *Session) int { panic("x") }, func(*host, *gossh.Client, *gossh.Session) {}, nil, 1},
		{"no key", func(ctx context.Context, s *Session) int {
			defer s.EndIdle(time.Hour, time.Minute, func(time.Duration) {})()
			return ends(ctx, s)
		}, func(*host, *gossh.Client, *gossh.Session) { time.Sleep(61 * time.Minute) }, ErrIdle, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				why = &reason{}
				h := newHost(t, line(newKey(t, 1)), tt.serve)
				c := h.must()
				se, err := c.NewSession()
				if err != nil {
					t.Fatal(err)
				}
				if err := se.Start("watch"); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				began := time.Now()
				tt.do(h, c, se)
				exit := exitOf(se.Wait())
				synctest.Wait()
				if took := time.Since(began); took > endTime && tt.want != ErrIdle {
					t.Errorf("it took %v", took)
				}
				if !why.is(tt.want) || exit != tt.exit {
					t.Errorf("ended by %v, exit status %d; want %v, %d", why.v.Load(), exit, tt.want, tt.exit)
				}
				_ = c.Close()
				h.close()
				if n := len(h.srv.connections()); n != 0 || len(h.srv.keys) != 0 {
					t.Errorf("%d connections, %v", n, h.srv.keys)
				}
			})
		})
	}
}

// TestStuck: a client that takes nothing holds a write for a minute, and then
// loses its connection. One that does not answer loses it sooner.
func TestStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var why reason
		var wrote atomic.Int64
		h := newHost(t, line(newKey(t, 1)), func(ctx context.Context, s *Session) int {
			began := time.Now()
			for {
				if _, err := s.Write(make([]byte, 1<<16)); err != nil {
					wrote.Store(int64(time.Since(began)))
					why.set(ctx)
					return 0
				}
			}
		})
		defer h.close()
		c := h.must()
		ch, requests, err := c.OpenChannel("session", nil) // which nobody reads
		if err != nil {
			t.Fatal(err)
		}
		go gossh.DiscardRequests(requests)
		if _, err := ch.SendRequest("shell", true, nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(stuckTime - time.Second)
		synctest.Wait()
		if !why.is(nil) {
			t.Error("it has ended too soon")
		}
		time.Sleep(endTime + 2*time.Second)
		synctest.Wait()
		if took := time.Duration(wrote.Load()); !why.is(ErrStuck) || took > stuckTime+endTime+time.Second {
			t.Errorf("ended by %v after %v", why.v.Load(), took)
		}
		if n := len(h.srv.connections()); n != 0 {
			t.Errorf("%d connections", n)
		}
	})
}

// TestKeepalive: a client that answers stays for hours, and one that is gone
// without a word is let go of within a minute.
func TestKeepalive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var why reason
		h := newHost(t, line(newKey(t, 1)), until(&why))
		defer h.close()
		c := h.must()
		se, err := c.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		if err := se.Start("watch"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Hour)
		synctest.Wait()
		if !why.is(nil) {
			t.Fatalf("it has ended by %v", why.v.Load())
		}
		_ = c.Close()

		wire := &cut{Conn: h.l.dial("192.0.2.7")}
		cc, chans, reqs, err := gossh.NewClientConn(wire, "host", &gossh.ClientConfig{
			User: "x", Auth: []gossh.AuthMethod{gossh.PublicKeys(newKey(t, 1))}, HostKeyCallback: gossh.InsecureIgnoreHostKey(),
		})
		if err != nil {
			t.Fatal(err)
		}
		c = gossh.NewClient(cc, chans, reqs)
		if se, err = c.NewSession(); err != nil {
			t.Fatal(err)
		}
		if err := se.Start("watch"); err != nil {
			t.Fatal(err)
		}
		wire.dead.Store(true)
		time.Sleep(keepaliveEvery * (keepaliveMissed + 2))
		synctest.Wait()
		if n := len(h.srv.connections()); n != 0 || !why.is(ErrClosed) {
			t.Errorf("%d connections; %v", n, why.v.Load())
		}
		_ = c.Close()
	})
}

// cut is a connection on which nothing is sent any more, and which says so to
// nobody.
type cut struct {
	net.Conn
	dead atomic.Bool
}

func (c *cut) Write(p []byte) (int, error) {
	if c.dead.Load() {
		return len(p), nil
	}
	return c.Conn.Write(p)
}

// TestUnused: a connection without a session is closed after a while.
func TestUnused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, line(newKey(t, 1)), func(context.Context, *Session) int { return 0 })
		defer h.close()
		c := h.must()
		time.Sleep(handshakeTime + time.Second)
		if n := len(h.srv.connections()); n != 0 {
			t.Error("a connection that never had a session is there still")
		}
		_ = c.Close()
		c = h.must()
		for range 3 * maxSessions { // one after the other
			se, err := c.NewSession()
			if err != nil {
				t.Fatal(err)
			}
			if err := se.Run("x"); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(unusedTime - time.Minute)
		if n := len(h.srv.connections()); n != 1 {
			t.Error("a connection that others may use again is gone")
		}
		time.Sleep(2 * time.Minute)
		if n := len(h.srv.connections()); n != 0 {
			t.Error("it is there still")
		}
		_ = c.Close()
	})
}

// TestMany: a connection and a key have a number of sessions at most.
func TestMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, line(newKey(t, 1)), until(new(reason)))
		defer h.close()
		open := 0
		for range maxKeySessions/maxSessions + 1 {
			c := h.must()
			defer func() { _ = c.Close() }()
			for i := range maxSessions + 1 {
				se, err := c.NewSession()
				if err == nil {
					err = se.Start("watch")
				}
				if err != nil {
					if want := fmt.Sprint(maxSessions); i == maxSessions && !strings.Contains(err.Error(), want) {
						t.Error(err)
					}
					break
				}
				open++
			}
		}
		if open != maxKeySessions {
			t.Errorf("%d sessions, want %d", open, maxKeySessions)
		}
	})
}

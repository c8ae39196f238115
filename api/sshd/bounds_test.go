package sshd

import (
	"context"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// TestSixKeys: a connection may show six keys.
func TestSixKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, line(newKey(t, 1)), nil)
		defer h.close()
		for before, want := range map[int]bool{0: true, 5: true, 6: false, 20: false} {
			var keys []gossh.Signer
			for n := range before {
				keys = append(keys, newKey(t, byte(10+n)))
			}
			c, err := h.login("192.0.2."+strconv.Itoa(before), append(keys, newKey(t, 1))...)
			if (err == nil) != want {
				t.Errorf("after %d others: %v", before, err)
			}
			if err == nil {
				_ = c.Close()
			}
			synctest.Wait()
		}
		if n := h.count[UnknownKey]; n != 5+6+6 {
			t.Errorf("%d keys were refused", n)
		}
	})
}

// TestHandshakeTime: whoever has proven no key within 20 s loses the connection,
// however far the handshake has come.
func TestHandshakeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, line(newKey(t, 1)), nil)
		defer h.close()
		for name, do := range map[string]func() error{
			"who sends nothing": func() error {
				nc := h.l.dial("192.0.2.7")
				defer func() { _ = nc.Close() }()
				_, err := io.Copy(io.Discard, nc)
				return err
			},
			"who sends a little": func() error {
				nc := h.l.dial("192.0.2.8")
				over := make(chan struct{})
				defer func() { _ = nc.Close(); <-over }()
				go func() {
					defer close(over)
					for {
						time.Sleep(time.Second)
						if _, err := nc.Write([]byte("x")); err != nil {
							return
						}
					}
				}()
				_, err := io.Copy(io.Discard, nc)
				return err
			},
			"who does not sign": func() error {
				_, err := h.login("192.0.2.9", idler{newKey(t, 1)})
				if err == nil {
					t.Error("it is let in")
				}
				return nil
			},
		} {
			began := time.Now()
			err := do()
			if took := time.Since(began); took < 19*time.Second || took > 2*time.Minute || name != "who does not sign" && took > 30*time.Second {
				t.Errorf("%s: after %v, %v", name, took, err)
			}
		}
		synctest.Wait()
		if n := len(h.srv.connections()); n != 0 {
			t.Errorf("%d connections", n)
		}
	})
}

// idler signs after a minute.
type idler struct{ gossh.Signer }

func (s idler) Sign(r io.Reader, data []byte) (*gossh.Signature, error) {
	time.Sleep(time.Minute)
	return s.Signer.Sign(r, data)
}

// TestBounds: a command, a variable, and how many of them there are have a limit;
// what is beyond it is refused, and the session goes on.
func TestBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got *Session
		h := newHost(t, line(newKey(t, 1)), func(_ context.Context, s *Session) int { got = s; return 0 })
		defer h.close()
		c := h.must()
		defer func() { _ = c.Close() }()
		for _, tt := range []struct{ command, variables, value int }{
			{maxCommand, maxEnviron, maxVariable}, {maxCommand + 1, 0, 0}, {1 << 17, 0, 0}, {1, maxEnviron + 1, 1}, {1, 1, maxVariable + 1},
		} {
			got = nil
			se, err := c.NewSession()
			if err != nil {
				t.Fatal(err)
			}
			refused := 0
			for range tt.variables {
				if se.Setenv("LANG", strings.Repeat("x", max(0, tt.value-len("LANG")))) != nil {
					refused++
				}
			}
			command := strings.Repeat("x", tt.command)
			err = se.Run(command)
			if fits := tt.command <= maxCommand; (err == nil) != fits || fits != (got != nil && got.Command == command) {
				t.Errorf("%+v: %v", tt, err)
			}
			want := max(0, tt.variables-maxEnviron)
			if tt.value > maxVariable {
				want = tt.variables
			}
			if refused != want || got != nil && len(got.Environ) != tt.variables-want {
				t.Errorf("%+v: %d variables were refused, want %d", tt, refused, want)
			}
			_ = se.Close()
		}
	})
}

// TestProxy: what a PROXY header says counts from the proxies alone, and there it has
// to be one; from=, the log and the failures go by it.
func TestProxy(t *testing.T) {
	const header = "PROXY TCP4 198.51.100.7 192.0.2.1 1234 22\r\n"
	synctest.Test(t, func(t *testing.T) {
		ids := make(chan Identity, 1)
		h := newHost(t, `from="198.51.100.7,192.0.2.7" `+line(newKey(t, 1)), func(_ context.Context, s *Session) int { ids <- s.Identity; return 0 },
			func(o *Options) { o.Proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")} })
		defer h.close()
		for _, tt := range []struct {
			name, from, header, want string // the address; empty is that nobody comes in
		}{
			{"a proxy", "10.0.0.1", header, "198.51.100.7"},
			{"a proxy, of IPv6", "10.0.0.1", "PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n", ""}, // by from=
			{"a proxy without a header", "10.0.0.1", "", ""},
			{"a proxy with one that is none", "10.0.0.1", "PROXY TCP4 x\x1b[2J 192.0.2.1 1 2\r\n", ""},
			{"no proxy", "192.0.2.7", "", "192.0.2.7"},
			{"no proxy, that says it is elsewhere", "192.0.2.7", "PROXY TCP4 203.0.113.9 192.0.2.1 1 2\r\n", "192.0.2.7"},
			{"no proxy, that says it is where the key may be", "192.0.2.9", header, ""},
			{"one beside the proxies", "10.0.1.1", header, ""},
		} {
			nc := h.l.dial(tt.from)
			_, _ = io.WriteString(nc, tt.header)
			c, err := h.loginBy(nc, newKey(t, 1))
			if (err == nil) != (tt.want != "") {
				t.Errorf("%s: %v", tt.name, err)
			}
			if err != nil {
				continue
			}
			se, err := c.NewSession()
			if err == nil {
				err = se.Run("list")
			}
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
			} else if id := <-ids; id.Address.String() != tt.want {
				t.Errorf("%s: it comes from %v, want %s", tt.name, id.Address, tt.want)
			}
			_ = c.Close()
		}
		synctest.Wait()
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, want := range []string{"from 2001:db8::1: wrong address", "from 192.0.2.9: wrong address", "from 10.0.1.1: wrong address"} {
			if said := strings.Join(h.said, "\n"); !strings.Contains(said, want) {
				t.Errorf("not said: %q in %q", want, said)
			}
		}
	})
}

// TestSlotsInLine: nor do those for long who hold connections, and have as many more
// in line as the system keeps.
func TestSlotsInLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, line(newKey(t, 1)), until(new(reason)))
		defer h.close()
		var inLine sync.WaitGroup
		for range 3 * maxUnproven {
			inLine.Go(func() {
				nc := h.l.dial("203.0.113.9")
				_, _ = io.Copy(io.Discard, nc) // until it is closed
				_ = nc.Close()
			})
		}
		synctest.Wait()
		began := time.Now()
		c := h.must()
		if took := time.Since(began); took > 6*evictAfter {
			t.Errorf("it took %v", took)
		}
		_ = c.Close()
		inLine.Wait()
	})
}

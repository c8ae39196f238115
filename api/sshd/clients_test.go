//go:build unix

package sshd

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tapedeck/api/sshd/clients"
)

// TestClients: what people do with each real client that is installed.
func TestClients(t *testing.T) {
	tests := []struct {
		name string
		test func(*testing.T, *desk, *clients.Client)
	}{
		{"screen", testScreen},
		{"commands", testCommands},
		{"closed terminal", testClosedTerminal},
		{"killed", testKilled},
		{"stops reading", testStopsReading},
		{"the service ends", testServiceEnds},
		{"a key that nobody knows", testUnknownKey},
		{"no key", testNoKey},
	}
	for _, name := range clients.Names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, tt := range tests {
				t.Run(tt.name, func(t *testing.T) {
					t.Parallel()
					c := client(t, name)
					tt.test(t, newDesk(t, line(newKey(t, 1))), c)
				})
			}
		})
	}
}

// testScreen: the terminal's size and each key arrive, and the exit status is the
// client's.
func testScreen(t *testing.T, d *desk, c *clients.Client) {
	s := d.open(t, c)
	s.see("alice has xterm, 90 by 30")
	for _, key := range []string{"j", "?", "\x03", "\x1a", "\x1b"} {
		s.keys(key)
		s.see(fmt.Sprintf("key %q", key[0]))
	}
	s.resize(132, 43)
	s.see("now 132 by 43")
	s.keys("q")
	s.see("bye")
	if code := s.exit(); code != 7 {
		t.Errorf("exit code %d, want 7", code)
	}
	if why := d.leaves(t); why != "by itself" {
		t.Errorf("the session has ended: %s", why)
	}
}

// testCommands: without a terminal a command has its three streams and its exit
// code. Of those by other clients than OpenSSH's each shows several at once.
func testCommands(t *testing.T, d *desk, c *clients.Client) {
	tests := []struct {
		command, input, out, errs string
		code                      int
	}{
		{command: "say  two  words 'as' \"they\" are; $HOME", out: " two  words 'as' \"they\" are; $HOME\n"},
		{command: "complain so", errs: "so\n", code: 3},
		{command: "copy", input: strings.Repeat("line\n", 20_000), out: strings.Repeat("line\n", 20_000)},
		{command: "exit 0"},
		{command: "exit 1", code: 1},
		{command: "exit 75", code: 75},
		{command: "much", out: strings.Repeat("x", 1<<20)},
		{command: "rm -rf /", errs: "there is no such command: rm -rf /\n", code: 2},
	}
	if c.Name != "ssh" {
		tests = tests[:3]
	}
	for _, tt := range tests {
		out, errs, code := d.run(t, c, d.login(tt.command), tt.input)
		if out != tt.out || !strings.Contains(errs, tt.errs) || code != tt.code {
			t.Errorf("%s: exit code %d, %d bytes, %q; want %d, %d bytes, %q", tt.command, code, len(out), errs, tt.code, len(tt.out), tt.errs)
		}
	}
}

// testClosedTerminal: whose terminal is closed ends its session at once.
func testClosedTerminal(t *testing.T, d *desk, c *clients.Client) {
	s := d.open(t, c)
	s.see("alice has")
	_ = s.master.Close()
	if why := d.leaves(t); why != ErrClosed.Error() {
		t.Errorf("the session has ended: %s", why)
	}
}

// testKilled: whose client is killed ends its session at once.
func testKilled(t *testing.T, d *desk, c *clients.Client) {
	s := d.open(t, c)
	s.see("alice has")
	s.signal(syscall.SIGKILL)
	if why := d.leaves(t); why != ErrClosed.Error() {
		t.Errorf("the session has ended: %s", why)
	}
}

// testStopsReading: a client that takes nothing holds up nobody else, and nothing
// of it is left when it is killed.
func testStopsReading(t *testing.T, d *desk, c *clients.Client) {
	stuck, other := d.open(t, c), d.open(t, c)
	stuck.see("alice has")
	other.see("alice has")
	stuck.stop.Lock()
	stuck.keys("f")
	other.keys("x")
	other.see(`key 'x'`)
	stuck.signal(syscall.SIGSTOP)
	other.keys("y")
	other.see(`key 'y'`)
	select {
	case why := <-d.left:
		t.Errorf("the session has ended: %s", why)
	default:
	}
	stuck.signal(syscall.SIGKILL)
	stuck.stop.Unlock()
	if why := d.leaves(t); why != ErrClosed.Error() {
		t.Errorf("the session has ended: %s", why)
	}
	other.keys("q")
	if code := other.exit(); code != 7 {
		t.Errorf("the exit code of the other is %d", code)
	}
}

// testServiceEnds: the client gets the exit status of a session that the service
// ends.
func testServiceEnds(t *testing.T, d *desk, c *clients.Client) {
	s := d.open(t, c)
	s.see("alice has")
	d.end(ErrEnding)
	if code := s.exit(); code != 143 {
		t.Errorf("exit code %d, want 143", code)
	}
}

// TestClientsForLong: a real client that is idle stays, for it answers whether it is
// there; one that takes nothing, or is stopped, is ended after a minute. It takes
// more than that, and runs with TAPEDECK_LONG alone.
func TestClientsForLong(t *testing.T) {
	if os.Getenv("TAPEDECK_LONG") == "" {
		t.Skip("takes more than a minute: TAPEDECK_LONG=1m runs it, with -parallel 12 all at once")
	}
	for _, name := range clients.Names {
		t.Run(name+" idle", func(t *testing.T) {
			t.Parallel()
			c := client(t, name)
			s := newDesk(t, line(newKey(t, 1))).open(t, c)
			s.see("alice has")
			time.Sleep(keepaliveEvery * (keepaliveMissed + 2))
			s.keys("q")
			if code := s.exit(); code != 7 {
				t.Errorf("exit code %d", code)
			}
		})
		for _, how := range []string{"takes nothing", "stopped"} {
			t.Run(name+" "+how, func(t *testing.T) {
				t.Parallel()
				c := client(t, name)
				d := newDesk(t, line(newKey(t, 1)))
				s := d.open(t, c)
				s.see("alice has")
				if how == "stopped" {
					s.signal(syscall.SIGSTOP)
				} else {
					s.stop.Lock()
					defer s.stop.Unlock()
					s.keys("f")
				}
				began := time.Now()
				select {
				case why := <-d.left:
					// Whether it is a write or a keepalive that it does not answer is the
					// client's: some wait for their terminal with both.
					took := time.Since(began)
					if why != ErrClosed.Error() && (why != ErrStuck.Error() || how == "stopped") || took < keepaliveEvery*keepaliveMissed {
						t.Errorf("ended after %v: %s", took, why)
					}
				case <-time.After(2 * patience):
					t.Error("it has not ended")
				}
			})
		}
	}
}

// testUnknownKey: a key that is not in the file lets nobody in.
func testUnknownKey(t *testing.T, d *desk, c *clients.Client) {
	d.mu.Lock()
	d.gate = &Gate{}
	d.mu.Unlock()
	out, _, code := d.run(t, c, d.login("say hello"), "")
	if code == 0 || out != "" {
		t.Errorf("exit code %d, %q", code, out)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.count[UnknownKey] != 1 {
		t.Errorf("refused: %v", d.count)
	}
}

// testNoKey: there is no other way in than a key, and nobody is asked for a
// password.
func testNoKey(t *testing.T, d *desk, c *clients.Client) {
	for _, method := range clients.Methods {
		l := d.login("say hello")
		l.Method = method
		out, errs, code := d.run(t, c, l, "")
		if code == 0 || out != "" || strings.Contains(errs, "password:") {
			t.Errorf("%s: exit code %d, %q, %q", method, code, out, errs)
		}
		if c.Name == "ssh" && !strings.Contains(errs, "Permission denied (publickey).") {
			t.Errorf("%s: %q", method, errs)
		}
	}
	if _, err := os.Stat(filepath.Join(c.Dir(), "asked")); err == nil {
		t.Error("a password was asked for")
	}
}

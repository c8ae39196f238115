package remote

import (
	"errors"
	"strings"
	"testing"
	"time"

	"tapedeck/api/local"
	"tapedeck/api/sshd"
	"tapedeck/config"
)

// screens are settings of a service as they are without any.
func screens(t *testing.T) config.Config {
	t.Helper()
	c, err := config.Demo(config.Sources{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestDashboard: whoever logs in has the dashboard of their role, may quit it, and
// has their terminal back.
func TestDashboard(t *testing.T) {
	within(t, screens(t), func(t *testing.T, h *host) {
		c := h.open(1, "xterm-256color", "LANG", "C.UTF-8").shell()
		c.see("acme.signalwire.com", "as operator", "live", "8142")
		c.press("p")
		c.see("verified")
		c.press("R", "q")
		if code := c.exit(); code != 0 {
			t.Errorf("exit status %d", code)
		}
		c.restored()
		if in := h.inside(); in.asked() != "pause, refresh" || in.why() != "quit" {
			t.Errorf("it asked %q, and ended by %q", in.asked(), in.why())
		}
		if got := h.screens[0]; got.Command != local.Dashboard {
			t.Errorf("it is %q", got.Command)
		}
	})
}

// TestOwnTerminal: what a screen is drawn with is what the client says of its
// terminal, and nothing of the process's own.
func TestOwnTerminal(t *testing.T) {
	for _, tt := range []struct {
		name        string
		process     map[string]string
		term        string
		env         []string
		color, utf8 bool
	}{
		{name: "the process has no color", process: map[string]string{"NO_COLOR": "1", "TERM": "dumb", "LANG": "C", "LC_ALL": "C"},
			term: "xterm-256color", env: []string{"LANG", "de_DE.UTF-8"}, color: true, utf8: true},
		{name: "the session has none", process: map[string]string{"COLORTERM": "truecolor", "TERM": "xterm-256color", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"},
			term: "xterm", env: []string{"NO_COLOR", "1"}},
		{name: "a locale that is not UTF-8", term: "xterm-256color", env: []string{"LC_ALL", "C", "LANG", "C.UTF-8"}, color: true},
		{name: "a TERM of the environment is not that of the terminal", term: "xterm-256color", env: []string{"TERM", "dumb", "LANG", "C.UTF-8"}, color: true, utf8: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for k, v := range tt.process {
				t.Setenv(k, v)
			}
			within(t, screens(t), func(t *testing.T, h *host) {
				c := h.open(1, tt.term, tt.env...).shell()
				if color := strings.Contains(c.out.String(), "\x1b[38;5;") || strings.Contains(c.out.String(), "\x1b[38;2;"); color != tt.color {
					t.Errorf("color: %t, want %t", color, tt.color)
				}
				if utf8 := strings.Contains(c.text(), "─────"); utf8 != tt.utf8 {
					t.Errorf("more than ASCII: %t, want %t\n%s", utf8, tt.utf8, c.text())
				}
				c.press("q")
				c.exit()
			})
		})
	}
}

// TestOwnZone: the times of the day are those of the client's zone, where it says
// which, and that is one.
func TestOwnZone(t *testing.T) {
	for zone, want := range map[string]string{"Asia/Tokyo": " JST", ":Asia/Tokyo": " JST", "../../etc/passwd": "", "/etc/passwd": "", "nowhere": "", "": ""} {
		within(t, screens(t), func(t *testing.T, h *host) {
			if want == "" {
				want = time.Now().Local().Format(" MST")
			}
			c := h.open(1, "xterm", "LANG", "C.UTF-8", "TZ", zone).shell()
			if !strings.Contains(c.text(), want) {
				t.Errorf("%q: no time has%s:\n%s", zone, want, c.text())
			}
			c.press("q")
			c.exit()
		})
	}
}

// TestNothingOfTheHost: no key of a dashboard over SSH stops the process, runs a
// program or writes to a file; what goes to the clipboard goes to the client's
// terminal.
func TestNothingOfTheHost(t *testing.T) {
	t.Setenv("TMUX", "/tmp/tmux-0/default,1,0")
	t.Setenv("PATH", "/nowhere")
	t.Chdir(t.TempDir())
	within(t, screens(t), func(t *testing.T, h *host) {
		c := h.open(1, "xterm", "LANG", "C.UTF-8").shell()
		c.press("\x1a")
		c.see("cannot suspend: no shell could bring tapedeck back")
		c.press("c")
		c.see("sent to the terminal's clipboard")
		if !strings.Contains(c.out.String(), "\x1b]52;c;") {
			t.Error("the terminal was not told what was copied")
		}
		for _, key := range strings.Split("J J h \x1b ? \x1b u u e f f o \x1b / \x1b L v t \x1b a \x1b n \x1b C + - O \x0c \x1b[15~", " ") {
			c.press(key)
		}
		c.press("q")
		if code := c.exit(); code != 0 {
			t.Errorf("exit status %d: %s", code, c.text())
		}
		if w := h.words(); w != "" {
			t.Errorf("it was said: %s", w)
		}
	})
}

// TestNoScreen: who cannot be shown a dashboard is told why, and what to do.
func TestNoScreen(t *testing.T) {
	for _, tt := range []struct {
		name, term string
		key        byte
		refuse     *local.RefusalError
		words      []string
		code       int
	}{
		{name: "no terminal", key: 1, words: []string{"tapedeck: cannot show the dashboard: this session has no terminal\n  hint: log in with ssh -t, or name a command: list, show, watch, pause, resume, ack, status\n"}, code: 2},
		{name: "a key without a terminal", key: 2, term: noPTY, words: []string{"this key may have commands run, and no terminal", "hint: name a command: list"}, code: 2},
		{name: "dumb", key: 1, term: "dumb", words: []string{"cannot show the dashboard: TERM is dumb, so this terminal cannot move the cursor\r\n  hint: set TERM"}, code: 2},
		{name: "no role any more", key: 1, term: "xterm", refuse: refusal(local.CodeRole, "no role has you", "ask for one"), words: []string{"cannot log in: no role has you\r\n  hint: ask for one\r\n"}, code: 4},
		{name: "too many sessions", key: 1, term: "xterm", refuse: refusal(local.CodeTooMany, "you have too many sessions", "end some"), words: []string{"cannot log in: you have too many sessions", "hint: end some"}, code: 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			within(t, screens(t), func(t *testing.T, h *host) {
				h.refuse = tt.refuse
				c := h.open(tt.key, tt.term).shell()
				if code := c.exit(); code != tt.code {
					t.Errorf("exit status %d, want %d", code, tt.code)
				}
				for _, w := range tt.words {
					if !strings.Contains(c.err.String(), w) {
						t.Errorf("it says %q, want %q", c.err, w)
					}
				}
				if c.out.String() != "" {
					t.Errorf("it shows %q", c.out)
				}
			})
		})
	}
}

func refusal(code local.Code, words, hint string) *local.RefusalError {
	return &local.RefusalError{Refusal: local.Refusal{Code: code, Error: words, Hint: hint}}
}

// TestNoRole: a key without a role does not come in.
func TestNoRole(t *testing.T) {
	within(t, screens(t), func(t *testing.T, h *host) {
		h.nobody = true
		if _, err := h.login(1); err == nil {
			t.Error("it has come in")
		}
		if w := h.words(); !strings.Contains(w, "no role") {
			t.Errorf("the administrator is told %q", w)
		}
	})
}

// TestEnds: whatever ends a dashboard, its person is told why and has the terminal
// back, and the service knows why it has ended.
func TestEnds(t *testing.T) {
	idle := screens(t)
	idle.SSH.Idle = 30 * time.Minute
	for _, tt := range []struct {
		name     string
		settings config.Config
		looks    bool
		end      func(h *host, c *client)
		words    string
		why      string
	}{
		{name: "by somebody", end: func(h *host, _ *client) { h.inside().end("this session was ended by bob") },
			words: "tapedeck: the dashboard ends: this session was ended by bob\r\n  hint: log in again\r\n", why: "its session ended"},
		{name: "with the service", end: func(h *host, _ *client) { h.stop(sshd.ErrEnding) },
			words: "tapedeck: the service is ending\r\n  hint: it is back in a moment where it is being restarted: log in again\r\n", why: "the service ended"},
		{name: "by a role that is gone", end: func(h *host, _ *client) {
			h.inside().end("this session was ended: no role lets you look any more")
		}, words: "no role lets you look any more", why: "its session ended"},
		{name: "idle", end: func(*host, *client) { time.Sleep(time.Hour) },
			words: "tapedeck: no key was pressed for 1h\r\n  hint: log in again\r\n", why: "it was idle"},
		{name: "idle, of who only looks", looks: true, end: func(*host, *client) { time.Sleep(8 * time.Hour) },
			words: "tapedeck: no key was pressed for 8h\r\n", why: "it was idle"},
		{name: "idle as it is set", settings: idle, looks: true, end: func(*host, *client) { time.Sleep(30 * time.Minute) },
			words: "tapedeck: no key was pressed for 30m\r\n", why: "it was idle"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.settings.Theme == "" {
				tt.settings = screens(t)
			}
			tt.settings.Tick = time.Minute // a frame each second of hours takes long
			within(t, tt.settings, func(t *testing.T, h *host) {
				h.looks = tt.looks
				c := h.open(1, "xterm", "LANG", "C.UTF-8").shell()
				tt.end(h, c)
				if code := c.exit(); code != 1 {
					t.Errorf("exit status %d", code)
				}
				c.restored()
				if !strings.Contains(c.err.String(), tt.words) {
					t.Errorf("it says %q, want %q", c.err, tt.words)
				}
				if got := h.inside().why(); got != tt.why {
					t.Errorf("it has ended by %q, want %q", got, tt.why)
				}
			})
		})
	}
}

// TestLost: a client that is gone, with its session or with its connection, ends the
// session, as a terminal that is lost.
func TestLost(t *testing.T) {
	for name, leave := range map[string]func(c *client) error{
		"the session is closed":    func(c *client) error { return c.Close() },
		"the connection is closed": func(c *client) error { return c.conn.Close() },
		"no more keys":             func(c *client) error { return c.in.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			within(t, screens(t), func(t *testing.T, h *host) {
				c := h.open(1, "xterm").shell()
				if err := leave(c); err != nil {
					t.Error(err)
				}
				c.settle()
				if got := h.inside().why(); got != "its terminal was lost" {
					t.Errorf("it has ended by %q", got)
				}
				_ = c.conn.Close()
			})
		})
	}
}

// TestIdleWarns: a minute before, the screen says that it ends; a key keeps it, what
// a terminal says by itself does not.
func TestIdleWarns(t *testing.T) {
	settings := screens(t)
	settings.Tick = time.Minute // a frame each second of hours takes long
	within(t, settings, func(t *testing.T, h *host) {
		c := h.open(1, "xterm", "LANG", "C.UTF-8").shell()
		time.Sleep(58 * time.Minute)
		if strings.Contains(c.text(), "this dashboard ends") {
			t.Error("it warns early")
		}
		time.Sleep(80 * time.Second)
		c.see("no key for 59m: this dashboard ends in 1m", "press a key to stay")
		c.press("\x1b") // it stays
		time.Sleep(50 * time.Minute)
		c.press("\x1b[I", "\x1b[O", "\x1b[?2026;2$y") // its window has the focus, and not any more
		time.Sleep(9 * time.Minute)
		if h.inside().why() != "" {
			t.Fatal("it has ended early")
		}
		time.Sleep(2 * time.Minute)
		if c.exit() != 1 || h.inside().why() != "it was idle" {
			t.Errorf("an hour after the last key: %q", h.inside().why())
		}
	})
}

// TestIdleWarnsInTime: however short ssh_idle is, the warning comes after some time
// without a key, and again after a key; its times are whole seconds.
func TestIdleWarnsInTime(t *testing.T) {
	settings := screens(t)
	settings.SSH.Idle = time.Minute // the shortest
	within(t, settings, func(t *testing.T, h *host) {
		c := h.open(1, "xterm", "LANG", "C.UTF-8").shell()
		for n := range 2 {
			warned := func() int { return strings.Count(c.text(), "no key for 30s: this dashboard ends in 30s") }
			time.Sleep(25 * time.Second)
			if warned() != n {
				t.Errorf("it warns early:\n%s", c.text())
			}
			time.Sleep(10 * time.Second)
			if warned() != n+1 {
				t.Errorf("warning %d is not shown:\n%s", n+1, c.text())
			}
			c.press("j")
		}
		time.Sleep(60 * time.Second)
		if c.exit() != 1 || h.inside().why() != "it was idle" {
			t.Errorf("a minute after the last key: %q", h.inside().why())
		}
	})
	if got := endsSoon(time.Minute+3485893, time.Minute-3485893).Words; got != "no key for 1m: this dashboard ends in 1m" {
		t.Errorf("it says %q", got)
	}
}

// TestPanic: a panic of any part of one session ends that one with exit status 1, its
// terminal is restored, and another one of the same connection goes on.
func TestPanic(t *testing.T) {
	for name, key := range map[string]string{"in a command of the screen": "p", "in the screen itself": "R"} {
		t.Run(name, func(t *testing.T) {
			within(t, screens(t), func(t *testing.T, h *host) {
				other := h.open(1, "xterm", "LANG", "C.UTF-8").shell()
				h.breaks = true
				c := h.open(1, "xterm", "LANG", "C.UTF-8").shell()
				c.press(key)
				if code := c.exit(); code != 1 {
					t.Errorf("exit status %d", code)
				}
				c.restored()
				if words := c.err.String(); !strings.Contains(words, "the screen failed; the terminal is restored: panic: a deck that breaks") || strings.Contains(words, "goroutine") {
					t.Errorf("its person is told %q", words)
				}
				if h.inside().why() != "its screen failed" || !strings.Contains(h.words(), "helper_test.go") {
					t.Errorf("it has ended by %q, and the administrator is told %q", h.inside().why(), h.words())
				}
				other.press("q")
				if code := other.exit(); code != 0 {
					t.Errorf("the other one has ended with %d", code)
				}
			})
		})
	}
}

// TestPartingWords: what nobody would read is not said.
func TestPartingWords(t *testing.T) {
	for _, err := range []error{sshd.ErrClosed, sshd.ErrStuck} {
		if words, _ := partingWords(err, time.Hour); words != "" {
			t.Errorf("%v: %q", err, words)
		}
	}
	if words, _ := partingWords(errors.New("your key does not let you in any more: revoked"), 0); words != "your key does not let you in any more: revoked" {
		t.Errorf("%q", words)
	}
}

//go:build linux || darwin

package ui

import "testing"

// What a key does, it does in the form of every terminal.
func TestKeysOfAllTerminals(t *testing.T) {
	for _, in := range []string{"\x1bOP", "\x1b[11~", "\x1b[[A"} {
		onProgram(t, "F1 opens the help", func(t *testing.T, p *program) {
			if p.typeKeys(in); p.m.mode != helping {
				t.Errorf("%q: mode %d, want the help", in, p.m.mode)
			}
		})
	}
	for _, in := range []string{"\x1b[15~", "\x1b[[E"} {
		onProgram(t, "F5 refreshes", func(t *testing.T, p *program) {
			if p.typeKeys(in); p.d.refreshed != 1 {
				t.Errorf("%q: refreshed %d times, want once", in, p.d.refreshed)
			}
		})
	}
	for _, in := range []string{"\t", "\x1b[105;5u", "\x1b[27;5;105~", "\x1b[Z", "\x1b\t"} {
		onProgram(t, "Tab and Shift+Tab move the focus", func(t *testing.T, p *program) {
			if p.typeKeys(in); !p.m.right {
				t.Errorf("%q: the list still has the focus", in)
			}
		})
	}
	for _, in := range []string{"\r", "\n", "\x1bOM", "\x1b[109;5u", "\x1b[27;5;109~", "\x1b[57414u"} {
		onProgram(t, "Enter shows the detail", func(t *testing.T, p *program) {
			if p.typeKeys(in); !p.m.full {
				t.Errorf("%q: the detail is not shown", in)
			}
			for _, esc := range []string{"\x1b[91;5u", "\x1b[27;5;91~", "\x1b"} {
				p.m.full = true
				p.typeKeys(esc)
				if p.rest(0); p.m.full {
					t.Errorf("%q: the detail is not closed", esc)
				}
			}
		})
	}
	for _, in := range []string{"\x1b[3~", "\x1b[P"} {
		onProgram(t, "Delete is no key, and says so", func(t *testing.T, p *program) {
			p.typeKeys(in)
			if got, want := p.asks(), "stop is X, it asks first"; got != want || p.m.mode != normal {
				t.Errorf("%q: %q in mode %d, want %q", in, got, p.m.mode, want)
			}
		})
	}
}

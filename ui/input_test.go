//go:build linux || darwin

package ui

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// onProgram runs a test on a whole program that shows the office, where the
// selected recording is …91be.
func onProgram(t *testing.T, name string, play func(t *testing.T, p *program)) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := startProgram(t, 120, 40, without(sidQueued, sidEnded))
			p.typeKeys("j")
			p.typeKeys("j")
			p.rest(time.Second)
			play(t, p)
		})
	})
}

// asks returns what is asked, or said; empty where an update was sent.
func (p *program) asks() string {
	switch {
	case len(p.d.requests) > 0:
		return ""
	case p.m.prompt != nil:
		return p.m.prompt.Question().Short + " " + p.m.prompt.Question().Why
	}
	return p.m.said()
}

// An updating key that comes in one read with anything else asks, and so does
// one that comes before the last move was drawn.
func TestKeysTogether(t *testing.T) {
	const burst = "Asked because p arrived in a burst of keys."
	for _, in := range []string{
		"\x1b[B\x1b[Bp", "\x1b[B\x1b[B\x1b[B\x1b[Bp", "\x1b[Fp", "\x1b[6~p", "\tp", "\rp", "\x04p", "Gp", "pp", "p\x1b[B", "\rp\r",
		"\x1b[200~x\x1b[201~p", "\x1b[200~\x1b[201~p", "p\x1b[200~x\x1b[201~", "\x1b[15~p", "\x1b[?2026;2$yp", "\x00p",
		"\x1b[200~" + strings.Repeat("x", 20_000) + "\x1b[201~p",
	} {
		onProgram(t, fmt.Sprintf("%.20q", in), func(t *testing.T, p *program) {
			p.typeKeys(in)
			got := p.asks()
			if !strings.HasSuffix(got, burst) && !strings.Contains(got, "canceled") && !strings.HasSuffix(got, "right after a paste.") {
				t.Errorf("%.40q: %q, want it asked", in, got)
			}
			if len(p.d.requests) > 0 {
				t.Errorf("%.40q sent %+v", in, p.d.requests)
			}
		})
	}
	for _, move := range []string{"\x1b[F", "\x1b[B\x1b[B", "G"} {
		onProgram(t, fmt.Sprintf("%q, and p 4 ms later", move), func(t *testing.T, p *program) {
			_, _ = p.in.Write([]byte(move))
			p.rest(4 * time.Millisecond)
			p.typeKeys("p")
			if got := p.asks(); !strings.HasSuffix(got, "Asked because the screen had not shown the selection yet.") &&
				!strings.HasSuffix(got, burst) {
				t.Errorf("%q, want it asked", got)
			}
		})
	}
	for _, in := range []string{"p", "\x1b[112;1u"} {
		onProgram(t, fmt.Sprintf("%q alone", in), func(t *testing.T, p *program) {
			if p.typeKeys(in); len(p.d.requests) != 1 {
				t.Errorf("%q, want it sent", p.asks())
			}
		})
	}
}

// An escape and a key, however near, ask.
func TestEscapeAndKey(t *testing.T) {
	for _, gap := range []time.Duration{0, 10 * time.Millisecond, 45 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond} {
		onProgram(t, gap.String(), func(t *testing.T, p *program) {
			if gap == 0 {
				p.typeKeys("\x1bp")
			} else {
				_, _ = p.in.Write([]byte("\x1b"))
				p.rest(gap)
				p.typeKeys("p")
			}
			if got, want := p.asks(), "91be Asked because p arrived right after an escape."; got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

// A paste whose end was lost ends after 2 s, or with ctrl+c, and what comes
// then asks.
func TestPasteWithoutEnd(t *testing.T) {
	for _, paste := range []string{"\x1b[200~hello", "\x1b[200~hello\x1b[201", "\x1b[200~hello\x1b[20", "\x1b[200~"} {
		onProgram(t, fmt.Sprintf("%q, then p", paste), func(t *testing.T, p *program) {
			p.typeKeys(paste)
			p.typeKeys("p")
			p.rest(3 * time.Second)
			p.typeKeys("p")
			if got, want := p.asks(), "91be Asked because p arrived right after a paste."; got != want {
				t.Errorf("%q, want %q", got, want)
			}
			p.rest(time.Second)
			p.typeKeys("n")
			p.rest(time.Second)
			if p.typeKeys("p"); len(p.d.requests) != 1 {
				t.Errorf("%q: the keyboard is not back", p.asks())
			}
		})
		onProgram(t, fmt.Sprintf("%q, then ctrl+c", paste), func(t *testing.T, p *program) {
			p.typeKeys(paste)
			p.typeKeys("\x03")
			if got := p.asks(); !strings.Contains(got, "ctrl+c again within 2 s quits") {
				t.Errorf("%q", got)
			}
			p.typeKeys("p")
			if got, want := p.asks(), "91be Asked because p arrived right after a paste."; got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
	onProgram(t, "a slow one is whole", func(t *testing.T, p *program) {
		p.typeKeys("/")
		for _, piece := range []string{"\x1b[200~he", "ll", "o\x1b[20", "1~"} {
			p.typeKeys(piece)
			p.rest(1500 * time.Millisecond)
		}
		if got := p.m.filter.Typed(); got != "hello" {
			t.Errorf("pasted %q", got)
		}
	})
}

func TestOtherKeyboards(t *testing.T) {
	for _, k := range []string{"з", "З", "й", "π", "פ", "ｐ", "か"} {
		onProgram(t, k, func(t *testing.T, p *program) {
			p.typeKeys(k)
			if got, want := p.asks(), k+" is no key here; is the keyboard set to another language?"; got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
	for _, digit := range []func(c byte) string{
		func(c byte) string { return "\x1bO" + string('p'+rune(c-'0')) },
		func(c byte) string { return fmt.Sprintf("\x1b[%d;129u", 57399+int(c-'0')) },
	} {
		onProgram(t, "digits of the keypad "+fmt.Sprintf("%q", digit('1')), func(t *testing.T, p *program) {
			p.typeKeys("X")
			p.rest(time.Second)
			for _, c := range []byte("91be") {
				if key := string(c); c >= 'a' {
					p.typeKeys(key)
					continue
				}
				p.typeKeys(digit(c))
			}
			p.typeKeys("\r")
			if len(p.d.requests) != 1 {
				t.Errorf("%q: nothing was stopped\n%s", p.asks(), screenText(p.m.View(), 120, 40))
			}
		})
	}
}

// Two escapes that a slow line brings in one read are an escape.
func TestTwoEscapes(t *testing.T) {
	onProgram(t, "close what is open", func(t *testing.T, p *program) {
		p.typeKeys("?")
		p.typeKeys("\x1b\x1b")
		p.rest(time.Second)
		if p.m.mode != normal {
			t.Errorf("the help is still open\n%s", screenText(p.m.View(), 120, 40))
		}
		p.typeKeys("X")
		p.rest(time.Second)
		p.typeKeys("\x1b\x1b")
		p.rest(time.Second)
		if p.m.prompt != nil {
			t.Error("the question is still open")
		}
	})
}

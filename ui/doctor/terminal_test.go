package doctor

import (
	"strings"
	"testing"
)

// What terminals answer, as they do.
const (
	xtermAnswers = "\x1b[2;2R\x1b[3;2R\x1b[?2026;0$y\x1b[?1004;2$y\x1bP>|XTerm(390)\x1b\\\x1bP1$r0;48:2::1:2:3m\x1b\\\x1b[?64;1;2;6;9;15;16;17;18;21;22;28;52c"
	latinAnswers = "\x1b[2;3R\x1b[3;4R\x1b[?1;2c"
)

func TestReadAnswers(t *testing.T) {
	a := readAnswers("jj" + xtermAnswers)
	if !a.all || a.letter != 1 || a.line != 1 || a.name != "XTerm(390)" || !a.rgb || !a.has(52) || a.has(2026) || a.modes[1004] != 2 {
		t.Errorf("xterm: %+v", a)
	}
	if a := readAnswers(latinAnswers); !a.all || a.letter != 2 || a.rgb || a.name != "" {
		t.Errorf("Latin-1: %+v", a)
	}
	if a := readAnswers("\x1b[2;2R\x1b[3"); a.all || a.letter != 1 {
		t.Errorf("cut off: %+v", a)
	}
	for _, s := range []string{"", "\x1b[", "\x1bP>|", "\x1b[99999999999999999999;99999999999999999999R", "\x1b[?c", "\x1b[?;;;c"} {
		readAnswers(s) // does not fail
	}
}

// TestTerminals: what the terminal, and the tmux around it, really do is named
// with how to mend it.
func TestTerminals(t *testing.T) {
	xterm, latin := readAnswers(xtermAnswers), readAnswers(latinAnswers)
	wide := readAnswers(strings.Replace(xtermAnswers, "3;2R", "3;3R", 1))
	plain := readAnswers("\x1b[2;2R\x1b[?62;22c")
	all := func(change func(*tmux)) *tmux {
		t := &tmux{version: "3.4", terminal: "xterm-256color", features: []string{"256", "clipboard", "RGB", "title"}, utf8: "1", clipboard: "external", focus: "1", titles: "1", escape: "20"}
		change(t)
		return t
	}
	good := all(func(*tmux) {})
	env := func(kv ...string) Options {
		var o Options
		o.Sources.Environ = append([]string{"TERM=xterm-256color"}, kv...)
		return o
	}
	tests := []struct {
		check  string
		o      Options
		k      known
		status Status
		found  string
		mend   string
	}{
		{"utf-8", env(), known{tty: xterm}, OK, "reads UTF-8", ""},
		{"utf-8", env(), known{tty: latin}, Mend, "does not read UTF-8: a letter took 2 columns", "ascii = true"},
		{"utf-8", env(), known{tty: wide}, Note, "two columns wide", ""},
		{"utf-8", env(), known{tty: readAnswers("")}, Skipped, "does not tell where its cursor is", ""},
		{"utf-8", env(), known{tty: xterm, tmux: all(func(t *tmux) { t.utf8 = "0" })}, Mend, "without UTF-8", "tmux -u"},
		{"colors", env("COLORTERM=truecolor"), known{tty: xterm}, OK, "24-bit colors", ""},
		{"colors", env(), known{tty: xterm}, OK, "256 colors are used; the terminal has 24 bits", ""},
		{"colors", env(), known{tty: plain}, OK, "256 colors", ""},
		{"colors", env("NO_COLOR=yes"), known{tty: xterm}, Note, "NO_COLOR is set", "unset NO_COLOR"},
		{"title", env(), known{tty: xterm}, OK, "sent to the terminal", ""},
		{"title", env("TERM=linux"), known{tty: plain}, Note, "has no title", "a terminal with windows"},
		{"title", env(), known{tty: xterm, tmux: good}, OK, "passes it on", ""},
		{"title", env(), known{tty: xterm, tmux: all(func(t *tmux) { t.titles = "0" })}, Note, "alarms are not in your window's title", "set -g set-titles on"},
		{"title", env(), known{tty: xterm, tmux: all(func(t *tmux) { t.features = nil })}, Note, "tmux does not know", "terminal-features ',xterm-256color:title'"},
		{"title", env(), known{tty: xterm, tmux: all(func(t *tmux) { t.terminal = "" })}, Skipped, "no terminal is attached", ""},
		{"clipboard", env(), known{tty: xterm}, OK, "says that programs may write it", ""},
		{"clipboard", env(), known{tty: plain}, OK, "does not say whether it takes it", ""},
		{"clipboard", env("TERM=screen-256color"), known{tty: plain}, Note, "another host", "set-clipboard on"},
		{"clipboard", env(), known{tty: xterm, tmux: good}, OK, "set-clipboard external", ""},
		{"clipboard", env(), known{tty: xterm, tmux: all(func(t *tmux) { t.clipboard = "off" })}, Note, "set-clipboard is off", "set -s set-clipboard on"},
		{"clipboard", env(), known{tty: xterm, tmux: all(func(t *tmux) { t.features = []string{"title"} })}, Note, "tmux does not know", "terminal-features ',xterm-256color:clipboard'"},
		{"clipboard", env(), known{tty: xterm, tmux: &tmux{err: errLate}}, Skipped, "tmux does not answer", ""},
		{"tmux", env(), known{}, OK, "not in tmux", ""},
		{"tmux", env(), known{tmux: good}, OK, "tmux 3.4", ""},
		{"tmux", env(), known{tmux: all(func(t *tmux) { t.focus = "0" })}, Note, "focus-events is off", "set -g focus-events on"},
		{"tmux", env(), known{tmux: all(func(t *tmux) { t.escape = "500" })}, Note, "escape-time is 500 ms", "set -s escape-time 20"},
		{"tmux", env(), known{tmux: &tmux{err: errLate}}, Note, "tmux does not answer", "PATH"},
	}
	for _, tt := range tests {
		for _, c := range checks {
			if c.name != tt.check {
				continue
			}
			f, _ := c.run(t.Context(), tt.o, tt.k)
			if f.Status != tt.status || !strings.Contains(f.Found, tt.found) || !strings.Contains(f.Mend, tt.mend) || (f.Mend != "") != (tt.status == Note || tt.status == Mend) {
				t.Errorf("%s: %+v, want %s, %q, %q", tt.check, f, tt.status, tt.found, tt.mend)
			}
		}
	}
}

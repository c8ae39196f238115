package terminal

import (
	"fmt"
	"strings"
	"testing"
)

// A style is made of another one with the fewest bytes that every terminal of
// the kind understands.
func TestChange(t *testing.T) {
	tests := []struct{ was, now, full, lesser string }{
		{"", "", "", ""},
		{"\x1b[1;38;5;214m", "", "\x1b[m", "\x1b[m"},
		{"", "\x1b[1m\x1b[38;5;214m", "\x1b[1;38;5;214m", "\x1b[1;38;5;214m"},
		{"\x1b[1;38;5;214m", "\x1b[1;38;5;214;48;5;238m", "\x1b[48;5;238m", "\x1b[48;5;238m"},
		{"\x1b[1;38;5;214;48;5;238m", "\x1b[38;5;255;48;5;238m", "\x1b[22;38;5;255m", "\x1b[0;38;5;255;48;5;238m"},
		{"\x1b[1;38;5;214;48;5;238m", "\x1b[1;38;5;214m", "\x1b[49m", "\x1b[0;1;38;5;214m"},
		{"\x1b[1;2m", "\x1b[2m", "\x1b[0;2m", "\x1b[0;2m"},
		{"\x1b[1;2;48;5;238m", "\x1b[2;48;5;238m", "\x1b[22;2m", "\x1b[0;2;48;5;238m"},
		{"\x1b[38;5;1m", "\x1b[91m", "\x1b[91m", "\x1b[91m"},
		{"\x1b[1;38;2;1;2;3m", "\x1b[1;7;38;2;1;2;3m", "\x1b[7m", "\x1b[7m"},
		{"\x1b[4:3m", "\x1b[1m", "\x1b[m\x1b[1m", "\x1b[m\x1b[1m"}, // of which not all is known
		{"\x1b[1m", "\x1b[4:3m", "\x1b[m\x1b[4:3m", "\x1b[m\x1b[4:3m"},
	}
	for _, tt := range tests {
		for _, kind := range []struct {
			want    string
			convert func(string) string
		}{{tt.full, nil}, {tt.lesser, strings.Clone}} {
			tab := newTables(kind.convert)
			if got := tab.change(tab.style(tt.was), tab.style(tt.now)); got != kind.want {
				t.Errorf("from %q to %q: %q, want %q", tt.was, tt.now, got, kind.want)
			}
		}
	}
}

// Sequences that make the same style are one style, and a space in a style is
// one without its color and weight, where these are not seen.
func TestStyleNumbers(t *testing.T) {
	tab := newTables(nil)
	if a, b := tab.style("\x1b[1;38;5;214m"), tab.style("\x1b[38;5;1m\x1b[1m\x1b[38;5;214m"); a != b {
		t.Errorf("the numbers are %d and %d", a, b)
	}
	for sgr, ground := range map[string]string{
		"\x1b[1;38;5;214m": "", "\x1b[2;3;91;48;5;238m": "\x1b[48;5;238m", "\x1b[4;91m": "\x1b[4;91m", "\x1b[1;7m": "\x1b[1;7m",
		"\x1b[5;91m": "\x1b[5;91m", "\x1b[9m": "\x1b[9m", "\x1b[4:3m": "\x1b[4:3m",
	} {
		if got, want := tab.grounds[tab.style(sgr)], tab.style(ground); got != want {
			t.Errorf("a space in %q is in %q, want %q", sgr, tab.styles[got], ground)
		}
	}
}

// Clocks of several styles take one change of style each way, and none back to
// where the next frame begins.
func TestStyledTickBytes(t *testing.T) {
	frame := func(n int) string {
		lines := make([]string, 38)
		for i := range lines {
			clock := fmt.Sprintf("00:%02d", (i+n)%10)
			switch {
			case i == 4:
				lines[i] = "\x1b[1;38;5;214;48;5;238mPAUSED " + clock + "\x1b[m\x1b[38;5;255;48;5;238m " + clock + "\x1b[m"
			case i < 12:
				lines[i] = "\x1b[1;38;5;214mPAUSED " + clock + "\x1b[m " + clock
			default:
				lines[i] = "REC          " + clock
			}
		}
		return strings.Join(lines, "\n")
	}
	s := newScreen(120, 40, true)
	s.show(frame(0))
	sum := 0
	for n := range 8 {
		sum += s.show(frame(n + 1))
	}
	// 38 clocks and 12 more in columns, 60 bytes of styles in two frames, a move
	// to each of six columns.
	if most := 8 * (50*3 + 60/2 + 6*6); sum > most {
		t.Errorf("%d bytes, want at most %d", sum, most)
	}
}

// A character at the end of a line keeps what is joined to it.
func TestJoinedAtTheEnd(t *testing.T) {
	s := newScreen(4, 1, true)
	s.show("abca\u0301\u0302d")
	if got := s.emu.CellAt(3, 0).Content; got != "a\u0301\u0302" {
		t.Errorf("%q", got)
	}
}

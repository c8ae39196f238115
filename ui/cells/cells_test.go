package cells

import (
	"math/rand"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

var methods = []ansi.Method{ansi.WcWidth, ansi.GraphemeWidth}

// Each character of a span has the width that ansi gives it, alone and beside
// others.
func TestSpans(t *testing.T) {
	for _, sp := range spans {
		for r := sp.first; r <= sp.last; r++ {
			for _, m := range methods {
				if got, want := Width(m, string(r)), m.StringWidth(string(r)); got != want || got != sp.width && !eastAsian {
					t.Fatalf("%U: %d cells, want %d", r, got, want)
				}
				if s := "a" + string(r) + string(r) + "b"; Width(m, s) != m.StringWidth(s) {
					t.Fatalf("%q: %d cells, want %d", s, Width(m, s), m.StringWidth(s))
				}
			}
		}
	}
}

// All text is counted and taken apart as ansi does it: what is joined, controls,
// sequences and invalid text too.
func checkText(t *testing.T, s string) {
	t.Helper()
	for _, m := range methods {
		if got, want := Width(m, s), m.StringWidth(s); got != want {
			t.Fatalf("%q, method %d: %d cells, want %d", s, m, got, want)
		}
		var state, wantState ansi.State
		for left := s; left != ""; {
			seq, width, n, next := Decode(m, left, state)
			wantSeq, wantWidth, wantN, wantNext := m.DecodeSequenceInString(left, wantState, nil)
			if seq != wantSeq || width != wantWidth || n != wantN || next != wantNext {
				t.Fatalf("%q of %q, method %d: %q, %d cells, %d bytes, state %d; want %q, %d, %d, %d",
					left, s, m, seq, width, n, next, wantSeq, wantWidth, wantN, wantNext)
			}
			if n == 0 {
				break
			}
			left, state, wantState = left[n:], next, wantNext
		}
	}
}

var pieces = []string{
	"a", " ", "…", "→", "│", "·", "é", "e\u0301", "東", "京都", "한", "국\u11a8", "\u1100\u1161", "🙂", "👍🏽", "👩‍👩‍👧", "\u2194\ufe0f", "™\ufe0f",
	"1\ufe0f\u20e3", "🇩🇪", "ก็ดี", "\u0e33", "स्ते", "\u200b", "\u200d", "\u202e", "\u00ad", "\x1b[1m", "\x1b[m", "\x1b[38;5;1m", "\x1b[2", "\x1b]0;x\a",
	"\x1b", "\xff", "\x9b", "\n", "\r\n", "\t", "я", "カ\u3099", "か\u3099", "\u3099", "\u0600", "\ufffd",
}

func TestText(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for range 20000 {
		var b strings.Builder
		for range 1 + r.Intn(5) {
			b.WriteString(pieces[r.Intn(len(pieces))])
		}
		checkText(t, b.String())
	}
}

func FuzzText(f *testing.F) {
	for _, p := range pieces {
		f.Add(p + "a" + p)
	}
	f.Fuzz(checkText)
}

// The signs of the frame are known: they need no table.
func TestSigns(t *testing.T) {
	for _, r := range "→≥…·│─▌⋯↑↓" {
		if _, n := first(string(r)); n == 0 && !eastAsian {
			t.Errorf("%c is in no span", r)
		}
	}
}

// Text that is known is counted without any memory.
func TestWidthAllocatesNothing(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { Width(ansi.WcWidth, "…8142 │ 東京 → (310) 555-0142") }); n > 0 {
		t.Errorf("%g allocations", n)
	}
}

// On a terminal that takes what is ambiguous for wide that has two cells, and all
// else what it has elsewhere.
func TestWide(t *testing.T) {
	for _, tt := range []struct {
		s    string
		want int
	}{
		{"", 0}, {"plain", 5}, {"é", 2}, {"Müller", 7}, {"→≥…·│─↑↓", 16}, {"да", 4}, {"αβ", 4}, {"東京", 4}, {"한글", 4}, {"ｱ", 1}, {"🙂", 2},
		{"e\u0301", 1}, {"ก็ดี", 2}, {"مرحبا", 5}, {"\x1b[1mé\x1b[m", 2}, {"é\u0301", 2}, {"¡", 2}, {"\u00a0", 1},
	} {
		for _, m := range methods {
			if got := Width(m|Wide, tt.s); got != tt.want && !eastAsian {
				t.Errorf("%q, method %d: %d cells, want %d", tt.s, m, got, tt.want)
			}
			sum := 0
			for left, state := tt.s, ansi.State(0); left != ""; {
				_, width, n, next := Decode(m|Wide, left, state)
				sum, left, state = sum+width, left[n:], next
			}
			if sum != tt.want && !eastAsian {
				t.Errorf("%q, method %d: %d cells in pieces, want %d", tt.s, m, sum, tt.want)
			}
		}
	}
}

package slips

import (
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api/deck"
	"tapedeck/api/text"
)

const ms = time.Millisecond

var (
	start = time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	one   = deck.Key{SID: text.New("one")}
	two   = deck.Key{SID: text.New("two")}
)

func press(s string) tea.KeyPressMsg {
	if s == "esc" {
		return tea.KeyPressMsg{Code: tea.KeyEscape}
	}
	return tea.KeyPressMsg{Code: []rune(s)[0], Text: s}
}

// fakeInput answers the same of every key.
type fakeInput struct {
	burst, crowded bool
	doubtful       string
}

func (f fakeInput) Burst(n int64, _ time.Time) (int64, bool) { return n + 1, f.burst }
func (f fakeInput) Crowded(time.Time) bool                   { return f.crowded }
func (f fakeInput) Doubtful(time.Time) string                { return f.doubtful }

// How a key came is why it may not be meant, by the input where there is one and
// else by the times of the keys.
func TestDoubt(t *testing.T) {
	type at struct {
		key   string
		after time.Duration
	}
	tests := []struct {
		name  string
		in    Input
		focus bool // right before the first key
		keys  []at
		want  string // of the last key
	}{
		{name: "a key alone", keys: []at{{"p", 0}}},
		{name: "two keys together", keys: []at{{"j", 0}, {"p", 10 * ms}}},
		{name: "three keys together", keys: []at{{"j", 0}, {"k", 10 * ms}, {"p", 10 * ms}}, want: inBurst},
		{name: "three keys, one by one", keys: []at{{"j", 0}, {"k", 20 * ms}, {"p", 20 * ms}}},
		{name: "after an escape", keys: []at{{"esc", 0}, {"p", 299 * ms}}, want: afterEsc},
		{name: "some time after an escape", keys: []at{{"esc", 0}, {"p", 300 * ms}}},
		{name: "after the focus", focus: true, keys: []at{{"p", 149 * ms}}, want: afterFocusIn},
		{name: "some time after the focus", focus: true, keys: []at{{"p", 150 * ms}}},
		{name: "a burst by the input", in: fakeInput{burst: true}, keys: []at{{"p", 0}}, want: inBurst},
		{name: "a crowd is of keys that are not printable", in: fakeInput{crowded: true}, keys: []at{{"p", 0}}},
		{name: "a crowd", in: fakeInput{crowded: true}, keys: []at{{"esc", 0}}, want: inBurst},
		{name: "noise comes before a burst", in: fakeInput{burst: true, doubtful: "right after a paste"}, keys: []at{{"p", 0}}, want: "right after a paste"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g, now := New(tt.in), start
			if tt.focus {
				g.Focus(now)
			}
			for _, k := range tt.keys {
				now = now.Add(k.after)
				g.Press(press(k.key), now)
				g.Handled(k.key, now)
			}
			if got := g.Doubt(); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// A key that has sent an update is held down while it repeats as a keyboard does,
// of that recording only, and until another key is pressed.
func TestHeld(t *testing.T) {
	g := New(nil)
	g.Sent("p", one, start)
	g.Handled("p", start)
	if _, ok := g.SentBefore("p", one, start.Add(699*ms)); !ok {
		t.Error("p after 0.7 s is not held, want the keyboard's first delay")
	}
	if _, ok := g.SentBefore("p", two, start.Add(10*ms)); ok {
		t.Error("p on another recording is held")
	}
	if g.Repeats("r", start.Add(10*ms)) {
		t.Error("another key is held")
	}
	g.Handled("p", start.Add(500*ms))
	if asked, ok := g.SentBefore("p", one, start.Add(749*ms)); !ok || asked != start {
		t.Errorf("the second p: %v, %t; want it held since %v", asked, ok, start)
	}
	if g.Repeats("p", start.Add(750*ms)) {
		t.Error("p is held, 0.25 s after it was pressed again")
	}
	g.Handled("j", start.Add(510*ms))
	if g.Repeats("p", start.Add(520*ms)) {
		t.Error("p is held, though j was pressed")
	}
}

// What the eye has not followed yet is why an updating key asks; rows that move
// by themselves are not.
func TestAsks(t *testing.T) {
	at := func(of deck.Key, line int, readOnly bool) Spot {
		return Spot{Of: of, Line: line, ReadOnly: readOnly}
	}
	tests := []struct {
		name          string
		before, after Spot
		by            By
		undrawn       bool
		since         time.Duration
		want          string
	}{
		{name: "nothing", before: at(one, 3, false), after: at(one, 3, false)},
		{name: "another is selected", before: at(one, 3, false), after: at(two, 3, false), since: 299 * ms, want: "Asked because the selection had just moved to it."},
		{name: "another is selected, seen", before: at(one, 3, false), after: at(two, 3, false), since: 300 * ms},
		{name: "its row moves by itself", before: at(one, 3, false), after: at(one, 5, false)},
		{name: "the user moves its row", before: at(one, 3, false), after: at(one, 5, false), by: ByUser, want: "Asked because its row had just moved on the screen."},
		{name: "a move", before: at(one, 3, false), after: at(two, 4, false), by: ByMove, since: 19 * ms, want: "Asked because the screen had not shown the selection yet."},
		{name: "a move, drawn", before: at(one, 3, false), after: at(two, 4, false), by: ByMove, since: 20 * ms},
		{name: "a frame that was put off", before: at(one, 3, false), after: at(one, 3, false), undrawn: true, want: "Asked because the screen had not shown the selection yet."},
		{name: "read-only goes off", before: at(one, 3, true), after: at(one, 3, false), want: "Asked because tapedeck was read-only until just now."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := New(nil)
			g.Watch(tt.before, tt.after, tt.by, start)
			if got := g.Asks("p", tt.undrawn, start.Add(tt.since)); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
			if g.Seen(); !tt.undrawn {
				if got := g.Asks("p", false, start.Add(tt.since)); got != "" {
					t.Errorf("seen, %q", got)
				}
			}
		})
	}
	g := New(fakeInput{burst: true})
	g.Press(press("p"), start)
	if got, want := g.Asks("p", true, start), "Asked because p arrived in a burst of keys."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Package slips tells a slip from a key that is meant. An updating key asks
// first where it came in a way that nobody types (in a burst, right after an
// escape or as the window got the focus), where it is held down, and where the
// user may not have seen yet what it would act on.
package slips

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api/deck"
)

// Why a key may not be meant as it came.
const (
	inBurst      = "in a burst of keys"
	afterEsc     = "right after an escape"
	afterFocusIn = "right as the window got the focus"
)

const (
	// together is how near three printable keys are that nobody typed.
	together = 30 * time.Millisecond
	// afterEscape is how long a bare escape makes keys doubtful.
	afterEscape = 300 * time.Millisecond
	// afterFocus is how long a key may be one that was meant for another
	// window.
	afterFocus = 150 * time.Millisecond
	// A key that is pressed again within so long of its first press may be held:
	// a keyboard begins to repeat then. From its second press on it is held only
	// while it repeats, so that who presses it again and again gets through.
	heldFirst = 700 * time.Millisecond
	heldNext  = 250 * time.Millisecond
)

// Input is what a terminal's input tells of keys beyond the keys themselves.
type Input interface {
	// Burst reports whether the printable key of that number, counted from the
	// first ever, which is handled at the time now, came in a burst, or in one
	// read with anything else, and returns the number of the next one.
	Burst(number int64, now time.Time) (next int64, yes bool)
	// Crowded reports whether the latest read, which a key that is not
	// printable came in, had anything else in it.
	Crowded(now time.Time) bool
	// Doubtful says why a key that is handled now may be the rest of a control
	// sequence or of a paste; empty where it is none.
	Doubtful(now time.Time) string
}

// Guard keeps how the keys of one session came, and what the eye was led to.
type Guard struct {
	in      Input        // nil where nobody watches the input
	doubt   string       // how the key that is handled came; see Doubt
	count   int64        // of the next printable key, as in counts them
	before  [2]time.Time // of the two printable keys before, the later one first
	escaped time.Time    // the last bare escape
	focused time.Time    // when the focus came back last
	held    held
	lead    lead
}

// held is the updating key that was pressed last, while nothing else was.
type held struct {
	key   string
	of    deck.Key  // what it sent an update of; empty for nothing
	asked time.Time // when it did
	last  time.Time // of the last press
	count int       // presses, the first one too
}

// New returns the guard of a session with that input; nil where nobody watches
// it: then the times tell at which its keys come.
func New(in Input) Guard { return Guard{in: in} }

// Begin says which number the next printable key has, on an input that others have
// had before.
func (g *Guard) Begin(number int64) { g.count = number }

// Press takes a key before it is handled: each of them, in their order.
func (g *Guard) Press(k tea.KeyPressMsg, now time.Time) { g.doubt = g.look(k, now) }

// Doubt says why the key that is handled may not be meant as it came: in a
// burst, right after a bare escape, or right after the focus came back. It is
// empty for a key like any other.
func (g *Guard) Doubt() string { return g.doubt }

func (g *Guard) look(k tea.KeyPressMsg, now time.Time) string {
	printable, burst, noise := k.Text != "", false, ""
	if g.in != nil {
		noise = g.in.Doubtful(now)
	}
	switch {
	case printable && g.in != nil:
		for range k.Text {
			var yes bool
			g.count, yes = g.in.Burst(g.count, now)
			burst = burst || yes
		}
	case g.in != nil:
		burst = g.in.Crowded(now)
	case printable:
		burst = !g.before[1].IsZero() && now.Sub(g.before[1]) <= together
		g.before[0], g.before[1] = now, g.before[0]
	}
	recent := func(t time.Time, d time.Duration) bool { return !t.IsZero() && now.Sub(t) < d }
	switch {
	case noise != "":
		return noise
	case burst:
		return inBurst
	case k.Mod.Contains(tea.ModAlt), recent(g.escaped, afterEscape):
		return afterEsc // Alt and a key are an escape and that key, where they come close together
	case recent(g.focused, afterFocus):
		return afterFocusIn
	}
	return ""
}

// Handled takes note of a key that was handled.
func (g *Guard) Handled(key string, now time.Time) {
	if key == "esc" {
		g.escaped = now
	}
	if h := &g.held; h.key == key {
		h.last = now
		h.count++
	} else {
		*h = held{}
	}
}

// Focus takes note that the window got the focus.
func (g *Guard) Focus(now time.Time) { g.focused = now }

// Sent notes that a key has sent an update of a recording by itself.
func (g *Guard) Sent(key string, of deck.Key, now time.Time) {
	g.held = held{key: key, of: of, asked: now, last: now}
}

// Repeats reports whether a key has sent an update just now, and may be held
// down still.
func (g *Guard) Repeats(key string, now time.Time) bool {
	h, within := g.held, heldNext
	if h.count == 1 {
		within = heldFirst
	}
	return h.key == key && !h.of.IsZero() && now.Sub(h.last) < within
}

// SentBefore returns when a key that may be held down still has sent an update
// of a recording; ok is false where it has not.
func (g *Guard) SentBefore(key string, of deck.Key, now time.Time) (asked time.Time, ok bool) {
	return g.held.asked, g.held.of == of && g.Repeats(key, now)
}

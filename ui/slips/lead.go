package slips

import (
	"time"

	"tapedeck/api/deck"
)

const (
	// LeadFor is how long after a change that no move key has made an updating
	// key asks: an eye needs as long to see what has become selected.
	LeadFor = 300 * time.Millisecond
	// drawnAfter is how long after its frame was composed a move may not have
	// been drawn yet, at that many frames a second.
	drawnAfter = 20 * time.Millisecond
)

// Why an updating key asks, after "Asked because".
const (
	becauseSelected = "the selection had just moved to it"
	becauseMoved    = "its row had just moved on the screen"
	becauseUndrawn  = "the screen had not shown the selection yet"
	becauseUnlocked = "tapedeck was read-only until just now"
)

// Spot is what an updating key would act on, and where the eye finds it.
type Spot struct {
	Of       deck.Key // the selected recording; zero for none
	Line     int      // the line of its row on the screen; -1 where it is not on it
	ReadOnly bool     // updates are refused
}

// By is what has changed a spot.
type By int

// What can change a spot.
const (
	ByItself By = iota // a snapshot, or the time
	ByUser             // a key, a paste, or a new size of the screen
	ByMove             // a key that only moves something
)

// lead is what has led the eye lately: the selection, or the line of its row,
// changed in a way that the user may not have seen yet.
type lead struct {
	at      time.Time // the last change that no move key has made
	because string    // what it was
	moved   time.Time // the last change by a move key
}

// Watch takes note of a change to what an updating key acts on. It is the one
// place that knows what the eye was led to. Rows that a snapshot or a tick moves
// lead to nothing new: the recording is the same, and the user has changed
// nothing.
func (g *Guard) Watch(before, after Spot, by By, now time.Time) {
	l := &g.lead
	note := func(because string) { l.at, l.because = now, because }
	switch {
	case by == ByMove:
		if before != after {
			l.moved = now
		}
	case after.Of != before.Of:
		note(becauseSelected)
	case by == ByUser && after.Line != before.Line:
		note(becauseMoved)
	}
	if before.ReadOnly && !after.ReadOnly {
		note(becauseUnlocked)
	}
}

// Seen takes what an updating key acts on as seen.
func (g *Guard) Seen() { g.lead = lead{} }

// unseen says why the user may not have seen yet what an updating key acts on;
// empty when it was seen.
func (g *Guard) unseen(undrawn bool, now time.Time) string {
	l := &g.lead
	within := func(t time.Time, d time.Duration) bool { return !t.IsZero() && now.Sub(t) >= 0 && now.Sub(t) < d }
	switch {
	case within(l.at, LeadFor):
		return l.because
	case undrawn, within(l.moved, drawnAfter):
		return becauseUndrawn
	}
	return ""
}

// Asks says why an updating key asks first, as a sentence; empty for one that
// acts at once. Undrawn is that the frame of a move was put off.
func (g *Guard) Asks(key string, undrawn bool, now time.Time) string {
	if g.doubt != "" {
		return "Asked because " + key + " arrived " + g.doubt + "."
	}
	if why := g.unseen(undrawn, now); why != "" {
		return "Asked because " + why + "."
	}
	return ""
}

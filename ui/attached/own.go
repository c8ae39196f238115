package attached

import (
	"context"
	"slices"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/ui"
)

// Own is a dashboard with a deck of its own, on a host that shares with others: it
// tells and hears of the pauses that nobody looks after, as a service does.
type Own struct {
	Deck     *deck.Deck
	Follower *journal.Follower // of this host's journal; nil where none is kept
	Who      deck.Actor        // who looks
}

// LeftHere returns a pause of the journal that nobody looks after as the screen has
// it.
func LeftHere(l journal.LeftPause) ui.LeftBehind {
	return ui.LeftBehind{SID: l.Recording, Actor: l.Actor, PausedAt: l.Paused, Since: l.Since, EndedAt: l.Ended, Why: l.Why, Until: l.Until}
}

// WatchLeft tells the screen the pauses that nobody looks after, on this host and on
// the others, whenever they change; see [ui.Options].
func (o Own) WatchLeft(changed func([]ui.LeftBehind)) (stop func()) {
	return watchLeft(elsewhereEvery, func(ctx context.Context) ([]ui.LeftBehind, error) { return o.leftNow(ctx), nil }, changed)
}

// leftNow returns these pauses: of one that both know, what the journal of this host
// has.
func (o Own) leftNow(ctx context.Context) (left []ui.LeftBehind) {
	if o.Follower != nil {
		list, _, _ := o.Follower.LeftBehind(ctx, -1) // at once
		for _, l := range list {
			left = append(left, LeftHere(l))
		}
	}
	for _, l := range o.Deck.LeftElsewhere() {
		if !slices.ContainsFunc(left, func(known ui.LeftBehind) bool { return known.SID == l.Recording.SID }) {
			left = append(left, ui.LeftBehind{SID: l.Recording.SID, Actor: l.Actor, PausedAt: l.Paused, EndedAt: l.Ended, Why: l.Why})
		}
	}
	return left
}

// LeaveBehind tells the other hosts which pauses of this session nobody here looks
// after any more.
func (o Own) LeaveBehind(why string) {
	for _, r := range o.Deck.Snapshot().Recordings {
		own := r.Pause.Actor == o.Who.Name() && !r.Pause.Recorded || r.Ack.Actor == o.Who.Name()
		if own && r.Paused() && r.Timer.At.IsZero() {
			o.Deck.SayLeft(r.Key(), o.Who, "", why, r.Pause.Since, time.Now())
		}
	}
}

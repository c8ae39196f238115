package ui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api/deck"
)

// source is the deck of a session, the subscription to its snapshots, and what
// it was told that somebody looks at.
type source struct {
	Deck
	snapshots <-chan *deck.Snapshot
	cancel    func()  // ends the subscription
	service   Service // nil for a deck of its own
	gaze      gaze
}

func subscribe(o Options) source {
	snapshots, cancel := o.Deck.Subscribe()
	return source{Deck: o.Deck, snapshots: snapshots, cancel: cancel, service: o.Service}
}

// first returns the snapshot of a service that is there already; the zero one
// where none is.
func (s *source) first() (msg servedMsg) {
	if s.service == nil {
		return msg
	}
	select {
	case next := <-s.snapshots:
		return servedMsg{next, s.service.Role()}
	default:
		return msg
	}
}

// next brings the next snapshot.
func (s *source) next(ctx context.Context) tea.Cmd {
	snapshots := s.snapshots
	return func() tea.Msg {
		select {
		case next, ok := <-snapshots:
			if ok && next != nil {
				return s.brings(next)
			}
		case <-ctx.Done():
		}
		return nil
	}
}

// brings returns the message of a snapshot.
func (s *source) brings(next *deck.Snapshot) tea.Msg {
	if s.service != nil {
		return servedMsg{next, s.service.Role()}
	}
	return snapshotMsg{next}
}

// data is what a session knows, and what of it the screen shows.
type data struct {
	now    time.Time      // of the last tick
	live   *deck.Snapshot // the latest
	shown  *deck.Snapshot // what the screen shows: the latest, or the frozen one
	frozen time.Time      // since when the display is frozen; zero when it is not
	stale  bool           // what is shown is dimmed as old
	// staleProfiles are those of several whose rows are.
	staleProfiles []string
	interval      time.Duration
	refreshed     time.Time // when a poll was asked for that has not ended
}

// at is the time that the recordings are shown at: it stands still while the
// display is frozen.
func (d *data) at() time.Time {
	if !d.frozen.IsZero() {
		return d.frozen
	}
	return d.now
}

// atNow is the time that the recordings are shown at, when it is now.
func (d *data) atNow(now time.Time) time.Time {
	if !d.frozen.IsZero() {
		return d.frozen
	}
	return now
}

// doubtful reports whether the status on the screen may be old: then the API
// knows better, and nothing is refused for them.
func (d *data) doubtful(r *deck.Recording, now time.Time) bool {
	return d.live.Of(r).Health.Phase(now) != deck.Live || !d.frozen.IsZero()
}

// gaze is what the deck was told that somebody looks at.
type gaze struct {
	of      deck.Key // the recording it was last told of
	resting bool     // a restMsg is to come
}

// look tells the deck which recording is on the screen once the selection has
// rested on it: moving through a list asks for nothing.
func (m *Model) look() tea.Cmd {
	r, ok := m.selected()
	if !ok || m.deck.gaze.resting || r.Key() == m.deck.gaze.of {
		return nil
	}
	m.deck.gaze.resting = true
	of := r.Key()
	return tea.Tick(150*time.Millisecond, func(time.Time) tea.Msg { return restMsg{of} })
}

// rested tells the deck of the recording the selection has rested on. Where it
// has moved on, Update asks anew.
func (m *Model) rested(msg restMsg) tea.Cmd {
	m.deck.gaze.resting = false
	if r, ok := m.selected(); ok && r.Key() == msg.of {
		m.deck.gaze.of = msg.of
		m.deck.Look(msg.of)
	}
	return nil
}

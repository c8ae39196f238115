package ui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api/deck"
)

// feed brings the snapshots of a deck.
type feed struct {
	snapshots <-chan *deck.Snapshot
	cancel    func() // ends the subscription
	service   Service
}

func subscribe(o Options) feed {
	snapshots, cancel := o.Deck.Subscribe()
	return feed{snapshots, cancel, o.Service}
}

// first returns the snapshot of a service that is there already; the zero one
// where none is.
func (f feed) first() (msg servedMsg) {
	if f.service == nil {
		return msg
	}
	select {
	case s := <-f.snapshots:
		return servedMsg{s, f.service.Role()}
	default:
		return msg
	}
}

// next brings the next snapshot.
func (f feed) next(ctx context.Context) tea.Cmd {
	return func() tea.Msg {
		select {
		case s, ok := <-f.snapshots:
			if ok && s != nil {
				if f.service != nil {
					return servedMsg{s, f.service.Role()}
				}
				return snapshotMsg{s}
			}
		case <-ctx.Done():
		}
		return nil
	}
}

// data is what a session knows, and what of it the screen shows.
type data struct {
	now       time.Time      // of the last tick
	live      *deck.Snapshot // the latest
	shown     *deck.Snapshot // what the screen shows: the latest, or the frozen one
	frozen    time.Time      // since when the display is frozen; zero when it is not
	stale     bool           // what is shown is dimmed as old
	interval  time.Duration
	refreshed time.Time // when a poll was asked for that has not ended
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

// doubtful reports whether the statuses on the screen may be old: then the API
// knows better, and nothing is refused for thed.
func (d *data) doubtful(now time.Time) bool {
	return d.live.Health.Phase(now) != deck.Live || !d.frozen.IsZero()
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
	if !ok || m.gaze.resting || r.Key() == m.gaze.of {
		return nil
	}
	m.gaze.resting = true
	of := r.Key()
	return tea.Tick(150*time.Millisecond, func(time.Time) tea.Msg { return restMsg{of} })
}

// rested tells the deck of the recording the selection has rested on. Where it
// has moved on, Update asks anew.
func (m *Model) rested(msg restMsg) tea.Cmd {
	m.gaze.resting = false
	if r, ok := m.selected(); ok && r.Key() == msg.of {
		m.gaze.of = msg.of
		m.deck.Look(msg.of)
	}
	return nil
}

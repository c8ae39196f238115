package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api/deck"
	"tapedeck/ui/left"
)

// Watcher is a [Deck] that calls back. Watch calls f with the current snapshot and
// then with the latest, until cancel is called, in the background. Calls never
// overlap, and one may wait for the session.
type Watcher interface {
	Watch(f func(*deck.Snapshot)) (cancel func())
}

// events brings what a session waits for to its program without a goroutine that
// waits: the clock's next step, snapshots, and what its options watch. The zero
// value is that of a model without such a program, whose commands wait.
type events struct {
	send    func(tea.Msg) // to the program; nil without one
	watched bool          // the snapshots come from a [Watcher]
	clock   *time.Timer   // of the next tick; nil before the first
	ends    []func()
}

// attach has the program that send is for be sent what the session waits for.
func (m *Model) attach(send func(tea.Msg)) {
	m.send = send
	if w, ok := m.deck.Deck.(Watcher); ok {
		m.watched = true
		m.deck.cancel()
		m.deck.cancel = w.Watch(func(s *deck.Snapshot) {
			if s != nil {
				send(m.deck.brings(s))
			}
		})
	}
	if watch := m.o.WatchLeft; watch != nil {
		m.ends = append(m.ends, watch(func(all []LeftBehind) { send(left.ChangedMsg{All: all}) }))
	}
	if watch := m.o.WatchNotices; watch != nil {
		m.ends = append(m.ends, watch(func(n Notice) { send(noticeMsg{n}) }))
	}
}

// detach ends what attach has begun.
func (e *events) detach() {
	if e.clock != nil {
		e.clock.Stop()
	}
	for _, end := range e.ends {
		end()
	}
	e.ends = nil
}

// next brings the next snapshot; nil where that comes by itself.
func (m *Model) next() tea.Cmd {
	if m.watched {
		return nil
	}
	return m.deck.next(m.ctx)
}

// tick brings the time at the clock's next full second, so that all rows and all
// sessions tick together.
func (m *Model) tick() tea.Cmd {
	every := min(m.o.Tick, time.Second)
	if m.send == nil {
		return tea.Every(every, func(t time.Time) tea.Msg { return tickMsg(t) })
	}
	now := time.Now()
	left := now.Truncate(every).Add(every).Sub(now)
	if m.clock != nil {
		m.clock.Reset(left)
		return nil
	}
	send := m.send
	m.clock = time.AfterFunc(left, func() { send(tickMsg(time.Now())) })
	return nil
}

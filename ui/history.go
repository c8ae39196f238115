package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api/deck"
	"tapedeck/ui/history"
)

// Action is something that somebody did, as the history shows it.
type Action = history.Action

func (m *Model) openHistory(time.Time) tea.Cmd {
	m.mode = telling
	return m.history.Open()
}

// readHistory takes a key while the history is open. Nothing but q does
// anything outside of it.
func (m *Model) readHistory(k tea.KeyPressMsg, now time.Time) (cmd tea.Cmd) {
	s := k.String()
	switch {
	case history.Closes(s):
		m.mode = normal
		return nil
	case s == "q":
		m.mode = normal
		return m.quit(now)
	}
	if a := m.keys.find(s); a != nil && (a.verb != "" || s == "a" || s == "t") {
		m.refuse("nothing was sent: the history covers the list; Esc closes it", now)
		return nil
	}
	m.history, cmd = m.history.Update(k)
	return cmd
}

// followHistory notes what this deck did, and has the journal read again while
// the history is open.
func (m *Model) followHistory(now time.Time) tea.Cmd {
	m.history.Follow(m.live, now)
	if m.mode != telling {
		return nil
	}
	return m.history.Read()
}

// aroundHistory is what the history needs to name recordings.
func (m *Model) aroundHistory() history.Around {
	return history.Around{Now: m.inZone(m.now), Short: m.called, Who: func(of deck.Key) string {
		if r := m.live.Lookup(of); r != nil {
			return m.who(r)
		}
		return ""
	}}
}

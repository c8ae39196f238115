package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// Notice is something for the status line that no key and no snapshot has led to.
// It stays until it is read, as what must not be overlooked does.
type Notice struct {
	Words string // fit to be shown
	Hint  string // the next step; empty for none
}

// noticeMsg brings a notice.
type noticeMsg struct{ notice Notice }

// awaitNotice waits for the next notice.
func (m *Model) awaitNotice() tea.Cmd {
	from, ctx := m.o.Notices, m.ctx
	if from == nil {
		return nil
	}
	return func() tea.Msg {
		select {
		case n, ok := <-from:
			if ok {
				return noticeMsg{n}
			}
		case <-ctx.Done():
		}
		return nil
	}
}

// noticed says a notice.
func (m *Model) noticed(n Notice, now time.Time) tea.Cmd {
	m.complain(n.Words, n.Hint, now)
	return m.awaitNotice()
}

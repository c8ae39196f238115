package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api/text"
)

// revealFor is how long numbers that are masked are shown.
const revealFor = 10 * time.Second

// reveal shows the numbers of the selected recording for a while, and puts
// that on record.
func (m *Model) reveal(now time.Time) tea.Cmd {
	r, ok := m.selected()
	switch {
	case !m.o.MaskNumbers:
		m.refuse("no number is masked", now)
		return nil
	case !ok:
		m.refuse("no recording is selected", now)
		return nil
	}
	m.revealed, m.revealedAt = r.SID, now
	m.applyMask()
	m.say("the numbers of …"+m.list.ShortSID(r.SID)+" are shown for 10 s; it is journaled", now)
	d, sid, actor := m.deck, r.SID, m.o.Actor
	return func() tea.Msg {
		d.Reveal(sid, actor)
		return nil
	}
}

// hide masks the numbers again whose time is over, and reports whether there
// were any.
func (m *Model) hide(now time.Time) bool {
	if m.revealed.IsZero() || now.Sub(m.revealedAt) < revealFor && !now.Before(m.revealedAt) {
		return false
	}
	m.revealed = text.Text{}
	m.applyMask()
	return true
}

// applyMask tells the components what is masked.
func (m *Model) applyMask() {
	m.list.SetMask(m.o.MaskNumbers, m.revealed)
	m.detail.SetMask(m.o.MaskNumbers, m.revealed)
}

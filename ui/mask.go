package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api/deck"
	"tapedeck/ui/names"
	"tapedeck/ui/theme"
)

// revealFor is how long numbers that are masked are shown.
const revealFor = 10 * time.Second

// numbers is how the ends of a call are shown.
type numbers struct {
	names    names.Names
	mask     bool      // only the last digits are shown
	revealed deck.Key  // the recording whose masked numbers are shown; zero for none
	at       time.Time // since when
}

// view is how who is on the line of a recording is shown.
func (n numbers) view(t theme.Theme, r *deck.Recording) names.View {
	v := names.View{Theme: t, Names: n.names, Mask: n.mask}
	if r.Profile == n.revealed.Profile {
		v.Revealed = n.revealed.SID
	}
	return v
}

// reveal shows the numbers of the selected recording for a while, and puts
// that on record.
func (m *Model) reveal(now time.Time) tea.Cmd {
	r, ok := m.selected()
	switch {
	case !m.o.MaskNumbers:
		m.refuse("no number is masked", now)
		return nil
	case !ok:
		m.refuse(m.noneSelected(), now)
		return nil
	case m.unwelcome("cannot show the numbers: ", now, mayReveal):
		return nil
	}
	m.numbers.revealed, m.numbers.at = r.Key(), now
	m.applyMask()
	m.say("the numbers of …"+m.called(r.Key())+" are shown for 10 s; it is journaled", now)
	d, of, actor := m.deck, r.Key(), m.o.Actor
	return func() tea.Msg {
		d.Reveal(of, actor)
		return nil
	}
}

// hide masks the numbers again whose time is over, and reports whether there
// were any.
func (m *Model) hide(now time.Time) bool {
	n := &m.numbers
	if n.revealed.IsZero() || now.Sub(n.at) < revealFor && !now.Before(n.at) {
		return false
	}
	n.revealed = deck.Key{}
	m.applyMask()
	return true
}

// applyMask tells the components what is masked.
func (m *Model) applyMask() {
	m.list.SetMask(m.numbers.mask, m.numbers.revealed)
	m.detail.SetMask(m.numbers.mask, m.numbers.revealed)
}

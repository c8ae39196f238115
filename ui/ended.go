package ui

import (
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"
)

// hideEnded leaves ended recordings out of the list, or shows them again.
func (m *Model) hideEnded(now time.Time) tea.Cmd {
	hide := !m.list.HidesEnded()
	m.list.SetHideEnded(hide)
	if !hide {
		m.say("ended recordings are shown", now)
		return nil
	}
	words := "ended recordings are hidden"
	if n := m.list.Hidden(); n > 0 {
		words = strconv.Itoa(n) + " " + words
	}
	m.say(words+"; e shows them", now)
	return nil
}

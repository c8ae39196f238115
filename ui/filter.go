package ui

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
)

func (m *Model) openFilter(time.Time) tea.Cmd {
	m.mode, m.full, m.right = filters, false, false
	prepare := m.filter.Open(&m.list)
	if prepare == nil {
		return nil
	}
	// The first word is not typed yet: until then ten thousand rows can be
	// made ready for it, and no key waits for that.
	return func() tea.Msg { prepare(); return nil }
}

// typeFilter takes a key while the filter is typed. Every key changes the list
// at once.
func (m *Model) typeFilter(k tea.KeyPressMsg, now time.Time) tea.Cmd {
	switch s := k.String(); s {
	case "esc":
		m.clearFilter()
	case "enter", "kpenter":
		if err := m.filter.Invalid(); err != nil {
			m.refuse(filterWrong+err.Error(), now)
			return nil
		}
		m.mode = normal
		m.filter.Close(&m.list)
		if _, ok := m.selected(); !ok {
			m.refuse(m.noneSelected(), now)
		}
	case "up", "down", "pgup", "pgdown":
		m.moved = true
		m.list, _ = m.list.Update(k)
	default:
		m.filterTyped(k)
	}
	return nil
}

// filterTyped gives a key or a paste to the filter that is typed.
func (m *Model) filterTyped(msg tea.Msg) {
	if m.filter.Type(msg, &m.list) {
		m.filterSaid()
	}
}

// filterSaid takes back what was said of the filter before.
func (m *Model) filterSaid() {
	if said, _ := m.status.Info(); strings.HasPrefix(said, filterWrong) || strings.HasPrefix(said, filterEmpty) {
		m.status.Clear()
	}
}

// How a message begins about a filter that is wrong, and about one that leaves
// nothing.
const (
	filterWrong = "filter: "
	filterEmpty = "no recording matches /"
)

// clearFilter takes the filter away.
func (m *Model) clearFilter() {
	m.filter.Clear(&m.list)
	m.filterSaid()
	m.mode = normal
}

// noneSelected says why nothing is selected.
func (m *Model) noneSelected() string {
	if words := m.unrecordedWords(); words != "" {
		return words
	}
	if f := m.list.Filter(); !f.IsZero() {
		return filterEmpty + f.String() + "/"
	}
	return "no recording is selected"
}

// filterShown reports whether the line with the filter is on the screen.
func (m *Model) filterShown() bool { return m.mode == filters || !m.list.Filter().IsZero() }

func (m *Model) openSort(time.Time) tea.Cmd {
	m.mode, m.full = sorting, false
	return nil
}

// chooseSort takes a key in the sort menu: a digit sorts, O reverses, t shows or
// hides the timelines, keys that move do nothing, and everything else closes it.
func (m *Model) chooseSort(s string, now time.Time) tea.Cmd {
	switch s {
	case "j", "k", "up", "down":
		return nil
	}
	m.mode = normal
	if s == "O" {
		return m.reverse(now)
	}
	if s == "t" {
		m.toggleTimelines(now)
		return nil
	}
	if m.list.ChooseSort(s) {
		m.say(m.list.SortWords(), now)
	}
	return nil
}

// toggleTimelines shows or hides the column of timelines.
func (m *Model) toggleTimelines(now time.Time) {
	on, _ := m.list.Timeline()
	m.list.ShowTimeline(!on)
	switch _, fits := m.list.Timeline(); {
	case on:
		m.say("timelines hidden", now)
	case fits:
		m.say("timelines shown", now)
	default:
		m.say("timelines shown where the list is wider: there is no room for them here", now)
	}
}

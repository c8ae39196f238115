package ui

import (
	"fmt"
	"strings"
	"time"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"tapedeck/ui/line"
	"tapedeck/ui/list"
	"tapedeck/ui/theme"
)

// newFilterInput returns the line in which a filter is typed.
func newFilterInput() textinput.Model {
	in := textinput.New()
	in.SetVirtualCursor(false)
	// Ctrl+v would read the clipboard of the machine tapedeck runs on.
	in.KeyMap.Paste.SetEnabled(false)
	in.CharLimit = 200
	return in
}

func (m *Model) openFilter(time.Time) tea.Cmd {
	m.mode, m.full, m.right = filters, false, false
	m.list.BeginFilter()
	m.input.SetValue(m.list.Filter().String())
	m.input.CursorEnd()
	m.input.Focus()
	prepare := m.list.Prepare()
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
		if m.invalid != nil {
			m.refuse(filterWrong+m.invalid.Error(), now)
			return nil
		}
		m.closeFilter()
		if _, ok := m.selected(); !ok {
			m.refuse(m.noneSelected(), now)
		}
	case "up", "down", "pgup", "pgdown":
		m.moved = true
		m.list, _ = m.list.Update(k)
	default:
		m.input, _ = m.input.Update(k)
		m.filterTyped()
	}
	return nil
}

// filterTyped applies what has been typed. The last filter that made sense
// stays while it does not.
func (m *Model) filterTyped() {
	f, err := list.ParseFilter(m.input.Value())
	if m.invalid = err; err == nil {
		m.list.SetFilter(f)
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

func (m *Model) closeFilter() {
	m.mode, m.invalid = normal, nil
	m.list.EndFilter()
	m.input.Blur()
}

// clearFilter takes the filter away. What was selected before it was typed is
// selected again, or, where it was kept, what is selected stays.
func (m *Model) clearFilter() {
	m.list.SetFilter(list.Filter{})
	m.filterSaid()
	m.closeFilter()
}

// noneSelected says why nothing is selected.
func (m *Model) noneSelected() string {
	if f := m.list.Filter(); !f.IsZero() {
		return filterEmpty + f.String() + "/"
	}
	return "no recording is selected"
}

// filterShown reports whether the line with the filter is on the screen.
func (m *Model) filterShown() bool { return m.mode == filters || !m.list.Filter().IsZero() }

// typedRoom is how many cells what is typed has in the line before what is said
// of it.
const typedRoom = 20

// filterLine is the line above the list while there is a filter, and the
// column of the cursor in it; -1 for none.
func (m *Model) filterLine(w int) (out string, cursor int) {
	shown, total := m.list.Shown()
	count := m.foundWords() + fmt.Sprintf("%d of %d", shown, total)
	role := theme.Dim
	if m.invalid != nil {
		count, role = m.th.Plain(m.invalid.Error()), theme.Bad
	}
	value, before := m.list.Filter().String(), ""
	cursor = -1
	if m.mode == filters {
		value = m.input.Value()
		before = string([]rune(value)[:m.input.Position()])
	}
	room := max(8, min(typedRoom, m.th.Width(value)+1), w-4-m.th.Width(count)-2)
	// What is typed is shown from its end when it does not fit.
	for m.mode == filters && m.th.Width(before) >= room {
		r := []rune(before)
		before, value = string(r[1:]), string([]rune(value)[1:])
	}
	if m.mode == filters {
		cursor = min(w-1, 3+m.th.Width(before))
	}
	var l line.Builder
	l.Begin(m.th, w)
	l.Add(theme.Key, " / ")
	l.Cut(theme.Bold, m.th.Plain(value), room)
	l.Fill(max(l.Width()+2, w-m.th.Width(count)-1))
	l.Cut(role, count, w-l.Width())
	return l.End(), cursor
}

func (m *Model) openSort(time.Time) tea.Cmd {
	m.mode, m.full = sorting, false
	return nil
}

// chooseSort takes a key in the sort menu: a digit sorts, O reverses, keys that
// move do nothing, and everything else closes it.
func (m *Model) chooseSort(s string, now time.Time) tea.Cmd {
	switch s {
	case "j", "k", "up", "down":
		return nil
	}
	m.mode = normal
	if s == "O" {
		return m.reverse(now)
	}
	for _, by := range list.Sorts() {
		if by.Key() == s {
			_, reversed := m.list.Sort()
			m.list.SetSort(by, reversed)
			m.say(m.sortWords(), now)
		}
	}
	return nil
}

// sortWords says how the list is sorted.
func (m *Model) sortWords() string {
	by, reversed := m.list.Sort()
	words := "sorted by " + by.Title()
	if reversed {
		words += ", reversed"
	}
	return words
}

// sortMenu is the menu as lines of exactly w cells.
func (m *Model) sortMenu(w int) []string {
	now, reversed := m.list.Sort()
	sym := m.th.Symbols()
	var out []string
	var l line.Builder
	end := func() { out = append(out, l.End()) }
	l.Begin(m.th, w)
	l.Add(theme.Border, sym.Rule)
	l.Add(theme.Bold, " Sort by ")
	l.Add(theme.Border, strings.Repeat(sym.Rule, max(0, w-l.Width())))
	end()
	for _, by := range list.Sorts() {
		l.Begin(m.th, w)
		l.Add(theme.Key, "  "+by.Key())
		role, sign := theme.Plain, ""
		if by == now {
			role = theme.Bold
			if sign = " " + sym.Down; reversed {
				sign = " " + sym.Up
			}
		}
		l.Cut(role, " "+m.th.Plain(by.Title())+sign, w-3)
		end()
	}
	return out
}

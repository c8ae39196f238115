package list

import (
	"strings"

	"tapedeck/ui/line"
	"tapedeck/ui/theme"
)

// ChooseSort sorts by the order of a key of the menu, and reports whether there
// is one.
func (m *Model) ChooseSort(key string) bool {
	for _, by := range m.Sorts() {
		if by.Key() == key {
			m.SetSort(by, m.rev)
			return true
		}
	}
	return false
}

// Reverse reverses the order.
func (m *Model) Reverse() { m.SetSort(m.sort, !m.rev) }

// SortWords says how the list is sorted.
func (m Model) SortWords() string {
	words := "sorted by " + m.sort.Title()
	if m.rev {
		words += ", reversed"
	}
	return words
}

// SortMenu returns the menu of orders as lines of w cells.
func (m Model) SortMenu(w int) []string {
	sym := m.th.Symbols()
	var out []string
	var l line.Builder
	end := func() { out = append(out, l.End()) }
	l.Begin(m.th, w)
	l.Add(theme.Border, sym.Rule)
	l.Add(theme.Bold, " Sort by ")
	does := m.timelineMenu()
	l.Add(theme.Border, strings.Repeat(sym.Rule, max(0, w-l.Width()-len(does)-5)))
	l.Add(theme.Key, " t")
	l.Add(theme.Plain, " "+does+" ")
	l.Add(theme.Border, sym.Rule)
	end()
	for _, by := range m.Sorts() {
		l.Begin(m.th, w)
		l.Add(theme.Key, "  "+by.Key())
		role, sign := theme.Plain, ""
		if by == m.sort {
			role = theme.Bold
			if sign = " " + sym.Down; m.rev {
				sign = " " + sym.Up
			}
		}
		l.Cut(role, " "+m.th.Plain(by.Title())+sign, w-3)
		end()
	}
	return out
}

package list

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api/deck"
	"tapedeck/ui/theme"
)

// typed types a text, key by key.
func (f *FilterLine) typed(m *Model, s string) (ok bool) {
	for _, r := range s {
		ok = f.Type(tea.KeyPressMsg{Code: r, Text: string(r)}, m)
	}
	return ok
}

// What is typed filters at once; while it makes no sense the last that did stays,
// and clearing it selects what was selected before.
func TestFilterLine(t *testing.T) {
	m := New(theme.Theme{})
	m.SetSize(80, 20)
	m.SetSnapshot(snapshot(many(5)...))
	m.Select(many(5)[1].Key())
	was, _ := m.Selected()
	f := NewFilterLine(theme.Theme{})
	if prepare := f.Open(&m); prepare == nil {
		t.Error("nothing is made ready for the first word")
	}
	check := func(what, want string, cursor int) {
		t.Helper()
		line, at := f.View(m, 60, true)
		if n := (theme.Theme{}).Width(line); n != 60 || !strings.HasPrefix(line, want) || at != cursor {
			t.Errorf("%s: %q, %d cells, cursor %d; want %q, %d", what, line, n, at, want, cursor)
		}
	}
	check("opened", " / ", 3)
	if !f.typed(&m, "zebra") {
		t.Error("a word makes no sense")
	}
	if shown, _ := m.Shown(); shown != 0 {
		t.Errorf("%d match zebra, want none", shown)
	}
	check("a word", " / zebra ", 8)
	if f.typed(&m, " age>") || f.Invalid() == nil || m.Filter().String() != "zebra age" {
		t.Errorf("%q is invalid: %v; the list has %q", f.Typed(), f.Invalid(), m.Filter().String())
	}
	if line, at := f.View(m, 60, true); !strings.Contains(line, "needs a duration") || at < 3 {
		t.Errorf("what is wrong: %q", line)
	}
	f.Clear(&m)
	if now, ok := m.Selected(); !ok || now.SID != was.SID || !m.Filter().IsZero() || f.Invalid() != nil {
		t.Errorf("cleared: selected %v, filter %q, %v", now, m.Filter().String(), f.Invalid())
	}
	if _, at := f.View(m, 60, false); at != -1 {
		t.Errorf("a cursor at %d while nothing is typed", at)
	}
	for w := range 70 {
		if line, _ := f.View(m, w, true); (theme.Theme{}).Width(line) != w {
			t.Errorf("%d cells: %q", w, line)
		}
	}
}

// The menu names every order by its key, and marks the one there is.
func TestSortMenu(t *testing.T) {
	m := New(theme.Theme{})
	lines := m.SortMenu(40)
	if len(lines) != len(m.Sorts())+1 || !strings.HasPrefix(lines[0], "─ Sort by ─") {
		t.Errorf("%q", lines)
	}
	if m.ChooseSort("9") || m.ChooseSort("") {
		t.Error("it sorts by a key that is no order's")
	}
	by := m.Sorts()[1]
	if !m.ChooseSort(by.Key()) || m.SortWords() != "sorted by "+by.Title() {
		t.Errorf("%q", m.SortWords())
	}
	m.Reverse()
	if got := strings.TrimRight(m.SortMenu(40)[2], " "); m.SortWords() != "sorted by "+by.Title()+", reversed" || got != "  "+by.Key()+" "+by.Title()+" ↑" {
		t.Errorf("%q, %q", m.SortWords(), got)
	}
}

// A mark is taken away by itself, by all, or with what has ended; what was given
// out before does not change.
func TestMarks(t *testing.T) {
	m := New(theme.Theme{})
	one, two := of("one"), of("two")
	if !m.ToggleMark(one) || !m.ToggleMark(two) || len(m.Marks()) != 2 {
		t.Errorf("marks %v", m.Marks())
	}
	before := m.Marks()
	if m.ToggleMark(one) || m.Marks()[one] || !before[one] {
		t.Errorf("marks %v, before %v", m.Marks(), before)
	}
	m.Unmark(func(k deck.Key) bool { return k == two })
	if len(m.Marks()) != 0 || len(before) != 2 {
		t.Errorf("marks %v, before %v", m.Marks(), before)
	}
}

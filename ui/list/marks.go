package list

import (
	"maps"

	"tapedeck/api/deck"
	"tapedeck/ui/theme"
)

// mark is the sign of a row that is marked.
const mark = "*"

// SetMarks marks recordings with a sign in their rows. The map is not changed
// afterwards.
func (m *Model) SetMarks(marks map[deck.Key]bool) {
	m.marks = marks
	m.touch()
}

// Marks returns the recordings that are marked. The map is replaced, never
// changed.
func (m Model) Marks() map[deck.Key]bool { return m.marks }

// ToggleMark marks a recording, or takes its mark away, and reports whether it is
// marked then.
func (m *Model) ToggleMark(of deck.Key) (marked bool) {
	marks := maps.Clone(m.marks)
	if marks == nil {
		marks = map[deck.Key]bool{}
	}
	if marked = !marks[of]; marked {
		marks[of] = true
	} else {
		delete(marks, of)
	}
	m.SetMarks(marks)
	return marked
}

// Unmark takes marks away.
func (m *Model) Unmark(gone func(of deck.Key) bool) {
	marks := maps.Clone(m.marks)
	maps.DeleteFunc(marks, func(of deck.Key, _ bool) bool { return gone(of) })
	if len(marks) != len(m.marks) {
		m.SetMarks(marks)
	}
}

// Kept reports whether the selected recording is shown only because it is
// selected: it does not match the filter, or has left the snapshot.
func (m Model) Kept() bool { return m.kept }

// First reports whether the selected row is the first one.
func (m Model) First() bool { return m.selAt == 0 }

// mark writes the sign of a marked row into the last cell of its edge, after
// the pointer's.
func (f *frame) mark(edge int) {
	f.Fill(edge - 1)
	f.Add(theme.Changed, mark)
}

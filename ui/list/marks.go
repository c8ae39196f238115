package list

import (
	"maps"

	"tapedeck/api/text"
	"tapedeck/ui/theme"
)

// mark is the sign of a row that is marked.
const mark = "*"

// SetMarks marks recordings with a sign in their rows. The map is not changed
// afterwards.
func (m *Model) SetMarks(marks map[text.Text]bool) {
	m.marks = marks
	m.touch()
}

// Marks returns the recordings that are marked. The map is replaced, never
// changed.
func (m Model) Marks() map[text.Text]bool { return m.marks }

// ToggleMark marks a recording, or takes its mark away, and reports whether it is
// marked then.
func (m *Model) ToggleMark(sid text.Text) (marked bool) {
	marks := maps.Clone(m.marks)
	if marks == nil {
		marks = map[text.Text]bool{}
	}
	if marked = !marks[sid]; marked {
		marks[sid] = true
	} else {
		delete(marks, sid)
	}
	m.SetMarks(marks)
	return marked
}

// Unmark takes marks away.
func (m *Model) Unmark(gone func(sid text.Text) bool) {
	marks := maps.Clone(m.marks)
	maps.DeleteFunc(marks, func(sid text.Text, _ bool) bool { return gone(sid) })
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

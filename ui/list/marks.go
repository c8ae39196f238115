package list

import (
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

// Kept reports whether the selected recording is shown only because it is
// selected: it does not match the filter, or has left the snapshot.
func (m Model) Kept() bool { return m.kept }

// First reports whether the selected row is the first one.
func (m Model) First() bool { return m.selAt == 0 }

// mark writes the sign of a marked row into the last cell of its edge, after
// the pointer's.
func (f *frame) mark(edge int) {
	f.fill(edge - 1)
	f.put(theme.Changed, mark)
}

package ui

import (
	"strings"

	"tapedeck/ui/theme"
)

// liner builds one line of the screen that is never wider than its room.
type liner struct {
	th   theme.Theme
	b    strings.Builder
	w    int // cells so far
	room int
}

// begin starts a line of w cells.
func (l *liner) begin(t theme.Theme, w int) {
	l.th, l.w, l.room = t, 0, max(0, w)
	l.b = strings.Builder{}
	l.b.Grow(l.room + 64)
}

// add adds s in the style of a role, as far as there is room.
func (l *liner) add(role theme.Role, s string) { l.cut(role, s, l.room) }

// cut adds s, cut to at most n cells.
func (l *liner) cut(role theme.Role, s string, n int) {
	n = min(n, l.room-l.w)
	if n <= 0 || s == "" {
		return
	}
	w := l.th.Width(s)
	if w > n {
		s = l.th.Truncate(s, n)
		w = l.th.Width(s)
	}
	l.th.Write(&l.b, role, s)
	l.w += w
}

// fill adds spaces up to a column.
func (l *liner) fill(column int) {
	if n := min(column, l.room) - l.w; n > 0 {
		l.b.WriteString(l.th.Pad(n))
		l.w += n
	}
}

// end returns the line, filled up to its room.
func (l *liner) end() string {
	l.fill(l.room)
	return l.b.String()
}

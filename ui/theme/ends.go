package theme

import "strings"

// Ends cuts who is on the line, From → To, to w cells, so that both ends have
// their share; what one does not need is the other's. Text without an arrow is
// cut as [Theme.Truncate] does.
func (t Theme) Ends(s string, w int) string {
	arrow := " " + t.Symbols().Arrow + " "
	from, to, ok := strings.Cut(s, arrow)
	room := w - t.Width(arrow)
	if !ok || room < 2 || t.Width(s) <= w {
		return t.Truncate(s, w)
	}
	left := room / 2
	if n := t.Width(from); n < left {
		left = n
	} else if n := t.Width(to); n < room-left {
		left = room - n
	}
	return t.Truncate(from, left) + arrow + t.Truncate(to, room-left)
}

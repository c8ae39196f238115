package list

import (
	"tapedeck/api/text"
	"tapedeck/ui/theme"
)

// byWhom adds who made a pause that another session made, where who is on the
// line can still be read whole. It takes and returns what [context.beside] does.
func (c *context) byWhom(r *row, room int, sign string, role theme.Role) (int, string, theme.Role) {
	if p := r.rec.Pause; !r.paused || !p.Recorded || p.Actor == "" {
		return room, sign, role
	}
	by := "by " + c.th.Plain(text.New(r.rec.Pause.Actor).String())
	if r.rec.Pause.Actor == c.actor {
		by = "by you" // by another session of yours
	}
	if sign != "" {
		by = " " + c.sym.Dot + " " + by
	} else {
		by, role = " "+by, theme.Dim
	}
	left := room - c.th.Width(by)
	if left < c.th.Width(c.whole(r)) {
		return room, sign, role
	}
	if sign == "" {
		by = by[1:]
	}
	return left, sign + by, role
}

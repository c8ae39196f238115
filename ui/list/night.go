package list

import (
	"fmt"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/theme"
	"tapedeck/ui/times"
)

// SetLevels works out how much each pause wants attention at the local time
// now, and each call without a recording. Those that alarm go to the top, whatever
// the order. It looks at these rows only.
func (m *Model) SetLevels(now time.Time) {
	if !m.relevel(now) {
		return
	}
	line := m.selAt - m.top
	m.refilter()
	if m.top > 0 { // as in SetSnapshot: the selected row keeps its line
		m.top = m.selAt - line
	}
	m.follow()
}

// relevel brings the levels up to the local time now, and the rows in order. It
// reports whether any has changed.
func (m *Model) relevel(now time.Time) (changed bool) {
	moved := false
	for _, r := range m.pausing {
		level, acked := m.level(r, now)
		if level == r.level && acked == r.acked {
			continue
		}
		changed = true
		moved = moved || (level == deck.Alarm) != (r.level == deck.Alarm)
		r.level, r.acked, r.fit = level, acked, fitted{}
	}
	if moved {
		m.order()
	}
	return changed
}

// level returns how much a row's pause wants attention at the local time now,
// and whether its alarm is acknowledged.
func (m *Model) level(r *row, now time.Time) (level deck.Level, acked bool) {
	if r.lack != nil {
		return m.snap.UnrecordedLevel(r.lack, now), m.snap.Of(r.rec).ServerTime(now).Before(r.lack.Ack.Until)
	}
	if !r.paused {
		return deck.Calm, r.rec.Active() && r.rec.Trouble.Kind != "" && r.rec.Trouble.Acked
	}
	return m.snap.Level(r.rec, now), m.snap.ServerTime(now).Before(r.rec.Ack.Until)
}

// attention changes the status of a recording that was to be paused and is not,
// and of a pause that has lasted too long: a sign before it, and words beside it
// where there is room.
func (c *context) attention(r *row, out *cell) {
	long := ""
	switch {
	case r.trouble != "":
		out.text, out.role = "!"+out.text, theme.Bad
		out.signRole, long = theme.Bad, string(r.trouble)
	case r.level == deck.Alarm:
		out.text, out.role = "!"+out.text, theme.Bad
		out.signRole, long = theme.Bad, "too long"
		if r.rec.Timer.Err != "" {
			long = "no resume"
		}
	case r.level == deck.Warn:
		out.sign, out.signRole, long = "+", theme.Warn, "long"
	default:
		return
	}
	if c.th.Width(out.text)+1+len(long) > c.width && r.trouble == deck.ResumedByOthers {
		long = "by others"
	}
	if c.th.Width(out.text)+1+len(long) <= c.width {
		out.sign = long
	}
}

// badge is something said beside who a row is about.
type badge struct {
	words, short string
	role         theme.Role
	spare        bool // only where all of who is still shown
}

// badges returns what is to be said beside who a row is about, what has to be
// read first: that its auto-resume was not done, that a sibling still records,
// when it is resumed, that its alarm is acknowledged, who of another session
// paused it, who else is at work on it, in which hidden field the filter's word
// was found. What ticks has a fixed width and no style.
func (c *context) badges(r *row) (out []badge) {
	if r.lack != nil {
		out = c.aboutUnrecorded(r)
	}
	if t := r.rec.Timer; r.paused && t.Err != "" {
		out = append(out, badge{"auto-resume not done", "!auto", theme.Bad, false})
	}
	if s := r.rec.Siblings; s.Paused > 0 && s.Recording > 0 {
		if r.siblings[0] == "" {
			r.siblings = [2]string{fmt.Sprintf("%d of %d still recording", s.Recording, s.Of()), fmt.Sprintf("%d/%d rec", s.Recording, s.Of())}
			if theme.RightToLeft(c.whole(r)) { // it would move the digits
				r.siblings = [2]string{fmt.Sprintf("still recording %d of %d", s.Recording, s.Of()), fmt.Sprintf("rec %d/%d", s.Recording, s.Of())}
			}
		}
		out = append(out, badge{r.siblings[0], r.siblings[1], theme.Warn, false})
	}
	if t := r.rec.Timer; r.paused && t.Err == "" && !t.At.IsZero() {
		left := times.Clocks{Slow: c.minutes}.Countdown(t.At.Sub(c.now.Truncate(time.Second)))
		out = append(out, badge{"resumes in " + left, "r " + left, theme.Plain, false})
	}
	if r.acked {
		by := r.rec.Ack.Actor
		if r.lack != nil {
			by = r.lack.Ack.Actor
		}
		out = append(out, badge{"acknowledged by " + c.th.Plain(text.New(by).String()), "ack", theme.Dim, false})
	}
	if p := r.rec.Pause; r.paused && p.Recorded && p.Actor != "" {
		by := "by " + c.th.Plain(text.New(p.Actor).String())
		if p.Actor == c.actor {
			by = "by you" // by another session of yours
		}
		out = append(out, badge{by, by, theme.Dim, true})
	}
	if words := c.others(r); words != "" && !c.said {
		out = append(out, badge{words, words, theme.Warn, false})
	}
	if field := c.th.Plain(c.foundIn(r)); field != "" {
		out = append(out, badge{"found in " + field, "in " + field, theme.Dim, true})
	}
	return out
}

// signBeside returns what is said beside who a row is about, and how many cells are
// left for who. Words become short before who is cut, and badges go, the last
// one first, before who is too short to be known by.
func (c *context) signBeside(r *row) (room int, sign string, role theme.Role) {
	if !r.paused && r.lack == nil && len(r.rec.Siblings.List) == 0 && !r.acked && len(c.words) == 0 && len(r.rec.Others(c.actor)) == 0 {
		return c.width, "", theme.Plain
	}
	list := c.badges(r)
	fits := func(s string, who int) bool { return who+1+c.th.Width(s) <= c.width }
	for ; len(list) > 0; list = list[:len(list)-1] {
		words, short := list[0].words, list[0].short
		for _, b := range list[1:] {
			words += " " + c.sym.Dot + " " + b.words
			short += " " + c.sym.Dot + " " + b.short
		}
		least := c.least(r)
		if list[len(list)-1].spare {
			least = r.fit.whole
		}
		switch {
		case fits(words, r.fit.whole):
			sign = words
		case fits(short, least):
			sign = short
		default:
			continue
		}
		return c.width - 1 - c.th.Width(sign), sign, list[0].role
	}
	return c.width, "", theme.Plain
}

// knownBy is by how many of its last digits a number is known.
const knownBy = 8

// least is how many cells who needs to be known by: both ends of a call, or the
// beginning of a name.
func (c *context) least(r *row) int {
	if _, _, ok := c.parties(r); !ok {
		return min(r.fit.whole, knownBy+2)
	}
	return min(r.fit.whole, 2*knownBy+2+c.th.Width(c.sym.Arrow))
}

// fitted returns who in the cells there are. A number is cut at its beginning.
func (c *context) fitted(r *row) string {
	from, to, ok := c.parties(r)
	if !ok || c.width >= r.fit.whole {
		return c.th.Truncate(c.whole(r), c.width)
	}
	arrow := c.th.To(from)
	if theme.RightToLeft(to) { // it is cut before what keeps the digits in their place
		return c.th.Truncate(c.end(from, c.width/3)+arrow+to, c.width-len(" (name)")) + theme.Guard(to)[len(to):]
	}
	room := max(0, c.width-c.th.Width(arrow))
	left, right := room/2, room-room/2
	if n := c.th.Width(from); n < left {
		left, right = n, room-n
	} else if n := c.th.Width(to); n < right {
		left, right = room-n, n
	}
	return c.th.Truncate(c.end(from, left)+arrow+c.end(to, right), c.width)
}

// end returns who is at one end of a call in w cells: of a number its last
// digits, as they were written where there is room for enough of them.
func (c *context) end(s string, w int) string {
	var digits []byte
	if appendDigits(&digits, s); c.th.Width(s) <= w || len(digits) < knownBy-1 || len(s) != c.th.Width(s) {
		return c.th.Truncate(s, w)
	}
	keep := max(0, w-c.th.Width(c.sym.Ellipsis))
	var shown []byte
	if appendDigits(&shown, lastBytes(s, keep)); len(shown) >= min(knownBy, len(digits)) {
		return c.sym.Ellipsis + lastBytes(s, keep)
	}
	if len(digits) <= w {
		return string(digits)
	}
	if keep < knownBy { // the digits matter more than that there are others
		return lastBytes(string(digits), w)
	}
	return c.sym.Ellipsis + lastBytes(string(digits), keep)
}

// SetMask hides all but the last digits of numbers, but for those of the
// recording that is revealed. The filter still finds what is hidden.
func (m *Model) SetMask(on bool, revealed deck.Key) {
	if m.mask != on || m.revealed != revealed {
		m.mask, m.revealed = on, revealed
		m.arrange() // what was fitted into the old layout is not used again
	}
}

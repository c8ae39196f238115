package list

import (
	"fmt"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/theme"
)

// SetLevels works out how much each pause wants attention at the local time
// now. Those that alarm go to the top, whatever the order. It looks at the
// paused rows only.
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
	if !r.paused {
		return deck.Calm, false
	}
	return m.snap.Level(r.rec, now), m.snap.ServerTime(now).Before(r.rec.Ack.Until)
}

// attention changes the status of a pause that has lasted too long: a sign
// before it, and a word beside it where there is room.
func (c *context) attention(r *row, out *cell) {
	long := ""
	switch r.level {
	case deck.Alarm:
		out.text, out.role = "!"+out.text, theme.Bad
		out.signRole, long = theme.Bad, "too long"
		if r.rec.Timer.Err != "" {
			long = "no resume"
		}
	case deck.Warn:
		out.sign, out.signRole, long = "+", theme.Warn, "long"
	default:
		return
	}
	if c.th.Width(out.text)+1+len(long) <= c.width {
		out.sign = long
	}
}

// From these widths on who has room for words beside it, and for anything.
const (
	whoWords = 58
	whoFew   = 10
)

// beside returns what is said beside who a row is about, in the words or signs
// that there is room for: its auto-resume, that a sibling still records, that
// its alarm is acknowledged, in which hidden field the filter's word was found;
// and how many cells are left for who. What ticks
// has a fixed width and no style.
func (c *context) beside(r *row) (room int, sign string, role theme.Role) {
	field := c.foundIn(r)
	if !r.paused && len(r.rec.Siblings.List) == 0 && field == "" {
		return c.width, "", theme.Plain
	}
	role = theme.Dim
	add := func(words, short string, as theme.Role) {
		// That somebody still records has to be read, also where little is left for who.
		if c.width < whoWords && (as != theme.Warn || sign != "" || c.th.Width(words)+1+whoFew > c.width) {
			words = short
		}
		if sign != "" {
			words = sign + " " + c.sym.Dot + " " + words
		} else {
			role = as
		}
		if c.th.Width(words)+1+whoFew <= c.width {
			sign = words
		}
	}
	if t := r.rec.Timer; r.paused && t.Err != "" {
		add("auto-resume not done", "!auto", theme.Bad)
	} else if r.paused && !t.At.IsZero() {
		left := theme.Countdown(t.At.Sub(c.now.Truncate(time.Second)), c.minutes)
		add("resumes in "+left, "r "+left, theme.Plain)
	}
	if s := r.rec.Siblings; s.Paused > 0 && s.Recording > 0 {
		if r.kin[0] == "" {
			r.kin = [2]string{fmt.Sprintf("%d of %d still recording", s.Recording, s.Of()), fmt.Sprintf("%d/%d rec", s.Recording, s.Of())}
		}
		add(r.kin[0], r.kin[1], theme.Warn)
	}
	if r.acked {
		add("acknowledged by "+c.th.Plain(text.New(r.rec.Ack.Actor).String()), "ack", theme.Dim)
	}
	if field != "" && c.roomBeside(r, sign, field) {
		add("found in "+c.th.Plain(field), "in "+c.th.Plain(field), theme.Dim)
	}
	if sign == "" {
		return c.width, "", theme.Plain
	}
	return c.width - 1 - c.th.Width(sign), sign, role
}

// SetMask hides all but the last digits of numbers, but for those of the
// recording that is revealed. The filter still finds what is hidden.
func (m *Model) SetMask(on bool, revealed text.Text) {
	if m.mask != on || m.revealed != revealed {
		m.mask, m.revealed = on, revealed
		m.arrange() // what was fitted into the old layout is not used again
	}
}

package detail

import (
	"time"

	"tapedeck/ui/line"
	"tapedeck/ui/theme"
	"tapedeck/ui/timeline"
	"tapedeck/ui/times"
)

const (
	barMost   = 40 // cells of a bar, for its parts to be compared at one glance
	barEnough = 14 // and before what its signs mean takes the room
	barFrom   = 5  // lines of a pane that has room for one beside who, how and what
)

// drawn is the timeline as it was drawn last, without its clock: it stays the
// same for many seconds.
type drawn struct {
	timeline.Drawing
	made  bool
	clock int       // cells of the clock that there was room for
	head  line.Open // the bar
	tail  line.Open // what its signs mean
}

// timelineLine leaves a line for the timeline, which has a clock and is made for
// each frame.
func (b *builder) timelineLine() {
	if timeline.Begun(b.rec) && b.w >= 24 && b.h >= barFrom {
		b.bar = len(b.lines)
		b.lines = append(b.lines, line.Open{})
	}
}

// barLine returns the line of the body that is the timeline's; -1 for none.
func (m Model) barLine(marked bool) int {
	if m.rec == nil || m.memo == nil {
		return -1
	}
	if marked {
		return m.memo.bars[1]
	}
	return m.memo.bars[0]
}

// moment returns the local time now for the timeline.
func (m Model) moment(now time.Time) timeline.Moment {
	at := timeline.Moment{Now: now.Truncate(time.Second).Add(m.offset), Offset: m.offset}
	if !m.known.IsZero() {
		at.Known = m.known.Round(0).Add(m.offset)
	}
	return at
}

// timeline returns the line of the timeline: the bar, how long it stands for, and
// as far as there is room, what its signs mean.
func (m Model) timeline(now time.Time) line.Open {
	at, d := m.moment(now), &m.memo.bar
	if !d.made || !d.Over && (at.Now.After(d.Until) || at.Now.Before(d.From)) {
		first, ok := timeline.Of(m.rec, barMost, at)
		if !ok {
			return line.Open{}
		}
		*d = m.draw(first, at)
	}
	if !d.Over {
		d.To = at.Now
	}
	clock := m.length(d)
	if len(clock) != d.clock {
		*d = m.draw(d.Drawing, at)
	}
	l := d.head
	l.Add(m.th, m.clockRole(), " "+clock)
	l.Join(d.tail)
	return l
}

// length returns how long what is drawn is.
func (m Model) length(d *drawn) string {
	clocks := times.Clocks{Slow: m.minutes && !d.Over}
	return clocks.Clock(d.To.Sub(d.From))
}

// draw draws the timeline, of which first is a drawing in as many cells as it
// may have, in those that its clock and what its signs mean leave.
func (m Model) draw(first timeline.Drawing, at timeline.Moment) (d drawn) {
	d = drawn{Drawing: first, made: true}
	d.clock = len(m.length(&d))
	sym, room := m.th.Symbols(), m.w-edge-d.clock-3
	for _, k := range first.Key(sym) {
		n := 2 + m.th.Width(k.Text)
		if room-n < barEnough {
			break
		}
		room -= n
		d.tail.Add(m.th, theme.Plain, "  ")
		d.tail.Add(m.th, k.Role, k.Text)
	}
	d.Drawing, _ = timeline.Of(m.rec, min(barMost, room), at)
	d.head.Add(m.th, theme.Plain, m.th.Pad(edge))
	for _, s := range d.Spans(sym) {
		d.head.Add(m.th, s.Role, s.Text)
	}
	return d
}

// clockRole is that of the clock in the title, so that a tick changes no style on
// its way from one to the other.
func (m Model) clockRole() theme.Role {
	if !m.rec.Paused() {
		return theme.Plain
	}
	_, role := m.status()
	return role
}

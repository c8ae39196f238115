package header

import (
	"time"

	"tapedeck/api/deck"
	"tapedeck/ui/line"
	"tapedeck/ui/theme"
)

// age returns an age as a clock shows it.
func (m Model) age(d time.Duration) string { return m.o.Clocks.Clock(m.o.Clocks.InSteps(d)) }

// longest returns for how long a recording is paused at the server's time now.
func (m Model) longest(r *deck.Recording, now time.Time) string {
	long := m.o.Clocks.Clock(r.Pause.For(now))
	if r.Pause.AtLeast {
		long = m.th.Symbols().AtLeast + long
	}
	return long
}

// line puts left and right, and one of the forms of last, at the ends of a line.
// The first form that fits is taken, the longest first.
func (m Model) line(w int, left, right, last []segment) string {
	if len(last) == 0 {
		last = []segment{{}}
	}
	var keep int
	form := last[len(last)-1]
	for _, f := range last {
		if k, ok := fit(w, left, right, f, 4); ok {
			keep, form = k, f
			break
		}
		keep, _ = fit(w, left, right, form, 1)
	}
	var l line.Builder
	l.Begin(m.th, w)
	for _, s := range left {
		m.add(&l, s, keep, 1+min(l.Width(), 1))
	}
	right = append(right[:len(right):len(right)], form)
	rightW := -3
	for _, s := range right {
		if s.rank <= keep && s.w > 0 {
			rightW += s.w + 3
		}
	}
	l.Fill(w - 1 - rightW)
	for i, s := range right {
		m.add(&l, s, keep, min(i, 1)*3)
	}
	return l.End()
}

// add adds a segment, with a gap before it, unless its rank drops.
func (m Model) add(l *line.Builder, s segment, keep, gap int) {
	if s.rank > keep || s.w == 0 {
		return
	}
	l.Add(theme.Plain, m.th.Pad(gap))
	l.AddSpans(s.spans...)
}

// fit returns the highest rank that can be kept in w cells; ok is false when
// ranks below lowest would have to go.
func fit(w int, left, right []segment, form segment, lowest int) (keep int, ok bool) {
	for keep = 9; keep >= 0; keep-- {
		total := 1 + form.w + 1
		for _, list := range [][]segment{left, right} {
			for _, s := range list {
				if s.rank <= keep && s.w > 0 {
					total += s.w + 3
				}
			}
		}
		if total <= w {
			return keep, keep >= lowest-1
		}
	}
	return 0, false
}

package list

import (
	"time"

	"tapedeck/ui/theme"
	"tapedeck/ui/timeline"
)

// ShowTimeline shows the column of timelines, or hides it.
func (m *Model) ShowTimeline(on bool) {
	if m.timeline != on {
		m.timeline, m.bars = on, nil
		m.arrange()
	}
	if on && m.bars == nil {
		m.bars = bars{}
	}
}

// Timeline reports whether the column of timelines was asked for, and whether
// there is room for it.
func (m Model) Timeline() (on, fits bool) {
	for _, c := range m.layout.cols {
		fits = fits || c.timeline
	}
	return m.timeline, fits
}

// timelineWidth leaves room for enough cells to tell a pause at the beginning
// from one at the end.
func timelineWidth(_ theme.Theme, s size) int {
	switch {
	case s.w >= 110:
		return 22
	case s.w >= roomyFrom:
		return 14
	}
	return 12
}

// bars are the timelines of the rows that were visible lately, by row.
type bars map[*row]barred

// maxBars is how many are kept: those of some screens.
const maxBars = 500

// barred is a row's timeline as it was drawn last.
type barred struct {
	layout *layout
	known  time.Time // up to when the data was known; zero for that moment
	until  time.Time // up to when it looks the same, by the server's clock
	text   string
}

// timelineOf shows what the recording did; a call without one has none.
func (c *context) timelineOf(r *row) cell {
	if r.lack != nil {
		return cell{}
	}
	b, ok := c.bars[r]
	if !ok || b.layout != c.layout || c.moment.Now.After(b.until) || !b.known.Equal(c.moment.Known) {
		b = barred{layout: c.layout, known: c.moment.Known}
		if d, ok := timeline.Of(r.rec, c.width-2, c.moment); ok {
			b.until, b.text = d.Until, d.Text(c.sym)
			if d.Over {
				b.until = c.moment.Now.Add(time.Hour)
			}
		}
		if len(c.bars) >= maxBars {
			clear(c.bars)
		}
		c.bars[r] = b
	}
	if b.text == "" {
		return cell{}
	}
	return cell{text: b.text, cells: c.width}
}

// timelineMenu is what the sort menu says of the column of timelines.
func (m Model) timelineMenu() string {
	if m.timeline {
		return "hide timelines"
	}
	return "show timelines"
}

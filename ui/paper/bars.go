package paper

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"tapedeck/api/report"
	"tapedeck/ui/times"
)

// Heights in pixels.
const (
	rowHeight   = 34 // of the bar of a call in the shift
	laneHeight  = 15 // of each further recording in it
	callHeight  = 46 // of the bar of a recording in the part of its call
	pauseHeight = 16
	recHeight   = 6 // of what is recorded: thinner, so that pauses stand out without color
	maxLanes    = 4 // recordings of a call in its bar
)

// maxGaps is how many gaps are drawn in the bar of when somebody watched.
const maxGaps = 400

// leastWide is the share of the width that a part has at least, in percent.
const leastWide = 0.02

// Shares of the width that a label takes, in percent, of bars at their
// narrowest.
const (
	labelWide   = 12.5
	labelNarrow = 3.4
)

// Signs at a moment.
const (
	failPath   = "M-5 -5L5 5M5 -5L-5 5"
	othersPath = "M0 -5L5 0L0 5L-5 0Z"
	edgePath   = "M0 -11V11"
	beforePath = "M-16 0H-1"
	afterPath  = "M1 0H16"
)

// newBar returns a row with an ID of its own.
func (m *maker) newBar(name string, height int) bar {
	m.bars++
	return bar{ID: "bar-" + strconv.Itoa(m.bars), Name: name, Height: height}
}

// shift returns the timeline of the shift: when somebody watched, and one bar a
// call.
func (m *maker) shift() *timeline {
	r := m.r
	a := axis{r.From, r.To}
	t := &timeline{Caption: "When somebody watched, and when each call was recorded and paused", What: "Call", Sum: "Paused",
		Axis: "From " + m.when(a.from) + " to " + m.when(a.to), Ticks: a.ticks(m.zone),
		About: "One bar a call, from its first entry in the journal to its last one in this period. Nothing is on record of what was before and after. A short pause is drawn wider than it was, so that it is seen."}
	for _, w := range r.Watches {
		if len(t.Rows) < m.limits.Bars {
			t.Rows = append(t.Rows, m.watchBar(a, w))
		}
	}
	calls := m.r.Calls
	if len(calls) > m.limits.Bars {
		calls = m.foremost(m.limits.Bars)
		t.Left = "Not shown here: " + count(len(r.Calls)-len(calls), "more call") + " in which nothing needs a look, or less than in these; tapedeck report --json has all of them."
	}
	parts := max(8, m.limits.Parts/max(1, len(calls)))
	for _, c := range calls {
		t.Rows = append(t.Rows, m.callBar(a, c, parts))
	}
	return t
}

// watchBar returns the row of when somebody watched a project.
func (m *maker) watchBar(a axis, w *report.Watch) bar {
	b := m.newBar("Watched", rowHeight)
	b.Sub = "by " + watchers(w)
	switch {
	case len(w.Gaps) > 0:
		b.Link = "watch"
	case len(w.Sessions) > 0:
		b.Link = "sessions"
	}
	if len(m.r.Watches) > 1 {
		b.Sub = "project " + clean(w.Project)
	}
	b.Bad, b.SumSub = len(w.Gaps) > 0, "not watched"
	b.Title = "When somebody watched"
	var said []string
	last, end := a.from, 0.0
	watched := func(to report.Moment) {
		if to > last {
			b.Shapes = append(b.Shapes, part(a, "watched", last, to, rowHeight/2-2, 4, "Somebody watched from "+m.when(last)+" to "+m.when(to)))
		}
	}
	var sum time.Duration
	for _, g := range w.Gaps {
		if g.Why != report.NotRecorded {
			sum += g.To.Sub(g.From)
		}
	}
	b.Sum = times.Hours(sum)
	for _, g := range a.joined(w.Gaps, maxGaps) {
		long := times.Hours(g.To.Sub(g.From))
		what := g.what() + g.long() + " from " + m.when(g.From) + " to " + m.when(g.To) + g.because()
		said = append(said, what)
		watched(g.From)
		b.Shapes = append(b.Shapes, part(a, "unknown", g.From, g.To, 6, rowHeight-12, what))
		last = max(last, g.To)
		if from, to := a.at(g.From), a.at(g.To); g.n == 1 && to-from > labelWide && from >= end {
			b.Labels = append(b.Labels, label{Class: "label plate", X: percent((from + to) / 2), Y: rowHeight/2 + 4, Text: long})
			end = to
		}
	}
	watched(a.to)
	b.Desc = sentence(said, "Somebody watched all the time.")
	return b
}

// watchers names who watched, three at most.
func watchers(w *report.Watch) string {
	var names []string
	for _, s := range w.Sessions {
		names = append(names, clean(s.By))
	}
	if said := several(names); said != "" {
		return said
	}
	return "nobody"
}

// callBar returns the row of a call in the shift.
func (m *maker) callBar(a axis, c *report.Call, parts int) bar {
	recs := c.Recordings
	if len(recs) > maxLanes {
		recs = recs[:maxLanes]
	}
	b := m.newBar(capital(m.callName(c)), rowHeight+laneHeight*max(0, len(recs)-1))
	b.Link, b.Sub = m.links[c], who(c)
	m.gapsOf(&b, a, c, parts)
	var said []string
	open := false
	for i, rec := range recs {
		top := (rowHeight-pauseHeight)/2 + i*laneHeight
		height := pauseHeight
		if len(recs) > 1 {
			height = laneHeight - 3
		}
		m.spans(&b, a, rec, top, height, parts/len(recs), false)
		for _, p := range rec.Pauses {
			said = append(said, m.sayPause(p))
			open = open || p.End == report.Open
		}
		m.steps(&b, a, c, rec, top+height/2)
	}
	m.steps(&b, a, c, nil, rowHeight/2)
	if more := len(c.Recordings) - len(recs); more > 0 {
		b.Sub = strings.TrimPrefix(b.Sub+", ", ", ") + count(more, "more recording")
	}
	m.sumUp(&b, c, open)
	b.Title = capital(m.callName(c)) + ": " + count(c.Paused(), "pause") + ", " + b.Sum + " in all"
	b.Desc = sentence(said, "No pause of it is on record.")
	return b
}

// sumUp writes how long a call was paused.
func (m *maker) sumUp(b *bar, c *report.Call, open bool) {
	sum, over := m.paused(c)
	b.Sum, b.SumSub, b.Bad = times.Hours(sum), count(c.Paused(), "pause"), over > 0 || open
	if open {
		b.Sum = "≥" + b.Sum
	}
	switch {
	case c.Paused() == 0:
		b.Sum, b.SumSub = "–", "no pause"
	case over == c.Paused():
		b.SumSub += " over limit"
	case over > 0:
		b.SumSub = number(over) + " of " + number(c.Paused()) + " over limit"
	}
}

// gapsOf draws behind a bar when nobody watched its project, in so many parts at
// most.
func (m *maker) gapsOf(b *bar, a axis, c *report.Call, parts int) {
	for _, g := range a.joined(m.gaps[project{c.Space, c.Project}], parts) {
		b.Shapes = append(b.Shapes, part(a, "gap", g.From, g.To, 0, b.Height, g.what()+" from "+m.when(g.From)+" to "+m.when(g.To)+g.because()))
	}
}

// who says who called whom, as far as the journal has it.
func who(c *report.Call) string {
	from, to := c.Numbers.From.String(), c.Numbers.To.String()
	if from == "" && to == "" {
		return ""
	}
	return orUnknown(from) + " → " + orUnknown(to)
}

func orUnknown(s string) string {
	if s == "" {
		return "?"
	}
	return s
}

// part returns a part of a bar.
func part(a axis, class string, from, to report.Moment, y, h int, title string) shape {
	x := a.at(from)
	kind, _, _ := strings.Cut(class, " ")
	// Nothing is drawn of what has no width; the line around it makes it wide enough.
	return shape{Hatch: hatchOf[kind], Class: class, X: percent(x), W: percent(max(leastWide, a.at(to)-x)), Y: y, H: h, Title: title}
}

// spans draws the timeline of a recording, so many parts at most. Edges that a
// read showed are marked where edges are asked for.
func (m *maker) spans(b *bar, a axis, rec *report.Recording, top, height, parts int, edges bool) {
	middle := top + height/2
	spans := m.r.Spans(rec)
	if len(spans) > parts {
		spans = spans[:parts]
		b.Sub = strings.TrimPrefix(b.Sub+", ", ", ") + "the first " + count(parts, "part")
	}
	for i, s := range spans {
		to, open := s.To, s.To.IsZero()
		switch {
		case open && s.Pause != nil:
			to = max(s.From, s.Pause.Known)
		case open:
			to = max(s.From, rec.Last)
		}
		if i == 0 && !s.FromExact {
			b.beyond(a, s.From, middle, beforePath, "What was before "+m.when(s.From)+" is not on record")
		}
		m.span(b, a, s, to, top, height)
		switch {
		case open && s.Pause != nil:
			b.Shapes = append(b.Shapes, part(a, "unknown", to, a.to, top, height, "No end on record: what was after "+m.when(to)+" is not known"))
		case open:
			b.beyond(a, to, middle, afterPath, "What was after "+m.when(to)+" is not on record")
		}
		if edges && s.Pause != nil {
			m.edge(b, a, s.From, s.FromExact, middle)
			if !open {
				m.edge(b, a, s.To, s.ToExact, middle)
			}
		}
	}
}

// span draws one part, which ends at to.
func (m *maker) span(b *bar, a axis, s report.Span, to report.Moment, top, height int) {
	class, title := m.spanWords(s, to)
	switch {
	case !a.has(s.From, max(to, s.From+1)) && to > s.From:
		return
	case s.Kind == report.SpanRecorded && to == s.From:
		return
	case s.Kind == report.SpanRecorded:
		top, height = top+(height-recHeight)/2, recHeight
	case s.Pause != nil && m.overs[s.Pause]:
		class += " over"
	}
	b.Shapes = append(b.Shapes, part(a, class, s.From, to, top, height, title))
}

// beyond draws that nothing is on record before or after a moment.
func (b *bar) beyond(a axis, at report.Moment, y int, path, title string) {
	if at > a.from && at < a.to {
		b.Marks = append(b.Marks, mark{Class: "beyond", X: percent(a.at(at)), Y: y, Path: path, Title: title})
	}
}

// edge marks an edge that is not exact.
func (m *maker) edge(b *bar, a axis, at report.Moment, exact bool, middle int) {
	if !exact && at > a.from && at < a.to {
		b.Marks = append(b.Marks, mark{Class: "inexact", X: percent(a.at(at)), Y: middle, Path: edgePath, Title: "Seen by a read at " + m.when(at) + ": it happened before that"})
	}
}

// spanWords returns the class of a part and what it is.
func (m *maker) spanWords(s report.Span, to report.Moment) (class, title string) {
	if s.Pause != nil {
		title = m.sayPause(s.Pause)
	}
	switch s.Kind {
	case report.SpanRecorded:
		return "recorded", "Recorded from " + m.when(s.From) + " to " + m.when(to)
	case report.SpanSilence:
		return "silence", title
	case report.SpanSkip:
		return "skip", title
	case report.SpanPaused:
		return "paused", title
	}
	return "unknown", "Not known from " + m.when(s.From) + " to " + m.when(to)
}

// sayPause says a pause in a sentence without its end.
func (m *maker) sayPause(p *report.Pause) string {
	how := "with " + p.Behavior.String()
	if p.Behavior == report.NoBehavior {
		how = "with a behavior that is not on record"
	}
	s := fmt.Sprintf("Paused %s from %s%s by %s", how, m.when(p.Began), seenThen(p.BeganExact()), by(p.By))
	if p.End == report.Open {
		return s + ", no end on record"
	}
	return s + fmt.Sprintf(", %s at %s%s after %s", p.End, m.when(p.Ended), seenThen(p.EndExact()), lasted(p, times.Hours))
}

// seenThen is what is added to a time at which a change was seen.
func seenThen(exact bool) string {
	if exact {
		return ""
	}
	return " or before"
}

// sentence joins what is said of a bar; none stands for nothing. Of many things
// the first ones are said.
func sentence(said []string, none string) string {
	const most = 12
	if len(said) == 0 {
		return none
	}
	said, left := cut(said, most, "thing", "the tables have them")
	return strings.TrimSpace(strings.Join(said, ". ") + ". " + left)
}

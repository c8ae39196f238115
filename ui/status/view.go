package status

import (
	"errors"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/line"
	"tapedeck/ui/theme"
	"tapedeck/ui/times"
)

// Around is what the lines say beside the notices.
type Around struct {
	Trouble string    // what comes before every notice; empty for nothing
	Idle    line.Span // what is said where there is nothing else
	Busy    line.Span // what is under way, at the right end; empty for nothing
	More    int       // how many lines a message may have below the first
}

// View returns the status line, of w cells, and more lines below it for what
// does not fit into it of a message, and for its next step.
func (m Model) View(w int, a Around) []string {
	room := w - 1
	if a.Busy.Text != "" {
		room -= m.th.Width(a.Busy.Text) + 2
	}
	first, second := m.message(room, a)
	var l line.Builder
	l.Begin(m.th, w)
	l.Add(theme.Plain, " ")
	for _, s := range first {
		l.Cut(s.Role, s.Text, room+1-l.Width())
	}
	if a.Busy.Text != "" {
		l.Fill(w - m.th.Width(a.Busy.Text) - 1)
		l.AddSpans(a.Busy)
	}
	lines := []string{l.End()}
	for _, spans := range line.WrapSpans(m.th, second, w-2, a.More) {
		l.Begin(m.th, w)
		l.Add(theme.Plain, " ")
		l.AddSpans(spans...)
		lines = append(lines, l.End())
	}
	return lines
}

// message is what there is to say, in a line of so many cells and, where that is
// not enough, in a second one. A trouble comes before everything else.
func (m Model) message(room int, a Around) (first, second []line.Span) {
	trouble, bad := m.th.Plain(a.Trouble), m.th.Plain(m.Bad())
	info := line.Of(m.info.role, m.th.Plain(m.info.words))
	role := theme.Bad
	add := func(role theme.Role, s string) {
		if s != "" {
			second = append(second, line.Of(role, s))
		}
	}
	head := trouble
	switch {
	case trouble != "":
	case bad != "":
		head, bad = bad, ""
	case info.Text != "":
		head, role, info.Text = info.Text, info.Role, ""
	default:
		return []line.Span{line.Of(a.Idle.Role, m.th.Plain(a.Idle.Text))}, nil
	}
	head, tail := m.split(head, room)
	add(role, tail)
	add(theme.Bad, bad)
	for _, hint := range []string{m.bad.hint, m.info.hint} {
		if hint != "" {
			add(theme.Warn, "hint: "+m.th.Plain(hint))
		}
	}
	first = []line.Span{line.Of(role, head)}
	switch fits := m.th.Width(head)+2+m.th.Width(info.Text) <= room; {
	case info.Text == "":
	case fits && tail == "", tail == "" && trouble == "": // the end of what only adds to a bad notice may be cut
		first = append(first, line.Of(theme.Plain, "  "), info)
	case len(second) == 0 || trouble != "":
		second = append([]line.Span{info}, second...)
		if tail != "" {
			second[0], second[1] = second[1], second[0]
		}
	}
	return first, second
}

// split cuts a message at a space, so that its head fits into w cells.
func (m Model) split(s string, w int) (head, tail string) {
	if m.th.Width(s) <= w {
		return s, ""
	}
	if head, tail = line.SplitAt(m.th, s, w); head == "" {
		return m.th.Truncate(s, w), ""
	}
	return head, tail
}

// unwell is the health of a snapshot; of one of several profiles it is that of the
// first whose last poll went wrong, with its name to begin with.
func unwell(s *deck.Snapshot, now time.Time) (h deck.Health, whose string) {
	if s.Several() && s.Health.Away.IsZero() {
		for _, p := range s.Parts {
			if phase := p.Health.Phase(now); (phase == deck.Stale || phase == deck.Partial) && p.Health.Err != nil {
				return p.Health, p.Label() + ": "
			}
		}
	}
	return s.Health, ""
}

// Health says what is wrong with the data of a snapshot and what to do, with times in
// the zone of now; empty for nothing.
func Health(s *deck.Snapshot, now time.Time) line.Span {
	h, whose := unwell(s, now)
	if p := h.Phase(now); p == deck.Live || p == deck.Loading || h.Err == nil || !s.Known() {
		return line.Span{}
	}
	e, answered := errors.AsType[*api.Error](h.Err)
	words := whose + "poll: " + api.Reason(h.Err)
	if !h.Away.IsZero() {
		words = text.New(h.Err.Error()).String()
	}
	if answered && !e.Message.IsZero() {
		words += ": " + e.Message.String()
	}
	if !h.Complete.IsZero() {
		words += "; showing " + times.Time(h.Complete, now.Location())
	}
	if hint := api.Hint(h.Err); hint != "" && !(answered && e.StatusCode >= 500) { // which ends by itself
		words += "; " + hint
	}
	return line.Of(theme.Warn, words)
}

package report

import "cmp"

// Spans returns the timeline of a recording, from its first entry in the
// journal on: without gaps, in order. It does not claim that a pause without an
// end on record went on, nor that a recording was recorded while nobody watched.
// The last span of one that was not stopped has no end: after its last entry
// nothing is on record of it.
func (r *Report) Spans(rec *Recording) (spans []Span) {
	from, exact := rec.First, false
	if s := rec.Started; s != nil && s.Answered >= r.From {
		from, exact = s.Answered, true
	}
	for _, p := range rec.Pauses {
		if p.Began > from {
			spans = r.recorded(spans, rec, Span{From: from, To: p.Began, FromExact: exact, ToExact: p.BeganExact()})
		}
		s := Span{From: max(from, p.Began), To: p.Ended, Kind: p.kind(), FromExact: p.BeganExact(), ToExact: p.EndExact(), Pause: p}
		if p.ClockSet && p.Ended != 0 { // nobody knows how long it was
			s.To, s.FromExact, s.ToExact = max(s.From, s.To), false, false
		}
		spans = append(spans, s)
		if p.Ended == 0 {
			return spans
		}
		from, exact = max(s.From, s.To), s.ToExact
	}
	last := Span{From: from, FromExact: exact}
	if s := rec.Stopped; s != nil {
		last.To, last.ToExact = s.Answered, true
		if last.To <= from {
			return spans
		}
	}
	return r.recorded(spans, rec, last)
}

// kind returns what a recording does in a pause.
func (p *Pause) kind() SpanKind {
	switch p.Behavior {
	case Silence:
		return SpanSilence
	case Skip:
		return SpanSkip
	}
	return SpanPaused
}

// recorded adds a span in which nothing on record says that the recording was
// paused: it is unknown where nobody watched.
func (r *Report) recorded(spans []Span, rec *Recording, s Span) []Span {
	s.Kind = SpanRecorded
	for _, g := range r.gapsOf(rec.Call) {
		end := s.To
		if g.Why == NotRecorded || g.To <= s.From {
			continue
		}
		if g.From >= cmp.Or(end, rec.Last) {
			break
		}
		if g.From > s.From {
			spans = append(spans, Span{From: s.From, To: g.From, Kind: SpanRecorded, FromExact: s.FromExact})
			s.From, s.FromExact = g.From, false
		}
		s.Kind = SpanUnknown
		if end != 0 && g.To >= end {
			break
		}
		spans = append(spans, Span{From: s.From, To: g.To, Kind: SpanUnknown, FromExact: s.FromExact})
		s.From, s.FromExact, s.Kind = g.To, false, SpanRecorded
	}
	if s.To != 0 && s.From >= s.To {
		return spans
	}
	return append(spans, s)
}

// gapsOf returns when nobody watched the project of a call.
func (r *Report) gapsOf(c *Call) []Gap {
	for _, w := range r.Watches {
		if w.Space == c.Space && w.Project == c.Project {
			return w.Gaps
		}
	}
	return nil
}

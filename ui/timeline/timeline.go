// Package timeline draws what a recording did, in one line: which parts of it
// were recorded, which were paused, and which nobody saw.
//
// A cell stands for a part of the time. It is drawn as paused where the recording
// was paused in any of that part, so that no pause is too short to be seen; as not
// known where any of the rest was not seen; and as recorded only where all of it
// was.
package timeline

import (
	"strings"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/ui/line"
	"tapedeck/ui/theme"
)

// Most is how many cells a bar has at most, without what begins and ends it.
const Most = 60

// Moment is when a timeline is looked at.
type Moment struct {
	Now    time.Time     // by the server's clock
	Known  time.Time     // up to when the data is known, by the server's clock, while it is stale; else zero
	Offset time.Duration // to add to the local clock to have the server's
}

// At returns the moment of the local time now for the recordings of a snapshot.
func At(s *deck.Snapshot, now time.Time) Moment {
	m := Moment{Now: s.ServerSecond(now), Offset: s.OffsetAt(now)}
	if s.Health.Phase(now) == deck.Stale {
		m.Known = s.Health.Complete.Round(0).Add(m.Offset)
	}
	return m
}

// Bar is a timeline in cells. Two that are equal look the same.
type Bar struct {
	n     int
	cells [Most]cell
}

// cell is what a cell of a bar shows; the zero value is one that is not filled.
type cell uint8

// The cells, those that hide others last.
const (
	recorded cell = iota + 1
	aboutHere
	notKnown
	silence
	skip
	paused
)

var cellOf = [...]cell{
	deck.NotKnown: notKnown, deck.Recorded: recorded, deck.WithSilence: silence, deck.WithSkip: skip, deck.PausedSomehow: paused,
	deck.Over: 0,
}

// Drawing is the timeline of a recording at a moment.
type Drawing struct {
	Bar
	From, To time.Time // by the server's clock
	Over     bool      // the recording has ended: To stays
	// Until is up to when the bar looks the same, as long as the recording and
	// what is known of it do.
	Until time.Time
}

// Of returns the timeline of a recording in n cells. One that has not begun has
// none: ok is false.
func Of(r *deck.Recording, n int, m Moment) (d Drawing, ok bool) {
	if d.span(r, m); !Begun(r) || d.To.Before(d.From) {
		return d, false
	}
	if d.n = min(max(0, n), Most); d.n == 0 {
		return d, true
	}
	known, s := d.To, scale{from: d.From, each: max(d.To.Sub(d.From)/time.Duration(d.n), 1), n: d.n, holds: forever}
	switch {
	case !r.Active() || m.Known.IsZero():
	case m.Known.Before(d.To):
		known = m.Known
	default:
		s.holds = m.Known.Sub(d.From)
	}
	last := deck.Edge{At: d.From}
	for e := range r.Timeline.Edges() {
		if e.At.After(known) {
			if known.Equal(d.To) { // it is to come
				s.holds = min(s.holds, e.At.Sub(d.From)-1)
			}
			break
		}
		if first, end := s.at(last.At), s.before(e.At); e.At.After(last.At) {
			d.fill(first, end, last.Kind)
		}
		last = e
	}
	if last.Kind != deck.Over {
		first, end := s.at(last.At), d.n-1 // that of now, where it stays
		if known.Before(d.To) {
			d.fill(s.at(known), end, deck.NotKnown)
			end = s.before(known)
		}
		if known.After(last.At) {
			d.fill(first, end, last.Kind)
		} else if known.Equal(d.To) { // it begins now
			s.holds = min(s.holds, d.To.Sub(d.From))
		}
	}
	d.blur(&s, r.Timeline)
	d.Until = d.From.Add(s.holds)
	return d, true
}

// span sets from when to when a recording is drawn.
func (d *Drawing) span(r *deck.Recording, m Moment) {
	d.From, d.To, d.Over = r.Began(), m.Now, !r.Active()
	if d.Over {
		d.To = r.Ended.Round(0).Add(m.Offset)
	}
	for e := range r.Timeline.Edges() {
		if d.From.IsZero() || e.At.Before(d.From) {
			d.From = e.At
		}
		if e.Kind == deck.Over {
			d.To, d.Over = e.At, true
		}
	}
}

// Begun reports whether there is anything to draw of a recording.
func Begun(r *deck.Recording) bool {
	return r.Status != api.Queued && (!r.Began().IsZero() || r.Timeline != "")
}

// scale says which cell a time is in.
type scale struct {
	from  time.Time
	each  time.Duration // a cell's
	n     int
	holds time.Duration // how long the bar may get before a time is in another cell
}

// forever is longer than any recording.
const forever = 1 << 61

// at returns the cell of a time.
func (s *scale) at(t time.Time) int {
	d := t.Sub(s.from)
	if d < s.each {
		return 0
	}
	i := min(d/s.each, time.Duration(s.n)) // that of now is after the last
	s.holds = min(s.holds, time.Duration(s.n)*(d/i)+time.Duration(s.n)-1)
	return min(int(i), s.n-1)
}

// before returns the cell of what ends at a time; -1 for the beginning.
func (s *scale) before(t time.Time) int {
	if !t.After(s.from) {
		return -1
	}
	return s.at(t.Add(-1))
}

// fill draws what a recording did in cells.
func (b *Bar) fill(first, last int, kind deck.EdgeKind) {
	c := cellOf[kind]
	for i := first; i <= last; i++ {
		b.cells[i] = max(b.cells[i], c)
	}
}

// blur draws where the edges of pauses are not exact, on the side that is
// recorded.
func (b *Bar) blur(s *scale, line deck.Timeline) {
	last := deck.NotKnown
	for e := range line.Edges() {
		at := -1
		switch {
		case e.Exact:
		case last == deck.Recorded && e.Kind.Pauses():
			at = s.at(e.At) - 1
		case last.Pauses() && e.Kind == deck.Recorded:
			at = s.before(e.At) + 1
		}
		if last = e.Kind; at >= 0 && at < b.n && b.cells[at] == recorded {
			b.cells[at] = aboutHere
		}
	}
}

// signs are how the cells look.
func signs(sym theme.Symbols) [paused + 1]string {
	return [...]string{
		0: " ", recorded: sym.Recorded, aboutHere: sym.AboutHere, notKnown: sym.NotKnown,
		silence: sym.WithSilence, skip: sym.WithSkip, paused: sym.PausedSomehow,
	}
}

// Text returns the bar with what begins and ends it: two cells more than it has.
func (b Bar) Text(sym theme.Symbols) string {
	sign := signs(sym)
	var out strings.Builder
	out.Grow(3 * (b.n + 2))
	out.WriteString(sym.From)
	for _, c := range b.cells[:b.n] {
		out.WriteString(sign[c])
	}
	out.WriteString(sym.To)
	return out.String()
}

// Spans returns the same in the styles of what it shows.
func (b Bar) Spans(sym theme.Symbols) []line.Span {
	sign := signs(sym)
	out := []line.Span{line.Of(theme.Border, sym.From)}
	for i := 0; i < b.n; {
		j := i + 1
		for j < b.n && b.cells[j].role() == b.cells[i].role() {
			j++
		}
		var part strings.Builder
		for _, c := range b.cells[i:j] {
			part.WriteString(sign[c])
		}
		out = append(out, line.Of(b.cells[i].role(), part.String()))
		i = j
	}
	return append(out, line.Of(theme.Border, sym.To))
}

func (c cell) role() theme.Role {
	switch c {
	case silence, skip, paused:
		return theme.Paused
	case notKnown:
		return theme.Dim
	}
	return theme.Recording
}

// Key says what the signs of a bar mean, for whoever has never seen one: what is
// not recorded first, then what is not known, then what is.
func (b Bar) Key(sym theme.Symbols) (out []line.Span) {
	sign, has := signs(sym), [paused + 1]bool{}
	for _, c := range b.cells[:b.n] {
		has[c] = true
	}
	gaps := ""
	for _, c := range []cell{silence, skip, paused} {
		if has[c] {
			gaps += sign[c]
		}
	}
	if gaps != "" {
		out = append(out, line.Of(theme.Paused, gaps+" not recorded"))
	}
	if has[notKnown] {
		out = append(out, line.Of(theme.Dim, sign[notKnown]+" unknown"))
	}
	if has[recorded] || has[aboutHere] {
		out = append(out, line.Of(theme.Recording, sign[recorded]+" recorded"))
	}
	return out
}

// Legend explains the signs.
func Legend(sym theme.Symbols) []theme.Sign {
	return []theme.Sign{
		{Sign: sym.Recorded, Means: "recorded, all of the time that the sign stands for"},
		{Sign: sym.WithSilence, Means: "paused with silence: the file has a gap"},
		{Sign: sym.WithSkip, Means: "paused with skip: the file leaves this part out"},
		{Sign: sym.PausedSomehow, Means: "paused by others: silence or skip is not known"},
		{Sign: sym.NotKnown, Means: "not known: before tapedeck looked, or while the data was stale"},
		{Sign: sym.AboutHere, Means: "recorded, and the edge of the pause beside it is not exact"},
	}
}

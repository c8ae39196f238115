package header

import (
	"fmt"
	"strconv"
	"strings"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/line"
	"tapedeck/ui/theme"
	"tapedeck/ui/times"
)

// segment is a part of the header that is shown whole or not at all. Those of
// high rank drop first, those of rank 0 never.
type segment struct {
	spans []line.Span
	rank  int
	w     int
}

func (m Model) segment(rank int, spans ...line.Span) segment {
	s := segment{spans: spans, rank: rank}
	for _, p := range spans {
		s.w += m.th.Width(p.Text)
	}
	return s
}

func (m Model) where() []segment {
	name := m.segment(6, line.Of(theme.Bold, "tapedeck"))
	if m.o.Demo || m.o.Drill {
		badge := line.Of(theme.Demo, " DEMO ")
		if m.o.Drill {
			badge = line.Of(theme.Drill, " DRILL ")
		}
		where := append([]segment{name, m.segment(0, badge)}, m.evidence()...)
		return append(where, m.segment(7, line.Of(theme.Dim, "a simulated space")))
	}
	where := append([]segment{name, m.segment(3, line.Of(theme.Plain, m.Place()))}, m.evidence()...)
	if m.role != "" {
		where = append(where, m.segment(4, line.Of(theme.Dim, "as "+m.th.Plain(text.New(m.role).String()))))
	}
	return where
}

// numbers are those of recordings, in a header of w cells; of old data they say
// from when.
func (m Model) numbers(s State, w int) []segment {
	shown := m.shown
	if !shown.Known() {
		return []segment{m.segment(2, line.Of(theme.Dim, "REC ?")), m.segment(0, line.Of(theme.Dim, "PAUSED ?"))}
	}
	out := []segment{m.segment(2, line.Of(theme.Plain, "REC "+strconv.Itoa(m.counts.recording)))}
	if n := m.counts.starting; n > 0 {
		out = append(out, m.segment(4, line.Of(theme.Starting, "STARTING "+strconv.Itoa(n))))
	}
	if n := m.counts.other; n > 0 {
		out = append(out, m.segment(2, line.Of(theme.Unknown, "OTHER "+strconv.Itoa(n))))
	}
	if s.Unrecorded {
		out = append(out, m.unrecorded(s))
	}
	out = append(out, m.segment(0, m.pauses(s, w)...))
	if s.Stale && !shown.Health.Complete.IsZero() {
		out = append(out, m.segment(5, line.Of(theme.Dim, "as of "+times.Time(shown.Health.Complete, m.o.Zone))))
	}
	return out
}

// pauses are what alarms, the pauses, and the longest of them where there is
// room for it. While one alarms they are those of now, also when the display is
// frozen.
func (m Model) pauses(s State, w int) []line.Span {
	shown, at, role := m.shown, s.at(), theme.Plain
	if shown.Paused > 0 {
		role = theme.Paused
	}
	var out []line.Span
	badge := func(word string, n int) {
		if n > 0 {
			out = append(out, line.Of(theme.Alarm, " "+word+" "+strconv.Itoa(n)+" "), line.Of(theme.Plain, " "))
		}
	}
	badge(Loud(deck.NotPaused), s.NotPaused)
	badge(Loud(deck.ResumedByOthers), s.ResumedByOthers)
	crowded := len(out) > 2 && w < Wide
	badge("ALARM", s.Alarms)
	if s.Alarms > 0 {
		shown, at, role = s.Live, s.Now, theme.Bad
	}
	out = append(out, line.Of(role, "PAUSED "+strconv.Itoa(shown.Paused)))
	if r := shown.Longest; r != nil && shown.Paused > 0 && !crowded {
		out = append(out, line.Of(role, ", longest "+m.longest(r, shown.ServerSecond(at))))
	}
	return out
}

// Loud returns a trouble as the header and the window title say it.
func Loud(kind deck.TroubleKind) string { return strings.ToUpper(string(kind)) }

// badges say what else holds: a frozen display, no updates.
func (m Model) badges(s State) (out []segment) {
	if s.Left > 0 && !s.Live.Health.Complete.IsZero() {
		out = append(out, m.segment(1, line.Of(theme.Key, "L"), line.Of(theme.Warn, fmt.Sprintf(" %d left behind", s.Left))))
	}
	if n := s.Marked; n > 0 {
		out = append(out, m.segment(0, line.Of(theme.Changed, "* "+strconv.Itoa(n)+" marked")))
	}
	if !s.Frozen.IsZero() {
		out = append(out, m.segment(0, line.Of(theme.Badge, " FROZEN "), line.Of(theme.Plain, " "+m.age(s.Now.Sub(s.Frozen)))))
	}
	if s.ReadOnly {
		out = append(out, m.segment(1, line.Of(theme.Badge, " READ-ONLY ")))
	}
	return out
}

// freshness says what the data is worth, in forms from the longest to the
// shortest.
func (m Model) freshness(s State) []segment {
	if !s.Live.Health.Away.IsZero() {
		return m.away(s)
	}
	if forms := m.unwell(s); forms != nil {
		return forms
	}
	return m.health(s, s.Live.Health, m.shown.Health)
}

// health says what data is worth whose health is h, and shown that of what the
// screen shows.
func (m Model) health(s State, h, shown deck.Health) []segment {
	dot := " " + m.th.Symbols().Dot + " "
	switch h.Phase(s.Now) {
	case deck.Loading:
		long := "LOADING"
		if h.Page > 0 {
			long = "LOADING page " + strconv.Itoa(h.Page)
		}
		return []segment{m.segment(0, line.Of(theme.Warn, long))}
	case deck.Live:
		if !s.Frozen.IsZero() { // what is on the screen is not live
			_, age := m.o.Clocks.Age(shown.Age(s.Now))
			return []segment{m.segment(0, line.Of(theme.Warn, "data"), line.Of(theme.Plain, " "+age+" old"))}
		}
		before, age := m.o.Clocks.Age(h.Age(s.Now))
		return []segment{m.segment(0, line.Of(theme.Plain, before+"live"+dot+age+" old"))}
	case deck.Partial:
		word := m.segment(0, line.Of(theme.Warn, "PARTIAL"), line.Of(theme.Plain, dot+partialWhy(h.Err)))
		return []segment{word, m.segment(0, line.Of(theme.Warn, "PARTIAL"))}
	}
	word := []line.Span{line.Of(theme.Bad, "STALE"), line.Of(theme.Plain, " "+m.age(shown.Age(s.Now)))}
	why := dot + "poll overdue"
	if h.Err != nil {
		why = dot + api.Reason(h.Err)
	}
	next := ""
	switch wait := h.Next.Sub(s.Now); {
	case h.Next.IsZero() && h.Failing.IsZero():
	case h.Next.IsZero() || wait <= 0:
		next = dot + "trying now"
	default:
		next = dot + "next try " + m.o.Clocks.Wait(wait)
	}
	short := m.segment(0, word...)
	reason := m.segment(0, append(word, line.Of(theme.Bad, why))...)
	full := m.segment(0, append(word, line.Of(theme.Bad, why), line.Of(theme.Plain, next))...)
	return []segment{full, reason, short}
}

// partialWhy says why a poll was partial.
func partialWhy(err error) string {
	if err == nil {
		return "not all was read"
	}
	return api.Reason(err)
}

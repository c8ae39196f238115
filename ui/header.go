package ui

import (
	"fmt"
	"strconv"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/line"
	"tapedeck/ui/names"
	"tapedeck/ui/theme"
	"tapedeck/ui/times"
)

// wide is from which width on the header is one line.
const wide = 100

// segment is a part of the header that is shown whole or not at all. Those of
// high rank drop first, those of rank 0 never.
type segment struct {
	spans []line.Span
	rank  int
	w     int
}

func (m *Model) segment(rank int, spans ...line.Span) segment {
	s := segment{spans: spans, rank: rank}
	for _, p := range spans {
		s.w += m.th.Width(p.Text)
	}
	return s
}

// header returns the lines above the list: where this is, the counts, and
// what the data is worth. What the data is worth and the pauses never drop.
func (m *Model) header(w int) []string {
	where, counts, badges := m.whereSegments(), m.countSegments(), m.badgeSegments()
	if w >= wide {
		right := append(counts, badges...)
		return []string{m.headerLine(w, where, right, m.health())}
	}
	return []string{
		m.headerLine(w, where, nil, m.health()),
		m.headerLine(w, counts, badges, nil),
	}
}

// headerLine puts left and right, and one of the forms of last, at the ends of
// a line. The first form that fits is taken, the longest first.
func (m *Model) headerLine(w int, left, right []segment, last []segment) string {
	if len(last) == 0 {
		last = []segment{{}}
	}
	var keep int
	form := last[len(last)-1]
	for _, f := range last {
		if k, ok := fitSegments(w, left, right, f, 4); ok {
			keep, form = k, f
			break
		}
		keep, _ = fitSegments(w, left, right, form, 1)
	}
	var l line.Builder
	l.Begin(m.th, w)
	for _, s := range left {
		m.addSegment(&l, s, keep, 1+min(l.Width(), 1))
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
		m.addSegment(&l, s, keep, min(i, 1)*3)
	}
	return l.End()
}

// addSegment adds a segment, with a gap before it, unless its rank drops.
func (m *Model) addSegment(l *line.Builder, s segment, keep, gap int) {
	if s.rank > keep || s.w == 0 {
		return
	}
	l.Add(theme.Plain, m.th.Pad(gap))
	for _, p := range s.spans {
		l.Add(p.Role, p.Text)
	}
}

// fitSegments returns the highest rank that can be kept in w cells; ok is false
// when ranks below lowest would have to go.
func fitSegments(w int, left, right []segment, form segment, lowest int) (keep int, ok bool) {
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

// place names the space and the profile.
func (m *Model) place() string {
	if m.o.Demo {
		return "DEMO"
	}
	space := m.th.Plain(text.New(m.o.Space).String())
	if m.o.Profile == "" {
		return space
	}
	return space + " / " + m.th.Plain(text.New(m.o.Profile).String())
}

func (m *Model) whereSegments() []segment {
	name := m.segment(6, line.Of(theme.Bold, "tapedeck"))
	if m.o.Demo {
		return []segment{name, m.segment(0, line.Of(theme.Demo, " DEMO ")), m.segment(7, line.Of(theme.Dim, "a simulated space"))}
	}
	return []segment{name, m.segment(3, line.Of(theme.Plain, m.place()))}
}

// countSegments are the numbers of recordings; of old data they say from when.
func (m *Model) countSegments() []segment {
	s := m.shown
	if !s.Known() {
		return []segment{m.segment(2, line.Of(theme.Dim, "REC ?")), m.segment(0, line.Of(theme.Dim, "PAUSED ?"))}
	}
	rec, paused, starting := theme.Plain, theme.Plain, theme.Starting
	if s.Paused > 0 {
		paused = theme.Paused
	}
	out := []segment{m.segment(2, line.Of(rec, "REC "+strconv.Itoa(m.counts.recording)))}
	if n := m.counts.starting; n > 0 {
		out = append(out, m.segment(4, line.Of(starting, "STARTING "+strconv.Itoa(n))))
	}
	if n := m.counts.other; n > 0 {
		out = append(out, m.segment(2, line.Of(theme.Unknown, "OTHER "+strconv.Itoa(n))))
	}
	out = append(out, m.segment(0, m.pauseSpans(paused)...))
	if m.stale && !s.Health.Complete.IsZero() {
		out = append(out, m.segment(5, line.Of(theme.Dim, "as of "+times.Time(s.Health.Complete))))
	}
	return out
}

// pauseSpans are what alarms, the pauses, and the longest of them where there is
// room for it. While one alarms they are those of now, also when the display is
// frozen.
func (m *Model) pauseSpans(role theme.Role) []line.Span {
	s, at := m.shown, m.at()
	out := m.troubleSpans()
	crowded := len(out) > 2 && m.w < wide
	if n := m.alarms.standing; n > 0 {
		s, at, role = m.live, m.now, theme.Bad
		out = append(out, line.Of(theme.Alarm, " ALARM "+strconv.Itoa(n)+" "), line.Of(theme.Plain, " "))
	}
	out = append(out, line.Of(role, "PAUSED "+strconv.Itoa(s.Paused)))
	if r := s.Longest; r != nil && s.Paused > 0 && !crowded {
		long := m.clock(r.Pause.For(s.ServerSecond(at)))
		if r.Pause.AtLeast {
			long = m.th.Symbols().AtLeast + long
		}
		out = append(out, line.Of(role, ", longest "+long))
	}
	return out
}

// badgeSegments say what else holds: a frozen display, no updates.
func (m *Model) badgeSegments() []segment {
	out := m.leftSegments()
	if n := len(m.marks); n > 0 {
		out = append(out, m.segment(0, line.Of(theme.Changed, "* "+strconv.Itoa(n)+" marked")))
	}
	if !m.frozen.IsZero() {
		out = append(out, m.segment(0, line.Of(theme.Badge, " FROZEN "), line.Of(theme.Plain, " "+m.clock(m.inSteps(m.now.Sub(m.frozen))))))
	}
	if m.o.ReadOnly || m.live.ReadOnly {
		out = append(out, m.segment(1, line.Of(theme.Badge, " READ-ONLY ")))
	}
	return out
}

// health says what the data is worth, in forms from the longest to the
// shortest.
func (m *Model) health() []segment {
	h, dot := m.live.Health, " "+m.th.Symbols().Dot+" "
	switch h.Phase(m.now) {
	case deck.Loading:
		long := "LOADING"
		if h.Page > 0 {
			long = "LOADING page " + strconv.Itoa(h.Page)
		}
		return []segment{m.segment(0, line.Of(theme.Warn, long))}
	case deck.Live:
		if !m.frozen.IsZero() { // what is on the screen is not live
			_, age := m.ageWords(m.shown.Health.Age(m.now))
			return []segment{m.segment(0, line.Of(theme.Warn, "data"), line.Of(theme.Plain, " "+age))}
		}
		return []segment{m.segment(0, line.Of(theme.Plain, m.liveWords(h.Age(m.now))))}
	case deck.Partial:
		word := m.segment(0, line.Of(theme.Warn, "PARTIAL"), line.Of(theme.Plain, dot+partialWhy(h.Err)))
		return []segment{word, m.segment(0, line.Of(theme.Warn, "PARTIAL"))}
	}
	word := []line.Span{line.Of(theme.Bad, "STALE"), line.Of(theme.Plain, " "+m.clock(m.inSteps(m.shown.Health.Age(m.now))))}
	why := dot + "poll overdue"
	if h.Err != nil {
		why = dot + api.Reason(h.Err)
	}
	next := ""
	switch wait := h.Next.Sub(m.now); {
	case h.Next.IsZero() && h.Failing.IsZero():
	case h.Next.IsZero() || wait <= 0:
		next = dot + "trying now"
	default:
		next = dot + "next try " + m.waitWords(wait)
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

// liveWords says how old the data is. They are as wide at 9 s as at 10, so that
// nothing before them moves.
func (m *Model) liveWords(age time.Duration) string {
	before, words := m.ageWords(age)
	return before + "live " + m.th.Symbols().Dot + " " + words
}

// ageWords says how old data is, and what stands before that while it is
// narrow.
func (m *Model) ageWords(age time.Duration) (before, words string) {
	const unit = time.Second
	n := strconv.Itoa(int(m.inSteps(age)/unit)) + "s"
	switch {
	case age >= 100*unit:
		n = m.clock(age)
	case m.o.LowBandwidth && age < ageStep:
		n = "<" + strconv.Itoa(int(ageStep/unit)) + "s"
	case age < 10*unit:
		before = " "
	}
	return before, n + " old"
}

// waitWords says how long it is until something happens. Where bytes are dear
// that is counted from the last step of the clocks, so it is rounded down.
func (m *Model) waitWords(wait time.Duration) string {
	switch {
	case !m.o.LowBandwidth:
	case wait < ageStep:
		return "<" + strconv.Itoa(int(ageStep/time.Second)) + "s"
	default:
		wait = wait.Truncate(ageStep)
	}
	return strconv.Itoa(int((wait+time.Second-1)/time.Second)) + "s"
}

// ageStep is the step in which all clocks and ages move where bytes are dear.
const ageStep = 10 * time.Second

// inSteps returns an age as it is shown: where bytes are dear, in steps.
func (m *Model) inSteps(d time.Duration) time.Duration {
	if m.o.LowBandwidth {
		return d.Truncate(ageStep)
	}
	return d
}

// clock returns a duration as it is shown.
func (m *Model) clock(d time.Duration) string {
	if m.o.LowBandwidth {
		return times.Clocks{Slow: true}.Clock(d)
	}
	return times.Clock(d)
}

// windowTitle is the title of the terminal's window. It changes only when the
// counts and the freshness do.
func (m *Model) windowTitle() string {
	title := m.alarmTitle() + "tapedeck " + m.place()
	switch {
	case !m.shown.Known():
		return title
	case m.stale:
		return title + ": STALE"
	case m.shown.Health.Partial:
		title += ": PARTIAL"
	}
	title += fmt.Sprintf(": REC %d PAUSED %d", m.counts.recording, m.shown.Paused)
	if n := m.counts.other; n > 0 {
		title += fmt.Sprintf(" OTHER %d", n)
	}
	return title
}

// who names who is on the line of a recording: from and to, the conference's
// name, or the SID while nothing else is known.
func (m *Model) who(r *deck.Recording) string {
	v := names.View{Theme: m.th, Names: m.names, Mask: m.o.MaskNumbers, Revealed: m.revealed}
	return v.Who(r)
}

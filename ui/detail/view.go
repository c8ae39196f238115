package detail

import (
	"strconv"
	"strings"
	"time"

	"tapedeck/api/text"
	"tapedeck/ui/line"
	"tapedeck/ui/theme"
	"tapedeck/ui/times"
)

// markFor is how long the fields that an update changed are marked.
const markFor = 10 * time.Second

// View renders the pane at the local time now: exactly the lines of the size
// set, each exactly as wide.
func (m Model) View(now time.Time) string {
	if m.memo == nil { // the zero model
		return ""
	}
	if m.memo.made && m.memo.now.Equal(now) {
		return m.memo.view
	}
	m.memo.view, m.memo.now, m.memo.made = m.render(now), now, true
	return m.memo.view
}

func (m Model) render(now time.Time) string {
	if m.w == 0 || m.h == 0 {
		return strings.Repeat("\n", max(0, m.h-1))
	}
	marked := m.marked(now)
	body, bar := m.body(marked, m.ages(now)), m.barLine(marked)
	v := m.window()
	top := max(0, min(m.top, len(body)-v))
	title, above, below := m.title(now), top, max(0, len(body)-top-v)
	inTitle := m.more(above, below)
	if n := m.th.Width(inTitle); n > 0 && title.Cells+1+n > m.w {
		inTitle = ""
	}
	var b line.Builder
	b.BeginLines(m.th, m.w, m.h)
	m.put(&b, title, inTitle)
	for i := range v {
		b.Next()
		if top+i >= len(body) {
			continue
		}
		sign := ""
		if inTitle == "" && i == v-1 {
			sign = m.more(above, below)
		}
		if top+i == bar {
			m.put(&b, m.timeline(now), sign)
			continue
		}
		m.put(&b, body[top+i], sign)
	}
	return b.End()
}

// put adds a line, with a sign at the right end where there is room for it.
func (m Model) put(b *line.Builder, l line.Open, sign string) {
	room := m.w
	if sign != "" {
		if n := m.th.Width(sign) + 1; n < m.w {
			room -= n
		} else {
			sign = ""
		}
	}
	b.AddOpen(l, room)
	if sign != "" {
		b.Fill(room + 1)
		b.Add(theme.Dim, sign)
	}
}

// more says how many lines there are above and below those that are visible.
func (m Model) more(above, below int) string {
	sym := m.th.Symbols()
	var s string
	if above > 0 {
		s = sym.Up + strconv.Itoa(above)
	}
	if below > 0 {
		if s != "" {
			s += " "
		}
		s += sym.Down + strconv.Itoa(below)
	}
	return s
}

// marked reports whether the fields that an update changed are marked now.
func (m Model) marked(now time.Time) bool {
	if m.rec == nil || m.rec.Update == nil {
		return false
	}
	p := m.rec.Update
	return p.Answer != nil && len(p.Changed) > 0 && now.Sub(p.Answered) < markFor
}

// body returns the lines below the title, made once for what they say of
// the time.
func (m Model) body(marked bool, at ages) []line.Open {
	if m.rec == nil && m.lack.Unrecorded == nil || m.memo == nil {
		return nil
	}
	which := 0
	if marked {
		which = 1
	}
	if !m.memo.built[which] || m.memo.ages[which] != at {
		m.memo.bodies[which], m.memo.bars[which] = m.build(marked, at)
		m.memo.built[which], m.memo.ages[which] = true, at
	}
	return m.memo.bodies[which]
}

// title says which recording it is, what it is doing and for how long. Its
// clock ticks, so it has no style.
func (m Model) title(now time.Time) line.Open {
	if m.rec == nil && m.lack.Unrecorded != nil {
		return m.titleUnrecorded(now)
	}
	var l line.Open
	if m.rec == nil {
		l.Add(m.th, theme.Dim, " no recording selected")
		return l
	}
	sym := m.th.Symbols()
	if m.focused {
		l.Add(m.th, theme.Pointer, sym.Pointer)
	} else {
		l.Add(m.th, theme.Plain, " ")
	}
	l.Add(m.th, theme.Bold, sym.Ellipsis+m.short)
	l.Add(m.th, theme.Plain, "  ")
	if m.project != "" {
		l.Add(m.th, theme.Plain, m.th.Truncate(m.th.Plain(m.project), longestProject)+"  ")
	}
	if m.raw {
		l.Add(m.th, theme.Bold, "raw JSON")
		l.Add(m.th, theme.Dim, " "+sym.Dot+" ")
	}
	word, role := m.status()
	l.Add(m.th, role, word)
	if clock := m.clock(now, sym); clock != "" && m.rec.Paused() {
		l.Add(m.th, role, " "+clock)
	} else if clock != "" {
		l.Add(m.th, theme.Plain, " "+clock)
	}
	if left := m.countdown(now); left != "" {
		l.Add(m.th, theme.Dim, " "+sym.Dot+" ")
		l.Add(m.th, theme.Plain, "resumes in "+left)
	}
	if s := m.ending(); s != "" {
		l.Add(m.th, theme.Dim, " "+sym.Dot+" ")
		l.Add(m.th, theme.Plain, m.th.Plain(s))
	}
	return l
}

// longestProject is how many cells the name of a project takes at most in the
// title: the status and its clock have to stay beside it.
const longestProject = 16

// status returns the word for what the recording is doing, with a sign before it
// where it was to be paused, and one behind it where the data is old.
func (m Model) status() (word string, role theme.Role) {
	r := m.rec
	word, role = m.th.Plain(theme.Word(string(r.Status), r.Gone)), theme.StatusRole(string(r.Status), r.Gone)
	switch {
	case r.Active() && r.Trouble.Standing():
		return "!" + word, theme.Bad
	case m.stale && r.Active():
		word += "?"
	}
	return word, role
}

// clock returns how long the status has held: a pause, the length of an ended
// recording, or how long it has run.
func (m Model) clock(now time.Time, sym theme.Symbols) string {
	r := m.rec
	server := now.Truncate(time.Second).Add(m.offset) // each clock moves once a local second, as in the list
	ticking := times.Clocks{Slow: m.minutes}.Clock
	switch began := r.Began(); {
	case r.Paused() && !r.Pause.Since.IsZero():
		clock := ticking(r.Pause.For(server))
		if r.Pause.AtLeast {
			clock = sym.AtLeast + clock
		}
		return clock
	case r.Paused():
		return ""
	case r.Active() && !began.IsZero():
		return ticking(server.Sub(began))
	case r.Active():
		return ""
	case !began.IsZero() && !r.End.IsZero() && !r.End.Before(began):
		return times.Clock(r.End.Sub(began))
	case r.HasDuration && !r.Gone: // it is final only once the API says that it ended
		return times.Clock(r.Duration)
	}
	return ""
}

// ending returns when a recording has ended, for the title; empty while it is
// active.
func (m Model) ending() string {
	switch r := m.rec; {
	case r.Gone:
		return "not found in two polls"
	case r.Active():
		return ""
	case r.End.IsZero():
		return "seen ended " + times.Time(r.Ended, m.zone)
	default:
		return "ended " + times.Time(r.End, m.zone)
	}
}

// by says who did something.
func (m Model) by(actor string) string {
	if actor == m.actor {
		return "by you"
	}
	return "by " + text.New(actor).String()
}

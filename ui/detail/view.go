package detail

import (
	"strconv"
	"strings"
	"time"

	"tapedeck/api/text"
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
	body := m.body(m.marked(now), m.ages(now))
	v := m.window()
	top := max(0, min(m.top, len(body)-v))
	var b strings.Builder
	b.Grow(m.h * (m.w + 32))
	title, above, below := m.title(now), top, max(0, len(body)-top-v)
	inTitle := m.more(above, below)
	if n := m.th.Width(inTitle); n > 0 && title.cells+1+n > m.w {
		inTitle = ""
	}
	title.write(&b, m.th, m.w, inTitle)
	for i := range v {
		b.WriteByte('\n')
		if top+i >= len(body) {
			b.WriteString(m.th.Pad(m.w))
			continue
		}
		sign := ""
		if inTitle == "" && i == v-1 {
			sign = m.more(above, below)
		}
		body[top+i].write(&b, m.th, m.w, sign)
	}
	return b.String()
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
func (m Model) body(marked bool, at ages) []line {
	if m.rec == nil || m.memo == nil {
		return nil
	}
	which := 0
	if marked {
		which = 1
	}
	if !m.memo.built[which] || m.memo.ages[which] != at {
		m.memo.bodies[which], m.memo.built[which], m.memo.ages[which] = m.build(marked, at), true, at
	}
	return m.memo.bodies[which]
}

// line is a line of the pane, not filled up to its width.
type line struct {
	text  string // styled
	cells int
}

// add adds text in a role.
func (l *line) add(t theme.Theme, role theme.Role, s string) {
	l.text += t.Paint(role, s)
	l.cells += t.Width(s)
}

// write writes the line in exactly w cells, with a sign at its right end.
func (l line) write(b *strings.Builder, t theme.Theme, w int, sign string) {
	room := w
	if sign != "" {
		if n := t.Width(sign) + 1; n < w {
			room -= n
		} else {
			sign = ""
		}
	}
	if l.cells > room {
		l.text = t.Truncate(l.text, room)
		l.cells = t.Width(l.text)
	}
	b.WriteString(l.text)
	b.WriteString(t.Pad(room - l.cells))
	if sign != "" {
		b.WriteByte(' ')
		t.Write(b, theme.Dim, sign)
	}
}

// title says which recording it is, what it is doing and for how long. Its
// clock ticks, so it has no style.
func (m Model) title(now time.Time) line {
	var l line
	if m.rec == nil {
		l.add(m.th, theme.Dim, " no recording selected")
		return l
	}
	sym := m.th.Symbols()
	if m.focused {
		l.add(m.th, theme.Pointer, sym.Pointer)
	} else {
		l.add(m.th, theme.Plain, " ")
	}
	l.add(m.th, theme.Bold, sym.Ellipsis+m.short)
	l.add(m.th, theme.Plain, "  ")
	if m.raw {
		l.add(m.th, theme.Bold, "raw JSON")
		l.add(m.th, theme.Dim, " "+sym.Dot+" ")
	}
	word, role := m.status()
	l.add(m.th, role, word)
	if clock := m.clock(now, sym); clock != "" && m.rec.Paused() {
		l.add(m.th, role, " "+clock)
	} else if clock != "" {
		l.add(m.th, theme.Plain, " "+clock)
	}
	if left := m.countdown(now); left != "" {
		l.add(m.th, theme.Dim, " "+sym.Dot+" ")
		l.add(m.th, theme.Plain, "resumes in "+left)
	}
	if s := m.ending(); s != "" {
		l.add(m.th, theme.Dim, " "+sym.Dot+" ")
		l.add(m.th, theme.Plain, m.th.Plain(s))
	}
	return l
}

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
		return "seen ended " + times.Time(r.Ended)
	default:
		return "ended " + times.Time(r.End)
	}
}

// by says who did something.
func (m Model) by(actor string) string {
	if actor == m.actor {
		return "by you"
	}
	return "by " + text.New(actor).String()
}

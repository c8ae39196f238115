package header

import (
	"strconv"

	"tapedeck/api/deck"
	"tapedeck/ui/line"
	"tapedeck/ui/theme"
)

// Least is the counts and what the data is worth in its shortest form, in one
// line of w cells, for a screen that has room for little else.
func (m Model) Least(w int, s State) string {
	forms := m.freshness(s)
	return m.line(w, append(m.numbers(s, w), m.local(s)...), nil, forms[len(forms)-1:])
}

// Counts is what is in trouble, the pauses with the longest, and how many record,
// as far as there is room in one line of w cells.
func (m Model) Counts(w int, s State) string {
	var l line.Builder
	l.Begin(m.th, w)
	add := func(spans ...line.Span) {
		seg := m.segment(0, spans...)
		if l.Width() > 0 && l.Width()+1+seg.w > w {
			return
		}
		l.Add(theme.Plain, m.th.Pad(min(l.Width(), 1)))
		l.AddSpans(spans...)
	}
	number := func(role theme.Role, word string, n int) {
		if n > 0 {
			add(line.Of(role, word+" "+strconv.Itoa(n)))
		}
	}
	number(theme.Alarm, Loud(deck.NotPaused), s.NotPaused)
	number(theme.Alarm, Loud(deck.ResumedByOthers), s.ResumedByOthers)
	number(theme.Alarm, "NO REC", s.Lacking)
	shown, at, role, sign := m.shown, s.at(), theme.Plain, ""
	if s.Alarms > 0 {
		shown, at, role, sign = s.Live, s.Now, theme.Alarm, "!"
	} else if shown.Paused > 0 {
		role = theme.Paused
	}
	alone := func() {
		for _, form := range m.localShort(s) {
			if l.Width()+min(l.Width(), 1)+form.w <= w {
				add(form.spans...)
				return
			}
		}
	}
	if !shown.Known() {
		add(line.Of(theme.Dim, "PAUSED ? REC ?"))
		alone()
		return l.End()
	}
	pause := []line.Span{line.Of(role, sign+"PAUSED "+strconv.Itoa(shown.Paused))}
	if r := shown.Longest; r != nil && shown.Paused > 0 {
		pause = append(pause, line.Of(theme.Plain, " "+m.longest(r, shown.ServerSecond(at))))
	}
	add(pause...)
	alone()
	add(line.Of(theme.Plain, "REC "+strconv.Itoa(m.counts.recording)))
	if names, all := m.shown.Mandated(); all || len(names) > 0 {
		add(line.Of(theme.Badge, "EVIDENCE"))
	}
	if forms := m.gone(s); len(forms) > 0 {
		add(forms[len(forms)-1].spans...)
	}
	number(theme.Starting, "STARTING", m.counts.starting)
	number(theme.Unknown, "OTHER", m.counts.other)
	if n := s.Marked; n > 0 {
		add(line.Of(theme.Changed, "* "+strconv.Itoa(n)+" marked"))
	}
	if s.ReadOnly {
		add(line.Of(theme.Badge, "READ-ONLY"))
	}
	return l.End()
}

// Freshness is what the data is worth, at the end of a line of w cells, with a
// message before it, which is cut for it unless it is to be shown whole.
func (m Model) Freshness(w int, s State, said line.Span, whole bool) string {
	forms := m.freshness(s)
	fresh := forms[len(forms)-1]
	if said.Text == "" {
		for _, f := range forms {
			if f.w <= w {
				fresh = f
				break
			}
		}
	} else if s.Live.Health.Phase(s.Now) == deck.Live && s.Frozen.IsZero() {
		_, age := m.o.Clocks.Age(s.Live.Health.Age(s.Now))
		fresh = m.segment(0, line.Of(theme.Plain, age))
	}
	if whole && m.th.Width(said.Text)+1+fresh.w > w {
		fresh = segment{}
	}
	var l line.Builder
	l.Begin(m.th, w)
	l.Cut(said.Role, said.Text, w-fresh.w-min(fresh.w, 1))
	l.Fill(w - fresh.w)
	l.AddSpans(fresh.spans...)
	return l.End()
}

package detail

import (
	"fmt"
	"time"

	"tapedeck/api/deck"
	"tapedeck/ui/line"
	"tapedeck/ui/theme"
	"tapedeck/ui/times"
)

// lacked is a call or a conference without a recording that the pane is about.
type lacked struct {
	*deck.Unrecorded
	start string // what n does with it; empty where it does nothing
	over  bool   // it has ended, or is recorded by now
}

// SetUnrecorded shows a call or a conference without a recording, where
// [Model.SetRecording] was given none; nil for neither. Start says what n does with
// it, over that it is no longer so; offset and short are as there.
func (m *Model) SetUnrecorded(u *deck.Unrecorded, offset time.Duration, short, start string, over bool) {
	if u == nil {
		if m.lack != (lacked{}) {
			m.lack = lacked{}
			m.touch()
		}
		return
	}
	next := lacked{u, start, over}
	if m.lack == next && m.offset == offset && m.short == short {
		return
	}
	if m.lack.Unrecorded == nil || m.lack.SID() != u.SID() {
		m.top = 0
	}
	m.lack, m.offset, m.short = next, offset, short
	m.touch()
}

// standIn returns what the lines about a recording say of a call without one.
func (l lacked) standIn() *deck.Recording {
	r := &deck.Recording{Profile: l.Profile, Call: l.Call}
	if l.Call != nil {
		r.CallSID = l.Call.SID
		return r
	}
	r.Conference, r.ConferenceSID = l.Conference, l.SID()
	return r
}

// titleUnrecorded says which call it is, and for how long it has no recording.
func (m Model) titleUnrecorded(now time.Time) line.Open {
	var l line.Open
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
	if m.lack.over {
		l.Add(m.th, theme.Dim, "ended, or recorded by now")
		return l
	}
	word := "NO REC"
	if m.stale {
		word += "?"
	}
	l.Add(m.th, theme.Warn, word)
	clock := times.Clocks{Slow: m.minutes}.Clock(m.lack.For(now.Truncate(time.Second).Add(m.offset)))
	if m.lack.AtLeast {
		clock = sym.AtLeast + clock
	}
	l.Add(m.th, theme.Plain, " "+clock)
	return l
}

// buildUnrecorded makes the lines below the title about a call without a recording.
func (m Model) buildUnrecorded() []line.Open {
	u := m.lack
	m.rec = u.standIn()
	b := &builder{Model: m, sym: m.th.Symbols(), label: 16}
	if m.w >= 60 {
		b.label = 20
	}
	if m.raw {
		b.wrapped(theme.Plain, "There is no recording, and no answer about one.")
		return b.lines
	}
	b.facts(fact{theme.Bold, b.people().Who(m.rec)})
	what, role := "No recording of this call, of the one it was dialed from, or of a conference that it is in.", theme.Plain
	if u.IsConference() {
		what = "No recording of this conference, or of a participant's call."
	}
	b.wrapped(role, what)
	switch {
	case u.over:
	case u.IsConference():
		b.wrapped(theme.Plain, "The API has no start for a conference: start one of its participants' calls, by n on its row.")
	case u.start != "":
		b.wrapped(theme.Plain, u.start)
	}
	if p := u.Start; p != nil && p.Settled && p.Note != "" {
		b.wrapped(theme.Warn, "The last start: "+string(p.Outcome)+": "+p.Note)
	}
	b.blank()
	if u.Before {
		b.labeled("last recording", "ended "+times.Time(u.Since, b.zone), theme.Plain, "")
	}
	if u.IsConference() {
		b.labeled("conference_sid", u.SID().String(), theme.Plain, "")
		b.labeled("participants", fmt.Sprint(u.People), theme.Plain, "")
		b.conference()
		return b.lines
	}
	b.labeled("call_sid", u.SID().String(), theme.Plain, "")
	b.call()
	if u.Legs > 0 {
		b.labeled("dialed from it", fmt.Sprintf("%d without a recording either", u.Legs), theme.Plain, "")
	}
	if f := u.Conference; f != nil {
		b.labeled("in conference", b.masked(f.FriendlyName.String()), theme.Plain, "")
		b.labeled("conference_sid", f.SID.String(), theme.Plain, "")
	}
	return b.lines
}

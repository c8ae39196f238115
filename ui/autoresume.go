package ui

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/prompt"
	"tapedeck/ui/times"
)

// autoResume asks for the auto-resume of the selected recording: t.
func (m *Model) autoResume(now time.Time) tea.Cmd {
	r, ok := m.selected()
	if !ok {
		m.refuse("cannot set an auto-resume: "+m.noneSelected(), now)
		return nil
	}
	m.askAutoResume(r, "t", now)
	return nil
}

// askAutoResume asks when the deck is to resume a paused recording, or to
// change that.
func (m *Model) askAutoResume(r *deck.Recording, key string, now time.Time) {
	if l := m.live.Lookup(r.Key()); l != nil {
		r = l
	}
	short := m.list.ShortSID(r.Key())
	cannot := "cannot set the auto-resume of …" + m.called(r.Key()) + ": "
	switch {
	case m.readOnly():
		m.refuse(cannot+"tapedeck is read-only here", now)
		return
	case m.unwelcome(cannot, now, mayTimer):
		return
	case m.readOnlyOf(r):
		m.refuse(cannot+"its project is read-only here", now)
		return
	case !r.Paused():
		m.refuse(cannot+"it is not paused", now)
		return
	}
	q := prompt.Question{
		Kind: prompt.Timer, Opener: key, Request: deck.Request{SID: r.SID, Profile: r.Profile, Actor: m.o.Actor}, Short: short,
		Who: m.who(r), Profile: m.placeOf(r.Profile), Project: m.project(r.Key()), State: prompt.State(r), Why: "It has none yet.",
	}
	if !r.Timer.At.IsZero() {
		q.Why = "It is set for " + times.Time(r.Timer.At, m.o.Zone)
		if by := r.Timer.Actor; by != "" && by != m.o.Actor.Name() {
			q.Why += ", by " + text.New(by).String()
		}
		q.Why += "."
	}
	if key == "P" {
		q.Why = "It is paused already. " + q.Why
	}
	m.open(q, now)
}

// offersAutoResume reports whether an action that pauses offers to set the
// auto-resume instead, because the recording is paused already.
func (a *action) offersAutoResume(r *deck.Recording) bool {
	return a.ask && a.update.Status == api.Paused && r.Paused()
}

// resumeAfter is the auto-resume of an update made here, unless it asks for
// another: the setting's for a pause.
func (m *Model) resumeAfter(u api.Update) time.Duration {
	if u.Status != api.Paused || m.mayNot(mayTimer) != "" {
		return 0
	}
	return min(m.o.AutoResume, deck.MaxResumeAfter)
}

// withAutoResume returns the table of actions where every pause has an
// auto-resume.
func withAutoResume(table []action, after time.Duration) []action {
	if after <= 0 {
		return table
	}
	table = slices.Clone(table)
	for i, a := range table {
		if a.update.Status == api.Paused && !a.ask {
			h := a.key.Help()
			table[i].key.SetHelp(h.Key, h.Desc+"; resumes in "+times.Clock(min(after, deck.MaxResumeAfter)))
			table[i].mandated += "; resumes in " + times.Clock(min(after, deck.MaxResumeAfter))
			table[i].hinted += ", resumes in " + times.Clock(min(after, deck.MaxResumeAfter))
			table[i].hint += ", resumes in " + times.Clock(min(after, deck.MaxResumeAfter))
		}
	}
	return table
}

package ui

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api/deck"
	"tapedeck/ui/prompt"
)

// mark marks the selected recording, or takes its mark away. No key marks
// more than one.
func (m *Model) mark(now time.Time) tea.Cmd {
	r, ok := m.selected()
	switch {
	case !ok:
		m.refuse("cannot mark: "+m.noneSelected(), now)
		return nil
	case !m.list.Marks()[r.Key()] && m.mayNot(mayBulk) != "":
		m.refuse(m.mayNot(mayBulk), now)
		return nil
	case !r.Active() && !m.list.Marks()[r.Key()]:
		m.refuse("cannot mark …"+m.called(r.Key())+": it has ended", now)
		return nil
	}
	words := "unmarked …"
	if m.list.ToggleMark(r.Key()) {
		words = "marked …"
	}
	words += m.called(r.Key())
	if n := len(m.list.Marks()); n > 0 {
		words += fmt.Sprintf("; p P r act on the %d marked, Esc unmarks them", n)
	}
	m.say(words, now)
	return nil
}

// followMarks forgets the marks of what has ended.
func (m *Model) followMarks(s *deck.Snapshot) {
	if len(m.list.Marks()) > 0 {
		m.list.Unmark(func(of deck.Key) bool { r := s.Lookup(of); return r == nil || !r.Active() })
	}
}

// requestMarked asks whether an update is to be sent of everything that is
// marked, by name. What it makes no sense for is left out, which the question
// says.
func (m *Model) requestMarked(a *action, now time.Time) {
	if len(m.list.Marks()) > 1 && m.unwelcome("", now, mayBulk) {
		return
	}
	var many []prompt.One
	var out []string
	for _, r := range m.live.Recordings {
		if !m.list.Marks()[r.Key()] {
			continue
		}
		short := m.list.ShortSID(r.Key())
		why := m.underWay(r.Key())
		if why == "" && m.readOnlyOf(r) {
			why = "is of a project that is read-only here"
		}
		if why == "" && !m.doubtful(r, now) {
			why = a.refusal(r)
		}
		if why != "" {
			out = append(out, "…"+m.called(r.Key())+" "+strings.TrimSuffix(why, "; r resumes"))
			continue
		}
		req := deck.Request{SID: r.SID, Profile: r.Profile, Update: m.updateOf(a, r), Actor: m.o.Actor, Seen: r.Status, ResumeAfter: m.resumeAfter(a.update)}
		o := prompt.One{Request: req, Short: short, Project: m.list.Project(r.Key()), Who: m.who(r), State: prompt.State(r)}
		if m.list.Excluded(r.Key()) {
			o.Note = "hidden by the filter"
		}
		many = append(many, o)
	}
	if len(many) == 0 {
		m.refuse("cannot "+a.verb+" what is marked: "+strings.Join(out, ", "), now)
		return
	}
	kind := a.prompt
	if !a.ask {
		kind = prompt.Confirm
	}
	q := prompt.Question{
		Policy: m.policyOfAll(many), Kind: kind, Opener: a.key.Keys()[0], Request: many[0].Request, Short: many[0].Short, Profile: m.placeOfAll(many), Many: many,
	}
	if len(out) > 0 {
		q.Why = "Left out: " + strings.Join(out, ", ") + "."
	}
	m.open(q, now)
}

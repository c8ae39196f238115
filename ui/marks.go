package ui

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api/deck"
	"tapedeck/api/text"
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
	case !m.list.Marks()[r.SID] && m.mayNot(mayBulk) != "":
		m.refuse(m.mayNot(mayBulk), now)
		return nil
	case !r.Active() && !m.list.Marks()[r.SID]:
		m.refuse("cannot mark …"+m.list.ShortSID(r.SID)+": it has ended", now)
		return nil
	}
	words := "unmarked …"
	if m.list.ToggleMark(r.SID) {
		words = "marked …"
	}
	words += m.list.ShortSID(r.SID)
	if n := len(m.list.Marks()); n > 0 {
		words += fmt.Sprintf("; p P r act on the %d marked, Esc unmarks them", n)
	}
	m.say(words, now)
	return nil
}

// followMarks forgets the marks of what has ended.
func (m *Model) followMarks(s *deck.Snapshot) {
	if len(m.list.Marks()) > 0 {
		m.list.Unmark(func(sid text.Text) bool { r := s.Find(sid); return r == nil || !r.Active() })
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
		if !m.list.Marks()[r.SID] {
			continue
		}
		short := m.list.ShortSID(r.SID)
		why := m.underWay(r.SID)
		if why == "" && !m.doubtful(now) {
			why = a.refusal(r)
		}
		if why != "" {
			out = append(out, "…"+short+" "+strings.TrimSuffix(why, "; r resumes"))
			continue
		}
		req := deck.Request{SID: r.SID, Update: a.update, Actor: m.o.Actor, Seen: r.Status, ResumeAfter: m.resumeAfter(a.update)}
		o := prompt.One{Request: req, Short: short, Who: m.who(r), State: prompt.State(r)}
		if m.list.Excluded(r.SID) {
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
		Kind: kind, Opener: a.key.Keys()[0], Request: many[0].Request, Short: many[0].Short, Profile: m.place(), Many: many,
	}
	if len(out) > 0 {
		q.Why = "Left out: " + strings.Join(out, ", ") + "."
	}
	m.open(q, now)
}

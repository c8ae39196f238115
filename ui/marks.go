package ui

import (
	"fmt"
	"maps"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/prompt"
)

// batch is several updates that one answer asked for. It is used on the event
// loop only.
type batch struct {
	did   string // paused, resumed
	total int
	ended int
	bad   []string // the result of those that did not go well
	off   []string // those that are not on record

	marked bool // they are those that were marked
}

// mark marks the selected recording, or takes its mark away. No key marks
// more than one.
func (m *Model) mark(now time.Time) tea.Cmd {
	r, ok := m.selected()
	switch {
	case !ok:
		m.refuse("cannot mark: "+m.noneSelected(), now)
		return nil
	case !r.Active() && !m.marks[r.SID]:
		m.refuse("cannot mark …"+m.list.ShortSID(r.SID)+": it has ended", now)
		return nil
	}
	words := "marked …"
	marks := maps.Clone(m.marks)
	if marks == nil {
		marks = map[text.Text]bool{}
	}
	if marks[r.SID] {
		words = "unmarked …"
		delete(marks, r.SID)
	} else {
		marks[r.SID] = true
	}
	m.setMarks(marks)
	words += m.list.ShortSID(r.SID)
	if n := len(marks); n > 0 {
		words += fmt.Sprintf("; p P r act on the %d marked, Esc unmarks them", n)
	}
	m.say(words, now)
	return nil
}

func (m *Model) setMarks(marks map[text.Text]bool) {
	m.marks = marks
	m.list.SetMarks(marks)
}

// unmark takes marks away.
func (m *Model) unmark(gone func(sid text.Text) bool) {
	marks := maps.Clone(m.marks)
	maps.DeleteFunc(marks, func(sid text.Text, _ bool) bool { return gone(sid) })
	if len(marks) != len(m.marks) {
		m.setMarks(marks)
	}
}

// followMarks forgets the marks of what has ended.
func (m *Model) followMarks(s *deck.Snapshot) {
	if len(m.marks) > 0 {
		m.unmark(func(sid text.Text) bool { r := s.Find(sid); return r == nil || !r.Active() })
	}
}

// requestMarked asks whether an update is to be sent of everything that is
// marked, by name. What it makes no sense for is left out, which the question
// says.
func (m *Model) requestMarked(a *action, now time.Time) {
	var many []prompt.One
	var out []string
	for _, r := range m.live.Recordings {
		if !m.marks[r.SID] {
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

// doMany sends several requests, some at a time, and asks for those that still
// record the same conversations.
func (m *Model) doMany(reqs []deck.Request, key string, now time.Time) tea.Cmd {
	b := &batch{did: did(reqs[0]), total: len(reqs), marked: m.marks[reqs[0].SID]}
	var send []deck.Request
	for _, req := range reqs {
		short := m.list.ShortSID(req.SID)
		if busy := m.underWay(req.SID); busy != "" {
			b.end("…"+short+": "+busy, m, now)
			continue
		}
		send = append(send, m.register(req, short, b, now))
	}
	if b.ended < b.total {
		m.say(fmt.Sprintf("%s %d recordings", doing(reqs[0]), b.total-b.ended), now)
	}
	m.askSiblings(reqs, key, now)
	return m.doBatch(send)
}

// end notes that one of the batch has ended, bad being what went wrong with it,
// and says what became of all with the last one.
func (b *batch) end(bad string, m *Model, now time.Time) {
	b.ended++
	if bad != "" {
		b.bad = append(b.bad, bad)
	}
	if b.ended < b.total {
		return
	}
	words := fmt.Sprintf("%s %d of %d", b.did, b.total-len(b.bad), b.total)
	hint := ""
	switch {
	case len(b.bad) > 0:
		words += "; not " + strings.Join(b.bad, ", not ")
		if b.marked {
			hint = "those that failed are still marked"
		}
	case len(b.off) == 0:
		m.say(words+": done", now)
		return
	}
	if len(b.off) > 0 {
		words += "; not on record: " + strings.Join(b.off, ", ")
	}
	m.complain(words, hint, now)
}

// ended takes the end of an update of a batch. One that went well loses its
// mark.
func (m *Model) ended(u *update, err error, now time.Time) {
	p := u.progress
	bad := ""
	switch {
	case err != nil:
		bad = "…" + u.short + " (" + m.whyNot(err) + ")"
	case p.Outcome == deck.Failed:
		bad = "…" + u.short + " (" + cause(p.Err) + ")"
	case p.Outcome == deck.Verified || p.Outcome == deck.Accepted:
		m.unmark(func(sid text.Text) bool { return sid == u.req.SID })
	default:
		bad = "…" + u.short + " (" + string(p.Outcome) + ")"
		if p.Note != "" {
			bad = "…" + u.short + " (" + string(p.Outcome) + ": " + text.New(p.Note).String() + ")"
		}
	}
	if p.OffRecord != nil && p.Outcome != deck.Failed {
		u.batch.off = append(u.batch.off, "…"+u.short)
	}
	u.batch.end(bad, m, now)
}

package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api/deck"
	"tapedeck/ui/line"
	"tapedeck/ui/names"
	"tapedeck/ui/prompt"
	"tapedeck/ui/small"
)

// small reports whether the screen is too small for the list.
func (s *screen) small() bool { return s.w < small.ListWidth || s.h < small.ListHeight }

// oneLine reports whether the screen has room for one recording only. There p
// pauses the selected recording, r resumes one whose policy makes that one key,
// and no other key updates anything.
func (s *screen) oneLine() bool { return s.small() && small.Fits(s.w, s.h) }

// oneLineMoves are the keys that move there.
var oneLineMoves = map[string]bool{
	"j": true, "k": true, "up": true, "down": true, "g": true, "G": true, "home": true, "end": true, "pgup": true, "pgdown": true,
}

// oneLineKey takes a key where no prompt is open.
func (m *Model) oneLineKey(k tea.KeyPressMsg, now time.Time) tea.Cmd {
	switch s := k.String(); {
	case s == "q":
		return m.quit(now)
	case s == "p", s == "r" && m.resumesHere():
		return m.request(m.keys.find(s), now)
	case s == "esc":
		m.full, m.right, m.mode = false, false, normal
		return m.escape(now)
	case oneLineMoves[s]:
		m.moved = true
		m.list.SetFocus(true)
		var cmd tea.Cmd
		m.list, cmd = m.list.Update(k)
		return cmd
	default:
		m.refuse(s+" needs "+small.ForList(), now)
		return nil
	}
}

// answerable reports whether the open prompt can be answered at this size:
// anywhere the question before quitting, and in one line a pause whose question
// fits into it whole.
func (m *Model) answerable() bool {
	if !m.small() || m.prompt.Question().Kind == prompt.Quit {
		return true
	}
	_, ok := m.prompt.InLine(m.w, m.inFewCells)
	return ok && m.oneLine()
}

// inFewCells returns in which ways a question in one line can say who is on the
// line of a recording, the longest first; none where it is not there.
func (m *Model) inFewCells(of deck.Key) []string {
	r := m.live.Lookup(of)
	if r == nil {
		return nil
	}
	people := m.people(r)
	return []string{people.Short(r, " ", names.PartyWidth), people.Short(r, "", names.PartyWidth), people.Short(r, "", names.PartyWidth-2)}
}

// smallScreen is the screen where there is no room for the list.
func (m *Model) smallScreen() string {
	if !m.oneLine() {
		return m.noRoom()
	}
	info, role := m.status.Info()
	s := small.State{
		Theme: m.th, Counts: m.header.Counts(m.besideWord(), m.headerState()), Selected: m.inLine(),
		Bad: m.status.Bad(), Info: line.Of(role, info), Pause: m.pauseHint(),
		Freshness: func(said line.Span, whole bool) string { return m.header.Freshness(m.w, m.headerState(), said, whole) },
	}
	if m.prompt != nil {
		words, ok := m.prompt.InLine(m.w, m.inFewCells)
		if s.Question.Open = true; ok {
			s.Question.Words = words
		}
	}
	return s.View(m.w, m.h)
}

// inLine is the selected recording, for a line.
func (m *Model) inLine() small.Selected {
	r, ok := m.selected()
	if !ok {
		return small.Selected{Lacks: m.unrecordedInLine()}
	}
	live := m.live.Lookup(r.Key())
	return small.Selected{
		Recording: r, Short: m.calledShort(r.Key()), Who: m.people(r).Short(r, " ", names.PartyWidth),
		Troubled: live != nil && live.Active() && live.Trouble.Standing(),
		Now:      m.snapshotOf(r).ServerSecond(m.at()), Clocks: m.clocks,
	}
}

// noRoom is the screen where there is no room for one recording either.
func (m *Model) noRoom() string {
	n := small.NoRoom{Theme: m.th, Status: m.statusLines(m.w)[0], Header: m.header.Least(m.w, m.headerState())}
	if n.Open = m.prompt != nil; n.Open && m.answerable() {
		n.Answered, n.Question = true, m.prompt.View(m.w, max(0, m.h-2))
	}
	return n.View(m.w, m.h)
}

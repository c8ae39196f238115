package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/terminal"
	"tapedeck/ui/times"
)

// key routes a key press: to what is open, to the table of actions, or to the
// list or the detail pane.
func (m *Model) key(k tea.KeyPressMsg, now time.Time) tea.Cmd {
	m.list.Hold()
	m.slips.Press(k, now)
	k = terminal.Key(k)
	s := k.String()
	if !m.slips.Repeats(s, now) {
		m.status.Dismiss(now)
	}
	defer m.slips.Handled(s, now)
	if m.closedJustNow(s, now) {
		return nil
	}
	if m.page != nil && s != "ctrl+l" && s != "ctrl+z" {
		return m.pageKey(k, s, now)
	}
	switch s {
	case "ctrl+c":
		return m.interrupted(k, now)
	case "ctrl+l":
		return redraw
	case "ctrl+z":
		return m.suspend(now)
	}
	switch {
	case m.prompt != nil:
		return m.answer(k, now)
	case m.oneLine():
		return m.oneLineKey(k, now)
	case m.small():
		if s == "q" {
			return m.quit(now)
		}
		m.refuse("no key but q works at this size", now)
		return nil
	case m.mode == filters:
		return m.typeFilter(k, now)
	case m.mode == sorting:
		return m.chooseSort(s, now)
	case m.mode == helping:
		return m.readHelp(k, now)
	case m.mode == telling:
		return m.readHistory(k, now)
	}
	return m.act(k, s, now)
}

// act does what a key does beside the list and the detail pane.
func (m *Model) act(k tea.KeyPressMsg, s string, now time.Time) tea.Cmd {
	if after := m.escaped(s); after != "" {
		s = after
	}
	if words := otherKeyboard(k); words != "" {
		m.refuse(words, now)
		return nil
	}
	switch a := m.keys.find(s); {
	case a == nil:
		m.refused = !m.moves(k)
	case a.verb != "":
		return m.request(a, now)
	case a.run != nil:
		return a.run(m, now)
	}
	return m.move(k)
}

// move gives a key to the part that has the focus.
func (m *Model) move(k tea.KeyPressMsg) (cmd tea.Cmd) {
	m.moved = true
	if m.onDetail() {
		m.detail, cmd = m.detail.Update(k)
		return cmd
	}
	m.list, cmd = m.list.Update(k)
	return cmd
}

// escape closes the innermost thing that is open, else clears the filter, else
// the marks.
func (m *Model) escape(time.Time) tea.Cmd {
	switch {
	case m.full:
		m.full, m.right = false, false
	case m.right:
		m.right = false
	case m.detail.Raw():
		m.detail.SetRaw(false)
	case !m.list.Filter().IsZero():
		m.clearFilter()
	case len(m.list.Marks()) > 0:
		m.list.SetMarks(nil)
	}
	return nil
}

func (m *Model) toggleFull(now time.Time) tea.Cmd {
	if _, ok := m.selected(); !ok && !m.full {
		m.refuse(m.noneSelected(), now)
		return nil
	}
	m.full, m.right = !m.full, false
	return nil
}

func (m *Model) toggleFocus(now time.Time) tea.Cmd {
	if !m.full && m.arrange().pane == paneNone {
		m.refuse("the detail pane is not on the screen; Enter shows it", now)
		return nil
	}
	m.right = !m.right && !m.full
	return nil
}

func (m *Model) toggleRaw(now time.Time) tea.Cmd {
	if _, ok := m.selected(); !ok {
		m.refuse(m.noneSelected(), now)
		return nil
	}
	on := !m.detail.Raw()
	m.detail.SetRaw(on)
	if on && m.arrange().pane == paneNone {
		m.full = true
	}
	return nil
}

func (m *Model) reverse(now time.Time) tea.Cmd {
	m.list.Reverse()
	m.say(m.list.SortWords(), now)
	return nil
}

func (m *Model) refresh(now time.Time) tea.Cmd {
	m.deck.Refresh()
	m.say(refreshing, now)
	m.refreshed = now
	return nil
}

// refreshing is said until the poll that was asked for has ended.
const refreshing = "refreshing"

// pollEnded says that a refresh has ended.
func (m *Model) pollEnded(s *deck.Snapshot, now time.Time) {
	h := s.Health
	if m.refreshed.IsZero() || !h.Complete.After(m.refreshed) && !(h.Err != nil && h.Next.After(now)) {
		return
	}
	m.refreshed = time.Time{}
	if said, _ := m.status.Info(); said != refreshing {
		return
	}
	if m.status.Clear(); h.Failing.IsZero() {
		m.say("refreshed", now)
	}
}

func (m *Model) freeze(now time.Time) tea.Cmd {
	if m.frozen.IsZero() {
		m.frozen = m.now
		m.say("display frozen; f thaws it", now)
		return nil
	}
	m.thaw()
	m.say("display thawed", now)
	return nil
}

// thaw ends a freeze.
func (m *Model) thaw() {
	if !m.frozen.IsZero() {
		m.frozen = time.Time{}
		m.show(m.live)
	}
}

// intervals are the steps between two polls.
var intervals = []time.Duration{
	500 * time.Millisecond, time.Second, 2 * time.Second, 3 * time.Second, 5 * time.Second, 10 * time.Second,
	15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute,
}

func (m *Model) slower(now time.Time) tea.Cmd {
	for _, d := range intervals {
		if d > m.interval {
			return m.setInterval(d, now)
		}
	}
	m.say("poll interval "+times.Interval(m.interval)+", the longest", now)
	return nil
}

func (m *Model) faster(now time.Time) tea.Cmd {
	for i := len(intervals) - 1; i >= 0; i-- {
		if intervals[i] < m.interval {
			return m.setInterval(intervals[i], now)
		}
	}
	m.say("poll interval "+times.Interval(m.interval)+", the shortest", now)
	return nil
}

func (m *Model) setInterval(d time.Duration, now time.Time) tea.Cmd {
	m.interval = d
	m.deck.SetInterval(d)
	m.say("poll interval "+times.Interval(d), now)
	return nil
}

func (m *Model) copySID(now time.Time) tea.Cmd {
	r, ok := m.selected()
	if !ok {
		m.refuse(m.noneSelected(), now)
		return nil
	}
	return m.copyText(r.SID.String(), now)
}

func (m *Model) copyParent(now time.Time) tea.Cmd {
	if u, ok := m.list.Unrecorded(); ok {
		return m.copyText(u.SID().String(), now)
	}
	r, ok := m.selected()
	if !ok {
		m.refuse(m.noneSelected(), now)
		return nil
	}
	sid := r.ParentSID()
	if sid.IsZero() {
		m.refuse("…"+m.called(r.Key())+" names no call and no conference", now)
		return nil
	}
	return m.copyText(sid.String(), now)
}

// paste takes pasted text: it goes into the filter that is being typed, and
// never does or answers anything.
func (m *Model) paste(msg tea.PasteMsg, now time.Time) {
	switch {
	case m.prompt != nil:
		open, a := m.prompt.Update(msg, now)
		m.prompt = &open
		m.closePrompt(a, now)
	case m.mode == filters && !m.small():
		msg.Content = text.New(msg.Content).String()
		m.filterTyped(msg)
	default:
		m.refuse("pasted text does nothing here", now)
	}
}

package ui

import (
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"charm.land/bubbles/v2/viewport"
	tea "charm.land/bubbletea/v2"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/line"
	"tapedeck/ui/theme"
	"tapedeck/ui/times"
)

// historyLen is how many actions the history shows.
const historyLen = 20

// Action is something that somebody did, as the history shows it.
type Action struct {
	Time      time.Time // local time when it was asked for
	Actor     string    // who asked for it
	Recording text.Text // its SID
	// What is pause, resume or stop; acknowledge; auto-resume; or seen, for
	// what others did without tapedeck.
	What     string
	Behavior string    // silence or skip, of a pause
	Outcome  string    // of an update; empty while none is on record
	Reason   string    // why it failed, or the reason of an acknowledgement
	Until    time.Time // of an acknowledgement or an auto-resume; zero for none
	ByTimer  bool      // an auto-resume that the actor had asked for did it
}

// history is what the view of the last actions holds.
type history struct {
	view    viewport.Model
	reading bool     // the journal is being read
	read    bool     // it has been
	list    []Action // what it said, the newest first
	err     error    // why it could not be read

	gone uint64                   // the highest ID of an update that is in own no more
	own  []ownAction              // of this deck, for where there is no journal; the oldest first
	acks map[text.Text]deck.Ack   // the last that was noted of each pause
	auto map[text.Text]deck.Timer // the same of auto-resumes
}

// ownAction is an action of this deck, with the ID of its update; 0 for none.
type ownAction struct {
	Action
	id uint64
}

// historyMsg brings the last actions of everybody.
type historyMsg struct {
	list []Action
	err  error
}

func (m *Model) openHistory(time.Time) tea.Cmd {
	m.mode = telling
	m.history.view = viewport.New()
	m.history.view.KeyMap.Left.SetEnabled(false)
	m.history.view.KeyMap.Right.SetEnabled(false)
	return m.readJournal()
}

// readJournal reads the last actions beside the event loop.
func (m *Model) readJournal() tea.Cmd {
	read := m.o.History
	if read == nil || m.history.reading {
		return nil
	}
	m.history.reading = true
	return func() tea.Msg {
		list, err := read(historyLen)
		return historyMsg{list, err}
	}
}

// historyRead takes what the journal said.
func (m *Model) historyRead(msg historyMsg) {
	h := &m.history
	h.reading, h.read, h.err = false, true, msg.err
	if msg.err == nil || len(msg.list) > 0 {
		h.list = msg.list
	}
}

// readHistory takes a key while the history is open. Nothing but q does
// anything outside of it.
func (m *Model) readHistory(k tea.KeyPressMsg, now time.Time) tea.Cmd {
	s := k.String()
	switch s {
	case "esc", "h", "enter":
		m.mode = normal
		return nil
	case "q":
		m.mode = normal
		return m.quit(now)
	case "home", "g":
		m.history.view.GotoTop()
		return nil
	case "end", "G":
		m.history.view.GotoBottom()
		return nil
	}
	if i, ok := m.byKey[s]; ok && (m.keys[i].verb != "" || s == "a" || s == "t") {
		m.refuse("nothing was sent: the history covers the list; Esc closes it", now)
		return nil
	}
	var cmd tea.Cmd
	m.history.view, cmd = m.history.view.Update(k)
	return cmd
}

// followHistory notes what this deck did, and has the journal read again while
// the history is open.
func (m *Model) followHistory(now time.Time) tea.Cmd {
	m.history.follow(m.live, now)
	if m.mode != telling {
		return nil
	}
	return m.readJournal()
}

// follow notes what a snapshot shows of this deck's own actions.
func (h *history) follow(s *deck.Snapshot, now time.Time) {
	acks, auto := map[text.Text]deck.Ack{}, map[text.Text]deck.Timer{}
	for _, r := range s.Recordings {
		if p := r.Update; p != nil {
			h.note(ownAction{id: p.ID, Action: Action{
				Time: p.Asked, Actor: p.Request.Actor.Name(), Recording: r.SID, What: p.Request.Verb(),
				Behavior: string(p.Request.Update.PauseBehavior), Outcome: string(p.Outcome), Reason: p.Note, ByTimer: p.Request.ByTimer,
			}}, p.Err)
		}
		if a := r.Ack; a != (deck.Ack{}) {
			if acks[r.SID] = a; h.acks[r.SID] != a {
				h.note(ownAction{Action: Action{Time: now, Actor: a.Actor, Recording: r.SID, What: "acknowledge",
					Reason: a.Reason, Until: a.Until.Add(-s.Offset)}}, nil)
			}
		}
		if t := r.Timer; !t.IsZero() {
			if auto[r.SID] = t; h.auto[r.SID] != t {
				h.note(ownAction{Action: Action{Time: now, Actor: t.Actor, Recording: r.SID, What: "auto-resume",
					Reason: t.Err, Until: t.At}}, nil)
			}
		}
	}
	h.acks, h.auto = acks, auto
}

// note keeps an action, in the place of what was known of the same update.
func (h *history) note(a ownAction, err error) {
	if err != nil {
		a.Reason = api.Reason(err)
	}
	if a.id != 0 {
		for i := len(h.own) - 1; i >= 0; i-- {
			if h.own[i].id == a.id {
				h.own[i] = a
				return
			}
		}
		if a.id <= h.gone {
			return
		}
	}
	h.own = append(h.own, a)
	if len(h.own) > historyLen {
		h.gone = max(h.gone, h.own[0].id)
		h.own = append(h.own[:0:0], h.own[1:]...)
	}
}

// shownActions returns the actions to show, the newest first, and what is to be
// said about where they are from.
func (m *Model) shownActions() (list []Action, from string) {
	h := &m.history
	switch {
	case m.o.History != nil && h.err == nil && h.read:
		return h.list, "the last " + strconv.Itoa(historyLen) + " actions of everybody, by the journal"
	case m.o.History != nil && h.reading && !h.read:
		return nil, "reading the journal"
	case len(h.list) > 0:
		return h.list, "the journal cannot be read now: " + m.th.Plain(text.New(h.err.Error()).String())
	case errors.Is(h.err, fs.ErrNotExist):
		from = "there is no journal; these are this session's actions"
	case h.err != nil:
		from = "no journal: " + m.th.Plain(text.New(h.err.Error()).String()) + "; these are this session's actions"
	case m.o.Demo:
		from = "the demo keeps no journal; these are this session's actions"
	default:
		from = "no journal is kept; these are this session's actions"
	}
	for _, a := range slices.Backward(h.own) {
		list = append(list, a.Action)
	}
	return list, from
}

// historyLines is the history as h lines of exactly w cells.
func (m *Model) historyLines(w, h int) []string {
	list, from := m.shownActions()
	var content []string
	for _, a := range list {
		content = append(content, m.actionLines(a, w-2)...)
	}
	if len(list) == 0 && !m.history.reading {
		content = append(content, "  "+m.th.Paint(theme.Dim, "nothing was done in the last 48 hours"))
	}
	head := []string{m.th.Fit(" "+m.th.Paint(theme.Bold, "History")+": "+m.th.Plain(from), w)}
	m.history.view.SetWidth(w)
	m.history.view.SetHeight(max(0, h-len(head)))
	m.history.view.SetContentLines(content)
	out := head
	for one := range strings.SplitSeq(m.history.view.View(), "\n") {
		out = append(out, m.th.Fit(one, w))
	}
	return line.Pad(out, h)
}

// The columns of the history, in cells.
const (
	historyAge = 11
	historyWho = 14
)

// actionLines is one action: when, who, what it came to, on which recording,
// and who is on the line while that is known. The last stands below where there
// is no room for it.
func (m *Model) actionLines(a Action, w int) []string {
	who := a.Actor
	switch {
	case who == m.o.Actor.Name():
		who = "you"
	case who == "":
		who = "somebody"
	}
	age := m.th.Fit(times.Ago(m.now.Sub(a.Time)), historyAge)
	who = m.th.Fit(m.th.Plain(text.New(who).String()), historyWho)
	words, role := m.actionWords(a)
	people := ""
	if r := m.live.Find(a.Recording); r != nil {
		people = m.who(r)
	}
	first := "  " + m.th.Paint(theme.Dim, age) + " " + who + " "
	indent := 2 + historyAge + 1 + historyWho + 1
	room := max(1, w-indent)
	var out []string
	for i, part := range line.Wrap(m.th, m.th.Plain(words), room) {
		if i > 0 {
			first = m.th.Pad(indent)
		}
		out = append(out, first+m.th.Paint(role, part))
	}
	switch n := m.th.Width(words); {
	case people == "":
	case len(out) == 1 && n+2+m.th.Width(people) <= room:
		out[0] += "  " + m.th.Paint(theme.Dim, people)
	default:
		out = append(out, m.th.Pad(indent)+m.th.Paint(theme.Dim, m.th.Truncate(people, room)))
	}
	return out
}

// actionWords says what was done, and the result.
func (m *Model) actionWords(a Action) (string, theme.Role) {
	name, reason, role := "…"+m.list.ShortSID(a.Recording), text.New(a.Reason).String(), theme.Plain
	because := func(s string) string {
		if reason != "" {
			s += ": " + reason
		}
		return s
	}
	switch a.What {
	case "acknowledge":
		if a.Until.IsZero() { // of a trouble, which has no deadline
			return because("acknowledged " + name), role
		}
		return because("acknowledged " + name + " until " + times.Minute(a.Until, m.now)), role
	case "auto-resume":
		if a.Until.IsZero() {
			return because("auto-resume of " + name), role
		}
		return "auto-resume of " + name + " at " + a.Until.Local().Format("15:04:05"), role
	case "seen":
		return because(name + " was changed by others"), theme.Warn
	}
	s := a.What + " " + name
	if a.Behavior != "" {
		s += " with " + a.Behavior
	}
	if a.ByTimer {
		s += " by auto-resume"
	}
	switch deck.Outcome(a.Outcome) {
	case "", deck.Requested:
		s, role = s+": no outcome yet", theme.Warn
		if m.now.Sub(a.Time) > time.Minute {
			s = strings.TrimSuffix(s, "yet") + "on record"
		}
		return s, role
	case deck.Failed, deck.Contradicted:
		role = theme.Bad
	case deck.Unknown:
		role = theme.Warn
	}
	return because(s + ": " + a.Outcome), role
}

package ui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/prompt"
	"tapedeck/ui/times"
)

// Quit is why a session ended whose user quit it.
const Quit = "quit"

// namedWithin is how long a question about a pause that was left waits for the
// names on the line.
const namedWithin = 3 * time.Second

// LeftBehind is a pause whose session has ended.
type LeftBehind struct {
	SID      text.Text
	Actor    string    // who paused
	PausedAt time.Time // zero when it is not known
	EndedAt  time.Time // when the session ended; zero when it is not known
	Why      string    // how the session ended, in a line, or [Quit]; may be empty
	Until    time.Time // when its auto-resume was due; zero for none
}

// openedMsg brings what was found when the session looked back.
type openedMsg struct {
	left []LeftBehind
	err  error // what is wrong with the record of updates
}

func (m *Model) opened(msg openedMsg, now time.Time) {
	m.behind, m.behindAt = msg.left, now
	m.unanswered = slices.Clone(msg.left)
	if msg.err != nil {
		m.complain(text.New(msg.err.Error()).String(), "updates go out all the same, unless journal_required is set", now)
	}
	m.offerLeft(now)
}

// offerLeft asks about the next pause that was left behind, once
// the recordings are known and nothing else is open. Those that are no
// longer paused are passed over.
func (m *Model) offerLeft(now time.Time) (opened bool) {
	m.followLeft(now)
	if len(m.behind) == 0 || m.prompt != nil || m.mode != normal || m.small() || m.live.Health.Phase(now) != deck.Live {
		return false
	}
	for len(m.behind) > 0 && m.prompt == nil {
		l := m.behind[0]
		r := m.live.Find(l.SID)
		paused := r != nil && r.Paused()
		if paused && r.Call == nil && r.Conference == nil && now.Sub(m.behindAt) < namedWithin {
			return false // until it is known who is on the line
		}
		m.behind = m.behind[1:]
		if paused {
			m.openLeft(l, r, "", now)
		}
	}
	return m.prompt != nil
}

// followLeft forgets the pauses that were left behind and are over, or are this
// session's to answer for.
func (m *Model) followLeft(now time.Time) {
	if len(m.unanswered) == 0 || m.live.Health.Phase(now) != deck.Live {
		return
	}
	m.unanswered = slices.DeleteFunc(m.unanswered, func(l LeftBehind) bool {
		r := m.live.Find(l.SID)
		return m.requests.Own(l.SID) || r == nil || !r.Paused()
	})
}

// askLeft opens the question about a pause that was left behind again: each time
// about another one, while none has been answered.
func (m *Model) askLeft(now time.Time) tea.Cmd {
	m.followLeft(now)
	for range m.unanswered {
		l := m.unanswered[0]
		m.unanswered = append(m.unanswered[1:], l)
		if r := m.live.Find(l.SID); r != nil && r.Paused() {
			m.openLeft(l, r, "L", now)
			return nil
		}
	}
	m.refuse("no pause was left behind", now)
	return nil
}

func (m *Model) openLeft(l LeftBehind, r *deck.Recording, opener string, now time.Time) {
	short := m.list.ShortSID(r.SID)
	q := prompt.Question{
		Kind: prompt.Behind, Opener: opener, Unasked: opener == "", Request: deck.Request{SID: r.SID, Actor: m.o.Actor}, Short: short,
		Who: m.who(r), Profile: m.place(), State: prompt.State(r), Title: l.words(short, now),
	}
	if why := strings.TrimPrefix(strings.TrimPrefix(l.Why, Quit), "; "); why != "" {
		q.Left = append(q.Left, text.New(why).String())
	}
	if !l.Until.IsZero() && !strings.Contains(l.Why, "auto-resume") {
		q.Left = append(q.Left, "its auto-resume at "+times.Minute(l.Until, now)+" was not done")
	}
	m.open(q, now)
	m.leftBy = cmp.Or(text.New(l.Actor).String(), "somebody")
	m.list.Select(r.SID)
}

// words says what happened.
func (l LeftBehind) words(short string, now time.Time) string {
	actor := text.New(l.Actor).String()
	if actor == "" {
		actor = "somebody"
	}
	s := actor + " paused …" + short
	if !l.PausedAt.IsZero() {
		s += " at " + times.Minute(l.PausedAt, now)
	}
	if strings.HasPrefix(l.Why, Quit) {
		s += " and quit"
	} else {
		s += " and lost the session"
	}
	if !l.EndedAt.IsZero() {
		s += " at " + times.Minute(l.EndedAt, now)
	}
	return s + "; still paused"
}

// takeOver does what was answered about a pause that was left behind.
func (m *Model) takeOver(q prompt.Question, a prompt.Answer, now time.Time) tea.Cmd {
	r := m.live.Find(q.Request.SID)
	if r == nil || !r.Paused() {
		m.refuse("…"+q.Short+" is no longer paused", now)
		return nil
	}
	m.list.Select(r.SID)
	if a.Key == "r" {
		i := slices.IndexFunc(m.keys, func(a action) bool { return a.update.Status == api.InProgress })
		return m.request(&m.keys[i], now)
	}
	d, sid, actor, reason := m.deck, r.SID, m.o.Actor, fmt.Sprintf("taken over from %s", m.leftBy)
	m.requests.TakeOver(sid)
	m.followLeft(now)
	return m.note("took over …"+q.Short+", paused; q asks about it", "take over …"+q.Short, func() error {
		return d.Acknowledge(sid, actor, reason, prompt.DefaultWait)
	})
}

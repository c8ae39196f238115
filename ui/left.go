package ui

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/ui/left"
	"tapedeck/ui/prompt"
	"tapedeck/ui/theme"
)

// Quit is why a session ended whose user quit it.
const Quit = left.Quit

// LeftBehind is a pause whose session has ended.
type LeftBehind = left.Pause

// aroundLeft is what the session knows when it looks at what was left behind.
func (m *Model) aroundLeft(now time.Time) left.Around {
	return left.Around{
		Live: m.live, Now: now, Own: m.requests.Own, Key: m.drawn, Busy: m.requests.First() != "",
		Full: m.prompt != nil || m.mode != normal || m.small(),
	}
}

// leftChanged takes the pauses that are left behind by now. A question about one
// that is no longer among them closes.
func (m *Model) leftChanged(msg left.ChangedMsg, now time.Time) tea.Cmd {
	m.left.Take(msg, now)
	if m.prompt != nil && m.prompt.Question().Kind == prompt.Behind && !m.left.Holds() {
		m.closeUnasked(m.prompt.Canceled("another session has answered it"), now)
	}
	m.offerLeft(now)
	return m.left.Wait()
}

// offerLeft asks about the next pause that was left behind, where it is time.
func (m *Model) offerLeft(now time.Time) (opened bool) {
	if m.mayNot(mayAcknowledge) != "" && m.mayNot(mayResume) != "" {
		return false // there is nothing to answer
	}
	ask, ok := m.left.Next(m.aroundLeft(now))
	if ok {
		m.openLeft(ask, "", now)
	}
	return ok
}

// askLeft opens the question about a pause that was left behind again: L.
func (m *Model) askLeft(now time.Time) tea.Cmd {
	if why := m.mayNot(mayAcknowledge); why != "" && m.mayNot(mayResume) != "" {
		m.refuse(why, now) // there is nothing to answer
		return nil
	}
	ask, ok := m.left.Again(m.aroundLeft(now))
	if !ok {
		m.refuse("no pause was left behind", now)
		return nil
	}
	m.openLeft(ask, "L", now)
	return nil
}

// openLeft opens the question about a pause that was left behind.
func (m *Model) openLeft(l left.Ask, opener string, now time.Time) {
	r := l.Recording
	short := m.list.ShortSID(r.Key())
	m.open(prompt.Question{
		Kind: prompt.Behind, Opener: opener, Unasked: opener == "", Request: deck.Request{SID: r.SID, Profile: r.Profile, Actor: m.o.Actor}, Short: short,
		Who: m.who(r), Profile: m.placeOf(r.Profile), Project: m.project(r.Key()), State: prompt.State(r), Title: theme.Lead(l.Words(m.called(r.Key()), m.inZone(now))), Left: l.More(m.inZone(now)),
		Barred: m.barred(map[string]string{"t": mayAcknowledge, "r": mayResume}), Policy: m.live.PolicyOf(r),
	}, now)
	if l.Leads {
		m.list.Select(r.Key())
	}
}

// takeOver does what was answered about a pause that was left behind.
func (m *Model) takeOver(q prompt.Question, a prompt.Answer, now time.Time) tea.Cmd {
	r := m.live.Lookup(q.Request.Key())
	if r == nil || !r.Paused() {
		m.refuse("…"+q.Short+" is no longer paused", now)
		return nil
	}
	m.list.Select(r.Key())
	if a.Key == "r" {
		i := slices.IndexFunc(m.keys.list, func(a action) bool { return a.update.Status == api.InProgress })
		return m.request(&m.keys.list[i], now)
	}
	if m.unwelcome("cannot take over …"+q.Short+": ", now, mayAcknowledge) {
		return nil
	}
	d, of, actor, reason := m.deck, r.Key(), m.o.Actor, m.left.Reason()
	m.requests.TakeOver(of) // from now on this session's to answer for
	m.left.Follow(m.aroundLeft(now))
	return m.note("took over …"+q.Short+", paused; q asks about it", "take over …"+q.Short, func() error {
		return d.Acknowledge(of, actor, reason, prompt.DefaultWait)
	})
}

// takeOwn makes the pauses of before this session's to answer for, once it sees
// them.
func (m *Model) takeOwn(s *deck.Snapshot) {
	m.o.Own = slices.DeleteFunc(slices.Clone(m.o.Own), func(of deck.Key) bool {
		r := s.Lookup(of)
		if r != nil && r.Paused() {
			m.requests.TakeOver(of)
		}
		return r != nil
	})
}

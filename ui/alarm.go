package ui

import (
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/prompt"
	"tapedeck/ui/times"
)

// alarm brings the alarms up to the time now, and rings the bell while one
// stands.
func (m *Model) alarm(now time.Time) (changed bool, bell tea.Cmd) {
	if m.alarms.Due(now) {
		changed = m.alarms.Look(now)
		m.list.SetLevels(m.atNow(now))
	}
	if m.alarms.Rings(now) {
		bell = toTerminal("\a")
	}
	return changed, bell
}

// acknowledge asks why the selected recording is still paused and until when
// its alarm is silent; of one that was to be paused and is not, why that may
// stay so.
func (m *Model) acknowledge(now time.Time) tea.Cmd {
	r, ok := m.selected()
	u, lacks := m.list.Unrecorded()
	if !ok && !lacks {
		m.refuse("cannot acknowledge: "+m.noneSelected(), now)
		return nil
	}
	if m.unwelcome("cannot acknowledge: ", now, mayAcknowledge) {
		return nil
	}
	if lacks {
		m.acknowledgeUnrecorded(u, now)
		return nil
	}
	if l := m.live.Lookup(r.Key()); l != nil {
		r = l
	}
	q := prompt.Question{
		Kind: prompt.Ack, Opener: "a", Request: deck.Request{SID: r.SID, Profile: r.Profile, Actor: m.o.Actor}, Short: m.list.ShortSID(r.Key()),
		Who: m.who(r), Profile: m.placeOf(r.Profile), Project: m.project(r.Key()), State: prompt.State(r),
	}
	switch {
	case r.Active() && r.Trouble.Standing():
		q.Trouble = r.Trouble.Kind
	case !r.Paused():
		m.refuse("cannot acknowledge …"+q.Short+": it is not paused", now)
		return nil
	}
	m.open(q, now)
	return nil
}

// noteMsg brings the end of what a session asked of the deck that sends no
// update.
type noteMsg struct {
	words string // what was done
	what  string // what was to be done
	did   Action // for the history of this session, where no snapshot shows it; zero for none
	err   error
}

// note has the deck do something that sends no update.
func (m *Model) note(words, what string, do func() error) tea.Cmd {
	return func() tea.Msg { return noteMsg{words: words, what: what, err: do()} }
}

// noted says what became of it.
func (m *Model) noted(msg noteMsg, now time.Time) {
	if msg.err != nil {
		m.complain("cannot "+msg.what+": "+text.New(msg.err.Error()).String(), "", now)
		return
	}
	if msg.did.What != "" {
		m.history.Note(msg.did)
	}
	m.say(msg.words, now)
}

// answeredNote does what a prompt answered that asks for no update; ok is
// false for the others.
func (m *Model) answeredNote(q prompt.Question, a prompt.Answer, now time.Time) (cmd tea.Cmd, ok bool) {
	d, of, actor, name := m.deck, q.Request.Key(), m.o.Actor, "…"+m.called(q.Request.Key())
	if q.Lacks {
		name = "that …" + m.called(m.list.PlaceOf(of.Profile, of.SID)) + " has no recording"
	}
	switch q.Kind {
	case prompt.Ack:
		if q.Trouble != "" {
			words := "acknowledged: " + name + " " + isWas(q.Trouble) + " " + string(q.Trouble)
			did := Action{Time: now, Actor: actor.Name(), Profile: of.Profile, Recording: of.SID, What: "acknowledge", Reason: a.Reason}
			return func() tea.Msg {
				return noteMsg{words: words, what: "acknowledge " + name, did: did, err: d.Acknowledge(of, actor, a.Reason, 0)}
			}, true
		}
		words := fmt.Sprintf("acknowledged %s: silent until %s", name, times.Time(now.Add(a.Wait), m.o.Zone))
		if q.Lacks {
			did := Action{Time: now, Actor: actor.Name(), Profile: of.Profile, Recording: of.SID, What: "acknowledge", Reason: a.Reason, Until: now.Add(a.Wait)}
			return func() tea.Msg {
				return noteMsg{words: words, what: "acknowledge " + name, did: did, err: d.Acknowledge(of, actor, a.Reason, a.Wait)}
			}, true
		}
		return m.note(words, "acknowledge "+name, func() error { return d.Acknowledge(of, actor, a.Reason, a.Wait) }), true
	case prompt.Timer:
		words, what, alone := "auto-resume of "+name+" set: resumes in "+times.Clock(a.Wait), "set the auto-resume of "+name, a.Request.ResumeLocal
		switch {
		case a.Wait == 0:
			words, what = "auto-resume of "+name+" canceled", "cancel the auto-resume of "+name
		case alone:
			words = "auto-resume of " + name + " set on this host only: resumes in " + times.Clock(a.Wait)
		}
		return m.note(words, what, func() error { return d.SetTimer(of, actor, a.Wait, alone) }), true
	case prompt.Behind:
		return m.takeOver(q, a, now), true
	}
	return nil, false
}

// nightTick does what a tick brings beside the clocks: alarms, numbers that
// are hidden again, what lost sessions left. It reports whether the screen may
// have changed.
func (m *Model) nightTick(now time.Time) (changed bool, bell tea.Cmd) {
	changed, bell = m.alarm(now)
	hidden, opened := m.hide(now), m.offerLeft(now)
	return changed || hidden || opened, bell
}

// afterSnapshot does what a snapshot brings beside the list.
func (m *Model) afterSnapshot(now time.Time) (bell tea.Cmd) {
	m.alarms.Watch(m.live)
	m.tell(m.requests.FollowTimers(m.live, m.called), now)
	_, bell = m.alarm(now)
	m.offerLeft(now)
	return tea.Batch(bell, m.followHistory(now))
}

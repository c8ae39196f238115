package ui

import (
	"time"

	"tapedeck/api/deck"
	"tapedeck/ui/prompt"
)

// acknowledgeUnrecorded asks why the selected call has no recording, and until when
// its alarm is silent.
func (m *Model) acknowledgeUnrecorded(u *deck.Unrecorded, now time.Time) {
	at := m.list.Place()
	cannot := "cannot acknowledge …" + m.called(at) + ": "
	switch {
	case m.live.FindUnrecorded(u) == nil:
		m.refuse(cannot+"it has ended, or has a recording by now", now)
		return
	case m.live.PartOf(u.Profile).UnrecordedAlarm <= 0:
		m.refuse("cannot acknowledge: "+m.noneSelected(), now)
		return
	}
	m.open(prompt.Question{
		Kind: prompt.Ack, Opener: "a", Lacks: true, Request: deck.Request{SID: u.SID(), Profile: u.Profile, Actor: m.o.Actor},
		Short: m.list.ShortSID(at), Who: m.whoIs(u), Profile: m.placeOf(u.Profile), Project: m.project(at),
	}, now)
}

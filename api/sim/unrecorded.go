package sim

import (
	"cmp"
	"time"
)

// populateUnrecorded fills the space with calls and conferences that go on without
// a recording: the second of five is a conference, the third a call that was dialed
// on. With churn each ends after some minutes, and another begins.
func (s *Space) populateUnrecorded(n int, churn bool) {
	for i := range n {
		age := drawLength(s.unrecorded, 4*time.Minute, 20*time.Second, time.Hour)
		if i == 0 {
			age = 95 * time.Second
		}
		s.beginUnrecorded(i, s.now.add(-age), churn)
	}
}

// beginUnrecorded lets number i of those without a recording begin at t.
func (s *Space) beginUnrecorded(i int, t stamp, churn bool) {
	rng := s.unrecorded
	var end func(stamp)
	if i%5 == 1 {
		c := s.newConference(rng, t)
		s.conferences.add(c)
		for _, m := range s.drawMembers(rng, c, t) {
			s.calls.add(m.call)
		}
		end = func(t stamp) { s.endConference(c, t) }
	} else {
		c := s.newCall(rng, t, "")
		s.calls.add(c)
		if i%5 == 2 {
			leg := s.newCall(rng, t.add(2*time.Second), "OutBoundApi")
			leg.parent, c.leg = c, leg
			s.calls.add(leg)
		}
		end = func(t stamp) { s.endCall(c, t) }
	}
	if !churn {
		return
	}
	last := max(t, s.now).add(drawBetween(rng, 2*time.Minute, 12*time.Minute))
	s.schedule(dueEvent{at: last, do: end})
	s.schedule(dueEvent{at: last.add(drawBetween(rng, 5*time.Second, 40*time.Second)), do: func(t stamp) { s.beginUnrecorded(i, t, churn) }})
}

// Line describes a call or a conference without a recording for [Space.Call] and
// [Space.Conference]. The zero value began now, with nobody in particular.
type Line struct {
	SID      string        // "": a new one
	Parent   string        // the SID of the call that a call was dialed from; "": none
	Ago      time.Duration // since it began
	From, To string        // of a call; "": some numbers
	Name     string        // of a conference, or the caller's; "": some name, or none
	People   []string      // the SIDs of the calls in a conference; they must be there
}

// Call adds a call in progress that has no recording, and returns its SID. It
// panics if a SID given is none, or the parent is not there.
func (s *Space) Call(l Line) (sid string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.newCall(s.others, s.advance().add(-l.Ago), "")
	if u := mustSID(l.SID); u != (uuid{}) {
		c.sid = u
	}
	c.start = c.created
	c.from, c.to, c.caller = cmp.Or(l.From, c.from), cmp.Or(l.To, c.to), l.Name
	if l.Parent != "" {
		parent, ok := s.calls.find(l.Parent)
		if !ok {
			panic("sim: there is no call " + l.Parent)
		}
		c.parent, parent.leg = parent, c
	}
	s.calls.add(c)
	return c.sid.String()
}

// Conference adds a conference in progress that has no recording, and returns its
// SID. It panics if a SID given is none, or a participant's call is not there.
func (s *Space) Conference(l Line) (sid string) {
	s.mu.Lock()
	c := s.newConference(s.others, s.advance().add(-l.Ago))
	if u := mustSID(l.SID); u != (uuid{}) {
		c.sid = u
	}
	c.name = cmp.Or(l.Name, c.name)
	s.conferences.add(c)
	sid = c.sid.String()
	s.mu.Unlock()
	for _, call := range l.People {
		s.Join(sid, call)
	}
	return sid
}

// Join has a call come into a conference. It panics if one is not there.
func (s *Space) Join(conferenceSID, callSID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.advance()
	conf, ok := s.conferences.find(conferenceSID)
	call, is := s.calls.find(callSID)
	if !ok || !is {
		panic("sim: there is no conference " + conferenceSID + ", or no call " + callSID)
	}
	s.seq++
	m := &member{entry: entry{sid: call.sid, created: now, seq: s.seq}, conf: conf, call: call}
	conf.members = insert(conf.members, m)
}

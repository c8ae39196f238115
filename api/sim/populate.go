package sim

import (
	"math/rand/v2"
	"time"
)

// populate fills the space with recordings that are active and ones that have
// ended.
func (s *Space) populate(active, history int) {
	s.recordings.bySID = make(map[uuid]*recording, active+history)
	s.calls.bySID = make(map[uuid]*call, active+history)
	for range history {
		s.loadEnded()
	}
	for i := range active {
		s.loadActive(i, active)
	}
	s.recordings.sort()
	s.calls.sort()
	s.conferences.sort()
}

// loadActive makes the active recording number i of n. Which ones are odd is
// fixed, so that each kind is there: number 1 is a second recording of number
// 0's call, every eighth is paused, number 11 is queued, some have run for
// hours, and number 8 for more than a day. A scenario is odd enough: with one
// only the ages are.
func (s *Space) loadActive(i, n int) {
	rng := s.own
	conf := i%5 == 3
	r := s.draw(rng, conf)
	age := activeAge(rng, i, n)
	r.created = s.now.add(-age)
	r.start, r.updated = r.created, r.created
	r.status = inProgress
	calm := s.scene.kind != nil
	switch {
	case calm:
	case i == 11:
		r.status, r.start = queued, 0
	case i%8 == 2:
		r.status = paused
		r.skip = rng.IntN(3) == 0
		r.pausedAt = r.start.add(drawBetween(rng, age/5, age*4/5))
		r.updated = r.pausedAt
	}
	switch {
	case conf:
		s.joinConference(r, s.drawConference(rng, r.created))
	case i == 1 && n >= 4 && !calm:
		first := s.recordings.rows[len(s.recordings.rows)-1]
		r.source = "StartCallRecordingApi"
		s.joinCall(r, first.call)
	default:
		s.joinCall(r, s.drawCall(rng, r.created, r.source))
	}
	s.recordings.load(r)
	s.activate(r)
}

// activeAge draws how long ago the active recording number i of n was created.
func activeAge(rng *rand.Rand, i, n int) time.Duration {
	switch {
	case i == 0 && n >= 4:
		return drawBetween(rng, 5*time.Minute, 30*time.Minute)
	case i == 1:
		return drawBetween(rng, 20*time.Second, 4*time.Minute)
	case i == 11:
		return time.Second
	case i == 8 && n >= 20:
		return drawBetween(rng, 25*time.Hour, 31*time.Hour)
	case n >= 8 && (i == 5 || i == 6 || i == 15 || i > 24 && i%50 == 7):
		return drawBetween(rng, 2*time.Hour+time.Minute, 6*time.Hour-time.Minute)
	default:
		return drawLength(rng, 9*time.Minute, 3*time.Second, 55*time.Minute)
	}
}

// loadEnded makes a recording that was created in the last 24 hours and has
// ended, with its call or conference.
func (s *Space) loadEnded() {
	rng := s.own
	conf := rng.IntN(5) == 0
	r := s.draw(rng, conf)
	length := drawLength(rng, 4*time.Minute, 2*time.Second, time.Hour)
	age := drawBetween(rng, length+30*time.Second, 24*time.Hour)
	r.created = s.now.add(-age)
	r.start, r.end = r.created, r.created.add(length)
	r.updated = r.end.add(fileDelay)
	r.status = completed
	if rng.IntN(14) == 0 {
		r.status = absent
		r.end = r.start.add(time.Second)
		r.updated = r.end
	}
	if conf {
		c := s.newConference(rng, r.created.add(-drawBetween(rng, 2*time.Second, time.Minute)))
		c.status, c.updated = completed, r.end
		s.conferences.load(c)
		s.joinConference(r, c)
	} else {
		c := s.newCall(rng, r.created.add(-drawBetween(rng, 2*time.Second, 40*time.Second)), r.source)
		c.status, c.end, c.updated = completed, r.end, r.end
		s.calls.load(c)
		s.joinCall(r, c)
	}
	if r.status == completed {
		r.seconds = r.length()
	}
	s.recordings.load(r)
}

// beginRandom lets a recording begin at t, with a call or conference of its own
// that begins then too: nothing comes into a list but on its top.
func (s *Space) beginRandom(t stamp) {
	rng := s.own
	conf := rng.IntN(5) == 0
	r := s.draw(rng, conf)
	r.created, r.updated, r.status = t, t, queued
	if conf {
		c := s.newConference(rng, t)
		s.conferences.add(c)
		for _, m := range s.drawMembers(rng, c, t) {
			s.addCall(m.call, t)
		}
		s.joinConference(r, c)
	} else {
		c := s.newCall(rng, t, r.source)
		s.addCall(c, t)
		if leg := s.drawLeg(rng, c, t, r.source); leg != nil {
			s.addCall(leg, t)
		}
		s.joinCall(r, c)
	}
	s.recordings.add(r)
	s.activate(r)
	s.schedule(dueEvent{at: t.add(drawBetween(rng, time.Second, 3*time.Second)), rec: r, to: inProgress})
}

// addCall adds a call that begins at t.
func (s *Space) addCall(c *call, t stamp) {
	c.created, c.start, c.updated = t, t, t
	s.calls.add(c)
}

// startQueued lets what is queued start a little later. It is for spaces with
// churn: in others nothing happens by itself.
func (s *Space) startQueued() {
	for _, r := range s.active {
		if r.status == queued {
			s.schedule(dueEvent{at: s.now.add(20 * time.Second), rec: r, to: inProgress})
		}
	}
}

// draw makes a recording that belongs to nothing yet.
func (s *Space) draw(rng *rand.Rand, conf bool) *recording {
	s.seq++
	return &recording{
		entry:    entry{sid: newUUID(rng), seq: s.seq},
		source:   drawSource(rng, conf),
		channels: drawChannels(rng, conf),
		trim:     rng.IntN(6) == 0,
		slot:     -1,
	}
}

// joinCall makes r a recording of c.
func (s *Space) joinCall(r *recording, c *call) {
	r.call = c
	c.recs = insert(c.recs, r)
}

// joinConference makes r a recording of c.
func (s *Space) joinConference(r *recording, c *conference) {
	r.conf = c
	c.recs = insert(c.recs, r)
}

// drawCall loads a call in progress that has a recording since t.
func (s *Space) drawCall(rng *rand.Rand, t stamp, source string) *call {
	c := s.newCall(rng, t.add(-drawBetween(rng, 2*time.Second, 40*time.Second)), source)
	s.calls.load(c)
	if leg := s.drawLeg(rng, c, t, source); leg != nil {
		s.calls.load(leg)
	}
	return c
}

// drawConference loads a conference in progress that has a recording since t.
func (s *Space) drawConference(rng *rand.Rand, t stamp) *conference {
	c := s.newConference(rng, t.add(-drawBetween(rng, 2*time.Second, 2*time.Minute)))
	s.conferences.load(c)
	for _, m := range s.drawMembers(rng, c, t) {
		s.calls.load(m.call)
	}
	return c
}

// newCall makes a call in progress, created at t and answered a little later.
func (s *Space) newCall(rng *rand.Rand, t stamp, source string) *call {
	s.seq++
	c := &call{
		entry:     entry{sid: newUUID(rng), created: t, seq: s.seq},
		from:      s.party(rng),
		to:        pick(rng, s.numbers),
		direction: "inbound",
		status:    inProgress,
		start:     t.add(time.Second),
		updated:   t.add(time.Second),
	}
	if source == "OutBoundApi" {
		c.direction = "outbound"
		c.from, c.to = c.to, c.from
	}
	return c
}

// drawLeg makes the child leg of about half the calls that were dialed on.
func (s *Space) drawLeg(rng *rand.Rand, c *call, t stamp, source string) *call {
	if source != "DialVerb" || rng.IntN(2) == 0 {
		return nil
	}
	leg := s.newCall(rng, t.add(-time.Second), "OutBoundApi")
	leg.parent, c.leg = c, leg
	return leg
}

// newConference makes a conference in progress, created at t, with nobody in it.
func (s *Space) newConference(rng *rand.Rand, t stamp) *conference {
	s.seq++
	return &conference{
		entry:   entry{sid: newUUID(rng), created: t, seq: s.seq},
		name:    pick(rng, rooms),
		status:  inProgress,
		updated: t,
	}
}

// drawMembers lets two to five participants join c at or before t, when its
// recording begins.
func (s *Space) drawMembers(rng *rand.Rand, c *conference, t stamp) []*member {
	for i := range 2 + rng.IntN(4) {
		joined := t
		if i == 0 {
			joined = c.created
		}
		leg := s.newCall(rng, joined.add(-2*time.Second), "")
		s.seq++
		m := &member{entry: entry{sid: leg.sid, created: joined, seq: s.seq}, conf: c, call: leg}
		m.muted, m.hold = leg.sid[14]%8 == 0, leg.sid[15]%16 == 0 // nothing is drawn, so that the same seed gives the same space
		c.members = insert(c.members, m)
	}
	return c.members
}

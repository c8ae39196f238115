package sim

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"
)

// Begin describes a recording for [Space.Begin]. The zero value is a mono
// recording of a new call, in-progress from now on.
type Begin struct {
	SID           string // "": a new one
	CallSID       string // a call to record (again), made with this SID if there is none; "": a new one
	Conference    bool   // whether it is a conference that is recorded
	ConferenceSID string // like CallSID; implies Conference

	Status         string        // any; "": in-progress
	PauseBehavior  string        // of the pause, if it is paused; "": silence
	StartedAgo     time.Duration // since it was created, and started unless queued; 0: it begins now
	DateUpdatedAgo time.Duration // since it got its status; 0: now if paused or ended, else since it started
	Channels       int           // 1 or 2; 0: 1
	Source         string        // any; "": DialVerb, or Conference

	From, To     string // of a new call; "": some numbers
	CallerName   string // of a new call; "": none
	FriendlyName string // of a new conference; "": some name
}

// Begin adds a recording and returns its SID. A new call or conference is in
// progress since a little before, a conference with some participants.
//
// It panics if a SID given is not a UUID, or that of another recording.
func (s *Space) Begin(b Begin) (sid string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.begin(s.others, b, s.advance()).sid.String()
}

// begin adds a recording, and draws from rng what b leaves open.
func (s *Space) begin(rng *rand.Rand, b Begin, now stamp) *recording {
	conf := b.Conference || b.ConferenceSID != ""
	r := s.draw(rng, conf)
	if u := mustSID(b.SID); u != (uuid{}) {
		if _, taken := s.recordings.bySID[u]; taken {
			panic(fmt.Sprintf("sim: there is a recording %s already", u))
		}
		r.sid = u
	}
	r.source = cmp.Or(b.Source, map[bool]string{false: "DialVerb", true: "Conference"}[conf])
	r.channels = int8(cmp.Or(b.Channels, 1))
	r.trim = false
	r.created = now.add(-b.StartedAgo)
	if conf {
		s.joinConference(r, s.beginConference(rng, b, r.created))
	} else {
		s.joinCall(r, s.beginCall(rng, b, r.created))
	}
	s.enterStatus(r, b, now)
	r.was = nil // It has no past, also for a fault that shows it.
	s.recordings.add(r)
	return r
}

// enterStatus gives a new recording the status that b asks for.
func (s *Space) enterStatus(r *recording, b Begin, now stamp) {
	r.status, r.updated = queued, r.created
	status := cmp.Or(b.Status, inProgress)
	if status == queued {
		r.updated = max(now.add(-b.DateUpdatedAgo), r.created)
		if b.DateUpdatedAgo == 0 {
			r.updated = r.created
		}
		s.activate(r)
		return
	}
	s.change(r, inProgress, r.created)
	if status == inProgress && b.DateUpdatedAgo == 0 {
		return
	}
	at := now.add(-b.DateUpdatedAgo)
	if b.DateUpdatedAgo == 0 && !ended(status) && status != paused {
		at = r.created
	}
	s.change(r, status, max(at, r.created))
	r.skip = status == paused && b.PauseBehavior == skip
}

// mustSID reads a SID; "" is none.
func mustSID(sid string) uuid {
	if sid == "" {
		return uuid{}
	}
	u, ok := parseUUID(sid)
	if !ok {
		panic(fmt.Sprintf("sim: SID %q is not a UUID", sid))
	}
	return u
}

// beginCall returns the call that b asks for, made for a recording since t if
// there is none yet.
func (s *Space) beginCall(rng *rand.Rand, b Begin, t stamp) *call {
	sid := mustSID(b.CallSID)
	if c, ok := s.calls.bySID[sid]; ok {
		return c
	}
	c := s.newCall(rng, t.add(-5*time.Second), "")
	if sid != (uuid{}) {
		c.sid = sid
	}
	c.from, c.to, c.caller = cmp.Or(b.From, c.from), cmp.Or(b.To, c.to), b.CallerName
	s.calls.add(c)
	return c
}

// beginConference returns the conference that b asks for, made for a recording
// since t if there is none yet.
func (s *Space) beginConference(rng *rand.Rand, b Begin, t stamp) *conference {
	sid := mustSID(b.ConferenceSID)
	if c, ok := s.conferences.bySID[sid]; ok {
		return c
	}
	c := s.newConference(rng, t.add(-5*time.Second))
	if sid != (uuid{}) {
		c.sid = sid
	}
	c.name = cmp.Or(b.FriendlyName, c.name)
	s.conferences.add(c)
	for _, m := range s.drawMembers(rng, c, t) {
		s.calls.add(m.call)
	}
	return c
}

// on brings the space up to date and does something with a recording, unless
// there is none with that SID.
func (s *Space) on(sid string, do func(r *recording, now stamp)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.advance()
	if r, ok := s.recording(sid); ok {
		do(r, now)
	}
}

// EndRecording completes a recording, while its call or conference goes on. It
// does nothing if the recording has ended.
func (s *Space) EndRecording(sid string) {
	s.on(sid, func(r *recording, now stamp) {
		if isActive(r) {
			s.change(r, completed, now)
		}
	})
}

// EndCall ends a call, which completes its recordings.
func (s *Space) EndCall(callSID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.advance()
	if c, ok := s.calls.find(callSID); ok {
		s.endCall(c, now)
	}
}

// EndConference ends a conference, which completes its recordings and ends the
// calls of its participants.
func (s *Space) EndConference(conferenceSID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.advance()
	if c, ok := s.conferences.find(conferenceSID); ok {
		s.endConference(c, now)
	}
}

// SetStatus gives a recording any status, as if somebody else had changed it:
// its date_updated moves.
func (s *Space) SetStatus(sid, status string) {
	s.on(sid, func(r *recording, now stamp) { s.change(r, status, now) })
}

// Delete deletes a recording: it is not found from now on.
func (s *Space) Delete(sid string) {
	s.on(sid, func(r *recording, _ stamp) { s.remove(r) })
}

// Recording is a recording as it truly is, whatever faults are set.
type Recording struct {
	SID           string
	CallSID       string // "" for a conference's
	ConferenceSID string // "" for a call's
	Channels      string // "1" or "2"
	Source        string
	Status        string
	PauseBehavior string    // of the pause that it is in, "" for none; the API never tells
	Created       time.Time // all times in UTC
	Updated       time.Time
	Start         time.Time // zero while queued
	End           time.Time // zero while active; a stopped one's is when it was stopped
	Duration      int       // seconds; 0 until completed
	Price         string    // in USD; "" until completed
}

// Recordings returns every recording, newest first.
func (s *Space) Recordings() []Recording {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	rows := s.recordings.rows
	all := make([]Recording, 0, len(rows))
	for i := len(rows) - 1; i >= 0; i-- {
		if !rows[i].deleted {
			all = append(all, rows[i].export())
		}
	}
	return all
}

// export returns r in its exported form.
func (r *recording) export() Recording {
	e := Recording{
		SID:      r.sid.String(),
		Channels: strconv.Itoa(int(r.channels)),
		Source:   r.source,
		Status:   r.status,
		Created:  r.created.time(),
		Updated:  r.updated.time(),
		Start:    r.start.time(),
		End:      r.end.time(),
		Duration: int(r.seconds),
		Price:    r.price(),
	}
	if r.conf != nil {
		e.ConferenceSID = r.conf.sid.String()
	} else {
		e.CallSID = r.call.sid.String()
	}
	switch {
	case r.status == paused && r.skip:
		e.PauseBehavior = skip
	case r.status == paused:
		e.PauseBehavior = silence
	}
	return e
}

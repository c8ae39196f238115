package sim

import "time"

// unrecordedSince is for how long the call of the scenario mandated that nobody
// records has gone on at the start.
const unrecordedSince = 20 * time.Second

func (s *Space) openMandated() {
	r := s.cast(Begin{From: "client:pause-me", CallerName: "Asks for a pause", StartedAgo: 90 * time.Second, Channels: 2}, s.now)
	s.ask(PauseTask, r)
	c := s.newCall(s.scene.rng, s.now.add(-unrecordedSince), "")
	c.from, c.caller = "client:not-recorded", "Is not recorded"
	s.calls.add(c)
	s.ask(StartTask, nil).call = c
	s.tell("the caller of %s asks for a pause; the call of %s is not recorded", r.label(), c.from)
}

func (s *Space) followMandated(r *recording, status string, t stamp) {
	switch {
	case status == paused && running(r.status):
		s.tell("%s is paused", r.label())
	case running(status) && r.status == paused:
		s.tell("%s is resumed, after %s", r.label(), clock(t.sub(r.pausedAt)))
	case ended(status) && isActive(r):
		s.tell("%s is %s: the rest of the call is lost", r.label(), status)
	}
}

func (s *Space) tellStarted(r *recording) {
	s.tell("the call of %s is recorded by %s, %s after it began", r.call.from, r.label(), clock(r.created.sub(r.call.created)))
}

// handedOver are the pauses of the scenario handover: how long each has lasted at
// the start, and when its auto-resume is to come; 0 for one that has none.
var handedOver = []struct{ ago, resumes time.Duration }{{6 * time.Minute, 0}, {2 * time.Minute, 0}, {30 * time.Second, 20 * time.Second}}

func (s *Space) openHandover() {
	for _, h := range handedOver {
		r := s.cast(Begin{Status: paused, StartedAgo: h.ago + 3*time.Minute, DateUpdatedAgo: h.ago, Channels: 2}, s.now)
		s.ask(ResumeTask, r)
		words := "and nothing resumes it"
		if h.resumes > 0 {
			words = "its auto-resume is to come in " + clock(h.resumes)
		}
		s.tell("%s has been paused for %s, %s", r.label(), clock(h.ago), words)
	}
}

// HandedOver is a pause of a shift that ends.
type HandedOver struct {
	SID     string // of the recording
	Paused  time.Time
	Resumes time.Time // when the auto-resume is to come; zero for none
}

// HandedOver returns the pauses of the scenario handover, for the deck of whoever
// has the shift: the API tells neither who paused nor when an auto-resume is to
// come. It returns nothing in any other scenario.
func (s *Space) HandedOver() (list []HandedOver) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.scene.kind == nil || s.scene.kind.name != "handover" {
		return nil
	}
	i := 0
	for _, r := range s.recordings.rows { // oldest first, as they were put in
		if !r.cast {
			continue
		}
		h := HandedOver{SID: r.sid.String(), Paused: r.pausedAt.time()}
		if after := handedOver[i].resumes; after > 0 {
			h.Resumes = r.pausedAt.add(handedOver[i].ago + after).time()
		}
		if i++; r.status == paused {
			list = append(list, h)
		}
	}
	return list
}

package sim

import "time"

// The times of the scenario card.
const (
	cardLead   = 8 * time.Second  // from the first request to the first call
	cardBefore = 8 * time.Second  // from a recording's beginning to the card
	cardTime   = 12 * time.Second // that the caller takes for it
	cardCall   = 50 * time.Second // from a recording's beginning to the end of its call
	cardEvery  = time.Minute      // from one call to the next
	// cardUnseen is how long nobody may have asked for anything when a call
	// begins. After that the next one waits for the next request.
	cardUnseen = 30 * time.Second
)

// card is the call of the scenario card that goes on, or the one before.
type card struct {
	going    bool  // whether a call goes on or is scheduled
	seen     stamp // the last request
	rec      *recording
	from, to stamp         // when the card is read out
	counted  stamp         // up to when recorded is right
	recorded time.Duration // how much of the card was recorded
}

// cardRequest schedules the first call when somebody looks.
func (s *Space) cardRequest(now stamp) {
	c := &s.scene.card
	c.seen = now
	if !c.going {
		c.going = true
		s.schedule(dueEvent{at: now.add(cardLead), do: s.cardBegin})
	}
}

// cardBegin lets a call begin, and schedules what will happen to it. The call
// is told apart by its From, since lists show no caller_name.
func (s *Space) cardBegin(t stamp) {
	c := &s.scene.card
	if t.sub(c.seen) > cardUnseen {
		c.going = false
		return
	}
	r := s.cast(Begin{From: "client:card-in-8-s", CallerName: "Reads a card in 8 s", Channels: 2}, t)
	*c = card{going: true, seen: c.seen, rec: r, from: t.add(cardBefore), to: t.add(cardBefore + cardTime), counted: t}
	task := s.ask(PauseTask, r)
	task.due, task.until = t, c.to
	s.tell("a call begins, its caller reads out a card in %d s (%s)", int(cardBefore/time.Second), r.label())
	s.schedule(dueEvent{at: c.from, do: s.cardFrom})
	s.schedule(dueEvent{at: c.to, do: s.cardTo})
	s.schedule(dueEvent{at: t.add(cardCall), do: s.cardEnd})
	if !s.drill.on { // in which one call is enough
		s.schedule(dueEvent{at: t.add(cardEvery), do: s.cardBegin})
	}
}

// cardFrom is when the caller begins to read out the card.
func (s *Space) cardFrom(t stamp) {
	r := s.scene.card.rec
	switch {
	case r.status == paused:
		s.tell("paused %s before the card", seconds(t.sub(r.pausedAt)))
	case ended(r.status):
		s.tell("stopped %s before the card: the rest of the call is lost", seconds(t.sub(r.end)))
	}
	r.call.caller = "Reads a card now"
}

// cardTo is when the caller has read it.
func (s *Space) cardTo(t stamp) {
	c := &s.scene.card
	c.count(t)
	switch c.recorded {
	case 0:
		s.tell("nothing of the card was recorded")
	case cardTime:
		s.tell("recorded %s of the card, all of it", seconds(c.recorded))
	default:
		s.tell("recorded %s of the card", seconds(c.recorded))
	}
	c.rec.call.caller = "Has read a card"
}

// cardEnd is when the caller hangs up.
func (s *Space) cardEnd(t stamp) {
	c := &s.scene.card
	if c.rec.status == paused {
		s.tell("still paused when the call ended, %s after the card", seconds(t.sub(c.to)))
	}
	s.endCall(c.rec.call, t)
}

// cardFollow judges what is done to the recording while the card is read out,
// and when it is resumed.
func (s *Space) cardFollow(r *recording, status string, t stamp) {
	c := &s.scene.card
	if r != c.rec {
		return
	}
	c.count(t)
	during := c.from <= t && t < c.to
	switch {
	case during && running(r.status) && status == paused:
		s.tell("paused %s into the card", seconds(t.sub(c.from)))
	case during && running(r.status) && ended(status):
		s.tell("stopped %s into the card: the rest of the call is lost", seconds(t.sub(c.from)))
	case during && running(status) && r.status == paused:
		s.tell("resumed %s too early", seconds(c.to.sub(t)))
	case t >= c.to && running(status) && r.status == paused:
		s.tell("resumed %s after the card", seconds(t.sub(c.to)))
	}
}

// cardAsked tells of an update of a recording that is not the caller's.
func (s *Space) cardAsked(r *recording, was string, _ *exchange) {
	if r != s.scene.card.rec && r.status != was {
		s.tell("%s is %s, which is of another call", r.label(), r.status)
	}
}

// count adds what was recorded of the card until t, in which time the status
// was the one that it still is.
func (c *card) count(t stamp) {
	if from, to := max(c.counted, c.from), min(t, c.to); running(c.rec.status) && !c.rec.deleted && from < to {
		c.recorded += to.sub(from)
	}
	c.counted = t
}

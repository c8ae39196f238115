package sim

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

const (
	// fileDelay is how long a stopped recording takes to be completed.
	fileDelay = 2 * time.Second
	// unrecordedFor is how long a call or conference goes on, in a space with
	// churn, after its last recording has ended.
	unrecordedFor = time.Minute
	// maxChurn, in recordings per minute, keeps the work that time brings far
	// below what can be done in that time.
	maxChurn = 6000
)

// dueEvent is something that will happen by itself, to a recording or else.
type dueEvent struct {
	at  stamp
	rec *recording
	to  string      // the status that it gets, if it still has the one before
	do  func(stamp) // what happens instead, if it is not about that
}

// churn says when the next recording begins or ends. They come in pairs, one
// beginning and one ending in either order, so that the number of active
// recordings stays about as it was.
type churn struct {
	mean   time.Duration // between two events; 0 for no churn
	next   stamp
	begin  bool // whether the next event is a beginning
	second bool // whether it is the second of its pair
}

// newChurn schedules the first event. perMinute counts beginnings, and endings.
func newChurn(rng *rand.Rand, perMinute float64, now stamp) churn {
	if !(perMinute > 0) { // also for NaN
		return churn{}
	}
	mean := float64(time.Minute) / (2 * min(perMinute, maxChurn))
	c := churn{mean: time.Duration(min(mean, float64(365*24*time.Hour)))}
	c.second = true
	c.advance(rng, now)
	return c
}

// advance schedules the event after the one at t.
func (c *churn) advance(rng *rand.Rand, t stamp) {
	if c.second {
		c.begin = rng.IntN(2) == 0
	} else {
		c.begin = !c.begin
	}
	c.second = !c.second
	c.next = t.add(time.Duration(math.Ceil(rng.ExpFloat64() * float64(c.mean))))
}

// advance carries out all that has become due and returns the present. If the
// clock was set back, the present stays where it was.
func (s *Space) advance() stamp {
	now := max(stampOf(time.Now()), s.now)
	for {
		churning := s.churn.mean > 0 && s.churn.next <= now
		switch {
		case len(s.due) > 0 && s.due[0].at <= now && !(churning && s.churn.next < s.due[0].at):
			e := s.due[0]
			s.due = s.due[1:]
			s.happen(e)
		case churning:
			at := s.churn.next
			s.stir(at)
			s.churn.advance(s.own, at)
		default:
			s.now = now
			return now
		}
	}
}

// schedule puts an event in its place among those that are due.
func (s *Space) schedule(e dueEvent) {
	i, _ := slices.BinarySearchFunc(s.due, e.at+1, func(d dueEvent, at stamp) int {
		return int(min(max(d.at-at, -1), 1))
	})
	s.due = slices.Insert(s.due, i, e)
}

// happen carries out a scheduled event, unless its recording has gone another
// way in the meantime.
func (s *Space) happen(e dueEvent) {
	switch {
	case e.do != nil:
		e.do(e.at)
	case e.rec.deleted:
	case e.to == inProgress && e.rec.status == queued:
		s.change(e.rec, inProgress, e.at)
	case e.to == completed && e.rec.status == stopped:
		s.change(e.rec, completed, e.at)
	}
}

// stir lets one recording begin or end at t.
func (s *Space) stir(t stamp) {
	if s.churn.begin {
		s.beginRandom(t)
		return
	}
	s.endReleased(t)
	if r := s.pickActive(t); r != nil {
		s.endOwner(r, t)
	}
}

// pickActive chooses a recording to end. One that has run for hours is rarely
// chosen, else none would get there, and one that a scenario is about never.
func (s *Space) pickActive(t stamp) *recording {
	var r *recording
	for range 3 {
		if len(s.active) == 0 {
			return nil
		}
		one := s.active[s.own.IntN(len(s.active))]
		if one.cast {
			continue
		}
		r = one
		if t.sub(r.created) < time.Hour {
			break
		}
	}
	return r
}

// endReleased ends the call or conference that has gone on unrecorded longest.
func (s *Space) endReleased(t stamp) {
	for len(s.released) > 0 {
		r := s.released[0]
		if t.sub(r.updated) < unrecordedFor {
			return
		}
		s.released = s.released[1:]
		if r.ownerOpen() && !slices.ContainsFunc(r.siblings(), isActive) {
			s.endOwner(r, t)
			return
		}
	}
}

func isActive(r *recording) bool { return r.slot >= 0 }

// endOwner ends the call or conference of r, and so all its recordings.
func (s *Space) endOwner(r *recording, t stamp) {
	if r.conf != nil {
		s.endConference(r.conf, t)
	} else {
		s.endCall(r.call, t)
	}
}

// endCall ends a call, its child leg, and its recordings.
func (s *Space) endCall(c *call, t stamp) {
	if c.status != inProgress {
		return
	}
	c.status, c.end, c.updated = completed, t, t
	if c.leg != nil {
		s.endCall(c.leg, t)
	}
	s.completeAll(c.recs, t)
}

// endConference ends a conference, its participants' calls, and its recordings.
func (s *Space) endConference(c *conference, t stamp) {
	if c.status != inProgress {
		return
	}
	c.status, c.updated = completed, t
	for _, m := range c.members {
		s.endCall(m.call, t)
	}
	s.completeAll(c.recs, t)
}

func (s *Space) completeAll(recs []*recording, t stamp) {
	for _, r := range recs {
		if isActive(r) {
			s.change(r, completed, t)
		}
	}
}

// change puts r into a status at t, whatever that takes: times, duration, its
// place among the active, and what follows by itself. What never started
// cannot be completed, it becomes absent.
func (s *Space) change(r *recording, status string, t stamp) {
	s.follow(r, status, t)
	s.drill.follow(r, status, t)
	if s.lagging() {
		was := *r
		r.was, r.changed = &was, t
	}
	s.leavePause(r, t)
	if status == completed && r.start == 0 {
		status = absent
	}
	r.status, r.updated = status, t
	if ended(status) {
		s.conclude(r, t)
		return
	}
	r.end, r.seconds = 0, 0
	if r.start == 0 && status != queued {
		r.start = t
	}
	if status == paused {
		r.pausedAt = t
	}
	s.activate(r)
}

// leavePause ends the pause that r is in, if it is in one.
func (s *Space) leavePause(r *recording, t stamp) {
	if r.pausedAt == 0 {
		return
	}
	if r.skip {
		r.skipped += t.sub(r.pausedAt)
	}
	r.pausedAt, r.skip = 0, false
}

// conclude does what belongs to a status in which r has ended.
func (s *Space) conclude(r *recording, t stamp) {
	if r.end == 0 {
		r.end = t
	}
	if r.status == completed {
		r.seconds = r.length()
	}
	if r.status == stopped {
		s.schedule(dueEvent{at: t.add(fileDelay), rec: r, to: completed})
	}
	if isActive(r) {
		s.deactivate(r)
		if r.ownerOpen() {
			s.released = append(s.released, r)
		}
	}
}

// length returns the seconds between start and end as the API shows them,
// without the pauses that are left out of the file.
func (r *recording) length() int32 {
	left := int64(r.skipped.Round(time.Second) / time.Second)
	return int32(max(r.end.second()-r.start.second()-left, 0))
}

// activate counts r among the active, if it is not yet.
func (s *Space) activate(r *recording) {
	if isActive(r) {
		return
	}
	r.slot = int32(len(s.active))
	s.active = append(s.active, r)
}

// deactivate takes r out of the active; the last one takes its slot.
func (s *Space) deactivate(r *recording) {
	last := len(s.active) - 1
	s.active[r.slot] = s.active[last]
	s.active[r.slot].slot = r.slot
	s.active[last] = nil
	s.active = s.active[:last]
	r.slot = -1
}

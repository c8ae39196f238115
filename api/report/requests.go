package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"tapedeck/api/journal"
)

// request is an update with what is needed to settle it.
type request struct {
	Update
	host, started string // the process that asked
	pid           int
	machine       uint16 // that wrote its result
	onRecord      bool   // its request is on record
	quiet         bool   // that it is not says nothing
	own           bool   // its outcome is that of who asked: no guess replaces it
	guess         bool   // its outcome was found out by another session
	settled       bool
	pause         *Pause // that it made; nil for none
	again         bool   // it asked for a pause that lasted
	ended         *Pause // that it ended; nil for none
}

// update takes in an entry about a request.
func (b *builder) update(rec *Recording, call *Call, e *journal.Entry, at Moment) {
	q := b.requests[e.ID]
	if q == nil {
		q = &request{quiet: e.Event != journal.Outcome}
		q.Update = Update{
			Recording: rec, Call: call, By: b.person(e), ID: e.ID, Verb: verbOf(e.StatusAsked), Behavior: behaviorOf(e.PauseBehavior), ByTimer: e.ByTimer,
		}
		if e.ID != "" {
			b.requests[e.ID] = q
		}
	}
	if q.Recording == nil {
		q.Recording = rec // a start, whose outcome names it
	}
	switch e.Event {
	case journal.Request:
		q.onRecord, q.Asked, q.WrittenLate = true, at, q.WrittenLate || e.Late
		q.host, q.pid, q.started = e.Host, e.PID, e.Started
		if q.pause != nil {
			q.pause.Asked = at
		}
	case journal.Again:
		q.Again++
		return
	default:
		b.settle(q, e, at)
	}
}

// settle takes in the result of a request, or what a read showed of it later.
func (b *builder) settle(q *request, e *journal.Entry, at Moment) {
	outcome := outcomeOf(e.Outcome)
	guess := e.Event == journal.Outcome && q.onRecord && (e.PID != q.pid || e.Started != q.started || e.Host != q.host)
	if outcome == NoOutcome || guess && q.own {
		return
	}
	if e.Event == journal.Outcome {
		if !guess && q.guess {
			q.Answered = 0 // what a guess said of it is over
		}
		q.own, q.guess = !guess, guess
		if guess {
			b.gone(process{q.host, q.started, q.pid}, at)
		}
	}
	q.VerifiedLate = e.Event == journal.Seen && outcome == OutcomeVerified
	q.Outcome, q.Reason = outcome, e.Reason
	if q.VerifiedLate {
		q.Reason = ""
	}
	if e.HTTPStatus != 0 {
		q.HTTPStatus = int16(e.HTTPStatus)
	}
	if q.Answered == 0 {
		q.Answered = at
		if latency := Moment(e.Latency / time.Millisecond); latency > 0 && q.Asked != 0 {
			q.Answered = q.Asked + latency
		}
	}
	q.machine = b.host(e).number
	b.apply(q)
	switch {
	case q.settled:
	case q.ID == "": // nothing more can be known of it
		b.close(q)
	default:
		b.keep(q.ID)
	}
	q.settled = true
}

// keep keeps a settled request, and closes the oldest of too many.
func (b *builder) keep(id string) {
	b.settled = append(b.settled, id)
	if len(b.settled) < 2*keepSettled {
		return
	}
	for _, id := range b.settled[:keepSettled] {
		if q := b.requests[id]; q != nil {
			b.close(q)
			delete(b.requests, id)
		}
	}
	b.settled = slices.Delete(b.settled, 0, keepSettled)
}

// close keeps of a request what the report has of it.
func (b *builder) close(q *request) {
	at := cmp.Or(q.Asked, q.Answered)
	if !b.within(at) {
		return
	}
	if !q.onRecord && !q.quiet {
		b.off(OffRecord{At: q.Answered, Kind: NoRequest, Recording: q.Recording, By: q.By, What: q.Verb.String() + ", " + q.Outcome.String()})
	}
	troubled := !q.Done() || q.VerifiedLate || q.WrittenLate
	if troubled || q.Verb == DoStart || q.Verb == DoStop {
		u := q.Update
		b.updates = append(b.updates, &u)
	}
	t, done := &b.r.Totals, q.Done()
	switch {
	case !done:
	case q.Verb == DoResume && !q.ByTimer:
		t.Resumes++
		q.By.Resumes++
	case q.Verb == DoResume:
		t.AutoResumes++
		q.By.AutoResumes++
	case q.Verb == DoStart:
		t.Starts++
		q.By.Starts++
	case q.Verb == DoStop:
		t.Stops++
		q.By.Stops++
	}
	if !done {
		q.By.Trouble++
	}
}

// apply notes what the result of an update means for its recording.
func (b *builder) apply(q *request) {
	rec := q.Recording
	if rec == nil {
		return
	}
	switch q.Verb {
	case DoPause:
		switch {
		case q.Done() && q.pause != nil:
			q.pause.How = q.how()
		case q.Done() && !q.again:
			b.begin(rec, q)
		case !q.Done() && q.pause != nil:
			rec.drop(q.pause)
			q.pause = nil
		case !q.Done():
			if a := b.early[rec]; a != nil && a.Fate == NoFate {
				a.Fate, a.At, a.Why = NotDone, q.Answered, "the pause is "+q.Outcome.String()
				delete(b.early, rec)
			}
		}
	case DoResume, DoStop:
		switch {
		case q.Done() && q.ended != nil:
			q.ended.EndHow = q.how()
		case q.Done():
			b.end(rec, q)
		case q.ended != nil:
			rec.reopen(q.ended)
			q.ended = nil
		}
		if q.Verb == DoStop && q.Done() {
			u := q.Update
			rec.Stopped = &u
		}
	case DoStart:
		if q.Done() {
			u := q.Update
			rec.Started = &u
		}
	}
}

// how returns how the result of a request is known.
func (q *request) how() How {
	switch {
	case q.VerifiedLate || q.guess:
		return VerifiedLate
	case q.Outcome == OutcomeVerified:
		return Verified
	case q.Outcome == OutcomeAccepted:
		return Accepted
	}
	return NotKnown
}

// begin begins a pause.
func (b *builder) begin(rec *Recording, q *request) {
	if p := rec.open; p != nil { // it was paused already
		q.again = true
		p.Known = max(p.Known, q.Answered)
		if p.Again < 255 {
			p.Again++
		}
		return
	}
	p := b.pauses.new()
	*p = Pause{
		Recording: rec, By: q.By, Asked: q.Asked, Began: q.Answered, Known: q.Answered,
		host: q.machine, steps: uint16(len(b.steps)), Behavior: q.Behavior, How: q.how(), Found: q.guess, Auto: b.early[rec],
	}
	delete(b.early, rec)
	rec.Pauses = append(rec.Pauses, p)
	rec.open, q.pause = p, p
	if s := b.stray[rec]; s != nil {
		delete(b.stray, rec)
		if s.Asked > q.Asked && s.Answered >= q.Answered { // its line was written first
			b.end(rec, s)
		}
	}
}

// end ends the pause of a recording that lasts, by a resume or a stop.
func (b *builder) end(rec *Recording, q *request) {
	p := rec.open
	set := p != nil && b.clockSet(p, q.machine)
	if p == nil || q.Answered < p.Began && !set {
		b.stray[rec] = q
		return
	}
	rec.open, q.ended, p.ClockSet = nil, p, set
	p.EndedBy, p.EndAsked, p.Ended, p.EndHow, p.EndFound = q.By, q.Asked, q.Answered, q.how(), q.guess
	p.Known = max(p.Began, p.Ended)
	switch {
	case q.Verb == DoStop:
		p.End = Stopped
	case q.ByTimer:
		p.End = AutoResumed
	default:
		p.End = Resumed
	}
	if a := p.Auto; a != nil && a.Fate == NoFate {
		a.At, a.Fate = p.Ended, EndedBefore
		if q.ByTimer {
			a.Fate = Done
		}
	}
}

// drop takes a pause away that turned out not to have been carried out.
func (rec *Recording) drop(p *Pause) {
	rec.Pauses = slices.DeleteFunc(rec.Pauses, func(o *Pause) bool { return o == p })
	if a := p.Auto; a != nil && a.Fate == NoFate {
		a.Fate, a.At, a.Why = NotDone, p.Known, "the pause was not carried out"
	}
	if rec.open == p {
		rec.open = nil
	}
}

// reopen takes back the end of a pause that turned out not to have ended.
func (rec *Recording) reopen(p *Pause) {
	if a := p.Auto; a != nil && (a.Fate == Done || a.Fate == EndedBefore) {
		a.Fate, a.At = NoFate, 0
	}
	p.End, p.EndedBy, p.EndAsked, p.Ended, p.EndHow, p.EndFound, p.ClockSet = Open, nil, 0, 0, NotKnown, false, false
	if rec.open == nil {
		rec.open = p
	}
}

// others takes in that others have ended what an update had done, as a read
// showed it.
func (b *builder) others(rec *Recording, e *journal.Entry, at Moment) {
	if rec == nil {
		return
	}
	paused := e.StatusAnswered == "paused"
	if b.within(at) {
		rec.Seen = append(rec.Seen, Seen{at, paused})
	}
	p := rec.open
	switch {
	case paused && p == nil:
		rec.open = &Pause{Recording: rec, Began: at, Known: at, How: SeenByRead, host: b.host(e).number, steps: uint16(len(b.steps))}
		rec.Pauses = append(rec.Pauses, rec.open)
	case !paused && p != nil && at >= p.Began:
		rec.open = nil
		p.End, p.Ended, p.EndHow, p.Known, p.ClockSet = ByOthers, at, SeenByRead, at, b.clockSet(p, b.host(e).number)
		if a := p.Auto; a != nil && a.Fate == NoFate {
			a.Fate, a.At = EndedBefore, at
		}
	}
}

// timer takes in that an auto-resume was set, canceled or not done.
func (b *builder) timer(rec *Recording, e *journal.Entry, at Moment) {
	if rec == nil || at >= b.to {
		return
	}
	p, last := rec.open, b.early[rec]
	if p != nil {
		last = p.Auto
		p.Known = max(p.Known, at)
	}
	set := func(a AutoResume) *AutoResume {
		next := b.resumes.new()
		*next = a
		b.autos = append(b.autos, next)
		if p != nil {
			p.Auto = next
		} else {
			b.early[rec] = next
		}
		return next
	}
	open := last != nil && last.Fate == NoFate
	why, failed := strings.CutPrefix(e.Reason, "auto-resume not done: ")
	switch {
	case failed:
		if !open {
			last = set(AutoResume{Recording: rec, By: b.person(e)})
		}
		last.Fate, last.At, last.Why = NotDone, at, why
	case e.Until.IsZero():
		if open {
			last.Fate, last.At = Canceled, at
		}
	default:
		if open {
			last.Fate, last.At = Replaced, at
		}
		set(AutoResume{Recording: rec, By: b.person(e), Set: at, Due: MomentOf(e.Until)})
	}
}

// ack takes in that an alarm was acknowledged.
func (b *builder) ack(rec *Recording, call *Call, e *journal.Entry, at Moment) {
	if at >= b.to {
		return
	}
	if rec != nil && rec.open != nil {
		rec.open.Known = max(rec.open.Known, at)
	}
	b.r.Acks = append(b.r.Acks, &Ack{Recording: rec, Call: call, By: b.person(e), At: at, Until: MomentOf(e.Until), Reason: e.Reason})
}

// dropped is how the end of a session says that an auto-resume ended with it.
const dropped = "its auto-resume was dropped"

// left takes in that a session left a recording paused.
func (b *builder) left(rec *Recording, e *journal.Entry, at Moment) {
	if rec == nil || rec.open == nil || at >= b.to {
		return
	}
	p := rec.open
	p.Left, p.Known = at, max(p.Known, at)
	if a := p.Auto; a != nil && a.Fate == NoFate && strings.Contains(e.Reason, dropped) {
		a.Fate, a.At, a.Why = NotDone, at, e.Reason
	}
}

func verbOf(status string) Verb {
	switch status {
	case "paused":
		return DoPause
	case "in-progress":
		return DoResume
	case "stopped":
		return DoStop
	case "start":
		return DoStart
	}
	return OtherVerb
}

func behaviorOf(s string) Behavior {
	switch s {
	case "silence":
		return Silence
	case "skip":
		return Skip
	}
	return NoBehavior
}

func outcomeOf(s string) Outcome {
	switch s {
	case "accepted":
		return OutcomeAccepted
	case "verified":
		return OutcomeVerified
	case "contradicted":
		return OutcomeContradicted
	case "failed":
		return OutcomeFailed
	case "unknown":
		return OutcomeUnknown
	}
	return NoOutcome
}

package sim

import (
	"net/http"
	"slices"
	"time"
)

// Drill is what a space has seen of what its scenario asks of the operator: the
// updates that reached it and the answers that it gave, and when. Nothing of it
// is what a client believes. The zero value is nothing yet.
type Drill struct {
	Begun time.Time // the first request; zero before it
	Tasks []Task
	Wrong []WrongUpdate // in the order of their arrival
	// Forgotten is how many recordings are paused that should not be any more,
	// those that were paused by mistake too.
	Forgotten int
	// Recorded is how much of the card was recorded, in the scenario card.
	Recorded time.Duration
	Over     bool // nothing is left to do
}

// Task is what a scenario asks for of one recording, or of one call. All times
// are in UTC, and zero while it has not come to that.
type Task struct {
	SID  string // of the recording; of a call that nobody records its call's
	Kind TaskKind
	Due  time.Time // since when it is asked for
	// Done is when it was paused, or its recording started, and Verified the first
	// answer to a later read that said so.
	Done, Verified time.Time
	// Resumed is when it recorded again for good, and Settled the first answer to a
	// later read that said so.
	Resumed, Settled time.Time
	Missed           bool // the recording has ended before all was done
}

// TaskKind is what is asked for.
type TaskKind string

// The kinds of tasks.
const (
	PauseTask  TaskKind = "pause"  // pause it, and then resume it
	ResumeTask TaskKind = "resume" // it is paused, and is to record again
	StartTask  TaskKind = "start"  // nobody records the call
)

// complete reports whether nothing is left to do.
func (t Task) complete() bool {
	switch {
	case t.Missed:
		return true
	case t.Kind == StartTask:
		return !t.Verified.IsZero()
	}
	return !t.Settled.IsZero()
}

// WrongUpdate is an update that the scenario did not ask for, whatever the answer
// to it was.
type WrongUpdate struct {
	Time   time.Time // UTC
	SID    string    // of the recording
	Status string    // that was asked for
	Why    WrongKind
}

// WrongKind is why an update is wrong.
type WrongKind string

// The kinds of wrong updates.
const (
	OtherRecording WrongKind = "another recording" // which the scenario is not about
	StopAsked      WrongKind = "stopped"           // the rest of the call is lost
	TooEarly       WrongKind = "resumed too early"
	PausedAgain    WrongKind = "paused again" // what was to be resumed
	Skipped        WrongKind = "skipped"      // the time is cut out, where all is to be kept
)

// relentsAfter is how long after the first update a scenario keeps on refusing
// or lying in a drill, in which somebody who keeps on trying can succeed.
const relentsAfter = refusal

// drilled is a drill as far as it has come. The zero value is none.
type drilled struct {
	on       bool
	begun    stamp
	tasks    []*task
	wrong    []WrongUpdate
	mistaken []*recording // paused, and the scenario is not about them
	relents  bool         // the end of the scenario's faults is scheduled
}

// task is a [Task] as it is kept.
type task struct {
	kind             TaskKind
	rec              *recording // nil of a call that nobody records
	call             *call      // of a start; else nil
	due              stamp      // 0: the first request
	until            stamp      // a resume before it is too early; 0 for none
	done, verified   stamp
	resumed, settled stamp
	missed           bool
	forgotten        bool // it ended paused
}

// Drill returns what was seen so far; the zero value unless [Options.Drill] was
// set.
func (s *Space) Drill() Drill {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	d := &s.drill
	out := Drill{Begun: d.begun.time(), Wrong: slices.Clone(d.wrong), Recorded: s.scene.card.recorded}
	out.Over = len(d.tasks) > 0
	for _, t := range d.tasks {
		task := t.export(d.begun)
		out.Tasks = append(out.Tasks, task)
		out.Over = out.Over && task.complete()
		if t.forgotten || t.rec != nil && t.rec.status == paused {
			out.Forgotten++
		}
	}
	for _, r := range d.mistaken {
		if r.status == paused {
			out.Forgotten++
			out.Over = false
		}
	}
	return out
}

// export returns a task in its exported form, of a drill that began at begun.
func (t *task) export(begun stamp) Task {
	due := t.due
	if due == 0 {
		due = begun
	}
	out := Task{
		Kind: t.kind, Due: due.time(), Done: t.done.time(), Verified: t.verified.time(),
		Resumed: t.resumed.time(), Settled: t.settled.time(), Missed: t.missed,
	}
	if t.rec != nil {
		out.SID = t.rec.sid.String()
	} else {
		out.SID = t.call.sid.String()
	}
	return out
}

// ask adds a task of a recording, unless this is no drill.
func (s *Space) ask(kind TaskKind, r *recording) *task {
	t := &task{kind: kind, rec: r}
	if s.drill.on {
		s.drill.tasks = append(s.drill.tasks, t)
	}
	return t
}

// openCaller puts in somebody who asks for a pause, for the scenarios that are
// about any recording: in a drill they are about this one.
func (s *Space) openCaller() {
	if s.drill.on {
		s.ask(PauseTask, s.cast(Begin{From: "client:pause-me", CallerName: "Asks for a pause", StartedAgo: 90 * time.Second, Channels: 2}, s.now))
	}
}

// taskOf returns the task of a recording; nil for none.
func (d *drilled) taskOf(r *recording) *task {
	i := slices.IndexFunc(d.tasks, func(t *task) bool { return t.rec == r })
	if i < 0 {
		return nil
	}
	return d.tasks[i]
}

// follow takes note that a recording is about to get a status.
func (d *drilled) follow(r *recording, status string, at stamp) {
	t := d.taskOf(r)
	switch {
	case t == nil:
	case ended(status):
		t.missed = t.missed || t.settled == 0 && t.kind != StartTask
		t.forgotten = t.forgotten || r.status == paused
	case status == paused && running(r.status):
		t.resumed, t.settled = 0, 0
		if t.kind == PauseTask && t.verified == 0 {
			t.done = at
		}
	case running(status) && r.status == paused && at >= t.until:
		t.resumed = at
	}
}

// saw takes note that an answer to a read says which status a recording has.
func (d *drilled) saw(r *recording, status string, at stamp) {
	t := d.taskOf(r)
	switch {
	case t == nil:
	case t.verified == 0 && t.done != 0 && (status == paused || t.kind == StartTask && running(status)):
		t.verified = at
	case t.settled == 0 && t.resumed != 0 && running(status):
		t.settled = at
	}
}

// asked takes note of an update of a recording that was in the status was.
func (d *drilled) asked(r *recording, was string, x *exchange) {
	status, t := x.form.Get("Status"), d.taskOf(r)
	var why WrongKind
	switch {
	case t == nil && slices.Contains(d.mistaken, r) && status == inProgress: // it is put right
	case status == stopped:
		why = StopAsked
	case t == nil:
		why = OtherRecording
		if status == paused && !slices.Contains(d.mistaken, r) {
			d.mistaken = append(d.mistaken, r)
		}
	case status == inProgress && was == paused && x.now < t.until:
		why = TooEarly
	case status == paused && was != paused && t.kind != PauseTask:
		why = PausedAgain
	case status == paused && x.form.Get("PauseBehavior") == skip && x.space.scene.kind.whole:
		why = Skipped
	}
	if why != "" {
		d.wrong = append(d.wrong, WrongUpdate{Time: x.now.time(), SID: r.sid.String(), Status: status, Why: why})
	}
}

// started takes note that somebody has started a recording of a call.
func (d *drilled) started(r *recording, at stamp) {
	for _, t := range d.tasks {
		if t.kind == StartTask && t.rec == nil && t.call == r.call {
			t.rec, t.done = r, at
			return
		}
	}
	if d.on {
		d.wrong = append(d.wrong, WrongUpdate{Time: at.time(), SID: r.sid.String(), Status: inProgress, Why: OtherRecording})
	}
}

// drillRequest takes note of a request, before it is answered.
func (s *Space) drillRequest(x *exchange) {
	d := &s.drill
	if !d.on {
		return
	}
	if d.begun == 0 {
		d.begun = x.now
	}
	if x.req.Method == http.MethodGet && !x.enc.fx.drop && !x.enc.fx.silent {
		x.enc.shown = func(r *recording, status string) { d.saw(r, status, x.now) }
	}
	if x.isUpdate() && len(s.scene.faults) > 0 && s.scene.kind.relents && !d.relents {
		d.relents = true
		s.schedule(dueEvent{at: x.now.add(relentsAfter), do: func(stamp) {
			s.scene.faults = nil
			s.tell("from now on updates are done")
		}})
	}
}

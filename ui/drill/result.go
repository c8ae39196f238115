package drill

import (
	"fmt"
	"strings"
	"time"

	"tapedeck/api/sim"
)

// Result is how a drill went. Its JSON is that of tapedeck drill --json.
type Result struct {
	Began     time.Time `json:"began"`
	Ended     time.Time `json:"ended"`
	Seed      uint64    `json:"seed"`
	Passed    bool      `json:"passed"`   // every scenario is
	Complete  bool      `json:"complete"` // nobody quit before the last one
	Scenarios []Score   `json:"scenarios"`
}

// Outcome is how a scenario went.
type Outcome string

// The outcomes of a scenario.
const (
	Passed     Outcome = "passed"
	Failed     Outcome = "failed"
	Skipped    Outcome = "skipped"     // the operator went on to the next before it began
	NotReached Outcome = "not reached" // the operator quit the drill before it began
)

// Score is how one scenario went. Times are in seconds from when the thing was
// asked for.
type Score struct {
	Scenario string   `json:"scenario"`
	Outcome  Outcome  `json:"outcome"`
	Why      []string `json:"why"` // it is not passed; empty where it is
	Limit    float64  `json:"limit_seconds"`
	// Pause is the time to the verified pause, the longest of several; nil where
	// there was none, or none was asked for.
	Pause *float64 `json:"verified_pause_seconds"`
	// Done is the time until all that was asked for was done; nil where it was not.
	Done             *float64 `json:"done_seconds"`
	WrongKeys        int      `json:"wrong_keys"` // that the screen refused
	WrongRecordings  int      `json:"wrong_recordings"`
	ForgottenResumes int      `json:"forgotten_resumes"`
	Wrong            []Wrong  `json:"wrong_updates"`
	Tasks            []Task   `json:"tasks"`
	Story            []string `json:"story"` // what happened, by the space
}

// Wrong is an update that reached the space and was not asked for.
type Wrong struct {
	At     float64       `json:"at_seconds"` // from the first request on
	SID    string        `json:"sid"`
	Status string        `json:"status"` // that was asked for
	Why    sim.WrongKind `json:"why"`
}

// Task is what was asked for of one recording; see [sim.Task]. A time is nil
// while it has not come to that.
type Task struct {
	SID      string       `json:"sid"`
	Asked    sim.TaskKind `json:"asked"`
	Done     *float64     `json:"done_seconds"`
	Verified *float64     `json:"verified_seconds"`
	Resumed  *float64     `json:"resumed_seconds"`
	Settled  *float64     `json:"resume_verified_seconds"`
}

// between returns the seconds from one moment to another; nil where one has not
// come.
func between(from, to time.Time) *float64 {
	if from.IsZero() || to.IsZero() {
		return nil
	}
	s := to.Sub(from).Round(time.Millisecond).Seconds()
	return &s
}

// without returns the score of a scenario that was not played.
func without(l lesson, outcome Outcome) Score {
	return Score{
		Scenario: string(l.scenario), Outcome: outcome, Limit: l.limit.Seconds(),
		Why: []string{string(outcome)}, Wrong: []Wrong{}, Tasks: []Task{}, Story: []string{},
	}
}

// judge returns the score of a scenario by what the space has seen of it.
func judge(l lesson, d sim.Drill, wrongKeys int, story []string) Score {
	s := without(l, Passed)
	s.Why, s.WrongKeys, s.ForgottenResumes, s.Story = []string{}, wrongKeys, d.Forgotten, append(s.Story, story...)
	s.measure(d)
	others := map[string]bool{}
	for _, w := range d.Wrong {
		s.Wrong = append(s.Wrong, Wrong{At: *between(d.Begun, w.Time), SID: w.SID, Status: w.Status, Why: w.Why})
		if w.Why == sim.OtherRecording {
			others[w.SID] = true
		}
	}
	s.WrongRecordings = len(others)
	if s.Why = s.faults(l, d); len(s.Why) > 0 {
		s.Outcome = Failed
	}
	return s
}

// measure notes when what was asked for was done.
func (s *Score) measure(d sim.Drill) {
	longest := func(at **float64, other *float64) {
		if other != nil && (*at == nil || **at < *other) {
			*at = other
		}
	}
	verified, done := true, len(d.Tasks) > 0
	for _, t := range d.Tasks {
		one := Task{
			SID: t.SID, Asked: t.Kind, Done: between(t.Due, t.Done), Verified: between(t.Due, t.Verified),
			Resumed: between(t.Due, t.Resumed), Settled: between(t.Due, t.Settled),
		}
		s.Tasks = append(s.Tasks, one)
		if t.Kind == sim.PauseTask {
			verified = verified && one.Verified != nil
			longest(&s.Pause, one.Verified)
		}
		last := one.Settled
		if t.Kind == sim.StartTask {
			last = one.Verified
		}
		done = done && last != nil
		longest(&s.Done, last)
	}
	if !verified {
		s.Pause = nil
	}
	if !done {
		s.Done = nil
	}
}

// faults says why a scenario is not passed; nothing where it is.
func (s *Score) faults(l lesson, d sim.Drill) []string {
	why := []string{}
	add := func(format string, args ...any) { why = append(why, fmt.Sprintf(format, args...)) }
	limited, what := s.Pause, "the pause was verified"
	if !asksPause(d) {
		limited, what = s.Done, "it was done"
	}
	switch {
	case len(d.Tasks) == 0:
		add("it was left before anything was asked for")
	case limited == nil && asksPause(d):
		add("not every pause was verified")
	case limited != nil && *limited > l.limit.Seconds():
		add("%s after %.1f s, the limit is %.0f s", what, *limited, l.limit.Seconds())
	}
	for _, t := range d.Tasks {
		if at := between(t.Due, t.Verified); t.Kind == sim.StartTask && asksPause(d) && at != nil && *at > l.limit.Seconds() {
			add("the recording was started after %.1f s, the limit is %.0f s", *at, l.limit.Seconds())
		}
	}
	if d.Recorded > 0 {
		add("%.1f s of the card were recorded", d.Recorded.Seconds())
	}
	for _, kind := range []sim.WrongKind{sim.StopAsked, sim.TooEarly, sim.PausedAgain, sim.Skipped} {
		for _, w := range d.Wrong {
			if w.Why == kind {
				add("…%s was %s", w.SID[max(0, len(w.SID)-4):], kind)
			}
		}
	}
	if n := s.WrongRecordings; n > 0 {
		add("%s touched that the scenario is not about", count(n, "recording was", "recordings were"))
	}
	switch n := s.ForgottenResumes; {
	case n > 0:
		add("%s left paused", count(n, "recording was", "recordings were"))
	case s.Done == nil && len(d.Tasks) > 0 && len(why) == 0:
		add("not all that was asked for was done")
	}
	return why
}

// asksPause reports whether a pause is asked for.
func asksPause(d sim.Drill) bool {
	for _, t := range d.Tasks {
		if t.Kind == sim.PauseTask {
			return true
		}
	}
	return false
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprint(n, " ", many)
}

// finish completes a result: what was not reached, and whether it is passed.
func (r *Result) finish(p Plan, now time.Time) {
	r.Complete = len(r.Scenarios) == len(p.lessons)
	for _, l := range p.lessons[len(r.Scenarios):] {
		r.Scenarios = append(r.Scenarios, without(l, NotReached))
	}
	r.Ended, r.Passed = now, len(p.lessons) > 0
	for _, s := range r.Scenarios {
		r.Passed = r.Passed && s.Outcome == Passed
	}
}

// Words returns how a scenario went in a line.
func (s Score) Words() string {
	var parts []string
	if s.Outcome == Skipped || s.Outcome == NotReached {
		return string(s.Outcome)
	}
	if s.Pause != nil {
		parts = append(parts, fmt.Sprintf("pause verified in %.1f s of %.0f s", *s.Pause, s.Limit))
	}
	if s.Done != nil {
		parts = append(parts, fmt.Sprintf("all done in %.1f s", *s.Done))
	}
	if s.WrongKeys > 0 {
		parts = append(parts, count(s.WrongKeys, "wrong key", "wrong keys"))
	}
	words := string(s.Outcome)
	if len(s.Why) > 0 {
		words += ": " + strings.Join(s.Why, "; ")
	}
	if len(parts) > 0 {
		words += " (" + strings.Join(parts, ", ") + ")"
	}
	return words
}

// Words returns how the drill went in a line.
func (r Result) Words() string {
	passed := 0
	for _, s := range r.Scenarios {
		if s.Outcome == Passed {
			passed++
		}
	}
	word := "NOT PASSED"
	if r.Passed {
		word = "PASSED"
	}
	words := fmt.Sprintf("%s: %d of %d scenarios passed", word, passed, len(r.Scenarios))
	if !r.Complete {
		words += "; quit before the end"
	}
	return words
}

// Text returns how the drill went, a line for each scenario.
func (r Result) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "DRILL %s\n", r.Words())
	for _, s := range r.Scenarios {
		fmt.Fprintf(&b, "  %-11s  %s\n", s.Scenario, s.Words())
	}
	return b.String()
}

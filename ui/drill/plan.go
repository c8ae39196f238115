// Package drill runs the training scenarios one after another and measures how the
// operator did. What it measures is what the simulated space has seen, and when:
// which updates reached it, what it did, and when an answer to a later read first
// said so. Nothing of it is what the screen believed; only the keys that the
// screen refused are counted by the screen, for they never reach the space.
//
// A scenario is over when nothing is left to do, when its time is over, or when the
// operator quits it. Between two of them a page says how it went, and what comes
// next. The drill is passed when every scenario is.
package drill

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tapedeck/api/sim"
)

// lesson is what a drill makes of one scenario.
type lesson struct {
	scenario sim.Scenario
	limit    time.Duration // from when it is asked for to the verified pause, or to all that is asked for where that is no pause
	happens  string        // for the page before it
	todo     string        // for that page
	asks     string        // for the line at the top
	wait     string        // for that line, before anything is asked for
}

// after is how long a scenario goes on after its limit: time to find out what went
// wrong, and to resume.
const after = time.Minute

const (
	callerHappens = "The caller of client:pause-me asks for a pause. "
	callerTodo    = "Pause it until the pause is verified, then resume it. Touch no other recording."
	callerAsks    = "pause client:pause-me, then resume it"
)

// lessons are all scenarios, in the order in which they are drilled.
var lessons = []lesson{
	{
		scenario: "card", limit: 8 * time.Second,
		happens: "A call begins whose caller reads out a card number 8 s later, for 12 s: client:card-in-8-s.",
		todo:    "Pause it before the card, and resume it when the card has been read, before the call ends 50 s after it began.",
		asks:    "pause before the card, resume after it", wait: "a call is about to begin",
	},
	{
		scenario: "silent", limit: 20 * time.Second,
		happens: callerHappens + "Updates are done, but their answer never comes.",
		todo:    callerTodo, asks: callerAsks,
	},
	{
		scenario: "refused", limit: 45 * time.Second,
		happens: callerHappens + "In the 20 s after the first attempt a pause is refused with 503, and not done.",
		todo:    callerTodo + " It takes more than one attempt.", asks: callerAsks,
	},
	{
		scenario: "lie", limit: 45 * time.Second,
		happens: callerHappens + "In the 20 s after the first attempt an update is answered with 200, and not done.",
		todo:    callerTodo + " Trust no answer that no read has confirmed.", asks: callerAsks,
	},
	{
		scenario: "left-behind", limit: 45 * time.Second,
		happens: "The last shift has left a pause behind: one recording has been paused for 47 minutes.",
		todo:    "Resume it, and see it record again.", asks: "resume what was left paused",
	},
	{
		scenario: "siblings", limit: time.Minute,
		happens: "The call of client:twice has two recordings. The conference Fraud review is recorded, and so is the call of its participant client:in-review.",
		todo:    "Pause all four, see that nothing of either conversation is recorded, then resume all four.",
		asks:    "pause all 4 of both, then resume all 4",
	},
	{
		scenario: "mandated", limit: time.Minute,
		happens: "Recording is mandated (policy = evidence). The caller of client:pause-me asks for a pause, and the call of client:not-recorded is not recorded at all.",
		todo:    "Pause the one with silence, see it verified and resume it; start a recording of the other (NO REC; n starts). Stop nothing, skip nothing.",
		asks:    "pause one, resume it; start the other",
	},
	{
		scenario: "handover", limit: time.Minute,
		happens: "Your shift ends. Two recordings are paused, and the auto-resume of a third is to come in 20 s.",
		todo:    "Leave nothing paused: resume the two, and see to it that the third is resumed before you quit.",
		asks:    "leave nothing paused",
	},
}

// find returns the lesson of a scenario.
func find(name sim.Scenario) (lesson, error) {
	if i := slices.IndexFunc(lessons, func(l lesson) bool { return l.scenario == name }); i >= 0 {
		return lessons[i], nil
	}
	return lesson{}, fmt.Errorf("unknown scenario %q: one of %s", string(name), strings.Join(Names(), ", "))
}

// Names returns all scenarios, in the order in which they are drilled.
func Names() (names []string) {
	for _, l := range lessons {
		names = append(names, string(l.scenario))
	}
	return names
}

// Plan is which scenarios are drilled, and how. The zero value has none; take it
// from [NewPlan].
type Plan struct {
	Seed    uint64 // the same seed gives the same spaces
	lessons []lesson
}

// The shortest and the longest limit.
const (
	MinLimit = time.Second
	MaxLimit = 10 * time.Minute
)

// ErrLimit is that a limit cannot be used.
var ErrLimit = fmt.Errorf("a limit is [SCENARIO=]TIME, such as 10s or card=5s, from %s to %s", MinLimit, "10m")

// NewPlan returns the plan of some scenarios, in their order; of all where none
// is named. A limit is a time, for all, or a scenario, = and a time. The error says
// why one of them cannot be used, which is bad.
func NewPlan(seed uint64, scenarios, limits []string) (p Plan, bad string, err error) {
	p.Seed = seed
	if len(scenarios) == 0 {
		scenarios = Names()
	}
	for _, name := range scenarios {
		l, err := find(sim.Scenario(name))
		if err != nil {
			return p, name, err
		}
		p.lessons = append(p.lessons, l)
	}
	for _, limit := range limits {
		if err := p.limit(limit); err != nil {
			return p, limit, err
		}
	}
	return p, "", nil
}

// Help lists the scenarios with what happens in each, what is to be done, and the
// limit.
func Help() string {
	var b strings.Builder
	b.WriteString("Scenarios of the drill, in their order, each with its limit:\n")
	for _, l := range lessons {
		fmt.Fprintf(&b, "\n  %s, %.0f s\n    %s\n    %s\n", l.scenario, l.limit.Seconds(), l.happens, l.todo)
	}
	return b.String()
}

// limit sets a limit.
func (p *Plan) limit(s string) error {
	name, value, named := strings.Cut(s, "=")
	if !named {
		name, value = "", s
	}
	d, err := time.ParseDuration(value)
	if err != nil || d < MinLimit || d > MaxLimit {
		return ErrLimit
	}
	found := false
	for i := range p.lessons {
		if name == "" || name == string(p.lessons[i].scenario) {
			p.lessons[i].limit, found = d, true
		}
	}
	if !found {
		return errors.New("the drill has no scenario " + name)
	}
	return nil
}

// Scenarios returns the scenarios of the plan, in their order.
func (p Plan) Scenarios() (list []sim.Scenario) {
	for _, l := range p.lessons {
		list = append(list, l.scenario)
	}
	return list
}

package times

import (
	"strconv"
	"time"
)

// Step is the step in which clocks, ages and countdowns move where every byte
// counts.
const Step = 10 * time.Second

// Clocks says durations that change while they are shown. The zero value moves
// them each second.
type Clocks struct {
	// Slow is for connections on which every byte counts: ages and countdowns
	// move in steps of [Step], clocks of old recordings once a minute.
	Slow bool
}

// Clock returns a duration as [Clock] does; slow, from ten minutes on in whole
// minutes, as 12m, 2h41m or 4d 07h.
func (c Clocks) Clock(d time.Duration) string {
	if c.Slow {
		return minutes(d)
	}
	return Clock(d)
}

// InSteps returns an age as it is shown: slow, in steps.
func (c Clocks) InSteps(d time.Duration) time.Duration {
	if c.Slow {
		return d.Truncate(Step)
	}
	return d
}

// Countdown returns the time until something happens as [Clock] does; slow, it is
// rounded down to a step.
func (c Clocks) Countdown(d time.Duration) string { return Clock(c.InSteps(d)) }

// Age says how old data is, as 9s, <10s or 2:41, and what stands before that so
// that it is as wide at 9 s as at 10.
func (c Clocks) Age(age time.Duration) (before, words string) {
	switch {
	case age >= 100*time.Second:
		return "", c.Clock(age)
	case c.Slow && age < Step:
		return "", below(Step)
	case age < 10*time.Second:
		before = " "
	}
	return before, strconv.Itoa(int(c.InSteps(age)/time.Second)) + "s"
}

// Wait says how long it is until something happens, as 8s or <10s. Slow, that is
// counted from the last step of the clocks, so it is rounded down.
func (c Clocks) Wait(wait time.Duration) string {
	switch {
	case !c.Slow:
	case wait < Step:
		return below(Step)
	default:
		wait = wait.Truncate(Step)
	}
	return strconv.Itoa(int((wait+time.Second-1)/time.Second)) + "s"
}

func below(d time.Duration) string { return "<" + strconv.Itoa(int(d/time.Second)) + "s" }

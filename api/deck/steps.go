package deck

import (
	"time"

	"tapedeck/api/text"
)

// maxSteps is how many steps wait for one listener; of more, the oldest are
// dropped and counted.
const maxSteps = 10_000

// Step is something that the deck has done, for whoever streams or counts it.
// Of Progress, Refused, Poll and Timer one is set.
type Step struct {
	At       time.Time // local
	Progress *Progress // a request was taken, or has come further
	Refused  *Refused
	Poll     *Polled
	Timer    *TimerStep
	// Missed is how many steps before this one were dropped, for the listener
	// had taken none for too long.
	Missed int
}

// Refused is a request that was not taken: nothing was sent.
type Refused struct {
	Request Request
	Err     error // as [Deck.Do] returned it
}

// Polled is a poll that has ended.
type Polled struct {
	Took    time.Duration
	Err     error // why it failed, or why it is partial; nil otherwise
	Partial bool  // it read what it could; Err says what it could not
}

// TimerWhat is what became of an auto-resume.
type TimerWhat string

// What may become of one.
const (
	TimerSet      TimerWhat = "set"
	TimerCanceled TimerWhat = "canceled" // by a person; one whose pause has ended just ends
	TimerFired    TimerWhat = "fired"    // its resume is a request, which follows
	TimerFailed   TimerWhat = "failed"   // it was not done, and the pause alarms
)

// TimerStep is that an auto-resume was set, or is over.
type TimerStep struct {
	Recording text.Text
	Actor     Actor // who set it, or canceled it
	What      TimerWhat
	Until     time.Time // local time for which it was set; else zero
	Why       string    // it failed; else empty
}

// Steps returns a channel that has what the deck has done since it was last
// received from, in order, and what ends the subscription. Every request is in
// it, whoever made it, with each step until it is settled and on record. The
// deck never waits for a listener: one that is slow receives more at once.
func (d *Deck) Steps() (steps <-chan []Step, cancel func()) {
	ch := make(chan []Step, 1)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.listeners[ch] = struct{}{}
	return ch, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.listeners, ch)
	}
}

// tell adds a step for every listener, after those that they have not been told.
// The mutex must be held.
func (d *Deck) tell(s Step) {
	d.tellTaken()
	s.At = time.Now()
	d.pass(s)
}

// tellTaken tells every listener of the requests that were taken since. Whoever
// takes one does not: to wake a listener would be in the way of its POST. The
// mutex must be held.
func (d *Deck) tellTaken() {
	for _, p := range d.taken {
		d.pass(Step{At: p.Asked, Progress: p})
	}
	d.taken = nil
}

// pass adds a step for every listener. The mutex must be held.
func (d *Deck) pass(s Step) {
	if len(d.listeners) == 0 {
		return
	}
	for ch := range d.listeners {
		var waiting []Step
		select {
		case waiting = <-ch: // what was not taken yet
		default:
		}
		ch <- appendStep(waiting, s) // this is the only sender, under the mutex: it has room
	}
}

// appendStep appends a step, and drops the older half of too many.
func appendStep(list []Step, s Step) []Step {
	if len(list) >= maxSteps {
		dropped := len(list) / 2
		missed := dropped
		for _, old := range list[:dropped] {
			missed += old.Missed
		}
		list = append(make([]Step, 0, maxSteps), list[dropped:]...)
		list[0].Missed += missed
	}
	return append(list, s)
}

// refused tells that a request was not taken, and returns err.
func (d *Deck) refused(req Request, err error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tell(Step{Refused: &Refused{req, err}})
	return err
}

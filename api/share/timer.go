package share

import (
	"errors"
	"fmt"
	"time"

	"tapedeck/api/journal"
)

// TimerState is the state of an auto-resume. The empty one is none.
type TimerState string

// The states. A timer goes from one to the next in this order, or to failed or
// canceled; from claimed back to set when its holder gives it back.
const (
	TimerSet      TimerState = "set"
	TimerClaimed  TimerState = "claimed"  // a host is about to look whether it may fire
	TimerFiring   TimerState = "firing"   // a host may have sent the resume: no other does so
	TimerDone     TimerState = "done"     // the recording was resumed
	TimerFailed   TimerState = "failed"   // it was not resumed in time, or nobody can tell
	TimerCanceled TimerState = "canceled" // by a person
)

// Over reports whether nothing more comes of it.
func (s TimerState) Over() bool {
	return s == "" || s == TimerDone || s == TimerFailed || s == TimerCanceled
}

// The times of an auto-resume.
const (
	// FireWindow is how long a holder trusts its claim, by its monotonic clock
	// from before it asked for it.
	FireWindow = 3 * time.Second
	// TakeOver is how long after another host has heard of a claim it may take
	// it over. It is longer than FireWindow, as that began earlier.
	TakeOver = 4 * time.Second
	// MaxLate is how late an auto-resume is still fired, by the space's clock.
	MaxLate = 10 * time.Second
	// Settles is how long after it has heard of one that fires another host may
	// say what became of it.
	Settles = 15 * time.Second
)

// Why an auto-resume is not moved on; test with errors.Is.
var (
	ErrNoTimer = errors.New("there is no auto-resume")
	ErrEarly   = errors.New("it is not due yet")
	ErrLate    = fmt.Errorf("it is more than %.0f s late", MaxLate.Seconds())
	ErrHeld    = errors.New("another host has claimed it")
	ErrWindow  = errors.New("the claim is too old to be trusted")
	ErrFiring  = errors.New("it may have fired")
	ErrFired   = errors.New("it has fired")
	ErrNotOurs = errors.New("this host has not claimed it")
)

// ConflictError says that an auto-resume is not in the state any more that the
// caller knew.
type ConflictError struct{ Now Timer }

// Error says in which state it is.
func (e *ConflictError) Error() string {
	if e.Now.State == "" {
		return "the auto-resume is not there any more"
	}
	return fmt.Sprintf("the auto-resume is %s by now, by host %s", e.Now.State, e.Now.Host)
}

// Setting is an auto-resume that is to be set.
type Setting struct {
	Pause time.Time   // date_updated of the pause that it is to end
	At    time.Time   // when it was asked for, the space's clock
	Due   time.Time   // the space's clock
	Actor journal.Who // who asked for it
	// Local: this host alone holds it, and no other fires it or knows of it. It
	// is for when the server is away and the person wants it all the same.
	Local bool
}

// Timer is the state of an auto-resume.
type Timer struct {
	Key
	State TimerState // empty for none
	ID    string     // of this auto-resume, unique; it stays until it is set anew
	Setting
	SetBy    string // the host that set it
	Host     string // the host that brought it into this state
	Instance string // the process of that host
	Outcome  string // of one that is done
	Why      string // of one that has failed
	By       string // of one that was canceled: the name of who did
	Seq      uint64 // its fencing number; 0 for none
	// Foreign: a newer tapedeck wrote the state, and nothing but Key, Host and
	// Seq is known.
	Foreign bool

	write string    // of this state, unique: whose write it was
	seen  time.Time // when it was heard of here; local, monotonic
	began time.Time // of a claim of this process: before it was asked for; local, monotonic
	given bool      // the mover has given it back, and did not set it
}

// FireBy returns until when the one who fires it may begin to send the resume:
// local time. It is zero for a claim that is not of this process.
func (t Timer) FireBy() time.Time {
	if t.began.IsZero() {
		return time.Time{}
	}
	return t.began.Add(FireWindow)
}

// Seen returns when this process heard of the state: local, monotonic.
func (t Timer) Seen() time.Time { return t.seen }

// mover is who moves a timer, and when.
type mover struct {
	host, instance string
	now            time.Time // local, monotonic
}

// same reports whether the state is by the process that moves it.
func (m mover) same(t Timer) bool { return t.Host == m.host && t.Instance == m.instance }

// by returns the timer in another state, by the mover.
func (m mover) by(t Timer, s TimerState) Timer {
	t.State, t.Host, t.Instance = s, m.host, m.instance
	t.Outcome, t.Why, t.By = "", "", ""
	t.began, t.given = time.Time{}, false
	return t
}

// The functions below are all that ever moves a timer: each returns the state
// that follows on t, or why there is none. None of them waits or looks at a clock.

// set sets one in place of t.
func (m mover) set(t Timer, s Setting, id string) (Timer, error) {
	switch {
	case t.Foreign:
		return t, ErrForeign
	case t.State == TimerFiring:
		return t, ErrFiring
	}
	next := m.by(t, TimerSet)
	next.Setting, next.ID, next.SetBy = s, id, m.host
	return next, nil
}

// open returns why an auto-resume is neither set nor claimed.
func (t Timer) open() error {
	switch {
	case t.Foreign:
		return ErrForeign
	case t.State == TimerFiring:
		return ErrFiring
	case t.State == TimerDone:
		return ErrFired
	case t.State.Over():
		return ErrNoTimer
	}
	return nil
}

// claim takes one that is due.
func (m mover) claim(t Timer, space time.Time) (Timer, error) {
	switch err := t.open(); {
	case err != nil:
		return t, err
	case space.Before(t.Due):
		return t, ErrEarly
	case space.Sub(t.Due) > MaxLate:
		return t, ErrLate
	case t.State == TimerClaimed && m.now.Sub(t.seen) < TakeOver:
		return t, ErrHeld
	}
	next := m.by(t, TimerClaimed)
	next.began = m.now
	return next, nil
}

// fire begins with it.
func (m mover) fire(t Timer) (Timer, error) {
	switch {
	case t.Foreign:
		return t, ErrForeign
	case t.State != TimerClaimed || !m.same(t) || t.began.IsZero():
		return t, ErrNotOurs
	case m.now.Sub(t.began) >= FireWindow:
		return t, ErrWindow
	}
	next := m.by(t, TimerFiring)
	next.began = t.began
	return next, nil
}

// finish says that it was done.
func (m mover) finish(t Timer, outcome string) (Timer, error) {
	if err := m.settles(t); err != nil {
		return t, err
	}
	next := m.by(t, TimerDone)
	next.Outcome = outcome
	return next, nil
}

// settles returns why the mover may not say what became of one that fires.
func (m mover) settles(t Timer) error {
	switch {
	case t.Foreign:
		return ErrForeign
	case t.State.Over():
		return ErrNoTimer
	case t.State != TimerFiring:
		return ErrNotOurs
	case !m.same(t) && m.now.Sub(t.seen) < Settles:
		return ErrHeld
	}
	return nil
}

// fail says that it was not done.
func (m mover) fail(t Timer, space time.Time, why string) (Timer, error) {
	late := !t.Due.IsZero() && space.Sub(t.Due) > MaxLate
	switch {
	case t.Foreign:
		return t, ErrForeign
	case t.State.Over():
		return t, ErrNoTimer
	case t.State == TimerFiring:
		if err := m.settles(t); err != nil {
			return t, err
		}
	case t.State == TimerClaimed && m.same(t): // its holder may
	case !late:
		return t, ErrEarly
	}
	next := m.by(t, TimerFailed)
	next.Why = why
	return next, nil
}

// cancel cancels it.
func (m mover) cancel(t Timer, by string) (Timer, error) {
	if err := t.open(); err != nil {
		return t, err
	}
	next := m.by(t, TimerCanceled)
	next.By = by
	return next, nil
}

// release gives a claim back.
func (m mover) release(t Timer) (Timer, error) {
	switch {
	case t.Foreign:
		return t, ErrForeign
	case t.State != TimerClaimed || !m.same(t):
		return t, ErrNotOurs
	}
	next := m.by(t, TimerSet)
	next.given = true
	return next, nil
}

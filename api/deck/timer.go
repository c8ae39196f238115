package deck

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tapedeck/api"
	"tapedeck/api/crash"
	"tapedeck/api/journal"
	"tapedeck/api/text"
)

// MaxResumeAfter is the longest auto-resume.
const MaxResumeAfter = 15 * time.Minute

// Timer is an auto-resume: a resume that the deck does by itself, because the
// one who paused asked for it. The zero value is none.
type Timer struct {
	At    time.Time // local time of the resume, without a monotonic reading; zero when it is over
	Actor string    // the name of who asked for it
	// Err is why it did not happen, for which the pause alarms; empty while it
	// runs.
	Err string
	// Local: this host alone carries it out, though there are others.
	Local bool
}

// IsZero reports whether there is no timer and none has failed.
func (t Timer) IsZero() bool { return t == Timer{} }

// autoResume is an auto-resume that runs.
type autoResume struct {
	timer   *time.Timer   // of the next look, one a second
	actor   Actor         // who asked for it
	set     time.Time     // local time when it was set
	server  time.Time     // the same by the server's clock
	after   time.Duration // from then
	updated time.Time     // date_updated of the pause that it is to end
}

// SetTimer sets when a paused recording is resumed by the deck, or changes it;
// 0 takes the timer away. The error wraps [ErrReadOnly] or [ErrNotFound], or
// says why it can't be.
//
// Where other hosts share the timers, any of them may carry it out. Then it waits
// for the server that they share, up to [share.Patience], and the error may wrap
// [share.ErrAway], or say that it was set or canceled too late. With local it is
// this deck's alone.
func (d *Deck) SetTimer(of Key, actor Actor, after time.Duration, local bool) error {
	err := d.trySetTimer(of, actor, after, local)
	switch {
	case err != nil && after == 0:
		return fmt.Errorf("cancel the auto-resume of %s: %w", of.SID, err)
	case err != nil:
		return fmt.Errorf("resume %s after %s: %w", of.SID, after, err)
	}
	return nil
}

func (d *Deck) trySetTimer(of Key, actor Actor, after time.Duration, local bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	e, err := d.paused(of.SID)
	switch {
	case d.config.ReadOnly:
		return ErrReadOnly
	case d.closed:
		return ErrClosed
	case err != nil:
		return err
	case after < 0 || after > MaxResumeAfter:
		return fmt.Errorf("it is between 0 and %s", MaxResumeAfter)
	case d.sh == nil:
	case local && after > 0:
		err = d.sh.refuseLocal(e)
	case after > 0 || e.auto == nil: // one that is not known here may still be there
		want := d.sh.setting(e, actor, after)
		d.mu.Unlock()
		defer d.mu.Lock()
		return d.sh.set(of, actor, after, want)
	}
	if err != nil {
		return err
	}
	d.setTimer(e, actor, after)
	d.publish()
	if after == 0 {
		d.timerStep(e, actor, TimerCanceled, "")
	} else {
		d.timerStep(e, actor, TimerSet, "")
	}
	return nil
}

// setTimer starts, moves or ends the timer of an entry. The mutex must be held.
func (d *Deck) setTimer(e *entry, actor Actor, after time.Duration) {
	d.clearTimer(e)
	if after <= 0 {
		return
	}
	now := time.Now()
	auto := &autoResume{actor: actor, updated: e.view.Updated, set: now, server: d.serverTime(now), after: after}
	auto.timer = time.AfterFunc(min(after, time.Second), func() { defer crash.Guard(); d.tick(e, auto) })
	e.auto, e.whose().timed = auto, actor
	e.change(func(r *Recording) { r.Timer = Timer{At: wall(now).Add(after), Actor: actor.Name(), Local: d.sh != nil} })
}

// left returns how long an auto-resume still runs at the local time now, less
// than 0 when it is late: by the monotonic clock, and by the server's, which
// goes on while the machine sleeps, once an answer since has told of it. The
// mutex must be held.
func (d *Deck) left(auto *autoResume, now time.Time) time.Duration {
	left := auto.after - now.Sub(auto.set)
	server := auto.after - d.serverTime(now).Sub(auto.server)
	if server < left-maxDrift && stepped(d.clock.at, now).Abs() <= maxDrift {
		return server
	}
	return left
}

// tick looks whether the time of an auto-resume has come. One that is late is
// not done: who asked for it counts on another time, so it alarms.
func (d *Deck) tick(e *entry, auto *autoResume) {
	now := time.Now()
	d.mu.Lock()
	if e.auto != auto || d.closed {
		d.mu.Unlock()
		return
	}
	left := d.left(auto, now)
	if left > 0 {
		if at := wall(now).Add(left); at.Sub(e.view.Timer.At).Abs() > maxDrift { // a clock was set
			e.change(func(r *Recording) { r.Timer.At = at })
			d.publish()
		}
		auto.timer.Reset(min(left, time.Second))
		d.mu.Unlock()
		return
	}
	if -left > maxTimerLate {
		e.auto = nil
		d.mu.Unlock()
		d.timerFailed(e, auto.actor, fmt.Sprintf("its time came %.0f s ago, while this machine slept or its clock was set", -left.Seconds()))
		return
	}
	d.mu.Unlock()
	d.autoResume(e, auto)
}

// dropTimer ends the timer of an entry, for the deck ends; see [Deck.Kept]. The
// mutex must be held.
func (d *Deck) dropTimer(e *entry) {
	var dropped *KeptTimer
	switch t := e.view.Timer; {
	case t.Err != "":
		dropped = &KeptTimer{Actor: e.whose().timed, Err: t.Err}
	case e.auto != nil, e.resuming:
		dropped = &KeptTimer{Actor: e.whose().timed, At: d.serverTime(t.At)}
	}
	d.clearTimer(e)
	e.dropped = dropped
}

// clearTimer ends the timer of an entry, and forgets that one failed. The
// mutex must be held.
func (d *Deck) clearTimer(e *entry) {
	e.dropped = nil
	if e.auto != nil {
		e.auto.timer.Stop()
		e.auto = nil
	}
	if !e.view.Timer.IsZero() {
		e.change(func(r *Recording) { r.Timer = Timer{} })
	}
}

// Timers returns the recordings with an auto-resume that runs, or is being done.
func (d *Deck) Timers() (list []*Recording) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.order {
		if e.auto != nil || e.resuming {
			list = append(list, e.view)
		}
	}
	if d.sh != nil {
		list = append(list, d.sh.timersOfOurs()...)
	}
	return list
}

// autoResume resumes a recording whose time has come: only when the data is live and
// a read shows the very pause that the timer was set for. Else it alarms.
func (d *Deck) autoResume(e *entry, auto *autoResume) {
	d.mu.Lock()
	if e.auto != auto || d.closed {
		d.mu.Unlock()
		return
	}
	d.updates.Add(1)
	defer d.updates.Done()
	e.auto, e.resuming = nil, true
	defer d.autoResumed(e)
	actor, sid := auto.actor, e.view.SID
	phase, busy, u := d.health.Phase(time.Now()), e.busy(), e.update
	d.mu.Unlock()

	fail := func(why string) { d.timerFailed(e, actor, why) }
	switch {
	case phase != Live && !(busy && u.req.Update.Status == api.InProgress):
		fail("tapedeck could not see the recordings when its time came")
		return
	case busy && u.req.Update.Status == api.InProgress:
		d.resumedByHand(u, fail)
		return
	case busy:
		fail("another update was under way when its time came")
		return
	}
	why, ok := d.stillTheSame(sid, auto)
	if why != "" {
		fail(why)
	}
	if !ok {
		return
	}
	d.mu.Lock()
	d.tell(Step{Timer: &TimerStep{Recording: sid, Actor: actor, What: TimerFired}})
	d.mu.Unlock()
	p, err := d.Do(context.Background(), Request{
		SID: sid, Actor: actor, Seen: api.Paused, ByTimer: true, Update: api.Update{Status: api.InProgress},
	})
	busyErr, isBusy := errors.AsType[*BusyError](err)
	switch {
	case isBusy && busyErr.Progress.Request.Update.Status == api.InProgress:
		d.mu.Lock()
		u = e.update
		d.mu.Unlock()
		d.resumedByHand(u, fail)
	case err != nil:
		fail(err.Error())
	case p.Outcome != Verified && p.Outcome != Accepted:
		fail("the resume is " + string(p.Outcome))
	}
}

// resumedByHand waits for a resume that was under way when the auto-resume was
// due, which then has nothing to do, unless that resume was not done.
func (d *Deck) resumedByHand(u *update, fail func(why string)) {
	<-u.done
	if p := u.progress(); p.Outcome != Verified && p.Outcome != Accepted {
		fail("a resume was under way when its time came, and is " + string(p.Outcome))
	}
}

// autoResumed notes that an auto-resume has been done, or not, and tells who waits.
func (d *Deck) autoResumed(e *entry) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e.resuming = false
	d.publish()
}

// stillTheSame reads the recording, and reports whether it is in the pause
// that the timer was set for. When it is not paused any more, the timer has
// nothing to do; when it was changed in between, why says so.
func (d *Deck) stillTheSame(sid text.Text, auto *autoResume) (why string, ok bool) {
	ctx, cancel := context.WithTimeout(d.closing, verifyRead)
	defer cancel()
	rec, x, err := d.client.Recording(ctx, sid)
	if err != nil {
		return "it could not be read when its time came: " + api.Reason(err), false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.apply(rec, x.Began, time.Now()) {
		d.publish()
	}
	switch {
	case rec.Status != api.Paused:
		return "", false
	case !rec.Updated.Equal(auto.updated):
		return "it was changed since it was paused", false
	}
	return "", true
}

// timerFailed makes the pause alarm, for its auto-resume did not happen.
func (d *Deck) timerFailed(e *entry, actor Actor, why string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !e.view.Paused() {
		return
	}
	d.timerLost(e, actor, why)
	d.publish()
}

// timerLost is timerFailed for a pause that lasts, without publishing. The
// mutex must be held.
func (d *Deck) timerLost(e *entry, actor Actor, why string) {
	e.whose().timed = actor
	e.change(func(r *Recording) { r.Timer = Timer{Actor: actor.Name(), Err: why} })
	d.timerStep(e, actor, TimerFailed, why)
}

// timerStep puts on record what became of an auto-resume, and tells it. The
// mutex must be held.
func (d *Deck) timerStep(e *entry, actor Actor, what TimerWhat, why string) {
	s := &TimerStep{Recording: e.view.SID, Actor: actor, What: what, Until: e.view.Timer.At, Why: why}
	d.tell(Step{Timer: s})
	switch what {
	case TimerSet, TimerCanceled:
		d.noteEntry(e, journal.Timer, actor, "auto-resume "+string(what), s.Until)
	case TimerFailed:
		d.noteEntry(e, journal.Timer, actor, "auto-resume not done: "+why, s.Until)
	}
}

package deck

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tapedeck/api"
	"tapedeck/api/crash"
	"tapedeck/api/share"
	"tapedeck/api/text"
)

const (
	// maxMoves is how many auto-resumes are being carried out, or looked at, at one
	// time.
	maxMoves = 32
	// retryAfter is how long an auto-resume is left alone that could not be moved.
	retryAfter = time.Second
)

// attend looks after the auto-resumes of all hosts until ctx ends. Each is moved in
// the background; see [shared.next].
func (s *shared) attend(ctx context.Context) {
	for ctx.Err() == nil {
		var look <-chan time.Time
		if wait := s.moveAll(); wait >= 0 {
			look = time.After(wait)
		}
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-look:
		}
	}
}

// moveAll moves what is to be moved now, and returns when to look again; less than
// 0 for never.
func (s *shared) moveAll() (wait time.Duration) {
	d := s.deck
	d.mu.Lock()
	defer d.mu.Unlock()
	wait = -1
	if d.closed {
		return wait
	}
	moving, changed, now := 0, false, time.Now()
	for _, st := range s.timers {
		if st.busy {
			moving++
		}
	}
	for sid, st := range s.timers {
		if e := d.find(sid); e != nil {
			before := e.view
			s.showTimer(e) // a clock may have been set
			changed = changed || e.view != before
		}
		do, next := s.next(sid, st, now)
		if do != nil && moving < maxMoves {
			moving++
			st.busy = true
			d.updates.Add(1)
			go func() {
				defer crash.Guard()
				defer d.updates.Done()
				do()
				d.mu.Lock()
				defer d.mu.Unlock()
				if now := s.timers[sid]; now != nil {
					now.busy = false
				}
				st.busy = false
				s.nudge()
			}()
			continue
		}
		if do != nil {
			next = 20 * time.Millisecond // a place is free soon
		}
		if next >= 0 && (wait < 0 || next < wait) {
			wait = next
		}
	}
	if changed {
		d.publish()
	}
	if wait > time.Second {
		wait = time.Second // for clocks that are set
	}
	return wait
}

// next returns what this deck has to do about an auto-resume at the local time now;
// else when to look again, less than 0 for not before something is heard. The mutex
// must be held.
func (s *shared) next(sid text.Text, st *sharedTimer, now time.Time) (do func(), wait time.Duration) {
	t := st.Timer
	switch {
	case st.busy, st.over(), st.Foreign:
		return nil, -1
	case now.Before(st.retry):
		return nil, st.retry.Sub(now)
	case st.State == share.TimerFiring && st.settle != nil:
		return func() { s.settleOwn(sid, t) }, 0
	case st.State == share.TimerFiring:
		if left := st.heard.Add(share.Settles).Sub(now); left > 0 {
			return nil, left
		}
		return func() { s.readBack(sid, t) }, 0
	}
	space, sure := s.deck.spaceNow(now)
	late := t.Due.Add(share.MaxLate)
	switch e := s.deck.find(sid); {
	case !sure:
		return nil, time.Second
	case e != nil && s.pauseOver(e, st):
		if !s.state.Connected {
			return nil, time.Second
		}
		return func() { s.endWithPause(sid, t) }, 0
	case space.After(late) && (st.lost == "" || s.state.Connected):
		return func() { s.tooLate(sid, t) }, 0
	case space.After(late):
		return nil, time.Second
	case !s.state.Connected:
		return nil, late.Sub(space) + time.Millisecond
	}
	due := t.Due
	if h := s.hosts[t.SetBy]; t.SetBy != s.store.Host() && !h.Gone && t.Host == t.SetBy {
		due = due.Add(othersWait)
	}
	if t.State == share.TimerClaimed {
		if until := st.heard.Add(share.TakeOver + 10*time.Millisecond).Sub(now); until > 0 {
			return nil, until
		}
	}
	switch {
	case space.Before(due):
		return nil, due.Sub(space)
	case s.deck.config.ReadOnly, s.deck.health.Phase(now) != Live:
		return nil, 100 * time.Millisecond // another host may, or it gets too late
	}
	return func() { s.fire(sid, t) }, 0
}

// pauseOver reports whether the pause that an auto-resume is to end is known to be
// over: the API shows a later change, or a look that began long enough after it was
// set shows something else. The mutex must be held.
func (s *shared) pauseOver(e *entry, st *sharedTimer) bool {
	switch {
	case e.view.Paused():
		return false // if it is another pause, that is found when its time comes
	case !e.view.Active(), e.view.Updated.After(st.Pause) && !st.Pause.IsZero():
		return true
	}
	return s.deck.serverTime(e.read).After(st.At.Add(lagWindow))
}

// moved notes the state that an auto-resume was moved to, or why it was not.
func (s *shared) moved(sid text.Text, t share.Timer, err error) {
	s.deck.mu.Lock()
	defer s.deck.mu.Unlock()
	if conflict, ok := errors.AsType[*share.ConflictError](err); ok {
		t = conflict.Now
	} else if err != nil {
		if st := s.timers[sid]; st != nil {
			st.retry = time.Now().Add(retryAfter)
		}
		return
	}
	if st := s.timers[sid]; st != nil && t.State != "" && (t.Seq > st.Seq || t.ID != st.ID) {
		s.takeTimer(sid, t).busy = true
		if e := s.deck.find(sid); e != nil {
			s.showTimer(e)
			s.publishSoon()
		}
	}
}

// again has an auto-resume left alone for a moment, and says why.
func (s *shared) again(sid text.Text, why string) {
	s.deck.mu.Lock()
	defer s.deck.mu.Unlock()
	if st := s.timers[sid]; st != nil {
		if st.retry = time.Now().Add(retryAfter); why != "" {
			st.why = why
		}
	}
}

// endWithPause cancels an auto-resume whose pause has ended otherwise.
func (s *shared) endWithPause(sid text.Text, t share.Timer) {
	ctx, cancel := context.WithTimeout(s.deck.closing, share.Patience)
	defer cancel()
	t, err := s.store.CancelTimer(ctx, t.Key, Actor{Actor: "tapedeck: its pause has ended"})
	if errors.Is(err, share.ErrNoTimer) || errors.Is(err, share.ErrFired) || errors.Is(err, share.ErrFiring) {
		err = &share.ConflictError{Now: t}
	}
	s.moved(sid, t, err)
}

// seenTimer is what a fresh read of a recording says of its auto-resume.
type seenTimer struct {
	err   error
	ended bool // it is not paused any more
	other bool // it is paused, and was changed since
	space time.Time
	sure  bool
}

// read reads a recording for its auto-resume.
func (s *shared) read(ctx context.Context, sid text.Text, t share.Timer) (out seenTimer) {
	d := s.deck
	rec, x, err := d.client.Recording(ctx, sid)
	d.mu.Lock()
	defer d.mu.Unlock()
	out.space, out.sure = d.spaceNow(time.Now())
	switch {
	case errors.Is(err, api.ErrNotFound), errors.Is(err, api.ErrSID):
		out.ended = true
		return out
	case err != nil:
		out.err = err
		return out
	}
	if d.apply(rec, x.Began, time.Now()) {
		d.publish()
	}
	out.ended = rec.Status != api.Paused
	out.other = !out.ended && !rec.Updated.Equal(t.Pause) && !(rec.Updated.IsZero() || t.Pause.IsZero())
	return out
}

// fire carries an auto-resume out whose time has come: it claims it, looks whether
// the recording is in the very same pause, says that it is about to resume it, and
// resumes it. At each step another host may be the one that does it.
func (s *shared) fire(sid text.Text, t share.Timer) {
	d := s.deck
	d.mu.Lock()
	space, sure := d.spaceNow(time.Now())
	d.mu.Unlock()
	if !sure {
		s.again(sid, "the clock of the space is not known")
		return
	}
	t, err := s.store.Claim(d.closing, t, space)
	s.moved(sid, t, err)
	if err != nil {
		return
	}
	if !s.mayFire(sid, t) {
		return
	}
	ctx, cancel := context.WithDeadline(d.closing, t.FireBy())
	fired, err := s.store.Fire(ctx, t)
	cancel()
	s.moved(sid, fired, err)
	if err != nil {
		return
	}
	s.resume(sid, fired)
}

// mayFire looks whether a recording is to be resumed by the auto-resume that this
// deck has claimed. If not, the claim is given back, or the auto-resume is over.
func (s *shared) mayFire(sid text.Text, t share.Timer) bool {
	d := s.deck
	ctx, cancel := context.WithDeadline(d.closing, t.FireBy())
	defer cancel()
	seen := s.read(ctx, sid, t)
	d.mu.Lock()
	e := d.find(sid)
	busy := e != nil && e.busy()
	var u *update
	if busy {
		u = e.update
	}
	d.mu.Unlock()
	switch {
	case seen.err != nil, ctx.Err() != nil, !seen.sure, seen.space.Before(t.Due.Add(-maxDrift)):
		why := "the clock of the space was set"
		if seen.err != nil {
			why = "it could not be read when its time came: " + api.Reason(seen.err)
		}
		s.release(sid, t, why)
	case seen.ended:
		s.endWithPause(sid, t)
	case busy && u.req.Update.Status == api.InProgress:
		s.byHand(ctx, sid, t, u)
	case busy:
		s.fail(sid, t, "another update was under way when its time came")
	case seen.other:
		s.fail(sid, t, "it was changed since it was paused")
	case seen.space.Sub(t.Due) > share.MaxLate:
		s.fail(sid, t, lateBy(seen.space.Sub(t.Due), ""))
	default:
		return true
	}
	return false
}

// byHand waits for a resume that was under way when an auto-resume was due, which
// then has nothing to do, unless that resume was not done.
func (s *shared) byHand(ctx context.Context, sid text.Text, t share.Timer, u *update) {
	select {
	case <-u.done:
		if p := u.progress(); p.Outcome != Verified && p.Outcome != Accepted {
			s.fail(sid, t, "a resume was under way when its time came, and is "+string(p.Outcome))
			return
		}
	case <-ctx.Done():
	}
	s.endWithPause(sid, t)
	<-u.done
	if p := u.progress(); p.Outcome != Verified && p.Outcome != Accepted {
		s.lose(sid, t, "a resume was under way when its time came, and is "+string(p.Outcome))
	}
}

// release gives a claim back, so that another host may carry the auto-resume out.
func (s *shared) release(sid text.Text, t share.Timer, why string) {
	s.again(sid, why)
	ctx, cancel := context.WithTimeout(context.Background(), share.Patience)
	defer cancel()
	t, err := s.store.Release(ctx, t)
	s.moved(sid, t, err)
	s.again(sid, why)
}

// resume sends the resume of an auto-resume that this deck fires, and says what
// became of it.
func (s *shared) resume(sid text.Text, t share.Timer) {
	d := s.deck
	d.mu.Lock()
	who := Actor{}
	if st := s.timers[sid]; st != nil && st.ID == t.ID {
		who = s.who(st)
	}
	latest := t.FireBy()
	if space, _ := d.spaceNow(time.Now()); true {
		if left := t.Due.Add(share.MaxLate).Sub(space); left < time.Until(latest) {
			latest = time.Now().Add(left)
		}
	}
	d.tell(Step{Timer: &TimerStep{Recording: sid, Actor: who, What: TimerFired}})
	d.mu.Unlock()
	p, err := d.doBefore(Request{
		SID: sid, Actor: who, Seen: api.Paused, ByTimer: true, Update: api.Update{Status: api.InProgress},
	}, latest)
	settle := func(ctx context.Context, t share.Timer) error {
		_, err := s.store.Finish(ctx, t, string(p.Outcome))
		return err
	}
	if why := notResumed(p, err); why != "" {
		settle = func(ctx context.Context, t share.Timer) error { return s.failNow(ctx, sid, t, why) }
	}
	d.mu.Lock()
	if st := s.timers[sid]; st != nil && st.ID == t.ID {
		st.settle = settle
	}
	d.mu.Unlock()
	s.settleOwn(sid, t)
}

// notResumed says why a resume by an auto-resume was not done, or may not have been;
// empty when it was.
func notResumed(p Progress, err error) string {
	switch {
	case err != nil:
		return err.Error()
	case p.Outcome == Verified || p.Outcome == Accepted:
		return ""
	case p.Outcome == Failed && p.Err != nil:
		return "the resume has failed: " + Reason(p.Err)
	}
	return "the resume is " + string(p.Outcome)
}

// settleOwn says what became of an auto-resume that this deck has fired. Where it
// cannot be said now, it is tried again.
func (s *shared) settleOwn(sid text.Text, t share.Timer) {
	d := s.deck
	d.mu.Lock()
	st := s.timers[sid]
	if st == nil || st.ID != t.ID || st.settle == nil {
		d.mu.Unlock()
		return
	}
	settle, seq := st.settle, st.Seq
	t = st.Timer
	d.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), share.Patience)
	defer cancel()
	err := settle(ctx, t)
	_, conflict := errors.AsType[*share.ConflictError](err)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == nil || conflict || errors.Is(err, share.ErrNoTimer) {
		st.settle = nil
	}
	if st.settle != nil || st.Seq == seq { // else it was heard of meanwhile
		st.retry = time.Now().Add(retryAfter)
	}
}

// fail says that an auto-resume that this deck has claimed was not carried out.
func (s *shared) fail(sid text.Text, t share.Timer, why string) {
	ctx, cancel := context.WithTimeout(context.Background(), share.Patience)
	defer cancel()
	if err := s.failNow(ctx, sid, t, why); err != nil {
		s.moved(sid, t, err)
	}
}

// failNow says to all hosts that an auto-resume was not done, so that the pause
// alarms there, and puts it on record here.
func (s *shared) failNow(ctx context.Context, sid text.Text, t share.Timer, why string) error {
	d := s.deck
	d.mu.Lock()
	space, _ := d.spaceNow(time.Now())
	d.mu.Unlock()
	t, err := s.store.Fail(ctx, t, space, why)
	if err != nil {
		return err
	}
	s.moved(sid, t, nil)
	d.mu.Lock()
	defer d.mu.Unlock()
	s.noteFailed(sid, t.ID, why)
	return nil
}

// noteFailed puts on record, once, that an auto-resume was not done. The mutex must
// be held.
func (s *shared) noteFailed(sid text.Text, id, why string) {
	st, e := s.timers[sid], s.deck.find(sid)
	if st == nil || st.ID != id || st.noted || e == nil {
		return
	}
	st.noted = true
	s.deck.timerStep(e, s.who(st), TimerFailed, why)
	s.publishSoon()
}

// lose has a pause alarm here for an auto-resume that others may know more of.
func (s *shared) lose(sid text.Text, t share.Timer, why string) {
	d := s.deck
	d.mu.Lock()
	defer d.mu.Unlock()
	st, e := s.timers[sid], d.find(sid)
	if st == nil || st.ID != t.ID || e == nil || !s.fitsTimer(e, st) {
		return
	}
	st.lost = why
	s.showTimer(e)
	s.noteFailed(sid, t.ID, why)
	d.publish()
}

func lateBy(late time.Duration, why string) string {
	if why != "" {
		why = "; the last try here: " + why
	}
	return fmt.Sprintf("its time came %.0f s ago, and no host has resumed it%s", late.Seconds(), why)
}

// tooLate ends an auto-resume that nobody has carried out in time: the pause alarms,
// unless it has ended. While the others cannot be heard it alarms here.
func (s *shared) tooLate(sid text.Text, t share.Timer) {
	d := s.deck
	ctx, cancel := context.WithTimeout(d.closing, verifyRead)
	seen := s.read(ctx, sid, t)
	cancel()
	d.mu.Lock()
	connected, why := s.state.Connected, ""
	if st := s.timers[sid]; st != nil {
		why = st.why
	}
	d.mu.Unlock()
	late := seen.space.Sub(t.Due)
	switch {
	case d.closing.Err() != nil:
	case seen.ended && connected:
		s.endWithPause(sid, t)
	case seen.ended:
		s.again(sid, "")
	case connected:
		s.fail(sid, t, lateBy(late, why))
	default:
		s.lose(sid, t, fmt.Sprintf("its time came %.0f s ago while the shared server was away: whether another host resumes it is not known", late.Seconds()))
		s.again(sid, "")
	}
}

// readBack finds out by the API what became of an auto-resume of which the host that
// has fired it says nothing more. It is never fired again: doubt alarms.
func (s *shared) readBack(sid text.Text, t share.Timer) {
	d := s.deck
	ctx, cancel := context.WithTimeout(d.closing, share.Patience)
	defer cancel()
	seen := s.read(ctx, sid, t)
	doubt := fmt.Sprintf("%s was about to resume it and says nothing more", clean(t.Host))
	var err error
	switch {
	case seen.err != nil:
		s.lose(sid, t, doubt+", and it could not be read: "+api.Reason(seen.err))
		s.again(sid, "")
		return
	case seen.ended, seen.other:
		t, err = s.store.Finish(ctx, t, "seen by "+s.store.Host())
		s.moved(sid, t, err)
	default:
		if err = s.failNow(ctx, sid, t, doubt+"; it is still paused"); err != nil {
			s.lose(sid, t, doubt+"; it is still paused")
			s.moved(sid, t, err)
		}
	}
}

package deck

import (
	"context"
	"errors"
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
	space, _ := d.spaceNow(time.Now())
	if left := t.Due.Add(share.MaxLate).Sub(space); left < time.Until(latest) {
		latest = time.Now().Add(left)
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

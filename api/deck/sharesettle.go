package deck

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tapedeck/api"
	"tapedeck/api/share"
	"tapedeck/api/text"
)

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

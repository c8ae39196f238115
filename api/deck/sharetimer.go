package deck

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tapedeck/api/crash"
	"tapedeck/api/journal"
	"tapedeck/api/share"
	"tapedeck/api/text"
)

// sharedTimer is an auto-resume that any of the hosts may carry out. The deck's
// mutex guards it.
type sharedTimer struct {
	share.Timer
	setBy string    // the host that set it, as far as that host's own word is known; else who moved it first
	heard time.Time // local: when its state was heard of
	busy  bool      // it is being moved, or looked at, by this deck
	retry time.Time // local: it is left alone until then
	why   string    // why it could not be carried out the last time
	lost  string    // why it alarms here though the others do not know yet
	noted bool      // its failure is on record here
	quiet bool      // its failure is not shown any more
	// settle says what became of one that this deck has fired, until it is known to
	// be said; nil for nothing.
	settle func(context.Context, share.Timer) error
}

// over reports whether nothing more comes of it.
func (st *sharedTimer) over() bool { return st.State.Over() && !st.Foreign }

// othersWait is how long after its time others than the host that has set an
// auto-resume carry it out.
const othersWait = 1500 * time.Millisecond

// hearTimer takes in the state of an auto-resume. The mutex must be held.
func (s *shared) hearTimer(t share.Timer) {
	sid := text.New(t.SID)
	st := s.timers[sid]
	switch {
	case st != nil && t.ID == st.ID && t.Seq < st.Seq:
		return
	case st == nil && t.State.Over() && t.State != share.TimerFailed && !t.Foreign:
		return
	case st != nil && t.State == "" && !t.Foreign && !st.over():
		t = st.Timer
		t.State, t.Why, t.Seq = share.TimerFailed, "the shared server lost it", 0
	case t.State == "" && !t.Foreign:
		return
	}
	undone := st != nil && st.ID == t.ID && !st.over() && t.State == share.TimerFailed && t.Host == s.store.Host()
	s.takeTimer(sid, t)
	s.nudge()
	e := s.deck.find(sid)
	if e == nil {
		return
	}
	st = s.timers[sid]
	if t.Seq == 0 || undone { // the Store did it, or lost it
		s.noteFailed(sid, t.ID, t.Why)
	}
	s.notByOthers(e, st)
	s.showTimer(e)
	if !st.over() && !s.fitsTimer(e, st) && !st.Pause.Before(e.view.Updated) || s.unseen(sid) {
		s.look(sid)
	}
}

// takeTimer takes a state that follows on the one that is known. The mutex must be
// held.
func (s *shared) takeTimer(sid text.Text, t share.Timer) *sharedTimer {
	st := s.timers[sid]
	if st == nil || st.ID != t.ID || t.ID == "" {
		setBy := t.Host
		st = &sharedTimer{setBy: setBy, busy: st != nil && st.busy}
		s.timers[sid] = st
	}
	if t.Seq != st.Seq || t.State != st.State {
		st.lost = ""
	}
	st.Timer, st.heard = t, time.Now()
	return st
}

// fitsTimer reports whether an auto-resume is of the pause that an entry is in. The
// mutex must be held.
func (s *shared) fitsTimer(e *entry, st *sharedTimer) bool {
	if !e.view.Paused() {
		return false
	}
	if !st.Pause.IsZero() && !e.view.Updated.IsZero() {
		return st.Pause.Equal(e.view.Updated)
	}
	return !st.At.Before(e.view.Pause.Since.Add(-samePause))
}

// who returns who asked for an auto-resume. The mutex must be held.
func (s *shared) who(st *sharedTimer) Actor { return s.whoOf(st.Actor, st.setBy) }

// showTimer shows the auto-resume of the pause that an entry is in. One that is
// of this host alone gives way to one that all hosts know. The mutex must be held.
func (s *shared) showTimer(e *entry) {
	st := s.timers[e.view.SID]
	if st == nil || s.deck.closed {
		return
	}
	now := time.Now()
	open := !st.over() && st.lost == ""
	show := Timer{}
	switch {
	case !s.fitsTimer(e, st) && (st.State != share.TimerFailed || !e.view.Paused() || e.view.Pause.Since.After(st.Due)):
		return // what is shown ends with the pause
	case open:
		show = Timer{At: wall(st.Due.Add(-s.deck.clock.offset)).Local(), Actor: s.who(st).Name()}
		if old := e.view.Timer.At; e.auto == nil && !old.IsZero() && old.Sub(show.At).Abs() <= maxDrift {
			show.At = old // the clocks are no better known than that
		}
	case st.lost != "":
		show = Timer{Actor: s.who(st).Name(), Err: st.lost}
	case st.State == share.TimerFailed && !st.quiet:
		show = Timer{Actor: s.who(st).Name(), Err: clean(st.Why)}
	}
	if e.auto != nil {
		if !open {
			return
		}
		s.deck.noteEntry(e, journal.Timer, e.auto.actor, "auto-resume canceled: the one that "+clean(st.setBy)+" has set counts", e.view.Timer.At)
		s.deck.clearTimer(e)
	}
	if show == e.view.Timer || now.Before(st.Due.Add(-s.deck.clock.offset-MaxResumeAfter-time.Minute)) {
		return
	}
	e.whose().timed = s.who(st)
	e.change(func(r *Recording) { r.Timer = show })
}

// notByOthers takes the alarm away that a pause of this deck was ended by others,
// when it was its auto-resume that did it. The mutex must be held.
func (s *shared) notByOthers(e *entry, st *sharedTimer) {
	if st.State == share.TimerDone && e.view.Trouble.Kind == ResumedByOthers && e.past != nil && s.endedBy(e) {
		e.noTrouble()
	}
}

// endedBy reports whether the pause of an entry that ended last was ended by its
// auto-resume, as far as the other hosts can be heard: else, when it ended at about
// the time of that. The mutex must be held.
func (s *shared) endedBy(e *entry) bool {
	st := s.timers[e.view.SID]
	if st == nil || e.past == nil || !st.Pause.Equal(e.past.dated) && !st.Pause.IsZero() && !e.past.dated.IsZero() {
		return false
	}
	if st.over() || s.state.Connected {
		return st.State == share.TimerDone || st.State == share.TimerFiring
	}
	after := e.view.Updated.Sub(st.Due) // whole seconds
	return after > -time.Second && after < share.MaxLate+share.FireWindow
}

// setting returns an auto-resume of the pause that an entry is in. The mutex must be
// held.
func (s *shared) setting(e *entry, actor Actor, after time.Duration) share.Setting {
	now := plain(s.deck.serverTime(time.Now()))
	return share.Setting{Pause: plain(e.view.Updated), At: now, Due: now.Add(after), Actor: actor}
}

// set sets, changes or cancels the auto-resume of a recording, for all hosts.
func (s *shared) set(of Key, actor Actor, after time.Duration, want share.Setting) error {
	ctx, cancel := context.WithTimeout(context.Background(), share.Patience)
	defer cancel()
	var t share.Timer
	var err error
	none := false
	if after > 0 {
		t, err = s.store.SetTimer(ctx, s.key(of.SID), want)
	} else {
		t, err = s.store.CancelTimer(ctx, s.key(of.SID), actor)
		before := errors.Is(err, share.ErrFired) && !t.Pause.Equal(want.Pause) // that of a pause before
		if none = before || errors.Is(err, share.ErrNoTimer); none {
			err = nil
		}
	}
	if err != nil {
		return s.cannotSet(t, after, err)
	}
	d := s.deck
	d.mu.Lock()
	defer d.mu.Unlock()
	if t.State != "" {
		st := s.takeTimer(of.SID, t)
		st.quiet = after == 0
		defer s.nudge()
	}
	e := d.find(of.SID)
	if e == nil || d.closed {
		return nil
	}
	if none && e.view.Timer.IsZero() {
		return nil // there was nothing to cancel, here or elsewhere
	}
	if e.auto != nil || after == 0 {
		d.clearTimer(e)
	}
	what := TimerCanceled
	if after > 0 {
		what = TimerSet
	}
	s.showTimer(e)
	d.publish()
	if after > 0 && e.view.Timer.At.IsZero() {
		return nil // the pause has ended meanwhile
	}
	d.timerStep(e, actor, what, "")
	return nil
}

// cannotSet says why an auto-resume was not set or canceled, and how it stands.
func (s *shared) cannotSet(t share.Timer, after time.Duration, err error) error {
	host := clean(t.Host)
	if host == "" || host == s.store.Host() {
		host = "this host"
	}
	switch {
	case errors.Is(err, share.ErrFired):
		return fmt.Errorf("%w: %s has resumed it", err, host)
	case errors.Is(err, share.ErrFiring):
		return fmt.Errorf("%w: %s was about to resume it", err, host)
	case errors.Is(err, share.ErrUnknown) && after == 0:
		return fmt.Errorf("unknown: it may or may not have been canceled; look whether the auto-resume is gone: %w", err)
	case errors.Is(err, share.ErrUnknown):
		return fmt.Errorf("it does not count as set: %w", err)
	case errors.Is(err, share.ErrAway) && after == 0:
		return fmt.Errorf("another host may still carry it out: %w", err)
	case errors.Is(err, share.ErrAway):
		return fmt.Errorf("no other host can be told of it: %w", err)
	}
	return err
}

// endedBeforeSet is why an auto-resume alarms in the next run.
const endedBeforeSet = "tapedeck ended before it was known to be set"

// setLater sets the auto-resume of a pause that was just made, for all hosts, in
// the background. Where that cannot be done the pause alarms, also in the next run
// when this one ends before it is known. The mutex must be held.
func (s *shared) setLater(e *entry, actor Actor, after time.Duration) {
	want, of := s.setting(e, actor, after), e.view.Key()
	of.SID = e.view.SID
	open := &KeptTimer{Actor: actor, Err: endedBeforeSet}
	e.dropped = open
	s.deck.updates.Go(func() {
		defer crash.Guard()
		if err := s.set(of, actor, after, want); err != nil {
			s.deck.timerFailed(e, actor, "it could not be set: "+err.Error())
		}
		s.deck.mu.Lock()
		defer s.deck.mu.Unlock()
		if e.dropped == open {
			e.dropped = nil
		}
	})
}

// refuseLocal says why an auto-resume of this host alone cannot be set; nil when it
// can. The mutex must be held.
func (s *shared) refuseLocal(e *entry) error {
	st := s.timers[e.view.SID]
	if st == nil || st.over() || !s.fitsTimer(e, st) {
		return nil
	}
	return fmt.Errorf("%s has set one, which all hosts know, for %s: cancel that one first", clean(st.setBy), e.view.Timer.At.Format(time.TimeOnly))
}

// timersOfOurs returns the recordings whose auto-resume only this host can carry
// out, though all may: it set them, and no other host is there. The mutex must be
// held.
func (s *shared) timersOfOurs() (list []*Recording) {
	for _, h := range s.hosts {
		if !h.Self && !h.Gone && s.state.Connected {
			return nil
		}
	}
	for sid, st := range s.timers {
		if e := s.deck.find(sid); e != nil && !st.over() && s.fitsTimer(e, st) && st.setBy == s.store.Host() {
			list = append(list, e.view)
		}
	}
	return list
}

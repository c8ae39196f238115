package share

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"tapedeck/api/journal"
)

// timerTTL is how long the state of an auto-resume stays in the stream. It is
// the same for each, so that an older one never outlives a newer one.
const timerTTL = "2h"

// putTimer takes a state that is newer than the one that is known. The mutex
// must be held.
func (n *NATS) putTimer(t Timer) {
	if before, ok := n.timers[t.Key]; ok && before.Seq >= t.Seq {
		return
	}
	n.timers[t.Key] = t
	if t.write != "" && n.disowned[t.write] {
		n.undo = append(n.undo, t)
		n.nudge()
	}
	n.watches.tell(Event{Timer: &t})
}

// mover returns who moves a timer now.
func (n *NATS) mover() mover {
	m := n.self
	m.now = time.Now()
	return m
}

// step is a move: what it makes of a state.
type step func(mover, Timer) (Timer, error)

// move moves the auto-resume of a recording from the state that the caller
// knows. With insist the caller knows none: it is moved whatever state it is in,
// as far as step lets it.
func (n *NATS) move(ctx context.Context, of Key, from Timer, insist bool, next step) (Timer, error) {
	if of = of.Normal(); !of.fits() {
		return Timer{Key: of}, ErrTooLarge
	}
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	now, err := n.current(of, from, insist)
	for fresh := !insist; err == nil; {
		m := n.mover()
		t, refused := next(m, now)
		if refused != nil && fresh {
			return now, refused
		} else if refused != nil { // by what is known here, which may be behind
			fresh = true
			now, err = n.readTimer(ctx, of)
			continue
		}
		t.write = newID()
		var stored Timer
		stored, err = n.writeTimer(ctx, t, now.Seq)
		if !errors.Is(err, errConflict) {
			return stored, err
		}
		if now = stored; !insist {
			return now, &ConflictError{now}
		}
		fresh, err = true, ctx.Err()
	}
	return now, err
}

// current returns the state to move from.
func (n *NATS) current(of Key, from Timer, insist bool) (Timer, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now, ok := n.timers[of]
	if !ok {
		now = Timer{Key: of}
	}
	switch {
	case !n.state.Connected:
		return now, fmt.Errorf("%w: %s", ErrAway, n.state.Why)
	case insist, now.Seq == from.Seq:
		return now, nil
	}
	return now, &ConflictError{now}
}

// writeTimer writes the state that follows on the one with the sequence before.
// Where the answer is missing the same write is tried again: it is done once at
// most, for it follows on that one state alone. The error is errConflict with the
// state that it is in by now; else one of those of [Timers].
func (n *NATS) writeTimer(ctx context.Context, t Timer, before uint64) (Timer, error) {
	v := t.valueOf(before)
	b, err := v.encode()
	if err != nil {
		return t, err
	}
	js := n.asked()
	doubt := false
	for {
		msg := expect(nats.NewMsg(timerSubject(t.Host, t.Key)), before, timerSubject("*", t.Key))
		msg.Header.Set(ttlHeader, timerTTL)
		msg.Data = b
		seq, err := js.publish(ctx, msg)
		switch {
		case err == nil:
			return n.wrote(t, seq), nil
		case errors.Is(err, errConflict):
			now, err := n.lastTimer(ctx, t.Key)
			switch {
			case err != nil: // it is asked again
			case now.write == t.write:
				return n.wrote(t, now.Seq), nil
			case now.Seq == before: // another write is under way
			case doubt && t.State == TimerSet && now.ID == t.ID:
				return now, nil // it was set, and has gone on since
			case doubt:
				return now, n.gaveUp(t, doubt, errConflict)
			default:
				return now, errConflict
			}
		case refused(err):
			if !doubt {
				return t, fmt.Errorf("%w: %s", ErrAway, n.access.clean(err.Error()))
			}
		case !errors.Is(err, errNotSent):
			doubt = true
		}
		select {
		case <-ctx.Done():
			return t, n.gaveUp(t, doubt, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// refused reports whether the server will not take it at all.
func refused(err error) bool {
	e, ok := errors.AsType[*apiError](err)
	return ok && e.Status == 400
}

// gaveUp returns the error for a write of which no answer came. One that may turn
// up later is undone then.
func (n *NATS) gaveUp(t Timer, doubt bool, why error) error {
	if !doubt {
		return fmt.Errorf("%w: %s", ErrAway, n.access.clean(why.Error()))
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.disown(t)
	return ErrUnknown
}

// disown has a write undone when it turns up, for its caller does not count on
// it. The mutex must be held.
func (n *NATS) disown(t Timer) {
	const most = 10_000
	if t.given {
		return // whenever it turns up, it is right
	}
	if len(n.disowned) < most {
		n.disowned[t.write] = true
	}
	if now := n.timers[t.Key]; now.write == t.write {
		n.undo = append(n.undo, now)
		n.nudge()
	}
}

func (n *NATS) asked() jetStream {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.js
}

// wrote notes a state that this process has written.
func (n *NATS) wrote(t Timer, seq uint64) Timer {
	t.Seq, t.seen = seq, time.Now()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.putTimer(t)
	if now := n.timers[t.Key]; now.Seq == seq {
		now.began = t.began // what came by the stream before does not know it
		n.timers[t.Key] = now
	}
	return t
}

// lastTimer reads the state that the stream has.
func (n *NATS) lastTimer(ctx context.Context, of Key) (Timer, error) {
	js := n.asked()
	if js.nc == nil {
		return Timer{Key: of}, ErrAway
	}
	m, ok, err := js.last(ctx, stateStream, timerSubject("*", of))
	if err != nil {
		return Timer{Key: of}, err
	}
	if !ok {
		return Timer{Key: of}, nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.take(m)
	if now := n.timers[of]; now.Seq >= m.seq {
		return now, nil
	}
	return Timer{Key: of, Seq: m.seq}, nil
}

// remembered is how long an auto-resume that is over is known here; one that has
// failed, for which a pause may alarm, for as long as the stream has it.
const (
	remembered       = 10 * time.Minute
	rememberedFailed = 2 * time.Hour
)

// forgetOver forgets the auto-resumes that are over. The mutex must be held.
func (n *NATS) forgetOver() {
	for key, t := range n.timers {
		limit := remembered
		if t.State == TimerFailed {
			limit = rememberedFailed
		}
		if t.State.Over() && !t.Foreign && time.Since(t.seen) > limit {
			delete(n.timers, key)
		}
	}
}

// Timer reads the auto-resume of a recording.
func (n *NATS) Timer(ctx context.Context, of Key) (Timer, error) {
	if t := n.local.get(of); t.State != "" {
		return t, nil
	}
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	return n.readTimer(ctx, of.Normal())
}

// readTimer is lastTimer, with the errors of [Timers].
func (n *NATS) readTimer(ctx context.Context, of Key) (Timer, error) {
	t, err := n.lastTimer(ctx, of)
	if err != nil && !errors.Is(err, ErrAway) {
		err = fmt.Errorf("%w: %s", ErrAway, n.access.clean(err.Error()))
	}
	return t, err
}

// SetTimer sets the auto-resume of a recording.
func (n *NATS) SetTimer(ctx context.Context, of Key, s Setting) (Timer, error) {
	if s.Local {
		n.mu.Lock()
		t, ok := n.timers[of.Normal()]
		n.mu.Unlock()
		if ok && !t.State.Over() {
			return t, fmt.Errorf("%w: other hosts hold an auto-resume of it, which cannot be changed now", ErrAway)
		}
		return n.local.SetTimer(ctx, of, s)
	}
	id := newID()
	t, err := n.move(ctx, of, Timer{}, true, func(m mover, t Timer) (Timer, error) { return m.set(t, s, id) })
	if err == nil {
		_, _ = n.local.CancelTimer(ctx, of, s.Actor) // it is in place of it
	}
	return t, err
}

// Claim takes an auto-resume that is due.
func (n *NATS) Claim(ctx context.Context, t Timer, now time.Time) (Timer, error) {
	if t.Local {
		return n.local.Claim(ctx, t, now)
	}
	return n.move(ctx, t.Key, t, false, func(m mover, t Timer) (Timer, error) { return m.claim(t, now) })
}

// Fire says that this host is about to resume the recording.
func (n *NATS) Fire(ctx context.Context, t Timer) (Timer, error) {
	if t.Local {
		return n.local.Fire(ctx, t)
	}
	began := t.began
	if began.IsZero() {
		return t, ErrNotOurs
	}
	ctx, cancel := context.WithDeadline(ctx, t.FireBy())
	defer cancel()
	fired, err := n.move(ctx, t.Key, t, false, func(m mover, t Timer) (Timer, error) {
		t.began = began
		return m.fire(t)
	})
	if err == nil && !time.Now().Before(fired.FireBy()) {
		n.mu.Lock()
		n.disown(fired)
		n.mu.Unlock()
		err = ErrWindow
	}
	return fired, err
}

// Finish says that the recording was resumed.
func (n *NATS) Finish(ctx context.Context, t Timer, outcome string) (Timer, error) {
	if t.Local {
		return n.local.Finish(ctx, t, outcome)
	}
	return n.move(ctx, t.Key, t, false, func(m mover, t Timer) (Timer, error) { return m.finish(t, outcome) })
}

// Fail says that it was not done, or may not have been.
func (n *NATS) Fail(ctx context.Context, t Timer, now time.Time, why string) (Timer, error) {
	if t.Local {
		return n.local.Fail(ctx, t, now, why)
	}
	return n.move(ctx, t.Key, t, false, func(m mover, t Timer) (Timer, error) { return m.fail(t, now, why) })
}

// CancelTimer cancels the auto-resume of a recording.
func (n *NATS) CancelTimer(ctx context.Context, of Key, by journal.Who) (Timer, error) {
	if t, err := n.local.CancelTimer(ctx, of, by); !errors.Is(err, ErrNoTimer) {
		return t, err
	}
	return n.move(ctx, of, Timer{}, true, func(m mover, t Timer) (Timer, error) { return m.cancel(t, by.Name()) })
}

// Release gives back a claim.
func (n *NATS) Release(ctx context.Context, t Timer) (Timer, error) {
	if t.Local {
		return n.local.Release(ctx, t)
	}
	return n.move(ctx, t.Key, t, false, func(m mover, t Timer) (Timer, error) { return m.release(t) })
}

// undoDisowned takes back the writes that turned up though their callers were
// told that nobody knows of them.
func (n *NATS) undoDisowned(ctx context.Context) {
	n.mu.Lock()
	list := n.undo
	n.undo = nil
	n.mu.Unlock()
	for _, t := range list {
		var err error
		switch t.State {
		case TimerSet:
			_, err = n.move(ctx, t.Key, t, false, func(m mover, t Timer) (Timer, error) {
				return m.cancel(t, "tapedeck: it was not known whether it was set")
			})
		case TimerClaimed:
			_, err = n.Release(ctx, t)
		case TimerFiring:
			_, err = n.Fail(ctx, t, t.Due, "its host did not know in time that it might fire")
		}
		if errors.Is(err, ErrAway) || errors.Is(err, ErrUnknown) {
			n.mu.Lock()
			n.undo = append(n.undo, t)
			n.mu.Unlock()
		}
	}
}

// releaseAll gives back the claims of this process.
func (n *NATS) releaseAll(ctx context.Context) {
	n.mu.Lock()
	var list []Timer
	for _, t := range n.timers {
		if t.State == TimerClaimed && n.self.same(t) {
			list = append(list, t)
		}
	}
	n.mu.Unlock()
	for _, t := range list {
		_, _ = n.Release(ctx, t)
	}
}

package deck

import (
	"context"
	"errors"
	"net/http"
	"time"

	"tapedeck/api"
)

// read reads the recording, applies what it says, and returns it; or, where the
// polls have a later look by then, that one.
func (u *update) read(ctx context.Context) (api.Recording, error) {
	ctx, cancel := context.WithTimeout(ctx, verifyRead)
	defer cancel()
	rec, x, err := u.d.client.Recording(ctx, u.rec.SID)
	if err != nil {
		return rec, err
	}
	u.d.mu.Lock()
	defer u.d.mu.Unlock()
	if x.Began.Before(u.e.read) {
		return u.e.view.Recording, nil
	}
	if u.d.apply(rec, x.Began, time.Now()) {
		u.d.publish()
	}
	u.last = x.Began
	return rec, nil
}

// accepted applies the returned resource. The API may say by it that it did
// something else: then the next read decides.
func (u *update) accepted(rec api.Recording) {
	now := time.Now()
	ok := u.req.Update.Reached(rec.Status)
	u.d.mu.Lock()
	old := u.e.view
	if !u.outdated(rec) {
		u.d.set(u.e, rec, now, now)
		if line := u.e.view.Timeline.answered(); ok && old.Status != u.e.view.Status && line != u.e.view.Timeline {
			u.e.change(func(r *Recording) { r.Timeline = line })
		}
		if ok {
			u.e.hold, u.e.want = now.Add(lagWindow), u.req.Update
		}
	}
	if ok {
		u.noteDone()
	}
	u.stepLocked(func(p *Progress) {
		p.Answered, p.Answer, p.Changed, p.Err, p.Note = now, &rec, changes(old.Recording, rec), nil, ""
		p.Outcome = Accepted
		if !ok {
			p.Outcome, p.Note = Contradicted, "the API answered with HTTP 2xx and "+string(rec.Status)
		}
	})
	u.d.mu.Unlock()
	if !ok {
		u.readOnce()
		return
	}
	u.verify(now.Add(lagWindow))
}

// outdated reports whether the polls have shown more than a late answer knows:
// a later change, or, within the same second, that the recording has ended, or
// a status that it came to after the POST was sent, for it is neither the one
// before nor the one that was answered. The mutex must be held.
func (u *update) outdated(answer api.Recording) bool {
	shown := u.e.view
	switch {
	case shown.Updated.After(answer.Updated) && !answer.Updated.IsZero():
		return true
	case !shown.Active():
		return answer.Status.Active()
	case answer.Updated.After(shown.Updated), !u.e.read.After(u.p.Asked):
		return false
	}
	return shown.Status != u.rec.Status && shown.Status != answer.Status && !u.p.Request.Update.Reached(shown.Status)
}

// noteDone notes that what the recording is in now is this request's doing, also
// where a poll has seen it before the answer came. The mutex must be held.
func (u *update) noteDone() {
	d := u.d
	reached, before := u.req.Update.Reached(u.e.view.Status), u.req.Update.Reached(u.rec.Status)
	if u.e.update != u || u.e.own == u || !reached || before {
		return
	}
	u.e.own, u.undone = u, false
	if u.req.Update.Status != api.Paused {
		return
	}
	u.e.pausedBy(u.req)
	switch after := min(u.req.ResumeAfter, MaxResumeAfter); { // from when it is known to be paused
	case after <= 0:
	case d.sh != nil && !u.req.ResumeLocal && !d.closed:
		d.sh.setLater(u.e, u.req.Actor, after)
	case d.closed && d.sh != nil && !u.req.ResumeLocal: // no other host was told of it
		u.e.dropped = &KeptTimer{Actor: u.req.Actor, Err: endedBeforeSet}
	case d.closed:
		u.e.dropped = &KeptTimer{Actor: u.req.Actor, At: u.d.serverTime(time.Now()).Add(after)}
	default:
		u.d.setTimer(u.e, u.req.Actor, after)
		u.d.timerStep(u.e, u.req.Actor, TimerSet, "")
	}
}

// endedBefore is why an outcome stays as the answer left it.
const endedBefore = "tapedeck ended before a read could verify it"

// readOnce lets one more read decide what an answer left open.
func (u *update) readOnce() {
	p := u.progress()
	rec, err := u.read(u.d.closing)
	switch {
	case err != nil:
		u.settle(p.Outcome, p.Note+"; it could not be read again: "+api.Reason(err))
	case u.req.Update.Reached(rec.Status):
		u.verified(rec)
	default:
		u.settle(Contradicted, itIs(rec.Status))
	}
}

// refused settles a request that was answered as not carried out, after a read
// that shows what is true: what it shows as asked, and was not so before, was
// done all the same. Of an answer that is ambiguous it is read for a moment.
func (u *update) refused(err error) {
	note, until := "", time.Now()
	if ambiguous(err) {
		until = until.Add(unknownReads)
	}
	for wait := 100 * time.Millisecond; !notSent(err); wait *= 2 {
		began := time.Now()
		rec, rerr := u.read(u.d.closing)
		switch {
		case errors.Is(rerr, api.ErrNotFound):
			note = "it is not to be found"
		case rerr != nil:
			note = "it could not be read: " + api.Reason(rerr)
		case u.req.Update.Reached(rec.Status) && !u.req.Update.Reached(u.rec.Status):
			u.step(func(p *Progress) { p.Err = err })
			u.verified(rec)
			return
		default:
			note = itIs(rec.Status)
		}
		if !began.Before(until) || u.d.closing.Err() != nil {
			break
		}
		select {
		case <-time.After(min(wait, max(time.Until(until), time.Millisecond))):
		case <-u.d.closing.Done():
		}
	}
	u.step(func(p *Progress) { p.Outcome, p.Err, p.Note, p.Settled = Failed, err, note, true })
}

// unknown reads the recording at once, and again until it is clear whether the
// update was done. When the API has answered, with HTTP 5xx say, what it did is
// soon to be seen; after a broken connection it may take longer.
func (u *update) unknown(err error) {
	now := time.Now()
	u.step(func(p *Progress) { p.Outcome, p.Err, p.Note = Unknown, err, "reading it again" })
	window := lagWindow
	if api.Forgotten(err) && u.d.closing.Err() == nil { // a read on another connection has shown what is true
		window = forgottenReads
	}
	if e, ok := errors.AsType[*api.Error](err); ok && e.StatusCode >= http.StatusInternalServerError {
		window = unknownReads
	}
	u.verify(now.Add(window))
}

// verify reads the recording until it shows what was asked for. A read that
// began after until and disagrees settles it as contradicted. Where it cannot
// be read by itself, a poll's look at it is as good. When nothing gets through
// for half a minute, the polls go on looking. A read that was refused with a
// time for the next one is not repeated before.
//
// A deck that closes waits for no verification, but up to until for what became
// of an update that nobody knows.
func (u *update) verify(until time.Time) {
	from, outcome := time.Now(), u.progress().Outcome
	closing := u.d.closing
	if outcome != Accepted {
		var cancel context.CancelFunc
		closing, cancel = context.WithCancel(context.Background())
		defer cancel()
		defer context.AfterFunc(u.d.closing, func() { // a while later than the deck
			time.AfterFunc(max(time.Until(until), 0)+unknownReads, cancel)
		})()
	}
	var refused error  // what the last read came to
	var next time.Time // not before, the next one
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		began := time.Now()
		rec, err := api.Recording{}, refused
		if !began.Before(next) {
			rec, err = u.read(closing)
			asked, _ := waitAsked(err)
			refused, next = err, time.Now().Add(asked)
		}
		if err != nil {
			if polled, at, ok := u.polled(from); ok {
				rec, began, err = polled, at, nil
			}
		}
		switch {
		case err == nil && u.req.Update.Reached(rec.Status):
			u.verified(rec)
			return
		case err == nil && outcome == Unknown && u.insisted(u.progress().Err, rec):
			u.finish(u.post())
			return
		case err == nil && !rec.Status.Active() && outcome == Accepted:
			u.settle(Accepted, endedSince(rec.Status))
			return
		case err == nil && (!began.Before(until) || !rec.Status.Active() || u.isNewer(rec)):
			u.contradicted(rec)
			return
		case err != nil && closing.Err() != nil:
			u.settle(outcome, endedBefore)
			return
		case err != nil && u.isLate(began, until):
			u.settle(outcome, "it could not be read again: "+api.Reason(err))
			return
		}
		if err == nil {
			// Not past the window: the read that decides begins right at its end.
			wait = min(wait, max(time.Until(until), time.Millisecond))
		}
		select {
		case <-time.After(wait):
		case <-closing.Done():
			u.settle(outcome, endedBefore)
			return
		}
	}
}

// polled returns what a poll has shown of the recording that began to look
// after from, and when it began.
func (u *update) polled(from time.Time) (rec api.Recording, began time.Time, ok bool) {
	u.d.mu.Lock()
	defer u.d.mu.Unlock()
	if u.e.view.Gone || !u.e.read.After(from) {
		return rec, began, false
	}
	u.last = u.e.read
	return u.e.view.Recording, u.e.read, true
}

// isNewer reports whether rec was changed after the answer to the update, so
// that no lag can explain what it says.
func (u *update) isNewer(rec api.Recording) bool {
	p := u.progress()
	return changedSince(&p, rec)
}

// changedSince reports whether rec was changed after the answer to an update.
func changedSince(p *Progress, rec api.Recording) bool {
	return p.Answer != nil && rec.Updated.After(p.Answer.Updated)
}

// isLate reports whether reads have failed for so long that the recording is
// let go for other updates: what was accepted after the window, what is
// unknown after half a minute.
func (u *update) isLate(now, until time.Time) bool {
	if u.progress().Outcome == Accepted {
		return !now.Before(until)
	}
	return now.Sub(u.from) >= givenUp
}

// verified settles an update that a separate read agrees with. One whose
// answer was lost made the pause all the same.
func (u *update) verified(rec api.Recording) {
	u.d.mu.Lock()
	defer u.d.mu.Unlock()
	if u.p.Outcome != Accepted {
		u.noteDone()
	}
	u.stepLocked(func(p *Progress) {
		p.Outcome, p.Note, p.Settled = Verified, "", true
		if p.Answer == nil {
			p.Changed, p.Answered, p.Answer = changes(u.rec, rec), time.Now(), &rec
		}
	})
}

// contradicted settles an update that the API does not show, and shows what it
// does.
func (u *update) contradicted(rec api.Recording) {
	u.d.mu.Lock()
	defer u.d.mu.Unlock()
	u.e.hold = time.Time{}
	if !u.last.Before(u.e.read) {
		u.d.set(u.e, rec, u.last, time.Now()) // it was taken for lag
	}
	u.stepLocked(func(p *Progress) { p.Outcome, p.Note, p.Settled = Contradicted, itIs(rec.Status), true })
}

func itIs(s api.Status) string {
	if s == "" {
		return "the API does not say what it is"
	}
	return "it is " + string(s)
}

func endedSince(s api.Status) string { return "it has ended since: " + string(s) }

package deck

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"tapedeck/api"
	"tapedeck/api/crash"
	"tapedeck/api/journal"
)

const (
	updateLimit  = 10 * time.Second // from the request to its last POST's answer
	maxResends   = 2                // after HTTP 429
	unknownReads = time.Second      // reads that disagree for so long after HTTP 5xx mean: not done
	verifyRead   = 5 * time.Second  // one read that verifies
	givenUp      = 30 * time.Second // after that the polls go on looking
	appearAfter  = 20 * time.Millisecond
)

// Why a request is refused without being sent; test with errors.Is.
var (
	ErrReadOnly = errors.New("this tapedeck is read-only")
	ErrNotFound = errors.New("the deck has no such recording")
	ErrClosed   = errors.New("tapedeck is ending")
)

// BusyError says that an update of the recording is under way.
type BusyError struct{ Progress Progress }

// Error names the update that is under way.
func (e *BusyError) Error() string {
	return fmt.Sprintf("%s of it is under way (%s)", e.Progress.Request.Verb(), e.Progress.Outcome)
}

// Do carries out a request: it sends one POST, applies the returned resource,
// and reads the recording again to verify. It blocks until the outcome is
// settled, or until ctx ends; the update goes on then, for it is the deck's,
// and every step of it is in the snapshots ([Recording.Update]).
//
// A POST is never repeated by itself, but for HTTP 429, which was not
// processed: at most twice more within 10 s of the request, and a resume or a
// stop only while a read still shows the status that the person saw.
//
// The error wraps [ErrReadOnly], [ErrNotFound] or [ErrClosed], or is a
// [*BusyError], when nothing was sent. What became of a request that was sent
// is in the Progress, and not an error.
func (d *Deck) Do(ctx context.Context, req Request) (Progress, error) {
	u, err := d.begin(req)
	if err != nil {
		return Progress{}, fmt.Errorf("%s %s: %w", req.Verb(), req.SID, err)
	}
	d.updates.Go(u.appear)
	go func() {
		defer crash.Guard()
		defer d.updates.Done()
		defer close(u.done)
		u.run()
	}()
	select {
	case <-u.done:
	case <-ctx.Done():
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return *u.p, nil
}

// UnderWay returns the updates whose outcome is not settled.
func (d *Deck) UnderWay() (list []Progress) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.order {
		if e.busy() {
			list = append(list, *e.view.Update)
		}
	}
	return list
}

// update is a request under way. Its progress is guarded by the deck's mutex.
type update struct {
	d       *Deck
	e       *entry
	rec     api.Recording    // as it was when the request was made: its SIDs are the path
	p       *Progress        // replaced, never changed
	pending *journal.Pending // the outcome, once it is settled; nil without a journal
	last    time.Time        // when the last read of it by itself began
	done    chan struct{}
}

// appear publishes that the update is under way, after a moment: a snapshot,
// and what every screen makes of it, would be in the way of the POST.
func (u *update) appear() {
	defer crash.Guard()
	select {
	case <-u.done:
		return // its end was published
	case <-time.After(appearAfter):
	}
	u.d.mu.Lock()
	defer u.d.mu.Unlock()
	u.d.publish()
}

// begin registers a request, or refuses it.
func (d *Deck) begin(req Request) (*update, error) {
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.find(req.SID)
	switch {
	case d.config.ReadOnly:
		return nil, ErrReadOnly
	case d.closed && !req.ByTimer:
		return nil, ErrClosed
	case e == nil:
		return nil, ErrNotFound
	case e.busy(), e.view.Update != nil && req.Snapshot != 0 && req.Snapshot < e.shown:
		return nil, &BusyError{*e.view.Update}
	}
	if req.Update.Status == api.Paused && req.Update.PauseBehavior == "" {
		req.Update.PauseBehavior = api.Silence
	}
	d.ids++
	d.updates.Add(1)
	u := &update{d: d, e: e, rec: e.view.Recording, done: make(chan struct{}),
		p: &Progress{ID: d.ids, Request: req, Outcome: Requested, Asked: now}}
	if d.config.Journal != nil {
		u.p.JournalID = d.config.Journal.NewID()
	}
	e.change(func(r *Recording) { r.Update = u.p })
	e.shown = d.seq + 1
	return u, nil
}

// show publishes the progress. The mutex must be held.
func (u *update) show() {
	u.e.change(func(r *Recording) { r.Update = u.p })
	u.d.publish()
}

// step changes the progress and publishes it.
func (u *update) step(f func(*Progress)) {
	u.d.mu.Lock()
	defer u.d.mu.Unlock()
	u.stepLocked(f)
}

func (u *update) stepLocked(f func(*Progress)) {
	next := *u.p
	f(&next)
	if next.Settled && next.Done.IsZero() {
		next.Done = time.Now()
	}
	settled := next.Settled && !u.p.Settled
	u.p = &next
	if settled {
		u.queueOutcome()
	}
	u.show()
}

// settle ends the update with an outcome.
func (u *update) settle(o Outcome, note string) {
	u.step(func(p *Progress) { p.Outcome, p.Note, p.Settled = o, note, true })
}

// run puts the wish on record, sends the update, finds out what became of it,
// and puts that on record.
func (u *update) run() {
	if err := u.wish(); err != nil {
		u.step(func(p *Progress) { p.Outcome, p.Err, p.Settled = Failed, err, true })
	} else {
		u.carryOut()
	}
	u.outcome()
}

// carryOut sends the update and finds out what became of it.
func (u *update) carryOut() {
	rec, err := u.post()
	e, answered := errors.AsType[*api.Error](err)
	switch {
	case err == nil:
		u.accepted(rec)
	case notSent(err), answered && e.StatusCode >= 400 && e.StatusCode < 500:
		u.refused(err)
	default:
		u.unknown(err)
	}
}

// notSent reports whether nothing of the update can have reached the API: its
// recording has no usable path, or no connection was made.
func notSent(err error) bool {
	if _, ok := errors.AsType[*net.DNSError](err); ok || api.NotSent(err) {
		return true
	}
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// post sends the POST, again after HTTP 429, and returns the last answer.
func (u *update) post() (api.Recording, error) {
	ctx, cancel := context.WithDeadline(context.Background(), u.p.Asked.Add(updateLimit))
	defer cancel()
	for try := 1; ; try++ {
		rec, x, err := u.d.client.UpdateRecording(ctx, u.rec, u.p.Request.Update)
		u.tried(try, x.StatusCode)
		if !errors.Is(err, api.ErrRateLimited) || try > maxResends {
			return rec, err
		}
		wait, ok := waitAsked(err)
		if !ok {
			wait = time.Duration(try) * 500 * time.Millisecond
		}
		if time.Since(u.p.Asked)+wait >= updateLimit {
			return rec, err
		}
		u.step(func(p *Progress) {
			p.Err, p.Note = err, fmt.Sprintf("HTTP 429, sending it again in %.0f s", max(1, wait.Seconds()))
		})
		select {
		case <-time.After(wait):
		case <-u.d.closing.Done():
			return rec, err
		}
		if why := u.moved(ctx); why != nil {
			return rec, fmt.Errorf("%w; not sent again: %w", err, why)
		}
	}
}

func (u *update) tried(n, httpStatus int) {
	u.d.mu.Lock()
	defer u.d.mu.Unlock()
	p := *u.p
	p.Tries, p.HTTPStatus = n, httpStatus
	u.p = &p
}

// moved reads the recording before a resume or a stop is sent again, and says
// why it must not be: the recording is no longer as the person saw it.
func (u *update) moved(ctx context.Context) error {
	req := u.p.Request
	if req.Update.Status == api.Paused {
		return nil
	}
	rec, err := u.read(ctx)
	if err != nil {
		return fmt.Errorf("it could not be read: %w", err)
	}
	same := rec.Status == req.Seen || rec.Status.Running() && req.Seen.Running()
	if req.Seen != "" && !same {
		return fmt.Errorf("it is %s now", rec.Status)
	}
	return nil
}

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
	ok := u.p.Request.Update.Reached(rec.Status)
	u.d.mu.Lock()
	old := u.e.view
	if !u.outdated(rec) {
		u.d.set(u.e, rec, now, now)
		if ok {
			u.e.hold, u.e.want = now.Add(lagWindow), u.p.Request.Update
		}
	}
	u.notePause()
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

// notePause notes that the pause is this request's, also where a poll has seen
// it before the answer came. The mutex must be held.
func (u *update) notePause() {
	req := u.p.Request
	if u.e.view.Status != api.Paused || req.Update.Status != api.Paused || u.rec.Status == api.Paused {
		return
	}
	u.e.pausedBy(req)
	if req.ResumeAfter > 0 && !u.d.closed {
		u.d.setTimer(u.e, req.Actor, min(req.ResumeAfter, MaxResumeAfter)) // from when it is known to be paused
		u.d.noteEntry(u.e, journal.Timer, req.Actor, "auto-resume set", u.e.view.Timer.At)
	}
}

// readOnce lets one more read decide what an answer left open.
func (u *update) readOnce() {
	rec, err := u.read(u.d.closing)
	switch {
	case err != nil:
		u.settle(u.p.Outcome, u.p.Note+"; it could not be read again: "+api.Reason(err))
	case u.p.Request.Update.Reached(rec.Status):
		u.settle(Verified, "")
	default:
		u.settle(Contradicted, itIs(rec.Status))
	}
}

// refused settles a request that was not carried out, after a read that shows
// what is true.
func (u *update) refused(err error) {
	note := ""
	if !notSent(err) {
		rec, rerr := u.read(u.d.closing)
		switch {
		case errors.Is(rerr, api.ErrNotFound):
			note = "it is not to be found"
		case rerr != nil:
			note = "it could not be read: " + api.Reason(rerr)
		default:
			note = itIs(rec.Status)
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
func (u *update) verify(until time.Time) {
	from := time.Now()
	var refused error  // what the last read came to
	var next time.Time // not before, the next one
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		began := time.Now()
		rec, err := api.Recording{}, refused
		if !began.Before(next) {
			rec, err = u.read(u.d.closing)
			asked, _ := waitAsked(err)
			refused, next = err, time.Now().Add(asked)
		}
		if err != nil {
			if polled, at, ok := u.polled(from); ok {
				rec, began, err = polled, at, nil
			}
		}
		switch {
		case err == nil && u.p.Request.Update.Reached(rec.Status):
			u.verified(rec)
			return
		case err == nil && !rec.Status.Active() && u.p.Outcome == Accepted:
			u.settle(Accepted, endedSince(rec.Status))
			return
		case err == nil && (!began.Before(until) || !rec.Status.Active() || u.isNewer(rec)):
			u.contradicted(rec)
			return
		case err != nil && (u.d.closing.Err() != nil || u.isLate(began, until)):
			u.settle(u.p.Outcome, "it could not be read again: "+api.Reason(err))
			return
		}
		if err == nil {
			// Not past the window: the read that decides begins right at its end.
			wait = min(wait, max(time.Until(until), time.Millisecond))
		}
		select {
		case <-time.After(wait):
		case <-u.d.closing.Done():
			u.settle(u.p.Outcome, "tapedeck ended before a read could verify it")
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
	return u.p.Answer != nil && rec.Updated.After(u.p.Answer.Updated)
}

// isLate reports whether reads have failed for so long that the recording is
// let go for other updates: what was accepted after the window, what is
// unknown after half a minute.
func (u *update) isLate(now, until time.Time) bool {
	if u.p.Outcome == Accepted {
		return !now.Before(until)
	}
	return now.Sub(u.p.Asked) >= givenUp
}

// verified settles an update that a separate read agrees with. One whose
// answer was lost made the pause all the same.
func (u *update) verified(rec api.Recording) {
	u.d.mu.Lock()
	defer u.d.mu.Unlock()
	if u.p.Outcome == Unknown {
		u.notePause()
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

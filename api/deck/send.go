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

// maxAttempts is how many answers to the POSTs of one update there is room for:
// more than can be asked for within [updateLimit].
const maxAttempts = 32

// race is the POSTs of one update: the first, and those that a person asked for
// once more. The first answer that says what was done decides, and ends the
// others.
type race struct {
	ctx     context.Context // of every POST
	answers chan attempt

	// The deck's mutex guards what follows.
	open int       // POSTs without an answer
	last time.Time // when the last one was sent
	over bool      // nothing is sent any more
}

// attempt is the answer to one POST.
type attempt struct {
	rec    api.Recording
	status int // HTTP status; 0 without an answer
	err    error
}

// errUnclear is that an update was refused by one answer while another one is
// missing, so that only a read can tell what was done.
type errUnclear struct{ err error }

func (e *errUnclear) Error() string { return e.err.Error() }
func (e *errUnclear) Unwrap() error { return e.err }

// refusal reports whether err says that the update was not carried out: it was
// not sent, or answered with HTTP 4xx.
func refusal(err error) bool {
	if _, unclear := errors.AsType[*errUnclear](err); unclear {
		return false
	}
	e, answered := errors.AsType[*api.Error](err)
	return notSent(err) || answered && e.StatusCode >= 400 && e.StatusCode < 500
}

// ambiguous reports whether err is a refusal that servers and proxies also give
// for what was carried out: HTTP 408, 409, 425 and 499.
func ambiguous(err error) bool {
	e, ok := errors.AsType[*api.Error](err)
	if !ok {
		return false
	}
	switch e.StatusCode {
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusTooEarly, 499:
		return true
	}
	return false
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

// post sends the POST, again after HTTP 429, and returns the answer that
// decides.
func (u *update) post() (api.Recording, error) {
	ctx, cancel := context.WithDeadline(context.Background(), u.from.Add(updateLimit))
	defer cancel()
	r := &race{ctx: ctx, answers: make(chan attempt, maxAttempts)}
	u.d.mu.Lock()
	u.race = r
	if u.tooLate() {
		r.over = true
		u.d.mu.Unlock()
		return api.Recording{}, api.ErrTooLate
	}
	if !u.before.IsZero() {
		ctx = api.SentBefore(ctx, u.before)
	}
	u.launch(ctx, false)
	u.d.mu.Unlock()
	missing := false // an answer that never came
	for resent := 0; ; {
		a := <-r.answers
		raced := u.answered(a)
		limited := errors.Is(a.err, api.ErrRateLimited)
		switch {
		case a.err == nil:
			return a.rec, u.decided(nil)
		case raced && (limited || !refusal(a.err) || ambiguous(a.err) || notSent(a.err)):
			missing = missing || !limited && !notSent(a.err)
			continue // the other one may have a better answer
		case limited && !missing && resent < maxResends && u.before.IsZero():
			resent++
			again, err := u.waitLimited(ctx, a.err, resent)
			if !again {
				return a.rec, u.decided(err)
			}
			u.d.mu.Lock()
			u.launch(ctx, false)
			u.d.mu.Unlock()
			continue
		case missing, raced:
			return a.rec, u.decided(&errUnclear{a.err})
		}
		return a.rec, u.decided(a.err)
	}
}

// tooLate reports whether the request may not be sent any more.
func (u *update) tooLate() bool {
	return !u.before.IsZero() && !time.Now().Before(u.before)
}

// launch sends the POST, once. The mutex must be held.
func (u *update) launch(ctx context.Context, byHand bool) {
	r := u.race
	r.open, r.last = r.open+1, time.Now()
	p := *u.p
	p.Tries++
	if byHand {
		p.ByHand++
	}
	u.p = &p
	u.d.updates.Go(func() {
		defer crash.Guard()
		rec, x, err := u.d.client.UpdateRecording(ctx, u.rec, u.req.Update)
		r.answers <- attempt{rec, x.StatusCode, err}
	})
}

// answered notes that an answer has come, or will not come, and reports whether
// others are still missing.
func (u *update) answered(a attempt) (raced bool) {
	u.d.mu.Lock()
	defer u.d.mu.Unlock()
	p := *u.p
	p.HTTPStatus = a.status
	u.p = &p
	u.race.open--
	return u.race.open > 0
}

// decided notes that nothing is sent any more, and returns err.
func (u *update) decided(err error) error {
	u.d.mu.Lock()
	defer u.d.mu.Unlock()
	u.race.over = true
	return err
}

// waitLimited waits after HTTP 429 for as long as the API asks, and reports
// whether the update may be sent again; err is why not.
func (u *update) waitLimited(ctx context.Context, err error, try int) (again bool, _ error) {
	wait, ok := waitAsked(err)
	if !ok {
		wait = time.Duration(try) * 500 * time.Millisecond
	}
	if time.Since(u.from)+wait >= updateLimit {
		return false, err
	}
	u.step(func(p *Progress) {
		p.Err, p.Note = err, fmt.Sprintf("HTTP 429, sending it again in %.0f s", max(1, wait.Seconds()))
	})
	select {
	case <-time.After(wait):
	case <-u.d.closing.Done():
		return false, err
	}
	if why := u.moved(ctx); why != nil {
		return false, fmt.Errorf("%w; not sent again: %w", err, why)
	}
	return true, nil
}

// moved reads the recording before a resume or a stop is sent again, and says
// why it must not be: the recording is no longer as the person saw it.
func (u *update) moved(ctx context.Context) error {
	if u.req.Update.Status == api.Paused {
		return nil
	}
	rec, err := u.read(ctx)
	if err != nil {
		return fmt.Errorf("it could not be read: %w", err)
	}
	same := rec.Status == u.req.Seen || rec.Status.Running() && u.req.Seen.Running()
	if u.req.Seen != "" && !same {
		return fmt.Errorf("it is %s now", rec.Status)
	}
	return nil
}

// sendAgain sends the POST of the update under way once more, for a person who
// asks for it; see [Request.Again]. It returns no update and no error when the
// last one was settled as not done: then the request is one of its own.
func (d *Deck) sendAgain(ctx context.Context, req Request) (*update, error) {
	d.mu.Lock()
	e := d.find(req.SID)
	if d.config.ReadOnly || d.closed || e == nil || e.update == nil {
		d.mu.Unlock()
		return nil, nil // begin says why
	}
	u := e.update
	p, may := u.p, u.mayAgain(req, time.Now())
	d.mu.Unlock()
	switch same := u.req.Update.Status == req.Update.Status; {
	case same && p.Settled && (p.Outcome == Accepted || p.Outcome == Verified):
		return u, nil // it was done in the moment of the key
	case p.Settled:
		return nil, nil
	case !may:
		return nil, &BusyError{*p}
	}
	if err := u.moved(api.FreshConnection(ctx)); err != nil {
		return nil, fmt.Errorf("not sent once more: %w", err)
	}
	if err := u.putAgain(req.Actor); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if u.mayAgain(req, time.Now()) {
		u.launch(api.FreshConnection(u.race.ctx), true)
		u.stepLocked(func(*Progress) {})
	}
	return u, nil
}

// mayAgain reports whether the update may be sent once more at the time now:
// it is what req asks for, and its last POST has had no answer for
// [AgainAfter]. The mutex must be held.
func (u *update) mayAgain(req Request, now time.Time) bool {
	r := u.race
	return r != nil && !r.over && r.open > 0 && r.ctx.Err() == nil && u.p.Tries < maxAttempts &&
		u.p.Outcome == Requested && u.req.Update.Status == req.Update.Status && now.Sub(r.last) >= AgainAfter
}

// putAgain puts on record that a person has the update sent once more, and
// returns why it must not be sent.
func (u *update) putAgain(actor Actor) error {
	j := u.d.config.Journal
	if j == nil {
		return nil
	}
	u.d.mu.Lock()
	e := u.d.requestEntry(u.e.view, journal.Again, u.p)
	e.Who, e.Reason = actor, "sent once more by hand"
	pending := j.Enqueue(e)
	u.d.mu.Unlock()
	return u.offRecord(pending.Wait())
}

// insist notes that a person has asked again for the pause under way. The error
// says what is under way.
func (d *Deck) insist(req Request) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.find(req.SID)
	if e == nil || e.update == nil {
		return ErrNotFound
	}
	u := e.update
	if pauses := u.req.Update.Status == api.Paused && req.Update.Status == api.Paused; pauses && !u.p.Settled && !d.config.ReadOnly {
		u.insist, u.insistent = true, req.Actor
	}
	return &BusyError{*u.p}
}

// insisted reports whether a pause whose connection was given up is to be sent
// once more: a person has asked for it again since it was sent, and a read that
// began later shows rec, which is as it was.
func (u *update) insisted(err error, rec api.Recording) bool {
	u.d.mu.Lock()
	insist, actor := u.insist && u.p.Outcome == Unknown && u.p.Tries < maxAttempts && !u.d.closed, u.insistent
	if u.insist = false; !insist || !api.Forgotten(err) || rec.Status != u.rec.Status {
		u.d.mu.Unlock()
		return false
	}
	u.d.mu.Unlock()
	if time.Since(u.from) >= updateLimit || u.putAgain(actor) != nil {
		return false
	}
	u.step(func(p *Progress) { p.Outcome, p.Err, p.Note, p.ByHand = Requested, nil, "", p.ByHand+1 })
	return true
}

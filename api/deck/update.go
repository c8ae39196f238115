package deck

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tapedeck/api"
	"tapedeck/api/crash"
	"tapedeck/api/journal"
)

const (
	updateLimit  = 10 * time.Second // from the request to its last POST's answer
	maxResends   = 2                // after HTTP 429
	unknownReads = time.Second      // reads that disagree for so long after HTTP 5xx mean: not done
	// forgottenReads is the same after a connection that the network forgot, so
	// that a key within 2 s of the first one sends anew.
	forgottenReads = 500 * time.Millisecond
	verifyRead     = 5 * time.Second  // one read that verifies
	givenUp        = 30 * time.Second // after that the polls go on looking
	appearAfter    = 20 * time.Millisecond
)

// Why a request is refused without being sent; test with errors.Is.
var (
	ErrReadOnly = errors.New("tapedeck is read-only here")
	ErrNotFound = errors.New("the deck has no such recording")
	ErrClosed   = errors.New("tapedeck is ending")
)

// ErrNotSent is why a request of [Deck.DoAll] has failed that was still waiting
// for its turn when the deck was closed.
var ErrNotSent = errors.New("not sent: tapedeck is ending")

// BusyError says that an update of the recording is under way.
type BusyError struct{ Progress Progress }

// Error names the update that is under way.
func (e *BusyError) Error() string {
	return fmt.Sprintf("%s of it is under way (%s)", e.Progress.Request.Verb(), e.Progress.Outcome)
}

// Reason returns in a few words why a request has failed, or is unknown:
// "HTTP 422", "timeout", "not sent: it cannot be put on record".
func Reason(err error) string {
	switch {
	case errors.Is(err, ErrNotOnRecord):
		return "not sent: it cannot be put on record"
	case errors.Is(err, ErrNotSent):
		return ErrNotSent.Error()
	case errors.Is(err, api.ErrTooLate):
		return api.ErrTooLate.Error()
	}
	return api.Reason(err)
}

// Do carries out a request: it sends one POST, applies the returned resource,
// and reads the recording again to verify. It blocks until the outcome is
// settled, or until ctx ends; the update goes on then, for it is the deck's,
// and every step of it is in the snapshots ([Recording.Update]).
//
// A POST is never repeated by itself, but for HTTP 429, which was not
// processed: at most twice more within 10 s of the request, and a resume or a
// stop only while a read still shows the status that the person saw. A person
// can have it sent once more; see [Request.Again].
//
// The error wraps [ErrReadOnly], [ErrNotFound], [ErrClosed], [ErrSkip] or
// [ErrNoReason], or is a [*BusyError], when nothing was sent. The result of a request that was sent
// is in the Progress, and not an error.
func (d *Deck) Do(ctx context.Context, req Request) (Progress, error) {
	u, err := d.joinOrBegin(ctx, req)
	if err != nil {
		return Progress{}, d.refused(req, fmt.Errorf("%s %s: %w", req.Verb(), req.SID, err))
	}
	select {
	case <-u.done:
	case <-ctx.Done():
	}
	return u.progress(), nil
}

// joinOrBegin returns the update that does what is requested: a new one, or,
// for one that is to be sent once more, the one under way.
func (d *Deck) joinOrBegin(ctx context.Context, req Request) (*update, error) {
	if req.Again {
		if u, err := d.sendAgain(ctx, req); u != nil || err != nil {
			return u, err
		}
	}
	if req.Insist {
		return nil, d.insist(req)
	}
	u, err := d.begin(req)
	if err != nil {
		return nil, err
	}
	go u.carryOut()
	return u, nil
}

// carryOut carries out an update to its end.
func (u *update) carryOut() {
	defer crash.Guard()
	defer u.end()
	u.run()
}

// doBefore is [Deck.Do] of what is sent before a local time, or not at all.
func (d *Deck) doBefore(req Request, before time.Time) (Progress, error) {
	u, err := d.begin(req)
	if err != nil {
		return Progress{}, d.refused(req, fmt.Errorf("%s %s: %w", req.Verb(), req.SID, err))
	}
	u.before = before
	go u.carryOut()
	<-u.done
	return u.progress(), nil
}

// UnderWay returns the updates whose outcome is not settled.
func (d *Deck) UnderWay() (list []Progress) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.order {
		if e.busy() {
			list = append(list, *e.update.p)
		}
	}
	return list
}

// update is a request under way, and the only one that changes its Progress:
// by [update.stepLocked], which shows the new one as long as no later request
// of the recording has taken its place.
type update struct {
	d     *Deck
	e     *entry
	id    uint64
	req   Request
	rec   api.Recording // as it was when the request was made: its SIDs are the path
	asked time.Time
	// before is until when it may be sent, of an auto-resume that other hosts know;
	// zero for no limit.
	before time.Time
	from   time.Time     // when its turn to be sent came, from which its limits count
	done   chan struct{} // closed when it is settled and on record
	shown  uint64        // the number of the first snapshot that has it
	// appears calls appear, unless all is over by then.
	appears *time.Timer

	// The deck's mutex guards what follows.
	p         *Progress        // replaced, never changed
	last      time.Time        // when the last read of it by itself began
	overdue   *time.Timer      // tells when a pause has had no result for too long; nil for others
	race      *race            // the POSTs without an answer; nil before the first
	insist    bool             // a person has asked for the pause again since it was sent
	insistent Actor            // who
	undone    bool             // others have ended what it did
	outcome   *journal.Pending // once it is settled; nil without a journal
	later     []journal.Entry  // what is to follow the outcome in the journal
}

// appear publishes that the update is under way, and tells it to who listens.
// That waits a moment: a snapshot, and what every screen makes of it, would be in
// the way of the POST.
func (u *update) appear() {
	defer crash.Guard()
	u.d.mu.Lock()
	defer u.d.mu.Unlock()
	u.d.tellTaken()
	if u.d.seq < u.shown {
		u.d.publish()
	}
}

// begin registers a request, or refuses it. Whoever gets the update calls its
// end.
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
	case e.busy(), e.update != nil && req.Snapshot != 0 && req.Snapshot < e.shown:
		return nil, &BusyError{*e.update.p}
	}
	req, err := d.config.allow(req)
	if err != nil {
		return nil, err
	}
	d.ids++
	d.updates.Add(1)
	u := &update{d: d, e: e, id: d.ids, req: req, rec: e.view.Recording, asked: now, from: now, done: make(chan struct{})}
	u.p = &Progress{ID: u.id, Request: req, Outcome: Requested, Asked: now}
	if d.config.Journal != nil {
		u.p.JournalID = d.config.Journal.NewID()
	}
	e.update, e.shown = u, d.seq+1
	e.change(func(r *Recording) { r.Update = u.p })
	u.watch()
	d.taken = append(d.taken, u.p)
	u.shown, u.appears = e.shown, time.AfterFunc(appearAfter, u.appear)
	return u, nil
}

// end notes that nothing of the update is under way any more.
func (u *update) end() {
	u.appears.Stop()
	close(u.done)
	u.d.updates.Done()
}

// progress returns how far the update has come.
func (u *update) progress() Progress {
	u.d.mu.Lock()
	defer u.d.mu.Unlock()
	return *u.p
}

// step changes the progress and publishes it.
func (u *update) step(f func(*Progress)) {
	u.d.mu.Lock()
	defer u.d.mu.Unlock()
	u.stepLocked(f)
}

// stepLocked changes the progress, and publishes it unless a later request of
// the recording is shown. An outcome that is settled for the first time is what
// the journal gets. The mutex must be held.
func (u *update) stepLocked(f func(*Progress)) {
	old, next := u.p, *u.p
	f(&next)
	if next.Settled && next.Done.IsZero() {
		next.Done = time.Now()
	}
	u.p = &next
	u.d.tell(Step{Progress: u.p})
	if next.Settled && !old.Settled {
		u.queueOutcome()
	}
	if u.e.update != u {
		return
	}
	u.e.change(func(r *Recording) { r.Update = u.p })
	if next.Outcome != old.Outcome || next.Settled != old.Settled {
		u.checkPaused()
	}
	u.d.publish()
}

// settle ends the update with an outcome.
func (u *update) settle(o Outcome, note string) {
	u.step(func(p *Progress) { p.Outcome, p.Note, p.Settled = o, note, true })
}

// run puts the request on record, sends the update, finds out its result, and
// puts that on record.
func (u *update) run() {
	if err := u.putRequest(); err != nil {
		u.fail(err)
	} else {
		u.finish(u.post())
	}
	u.outcomeWritten()
}

// fail settles an update of which nothing was sent.
func (u *update) fail(err error) {
	u.step(func(p *Progress) { p.Outcome, p.Err, p.Settled = Failed, err, true })
}

// finish finds out the result of an update by the answer to its POST.
func (u *update) finish(rec api.Recording, err error) {
	switch {
	case err == nil:
		u.accepted(rec)
	case refusal(err):
		u.refused(err)
	default:
		u.unknown(err)
	}
}

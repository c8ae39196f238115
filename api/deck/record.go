package deck

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"tapedeck/api"
	"tapedeck/api/journal"
	"tapedeck/api/text"
)

// Journal is where the deck writes what it is asked and the result; a
// [*journal.Journal] is one. Enqueue never blocks: the deck calls it under its
// mutex, so that entries are in the order of what happened.
type Journal interface {
	Enqueue(journal.Entry) *journal.Pending
	NewID() string
	Settle(ctx context.Context, settle func(request journal.Entry) (journal.Entry, bool)) (int, error)
}

// ErrNotOnRecord is why a request is refused when the journal is required and
// cannot be written.
var ErrNotOnRecord = errors.New("not sent: it cannot be put on record")

// entryOf returns a journal entry about a recording, asked for by actor.
func (d *Deck) entryOf(r *Recording, event journal.Event, actor Actor) journal.Entry {
	e := journal.Entry{
		Time: time.Now(), Event: event, Who: actor,
		Recording: r.SID, Call: r.CallSID, Conference: r.ConferenceSID,
	}
	if r.Call != nil {
		e.From, e.To = r.Call.From, r.Call.To
	}
	return e
}

// requestEntry returns a journal entry about a request.
func (d *Deck) requestEntry(r *Recording, event journal.Event, p *Progress) journal.Entry {
	e := d.entryOf(r, event, p.Request.Actor)
	e.ID, e.Ref, e.ByTimer = p.JournalID, p.Request.Ref, p.Request.ByTimer
	e.StatusBefore = string(p.Request.Seen)
	e.StatusAsked, e.PauseBehavior = string(p.Request.Update.Status), string(p.Request.Update.PauseBehavior)
	if event == journal.Request {
		e.Reason = p.Request.Reason
	}
	return e
}

// putRequest puts a request on record before it is sent, and returns why it must not
// be sent. It goes out without being on record, unless that is required.
func (u *update) putRequest() error {
	j := u.d.config.Journal
	if j == nil {
		return nil
	}
	u.d.mu.Lock()
	pending := j.Enqueue(u.d.requestEntry(u.e.view, journal.Request, u.p))
	u.d.mu.Unlock()
	return u.offRecord(pending.Wait())
}

// offRecord notes that the journal could not be written, when err is not nil,
// and returns why nothing must be sent then.
func (u *update) offRecord(err error) error {
	if err == nil {
		return nil
	}
	u.step(func(p *Progress) { p.OffRecord = err })
	if u.d.config.JournalRequired {
		return fmt.Errorf("%w: %w", ErrNotOnRecord, err)
	}
	return nil
}

// queueOutcome puts the outcome in the journal's queue as it is settled, and
// after it what has come before it about the request. The mutex must be held.
func (u *update) queueOutcome() {
	if j := u.d.config.Journal; j != nil {
		u.outcome = j.Enqueue(u.d.outcomeEntry(u.e.view, u.p))
	}
	for _, e := range u.later {
		u.d.note(e)
	}
	u.later = nil
}

// outcomeWritten waits until the outcome is on record.
func (u *update) outcomeWritten() {
	u.d.mu.Lock()
	pending := u.outcome
	u.d.mu.Unlock()
	if pending == nil {
		return
	}
	if err := pending.Wait(); err != nil {
		u.step(func(p *Progress) { p.OffRecord = err })
	}
}

// noteLater puts an entry about the request in the journal's queue, after its
// outcome. The mutex must be held.
func (u *update) noteLater(e journal.Entry) {
	if !u.p.Settled {
		u.later = append(u.later, e)
		return
	}
	u.d.note(e)
}

// outcomeEntry returns the entry of an outcome.
func (d *Deck) outcomeEntry(r *Recording, p *Progress) journal.Entry {
	e := d.requestEntry(r, journal.Outcome, p)
	e.Outcome, e.Reason = string(p.Outcome), p.Note
	if p.Answer != nil {
		e.StatusAnswered = string(p.Answer.Status)
	}
	if !p.Answered.IsZero() {
		e.Latency = p.Answered.Sub(p.Asked)
		e.HTTPStatus = p.HTTPStatus
	}
	if ae, ok := errors.AsType[*api.Error](p.Err); ok {
		e.HTTPStatus = ae.StatusCode
		if ae.Code != 0 {
			e.Code = strconv.Itoa(ae.Code)
		}
	}
	if p.Err != nil {
		e.Reason = Reason(p.Err)
		if p.Note != "" {
			e.Reason += "; " + p.Note
		}
	}
	return e
}

// note puts an entry in the journal's queue. The mutex must be held.
func (d *Deck) note(e journal.Entry) {
	if d.config.Journal != nil {
		d.config.Journal.Enqueue(e) // what is never written, the journal says when it is closed
	}
}

// noteEntry puts an entry about a recording in the journal's queue. The mutex
// must be held.
func (d *Deck) noteEntry(e *entry, event journal.Event, actor Actor, reason string, until time.Time) {
	n := d.entryOf(e.view, event, actor)
	n.Reason, n.Until, n.ByTimer = reason, until, event == journal.Timer && until.IsZero()
	d.note(n)
}

// Reveal puts on record that actor was shown a number that is masked.
func (d *Deck) Reveal(of Key, actor Actor) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if e := d.find(of.SID); e != nil {
		d.noteEntry(e, journal.Reveal, actor, "a masked number was shown", time.Time{})
	}
}

// Recover finds out the result of requests whose session has ended before it,
// in a crash say, and puts it on record. It reads each recording, and again for
// half a minute while it cannot be read; then the result is unknown. The record
// names who had made the request. It returns how many there were.
func (d *Deck) Recover(ctx context.Context) (int, error) {
	if d.config.Journal == nil {
		return 0, nil
	}
	until := time.Now().Add(givenUp)
	n, err := d.config.Journal.Settle(ctx, func(w journal.Entry) (journal.Entry, bool) {
		// One of another project is for a session of that project to find out.
		if !journal.SameSpace(w.Space, d.config.Space) || w.Project != d.config.Project {
			return w, false
		}
		out := d.whatBecameOf(ctx, w, until)
		return out, ctx.Err() == nil // else it is left to the next start
	})
	if err != nil {
		err = fmt.Errorf("recover unfinished updates: %w", err)
	}
	return n, err
}

// whatBecameOf reads the recording of a request, for as long as until if it has
// to, and returns its outcome.
func (d *Deck) whatBecameOf(ctx context.Context, request journal.Entry, until time.Time) journal.Entry {
	out := request
	out.Event = journal.Outcome // of whom had asked
	out.Reason = "tapedeck ended before the answer; read at the next start"
	if request.StatusAsked == AskedStart {
		out.Time, out.Outcome = time.Now(), string(Unknown)
		out.Reason = "tapedeck ended before the answer; which recording it began, if any, is not known"
		return out
	}
	asked := api.Update{Status: api.Status(request.StatusAsked)}
	rec, err := d.readUntil(ctx, request.Recording, until)
	out.Time = time.Now()
	if err != nil {
		out.Outcome, out.Reason = string(Unknown), "tapedeck ended before the answer; "+api.Reason(err)
		return out
	}
	out.Outcome, out.StatusAnswered = string(Contradicted), string(rec.Status)
	if asked.Reached(rec.Status) {
		out.Outcome = string(Verified)
	}
	return out
}

// readUntil reads a recording, and again while it cannot be read and there is
// time; not before the API wants. That it does not exist is an answer.
func (d *Deck) readUntil(ctx context.Context, sid text.Text, until time.Time) (rec api.Recording, err error) {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		rec, err = d.readOnceMore(ctx, sid)
		if err == nil || errors.Is(err, api.ErrNotFound) || !time.Now().Before(until) {
			return rec, err
		}
		asked, _ := waitAsked(err)
		select {
		case <-time.After(min(max(wait, asked), time.Until(until))):
		case <-ctx.Done():
			return rec, err
		}
	}
}

func (d *Deck) readOnceMore(ctx context.Context, sid text.Text) (api.Recording, error) {
	ctx, cancel := context.WithTimeout(ctx, verifyRead)
	defer cancel()
	rec, _, err := d.client.Recording(ctx, sid)
	return rec, err
}

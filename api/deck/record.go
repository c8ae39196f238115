package deck

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"tapedeck/api"
	"tapedeck/api/crash"
	"tapedeck/api/journal"
	"tapedeck/api/text"
)

// Journal is where the deck writes what it is asked and what becomes of it; a
// [*journal.Journal] is one.
type Journal interface {
	Append(journal.Entry) error
	NewID() string
	Settle(ctx context.Context, settle func(wish journal.Entry) (journal.Entry, bool)) (int, error)
}

// ErrNotOnRecord is why a request is refused when the journal is required and
// cannot be written.
var ErrNotOnRecord = errors.New("the journal cannot be written, and it is required")

// entryOf returns a journal entry about a recording, asked for by actor.
func (d *Deck) entryOf(r *Recording, event journal.Event, actor string) journal.Entry {
	e := journal.Entry{
		Time: time.Now(), Event: event,
		Recording: r.SID, Call: r.CallSID, Conference: r.ConferenceSID,
	}
	if actor != d.config.Actor {
		e.Actor = actor // else the journal knows more of who it is
	}
	if r.Call != nil {
		e.From, e.To = r.Call.From, r.Call.To
	}
	return e
}

// requestEntry returns a journal entry about a request.
func (d *Deck) requestEntry(r *Recording, event journal.Event, p *Progress) journal.Entry {
	e := d.entryOf(r, event, p.Request.Actor)
	e.ID, e.ByTimer = p.JournalID, p.Request.ByTimer
	e.StatusBefore = string(p.Request.Seen)
	e.StatusAsked, e.PauseBehavior = string(p.Request.Update.Status), string(p.Request.Update.PauseBehavior)
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
	view := u.e.view
	p := *u.p
	u.d.mu.Unlock()
	return u.offRecord(j.Append(u.d.requestEntry(view, journal.Wish, &p)))
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

// putOutcome puts the outcome of the request on record, once: after the notes
// that came before it, and before those about it that came since.
func (u *update) putOutcome() {
	j := u.d.config.Journal
	if j == nil {
		return
	}
	<-u.d.notesWritten()
	u.d.mu.Lock()
	e := u.outcome
	u.d.mu.Unlock()
	if err := j.Append(e); err != nil {
		u.step(func(p *Progress) { p.OffRecord = err })
	}
	u.d.mu.Lock()
	defer u.d.mu.Unlock()
	u.recorded = true
	for _, e := range u.later {
		u.d.putNote(note{entry: e})
	}
	u.later = nil
}

// noteLater writes an entry about the request in the background, after its
// outcome. The mutex must be held.
func (u *update) noteLater(e journal.Entry) {
	if !u.recorded && u.d.config.Journal != nil {
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

// notes are the entries that are written in the background, in their order.
type notes struct {
	queue   []note
	writing bool // somebody is writing the queue
}

// note is an entry to be written, or the place of somebody who waits for those
// before it.
type note struct {
	entry   journal.Entry
	reached chan struct{} // nil for an entry
}

// note writes an entry in the background, after those before it. The mutex must
// be held.
func (d *Deck) note(e journal.Entry) {
	if d.config.Journal != nil && !d.closed {
		d.putNote(note{entry: e})
	}
}

// putNote appends to the queue of notes, and has it written. The mutex must be
// held.
func (d *Deck) putNote(n note) {
	d.notes.queue = append(d.notes.queue, n)
	if d.notes.writing {
		return
	}
	d.notes.writing = true
	d.updates.Go(func() {
		defer crash.Guard()
		for d.writeNote() {
		}
	})
}

// writeNote writes the oldest note, and reports whether there was one.
func (d *Deck) writeNote() bool {
	d.mu.Lock()
	if d.notes.writing = len(d.notes.queue) > 0; !d.notes.writing {
		d.notes.queue = nil
		d.mu.Unlock()
		return false
	}
	n := d.notes.queue[0]
	d.notes.queue = d.notes.queue[1:]
	d.mu.Unlock()
	if n.reached != nil {
		close(n.reached)
	} else {
		_ = d.config.Journal.Append(n.entry) // it follows by itself when it can't be written now
	}
	return true
}

// notesWritten returns a channel that is closed when the notes of until now are
// written.
func (d *Deck) notesWritten() <-chan struct{} {
	reached := make(chan struct{})
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.notes.writing {
		d.putNote(note{reached: reached})
	} else {
		close(reached)
	}
	return reached
}

// noteEntry writes an entry about a recording beside the work. The mutex must
// be held.
func (d *Deck) noteEntry(e *entry, event journal.Event, actor, reason string, until time.Time) {
	n := d.entryOf(e.view, event, actor)
	n.Reason, n.Until, n.ByTimer = reason, until, event == journal.Timer && until.IsZero()
	d.note(n)
}

// Reveal puts on record that somebody was shown a number that is masked.
func (d *Deck) Reveal(sid text.Text, actor string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if e := d.find(sid); e != nil {
		d.noteEntry(e, journal.Reveal, actor, "a masked number was shown", time.Time{})
	}
}

// Recover finds out what became of wishes whose tapedeck is gone, a crash say,
// and puts it on record: it reads each recording once. It returns how many
// there were.
func (d *Deck) Recover(ctx context.Context) (int, error) {
	if d.config.Journal == nil {
		return 0, nil
	}
	n, err := d.config.Journal.Settle(ctx, func(w journal.Entry) (journal.Entry, bool) {
		// One of another project is its own tapedeck's to find out.
		if w.Space != d.config.Space || w.Project != d.config.Project {
			return w, false
		}
		out := d.whatBecameOf(ctx, w)
		return out, ctx.Err() == nil // else it is left to the next start
	})
	if err != nil {
		err = fmt.Errorf("recover unfinished updates: %w", err)
	}
	return n, err
}

// whatBecameOf reads the recording of a wish, and returns its outcome.
func (d *Deck) whatBecameOf(ctx context.Context, wish journal.Entry) journal.Entry {
	out := wish
	out.Event, out.Time, out.Actor = journal.Outcome, time.Now(), ""
	out.Reason = "its tapedeck ended before the answer; read at the next start"
	asked := api.Update{Status: api.Status(wish.StatusAsked)}
	rec, _, err := d.client.Recording(ctx, wish.Recording)
	if err != nil {
		out.Outcome, out.Reason = string(Unknown), "its tapedeck ended before the answer; "+api.Reason(err)
		return out
	}
	out.Outcome, out.StatusAnswered = string(Contradicted), string(rec.Status)
	if asked.Reached(rec.Status) {
		out.Outcome = string(Verified)
	}
	return out
}

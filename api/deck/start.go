package deck

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tapedeck/api"
	"tapedeck/api/journal"
	"tapedeck/api/text"
)

// AskedStart is what the journal has for the status that was asked for where a
// recording was started.
const AskedStart = "start"

// Start begins one more recording of a call, and reads it again to verify. It
// sends one POST and never repeats it, for each one that is accepted begins a
// recording.
//
// The error wraps [ErrReadOnly], [ErrClosed] or [ErrNotOnRecord] when nothing
// was sent. The result of a request that was sent is in the Progress; rec is
// the new recording, nil where there is none that is known.
func (d *Deck) Start(ctx context.Context, callSID text.Text, o api.StartOptions, actor Actor) (rec *Recording, p Progress, err error) {
	return d.StartFor(ctx, callSID, o, Request{Actor: actor})
}

// StartFor is Start for a request, of which the Actor and the Ref count.
func (d *Deck) StartFor(ctx context.Context, callSID text.Text, o api.StartOptions, req Request) (rec *Recording, p Progress, err error) {
	d.mu.Lock()
	err = d.refuses()
	if err == nil {
		d.updates.Add(1)
	}
	d.mu.Unlock()
	if err != nil {
		return nil, p, fmt.Errorf("start a recording of call %s: %w", callSID.SID(), err)
	}
	defer d.updates.Done()
	req.Update = api.Update{Status: AskedStart}
	p = Progress{Outcome: Requested, Asked: time.Now(), Tries: 1, Request: req}
	if err := d.noteStart(callSID, &p, journal.Request); err != nil && d.config.JournalRequired {
		return nil, p, fmt.Errorf("start a recording of call %s: %w: %w", callSID.SID(), ErrNotOnRecord, err)
	}
	got, x, err := d.client.StartRecording(ctx, callSID, o)
	p.Answered, p.HTTPStatus = time.Now(), x.StatusCode
	switch {
	case err == nil:
		p.Outcome, p.Answer, p.Request.SID = Accepted, &got, got.SID
		rec = d.verifyStart(ctx, got, &p)
	case refusal(err):
		p.Outcome, p.Err = Failed, err
	default:
		p.Outcome, p.Err, p.Answered = Unknown, err, time.Time{}
		p.Note = d.startedSince(ctx, callSID, p.Asked)
	}
	p.Settled, p.Done = true, time.Now()
	_ = d.noteStart(callSID, &p, journal.Outcome)
	return rec, p, nil
}

// refuses returns why nothing is sent; nil when it is. The mutex must be held.
func (d *Deck) refuses() error {
	switch {
	case d.config.ReadOnly:
		return ErrReadOnly
	case d.closed:
		return ErrClosed
	}
	return nil
}

// noteStart puts a step of a start on record, and returns why it is not.
func (d *Deck) noteStart(callSID text.Text, p *Progress, event journal.Event) error {
	if d.config.Journal == nil {
		return nil
	}
	if p.JournalID == "" {
		p.JournalID = d.config.Journal.NewID()
	}
	r := &Recording{Recording: api.Recording{SID: p.Request.SID, CallSID: callSID}}
	e := d.requestEntry(r, journal.Request, p)
	if event == journal.Outcome {
		e = d.outcomeEntry(r, p)
	}
	if err := d.config.Journal.Enqueue(e).Wait(); err != nil {
		p.OffRecord = err
		return err
	}
	return nil
}

// verifyStart reads a recording that was started until a read shows it, for as
// long as the API's reads may lag.
func (d *Deck) verifyStart(ctx context.Context, got api.Recording, p *Progress) *Recording {
	until := time.Now().Add(lagWindow)
	for wait := 100 * time.Millisecond; ; wait *= 2 {
		r, err := d.Reload(ctx, got.SID)
		if err == nil {
			p.Outcome = Verified
			return r
		}
		if !errors.Is(err, api.ErrNotFound) && !isTimeout(err) || !time.Now().Before(until) || ctx.Err() != nil {
			p.Note = "it could not be read again: " + api.Reason(err)
			d.mu.Lock()
			defer d.mu.Unlock()
			return d.seen(got, p.Answered, time.Now())
		}
		select {
		case <-time.After(min(wait, max(time.Until(until), time.Millisecond))):
		case <-ctx.Done():
		}
	}
}

// startedSince says which recordings of a call began since a request that was
// not answered. One of them may be that of the request: nobody can tell.
func (d *Deck) startedSince(ctx context.Context, callSID text.Text, asked time.Time) string {
	ctx, cancel := context.WithTimeout(ctx, verifyRead)
	defer cancel()
	d.mu.Lock()
	since, n := d.serverTime(asked).Add(-maxDrift), 0
	d.mu.Unlock()
	pages := d.client.Recordings(api.RecordingQuery{CallSID: callSID})
	if _, err := pages.Next(ctx, func(row api.Row) {
		if row.Created.After(since) {
			n++
		}
	}); err != nil {
		return "the recordings of the call could not be read: " + api.Reason(err)
	}
	if n == 0 {
		return "no recording of the call has begun since"
	}
	return fmt.Sprintf("%d of the call's recordings began since: look at them before you start another", n)
}

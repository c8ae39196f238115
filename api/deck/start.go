package deck

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"tapedeck/api"
	"tapedeck/api/journal"
	"tapedeck/api/text"
)

// AskedStart is what the journal has for the status that was asked for where a
// recording was started.
const AskedStart = "start"

// NoRecording is what a person saw who asks for a start where the call has no
// recording: see [Request.Seen]. Then the deck refuses a second one.
const NoRecording api.Status = "no-recording"

// Why a start is refused without being sent; test with errors.Is.
var (
	ErrRecorded = errors.New("the call has a recording by now")
	ErrStarting = errors.New("a recording of the call is being started already")
)

// Start begins one more recording of a call, and reads it again to verify. It
// sends one POST and never repeats it, for each one that is accepted begins a
// recording.
//
// The error wraps [ErrReadOnly], [ErrClosed], [ErrNotOnRecord] or, for one that
// saw [NoRecording], [ErrRecorded] or [ErrStarting] when nothing was sent. The result of a request that was sent is in the Progress; rec is
// the new recording, nil where there is none that is known.
func (d *Deck) Start(ctx context.Context, callSID text.Text, o api.StartOptions, actor Actor) (rec *Recording, p Progress, err error) {
	return d.StartFor(ctx, callSID, o, Request{Actor: actor})
}

// StartFor is Start for a request, of which the Actor, the Seen and the Ref count.
// With [NoRecording] as Seen the recordings of the call are read first, and nothing
// is sent where one is active, or where another start of the call is under way.
func (d *Deck) StartFor(ctx context.Context, callSID text.Text, o api.StartOptions, req Request) (rec *Recording, p Progress, err error) {
	only := req.Seen == NoRecording
	req.Update = api.Update{Status: AskedStart}
	p = Progress{Outcome: Requested, Asked: time.Now(), Tries: 1, Request: req}
	fail := func(err error) error { return fmt.Errorf("start a recording of call %s: %w", callSID.SID(), err) }
	d.mu.Lock()
	if err = d.refuses(); err == nil && only {
		err = d.recorded(callSID)
	}
	if err == nil {
		d.updates.Add(1)
		d.starting(callSID, p)
	}
	d.mu.Unlock()
	if err != nil {
		return nil, p, fail(err)
	}
	defer d.updates.Done()
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.started(callSID, p, err)
	}()
	if only {
		if err = d.lookFirst(ctx, callSID); err != nil {
			return nil, p, fail(err)
		}
	}
	if err := d.noteStart(callSID, &p, journal.Request); err != nil && d.config.JournalRequired {
		return nil, p, fail(fmt.Errorf("%w: %w", ErrNotOnRecord, err))
	}
	rec = d.sendStart(ctx, callSID, o, &p)
	p.Settled, p.Done = true, time.Now()
	_ = d.noteStart(callSID, &p, journal.Outcome)
	return rec, p, nil
}

// sendStart sends a start once, and finds out what became of it.
func (d *Deck) sendStart(ctx context.Context, callSID text.Text, o api.StartOptions, p *Progress) (rec *Recording) {
	got, x, err := d.client.StartRecording(ctx, callSID, o)
	p.Answered, p.HTTPStatus = time.Now(), x.StatusCode
	switch {
	case err == nil:
		p.Outcome, p.Answer, p.Request.SID = Accepted, &got, got.SID
		return d.verifyStart(ctx, got, p)
	case refusal(err) && !ambiguous(err):
		p.Outcome, p.Err = Failed, err
	default:
		p.Outcome, p.Err, p.Answered = Unknown, err, time.Time{}
		return d.settleStart(ctx, callSID, p)
	}
	return nil
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
			return d.takeOne(r.Recording)
		}
		if !errors.Is(err, api.ErrNotFound) && !isTimeout(err) || !time.Now().Before(until) || ctx.Err() != nil {
			p.Note = "it could not be read again: " + api.Reason(err)
			return d.takeOne(got)
		}
		select {
		case <-time.After(min(wait, max(time.Until(until), time.Millisecond))):
		case <-ctx.Done():
		}
	}
}

// settleStart finds out what became of a start whose answer was lost, by the call's
// recordings, for as long as the API's reads may lag. One that began since by a
// request like it is the one; of several nobody can tell which.
func (d *Deck) settleStart(ctx context.Context, callSID text.Text, p *Progress) *Recording {
	ctx, cancel := context.WithTimeout(ctx, verifyRead)
	defer cancel()
	d.mu.Lock()
	since := d.serverTime(p.Asked).Add(-maxDrift)
	d.mu.Unlock()
	until := time.Now().Add(lagWindow)
	for wait := 200 * time.Millisecond; ; wait *= 2 {
		list, err := d.recordingsOf(ctx, callSID)
		var began []api.Recording
		for _, r := range list {
			if r.Created.After(since) && strings.EqualFold(r.Source.String(), startSource) {
				began = append(began, r)
			}
		}
		switch {
		case err == nil && len(began) == 1:
			p.Outcome, p.Err, p.Request.SID, p.Answer = Verified, nil, began[0].SID, &began[0]
			p.Note = "its answer was lost; the recordings of the call show it"
			return d.takeOne(began[0])
		case err == nil && len(began) > 1:
			p.Note = fmt.Sprintf("%d of the call's recordings began since: look at them before you start another", len(began))
			return nil
		case err != nil:
			p.Note = "the recordings of the call could not be read: " + api.Reason(err)
		default:
			p.Note = "no recording of the call has begun since"
		}
		if !time.Now().Before(until) || ctx.Err() != nil {
			return nil
		}
		select {
		case <-time.After(min(wait, max(time.Until(until), time.Millisecond))):
		case <-ctx.Done():
		}
	}
}

// startSource is the source of a recording that was started by a request.
const startSource = "StartCallRecordingApi"

// recordingsOf reads the newest recordings of a call.
func (d *Deck) recordingsOf(ctx context.Context, callSID text.Text) (list []api.Recording, err error) {
	pages := d.client.Recordings(api.RecordingQuery{CallSID: callSID})
	_, err = pages.Next(ctx, func(row api.Row) {
		if r := row.Recording(); r.CallSID == callSID {
			list = append(list, r)
		}
	})
	if errors.Is(err, api.ErrPage) {
		err = nil // these are the newest
	}
	return list, err
}

// recorded returns why no first recording of a call can be started; nil where it
// can, as far as the deck knows. The mutex must be held.
func (d *Deck) recorded(callSID text.Text) error {
	for _, e := range d.order {
		if e.view.Active() && e.view.CallSID == callSID {
			return ErrRecorded
		}
	}
	if p := d.coverage.starts[callSID]; p != nil && !p.Settled {
		return ErrStarting
	}
	return nil
}

// lookFirst reads whether a call has a recording that the deck does not know.
func (d *Deck) lookFirst(ctx context.Context, callSID text.Text) error {
	ctx, cancel := context.WithTimeout(ctx, verifyRead)
	defer cancel()
	list, err := d.recordingsOf(ctx, callSID)
	if err != nil {
		return fmt.Errorf("its recordings could not be read before: %w", err)
	}
	for _, r := range list {
		if r.Status.Active() {
			d.takeOne(r)
			err = ErrRecorded
		}
	}
	return err
}

// takeOne takes in a recording that was read just now, as a poll does, and returns it
// as it is shown.
func (d *Deck) takeOne(rec api.Recording) *Recording {
	now := time.Now()
	d.takeIn([]found{{rec: rec, read: now}})
	d.mu.Lock()
	defer d.mu.Unlock()
	if e := d.find(rec.SID); e != nil {
		return e.view
	}
	return d.seen(rec, now, now)
}

// starting notes a start that is about to be sent. The mutex must be held.
func (d *Deck) starting(callSID text.Text, p Progress) {
	if d.coverage.starts == nil {
		d.coverage.starts = map[text.Text]*Progress{}
	}
	d.coverage.starts[callSID] = &p
	d.tellCoverage()
}

// started notes how a start has ended, or why it was not sent. The mutex must be
// held.
func (d *Deck) started(callSID text.Text, p Progress, err error) {
	if err != nil || !d.coverage.on {
		delete(d.coverage.starts, callSID)
	} else {
		d.coverage.starts[callSID] = &p
	}
	d.tellCoverage()
}

// tellCoverage publishes who has no recording where that has changed. The mutex
// must be held.
func (d *Deck) tellCoverage() {
	if d.coverage.on && d.cover(time.Now()) {
		d.publish()
	}
}

package deck

import (
	"cmp"
	"context"
	"sync"
	"time"

	"tapedeck/api"
	"tapedeck/api/crash"
)

const (
	oldScanLimit = 5 * time.Second // of one look for recordings older than the lookback
	maxOldLooks  = 30              // that fail in a row, from then on the next full scan is waited for
)

// oldLook is the look for recordings that are older than the lookback, while
// it is to be repeated: see [poller.scanOld].
type oldLook struct {
	failed int // looks in a row; 0 when none is to be repeated
	retry  time.Time
}

// scanOld looks for active recordings that are older than a full scan reads:
// the calls and conferences in progress that began before it are asked for
// theirs. A failure costs nothing but these: it is repeated beside the polls,
// but not for ever, and not before the API wants.
func (p *poller) scanOld(ctx context.Context) {
	if retry := p.directory.retryAt(); time.Now().Before(retry) {
		p.noteOld(func(o *oldLook) { o.put(retry) })
		return
	}
	err := p.lookOld(ctx)
	if err == nil {
		p.noteOld(func(o *oldLook) { *o = oldLook{} })
		return
	}
	interval := p.deck.pollInterval()
	p.noteOld(func(o *oldLook) { o.put(time.Now().Add(retryIn(err, interval))) })
	if _, ok := waitAsked(err); ok { // names wait, too
		p.directory.failed(err, interval)
	}
}

func (p *poller) noteOld(note func(*oldLook)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	note(&p.old)
}

// put notes that a look has failed, or could not be had.
func (o *oldLook) put(retry time.Time) { o.failed, o.retry = o.failed+1, retry }

// oldDue reports whether the look for old recordings is to be repeated now.
func (p *poller) oldDue(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	o := p.old
	return o.failed > 0 && o.failed <= maxOldLooks && !now.Before(o.retry)
}

// lookOld looks for them once, and returns the first thing that went wrong.
func (p *poller) lookOld(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, oldScanLimit)
	defer cancel()
	since := p.deck.serverNow().Add(-p.lookback)
	calls := p.client.Calls(api.CallQuery{Status: api.InProgress, StartedBefore: since.Add(time.Hour), PageSize: pageSize})
	var old []api.RecordingQuery
	err := eachRow(ctx, p.places, calls, func(c api.Call) {
		if t := c.Began(); !t.IsZero() && t.Before(since) {
			old = append(old, api.RecordingQuery{CallSID: c.SID, PageSize: pageSize})
		}
	})
	conferences := p.client.Conferences(api.ConferenceQuery{
		Status: api.InProgress, CreatedBefore: since.Add(24 * time.Hour), PageSize: pageSize,
	})
	err = cmp.Or(err, eachRow(ctx, p.places, conferences, func(c api.Conference) {
		if !c.Created.IsZero() && c.Created.Before(since) {
			old = append(old, api.RecordingQuery{ConferenceSID: c.SID, PageSize: pageSize})
		}
	}))
	errs := make([]error, len(old)+1)
	errs[0] = err
	var wg sync.WaitGroup
	for i, q := range old {
		wg.Go(func() { defer crash.Guard(); errs[i+1] = p.readOld(ctx, q) })
	}
	wg.Wait()
	return cmp.Or(errs...)
}

// readOld applies the active recordings of one call or conference.
func (p *poller) readOld(ctx context.Context, q api.RecordingQuery) error {
	for pages := p.client.Recordings(q); pages.More(); {
		if err := p.places.take(ctx); err != nil {
			return err
		}
		rows, _, err := nextPage(ctx, pages, func(row api.Row) (api.Recording, bool) {
			if !row.Status.Active() {
				return api.Recording{}, false
			}
			return row.Recording(), true
		})
		p.places.free()
		p.deck.takeIn(rows)
		if err != nil {
			return err
		}
	}
	return nil
}

// eachRow walks along a list to its end, or to the first error.
func eachRow[T any](ctx context.Context, in places, pages *api.Pages[T], each func(T)) error {
	for pages.More() {
		if err := in.take(ctx); err != nil {
			return err
		}
		info, err := pages.Next(ctx, each)
		in.free()
		pace(ctx, info, err == nil && pages.More())
		if err != nil {
			return err
		}
	}
	return nil
}

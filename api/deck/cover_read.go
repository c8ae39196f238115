package deck

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"tapedeck/api"
	"tapedeck/api/crash"
)

const (
	maxChecks    = 200 // calls whose recordings are read in one round
	checksAtOnce = 4
	checkPages   = 3 // of one call's recordings, newest first
	maxBadChecks = 8 // that fail in one round
)

// readUncovered reads the recordings of those that have none that is known, some in
// each round: one that nobody knew of covers them.
func (d *Deck) readUncovered(ctx context.Context) {
	d.mu.Lock()
	if !d.coverage.on {
		d.mu.Unlock()
		return
	}
	now := time.Now()
	d.cover(now)
	list := d.unchecked(now)
	d.mu.Unlock()
	var mu sync.Mutex // guards first and bad
	var first error
	bad := 0
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	work := make(chan api.RecordingQuery)
	var wg sync.WaitGroup
	for range min(checksAtOnce, len(list)) {
		wg.Go(func() {
			defer crash.Guard()
			for q := range work {
				err := d.check(ctx, q)
				if err == nil {
					continue
				}
				mu.Lock()
				first = cmp.Or(first, err)
				if _, asked := waitAsked(err); asked || bad == maxBadChecks {
					cancel()
				}
				bad++
				mu.Unlock()
			}
		})
	}
	for _, q := range list {
		select {
		case work <- q:
		case <-ctx.Done():
		}
	}
	close(work)
	wg.Wait()
	if wait, asked := waitAsked(first); asked {
		d.directory.holdUntil(time.Now().Add(wait))
	}
	d.mu.Lock()
	d.coverage.err = first
	d.mu.Unlock()
}

// unchecked returns what to ask for: the recordings of those that have none known
// for the longest. The mutex must be held.
func (d *Deck) unchecked(now time.Time) (list []api.RecordingQuery) {
	c := &d.coverage
	if len(c.rows) >= maxUnrecorded {
		return nil
	}
	var open []*candidate
	for _, one := range c.open {
		if one.checked.IsZero() && !now.Before(one.retry) && !one.leg && !d.serverTime(now).Before(one.since.Add(beginSlack)) {
			open = append(open, one)
		}
	}
	slices.SortFunc(open, func(a, b *candidate) int {
		return cmp.Or(a.since.Compare(b.since), cmp.Compare(a.sid().String(), b.sid().String()))
	})
	for _, one := range open[:min(len(open), maxChecks)] {
		q := api.RecordingQuery{PageSize: pageSize}
		if one.call != nil {
			q.CallSID = one.call.SID
		} else {
			q.ConferenceSID = one.conf.SID
		}
		list = append(list, q)
	}
	return list
}

// check reads the recordings of a call or a conference, and notes what they say of
// it.
func (d *Deck) check(ctx context.Context, q api.RecordingQuery) error {
	began := time.Now()
	var ended time.Time
	err := error(nil)
	pages := d.client.Recordings(q)
	for n := 0; pages.More() && n < checkPages && err == nil; n++ {
		if err = d.directory.places.take(ctx); err != nil {
			break
		}
		var rows []found
		rows, _, err = nextPage(ctx, pages, func(row api.Row) (api.Recording, bool) { return row.Recording(), true })
		d.directory.places.free()
		active := rows[:0]
		for _, r := range rows {
			switch of := r.rec; {
			case !q.CallSID.IsZero() && of.CallSID != q.CallSID, !q.ConferenceSID.IsZero() && of.ConferenceSID != q.ConferenceSID:
				// it was not asked for
			case of.Status.Active():
				active = append(active, r)
			default:
				if end := cmp.Or(of.End, of.Updated, of.Created); end.After(ended) {
					ended = end
				}
			}
		}
		d.takeIn(active)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	one := d.coverage.open[cmp.Or(q.CallSID, q.ConferenceSID)]
	switch {
	case one == nil:
	case err == nil || errors.Is(err, api.ErrPage):
		one.checked, one.ended, err = began, ended, nil
	default:
		one.retry = time.Now().Add(retryIn(err, d.interval))
	}
	return err
}

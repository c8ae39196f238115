package deck

import (
	"cmp"
	"context"
	"errors"
	"time"

	"tapedeck/api"
)

// maxPartials is how many full scans in a row may follow each other without a
// pause because of rows that cannot be read.
const maxPartials = 30

// scan is a full scan: a walk along all pages of the lookback, which may
// spread over several polls.
type scan struct {
	pages      *api.Pages[api.Row]
	since      time.Time // the earliest creation asked for
	again      bool      // it was begun anew, by the server's clock
	arrivals   int64     // when it began: the list does not shift under its page tokens
	index      int64     // rows read
	page       int       // pages read
	unreadable error     // rows that could not be read; nil for none
}

// scanDue reports whether a full scan is under way, or is to begin: what the
// last one could not read is tried again at once, rows not for ever.
func (f *feed) scanDue(every time.Duration) bool {
	return f.scan != nil || time.Since(f.scanned) >= every || errors.Is(f.partial, api.ErrPage) ||
		errors.Is(f.partial, api.ErrRows) && f.partials < maxPartials
}

// fullScan reads on in the full scan under way, or begins one, until it has
// ended or has taken the time given; 0 is no limit. A page that was refused,
// or too many, end it too: it is partial then.
func (p *poller) fullScan(ctx context.Context, limit time.Duration) error {
	f, began := &p.feed, time.Now()
	if f.scan == nil {
		f.walk++
		f.scan = p.newScan()
	}
	s := f.scan
	for s.pages.More() {
		if s.page == pageLimit {
			return p.endScan(ctx, api.ErrPages)
		}
		if f.scanned.IsZero() {
			p.deck.loading(s.page + 1)
		}
		rows, err := p.readPage(ctx, s.pages, s.index)
		s.index += int64(rows.n)
		s.unreadable = cmp.Or(s.unreadable, rows.unreadable)
		p.deck.place(rows.seen, s.arrivals)
		if errors.Is(err, api.ErrPage) {
			return p.endScan(ctx, err)
		}
		if e, ok := errors.AsType[*api.Error](err); ok && e.StatusCode < 500 && e.StatusCode != 429 {
			f.scan = nil // the page's token is of no use any more: from the start
		}
		if err != nil {
			return err
		}
		s.page++
		if p.asksTooLittle(s) {
			s = p.newScan()
			s.again, f.scan = true, s
			continue
		}
		if limit > 0 && time.Since(began) >= limit && s.pages.More() {
			return nil
		}
	}
	return p.endScan(ctx, nil)
}

func (p *poller) newScan() *scan {
	q := p.query(pageSize)
	return &scan{pages: p.client.Recordings(q), since: q.CreatedAfter, arrivals: p.feed.arrivals}
}

// asksTooLittle reports whether the server's clock, which its first answer
// tells, is so far behind the one that a scan was begun by that it would miss
// recordings within the lookback.
func (p *poller) asksTooLittle(s *scan) bool {
	return !s.again && s.since.After(p.query(pageSize).CreatedAfter.Add(time.Minute))
}

// endScan ends the full scan under way, partial for a reason or complete, and
// looks for recordings that are older than it reaches.
func (p *poller) endScan(ctx context.Context, partial error) error {
	f := &p.feed
	if partial == nil {
		partial = f.scan.unreadable
	}
	if f.partials++; !errors.Is(partial, api.ErrRows) {
		f.partials = 0
	}
	f.scan, f.scanned, f.pages, f.partial = nil, time.Now(), f.scan.page, partial
	p.scanOld(ctx)
	return ctx.Err()
}

package deck

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"tapedeck/api"
	"tapedeck/api/crash"
	"tapedeck/api/text"
)

const (
	pageSize  = 1000 // of a full scan: the API's most
	pageLimit = 1000 // pages of one scan
	// keepRecent is how many of the newest rows are remembered, to know where
	// a poll may stop reading.
	keepRecent = 4000
	// createdSlack is how much later than its creation a row may turn up.
	createdSlack = 5 * time.Second
	// maxFailedReads is how many single reads may fail before a poll gives up.
	maxFailedReads = 8
)

// poll looks at the project once. The first poll is a full scan; later ones
// read the newest rows and the known active ones, and a piece of a full scan
// when one is due. The error is the first thing that went wrong; what was read
// is applied all the same.
func (p *poller) poll(ctx context.Context) error {
	p.began = time.Now()
	p.deck.beginPoll()
	f := &p.feed
	f.unreadable = nil
	first := f.scanned.IsZero()
	if first {
		if err := p.fullScan(ctx, 0); err != nil || f.pages <= 1 {
			return err
		}
		// It took more than a moment: what came and changed meanwhile is next.
	}
	if err := p.steady(ctx); err != nil {
		return err
	}
	if !first && f.scanDue(p.fullEvery) {
		return p.fullScan(ctx, p.deck.pollInterval()/2)
	}
	return nil
}

// query returns the query for everything that a scan reads. It asks for an
// hour more than needed, for how the API compares dates is not known.
func (p *poller) query(size int) api.RecordingQuery {
	since := p.deck.serverNow().Add(-p.lookback - time.Hour)
	if newest := p.feed.watermark; !newest.IsZero() && newest.Before(since) {
		since = newest // whatever the server's clock is said to be
	}
	return api.RecordingQuery{CreatedAfter: since.Truncate(time.Minute), PageSize: size}
}

// pageRows is what was of interest in one page.
type pageRows struct {
	n          int      // rows in the page
	fresh      int      // rows that were not known
	tail       bool     // the last row was known
	seen       []placed // the active and tracked ones
	unreadable error    // that some could not be read
}

// placed is a recording and its index in the list.
type placed struct {
	sid   text.Text
	index int64
}

// readPage reads the next page and applies what it says of active recordings
// and of those that the deck has.
func (p *poller) readPage(ctx context.Context, pages *api.Pages[api.Row], index int64) (pageRows, error) {
	if err := p.places.take(ctx); err != nil {
		return pageRows{}, err
	}
	defer p.places.free()
	latest := p.deck.serverNow().Add(time.Minute)
	var out pageRows
	rows, info, err := nextPage(ctx, pages, func(row api.Row) (api.Recording, bool) {
		out.tail = p.feed.knows(row)
		if !out.tail {
			out.fresh++
		}
		p.feed.remember(row, latest)
		return p.deck.recordingOf(row)
	})
	out.n = info.Rows
	p.spent(func(c *costs) { c.page(info) })
	for _, r := range rows {
		out.seen = append(out.seen, placed{r.rec.SID, index + int64(r.at)})
	}
	p.deck.takeIn(rows)
	if info.Unreadable > 0 {
		out.unreadable = fmt.Errorf("%w: %d of %d could not be read", api.ErrRows, info.Unreadable, info.Rows)
		p.feed.unreadable = out.unreadable
	}
	return out, err
}

// found is a recording that a page told of.
type found struct {
	rec  api.Recording
	at   int       // its row in the page
	read time.Time // when the request began whose answer it is
}

// nextPage reads the next page, and returns the recordings that take wants of it.
// Where the connection was dropped in the middle, the rows before that come
// twice: those of either answer say what was so when its own request began.
func nextPage(
	ctx context.Context, pages *api.Pages[api.Row], take func(api.Row) (api.Recording, bool),
) ([]found, api.PageInfo, error) {
	var rows []found
	began, n := time.Now(), 0
	info, err := pages.Next(ctx, func(row api.Row) {
		if rec, ok := take(row); ok {
			rows = append(rows, found{rec: rec, at: n, read: began})
		}
		n++
	})
	if err != nil && !errors.Is(err, api.ErrPage) {
		return rows, info, err
	}
	pace(ctx, info, pages.More())
	first := n - (info.Rows - info.Unreadable) // of the answer that came to its end
	for i := range rows {
		if r := &rows[i]; r.at >= first {
			r.at, r.read = r.at-first, info.Began
		}
	}
	return rows, info, err
}

// knows reports whether a row was there before this walk, so that nothing
// below it is new.
func (f *feed) knows(row api.Row) bool {
	for _, rows := range []map[text.Text]uint{f.recent, f.older} {
		if walk, ok := rows[row.SID]; ok {
			return walk < f.walk
		}
	}
	return !row.Created.IsZero() && row.Created.Before(f.watermark.Add(-createdSlack))
}

// remember takes a row in as one that was there. A creation after latest is
// a clock that is wrong, and no mark to go by.
func (f *feed) remember(row api.Row, latest time.Time) {
	if f.recent == nil || len(f.recent) >= keepRecent {
		f.older, f.recent = f.recent, make(map[text.Text]uint, keepRecent)
	}
	if _, ok := f.recent[row.SID]; !ok {
		f.recent[row.SID] = f.walk
	}
	if row.Created.After(f.watermark) && row.Created.Before(latest) {
		f.watermark = row.Created
	}
}

// steady reads what is new and looks again at every known active recording.
func (p *poller) steady(ctx context.Context) error {
	plan := p.plan()
	var singles lookups
	var wg sync.WaitGroup
	wg.Go(func() { defer crash.Guard(); singles = p.readSingles(ctx, plan.singles) })
	seen, err := p.readNewest(ctx, plan)
	wg.Wait()
	if err == nil {
		// Rows that were expected in the pages and were not there.
		var rest []text.Text
		for _, sid := range plan.covered {
			if !seen[sid] {
				rest = append(rest, sid)
			}
		}
		more := p.readSingles(ctx, rest)
		singles.missing = append(singles.missing, more.missing...)
		singles.err = errors.Join(singles.err, more.err)
	}
	if err != nil {
		return err
	}
	p.deck.notFound(singles.missing)
	return singles.err
}

// readNewest reads the list from its top, as far as it is new and as far as
// the plan wants, and returns which of the active recordings it met.
func (p *poller) readNewest(ctx context.Context, plan plan) (seen map[text.Text]bool, err error) {
	f := &p.feed
	f.walk++
	seen = make(map[text.Text]bool, len(plan.covered))
	pages := p.client.Recordings(p.query(plan.size))
	var all []pageRows
	index, fresh := int64(0), 0
	for n := 0; pages.More() && err == nil; n++ {
		if n == pageLimit {
			err = api.ErrPages
			break
		}
		var rows pageRows
		rows, err = p.readPage(ctx, pages, index)
		index += int64(rows.n)
		fresh += rows.fresh
		all = append(all, rows)
		for _, r := range rows.seen {
			seen[r.sid] = true
		}
		if rows.tail && index >= plan.depth && (err == nil || errors.Is(err, api.ErrPage)) {
			err = nil // what lies below is known: whatever the next page is, it is not needed
			break
		}
	}
	f.arrivals += int64(fresh)
	f.fresh += (float64(fresh) - f.fresh) / 4
	for _, rows := range all {
		p.deck.place(rows.seen, f.arrivals)
	}
	return seen, err
}

// lookups is what came of reading recordings one by one.
type lookups struct {
	missing []lookup
	err     error // the first error other than 404
}

type lookup struct {
	sid  text.Text
	read time.Time
}

// readSingles reads recordings one by one, as many at a time as the poll has
// places for, and applies the answers. After some failures it gives up.
func (p *poller) readSingles(ctx context.Context, sids []text.Text) (out lookups) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var mu sync.Mutex
	failed := 0
	note := func(sid text.Text, read time.Time, err error) {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err == nil:
		case errors.Is(err, api.ErrNotFound), errors.Is(err, api.ErrSID): // nor is there one with such a SID
			out.missing = append(out.missing, lookup{sid, read})
		default:
			if out.err == nil {
				out.err = err
			}
			if _, asked := waitAsked(err); asked {
				failed = maxFailedReads
			}
			if failed++; failed >= maxFailedReads {
				cancel()
			}
		}
	}
	work := make(chan text.Text)
	var wg sync.WaitGroup
	for range min(maxInFlight, len(sids)) {
		wg.Go(func() {
			defer crash.Guard()
			for sid := range work {
				read := time.Now()
				note(sid, read, p.readOne(ctx, sid))
			}
		})
	}
	for _, sid := range sids {
		select {
		case work <- sid:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
	}
	close(work)
	wg.Wait()
	return out
}

// readOne reads one recording for a poll and applies the answer.
func (p *poller) readOne(ctx context.Context, sid text.Text) error {
	if err := p.places.take(ctx); err != nil {
		return err
	}
	defer p.places.free()
	rec, x, err := p.client.Recording(ctx, sid)
	if err != nil {
		return err
	}
	p.spent(func(c *costs) { c.single(x) })
	p.deck.applyOne(rec, x.Began)
	return nil
}

package deck

import (
	"cmp"
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

// feed is what the polls know of the list of recordings, ended ones too.
type feed struct {
	arrivals   int64              // rows that came on top since the first look
	walk       uint               // the walk along the list under way, counted
	recent     map[text.Text]uint // the newest rows, and the walk that met them first
	older      map[text.Text]uint // what recent was before it was full
	watermark  time.Time          // the newest row's creation
	fresh      float64            // new rows per poll, lately
	scan       *scan              // the full scan under way; nil for none
	scanned    time.Time          // when the last full scan ended; zero before the first
	pages      int                // of the last full scan
	partial    error              // why the last full scan was partial; nil when it was not
	partials   int                // full scans in a row that met rows that could not be read
	unreadable error              // rows of the last poll that could not be read; nil for none
}

// poll looks at the project once. The first poll is a full scan; later ones
// read the newest rows and the known active ones, and a piece of a full scan
// when one is due. The error is the first thing that went wrong; what was read
// is applied all the same.
func (d *Deck) poll(ctx context.Context) error {
	d.beginPoll()
	f := &d.feed
	f.unreadable = nil
	first := f.scanned.IsZero()
	if first {
		if err := d.fullScan(ctx, 0); err != nil || f.pages <= 1 {
			return err
		}
		// It took more than a moment: what came and changed meanwhile is next.
	}
	if err := d.steady(ctx); err != nil {
		return err
	}
	if !first && f.scanDue(d.config.FullEvery) {
		return d.fullScan(ctx, d.pollInterval()/2)
	}
	return nil
}

func (d *Deck) beginPoll() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.polling = time.Now()
	if !d.health.Next.IsZero() {
		d.health.Next = time.Time{}
		d.publish()
	}
}

// endPoll publishes what a poll has found, and what the data is worth now.
func (d *Deck) endPoll(err error, next time.Time) {
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	h := &d.health
	h.Err = err
	if err != nil {
		h.Next = next
		if h.Failing.IsZero() {
			h.Failing = now
		}
	} else {
		h.Failing, h.Next, h.Page = time.Time{}, time.Time{}, 0
		h.Err = cmp.Or(d.feed.partial, d.feed.unreadable)
		h.Complete, h.Partial = now, h.Err != nil
	}
	d.tell(Step{Poll: &Polled{Took: now.Sub(d.polling), Err: h.Err, Partial: err == nil && h.Partial}})
	d.purge(now)
	d.publish()
	d.wantAside()
}

// lookback returns the query for everything that a scan reads. It asks for an
// hour more than needed, for how the API compares dates is not known.
func (d *Deck) lookback(size int) api.RecordingQuery {
	since := d.serverNow().Add(-d.config.Lookback - time.Hour)
	if newest := d.feed.watermark; !newest.IsZero() && newest.Before(since) {
		since = newest // whatever the server's clock is said to be
	}
	return api.RecordingQuery{CreatedAfter: since.Truncate(time.Minute), PageSize: size}
}

// serverNow returns the time by the server's clock.
func (d *Deck) serverNow() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.serverTime(time.Now())
}

// serverTime returns the server's time at a local one. The mutex must be held.
func (d *Deck) serverTime(t time.Time) time.Time { return wall(t).Add(d.clock.offset) }

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
func (d *Deck) readPage(ctx context.Context, pages *api.Pages[api.Row], index int64) (pageRows, error) {
	if err := d.slot(ctx); err != nil {
		return pageRows{}, err
	}
	defer d.free()
	latest := d.serverNow().Add(time.Minute)
	var out pageRows
	rows, info, err := nextPage(ctx, pages, func(row api.Row) (api.Recording, bool) {
		out.tail = d.feed.knows(row)
		if !out.tail {
			out.fresh++
		}
		d.feed.remember(row, latest)
		return d.recordingOf(row)
	})
	out.n = info.Rows
	d.mu.Lock()
	defer d.mu.Unlock()
	d.costs.page(info)
	now := time.Now()
	news := false
	for _, r := range rows {
		out.seen = append(out.seen, placed{r.rec.SID, index + int64(r.at)})
		news = d.apply(r.rec, r.read, now) || news
	}
	if news {
		d.publish()
	}
	if info.Unreadable > 0 {
		out.unreadable = fmt.Errorf("%w: %d of %d could not be read", api.ErrRows, info.Unreadable, info.Rows)
		d.feed.unreadable = out.unreadable
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

// recordingOf returns the recording of a row, if it is active or the deck has
// it. One that has not changed is not built anew: of thousands, few have.
func (d *Deck) recordingOf(row api.Row) (rec api.Recording, wanted bool) {
	var known *Recording
	d.mu.Lock()
	if e := d.find(row.SID); e != nil {
		known = e.view
	}
	d.mu.Unlock()
	switch {
	case known != nil && row.Same(known.Recording):
		return known.Recording, true
	case known != nil || row.Status.Active():
		return row.Recording(), true
	}
	return api.Recording{}, false
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

// slot waits for a place among the requests in flight; free gives it back.
func (d *Deck) slot(ctx context.Context) error {
	select {
	case d.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (d *Deck) free() { <-d.slots }

// steady reads what is new and looks again at every known active recording.
func (d *Deck) steady(ctx context.Context) error {
	plan := d.plan()
	var singles lookups
	var wg sync.WaitGroup
	wg.Go(func() { defer crash.Guard(); singles = d.readSingles(ctx, plan.singles) })
	seen, err := d.readNewest(ctx, plan)
	wg.Wait()
	if err == nil {
		// Rows that were expected in the pages and were not there.
		var rest []text.Text
		for _, sid := range plan.covered {
			if !seen[sid] {
				rest = append(rest, sid)
			}
		}
		more := d.readSingles(ctx, rest)
		singles.missing = append(singles.missing, more.missing...)
		singles.err = errors.Join(singles.err, more.err)
	}
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	for _, m := range singles.missing {
		if e := d.find(m.sid); e != nil {
			d.missing(e, m.read, now)
		} else {
			d.keptMissing(m.sid)
		}
	}
	return singles.err
}

// readNewest reads the list from its top, as far as it is new and as far as
// the plan wants, and returns which of the active recordings it met.
func (d *Deck) readNewest(ctx context.Context, p plan) (seen map[text.Text]bool, err error) {
	f := &d.feed
	f.walk++
	seen = make(map[text.Text]bool, len(p.covered))
	pages := d.client.Recordings(d.lookback(p.size))
	var all []pageRows
	index, fresh := int64(0), 0
	for n := 0; pages.More() && err == nil; n++ {
		if n == pageLimit {
			err = api.ErrPages
			break
		}
		var rows pageRows
		rows, err = d.readPage(ctx, pages, index)
		index += int64(rows.n)
		fresh += rows.fresh
		all = append(all, rows)
		for _, r := range rows.seen {
			seen[r.sid] = true
		}
		if rows.tail && index >= p.depth && (err == nil || errors.Is(err, api.ErrPage)) {
			err = nil // what lies below is known: whatever the next page is, it is not needed
			break
		}
	}
	f.arrivals += int64(fresh)
	f.fresh += (float64(fresh) - f.fresh) / 4
	for _, rows := range all {
		d.place(rows, f.arrivals)
	}
	return seen, err
}

// place notes where in the list the rows of a page were.
func (d *Deck) place(rows pageRows, arrivals int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range rows.seen {
		if e := d.find(r.sid); e != nil {
			e.place = arrivals - r.index
		}
	}
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
func (d *Deck) readSingles(ctx context.Context, sids []text.Text) (out lookups) {
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
				note(sid, read, d.readOne(ctx, sid))
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
func (d *Deck) readOne(ctx context.Context, sid text.Text) error {
	if err := d.slot(ctx); err != nil {
		return err
	}
	defer d.free()
	rec, x, err := d.client.Recording(ctx, sid)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.costs.single(x)
	d.apply(rec, x.Began, time.Now())
	return nil
}

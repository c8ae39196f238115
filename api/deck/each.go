package deck

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"tapedeck/api"
	"tapedeck/api/crash"
	"tapedeck/api/text"
)

// maxPending is how many recordings of a walk wait for who is on their line
// before the walk waits, too.
const maxPending = pageSize

// Walk says what [Deck.Each] reads.
type Walk struct {
	Ended bool // those that have ended, too
	Names bool // who is on the line of the active ones
}

// Each reads the recordings of the lookback once, and those older ones whose
// call or conference is still in progress, and calls each for every one, the
// newest first. It is for a caller that does not [Deck.Run], and keeps none of
// them: the first is told before the last page is asked for, and ten thousand
// take no more memory than some pages. The walk ends when each returns false.
//
// It asks for the pages of the recordings and, at the same time, for the calls in
// progress. It asks for the conferences in progress only where one of them is
// recorded and wants its name, or where a call has no recording that was met: it
// may be in a conference that is older than the lookback and is recorded.
//
// unnamed is why it is not known of all who is on the line. The error of a list
// that was read and is not complete wraps [api.ErrPage], [api.ErrPages] or
// [api.ErrRows].
func (d *Deck) Each(ctx context.Context, w Walk, each func(*Recording) bool) (unnamed, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	k := &walker{
		d: d, walk: w, each: each, told: map[text.Text]bool{}, news: make(chan struct{}, 1), left: 4 * labelsOne,
		calls: map[text.Text]leg{}, conferences: map[text.Text]*api.Conference{}, since: d.serverNow().Add(-d.config.Lookback),
		legs: map[text.Text]text.Text{}, recorded: map[text.Text]bool{},
	}
	defer k.wg.Wait()
	defer cancel()
	k.wg.Go(func() { defer crash.Guard(); k.readCalls(ctx) })
	partial, err := k.readAll(ctx)
	if err == nil {
		err = k.finish(ctx)
	}
	k.hurry = true
	k.flush(ctx) // what was read before something failed
	if k.over {
		return nil, nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.unnamed, cmp.Or(err, partial)
}

// walker is one walk of [Deck.Each].
type walker struct {
	d       *Deck
	walk    Walk
	each    func(*Recording) bool
	told    map[text.Text]bool // which recordings were met
	pending []*Recording       // what waits for its name, in order
	over    bool               // each wants no more
	hurry   bool               // no name is waited for
	left    int                // how many names may still be read one by one
	since   time.Time          // the beginning of the lookback, by the server's clock as far as it is known
	// recorded are the calls with an active recording that was met.
	recorded map[text.Text]bool
	asked    bool // for the conferences
	wg       sync.WaitGroup

	mu          sync.Mutex // guards what follows, which readCalls and readConferences write
	calls       map[text.Text]leg
	conferences map[text.Text]*api.Conference
	legs        map[text.Text]text.Text // without names: the calls in progress, each with its parent
	callsDone   bool                    // all calls in progress were read, or cannot be
	done        bool                    // so were all conferences
	unnamed     error                   // why some could not be
	old         []api.RecordingQuery
	news        chan struct{}
}

// readCalls reads the calls in progress.
func (k *walker) readCalls(ctx context.Context) {
	calls := k.d.client.Calls(api.CallQuery{Status: api.InProgress, PageSize: pageSize})
	err := eachRow(ctx, k.d.poller.places, calls, func(c api.Call) { k.putCall(c) })
	k.mu.Lock()
	k.callsDone, k.unnamed = true, cmp.Or(k.unnamed, err)
	k.mu.Unlock()
	k.tell()
}

// wantConferences has the conferences in progress be read, once.
func (k *walker) wantConferences(ctx context.Context) {
	if k.asked {
		return
	}
	k.asked = true
	k.wg.Go(func() {
		defer crash.Guard()
		conferences := k.d.client.Conferences(api.ConferenceQuery{Status: api.InProgress, PageSize: pageSize})
		err := eachRow(ctx, k.d.poller.places, conferences, func(c api.Conference) { k.putConference(c) })
		k.mu.Lock()
		k.done, k.unnamed = true, cmp.Or(k.unnamed, err)
		k.mu.Unlock()
		k.tell()
	})
}

// unmet reports whether a call in progress has no recording that was met, nor has
// its other leg, or whether that cannot be known.
func (k *walker) unmet() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.unnamed != nil {
		return true
	}
	// A leg of a recorded call counts as met, and so does the call whose leg is.
	met := map[text.Text]bool{}
	unmet := func(sid, parent text.Text) bool { return !k.recorded[sid] && !k.recorded[parent] && !met[sid] }
	for range 2 {
		left := false
		for sid, parent := range k.parents() {
			if !unmet(sid, parent) && !parent.IsZero() && !k.recorded[parent] {
				met[parent] = true
			}
			left = left || unmet(sid, parent)
		}
		if !left {
			return false
		}
	}
	return true
}

// parents yields the calls in progress, each with its parent. The mutex must be
// held.
func (k *walker) parents() iter.Seq2[text.Text, text.Text] {
	if !k.walk.Names {
		return maps.All(k.legs)
	}
	return func(yield func(sid, parent text.Text) bool) {
		for sid, l := range k.calls {
			if !yield(sid, l.parent()) {
				return
			}
		}
	}
}

// putCall takes a call in.
func (k *walker) putCall(c api.Call) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.walk.Names {
		k.legs[c.SID] = c.ParentCallSID
	}
	if t := c.Began(); !t.IsZero() && t.Before(k.since) {
		k.old = append(k.old, api.RecordingQuery{CallSID: c.SID, PageSize: pageSize})
	}
	if k.walk.Names {
		l := legOf(c)
		k.calls[l.sid()] = l
	}
	k.tell()
}

func (k *walker) putConference(c api.Conference) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !c.Created.IsZero() && c.Created.Before(k.since) {
		k.old = append(k.old, api.RecordingQuery{ConferenceSID: c.SID, PageSize: pageSize})
	}
	if k.walk.Names {
		k.conferences[c.SID] = &api.Conference{
			SID: c.SID, FriendlyName: c.FriendlyName, Status: c.Status, Region: c.Region, Created: c.Created, Doubtful: c.Doubtful,
		}
	}
	k.tell()
}

// tell says that more names are known.
func (k *walker) tell() {
	select {
	case k.news <- struct{}{}:
	default:
	}
}

// readAll reads the lookback. partial is why not all of it is there.
func (k *walker) readAll(ctx context.Context) (partial, err error) {
	q := k.d.poller.query(pageSize)
	pages := k.d.client.Recordings(q)
	for n, again := 0, false; pages.More() && !k.over; n++ {
		if n == pageLimit {
			return api.ErrPages, nil
		}
		unreadable, err := k.readPage(ctx, pages)
		partial = cmp.Or(partial, unreadable)
		if errors.Is(err, api.ErrPage) {
			partial, err = err, nil
		}
		if err != nil {
			return partial, err
		}
		if now := k.d.poller.query(pageSize); !again && q.CreatedAfter.After(now.CreatedAfter.Add(time.Minute)) {
			pages, again = k.d.client.Recordings(now), true // by the server's clock
		}
	}
	return partial, nil
}

// readPage reads a page, and tells of what is known by then.
func (k *walker) readPage(ctx context.Context, pages *api.Pages[api.Row]) (unreadable, err error) {
	began := time.Now()
	var rows []api.Recording
	info, err := pages.Next(ctx, func(row api.Row) {
		if !k.told[row.SID] && (k.walk.Ended || row.Status.Active()) {
			k.told[row.SID] = true
			rows = append(rows, row.Recording())
		}
	})
	if err != nil && !errors.Is(err, api.ErrPage) {
		return nil, err
	}
	k.d.mu.Lock()
	k.d.publish() // with the server's clock
	k.d.mu.Unlock()
	for _, rec := range rows {
		k.add(rec, began)
	}
	if info.Unreadable > 0 {
		unreadable = fmt.Errorf("%w: %d of %d could not be read", api.ErrRows, info.Unreadable, info.Rows)
	}
	for k.flush(ctx); len(k.pending) > maxPending && !k.over; k.flush(ctx) {
		if !k.wait(ctx) {
			return unreadable, ctx.Err()
		}
	}
	return unreadable, err
}

// wait waits for more names. It reports false when ctx has ended.
func (k *walker) wait(ctx context.Context) bool {
	select {
	case <-k.news:
		return true
	case <-ctx.Done():
		return false
	}
}

// flush tells of the recordings whose names are known, as far as they follow
// each other.
func (k *walker) flush(ctx context.Context) {
	n := 0
	for n < len(k.pending) && !k.over && k.name(ctx, k.pending[n]) {
		k.over = !k.each(k.pending[n])
		k.pending[n] = nil
		n++
	}
	k.pending = append(k.pending[:0], k.pending[n:]...)
}

// name gives a recording who is on its line, and reports whether it can be told
// of: its name is known, or will not come.
func (k *walker) name(ctx context.Context, r *Recording) bool {
	if !k.walk.Names || !r.Active() {
		return true
	}
	if r.IsConference() && !k.hurry {
		k.wantConferences(ctx)
	}
	k.mu.Lock()
	r.Conference = k.conferences[r.ConferenceSID]
	if l, ok := k.calls[r.CallSID]; ok {
		r.Call = l.call()
	}
	done, unnamed := k.callsDone, k.unnamed
	if r.IsConference() {
		done = k.done
	}
	k.mu.Unlock()
	known := r.Conference != nil || !r.IsConference() && r.Call != nil
	if !known && done && unnamed == nil && k.left > 0 {
		k.left--
		if d, err := k.d.Describe(ctx, r); err == nil {
			r.Call, r.Conference = d.Call, d.Conference
		}
	}
	return known || done || k.hurry
}

// finish waits for the names that are missing, and reads the recordings that
// are older than the lookback.
func (k *walker) finish(ctx context.Context) error {
	for {
		k.flush(ctx)
		k.mu.Lock()
		calls, done := k.callsDone, k.done
		k.mu.Unlock()
		if calls && !k.asked && !k.over && k.unmet() {
			k.wantConferences(ctx)
		}
		done = calls && (done || !k.asked)
		if k.over || done && len(k.pending) == 0 {
			break
		}
		if !done && !k.wait(ctx) {
			return ctx.Err()
		}
	}
	return k.finishOld(ctx)
}

// finishOld reads the recordings that are older than the lookback, and tells of
// them, the newest first.
func (k *walker) finishOld(ctx context.Context) error {
	var mu sync.Mutex
	var wg sync.WaitGroup
	errs := make([]error, len(k.old))
	for i, q := range k.old {
		wg.Go(func() {
			defer crash.Guard()
			began, pages := time.Now(), k.d.client.Recordings(q)
			errs[i] = eachRow(ctx, k.d.poller.places, pages, func(row api.Row) {
				mu.Lock()
				defer mu.Unlock()
				if !k.told[row.SID] && (k.walk.Ended || row.Status.Active()) {
					k.told[row.SID] = true
					k.add(row.Recording(), began)
				}
			})
		})
	}
	wg.Wait()
	slices.SortStableFunc(k.pending, func(a, b *Recording) int { return b.Created.Compare(a.Created) })
	k.flush(ctx)
	return cmp.Or(errs...)
}

// add takes in a recording that is to be told of.
func (k *walker) add(rec api.Recording, read time.Time) {
	if rec.Status.Active() {
		k.recorded[rec.CallSID] = true
	}
	k.d.mu.Lock()
	defer k.d.mu.Unlock()
	k.pending = append(k.pending, k.d.seen(rec, read, time.Now()))
}

package deck

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"tapedeck/api"
	"tapedeck/api/text"
)

// names is what is known of the calls, or of the conferences.
type names[T any] struct {
	by     map[text.Text]name[T]
	listed time.Time // when those in progress were last listed
	full   listing   // the last time that all of them were
	failed error     // why not all of them could be listed, when that was tried last; nil when they were
	retry  time.Time // not before, after a failure
	why    Unnamed
}

// name is one call or conference; value is nil for one that the API does not
// know.
type name[T any] struct {
	value *T
	read  time.Time
	// since is when it was first read in vain: it is not known, or says nobody,
	// or somebody doubtful. Zero for one that has a name.
	since time.Time
}

// due reports whether one without a name is to be asked for again: in the
// first minute with every other poll, for the fault may be the API's, then
// once a minute.
func (n name[T]) due(interval time.Duration, now time.Time) bool {
	if n.since.IsZero() {
		return false
	}
	wait := labelsEvery
	if age(n.since, now) < labelsEvery {
		wait = min(wait, interval+interval/2)
	}
	return age(n.read, now) > wait
}

// put takes in what was read of one, and keeps the value that it had when
// nothing has changed.
func (n *names[T]) put(sid text.Text, v *T, now time.Time, r nameReader[T]) {
	old := n.by[sid]
	if old.value != nil && (v == nil || r.same(old.value, v)) {
		v = old.value
	}
	next := name[T]{value: v, read: now}
	if v == nil || !r.says(v) {
		next.since = cmp.Or(old.since, now)
	}
	n.by[sid] = next
}

// noteRead notes how reading them ended: why they are not known, and when they
// are asked for again.
func (n *names[T]) noteRead(err error, interval time.Duration) {
	n.why = Unnamed{Err: err}
	if err != nil {
		n.retry = time.Now().Add(retryIn(err, interval))
	}
	if _, ok := waitAsked(err); ok {
		n.why.Next = n.retry
	}
}

// retryIn returns how long to wait after a failure: what the API asks for, or
// some seconds.
func retryIn(err error, interval time.Duration) time.Duration {
	if wait, ok := waitAsked(err); ok {
		return wait
	}
	return min(labelsRetry, interval)
}

// lacking returns the SIDs that no name is known for, and whether any recording
// has one of that kind at all.
func lacking[T any](dir *directory, n *names[T], sidOf func(*Recording) text.Text, more ...text.Text) (sids []text.Text, any bool) {
	s := dir.snapshot()
	dir.mu.Lock()
	defer dir.mu.Unlock()
	seen := map[text.Text]bool{{}: true}
	now := time.Now()
	add := func(sid text.Text) {
		if seen[sid] {
			return
		}
		seen[sid], any = true, true
		if known, ok := n.by[sid]; !ok || known.due(s.Interval, now) {
			sids = append(sids, sid)
		}
	}
	for _, r := range s.Recordings {
		if r.Active() {
			add(sidOf(r))
		}
	}
	for _, sid := range more {
		add(sid)
	}
	return sids, any
}

// readCalls reads the calls that recordings and participants refer to.
func (dir *directory) readCalls(ctx context.Context) {
	var more []text.Text
	dir.mu.Lock()
	for _, people := range dir.people {
		for _, p := range people {
			more = append(more, p.CallSID)
		}
	}
	dir.mu.Unlock()
	sids, any := lacking(dir, &dir.calls, func(r *Recording) text.Text { return r.CallSID }, more...)
	readNames(ctx, dir, &dir.calls, sids, any, nameReader[api.Call]{
		list: func(size int) *api.Pages[api.Call] {
			return dir.client.Calls(api.CallQuery{Status: api.InProgress, PageSize: size})
		},
		one:  dir.client.Call,
		sid:  func(c *api.Call) text.Text { return c.SID },
		says: func(c *api.Call) bool { return !c.Doubtful && (!c.FromShown().IsZero() || !c.ToShown().IsZero()) },
		same: func(a, b *api.Call) bool { return a.Same(*b) },
	})
	dir.mu.Lock()
	defer dir.mu.Unlock()
	for conf, people := range dir.people {
		people = slices.Clone(people)
		for i, p := range people {
			people[i].Call = dir.calls.by[p.CallSID].value
		}
		dir.people[conf] = people
	}
}

// readConferences reads the conferences that recordings refer to.
func (dir *directory) readConferences(ctx context.Context) {
	sids, any := lacking(dir, &dir.conferences, func(r *Recording) text.Text { return r.ConferenceSID })
	readNames(ctx, dir, &dir.conferences, sids, any, nameReader[api.Conference]{
		list: func(size int) *api.Pages[api.Conference] {
			return dir.client.Conferences(api.ConferenceQuery{Status: api.InProgress, PageSize: size})
		},
		one:  dir.client.Conference,
		sid:  func(c *api.Conference) text.Text { return c.SID },
		says: func(c *api.Conference) bool { return !c.Doubtful && !c.FriendlyName.IsZero() },
		same: func(a, b *api.Conference) bool { return a.Same(*b) },
	})
}

// nameReader is how calls, or conferences, are read.
type nameReader[T any] struct {
	list func(size int) *api.Pages[T] // those in progress, newest first
	one  func(context.Context, text.Text) (T, error)
	sid  func(*T) text.Text
	says func(*T) bool // it names somebody, in a way to be believed
	same func(a, b *T) bool
}

// readNames reads what is wanted: with a listing of those in progress when the
// last one is a minute old, or of the newest of them when many are unknown, and
// the rest one by one. A failure leaves them unknown, for some seconds.
func readNames[T any](ctx context.Context, dir *directory, n *names[T], sids []text.Text, any bool, r nameReader[T]) {
	dir.mu.Lock()
	now := time.Now()
	list := age(n.listed, now) > dir.listEvery() || n.listed.IsZero()
	if !any && !dir.covering || now.Before(n.retry) || (!list && len(sids) == 0) {
		dir.mu.Unlock()
		return
	}
	dir.mu.Unlock()
	err := error(nil)
	look := func(size, most int) {
		if err = listNames(ctx, dir, n, r, size, most); err == nil || errors.Is(err, api.ErrPage) {
			sids = stillUnknown(dir, n, sids, now)
		}
	}
	if !list && len(sids) > labelsOne {
		look(min(10*len(sids), pageSize), 1) // who is new is among the newest
		list = err == nil && len(sids) > 4*labelsOne
	}
	if list {
		look(pageSize, pageLimit)
		dir.mu.Lock()
		n.failed = err
		dir.mu.Unlock()
	}
	for i, sid := range sids {
		if err != nil && !errors.Is(err, api.ErrUnreadable) && !errors.Is(err, api.ErrPage) || i == 4*labelsOne || ctx.Err() != nil {
			break // the others have their turn after the next poll
		}
		err = cmp.Or(readName(ctx, dir, n, sid, r), err)
	}
	interval := dir.snapshot().Interval
	dir.mu.Lock()
	defer dir.mu.Unlock()
	n.noteRead(err, interval)
}

// listNames lists those in progress, in pages of a size, most of them at most.
func listNames[T any](ctx context.Context, dir *directory, n *names[T], r nameReader[T], size, most int) error {
	pages := r.list(size)
	met := map[text.Text]bool{}
	all := listing{began: time.Now()}
	for read := 0; pages.More() && read < most; read++ {
		if err := dir.places.take(ctx); err != nil {
			return err
		}
		var page []T
		info, err := pages.Next(ctx, func(v T) { page = append(page, v) })
		all.unreadable += info.Unreadable
		dir.places.free()
		pace(ctx, info, err == nil && pages.More())
		dir.mu.Lock()
		now := time.Now()
		for _, v := range page { // v, and not a part of the page: one that is kept would keep all of it
			n.put(r.sid(&v), &v, now, r)
			met[r.sid(&v)] = true
		}
		dir.news++
		dir.mu.Unlock()
		if err != nil {
			return err
		}
	}
	if pages.More() && most < pageLimit {
		return nil // these were the newest
	}
	used := map[text.Text]bool{}
	for _, r := range dir.snapshot().Recordings {
		used[r.CallSID], used[r.ConferenceSID] = true, true
	}
	dir.mu.Lock()
	defer dir.mu.Unlock()
	n.listed, n.full = time.Now(), all
	dir.news++
	for sid := range n.by {
		if !met[sid] && !used[sid] {
			delete(n.by, sid) // over, and nobody refers to it
		}
	}
	return nil
}

// stillUnknown returns those of the sids that a listing has not told of.
func stillUnknown[T any](dir *directory, n *names[T], sids []text.Text, listed time.Time) []text.Text {
	dir.mu.Lock()
	defer dir.mu.Unlock()
	return slices.DeleteFunc(sids, func(sid text.Text) bool {
		known := n.by[sid]
		return known.value != nil && !known.read.Before(listed)
	})
}

// readName reads one; one that the API does not know is remembered as that, and
// its recordings show the SID.
func readName[T any](ctx context.Context, dir *directory, n *names[T], sid text.Text, r nameReader[T]) error {
	if err := dir.places.take(ctx); err != nil {
		return err
	}
	v, err := r.one(ctx, sid)
	dir.places.free()
	dir.mu.Lock()
	defer dir.mu.Unlock()
	dir.news++
	switch {
	case err == nil:
		n.put(sid, &v, time.Now(), r)
	case errors.Is(err, api.ErrNotFound), errors.Is(err, api.ErrSID):
		n.put(sid, nil, time.Now(), r)
	default:
		return err
	}
	return nil
}

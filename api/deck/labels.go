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

const (
	labelsEvery     = time.Minute      // between two listings of what is in progress
	labelsRetry     = 10 * time.Second // after a failure, or an interval if that is shorter
	labelsOne       = 8                // unknown ones up to this many are read one by one
	lookEvery       = time.Minute      // between two listings of the participants on screen
	maxFailedPeople = 30               // readings of participants, from then on they are no sooner than others
	peopleEvery     = 5 * time.Minute  // between two listings of other conferences' participants
	maxLooks        = 8                // conferences on screen, and conferences asked for in one round
)

// labels is who is on the line: calls, conferences and participants. They are
// read beside the polls and never cost one.
type labels struct {
	calls       names[api.Call]
	conferences names[api.Conference]
	looks       []text.Text // conferences that are on somebody's screen, latest first
	people      map[text.Text][]Participant
	peopleRead  map[text.Text]time.Time // when a conference's participants were last asked for
	// peopleFailed is how many readings of participants in a row have failed:
	// they are repeated with a next round, not before peopleRetry, and not for ever.
	peopleFailed int
	peopleRetry  time.Time
	old          oldLook
	hold         time.Time // until then nothing is asked for: a poll was told to wait
}

// names is what is known of the calls, or of the conferences.
type names[T any] struct {
	by     map[text.Text]name[T]
	listed time.Time // when those in progress were last listed
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

func newLabels() labels {
	return labels{
		calls:       names[api.Call]{by: map[text.Text]name[api.Call]{}},
		conferences: names[api.Conference]{by: map[text.Text]name[api.Conference]{}},
		people:      map[text.Text][]Participant{},
		peopleRead:  map[text.Text]time.Time{},
	}
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

// Look tells that a recording is on screen, so that the participants of its
// conference are read beside the polls. It never blocks.
func (d *Deck) Look(sid text.Text) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.find(sid)
	if e == nil || !e.view.IsConference() {
		return
	}
	conf := e.view.ConferenceSID
	looks := slices.DeleteFunc(d.labels.looks, func(sid text.Text) bool { return sid == conf })
	looks = slices.Insert(looks, 0, conf)
	d.labels.looks = looks[:min(len(looks), maxLooks)]
	d.wantAside()
}

// wantAside asks for a round beside the polls.
func (d *Deck) wantAside() {
	select {
	case d.wantLabels <- struct{}{}:
	default:
	}
}

// runAside reads calls, conferences and participants when they are wanted,
// until ctx ends.
func (d *Deck) runAside(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.wantLabels:
		}
		if d.held() {
			continue // the next poll that ends asks for them again
		}
		d.readPeople(ctx)
		d.readCalls(ctx)
		d.readConferences(ctx)
		if d.oldDue(time.Now()) {
			d.scanOld(ctx)
		}
		d.mu.Lock()
		changed := !d.labels.calls.why.Same(d.last.Calls) || !d.labels.conferences.why.Same(d.last.Conferences)
		for _, e := range d.order {
			changed = d.attach(e) || changed
		}
		if changed {
			d.publish()
		}
		d.mu.Unlock()
	}
}

// attach gives a recording what is known of its call or conference, and
// reports whether that is news. The mutex must be held.
func (d *Deck) attach(e *entry) bool {
	r := e.view
	call := d.labels.calls.by[r.CallSID].value
	conf := d.labels.conferences.by[r.ConferenceSID].value
	people := d.labels.people[r.ConferenceSID]
	if call == r.Call && conf == r.Conference && samePeople(people, r.Participants) {
		return false
	}
	e.change(func(r *Recording) { r.Call, r.Conference, r.Participants = call, conf, people })
	return true
}

func samePeople(a, b []Participant) bool { return slices.Equal(a, b) }

// wanted returns the SIDs that no name is known for, and whether any recording
// has one of that kind at all. The mutex must not be held.
func wanted[T any](d *Deck, n *names[T], sidOf func(*Recording) text.Text, more ...text.Text) (sids []text.Text, any bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	seen := map[text.Text]bool{{}: true}
	now := time.Now()
	add := func(sid text.Text) {
		if seen[sid] {
			return
		}
		seen[sid], any = true, true
		if known, ok := n.by[sid]; !ok || known.due(d.interval, now) {
			sids = append(sids, sid)
		}
	}
	for _, e := range d.order {
		if e.view.Active() {
			add(sidOf(e.view))
		}
	}
	for _, sid := range more {
		add(sid)
	}
	return sids, any
}

// readCalls reads the calls that recordings and participants refer to.
func (d *Deck) readCalls(ctx context.Context) {
	var more []text.Text
	d.mu.Lock()
	for _, people := range d.labels.people {
		for _, p := range people {
			more = append(more, p.CallSID)
		}
	}
	d.mu.Unlock()
	sids, any := wanted(d, &d.labels.calls, func(r *Recording) text.Text { return r.CallSID }, more...)
	readNames(ctx, d, &d.labels.calls, sids, any, nameReader[api.Call]{
		list: func(size int) *api.Pages[api.Call] {
			return d.client.Calls(api.CallQuery{Status: api.InProgress, PageSize: size})
		},
		one:  d.client.Call,
		sid:  func(c *api.Call) text.Text { return c.SID },
		says: func(c *api.Call) bool { return !c.Doubtful && (!c.FromShown().IsZero() || !c.ToShown().IsZero()) },
		same: func(a, b *api.Call) bool { return a.Same(*b) },
	})
	d.mu.Lock()
	defer d.mu.Unlock()
	for conf, people := range d.labels.people {
		people = slices.Clone(people)
		for i, p := range people {
			people[i].Call = d.labels.calls.by[p.CallSID].value
		}
		d.labels.people[conf] = people
	}
}

// readConferences reads the conferences that recordings refer to.
func (d *Deck) readConferences(ctx context.Context) {
	sids, any := wanted(d, &d.labels.conferences, func(r *Recording) text.Text { return r.ConferenceSID })
	readNames(ctx, d, &d.labels.conferences, sids, any, nameReader[api.Conference]{
		list: func(size int) *api.Pages[api.Conference] {
			return d.client.Conferences(api.ConferenceQuery{Status: api.InProgress, PageSize: size})
		},
		one:  d.client.Conference,
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
func readNames[T any](ctx context.Context, d *Deck, n *names[T], sids []text.Text, any bool, r nameReader[T]) {
	d.mu.Lock()
	now := time.Now()
	list := age(n.listed, now) > labelsEvery || n.listed.IsZero()
	if !any || now.Before(n.retry) || (!list && len(sids) == 0) {
		d.mu.Unlock()
		return
	}
	d.mu.Unlock()
	err := error(nil)
	look := func(size, most int) {
		if err = listNames(ctx, d, n, r, size, most); err == nil || errors.Is(err, api.ErrPage) {
			sids = stillUnknown(d, n, sids, now)
		}
	}
	if !list && len(sids) > labelsOne {
		look(min(10*len(sids), pageSize), 1) // who is new is among the newest
		list = err == nil && len(sids) > 4*labelsOne
	}
	if list {
		look(pageSize, pageLimit)
	}
	for i, sid := range sids {
		if err != nil && !errors.Is(err, api.ErrUnreadable) && !errors.Is(err, api.ErrPage) || i == 4*labelsOne || ctx.Err() != nil {
			break // the others have their turn after the next poll
		}
		err = cmp.Or(readName(ctx, d, n, sid, r), err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	n.noteRead(err, d.interval)
}

// listNames lists those in progress, in pages of a size, most of them at most.
func listNames[T any](ctx context.Context, d *Deck, n *names[T], r nameReader[T], size, most int) error {
	pages := r.list(size)
	met := map[text.Text]bool{}
	for read := 0; pages.More() && read < most; read++ {
		if err := d.slot(ctx); err != nil {
			return err
		}
		var page []T
		info, err := pages.Next(ctx, func(v T) { page = append(page, v) })
		d.free()
		pace(ctx, info, err == nil && pages.More())
		d.mu.Lock()
		now := time.Now()
		for _, v := range page { // v, and not a part of the page: one that is kept would keep all of it
			n.put(r.sid(&v), &v, now, r)
			met[r.sid(&v)] = true
		}
		d.mu.Unlock()
		if err != nil {
			return err
		}
	}
	if pages.More() && most < pageLimit {
		return nil // these were the newest
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	n.listed = time.Now()
	used := map[text.Text]bool{}
	for _, e := range d.order {
		used[e.view.CallSID], used[e.view.ConferenceSID] = true, true
	}
	for sid := range n.by {
		if !met[sid] && !used[sid] {
			delete(n.by, sid) // over, and nobody refers to it
		}
	}
	return nil
}

// stillUnknown returns those of the sids that a listing has not told of.
func stillUnknown[T any](d *Deck, n *names[T], sids []text.Text, listed time.Time) []text.Text {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.DeleteFunc(sids, func(sid text.Text) bool {
		known := n.by[sid]
		return known.value != nil && !known.read.Before(listed)
	})
}

// readName reads one; one that the API does not know is remembered as that, and
// its recordings show the SID.
func readName[T any](ctx context.Context, d *Deck, n *names[T], sid text.Text, r nameReader[T]) error {
	if err := d.slot(ctx); err != nil {
		return err
	}
	v, err := r.one(ctx, sid)
	d.free()
	d.mu.Lock()
	defer d.mu.Unlock()
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

// readPeople reads the participants of the conferences that are on screen, and
// now and then those of the others that are recorded: their calls' recordings
// are siblings. Some in each round, so that no poll waits for them.
func (d *Deck) readPeople(ctx context.Context) {
	due := d.duePeople(time.Now())
	for i, conf := range due {
		people, err := d.participants(ctx, conf)
		if !d.putPeople(conf, people, err) {
			d.mu.Lock()
			for _, conf := range due[i:] { // one that fails is enough for this round
				delete(d.labels.peopleRead, conf)
			}
			d.mu.Unlock()
			return
		}
	}
}

// putPeople takes in what came of reading a conference's participants, and
// reports whether others are worth reading now.
func (d *Deck) putPeople(conf text.Text, people []Participant, err error) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := &d.labels
	switch {
	case err == nil:
		l.people[conf], l.peopleFailed = people, 0
	case errors.Is(err, api.ErrSID):
		// nobody is told
	case l.peopleFailed < maxFailedPeople:
		l.peopleFailed++
		delete(l.peopleRead, conf)
		l.peopleRetry = time.Now().Add(retryIn(err, d.interval))
		return errors.Is(err, api.ErrNotFound) // it has ended, or the API is wrong
	}
	return true
}

// duePeople returns the conferences whose participants are to be read now, and
// forgets those that are over.
func (d *Deck) duePeople(now time.Time) (due []text.Text) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := &d.labels
	live := map[text.Text]bool{}
	want := func(conf text.Text, every time.Duration) {
		live[conf] = true
		if last, ok := l.peopleRead[conf]; !now.Before(l.peopleRetry) && len(due) < maxLooks && (!ok || age(last, now) >= every) {
			l.peopleRead[conf] = now
			due = append(due, conf)
		}
	}
	known := map[text.Text]bool{}
	for _, e := range d.order {
		known[e.view.ConferenceSID] = true
	}
	l.looks = slices.DeleteFunc(l.looks, func(conf text.Text) bool { return !known[conf] })
	for _, conf := range l.looks {
		want(conf, lookEvery)
	}
	for _, e := range d.order {
		if e.view.Active() && e.view.IsConference() {
			want(e.view.ConferenceSID, peopleEvery)
		}
	}
	for conf := range l.peopleRead {
		if !live[conf] {
			delete(l.peopleRead, conf)
			delete(l.people, conf)
		}
	}
	return due
}

func (d *Deck) participants(ctx context.Context, conf text.Text) ([]Participant, error) {
	pages, err := d.client.Participants(conf, pageSize)
	if err != nil {
		return nil, err
	}
	if err := d.slot(ctx); err != nil {
		return nil, err
	}
	defer d.free()
	var people []Participant
	info, err := pages.Next(ctx, func(p api.Participant) { people = append(people, Participant{Participant: p}) })
	switch {
	case info.Unreadable > 0:
		err = cmp.Or(err, api.ErrUnreadable)
	case errors.Is(err, api.ErrPage):
		err = nil // those of the first page are more than fit on any screen
	}
	return people, err
}

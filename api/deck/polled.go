package deck

import (
	"time"

	"tapedeck/api"
	"tapedeck/api/text"
)

// What the poller tells the deck, and asks it.

func (d *Deck) beginPoll() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.health.Next.IsZero() {
		d.health.Next = time.Time{}
		d.publish()
	}
}

// endPoll publishes what a poll has found, and what the data is worth now. Err is
// why it failed, partial why it could not read all; next is when the next begins.
func (d *Deck) endPoll(took time.Duration, err, partial error, next time.Time) {
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.noteFreshness(now) // of the time until now: the machine may have slept
	h := &d.health
	h.Err = err
	if err != nil {
		h.Next = next
		if h.Failing.IsZero() {
			h.Failing = now
		}
	} else {
		h.Failing, h.Next, h.Page = time.Time{}, time.Time{}, 0
		h.Err = partial
		h.Complete, h.Partial = now, h.Err != nil
		d.coverage.polled = now.Add(-took)
		d.traceUnread(now)
	}
	d.noteFreshness(now)
	d.tell(Step{Poll: &Polled{Took: took, Err: h.Err, Partial: err == nil && h.Partial}})
	d.purge(now)
	d.cover(now)
	if d.sh != nil && err == nil {
		d.sh.polled(partial == nil)
	}
	d.publish()
}

// loading tells which page of the first full scan is being read.
func (d *Deck) loading(page int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.health.Page = page
	d.publish()
}

// serverNow returns the time by the server's clock.
func (d *Deck) serverNow() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.serverTime(time.Now())
}

// serverTime returns the server's time at a local one. The mutex must be held.
func (d *Deck) serverTime(t time.Time) time.Time { return wall(t).Add(d.clock.offset) }

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

// takeIn applies what a page says of recordings.
func (d *Deck) takeIn(rows []found) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now, news := time.Now(), false
	for _, r := range rows {
		news = d.apply(r.rec, r.read, now) || news
	}
	if news {
		d.publish()
	}
}

// applyOne applies what a single read of a poll that began at read says. It is
// published with the end of the poll.
func (d *Deck) applyOne(rec api.Recording, read time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.apply(rec, read, time.Now())
}

// notFound takes in which recordings were not to be found by themselves.
func (d *Deck) notFound(list []lookup) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	for _, m := range list {
		if e := d.find(m.sid); e != nil {
			d.missing(e, m.read, now)
		} else {
			d.keptMissing(m.sid)
		}
	}
}

// place notes where in the list recordings were, of which so many rows have
// come on top since the first look.
func (d *Deck) place(seen []placed, arrivals int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range seen {
		if e := d.find(r.sid); e != nil {
			e.place = arrivals - r.index
		}
	}
}

// standing returns the active recordings, newest first, and the others that are
// to be read by themselves: those that are gone, which the API may know again
// after a fault of its own, and those of the last run that were not seen yet. It
// calls at with the place of each active one.
func (d *Deck) standing(at func(place int64)) (active, others []text.Text) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.order {
		if e.view.Gone {
			others = append(others, e.view.SID)
		}
		if e.view.Active() {
			at(e.place)
			active = append(active, e.view.SID)
		}
	}
	return active, append(others, d.unseen()...)
}

// letGo lets go of what has ended long enough ago.
func (d *Deck) letGo() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.purge(time.Now()) {
		d.publish()
	}
}

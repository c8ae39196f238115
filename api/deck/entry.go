package deck

import (
	"slices"
	"time"

	"tapedeck/api"
	"tapedeck/api/text"
)

// entry is what the deck holds of one recording. Its view is replaced, never
// changed, for snapshots share it.
type entry struct {
	view *Recording
	read time.Time // when the request began whose answer the view is
	// looked is when the last look at it began, by the server's clock in ms since
	// 1970; 0 before the first of this deck. See traceLook.
	looked int64
	// place counts from the oldest row of the list: it stays while new rows
	// come in on top. See feed.rank.
	place  int64
	misses int // polls in a row that did not find it
	// hold and want: until then, a read that does not show want is lag.
	hold time.Time
	want api.Update

	past     *pastPause // the one that ended last; nil for none
	pausedAt time.Time  // local time of the look that first showed the pause it is in

	update   *update     // the last one; nil for none
	own      *update     // the last one that was done and whose doing still lasts; nil for none
	troubled *update     // whose pause the trouble is about
	shown    uint64      // the first snapshot that shows the last update
	who      *whose      // who is behind the pause, the acknowledgement and the auto-resume; nil for nobody
	dropped  *KeptTimer  // the auto-resume that the end of the deck has ended; nil for none
	auto     *autoResume // the auto-resume that runs; nil for none
	resuming bool        // its time has come, and it is being done
	recalled bool        // what the journal has of it is in its timeline
	sayed    *Recording  // the view that was looked at for what other hosts are to be told
}

// whose is who is behind what the view of an entry names them for. All times are the
// server's.
type whose struct {
	paused, acked, timed Actor

	from    string    // the host that has made the pause; empty for this one, or when it is not known
	madeAt  time.Time // when the one who made the pause says it began; zero before it is shared
	ackFrom string    // the host that has acknowledged; empty for this one
	ackedAt time.Time
}

// known is whose to be read alone.
func (e *entry) known() *whose {
	if e.who == nil {
		return &nobody
	}
	return e.who
}

var nobody whose // is never written

// whose returns who is behind the pause of an entry and what belongs to it, to
// be read and set.
func (e *entry) whose() *whose {
	if e.who == nil {
		e.who = &whose{}
	}
	return e.who
}

// pastPause is a pause that has ended. A read that shows its date_updated again
// says that it never ended.
type pastPause struct {
	pause Pause
	actor Actor   // who made it
	own   *update // of ours that made it; nil for none
	dated time.Time
}

// busy reports whether an update of the recording is under way.
func (e *entry) busy() bool { return e.update != nil && !e.update.p.Settled }

// change replaces the view by a copy that f has changed.
func (e *entry) change(f func(*Recording)) {
	v := *e.view
	f(&v)
	if v.Pause != e.view.Pause && v.Paused() && v.Timeline == e.view.Timeline {
		v.Timeline = v.Timeline.since(e.view.Pause, v.Pause)
	}
	e.view = &v
}

// pausedBy notes that the pause is a request's.
func (e *entry) pausedBy(req Request) {
	e.whose().paused = req.Actor
	e.who.from, e.who.madeAt = "", time.Time{}
	e.change(func(r *Recording) {
		p := &r.Pause
		p.AtLeast, p.Recorded = false, false
		p.Behavior, p.Actor, p.Group = req.Update.PauseBehavior, req.Actor.Name(), req.Group
	})
}

// find returns the entry of a SID; nil for none. The mutex must be held.
func (d *Deck) find(sid text.Text) *entry { return d.entries[sid] }

// add makes an entry of a recording that is seen for the first time, in its
// place among the others. The mutex must be held.
func (d *Deck) add(rec api.Recording, read time.Time) *entry {
	e := &entry{view: &Recording{Recording: rec}, read: read, place: unplaced}
	d.entries[rec.SID] = e
	at, _ := slices.BinarySearchFunc(d.order, e, newestFirst)
	d.order = slices.Insert(d.order, at, e)
	e.view.Pause = firstPause(rec, d.serverTime(read))
	e.pausedAt = read
	e.view.Timeline = d.keptLine(rec.SID)
	d.traceLook(e, nil, read)
	d.attach(e)
	return e
}

func newestFirst(a, b *entry) int { return NewestFirst(a.view, b.view) }

// apply takes in what a read that began at read says of a recording, and
// reports whether it was news. The mutex must be held.
func (d *Deck) apply(rec api.Recording, read, now time.Time) bool {
	e := d.find(rec.SID)
	if e == nil {
		if !rec.Status.Active() {
			delete(d.kept, rec.SID)
			return false
		}
		e = d.add(rec, read)
		d.restore(e, now)
		d.recall(e)
		d.credit(e)
		d.takeShared(e)
		return true
	}
	if read.Before(e.read) {
		return false // an older look than the one that is shown
	}
	e.misses = 0
	if now.Before(e.hold) && rec.Status.Active() && !e.want.Reached(rec.Status) && !rec.Updated.After(e.view.Updated) {
		return false // lag: it does not know of the update yet
	}
	before := e.view
	d.set(e, rec, read, now)
	d.settleByPoll(e, now)
	d.recall(e)
	d.credit(e)
	d.takeShared(e)
	return e.view != before
}

// set makes rec what is shown of an entry. The mutex must be held.
func (d *Deck) set(e *entry, rec api.Recording, read, now time.Time) {
	old := e.view
	if rec.CallSID.IsZero() && rec.ConferenceSID.IsZero() {
		rec.CallSID, rec.ConferenceSID = old.CallSID, old.ConferenceSID // an odd answer does not cost the path
	}
	e.read = read
	if rec.Same(old.Recording) && !old.Gone && rec.Status.Active() == old.Active() {
		d.traceLook(e, old, read)
		return // the same view, so that what is made of it stays
	}
	moved := !rec.Created.Equal(old.Created)
	if old.Status == api.Paused && rec.Status != api.Paused {
		e.past = &pastPause{old.Pause, e.whose().paused, e.own, old.Updated}
	}
	e.change(func(r *Recording) {
		r.Recording, r.Gone = rec, false
		switch {
		case rec.Status.Active():
			r.Ended = time.Time{}
		case r.Ended.IsZero():
			r.Ended = now
		}
		r.Pause = nextPause(old, rec, d.serverTime(read), d.serverTime(now))
		past := e.past
		if !r.Pause.Since.IsZero() && old.Status != api.Paused && past != nil && !past.dated.IsZero() && rec.Updated.Equal(past.dated) {
			r.Pause, e.whose().paused, e.own = past.pause, past.actor, past.own
		}
	})
	if old.Status != api.Paused {
		e.pausedAt = read
	}
	d.traceLook(e, old, read)
	d.noticeOthers(e, now)
	if e.view.Status != api.Paused {
		d.pauseEnded(e)
	}
	if moved {
		slices.SortStableFunc(d.order, newestFirst)
	}
	d.attach(e)
}

// pauseEnded takes away what belonged to a pause. The mutex must be held.
func (d *Deck) pauseEnded(e *entry) {
	d.clearTimer(e)
	if d.sh != nil {
		d.sh.nudge() // an auto-resume of it is over too
	}
	if w := e.who; w != nil {
		w.from, w.madeAt, w.ackFrom = "", time.Time{}, ""
		if e.view.Trouble.Kind == "" {
			w.ackedAt = time.Time{}
		}
	}
	if e.view.Ack != (Ack{}) {
		e.change(func(r *Recording) { r.Ack = Ack{} })
	}
}

// firstPause returns the pause of a recording that is seen for the first time:
// at least as old as its last change, where the API dates that, else as this
// look.
func firstPause(rec api.Recording, seen time.Time) Pause {
	if rec.Status != api.Paused {
		return Pause{}
	}
	p := Pause{Since: seen, AtLeast: true, looked: true}
	if rec.Updated.After(rec.Created.Add(time.Second)) && rec.Updated.Before(seen) && !rec.Created.IsZero() {
		p.Since, p.looked = rec.Updated, false
	}
	return p
}

// nextPause returns the pause after a read: the one that lasts, a new one, or
// none. All times are the server's.
func nextPause(old *Recording, rec api.Recording, seen, now time.Time) Pause {
	switch {
	case rec.Status != api.Paused:
		return Pause{}
	case old.Status == api.Paused && !old.Pause.Since.IsZero():
		p := old.Pause
		if p.AtLeast { // and longer than that, when only now the API dates it
			first := firstPause(rec, p.Since)
			p.Since, p.looked = first.Since, first.looked && p.looked
		}
		return p
	}
	if !old.Status.Running() && old.Status != api.Queued {
		return firstPause(rec, seen) // nobody knows what it was before
	}
	// It was seen not paused before, so the pause began since then: when the
	// API dates the change in between, then; else it is taken to be now.
	if rec.Updated.After(old.Updated) && !rec.Updated.After(now.Add(time.Second)) && now.Sub(rec.Updated) < time.Hour {
		return Pause{Since: rec.Updated}
	}
	return Pause{Since: seen, looked: true}
}

// missing takes in that a recording was not to be found by itself in a poll
// whose list was read. Twice in a row means gone. The mutex must be held.
func (d *Deck) missing(e *entry, read, now time.Time) {
	if read.Before(e.read) || !e.view.Active() {
		return
	}
	if e.misses++; e.misses < 2 {
		return
	}
	e.change(func(r *Recording) { r.Gone, r.Ended, r.Pause, r.Trouble = true, now, Pause{}, Trouble{} })
	e.unknownFrom(e.looked)
	d.pauseEnded(e)
}

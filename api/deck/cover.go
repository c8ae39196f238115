package deck

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"tapedeck/api"
	"tapedeck/api/text"
)

const (
	// unrecordedGrace is how long a call may go without a recording, since it was
	// answered or its last one ended, before it counts: another begins meanwhile.
	unrecordedGrace = 10 * time.Second
	// beginSlack is how long after a call was answered its recordings are read at
	// the earliest, so that one that begins with it is among them.
	beginSlack    = 5 * time.Second
	lookFor       = 30 * time.Second // how long the deck looks for unrecorded calls after it was asked to
	maxUnrecorded = 1000             // rows of a snapshot
	// peopleUnread is how long who is in the recorded conferences may stay unknown
	// before that is said.
	peopleUnread = time.Minute
)

var errPeople = errors.New("who is in a recorded conference could not be read")

// coverage is what the deck knows of the calls and conferences in progress that
// have no recording. The deck's mutex guards it.
type coverage struct {
	until  time.Time // it is wanted until then
	on     bool      // it is wanted
	polled time.Time // when the last complete poll began

	seen   map[text.Text]bool // who was in progress at the last look
	open   map[text.Text]*candidate
	every  time.Duration // between two listings
	err    error         // why the recordings of some could not be read
	starts map[text.Text]*Progress

	rows  []*Unrecorded // as snapshots have them
	more  int
	state InProgress
	at    time.Time // of the last look
	took  time.Duration

	alarmed map[text.Text]*candidate // whose alarm is on record, and not that it is over
}

// candidate is a call or a conference in progress that no known recording covers.
type candidate struct {
	call    *api.Call       // nil for a conference
	conf    *api.Conference // nil for a call
	first   time.Time       // local: since when it is one
	lapsed  time.Time       // server's clock: when it was seen to be covered no longer; zero for one that never was
	checked time.Time       // local: when its recordings were read; zero for not yet
	ended   time.Time       // server's clock: when the last of them ended; zero for none
	retry   time.Time       // local: not read again before
	since   time.Time       // server's clock; see [Unrecorded]
	legs    int             // see [Unrecorded]
	leg     bool            // it is one of those of another
	ack     Ack             // its acknowledged alarm
	ackedAt time.Time       // server's clock: when that was given
	row     *Unrecorded     // as it is in the snapshots; nil while it is not
}

func (one *candidate) sid() text.Text {
	if one.call != nil {
		return one.call.SID
	}
	return one.conf.SID
}

// LookForUnrecorded has the deck look for calls and conferences in progress that
// have no recording, for half a minute from now on, or two polls where that is
// longer: whoever shows them asks again with each snapshot. It never blocks.
func (d *Deck) LookForUnrecorded() {
	d.mu.Lock()
	now := time.Now()
	d.coverage.until = now.Add(max(lookFor, 2*d.interval+unrecordedGrace))
	was := d.coverage.on
	d.cover(now)
	d.mu.Unlock()
	if !was {
		d.directory.want()
	}
}

// coverSoon looks again unless that was done just now and takes long. The mutex
// must be held.
func (d *Deck) coverSoon(now time.Time) {
	if c := &d.coverage; now.Sub(c.at) >= 10*c.took {
		d.cover(now)
	}
}

// cover finds out which calls and conferences in progress have no recording, and
// reports whether that is news. It only takes one in on data that is fresh and
// complete, and only takes one out for what was read. The mutex must be held.
func (d *Deck) cover(now time.Time) bool {
	c := &d.coverage
	if !d.config.Unrecorded && !now.Before(c.until) {
		if !c.on {
			return false
		}
		d.directory.cover(false, nil)
		*c = coverage{until: c.until, polled: c.polled, starts: c.starts}
		return true
	}
	began := time.Now()
	p := d.directory.inProgress()
	k := d.covers(p)
	d.candidates(p, k, now)
	state := InProgress{Wanted: true, Listed: p.listed, Limit: 2*max(c.every, d.interval) + 10*time.Second}
	rows, more, pending := d.unrecorded(p, k, now, d.health.Phase(now) == Live && state.Fresh(now) && p.failed == nil)
	for sid := range c.starts {
		if !c.seen[sid] {
			delete(c.starts, sid)
		}
	}
	c.on, c.every = true, d.directory.cover(true, d.toAsk(k))
	state.Pending = pending + k.unheard
	state.Err = cmp.Or(p.failed, p.odd, c.err, k.err)
	changed := !slices.Equal(rows, c.rows) || more != c.more || !sameProgress(state, c.state)
	c.rows, c.more, c.state = rows, more, state
	d.noteAlarms(now)
	d.noteAlarmsOver(now, k)
	c.at, c.took = now, time.Since(began)
	return changed
}

func sameProgress(a, b InProgress) bool {
	return a.Wanted == b.Wanted && a.Pending == b.Pending && a.Limit == b.Limit && a.Listed.Equal(b.Listed) && Unnamed{Err: a.Err}.Same(Unnamed{Err: b.Err})
}

// covering is what covers calls and conferences at one time.
type covering struct {
	active map[text.Text]bool      // calls and conferences that an active recording names
	ended  map[text.Text]time.Time // when a recording of one ended lately, by the server's clock
	rooms  map[text.Text]text.Text // the conference that a call is in, a recorded one first
	spoken map[text.Text]bool      // conferences with a participant whose call is recorded
	// heard is when it was last asked who is in the recorded conferences: in that
	// which was asked the longest ago. It is zero when one was not asked yet.
	heard      time.Time
	recorded   []text.Text // conferences that are
	unrecorded []text.Text // conferences that are not
	unheard    int         // of these, beyond the grace, those of which nobody knows who is in them
	waiting    bool        // a call waits for who is in the recorded conferences
	err        error       // why it waits for so long
}

// covers returns what covers calls and conferences now. The mutex must be held.
func (d *Deck) covers(p *inProgress) *covering {
	k := &covering{active: map[text.Text]bool{}, ended: map[text.Text]time.Time{}, rooms: map[text.Text]text.Text{}, spoken: map[text.Text]bool{}}
	rooms := map[text.Text]bool{}
	for _, e := range d.order {
		r := e.view
		if r.Active() {
			k.active[r.CallSID], k.active[r.ConferenceSID] = true, true
			if r.IsConference() && !p.over[r.ConferenceSID] {
				rooms[r.ConferenceSID] = true
			}
			continue
		}
		end := r.End
		if end.IsZero() {
			end = d.serverTime(r.Ended)
		}
		if parent := r.ParentSID(); end.After(k.ended[parent]) {
			k.ended[parent] = end
		}
	}
	delete(k.active, text.Text{})
	for conf, people := range p.people {
		if p.over[conf] {
			continue
		}
		for _, one := range people {
			if in, ok := k.rooms[one.CallSID]; !ok || !k.active[in] {
				k.rooms[one.CallSID] = conf
			}
			if k.active[one.CallSID] {
				k.spoken[conf] = true
			}
		}
	}
	first := true
	for conf := range rooms {
		k.recorded = append(k.recorded, conf)
		if at := p.present[conf]; first || at.Before(k.heard) {
			k.heard, first = at, false
		}
	}
	if first {
		k.heard = time.Now()
	}
	return k
}

// call reports whether a call is covered: by a recording of its own, or of the
// conference that it is in.
func (k *covering) call(sid text.Text) bool {
	in, ok := k.rooms[sid]
	return k.active[sid] || ok && k.active[in]
}

// candidates takes in who has no known recording. The mutex must be held.
func (d *Deck) candidates(p *inProgress, k *covering, now time.Time) {
	c := &d.coverage
	open, seen := make(map[text.Text]*candidate, len(c.open)), make(map[text.Text]bool, len(c.seen))
	keep := func(sid text.Text) *candidate {
		one := c.open[sid]
		if one == nil {
			one = &candidate{first: now}
			if c.seen[sid] {
				one.lapsed = d.serverTime(now)
			}
		}
		open[sid] = one
		return one
	}
	for _, call := range p.calls {
		seen[call.SID] = true
		if parent := call.ParentCallSID; k.call(call.SID) || !parent.IsZero() && k.call(parent) {
			continue
		}
		one := keep(call.SID)
		one.call = call
		d.date(one, k, call.Began())
	}
	for _, conf := range p.conferences {
		if k.active[conf.SID] || k.spoken[conf.SID] {
			seen[conf.SID] = true
			continue
		}
		k.unrecorded = append(k.unrecorded, conf.SID)
		if p.present[conf.SID].IsZero() && !d.serverTime(now).Before(conf.Created.Add(unrecordedGrace)) {
			k.unheard++
		}
		if len(p.people[conf.SID]) > 0 { // nobody misses a recording of an empty one
			seen[conf.SID] = true
			one := keep(conf.SID)
			one.conf = conf
			d.date(one, k, conf.Created)
		}
	}
	c.open, c.seen = open, seen
	d.legs(p)
}

// date says since when a candidate that began at a time has no recording. The
// mutex must be held.
func (d *Deck) date(one *candidate, k *covering, began time.Time) {
	sids := [3]text.Text{one.sid()}
	if one.call != nil {
		sids[1], sids[2] = one.call.ParentCallSID, k.rooms[one.call.SID]
	}
	ended := one.ended
	for _, sid := range sids {
		if sid.IsZero() {
			continue
		}
		if of := d.coverage.open[sid]; of != nil && of.ended.After(ended) {
			ended = of.ended
		}
		if at := k.ended[sid]; at.After(ended) {
			ended = at
		}
	}
	one.since = began
	if ended.After(began) {
		one.since = ended
	}
	if slack := 2*d.interval + unrecordedGrace; one.lapsed.After(one.since.Add(slack)) {
		one.since = one.lapsed // nobody knows what covered it until then
	}
	if one.since.IsZero() {
		one.since = d.serverTime(one.first)
	}
}

// legs finds the candidates that were dialed from another one, so that a recording
// of that is one of them, too. The mutex must be held.
func (d *Deck) legs(p *inProgress) {
	open := d.coverage.open
	for _, one := range open {
		one.leg, one.legs = false, 0
	}
	parent := func(call *api.Call) *candidate {
		if of := open[call.ParentCallSID]; of != nil && of.call != nil && call.ParentCallSID != call.SID {
			return of
		}
		return nil
	}
	for _, call := range p.calls {
		one := open[call.SID]
		if one == nil {
			continue
		}
		if of := parent(call); of != nil && parent(of.call) == nil {
			one.leg = true
			of.legs++
		}
	}
}

// settled reports whether a candidate certainly has no recording, as far as what
// was read before its own recordings says. The mutex must be held.
func (d *Deck) settled(one *candidate, p *inProgress, k *covering, now time.Time) bool {
	began := one.since.Add(beginSlack)
	if d.serverTime(d.coverage.polled).Before(began) || d.coverage.polled.Before(one.first) {
		return false
	}
	if one.conf != nil {
		return !p.present[one.conf.SID].IsZero()
	}
	if !k.heard.Before(one.first) {
		return true
	}
	k.waiting = true
	if now.Sub(one.first) > peopleUnread {
		k.err = errPeople
	}
	return false
}

// unrecorded returns the rows of those that have no recording, and how many there
// are beside them, or may be. Sure is whether what was read is fresh and complete. The mutex
// must be held.
func (d *Deck) unrecorded(p *inProgress, k *covering, now time.Time, sure bool) (rows []*Unrecorded, more, pending int) {
	c := &d.coverage
	confs := make(map[text.Text]*api.Conference, len(p.conferences))
	for _, conf := range p.conferences {
		confs[conf.SID] = conf
	}
	unchecked := 0
	for sid, one := range c.open {
		if one.leg {
			one.row = nil
			continue
		}
		if one.row == nil {
			if d.serverTime(now).Before(one.since.Add(unrecordedGrace)) {
				continue
			}
			if !sure || !d.settled(one, p, k, now) {
				pending++
				continue
			}
			if one.checked.IsZero() {
				unchecked++
				continue
			}
		}
		row := Unrecorded{Call: one.call, Conference: one.conf, Since: one.since, Legs: one.legs, Start: c.starts[sid], Ack: one.ack,
			Before: !one.lapsed.IsZero() || !one.ended.IsZero(), AtLeast: one.call != nil && one.call.Began().IsZero() && one.ended.IsZero()}
		if one.call != nil {
			row.Conference = confs[k.rooms[sid]]
		} else {
			row.People = len(p.people[sid])
		}
		if one.row == nil || *one.row != row {
			one.row = &row
		}
		rows = append(rows, one.row)
	}
	slices.SortFunc(rows, longestUnrecorded)
	if more = len(rows) - maxUnrecorded; more > 0 {
		rows = rows[:maxUnrecorded:maxUnrecorded]
	}
	if more = max(more, 0); unchecked > maxChecks || len(rows) == maxUnrecorded {
		more += unchecked
	} else {
		pending += unchecked
	}
	return rows, more, pending
}

// longestUnrecorded compares rows in the order of a snapshot.
func longestUnrecorded(a, b *Unrecorded) int {
	return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Profile, b.Profile), cmp.Compare(a.SID().String(), b.SID().String()))
}

// toAsk returns the conferences of which it is asked who is in them, and how
// often. The mutex must be held.
func (d *Deck) toAsk(k *covering) map[text.Text]time.Duration {
	every := func(least time.Duration) time.Duration {
		return max(least, time.Duration(len(k.recorded)+len(k.unrecorded))*200*time.Millisecond)
	}
	ask := make(map[text.Text]time.Duration, len(k.recorded)+len(k.unrecorded))
	for _, conf := range k.unrecorded {
		ask[conf] = every(20 * time.Second)
	}
	switch {
	case k.waiting:
		for _, conf := range k.recorded {
			ask[conf] = every(5 * time.Second)
		}
	case len(d.coverage.open) > 0:
		for _, conf := range k.recorded {
			ask[conf] = every(30 * time.Second)
		}
	}
	return ask
}

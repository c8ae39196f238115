package local

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

// maxLeft is how many departures a feed remembers of a deck. A client that has
// missed more of them gets a new snapshot.
const maxLeft = 10_000

// Feed is the service's half of a watch: it takes the snapshots of its decks,
// and has for each client what is new since that client was last told. What
// changed is encoded once, and shared by all that are up to date. It holds no
// backlog: of a recording it knows how it is now, and since when. A client that
// is slow has no copy of its own of more than one line; see [batch].
type Feed struct {
	mu    sync.Mutex
	decks []*feedDeck
	ver   uint64             // of what is known now; grows by one with each change
	subs  map[*sub]struct{}  // those who watch
	made  map[madeFor]*batch // what was put together for ver: shared; nil for nothing
	ended *Refusal           // why it is over; nil while it is not
}

// feedDeck is what a feed knows of one deck.
type feedDeck struct {
	Profile
	s       *deck.Snapshot // the last one; nil before the first
	rows    map[text.Text]*feedRow
	asking  map[text.Text][]deck.Asking
	left    []departure
	leftAll uint64 // the departures since this version are in left
	ver     uint64 // the version in which anything changed
	state   uint64 // the version in which the state changed
	poll    uint64 // the version in which it changed, or a poll ended
	lack    uint64 // the version in which it changed who has no recording, or how well that is known
	lackAll uint64 // the version in which it changed who has none
}

// feedRow is one recording, encoded.
type feedRow struct {
	rec  *deck.Recording // as the deck has it
	line []byte
	ver  uint64 // in which it changed
}

// departure is a recording that is no longer shown.
type departure struct {
	sid text.Text
	ver uint64
}

// sub is one who watches.
type sub struct {
	wake  chan struct{} // something is new
	decks []bool        // which ones are wanted
	ver   uint64        // what it was told last; 0 for nothing
	todo  []*batch      // what it is being told of that; empty when it has all
	at    int           // where in the first of them it is
}

// NewFeed returns a feed of decks, whose numbers are their places in the list.
func NewFeed(profiles []Profile) *Feed {
	f := &Feed{subs: map[*sub]struct{}{}, made: map[madeFor]*batch{}, ver: 1}
	for i, p := range profiles {
		p.Deck = i
		f.decks = append(f.decks, &feedDeck{Profile: p, rows: map[text.Text]*feedRow{}, asking: map[text.Text][]deck.Asking{}, leftAll: 1})
	}
	return f
}

// Follow publishes the snapshots of a deck until ctx ends.
func (f *Feed) Follow(ctx context.Context, number int, d interface {
	Subscribe() (<-chan *deck.Snapshot, func())
}) {
	snapshots, cancel := d.Subscribe()
	defer cancel()
	for {
		select {
		case s := <-snapshots:
			f.Publish(number, s)
		case <-ctx.Done():
			return
		}
	}
}

// Publish takes in a snapshot of a deck, and lets those know who watch.
func (f *Feed) Publish(number int, s *deck.Snapshot) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.decks[number]
	if d.s == s {
		return
	}
	next := f.ver + 1
	changed, left := d.diff(s, next)
	first := d.s == nil
	state := !sameState(d.s, s)
	lack, lackAll := diffUnrecorded(d.s, s)
	poll := first || !sameMoment(d.s.Health.Complete, s.Health.Complete) || !sameMoment(d.s.Heard, s.Heard)
	d.s = s
	if len(changed) == 0 && len(left) == 0 && !state && !poll && !lack {
		return // not even a poll has ended
	}
	f.ver, d.ver = next, next
	if state {
		d.state = next
	}
	if state || poll {
		d.poll = next
	}
	if lack {
		d.lack = next
	}
	if lackAll {
		d.lackAll = next
	}
	for _, sid := range left {
		d.left = append(d.left, departure{sid, next})
	}
	if over := len(d.left) - maxLeft; over > 0 {
		d.leftAll = d.left[over-1].ver
		d.left = slices.Clone(d.left[over:])
	}
	if first {
		d.leftAll = next
	}
	f.tell(number, d.withUnrecorded(d.batch(changed, left, state, poll), next-1))
}

// tell lets those know who watch a deck, and keeps the change for those who know
// all that was before. The mutex must be held.
func (f *Feed) tell(number int, changed *batch) {
	f.forget()
	f.keep(number, f.ver-1, changed)
	for s := range f.subs {
		if s.decks[number] {
			s.poke()
		}
	}
}

func (s *sub) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Ask says which questions about a recording are open now, on all screens. It is
// shown with the recording.
func (f *Feed) Ask(number int, sid text.Text, asking []deck.Asking) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.decks[number]
	if slices.Equal(d.asking[sid], asking) {
		return
	}
	if len(asking) == 0 {
		delete(d.asking, sid)
	} else {
		d.asking[sid] = slices.Clone(asking)
	}
	row := d.rows[sid]
	if row == nil {
		return
	}
	f.ver++
	d.ver = f.ver
	row.ver, row.line = f.ver, d.encode(row.rec)
	f.tell(number, d.batch([]*feedRow{row}, nil, false, false))
}

// Row returns a recording as the wire has it, nil for one that the deck does not
// have. It is not to be changed.
func (f *Feed) Row(number int, sid text.Text) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	if row := f.decks[number].rows[sid]; row != nil {
		return row.line
	}
	return nil
}

// Rows returns the recordings of a deck as the wire has them, newest first. They
// are not to be changed.
func (f *Feed) Rows(number int) (rows [][]byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.decks[number]
	if d.s == nil {
		return nil
	}
	for _, r := range d.s.Recordings {
		if row := d.rows[r.SID]; row != nil {
			rows = append(rows, row.line)
		}
	}
	return rows
}

// encode returns a row. A recording has the profile's name there, and the
// questions that are open on it.
func (d *feedDeck) encode(r *deck.Recording) []byte {
	as := *r
	as.Profile, as.Asking = d.Profile.Profile, d.asking[r.SID]
	return slices.Clip(AppendRow(make([]byte, 0, 1024), &as))
}

// diff takes in the recordings of a snapshot, and returns those that changed or
// came, and the SIDs of those that left. Most of them are the same, in the same
// order, as they were.
func (d *feedDeck) diff(s *deck.Snapshot, ver uint64) (changed []*feedRow, left []text.Text) {
	var old []*deck.Recording
	if d.s != nil {
		old = d.s.Recordings
	}
	now := s.Recordings
	for len(old) > 0 && len(now) > 0 && old[0] == now[0] {
		old, now = old[1:], now[1:]
	}
	for len(old) > 0 && len(now) > 0 && old[len(old)-1] == now[len(now)-1] {
		old, now = old[:len(old)-1], now[:len(now)-1]
	}
	put := func(r *deck.Recording) {
		row := d.rows[r.SID]
		switch {
		case row == nil:
			row = &feedRow{}
			d.rows[r.SID] = row
		case row.rec == r:
			return
		}
		row.rec, row.line, row.ver = r, d.encode(r), ver
		changed = append(changed, row)
	}
	if len(old) == len(now) && slices.EqualFunc(old, now, func(a, b *deck.Recording) bool { return a == b || a.SID == b.SID }) {
		for i, r := range now {
			if old[i] != r {
				put(r)
			}
		}
		return changed, nil
	}
	here := make(map[text.Text]bool, len(now))
	for _, r := range now {
		here[r.SID] = true
		put(r)
	}
	for _, r := range old {
		if !here[r.SID] && d.rows[r.SID] != nil {
			delete(d.rows, r.SID)
			left = append(left, r.SID)
		}
	}
	return changed, left
}

// batch returns a change; nil for nothing.
func (d *feedDeck) batch(changed []*feedRow, left []text.Text, state, poll bool) *batch {
	if len(changed) == 0 && len(left) == 0 && !state {
		if !poll {
			return nil
		}
		return &batch{tail: appendPoll(make([]byte, 0, 100), d.Deck, d.s)}
	}
	b := &batch{kind: "changed", deck: d.Deck, seq: d.s.Seq, left: left, rows: changed, most: len(changed)}
	if state || poll {
		b.state = StateOf(d.s)
	}
	return b
}

// since returns what is new since a version, all of the deck since 0; nil for
// nothing.
func (d *feedDeck) since(from uint64) *batch {
	if from == 0 {
		return d.snapshot(time.Now())
	}
	var changed []*feedRow
	for _, row := range d.rows {
		if row.ver > from {
			changed = append(changed, row)
		}
	}
	left := map[text.Text]bool{}
	for i := len(d.left) - 1; i >= 0 && d.left[i].ver > from; i-- {
		if sid := d.left[i].sid; d.rows[sid] == nil {
			left[sid] = true
		}
	}
	return d.withUnrecorded(d.batch(changed, slices.Collect(maps.Keys(left)), d.state > from, d.poll > from), from)
}

// snapshot returns all of a deck, the most urgent first. The deck must have had
// its first snapshot.
func (d *feedDeck) snapshot(now time.Time) *batch {
	var ranks [lowest + 1][]*feedRow
	for _, r := range d.s.Recordings {
		if row := d.rows[r.SID]; row != nil {
			rank := rankOf(d.s, r, now)
			ranks[rank] = append(ranks[rank], row)
		}
	}
	var tail []byte
	if d.lack > 0 { // else nobody ever wanted to know
		tail = appendUnrecorded(nil, d.Deck, d.s, true)
	}
	return &batch{kind: "snapshot", deck: d.Deck, seq: d.s.Seq, state: StateOf(d.s), rows: slices.Concat(ranks[:]...),
		most: firstRows, tail: appendLine(tail, "synced", Synced{d.Deck, d.s.Seq})}
}

// lowest is the rank of what is least urgent.
const lowest = 5

// rankOf returns how urgent a recording is to see, 0 for the most.
func rankOf(s *deck.Snapshot, r *deck.Recording, now time.Time) int {
	level := s.Level(r, now)
	switch {
	case level == deck.Alarm:
		return 0
	case level == deck.Warn:
		return 1
	case r.Paused():
		return 2
	case r.Update != nil && !r.Update.Settled:
		return 3
	case r.Active():
		return 4
	}
	return lowest
}

// sameState reports whether two snapshots say the same beside their recordings,
// and beside when the last poll ended.
func sameState(a, b *deck.Snapshot) bool {
	if a == nil || b == nil {
		return a == b
	}
	x, y := a.Health, b.Health
	return x.Page == y.Page && x.Partial == y.Partial && x.Limit == y.Limit && sameMoment(x.Failing, y.Failing) &&
		sameMoment(x.Next, y.Next) && sameFault(x.Err, y.Err) && x.Complete.IsZero() == y.Complete.IsZero() &&
		a.Heard.IsZero() == b.Heard.IsZero() && a.Offset == b.Offset && a.Interval == b.Interval && a.ReadOnly == b.ReadOnly &&
		a.Policy == b.Policy && a.UnrecordedAlarm == b.UnrecordedAlarm &&
		a.PauseWarn == b.PauseWarn && a.PauseAlarm == b.PauseAlarm && sameUnnamed(a.Calls, b.Calls) && sameUnnamed(a.Conferences, b.Conferences) && sameSharing(a, b)
}

func sameMoment(a, b time.Time) bool { return a.Round(0).Equal(b.Round(0)) }

func sameUnnamed(a, b deck.Unnamed) bool {
	return sameFault(a.Err, b.Err) && sameMoment(a.Next, b.Next)
}

func sameFault(a, b error) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return a.Error() == b.Error() && api.Reason(a) == api.Reason(b)
}

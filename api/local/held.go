package local

import (
	"cmp"
	"errors"
	"hash/maphash"
	"runtime"
	"slices"
	"sync"
	"time"

	"tapedeck/api/crash"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

const (
	// maxRows and maxBytes are how much of one service a client keeps.
	maxRows  = 200_000
	maxBytes = 1 << 30
	// fewRows is how many rows are put in their places one by one; of more the
	// whole list is sorted.
	fewRows = 64
	// rowsEach is how many rows are worth a goroutine.
	rowsEach = 48
)

var errTooMuch = errors.New("the service sends more than this tapedeck can keep")

var seed = maphash.MakeSeed()

// held is what a client has of one deck of the service. Only the goroutine that
// reads the stream changes it, under the client's mutex.
type held struct {
	Profile
	seq    uint64
	state  deck.Snapshot // without recordings
	rows   map[text.Text]*heldRow
	next   map[text.Text]*heldRow // of a snapshot that has begun; nil for none
	list   []*deck.Recording      // of rows, newest first; replaced, never changed
	synced bool                   // it is complete
	before map[uint64]*heldRow    // what another connection had, by its sum; may be nil
	bytes  int
	hook   *crash.Hook // of the client
	raised uint64      // what is added to the numbers of updates; see [Client.hello]
}

type heldRow struct {
	rec   *deck.Recording
	sum   uint64 // of the bytes that it came as
	size  int
	asked bool // the bytes tell of questions that are open on it
}

// decodeRows reads the rows of a line, on all processors where they are many.
// What came before as the same bytes is the same pointer.
func (d *held) decodeRows(raw [][]byte, now time.Time, own func(*deck.Recording)) []*heldRow {
	out := make([]*heldRow, len(raw))
	one := func(i int) {
		row := &heldRow{sum: maphash.Bytes(seed, raw[i]), size: len(raw[i])}
		if old := d.before[row.sum]; old != nil && old.size == row.size {
			row.rec, row.asked = old.rec, old.asked
		} else {
			row.rec = DecodeRow(raw[i], now)
			row.rec.Profile, row.asked = d.Profile.Profile, len(row.rec.Asking) > 0
			if p := row.rec.Update; p != nil {
				p.ID += d.raised
				p.Request.Profile = d.Profile.Profile
			}
			if row.rec.Update != nil || row.asked {
				own(row.rec)
			}
		}
		out[i] = row
	}
	workers := min(runtime.GOMAXPROCS(0), len(raw)/rowsEach)
	if workers < 2 {
		for i := range raw {
			one(i)
		}
		return out
	}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			defer d.hook.Guard()
			for i := w; i < len(raw); i += workers {
				if one(i); i/workers%rowsEach == 0 {
					runtime.Gosched() // a key waits too
				}
			}
		})
	}
	wg.Wait()
	return out
}

// apply takes in a line and its rows.
func (d *held) apply(l line, rows []*heldRow, now time.Time) error {
	if l.kind == "snapshot" && (d.next == nil || l.state != nil) {
		for _, old := range d.next {
			d.bytes -= old.size
		}
		d.next = make(map[text.Text]*heldRow, min(max(l.of, 0), maxRows/10))
	}
	if l.kind == "unrecorded" {
		d.takeUnrecorded(l.lack, now)
		return nil
	}
	if l.kind != "beat" {
		d.seq = l.seq
	}
	if l.state != nil {
		l.state.Into(&d.state, now)
	}
	switch l.kind {
	case "snapshot":
		for _, row := range rows {
			d.put(d.next, row)
		}
	case "synced":
		if d.next != nil {
			for _, old := range d.rows {
				d.bytes -= old.size
			}
			d.rows, d.next, d.before, d.synced = d.next, nil, nil, true
			d.sort()
		}
	case "poll":
		d.state.Health.Complete = moment(l.at, now)
		if l.heard != nil {
			d.state.Heard = d.state.Health.Complete.Add(l.heard.Duration())
		}
	case "changed":
		d.change(l.left, rows)
	}
	if d.bytes > maxBytes || len(d.rows)+len(d.next) > maxRows {
		return errTooMuch
	}
	return nil
}

// put puts a row among others, in the place of what had its SID.
func (d *held) put(rows map[text.Text]*heldRow, row *heldRow) {
	if old := rows[row.rec.SID]; old != nil {
		d.bytes -= old.size
	}
	rows[row.rec.SID] = row
	d.bytes += row.size
}

// change takes in what changed.
func (d *held) change(left []text.Text, rows []*heldRow) {
	few := len(left)+len(rows) <= fewRows
	list := d.list
	if few {
		list = slices.Clone(list)
	}
	remove := func(sid text.Text) {
		old := d.rows[sid]
		if old == nil {
			return
		}
		delete(d.rows, sid)
		d.bytes -= old.size
		if few {
			if i, ok := slices.BinarySearchFunc(list, old.rec, deck.NewestFirst); ok {
				list = slices.Delete(list, i, i+1)
			}
		}
	}
	for _, sid := range left {
		remove(sid)
	}
	for _, row := range rows {
		sid := row.rec.SID
		if old := d.rows[sid]; few && old != nil && old.rec.Created.Equal(row.rec.Created) {
			if i, ok := slices.BinarySearchFunc(list, old.rec, deck.NewestFirst); ok {
				list[i] = row.rec
			}
			d.put(d.rows, row)
			continue
		}
		remove(sid)
		d.put(d.rows, row)
		if few {
			i, _ := slices.BinarySearchFunc(list, row.rec, deck.NewestFirst)
			list = slices.Insert(list, i, row.rec)
		}
	}
	if few {
		d.list = list
	} else {
		d.sort()
	}
}

// sort puts the list together anew.
func (d *held) sort() {
	d.list = make([]*deck.Recording, 0, len(d.rows))
	for _, row := range d.rows {
		d.list = append(d.list, row.rec)
	}
	slices.SortFunc(d.list, deck.NewestFirst)
}

// sums returns what is held, by the sum of the bytes that it came as. Of another
// run of the service, the numbers of updates and sessions are others.
func (d *held) sums(sameRun bool) map[uint64]*heldRow {
	out := make(map[uint64]*heldRow, len(d.rows))
	for _, row := range d.rows {
		if sameRun || row.rec.Update == nil && !row.asked {
			out[row.sum] = row
		}
	}
	return out
}

// lastUpdate returns the highest number of an update.
func (d *held) lastUpdate() (id uint64) {
	for _, r := range d.list {
		if r.Update != nil {
			id = max(id, r.Update.ID)
		}
	}
	return cmp.Or(id, d.raised)
}

// starting reports whether the deck has not come to the end of its first poll.
func (d *held) starting() bool {
	return d.state.Health.Complete.IsZero() && d.state.Health.Failing.IsZero()
}

// part returns the snapshot of the deck. unsure has updates whose answer was
// lost, and replaces what the service last said of them.
func (d *held) part(away time.Time, why error, unsure map[text.Text]*deck.Progress) deck.Part {
	s := d.state
	s.Seq, s.Recordings = d.seq, d.list
	if !away.IsZero() {
		s.Health.Away, s.Health.Err = away, why
	}
	if len(unsure) > 0 {
		s.Recordings = slices.Clone(d.list)
		for i, r := range s.Recordings {
			if p := unsure[r.SID]; p != nil {
				as := *r
				as.Update = p
				s.Recordings[i] = &as
			}
		}
	}
	s.Count()
	return deck.Part{Profile: d.Profile.Profile, Space: d.Space, Project: d.Project, Snapshot: &s}
}

package list

import (
	"time"

	"tapedeck/api/deck"
	"tapedeck/ui/names"
)

// Reader is who reads a list that is not on a screen, and when.
type Reader struct {
	Now   time.Time   // the server's
	Actor string      // who "me" is in a filter
	Names names.Names // for numbers
}

// Matches reports whether the filter shows a recording to a reader. It keeps
// nothing of it.
func (f Filter) Matches(r *deck.Recording, to Reader) bool {
	return f.match(newRow(r), &matching{now: to.Now, actor: to.Actor, hay: hay{names: to.Names}})
}

// Order returns recordings in an order of the list, at the local time now: those
// that alarm first, whatever the order, and the ended last.
func Order(recs []*deck.Recording, s Sort, reverse bool, snap *deck.Snapshot, now time.Time) []*deck.Recording {
	m := Model{sort: s, rev: reverse, asOf: snap.ServerTime(now), all: make([]*row, len(recs))}
	for i, r := range recs {
		m.all[i] = newRow(r)
		m.all[i].level = snap.Level(r, now)
	}
	m.order()
	out := make([]*deck.Recording, len(recs))
	for i, r := range m.all {
		out[i] = r.rec
	}
	return out
}

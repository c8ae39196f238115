package list

import (
	"slices"

	"tapedeck/api/deck"
)

// load takes over the recordings of a snapshot. Those that are the same as in
// the one before, most of them as a rule, cost a comparison each: their rows
// are kept with all that was worked out for them, and their order too.
func (m *Model) load(recs []*deck.Recording) {
	if m.index == nil {
		m.index, m.tails = map[deck.Key]*row{}, map[string]*row{}
	}
	m.seq++
	inOrder := make([]*row, 0, len(recs))
	var fresh []*row // those that have a place to find in the order
	m.pausing = make([]*row, 0, m.snap.Paused)
	before := m.inOrder
	dirty := map[string]bool{} // the ends of SIDs that came or went
	for _, rec := range recs {
		var r *row
		if len(before) > 0 && before[0].rec == rec {
			r, before = before[0], before[1:]
		} else if r = m.index[rec.Key()]; r != nil && r.seen == m.seq {
			continue // a SID may not come twice
		} else if r != nil && r.at >= len(m.inOrder)-len(before) {
			before = m.inOrder[r.at+1:]
		}
		if r == nil || r.rec != rec {
			r = m.replace(r, rec, dirty)
			fresh = append(fresh, r)
		}
		r.seen, r.at = m.seq, len(inOrder)
		inOrder = append(inOrder, r)
		if r.paused || r.lack != nil {
			m.pausing = append(m.pausing, r)
		}
	}
	m.forget(dirty)
	m.coverSelected()
	m.inOrder = inOrder
	m.reorder(fresh)
	m.shortenSIDs(dirty)
	for _, chosen := range []**row{&m.sel, &m.choice.wanted} {
		if *chosen == nil {
			continue
		}
		if r := m.index[(*chosen).rec.Key()]; r != nil {
			*chosen = r
		}
	}
}

// replace returns the row of a recording that is new, or has changed since old
// was made.
func (m *Model) replace(old *row, rec *deck.Recording, dirty map[string]bool) *row {
	r := newRow(rec)
	r.lack = m.lacking.of[rec]
	m.name(r)
	r.level, r.acked = m.level(r, m.asOf.Add(-m.snap.Offset))
	m.freshen(r, old)
	tail := tailOf(r)
	if old == nil {
		if r.alike = m.tails[tail]; r.alike != nil {
			r.alike.prev = r
		}
		m.tails[tail] = r
		dirty[tail] = true
	} else {
		r.short, r.alike, old.now = old.short, old.alike, r
		m.relink(tail, old, r)
	}
	m.index[rec.Key()] = r
	return r
}

// forget drops the rows that are no longer in the snapshot.
func (m *Model) forget(dirty map[string]bool) {
	for _, r := range m.inOrder {
		if r.seen == m.seq || r.now != nil {
			continue
		}
		delete(m.index, r.rec.Key())
		tail := tailOf(r)
		m.relink(tail, r, r.alike)
		dirty[tail] = true
	}
}

// relink puts r in the place of old among those that end alike: the row that
// replaces it, or the one after it, nil for none.
func (m *Model) relink(tail string, old, r *row) {
	switch {
	case old.prev != nil:
		old.prev.alike = r
	case r == nil:
		delete(m.tails, tail)
	default:
		m.tails[tail] = r
	}
	if r == nil {
		return
	}
	if r.prev = old.prev; r.alike != nil {
		r.alike.prev = r
	}
}

func tailOf(r *row) string { return lastRunes(r.sid(), shortLen) }

// shortenSIDs works out again how much of a SID tells it from the others, for those
// that end as one that came or went.
func (m *Model) shortenSIDs(dirty map[string]bool) {
	widest := m.sidWidth
	var alike []*row
	for tail := range dirty {
		var twins map[string]*row // two profiles may have one SID: the project tells them apart
		alike = alike[:0]
		for r := m.tails[tail]; r != nil; r = r.alike {
			if m.parts.several() && m.twin(&twins, r) {
				continue
			}
			alike = append(alike, r)
		}
		if len(alike) == 1 && alike[0].short == len(tail) && twins == nil {
			continue
		}
		widest = max(widest, shorten(alike))
		for r := m.tails[tail]; r != nil && twins != nil; r = r.alike {
			r.short = twins[r.sid()].short
		}
	}
	if widest != m.sidWidth {
		m.sidWidth = widest
		m.arrange()
	}
}

// reorder brings all rows in order: those that were there are, so the fresh
// ones are put between them. Where the order moves with the time, or many are
// fresh, all are sorted.
func (m *Model) reorder(fresh []*row) {
	kept := make([]*row, 0, len(m.inOrder))
	for _, r := range m.all {
		if r.seen == m.seq && r.now == nil {
			kept = append(kept, r)
		}
	}
	if m.sort == ByRunning || len(fresh) > len(m.inOrder)/8+8 {
		m.all = append(kept, fresh...)
		m.order()
		return
	}
	m.all = m.merge(kept, fresh)
}

// merge puts some rows between those that are in order.
func (m *Model) merge(kept, fresh []*row) []*row {
	if len(fresh) == 0 {
		return kept
	}
	if key := sorts[m.sort].key; key != nil {
		for _, r := range fresh {
			r.key = key(r, m.asOf)
		}
	}
	slices.SortFunc(fresh, m.compare)
	all := make([]*row, 0, len(kept)+len(fresh))
	for _, r := range fresh {
		at, _ := slices.BinarySearchFunc(kept, r, m.compare)
		all = append(append(all, kept[:at]...), r)
		kept = kept[at:]
	}
	return append(all, kept...)
}

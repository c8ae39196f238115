package list

import (
	"time"

	"tapedeck/ui/theme"
)

// freshFor is how long a row is marked as new, or as changed.
const freshFor = 5 * time.Second

// The signs of a row that is new, and of one whose status has changed.
const (
	isNew     = "+"
	isChanged = "~"
)

// freshen notes what is new of a row that takes the place of old, nil for none.
// While the first scan goes on all rows are new, so none is marked.
func (m *Model) freshen(r, old *row) {
	at := m.asOf.Add(-m.snap.Offset)
	if !r.rec.Active() {
		r.seenEnded = ms(r.rec.Ended.Add(m.snap.Offset))
	}
	switch {
	case old == nil && m.complete:
		r.fresh, r.freshAt = isNew[0], ms(at)
	case old == nil:
	case old.rec.Status != r.rec.Status || old.rec.Active() != r.rec.Active() || old.trouble != r.trouble:
		r.fresh, r.freshAt = isChanged[0], ms(at)
	default:
		r.fresh, r.freshAt = old.fresh, old.freshAt
	}
}

// news returns the sign of what is new of a row at the local time now; empty for
// nothing.
func (r *row) news(now time.Time) string {
	if r.fresh == 0 || now.Sub(time.UnixMilli(r.freshAt)) >= freshFor {
		return ""
	}
	return string(rune(r.fresh))
}

// sign writes the sign of what is new of a row into the first cell, where so many
// are left for it.
func (f *frame) sign(r *row, left int) {
	if s := r.news(f.now); s != "" && f.Width() == 0 && left > 0 {
		f.Add(theme.Dim, s)
	}
}

// SetHideEnded tells whether ended recordings are left out, but for the selected
// one, which stays until the user moves.
func (m *Model) SetHideEnded(on bool) {
	if m.hideEnded == on {
		return
	}
	m.hideEnded = on
	m.refilter()
	m.follow()
}

// HidesEnded reports whether ended recordings are left out.
func (m Model) HidesEnded() bool { return m.hideEnded }

// Hidden returns how many ended recordings are left out.
func (m Model) Hidden() int {
	if !m.hideEnded {
		return 0
	}
	n := len(m.all) - len(m.unhidden())
	if m.sel != nil && m.kept && !m.sel.rec.Active() && m.index[m.sel.rec.Key()] == m.sel {
		n--
	}
	return n
}

// unhidden returns all rows but those that are hidden. The ended are the last.
func (m Model) unhidden() []*row {
	n := len(m.all)
	for m.hideEnded && n > 0 && !m.all[n-1].rec.Active() {
		n--
	}
	return m.all[:n:n]
}

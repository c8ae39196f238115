package list

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"tapedeck/api"
)

// Sort is an order of the rows.
type Sort int

// The orders. Within each, rows that are equal are in the default order.
const (
	ByPause    Sort = iota // the default: paused first, longest pause on top, then the newest
	ByRunning              // longest running first
	ByWho                  // who, from A to Z
	ByStatus               // paused, recording, starting, unknown, ended
	ByKind                 // calls, then conferences
	ByChannels             // most channels first
	BySource               // source, from A to Z
	ByUpdated              // latest change first
	ByProject              // the profile, from A to Z; where there are several
)

// sortKey is what rows are ordered by: text, then number; rows without a key
// come last, whichever way round the order is.
type sortKey struct {
	text    string
	num     int64
	missing bool
}

// sorts says for each order its title in the sort menu, and the key of a row
// at the server's time now. The default order needs no key.
var sorts = []struct {
	title string
	key   func(r *row, now time.Time) sortKey
}{
	ByPause: {"longest pause, then newest", nil},
	ByRunning: {"longest running", func(r *row, now time.Time) sortKey {
		d, ok := r.running(now)
		return sortKey{num: -int64(d), missing: !ok}
	}},
	ByWho:    {"who", func(r *row, _ time.Time) sortKey { return textKey(r.whoKey()) }},
	ByStatus: {"status", func(r *row, _ time.Time) sortKey { return statusKey(r) }},
	ByKind: {"kind", func(r *row, _ time.Time) sortKey {
		if r.rec.IsConference() {
			return sortKey{num: 1}
		}
		return sortKey{}
	}},
	ByChannels: {"channels", func(r *row, _ time.Time) sortKey {
		return sortKey{num: -int64(r.rec.Channels), missing: r.rec.Channels == 0}
	}},
	BySource: {"source", func(r *row, _ time.Time) sortKey { return textKey(r.rec.Source.String()) }},
	ByUpdated: {"latest change", func(r *row, _ time.Time) sortKey {
		if r.update == unset {
			return sortKey{missing: true}
		}
		return sortKey{num: -r.update}
	}},
	ByProject: {"project", func(r *row, _ time.Time) sortKey { return textKey(r.rec.Profile) }},
}

// Sorts returns every order, in the order of the sort menu: that by project only
// where several are shown.
func (m Model) Sorts() []Sort {
	out := make([]Sort, len(sorts))
	for i := range out {
		out[i] = Sort(i)
	}
	if !m.parts.several() {
		out = slices.DeleteFunc(out, func(s Sort) bool { return s == ByProject })
	}
	return out
}

// Title returns the order's words in the sort menu.
func (s Sort) Title() string {
	if s < 0 || int(s) >= len(sorts) {
		return ""
	}
	return sorts[s].title
}

// Key returns the digit that chooses the order in the sort menu.
func (s Sort) Key() string { return strconv.Itoa(int(s) + 1) }

func textKey(s string) sortKey { return sortKey{text: s, missing: s == ""} }

func statusKey(r *row) sortKey {
	switch s := r.rec.Status; {
	case r.lack != nil:
		return sortKey{num: 0, text: "no rec"} // after the paused
	case !r.rec.Active():
		return sortKey{num: 4, text: string(s)}
	case r.paused:
		return sortKey{num: 0}
	case s.Running():
		return sortKey{num: 1}
	case s == api.Queued:
		return sortKey{num: 2}
	default:
		return sortKey{num: 3, text: string(s)}
	}
}

// order sorts all rows.
func (m *Model) order() {
	key := sorts[m.sort].key
	for _, r := range m.all {
		if key != nil {
			r.key = key(r, m.asOf)
		}
	}
	if !slices.IsSortedFunc(m.all, m.compare) {
		slices.SortFunc(m.all, m.compare)
	}
}

// insert adds r to rows at its place, in a new slice.
func (m *Model) insert(rows []*row, r *row) ([]*row, int) {
	if key := sorts[m.sort].key; key != nil {
		r.key = key(r, m.asOf)
	}
	at, _ := slices.BinarySearchFunc(rows, r, m.compare)
	out := make([]*row, 0, len(rows)+1)
	out = append(append(append(out, rows[:at]...), r), rows[at:]...)
	return out, at
}

// compare orders two rows, the most urgent first and the ended last. It never calls two
// rows equal, so that the order does not depend on the one before.
func (m *Model) compare(a, b *row) int {
	if x, y := a.urgency(), b.urgency(); x != y {
		return cmp.Compare(y, x)
	}
	if x, y := a.rec.Active(), b.rec.Active(); x != y {
		return boolFirst(x, y)
	}
	if m.sort == ByPause {
		return byPause(a, b, m.rev)
	}
	if a.key.missing != b.key.missing {
		return boolFirst(b.key.missing, a.key.missing)
	}
	if !a.key.missing && a.key != b.key {
		c := cmp.Or(cmp.Compare(a.key.num, b.key.num), cmp.Compare(a.key.text, b.key.text))
		if m.rev {
			c = -c
		}
		return c
	}
	return byPause(a, b, false)
}

// byPause is the default order: the paused, those without a recording, all others.
// Reversed, the first two are still on top.
func byPause(a, b *row, rev bool) int {
	if a.paused != b.paused {
		return boolFirst(a.paused, b.paused)
	}
	if x, y := a.lack != nil, b.lack != nil; x != y {
		return boolFirst(x, y)
	}
	c := 0
	switch {
	case a.paused:
		c = cmp.Compare(a.since, b.since)
	case a.lack != nil:
		c = cmp.Compare(a.began, b.began)
	}
	if c == 0 {
		c = cmp.Compare(b.began, a.began)
	}
	if rev {
		c = -c
	}
	if c == 0 {
		c = cmp.Or(cmp.Compare(a.sid(), b.sid()), cmp.Compare(a.rec.Profile, b.rec.Profile))
	}
	return c
}

// boolFirst orders the one that is true first.
func boolFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

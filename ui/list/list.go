// Package list shows the recordings of a snapshot, one a row. The selection is
// on a recording, not on a row: it stays when rows move.
//
// Sorting and filtering are done once for each snapshot, filter or order; a
// frame costs only the rows that are visible, however many there are.
package list

import (
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/theme"
)

// Model is the table of recordings.
type Model struct {
	KeyMap KeyMap

	th      theme.Theme
	w, h    int
	focused bool
	stale   bool // the data is old

	snap  *deck.Snapshot
	asOf  time.Time          // server's time when the snapshot was set; ages count to it
	index map[text.Text]*row // the rows of the snapshot by SID
	all   []*row             // the rows of the snapshot, in the order chosen
	rows  []*row             // those that match, and the selected one
	shown int                // how many match

	sel    *row // nil before there was anything to select
	selAt  int  // its place in rows
	kept   bool // it is in rows only because it is selected
	top    int  // the first row of the window
	filter Filter
	sort   Sort
	rev    bool

	sidWidth int     // of the widest short SID there has been
	layout   *layout // replaced, never changed
	memo     *memo
}

// memo is the last view. It is replaced, never changed, when what is shown
// changes, so a copy of a model keeps its own.
type memo struct {
	now  time.Time
	view string
	made bool
}

// New returns an empty list.
func New(t theme.Theme) Model {
	m := Model{KeyMap: DefaultKeyMap(), th: t, focused: true, sidWidth: shortLen}
	m.arrange()
	return m
}

// SetTheme changes how the list looks.
func (m *Model) SetTheme(t theme.Theme) {
	m.th = t
	m.arrange()
}

// SetSize sets the size in cells. The selected row stays visible.
func (m *Model) SetSize(w, h int) {
	if w, h = max(0, w), max(0, h); w == m.w && h == m.h {
		return
	}
	m.w, m.h = w, h
	m.arrange()
	m.follow()
}

// SetFocus tells whether keys go to the list; the selected row shows it.
func (m *Model) SetFocus(on bool) {
	if m.focused != on {
		m.focused = on
		m.touch()
	}
}

// SetStale tells whether the data is old: then nothing in the list stands out.
func (m *Model) SetStale(on bool) {
	if m.stale != on {
		m.stale = on
		m.touch()
	}
}

// SetSnapshot shows the recordings of s, sorted and filtered as of then. The
// selection never moves by itself: when the selected recording ends, no longer
// matches or is gone, its row stays, dimmed, until the user moves.
func (m *Model) SetSnapshot(s *deck.Snapshot) {
	if s == nil {
		s = &deck.Snapshot{}
	}
	m.snap, m.asOf = s, s.ServerTime(time.Now())
	line := m.selAt - m.top
	m.load(s.Recordings)
	m.order()
	m.refilter()
	m.prepare()
	if m.top > 0 { // in mid-list the selected row keeps its line; at the top the top stays in view
		m.top = m.selAt - line
	}
	m.follow()
}

// Filter returns the filter set.
func (m Model) Filter() Filter { return m.filter }

// SetFilter shows only the rows that match f, beside the selected one.
func (m *Model) SetFilter(f Filter) {
	m.filter = f
	m.refilter()
	m.follow()
}

// Sort returns the order set, and whether it is reversed.
func (m Model) Sort() (s Sort, reverse bool) { return m.sort, m.rev }

// SetSort orders the rows by s. The selection stays on its recording.
func (m *Model) SetSort(s Sort, reverse bool) {
	if s < 0 || int(s) >= len(sorts) {
		s = ByPause
	}
	m.sort, m.rev = s, reverse
	m.order()
	m.refilter()
	m.follow()
}

// Selected returns the selected recording as it was last known, also when it
// has ended, does not match the filter or has left the snapshot. ok is false
// when the list is empty and was so before.
func (m Model) Selected() (r *deck.Recording, ok bool) {
	if m.sel == nil {
		return nil, false
	}
	return m.sel.rec, true
}

// Select selects a recording of the snapshot; it does nothing for another.
func (m *Model) Select(sid text.Text) {
	if r := m.index[sid]; r != nil {
		m.sel = r
		m.refilter()
		m.follow()
	}
}

// Shown returns how many rows match the filter, and how many there are.
func (m Model) Shown() (shown, total int) { return m.shown, len(m.all) }

// ShortSID returns the last characters of a SID: 4, or as many as tell it from
// every other in the snapshot.
func (m Model) ShortSID(sid text.Text) string {
	if r := m.index[sid]; r != nil {
		return m.th.Plain(r.shortSID())
	}
	if m.sel != nil && m.sel.rec.SID == sid {
		return m.th.Plain(m.sel.shortSID())
	}
	return m.th.Plain(lastRunes(sid.String(), shortLen))
}

// load takes over the recordings of a snapshot. Rows of recordings that have
// not changed are kept with all that was worked out for them.
func (m *Model) load(recs []*deck.Recording) {
	index := make(map[text.Text]*row, len(recs))
	same := len(recs) == len(m.index)
	for _, rec := range recs {
		old := m.index[rec.SID]
		same = same && old != nil
		if old != nil && old.rec == rec {
			index[rec.SID] = old
			continue
		}
		r := newRow(rec)
		if old != nil {
			r.short = old.short
		}
		index[rec.SID] = r
	}
	m.all = merge(m.all, recs, m.index, index)
	m.index = index
	if !same {
		m.sidWidth = max(m.sidWidth, shorten(m.all))
		m.arrange()
	}
	if m.sel != nil {
		if r := index[m.sel.rec.SID]; r != nil {
			m.sel = r
		}
	}
}

// prepareMost is how many rows are made ready for the filter in one snapshot:
// about a millisecond of work.
const prepareMost = 200

// prepare makes some rows ready for the filter, so that the first word of one
// need not wait for all of them.
func (m *Model) prepare() {
	n := 0
	for _, r := range m.all {
		if r.text == "" {
			r.haystack()
			if n++; n == prepareMost {
				return
			}
		}
	}
}

// merge returns the rows of index: in the order of before as far as they were
// in it, so that little is left to sort, then those that are new.
func merge(before []*row, recs []*deck.Recording, old, index map[text.Text]*row) []*row {
	all := make([]*row, 0, len(index))
	for _, r := range before {
		if now := index[r.rec.SID]; now != nil {
			all = append(all, now)
		}
	}
	if len(all) == len(index) {
		return all
	}
	seen := make(map[*row]bool, len(index)-len(all))
	for _, rec := range recs {
		r := index[rec.SID]
		if old[rec.SID] == nil && !seen[r] { // a SID may not come twice
			seen[r] = true
			all = append(all, r)
		}
	}
	return all
}

// refilter works out which rows are shown, and where the selected one is.
func (m *Model) refilter() {
	m.touch()
	m.kept = false
	m.rows = m.all
	if !m.filter.IsZero() {
		m.rows = make([]*row, 0, len(m.all))
		for _, r := range m.all {
			if m.filter.match(r, m.asOf) {
				m.rows = append(m.rows, r)
			}
		}
	}
	m.shown = len(m.rows)
	if m.sel == nil && len(m.rows) > 0 {
		m.sel = m.rows[0]
	}
	if m.sel == nil {
		m.selAt = 0
		return
	}
	if m.selAt = indexOf(m.rows, m.sel); m.selAt < 0 {
		m.kept = true
		m.rows, m.selAt = m.insert(m.rows, m.sel)
	}
}

// indexOf returns the place of r in rows, or -1.
func indexOf(rows []*row, r *row) int {
	for i := range rows {
		if rows[i] == r {
			return i
		}
	}
	return -1
}

// touch forgets the last view.
func (m *Model) touch() { m.memo = &memo{} }

// arrange lays out the columns for the size, the theme and the short SIDs.
func (m *Model) arrange() {
	m.touch()
	m.layout = arrange(m.th, m.w, m.sidWidth)
}

// window returns how many rows are visible: all lines but the column titles'.
func (m Model) window() int {
	if m.h <= 1 {
		return m.h
	}
	return m.h - 1
}

// follow moves the window as little as needed to show the selected row, and
// leaves no room empty that rows could take.
func (m *Model) follow() {
	m.touch()
	v := m.window()
	if m.selAt >= m.top+v {
		m.top = m.selAt - v + 1
	}
	m.top = min(m.top, m.selAt, max(0, len(m.rows)-v))
	m.top = max(0, m.top)
}

// Package list shows the recordings of a snapshot, one a row. The selection is
// on a recording, not on a row: it stays when rows move.
//
// Sorting and filtering are done once for each snapshot, filter or order; a
// frame costs only the rows that are visible, however many there are.
package list

import (
	"time"

	"tapedeck/api/deck"
	"tapedeck/ui/names"
	"tapedeck/ui/theme"
)

// Model is the table of recordings. A copy shares its rows with the original:
// only one of them may be given the next snapshot.
type Model struct {
	KeyMap KeyMap

	th      theme.Theme
	w, h    int
	focused bool
	stale   bool // the data is old

	snap    *deck.Snapshot
	asOf    time.Time         // server's time when the snapshot was set; ages count to it
	seq     uint64            // counts snapshots
	inOrder []*row            // the rows of the snapshot, in its order
	index   map[deck.Key]*row // the same by profile and SID
	tails   map[string]*row   // the same by the end of the SID, linked by row.alike
	all     []*row            // the same in the order chosen
	rows    []*row            // those that match, and the selected one
	pausing []*row            // those of came that are paused, or have no recording
	shown   int               // how many match

	sel       *row              // nil where there was nothing to select
	selAt     int               // its place in rows
	kept      bool              // it is in rows only because it is selected
	choice    choice            // what the selection goes by
	hideEnded bool              // see SetHideEnded
	lacking   lacking           // see SetUnrecorded
	complete  bool              // all recordings had been read when the last snapshot came
	top       int               // the first row of the window
	marks     map[deck.Key]bool // see SetMarks
	filter    Filter
	tries     uint64 // counts filters
	sort      Sort
	rev       bool

	timeline bool        // see ShowTimeline
	bars     bars        // nil while that is off
	sidWidth int         // of the widest short SID there has been
	minutes  bool        // clocks of old recordings show whole minutes
	mask     bool        // see SetMask
	names    names.Names // see SetNames
	actor    string      // see SetActor
	revealed deck.Key    // see SetMask
	parts    parts       // the profiles; none for one
	layout   *layout     // replaced, never changed
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

// SetMinutes tells whether the clocks of old recordings show whole minutes, so
// that they cost next to nothing on the wire.
func (m *Model) SetMinutes(on bool) {
	if m.minutes != on {
		m.minutes = on
		m.touch()
	}
}

// SetSnapshot shows the recordings of s, sorted and filtered as of then. Once
// the selection is held ([Model.Hold]) it never moves by itself: when the
// selected recording ends, no longer matches or is gone, its row stays, dimmed,
// until the user moves or changes the filter.
func (m *Model) SetSnapshot(s *deck.Snapshot) {
	if s == nil {
		s = &deck.Snapshot{}
	}
	m.snap, m.asOf = s, s.ServerTime(time.Now())
	m.setParts(s.Parts)
	line := m.selAt - m.top
	m.load(m.withUnrecorded(s))
	m.complete = !s.Health.Complete.IsZero()
	m.relevel(time.Now())
	m.refilter()
	if m.top > 0 { // in mid-list the selected row keeps its line; at the top the top stays in view
		m.top = m.selAt - line
	}
	m.follow()
}

// Prepare returns what makes the rows ready for the filter, so that its first
// word need not wait for all of them; nil when they are. It may run beside
// everything else, and is of use while the first word is typed.
func (m Model) Prepare() func() {
	var rows []*row
	for _, r := range m.all {
		if r.hay.Load() == nil {
			rows = append(rows, r)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return func() {
		h := hay{names: m.names}
		for _, r := range rows {
			r.haystack(&h)
		}
	}
}

// Filter returns the filter set.
func (m Model) Filter() Filter { return m.filter }

// Sort returns the order set, and whether it is reversed.
func (m Model) Sort() (s Sort, reverse bool) { return m.sort, m.rev }

// SetSort orders the rows by s. The selection stays on its recording.
func (m *Model) SetSort(s Sort, reverse bool) {
	if s < 0 || int(s) >= len(sorts) {
		s = ByPause
	}
	m.Hold()
	m.sort, m.rev = s, reverse
	m.order()
	m.refilter()
	m.follow()
}

// Selected returns the selected recording as it was last known, also when it
// has ended, does not match any more or has left the snapshot. ok is false when
// no row is there to select, and for one that has no recording: see
// [Model.Unrecorded].
func (m Model) Selected() (r *deck.Recording, ok bool) {
	if m.sel == nil || m.sel.lack != nil {
		return nil, false
	}
	return m.sel.rec, true
}

// Shown returns how many rows match the filter, and how many there are.
func (m Model) Shown() (shown, total int) { return m.shown, len(m.all) }

// ShortSID returns the last characters of a SID: 4, or as many as tell it from
// every other in the snapshot.
func (m Model) ShortSID(of deck.Key) string {
	if r := m.index[of]; r != nil {
		return m.th.Plain(r.shortSID())
	}
	if m.sel != nil && m.sel.rec.Key() == of {
		return m.th.Plain(m.sel.shortSID())
	}
	return m.th.Plain(lastRunes(of.SID.SID(), shortLen))
}

// refilter works out which rows are shown, and where the selected one is.
func (m *Model) refilter() {
	m.touch()
	m.kept = false
	m.rows = m.unhidden()
	if !m.filter.IsZero() {
		all := m.rows
		m.rows = make([]*row, 0, len(all))
		in := m.matching()
		for _, r := range all {
			if m.match(r, in) {
				m.rows = append(m.rows, r)
			}
		}
	}
	m.shown = len(m.rows)
	if len(m.rows) > 0 && (m.sel == nil || !m.choice.held) {
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

// match reports whether a row matches the filter. It looks only once, unless
// what matches depends on the time.
func (m *Model) match(r *row, in *matching) bool {
	if m.filter.timed || r.matched != m.tries {
		r.matched, r.matches = m.tries, m.filter.match(r, in)
	}
	return r.matches
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
	s := size{w: m.w, sid: m.sidWidth, project: m.parts.widest(m.th), timeline: m.timeline}
	m.layout = arrange(m.th, s)
	m.parts.fit(m.th, s)
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

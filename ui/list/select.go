package list

import "tapedeck/api/deck"

// choice is what the selection goes by, beside what is selected.
type choice struct {
	held   bool // the user has pressed a key; see [Model.Hold]
	typing bool // a filter is being typed
	wanted *row // what was selected as that began, or moved to since; nil for nothing
}

// Hold keeps the selection on its recording from now on. Before that, as long
// as nobody has pressed a key, the top row is selected, whichever it is.
func (m *Model) Hold() { m.choice.held = true }

// BeginFilter remembers the selection while a filter is typed.
func (m *Model) BeginFilter() {
	m.Hold()
	m.choice.typing, m.choice.wanted = true, m.sel
}

// EndFilter ends the typing: what is selected stays so.
func (m *Model) EndFilter() { m.choice.typing, m.choice.wanted = false, nil }

// SetFilter shows only the rows that match f. It selects what was selected, or,
// while a filter is typed, what was selected before that; where that does not
// match, the first match, and nothing where there is none.
func (m *Model) SetFilter(f Filter) {
	m.Hold()
	if m.choice.typing {
		m.sel = m.choice.wanted
	}
	m.filter = f
	m.tries++
	m.refilter()
	if m.kept && !f.IsZero() {
		m.rows = append(m.rows[:m.selAt:m.selAt], m.rows[m.selAt+1:]...)
		m.sel, m.selAt, m.kept = nil, 0, false
		if len(m.rows) > 0 {
			m.sel = m.rows[0]
		}
	}
	m.follow()
}

// Select selects a recording of the snapshot; it does nothing for another.
func (m *Model) Select(of deck.Key) {
	if r := m.index[of]; r != nil {
		m.Hold()
		m.sel = r
		m.refilter()
		m.follow()
	}
}

// Line returns the line of the selected row among the rows on the screen, from
// 0; -1 where nothing is selected.
func (m Model) Line() int {
	if m.sel == nil {
		return -1
	}
	return m.selAt - m.top
}

// Excluded reports whether the filter hides a recording of the snapshot.
func (m Model) Excluded(of deck.Key) bool {
	r := m.index[of]
	return r != nil && !m.filter.IsZero() && (indexOf(m.rows, r) < 0 || m.kept && r == m.sel)
}

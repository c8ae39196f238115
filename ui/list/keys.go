package list

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// KeyMap is the keys that move the selection.
type KeyMap struct {
	Up, Down, PageUp, PageDown, HalfUp, HalfDown, Top, Bottom key.Binding
}

// DefaultKeyMap returns the keys of ui/DESIGN.md.
func DefaultKeyMap() KeyMap {
	bind := func(help, desc string, keys ...string) key.Binding {
		return key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, desc))
	}
	return KeyMap{
		Up:       bind("k/up", "up", "k", "up"),
		Down:     bind("j/down", "down", "j", "down"),
		PageUp:   bind("pgup", "page up", "pgup"),
		PageDown: bind("pgdn", "page down", "pgdown"),
		HalfUp:   bind("ctrl+u", "half a page up", "ctrl+u"),
		HalfDown: bind("ctrl+d", "half a page down", "ctrl+d"),
		Top:      bind("g/home", "first", "g", "home"),
		Bottom:   bind("G/end", "last", "G", "end"),
	}
}

// Update moves the selection by key. Every other message is not for the list.
func (m Model) Update(msg tea.Msg) (Model, tea.Cmd) {
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return m, nil
	}
	page, all := max(1, m.window()-1), len(m.rows)
	switch {
	case key.Matches(press, m.KeyMap.Up):
		m.move(-1)
	case key.Matches(press, m.KeyMap.Down):
		m.move(1)
	case key.Matches(press, m.KeyMap.PageUp):
		m.move(-page)
	case key.Matches(press, m.KeyMap.PageDown):
		m.move(page)
	case key.Matches(press, m.KeyMap.HalfUp):
		m.move(-max(1, page/2))
	case key.Matches(press, m.KeyMap.HalfDown):
		m.move(max(1, page/2))
	case key.Matches(press, m.KeyMap.Top):
		m.move(-all)
	case key.Matches(press, m.KeyMap.Bottom):
		m.move(all)
	}
	return m, nil
}

// move moves the selection by so many rows. A row that was only kept for its
// selection goes with it, and counts for nothing.
func (m *Model) move(by int) {
	m.Hold()
	if m.shown == 0 || m.sel == nil {
		return
	}
	to := m.selAt + by
	if m.kept {
		m.rows = append(m.rows[:m.selAt:m.selAt], m.rows[m.selAt+1:]...)
		m.kept = false
		if by > 0 {
			to--
		}
	}
	m.selAt = min(max(0, to), len(m.rows)-1)
	m.sel = m.rows[m.selAt]
	if m.choice.typing {
		m.choice.wanted = m.sel
	}
	m.follow()
}

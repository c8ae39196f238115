package ui

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api/deck"
	"tapedeck/ui/help"
	"tapedeck/ui/status"
)

// Page is a screen that is read, and left by a key: it has no deck.
type Page struct {
	Title    string
	Sections []help.Section
	Keys     []PageKey // that leave it, in the order of the hints
}

// PageKey is a key that leaves a page.
type PageKey struct {
	Key  string // as tea names it
	Does string
}

// pageGuard is for how long no key leaves a page: whoever was typing has not seen
// it yet.
const pageGuard = 700 * time.Millisecond

// page is the page that a screen is.
type page struct {
	Page
	opened time.Time
	left   string // the key that has left it; empty while it is open
}

// nowhere is the deck of a page: it has nothing and does nothing.
type nowhere struct{ Deck }

func (nowhere) Subscribe() (<-chan *deck.Snapshot, func()) { return nil, func() {} }
func (nowhere) Look(deck.Key)                              {}

// pageKey takes a key of a page: one that leaves it, or one that scrolls.
func (m *Model) pageKey(k tea.KeyPressMsg, s string, now time.Time) tea.Cmd {
	if s == "ctrl+c" {
		s = "q"
	}
	if s == "kpenter" {
		s = "enter"
	}
	for _, key := range m.page.Keys {
		if key.Key != s {
			continue
		}
		if now.Sub(m.page.opened) < pageGuard {
			return nil
		}
		m.page.left = s
		return tea.Quit
	}
	m.help = m.help.Update(k)
	return nil
}

// pageLines is the page, as it has room.
func (m *Model) pageLines() string {
	m.help.SetSize(m.w, max(1, m.h-1))
	lines := m.help.View()
	var hints []status.Hint
	for i, k := range m.page.Keys {
		name := k.Key
		if name == "enter" {
			name = "Enter"
		}
		hints = append(hints, hint(name, k.Does, i))
	}
	if m.h > 1 {
		lines = append(lines[:min(len(lines), m.h-1)], m.status.HintLine(hints, m.w))
	}
	return strings.Join(lines[:min(len(lines), m.h)], "\n")
}

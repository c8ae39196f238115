package ui

import (
	"strings"
	"time"

	"tapedeck/api/deck"
	"tapedeck/ui/line"
	"tapedeck/ui/status"
	"tapedeck/ui/theme"
)

// say puts a message in the status line.
func (m *Model) say(s string, now time.Time) { m.status.Say(s, m.named(s), now) }

// refuse says why a key does nothing now.
func (m *Model) refuse(s string, now time.Time) {
	m.refused = true
	m.status.Refuse(s, m.named(s), now)
}

// complain puts a message in the status line that must not be overlooked, with
// the next step.
func (m *Model) complain(s, hint string, now time.Time) {
	m.status.Complain(status.Said{Words: s}, hint, now)
}

// named returns the selected recording where a message names it; else the zero
// key.
func (m *Model) named(s string) deck.Key {
	if r, ok := m.selected(); ok && strings.Contains(s, "…"+m.list.ShortSID(r.Key())) {
		return r.Key()
	}
	return deck.Key{}
}

// busy says what this session has under way, for the right end of the status
// line; empty when there is nothing, or when the message says so.
func (m *Model) busy() line.Span {
	b := m.requests.Busy()
	switch {
	case b.Said != "" && m.status.Says(b.Said):
		return line.Span{}
	case b.Unknown:
		return line.Of(theme.Bad, b.Words)
	}
	return line.Of(theme.Plain, b.Words)
}

// statusLines are the line above the hints, and more of them for what does not
// fit into it.
func (m *Model) statusLines(w int) []string {
	return m.status.View(w, status.Around{
		Trouble: m.troubleWords(), Idle: status.Health(m.live, m.inZone(m.now)), Busy: m.busy(), More: m.moreLines(),
	})
}

// moreLines is how many lines a message may have below its first one: a low
// screen needs its rows for the list.
func (m *Model) moreLines() int {
	if m.h >= 20 {
		return 2
	}
	return 1
}

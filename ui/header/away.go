package header

import (
	"tapedeck/ui/line"
	"tapedeck/ui/theme"
)

// away says since when the service that holds the deck is gone, in forms from the
// longest to the shortest.
func (m Model) away(s State) []segment {
	_, age := m.o.Clocks.Age(max(0, s.Now.Sub(s.Live.Health.Away)))
	gone := line.Of(theme.Bad, "service gone "+age)
	return []segment{
		m.segment(0, gone, line.Of(theme.Plain, ", reconnecting")),
		m.segment(0, gone),
	}
}

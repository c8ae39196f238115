package header

import (
	"strconv"

	"tapedeck/ui/line"
	"tapedeck/ui/theme"
)

// unrecorded says how many calls in progress have no recording: with + where there
// are more, and with ? where not all is known.
func (m Model) unrecorded(s State) segment {
	n := len(m.shown.Unrecorded)
	words, role := "NO REC "+strconv.Itoa(n), theme.Plain
	if n > 0 {
		role = theme.Warn
	}
	if m.shown.UnrecordedMore > 0 {
		words += "+"
	}
	switch {
	case m.allUnrecordedKnown(s):
	case n == 0:
		words, role = "NO REC ?", theme.Dim
	default:
		words += "?"
	}
	return m.segment(1, line.Of(role, words))
}

// allUnrecordedKnown reports whether it is known of all profiles which calls have
// no recording.
func (m Model) allUnrecordedKnown(s State) bool {
	for _, p := range m.shown.Parts {
		if !m.shown.UnrecordedKnown(p.Profile, s.at()) {
			return false
		}
	}
	return m.shown.Parts != nil || m.shown.UnrecordedKnown("", s.at())
}

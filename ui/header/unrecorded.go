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
	case m.shown.InProgress.Pending == 0 && m.shown.AllUnrecordedKnown(s.at()):
	case n == 0:
		words, role = "NO REC ?", theme.Dim
	default:
		words += "?"
	}
	if s.Lacking > 0 {
		return m.segment(0, line.Of(theme.Alarm, " "+words+" "))
	}
	return m.segment(1, line.Of(role, words))
}

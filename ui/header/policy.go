package header

import (
	"fmt"

	"tapedeck/ui/line"
	"tapedeck/ui/theme"
)

// longestNames is how many cells the names of profiles take beside EVIDENCE at
// most; of more it says how many they are.
const longestNames = 20

// evidence says where recording is mandated: here, or which of several projects.
func (m Model) evidence() []segment {
	names, all := m.shown.Mandated()
	words := "EVIDENCE"
	switch {
	case !all && len(names) == 0:
		return nil
	case !all:
		which := m.named(names)
		if len(names) > namedProfiles || m.th.Width(which) > longestNames {
			which = fmt.Sprintf("%d of %d", len(names), len(m.shown.Parts))
		}
		words += " " + which
	}
	return []segment{m.segment(1, line.Of(theme.Badge, " "+words+" "))}
}

package status

import (
	"tapedeck/ui/line"
	"tapedeck/ui/theme"
)

// Hint is a key and what it does, in a word or two. Those of high rank drop
// first where there is no room for all.
type Hint struct {
	Key, Does string
	Rank      int
}

// HintLine is the last line of the screen, of w cells: the keys that are of use
// now.
func (m Model) HintLine(hints []Hint, w int) string {
	var l line.Builder
	l.Begin(m.th, w)
	l.Add(theme.Plain, " ")
	for i, h := range m.fitHints(hints, w-1) {
		if i > 0 {
			l.Add(theme.Plain, "  ")
		}
		l.Add(theme.Key, h.Key)
		l.Add(theme.Plain, " ")
		l.Add(theme.Dim, h.Does)
	}
	return l.End()
}

// fitHints drops the hints of the highest rank until the rest fits.
func (m Model) fitHints(hints []Hint, w int) []Hint {
	for {
		total, worst := -2, 0
		for i, h := range hints {
			total += len(h.Key) + m.th.Width(h.Does) + 3
			if h.Rank >= hints[worst].Rank {
				worst = i
			}
		}
		if total <= w || len(hints) == 0 {
			return hints
		}
		hints = append(hints[:worst:worst], hints[worst+1:]...)
	}
}

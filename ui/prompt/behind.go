package prompt

import "tapedeck/ui/theme"

// decided returns the answer to a key where a lost session left a pause behind.
func (m Model) decided(s string) Answer {
	if s == "t" || s == "r" {
		return Answer{Closed: true, Go: true, Request: m.q.Request, Key: s}
	}
	return m.canceled()
}

func (m Model) behind() [][]part {
	out := [][]part{{{theme.Warn, m.q.Title}}, m.about()}
	for _, l := range m.q.Left {
		out = append(out, []part{{theme.Plain, "  " + l}})
	}
	return append(out, []part{
		{theme.Key, "  t"}, {theme.Plain, " take it over"}, {theme.Key, "   r"}, {theme.Plain, " resume it, asks"},
		{theme.Dim, "   any other key leaves it"},
	})
}

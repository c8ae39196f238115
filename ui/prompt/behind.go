package prompt

import (
	"tapedeck/ui/line"
	"tapedeck/ui/theme"
)

// decided returns the answer to a key where a lost session left a pause behind.
func (m Model) decided(s string) Answer {
	if s == "t" || s == "r" {
		return Answer{Closed: true, Go: true, Request: m.q.Request, Key: s}
	}
	return m.canceled()
}

func (m Model) behind() [][]line.Span {
	out := [][]line.Span{{line.Of(theme.Warn, m.q.Title)}, m.about()}
	for _, l := range m.q.Left {
		out = append(out, []line.Span{line.Of(theme.Plain, "  "+l)})
	}
	return append(out, []line.Span{
		line.Of(theme.Key, "  t"), line.Of(theme.Plain, " take it over"), line.Of(theme.Key, "   r"), line.Of(theme.Plain, " resume it, asks"),
		line.Of(theme.Dim, "   any other key leaves it"),
	})
}

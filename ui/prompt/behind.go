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
	resume := " resume it, asks"
	if !m.q.Policy.Defaults().ResumeAsks {
		resume = " resume it"
	}
	var answers []line.Span
	gap := "  "
	for _, a := range []struct{ key, does string }{{"t", " take it over"}, {"r", resume}} {
		if m.q.Offers(a.key) {
			answers = append(answers, line.Of(theme.Key, gap+a.key), line.Of(theme.Plain, a.does))
			gap = "   "
		}
	}
	return append(out, append(answers, line.Of(theme.Dim, gap+"any other key leaves it")))
}

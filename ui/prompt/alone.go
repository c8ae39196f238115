package prompt

import (
	"tapedeck/api/deck"
	"tapedeck/ui/line"
	"tapedeck/ui/theme"
)

// aloneWords say what an auto-resume promises while the other hosts cannot be told
// of it.
const aloneWords = "LOCAL ONLY: this host alone will resume it; if it stops, nobody does."

// alone adds what an auto-resume promises, where that needs saying.
func (m Model) alone(out [][]line.Span) [][]line.Span {
	if !m.q.Alone {
		return out
	}
	return append(out, []line.Span{line.Of(theme.Warn, "  "+aloneWords)})
}

// promised says whether an auto-resume that was typed is of this host alone: who
// typed it has read so.
func (m Model) promised(r deck.Request) deck.Request {
	r.ResumeLocal = m.q.Alone && m.q.Kind == Timer
	return r
}

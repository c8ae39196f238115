package ui

import (
	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/ui/line"
	"tapedeck/ui/requests"
	"tapedeck/ui/theme"
)

// emptyLines stand in the place of the list while it has no row: why, and what
// to do.
func (m *Model) emptyLines(w, h int) []string {
	head, role, text := m.emptyWords()
	out := make([]string, 0, h)
	var l line.Builder
	add := func(role theme.Role, s string) {
		l.Begin(m.th, w)
		l.Add(role, "   "+s)
		out = append(out, l.End())
	}
	add(theme.Plain, "")
	add(role, m.th.Plain(head))
	for _, p := range text {
		for _, one := range line.Wrap(m.th, m.th.Plain(p), w-6) {
			add(theme.Plain, one)
		}
	}
	for len(out) < h {
		add(theme.Plain, "")
	}
	return out[:max(0, h)]
}

// emptyWords says why there is no row.
func (m *Model) emptyWords() (head string, role theme.Role, text []string) {
	h := m.live.Health
	if m.live.Known() {
		text = []string{"They appear here as calls begin. Nothing has to be pressed."}
		if h.Phase(m.now) == deck.Stale {
			return "there were no active recordings", theme.Warn, append(m.failureWords(h), "Whether there are some now is not known.")
		}
		return "no active recordings", theme.Plain, text
	}
	if h.Err == nil {
		return "reading the recordings of " + m.place(), theme.Plain, []string{"The newest come first; they can be used while the rest is read."}
	}
	return "nothing is known yet of " + m.place(), theme.Bad, m.failureWords(h)
}

// failureWords says what is wrong with the polls and what to do.
func (m *Model) failureWords(h deck.Health) []string {
	if h.Err == nil {
		return []string{"The API has not answered lately."}
	}
	out := []string{"poll: " + requests.Cause(h.Err)}
	if hint := api.Hint(h.Err); hint != "" {
		out = append(out, "hint: "+hint)
	}
	return append(out, "tapedeck goes on trying by itself; R tries now.")
}

package header

import (
	"fmt"
	"strconv"
	"strings"

	"tapedeck/api/deck"
	"tapedeck/ui/line"
	"tapedeck/ui/theme"
)

const (
	// namedProfiles is how many profiles the header names; of more it says how
	// many they are.
	namedProfiles = 3
	// longestProfile is how many cells the name of one of several takes at most.
	longestProfile = 20
)

// Of names the project of a recording of a profile, and its space; where there is
// one profile as [Model.Place] does. The name comes first, for what is too long
// is cut at its end.
func (m Model) Of(profile string) string {
	if !m.shown.Several() || m.o.Demo || m.o.Drill {
		return m.Place()
	}
	for _, p := range m.shown.Parts {
		if p.Profile != profile {
			continue
		}
		space, label := m.th.Plain(p.SpaceName()), m.th.Plain(p.Label())
		if space == "" || p.Profile == "" {
			return "project " + label
		}
		return "project " + label + " at " + space
	}
	return "project " + m.th.Plain(deck.Part{Profile: profile}.Label())
}

// profiles names those that are shown.
func (m Model) profiles() string {
	if n := len(m.shown.Parts); n > namedProfiles {
		return strconv.Itoa(n) + " projects"
	}
	names := make([]string, len(m.shown.Parts))
	for i, p := range m.shown.Parts {
		names[i] = m.label(p)
	}
	return strings.Join(names, ", ")
}

// named names profiles by their labels.
func (m Model) named(profiles []string) string {
	if n := len(profiles); n > namedProfiles {
		return strconv.Itoa(n)
	}
	var names []string
	for _, p := range m.shown.Parts {
		for _, name := range profiles {
			if p.Profile == name {
				names = append(names, m.label(p))
			}
		}
	}
	return strings.Join(names, ", ")
}

func (m Model) label(p deck.Part) string { return m.th.Truncate(m.th.Plain(p.Label()), longestProfile) }

// unwell says what the data of each of several profiles is worth that is not
// live, in forms from the longest to the shortest; nil where one word holds for
// all.
func (m Model) unwell(s State) []segment {
	if !s.Live.Several() || !s.Live.Health.Away.IsZero() || s.Live.Health.Phase(s.Now) == deck.Live {
		return nil
	}
	var bad []deck.Part
	for _, p := range s.Live.Parts {
		if p.Health.Phase(s.Now) != deck.Live {
			bad = append(bad, p)
		}
	}
	if len(bad) == 1 {
		var out []segment
		for _, form := range m.health(s, bad[0].Health, bad[0].Health) {
			out = append(out, m.segment(0, append([]line.Span{line.Of(theme.Bold, m.label(bad[0])+" ")}, form.spans...)...))
		}
		return out
	}
	var long, words []line.Span
	for i, p := range bad {
		forms := m.health(s, p.Health, p.Health)
		short := forms[len(forms)-1].spans
		if i > 0 {
			long, words = append(long, line.Of(theme.Plain, "  ")), append(words, line.Of(theme.Plain, "  "))
		}
		name := line.Of(theme.Bold, m.label(p)+" ")
		long, words = append(append(long, name), short...), append(words, name, short[0])
	}
	many := fmt.Sprintf("%d of %d not live, at worst ", len(bad), len(s.Live.Parts))
	worst := m.health(s, s.Live.Health, s.Live.Health)
	least := []line.Span{line.Of(theme.Plain, many), worst[len(worst)-1].spans[0]}
	return []segment{m.segment(0, long...), m.segment(0, words...), m.segment(0, least...)}
}

package history

import (
	"strings"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/line"
	"tapedeck/ui/theme"
	"tapedeck/ui/times"
)

// Around is what the history needs to name recordings, and the time.
type Around struct {
	Now   time.Time
	Short func(of deck.Key) string // the end of a SID, which tells it apart, and of which project it is where that has to be said
	Who   func(of deck.Key) string // who is on the line; empty while that is not known
}

// The columns of the history, in cells.
const (
	ageWidth = 11
	whoWidth = 14
)

// Fit renders the history for its size, its title included, in cells and lines, and
// for what is around it.
func (m *Model) Fit(w, h int, v Around) {
	m.w, m.h = w, h
	m.view.SetWidth(w)
	m.view.SetHeight(max(0, h-1))
	list, _ := m.shown()
	var content []string
	for _, a := range list {
		content = append(content, m.action(a, w-2, v)...)
	}
	if len(list) == 0 && !m.reading {
		content = append(content, "  "+m.th.Paint(theme.Dim, "nothing was done in the last 48 hours"))
	}
	m.view.SetContentLines(content)
}

// View returns the history as lines. The first says where its actions are from.
func (m Model) View() []string {
	_, from := m.shown()
	out := []string{m.th.Fit(" "+m.th.Paint(theme.Bold, "History")+": "+m.th.Plain(from), m.w)}
	for one := range strings.SplitSeq(m.view.View(), "\n") {
		out = append(out, m.th.Fit(one, m.w))
	}
	return line.Pad(out, max(0, m.h))
}

// action is one action: when, who, what it came to, on which recording,
// and who is on the line while that is known. The last stands below where there
// is no room for it.
func (m Model) action(a Action, w int, v Around) []string {
	who := a.Actor
	switch {
	case who == m.o.Actor:
		who = "you"
	case who == "" && a.What == deck.AlarmWord:
		who = "tapedeck"
	case who == "":
		who = "somebody"
	}
	age := m.th.Fit(times.Ago(v.Now.Sub(a.Time)), ageWidth)
	who = m.th.Fit(m.th.Plain(text.New(who).String()), whoWidth)
	words, role := m.words(a, v)
	people := v.Who(a.Key())
	first := "  " + m.th.Paint(theme.Dim, age) + " " + who + " "
	indent := 2 + ageWidth + 1 + whoWidth + 1
	room := max(1, w-indent)
	var out []string
	wrap := room
	if theme.RightToLeft(words) { // a line may begin with it
		wrap -= len(theme.Lead("א")) - len("א")
	}
	for i, part := range line.Wrap(m.th, m.th.Plain(words), wrap) {
		if i > 0 {
			first = m.th.Pad(indent)
		}
		out = append(out, first+m.th.Paint(role, theme.Lead(part)))
	}
	switch n := m.th.Width(words); {
	case people == "":
	case len(out) == 1 && n+2+m.th.Width(people) <= room:
		out[0] += "  " + m.th.Paint(theme.Dim, people)
	default:
		out = append(out, m.th.Pad(indent)+m.th.Paint(theme.Dim, m.th.Truncate(theme.Lead(people), room)))
	}
	return out
}

// words says what was done, and the result.
func (m Model) words(a Action, v Around) (string, theme.Role) {
	name, reason, role := "…"+v.Short(a.Key()), text.New(a.Reason).String(), theme.Plain
	because := func(s string) string {
		if reason != "" {
			s += ": " + reason
		}
		return s
	}
	switch a.What {
	case "acknowledge":
		if a.Until.IsZero() { // of a trouble, which has no deadline
			return because("acknowledged " + name), role
		}
		return because("acknowledged " + name + " until " + times.Minute(a.Until, v.Now)), role
	case "auto-resume":
		if a.Until.IsZero() {
			return because("auto-resume of " + name), role
		}
		return "auto-resume of " + name + " at " + a.Until.In(v.Now.Location()).Format("15:04:05"), role
	case deck.AlarmWord:
		return because("alarm of " + name), theme.Bad
	case "seen":
		return because(name + " was changed by others"), theme.Warn
	}
	s := a.What + " " + name
	if a.Behavior != "" {
		s += " with " + a.Behavior
	}
	if a.ByTimer {
		s += " by auto-resume"
	}
	switch deck.Outcome(a.Outcome) {
	case "", deck.Requested:
		s, role = s+": no outcome yet", theme.Warn
		if v.Now.Sub(a.Time) > time.Minute {
			s = strings.TrimSuffix(s, "yet") + "on record"
		}
		return s, role
	case deck.Failed, deck.Contradicted:
		role = theme.Bad
	case deck.Unknown:
		role = theme.Warn
	}
	s = because(s + ": " + a.Outcome)
	if given := text.New(a.Given).String(); given != "" {
		s += "; reason: " + given
	}
	return s, role
}

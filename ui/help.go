package ui

import (
	"strings"
	"time"

	"charm.land/bubbles/v2/viewport"
	tea "charm.land/bubbletea/v2"

	"tapedeck/ui/theme"
)

// legend explains the words of the screen, below the keys.
var legend = [][2]string{
	{"REC", "recording now"},
	{"PAUSED", "paused; ≥ where the pause is older than what tapedeck has seen"},
	{"STARTING", "created, not recording yet"},
	{"GONE", "no longer to be found, and never reported as ended"},
	{"live", "the last poll was complete, so long ago"},
	{"LOADING", "not everything has been read once"},
	{"STALE", "polls fail or take too long: what is shown is old"},
	{"PARTIAL", "the last poll could not read everything"},
	{"requested", "sent, no answer yet"},
	{"accepted", "the API said yes"},
	{"verified", "a later, separate read agrees"},
	{"contradicted", "the answer or a later read says otherwise"},
	{"failed", "refused: not done"},
	{"unknown", "nobody can tell yet whether it was done"},
}

func (m *Model) openHelp(time.Time) tea.Cmd {
	m.mode = helping
	m.help = viewport.New()
	m.help.KeyMap.Left.SetEnabled(false)
	m.help.KeyMap.Right.SetEnabled(false)
	return nil
}

// readHelp takes a key while the help is open. Nothing but q does anything
// outside of it.
func (m *Model) readHelp(k tea.KeyPressMsg, now time.Time) tea.Cmd {
	switch k.String() {
	case "esc", "?", "f1", "enter":
		m.mode = normal
	case "q":
		m.mode = normal
		return m.quit(now)
	case "home", "g":
		m.help.GotoTop()
	case "end", "G":
		m.help.GotoBottom()
	case "p", "P", "r", "X":
		m.refuse("nothing was sent: the help covers the list; Esc closes it", now)
	default:
		m.help, _ = m.help.Update(k)
	}
	return nil
}

// helpLines is the help as h lines of exactly w cells.
func (m *Model) helpLines(w, h int) []string {
	content := m.helpContent(w - 2)
	m.help.SetWidth(w)
	m.help.SetHeight(h - 1)
	m.help.SetContentLines(content)
	title := "Keys and words"
	if len(content) > h-1 {
		title += "; j k PgUp PgDn scroll"
	}
	out := []string{m.th.Fit(" "+m.th.Paint(theme.Bold, title), w)}
	for line := range strings.SplitSeq(m.help.View(), "\n") {
		out = append(out, m.th.Fit(line, w))
	}
	return m.pad(out, h)
}

// helpContent is the text of the help, wrapped to w cells.
func (m *Model) helpContent(w int) []string {
	var out []string
	add := func(name, does string) {
		for i, line := range wrap(m.th, m.th.Plain(does), w-15) {
			if i > 0 {
				name = ""
			}
			out = append(out, "  "+m.th.Paint(theme.Key, m.th.Fit(m.th.Plain(name), 13))+" "+line)
		}
	}
	for _, a := range m.keys {
		h := a.key.Help()
		add(h.Key, h.Desc)
	}
	out = append(out, "")
	for _, l := range legend {
		add(l[0], l[1])
	}
	return out
}

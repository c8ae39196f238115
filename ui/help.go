package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"charm.land/bubbles/v2/viewport"
	tea "charm.land/bubbletea/v2"

	"tapedeck/api/deck"
	"tapedeck/ui/line"
	"tapedeck/ui/list"
	"tapedeck/ui/theme"
)

// headerWords explain the header, and the window title.
var headerWords = []list.Sign{
	{Sign: "REC 14", Means: "how many are recording now; STARTING 1 those that do not yet"},
	{Sign: "OTHER 2", Means: "how many have a status that tapedeck does not know, or none"},
	{Sign: "PAUSED 2", Means: "how many are paused, whoever paused them, and the longest pause; PAUSED ? while nothing is known"},
	{Sign: "ALARM 1", Means: "pauses that have lasted longer than pause_alarm; a acknowledges"},
	{Sign: "NOT PAUSED 1", Means: "recordings that were to be paused and are still recording; p tries again"},
	{Sign: "RESUMED BY OTHERS 1", Means: "recordings that tapedeck had paused and somebody else resumed"},
	{Sign: "L 2 left behind", Means: "pauses whose session has ended, not taken over or resumed yet; L asks about them"},
	{Sign: "* 3 marked", Means: "marks: p P r act on all of them"},
	{Sign: "live", Means: "how long ago the last complete poll ended"},
	{Sign: "LOADING", Means: "not everything has been read once"},
	{Sign: "STALE", Means: "polls fail or take too long: what is shown is old"},
	{Sign: "PARTIAL", Means: "the last poll could not read everything"},
	{Sign: "FROZEN", Means: "the display is frozen, f thaws it; data says how old it is"},
	{Sign: "READ-ONLY", Means: "no updates are sent from here"},
	{Sign: "as of", Means: "when the counts were true, while the data is stale"},
	{Sign: "DEMO", Means: "the space is simulated"},
}

// outcomeWords explain the six outcomes of an update.
var outcomeWords = []list.Sign{
	{Sign: string(deck.Requested), Means: "sent, no answer yet"},
	{Sign: string(deck.Accepted), Means: "the API answered with the status asked for"},
	{Sign: string(deck.Verified), Means: "a later, separate read agrees"},
	{Sign: string(deck.Contradicted), Means: "the answer or a later read says otherwise"},
	{Sign: string(deck.Failed), Means: "refused: not done"},
	{Sign: string(deck.Unknown), Means: "it may or may not have been done; it is checked until that is clear"},
}

// filterWords explain what can be typed after /, beside the terms.
var filterWords = []list.Sign{
	{Sign: "front desk", Means: "both words, each in any field, shown or hidden; a number in any punctuation"},
	{Sign: `"front desk"`, Means: "the words as they stand; in quotes a term is a word too"},
	{Sign: "!status:rec", Means: "all that do not match"},
}

// filterExamples show terms together.
var filterExamples = []list.Sign{
	{Sign: "by:me paused>1m", Means: "what you have kept paused for over a minute"},
	{Sign: "kind:call from:0142", Means: "calls from a number that has 0142 in it"},
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
	case "tab":
		m.nextSection()
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

// nextSection scrolls to the title after the one at the top, from the end to the
// first.
func (m *Model) nextSection() {
	_, starts := m.helpContent(m.w - 2)
	at := slices.IndexFunc(starts, func(line int) bool { return line > m.help.YOffset() })
	if at < 0 || m.help.AtBottom() {
		at = 0
	}
	m.help.SetYOffset(starts[at])
}

// helpLines is the help as h lines of exactly w cells. Its title says which
// lines of it are shown.
func (m *Model) helpLines(w, h int) []string {
	content, _ := m.helpContent(w - 2)
	m.help.SetWidth(w)
	m.help.SetHeight(h - 1)
	m.help.SetContentLines(content)
	var l line.Builder
	l.Begin(m.th, w)
	l.Add(theme.Bold, " Help")
	if top := m.help.YOffset(); len(content) > h-1 {
		l.Add(theme.Dim, "  j k PgUp PgDn g G, Tab next part")
		position := fmt.Sprintf("line %d-%d of %d", top+1, min(top+h-1, len(content)), len(content))
		l.Fill(w - 1 - m.th.Width(position))
		l.Add(theme.Plain, position)
	}
	out := []string{l.End()}
	for one := range strings.SplitSeq(m.help.View(), "\n") {
		out = append(out, m.th.Fit(one, w))
	}
	return line.Pad(out, h)
}

// helpSection is a part of the help with a title of its own.
type helpSection struct {
	title string
	lines []list.Sign
}

// helpSections are the parts of the help, all made of the tables of what they
// explain.
func (m *Model) helpSections() []helpSection {
	out := m.keySections()
	for _, l := range list.Legends(m.th.Symbols()) {
		out = append(out, helpSection{l.Title, l.Signs})
	}
	filter := slices.Clone(filterWords)
	for _, t := range list.FilterTerms() {
		filter = append(filter, list.Sign{Sign: t.Example, Means: t.Does})
	}
	return append(out,
		helpSection{"Filter", append(filter, filterExamples...)},
		helpSection{"Outcomes of an update", outcomeWords},
		helpSection{"Header", headerWords},
	)
}

// keySections are the keys by what they are for. A key that is in no group is
// under its own title.
func (m *Model) keySections() []helpSection {
	groups := []struct {
		title string
		keys  []action
	}{
		{"Keys that change a recording", updateActions(m.o.PauseBehavior)},
		{"Keys about pauses and marks", nightActions()},
		{"Keys for what is shown", viewActions()},
		{"Keys for the session", sessionActions()},
	}
	var out []helpSection
	grouped := map[string]bool{}
	section := func(title string, keys []action) {
		s := helpSection{title: title}
		for _, a := range keys {
			h := a.key.Help()
			if !grouped[h.Key] {
				s.lines = append(s.lines, list.Sign{Sign: h.Key, Means: h.Desc})
			}
			grouped[h.Key] = true
		}
		if len(s.lines) > 0 {
			out = append(out, s)
		}
	}
	for _, g := range groups {
		section(g.title, g.keys)
	}
	section("Other keys", m.keys)
	return out
}

// widestSign is how wide the signs of a section are at most; what is longer has
// a line of its own.
const widestSign = 19

// helpContent is the text of the help, wrapped to w cells, and at which lines
// its sections start.
func (m *Model) helpContent(w int) (out []string, starts []int) {
	for i, s := range m.helpSections() {
		if i > 0 {
			out = append(out, "")
		}
		starts = append(starts, len(out))
		out = append(out, " "+m.th.Paint(theme.Title, m.th.Plain(s.title)))
		column := 0
		for _, l := range s.lines {
			if n := m.th.Width(m.th.Plain(l.Sign)); n <= widestSign {
				column = max(column, n)
			}
		}
		for _, l := range s.lines {
			out = append(out, m.helpEntry(l, column, w)...)
		}
	}
	return out, starts
}

// helpEntry is a sign in its column, and what it means beside it.
func (m *Model) helpEntry(l list.Sign, column, w int) []string {
	var out []string
	sign := m.th.Plain(l.Sign)
	if m.th.Width(sign) > column {
		out, sign = append(out, "  "+m.th.Paint(theme.Key, sign)), ""
	}
	for i, one := range line.Wrap(m.th, m.th.Plain(l.Means), w-column-4) {
		if i > 0 {
			sign = ""
		}
		out = append(out, "  "+m.th.Paint(theme.Key, m.th.Fit(sign, column))+"  "+one)
	}
	return out
}

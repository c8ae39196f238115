package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/ui/header"
	"tapedeck/ui/help"
	"tapedeck/ui/list"
	"tapedeck/ui/requests"
	"tapedeck/ui/theme"
)

func (m *Model) openHelp(time.Time) tea.Cmd {
	m.mode = helping
	m.help.Open(m.helpSections())
	return nil
}

// readHelp takes a key while the help is open. Nothing but q does anything
// outside of it.
func (m *Model) readHelp(k tea.KeyPressMsg, now time.Time) tea.Cmd {
	switch s := k.String(); {
	case help.Closes(s):
		m.mode = normal
	case s == "q":
		m.mode = normal
		return m.quit(now)
	case s == "p", s == "P", s == "r", s == "X":
		m.refuse("nothing was sent: the help covers the list; Esc closes it", now)
	default:
		m.help = m.help.Update(k)
	}
	return nil
}

// helpSections are the parts of the help, all made of the tables of what they
// explain.
func (m *Model) helpSections() []help.Section {
	out := m.keySections()
	for _, l := range list.Legends(m.th.Symbols()) {
		out = append(out, help.Section{Title: l.Title, Signs: l.Signs})
	}
	if parts := m.live.Parts; parts != nil {
		out = append(out, help.Section{Title: "Shared with others", Signs: list.Shared(len(parts) > 1)})
	}
	return append(out,
		help.Section{Title: "Filter", Signs: list.FilterLegend()},
		help.Section{Title: "Outcomes of an update", Signs: requests.Legend()},
		help.Section{Title: "Header", Signs: header.Legend()},
		help.Section{Title: "Terminal", Signs: terminalLegend},
	)
}

// terminalLegend is what to do about what a terminal does not tell.
var terminalLegend = []theme.Sign{
	{Sign: "RUNEWIDTH_EASTASIAN", Means: "set it to 1 where signs are cut in half, to 0 where they have a hole behind them; else the terminal's answer, then the locale counts"},
	{Sign: "ascii", Means: "this setting shows only ASCII"},
	{Sign: "theme", Means: "set to dark or light, it has brighter colors where the terminal does not tell its background"},
	{Sign: "focus", Means: "not told by PuTTY and screen, nor by tmux without focus-events on: no key asks because of it"},
	{Sign: "paste", Means: "screen's own has no brackets: it arrives as keys in a burst, may open a question, and sends nothing"},
}

// keySections are the keys by what they are for. A key that is in no group is
// under its own title.
func (m *Model) keySections() []help.Section {
	groups := []struct {
		title string
		keys  []action
	}{
		{"Keys that change a recording", updateActions(m.o.PauseBehavior)},
		{"Keys about pauses and marks", nightActions()},
		{"Keys for what is shown", viewActions()},
		{"Keys for the session", sessionActions()},
	}
	var out []help.Section
	grouped := map[string]bool{}
	section := func(title string, keys []action) {
		s := help.Section{Title: title}
		for _, a := range keys {
			name := a.key.Help().Key
			if !grouped[name] {
				s.Signs = append(s.Signs, theme.Sign{Sign: name, Means: m.does(&a)})
			}
			grouped[name] = true
		}
		if len(s.Signs) > 0 {
			out = append(out, s)
		}
	}
	for _, g := range groups {
		section(g.title, g.keys)
	}
	section("Other keys", m.keys.list)
	return out
}

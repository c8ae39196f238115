package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"tapedeck/api/deck"
	"tapedeck/ui/names"
	"tapedeck/ui/theme"
	"tapedeck/ui/times"
)

// looks is how everything is shown.
type looks struct {
	th      theme.Theme
	themeOf theme.Options // what th was made of
	numbers numbers
	clocks  times.Clocks
}

func newLooks(o Options) looks {
	of := theme.Options{Mode: o.Theme, Dark: darkBy(o.Terminal.Environ), NoColor: o.NoColor, ASCII: o.ASCII}
	return looks{
		th: theme.New(of), themeOf: of, numbers: numbers{names: names.New(o.Names), mask: o.MaskNumbers},
		clocks: times.Clocks{Slow: o.LowBandwidth},
	}
}

// darkBy reports whether the terminal's background is dark, as far as the
// environment tells before the terminal does: COLORFGBG ends in the number of a
// color. Most are.
func darkBy(environ []string) bool {
	for _, kv := range environ {
		if v, ok := strings.CutPrefix(kv, "COLORFGBG="); ok {
			bg := v[strings.LastIndexByte(v, ';')+1:]
			return bg != "7" && bg != "15"
		}
	}
	return true
}

// people is how who is on the line of a recording is shown.
func (l *looks) people(r *deck.Recording) names.View { return l.numbers.view(l.th, r) }

// who names who is on the line of a recording: from and to, the conference's
// name, or the SID while nothing else is known.
func (l *looks) who(r *deck.Recording) string { return l.people(r).Who(r) }

// modeReport learns that the terminal counts widths by grapheme.
func (m *Model) modeReport(msg tea.ModeReportMsg) {
	if msg.Mode == ansi.ModeUnicodeCore && !m.themeOf.Graphemes && supports(msg.Value) {
		m.themeOf.Graphemes = true
		m.setTheme()
	}
}

// setTheme gives everything the theme anew.
func (m *Model) setTheme() {
	m.th = theme.New(m.themeOf)
	m.list.SetTheme(m.th)
	m.filter.SetTheme(m.th)
	m.detail.SetTheme(m.th)
	m.status.SetTheme(m.th)
	m.header.SetTheme(m.th)
	m.help.SetTheme(m.th)
	m.history.SetTheme(m.th)
	if m.prompt != nil {
		m.prompt.SetTheme(m.th)
	}
}

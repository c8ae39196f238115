package ui

import (
	"time"

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
	known   known         // of the terminal
	numbers numbers
	clocks  times.Clocks
}

func newLooks(o Options) looks {
	of, known := o.supposed()
	return looks{
		th: theme.New(of), themeOf: of, known: known, numbers: numbers{names: names.New(o.Names), mask: o.MaskNumbers},
		clocks: times.Clocks{Slow: o.LowBandwidth},
	}
}

// inZone returns a time where the session's person is.
func (m *Model) inZone(t time.Time) time.Time { return t.In(times.Zone(m.o.Zone)) }

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

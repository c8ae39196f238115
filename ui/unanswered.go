package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/ui/terminal"
	"tapedeck/ui/theme"
)

// answerWait is how long the terminal may take to answer what it is asked at the
// start. What comes later counts all the same.
const answerWait = 500 * time.Millisecond

// unansweredMsg comes when the terminal has had [answerWait] for its answers.
type unansweredMsg struct{}

// widthMsg is the terminal's answer how it takes characters of ambiguous width.
type widthMsg struct{ wide bool }

// known is what is known of a terminal that does not have to be supposed.
type known struct {
	ground bool // whether its background is dark
	width  bool // how it takes characters of ambiguous width
}

// supposed returns how the screen looks before the terminal has answered, and what
// of that is known.
func (o Options) supposed() (theme.Options, known) {
	dark, ground := terminal.Dark(o.Terminal.Environ)
	wide, width := terminal.Wide(o.Terminal.Environ)
	return theme.Options{Mode: o.Theme, Dark: dark, NoColor: o.NoColor, ASCII: o.ASCII, Wide: wide},
		known{ground: ground || !o.asksBackground(), width: width || o.ASCII}
}

// awaitAnswers returns what brings [unansweredMsg]; nil where all is known.
func (m *Model) awaitAnswers() tea.Cmd {
	if m.known.ground && (m.known.width || !terminal.EastAsian(m.o.Terminal.Environ)) {
		return nil
	}
	return tea.Tick(answerWait, func(time.Time) tea.Msg { return unansweredMsg{} })
}

// unanswered supposes what the terminal has not answered: colors that can be read
// on any background, and wide characters where the locale is of a country that
// has them.
func (m *Model) unanswered() {
	was := m.themeOf
	m.themeOf.Unknown = !m.known.ground
	if !m.known.width {
		m.themeOf.Wide = terminal.EastAsian(m.o.Terminal.Environ)
	}
	if m.themeOf != was {
		m.setTheme()
	}
}

// background takes the terminal's answer, also a late one.
func (m *Model) background(dark bool) {
	m.known.ground = true
	m.themeOf.Dark, m.themeOf.Unknown = dark, false
	m.setTheme()
}

// width takes the terminal's answer, also a later one, unless the user has said
// it.
func (m *Model) width(wide bool) {
	if _, set := terminal.Wide(m.o.Terminal.Environ); set || m.o.ASCII {
		return
	}
	m.known.width = true
	if m.themeOf.Wide != wide {
		m.themeOf.Wide = wide
		m.setTheme()
	}
}

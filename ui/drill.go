package ui

import (
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"tapedeck/ui/small"
	"tapedeck/ui/theme"
)

// Drill is what a screen shows and tells while somebody is drilled on it: in each
// frame there is the word DRILL, in a color that nothing else has.
type Drill struct {
	// Look returns what the line at the top says at a time. It is called for each
	// tick and snapshot, and must not block.
	Look func(now time.Time) DrillLine
	// Refused is called for each key that was refused; nil for nobody.
	Refused func(key string)
}

// DrillLine is what the line at the top of a drill's screen says.
type DrillLine struct {
	Name  string // which part of the drill this is
	Asks  string // what is asked for; the first that drops where there is no room
	Clock string // how much of the time is over
	Over  bool   // the screen ends
}

// drillWord is in each frame of a drill.
const drillWord = "DRILL"

// drilling is the drill as the screen has it.
type drilling struct {
	bar     int       // lines that the line at the top takes: 0 or 1
	says    DrillLine // as of the last look
	refused bool      // the key that is handled was refused
	wrong   string    // the key that was refused last
	wrongAt time.Time // when
}

// drilled reports whether this is a screen of a drill.
func (m *Model) drilled() bool { return m.o.Drill != nil }

// resize takes the size of the terminal. In a drill the first line is its own,
// unless there would be room for less without it.
func (m *Model) resize(w, h int) {
	m.w, m.h, m.bar = w, h, 0
	if !m.drilled() || h < 2 {
		return
	}
	kind := func(h int) int {
		switch {
		case m.page != nil:
			return 0
		case w >= small.ListWidth && h >= small.ListHeight:
			return 2
		case small.Fits(w, h):
			return 1
		}
		return 0
	}
	if kind(h) == kind(h-1) {
		m.h, m.bar = h-1, 1
	}
}

// lookDrill has the drill look at how far it has come, and ends the screen where
// it is over.
func (m *Model) lookDrill(now time.Time) tea.Cmd {
	if !m.drilled() || m.o.Drill.Look == nil {
		return nil
	}
	if m.says = m.o.Drill.Look(now); m.says.Over {
		return tea.Quit
	}
	return nil
}

// heldKey is how soon a key comes again that is held down.
const heldKey = 700 * time.Millisecond

// tellRefused tells the drill of the key that was handled, where it was refused.
// One that is held down counts once.
func (m *Model) tellRefused(name string, now time.Time) {
	if !m.drilled() || !m.refused {
		return
	}
	if m.o.Drill.Refused != nil && (name != m.wrong || now.Sub(m.wrongAt) >= heldKey) {
		m.o.Drill.Refused(name)
	}
	m.wrong, m.wrongAt = name, now
}

// moves reports whether a key moves something on the screen, or may.
func (m *Model) moves(k tea.KeyPressMsg) bool {
	keys := m.list.KeyMap
	return m.onDetail() || key.Matches(k, keys.Up, keys.Down, keys.PageUp, keys.PageDown, keys.HalfUp, keys.HalfDown, keys.Top, keys.Bottom)
}

// addDrill puts the line of the drill above the frame, or the word into its first
// line where there is no room for one.
func (m *Model) addDrill() {
	if !m.drilled() || m.frame.Content == "" {
		return
	}
	if m.bar > 0 {
		m.frame.SetContent(m.drillLine() + "\n" + m.frame.Content)
		if c := m.frame.Cursor; c != nil {
			m.frame.Cursor = tea.NewCursor(c.X, c.Y+1)
		}
		return
	}
	first, rest, more := strings.Cut(m.frame.Content, "\n")
	if m.page == nil && !m.small() {
		return // the header has the word
	}
	word := m.th.Paint(theme.Drill, drillWord)
	if m.w > len(drillWord) {
		word += " " + strings.TrimRight(first, " ")
	}
	first = m.th.Fit(word, m.w)
	if more {
		first += "\n" + rest
	}
	m.frame.SetContent(first)
}

// besideWord is how many cells of the first line of a small screen are left beside
// the word.
func (m *Model) besideWord() int {
	if m.drilled() && m.bar == 0 {
		return m.w - len(drillWord) - 1
	}
	return m.w
}

// drillLine is the line at the top.
func (m *Model) drillLine() string {
	th, says := m.th, m.says
	left, right := " "+drillWord+" ", ""
	if m.w < len(left) {
		left = drillWord
	}
	if name := th.Plain(says.Name); name != "" {
		left += " " + name
	}
	if says.Clock != "" {
		right = " " + th.Plain(says.Clock) + " "
	}
	if asks := th.Plain(says.Asks); asks != "" {
		if left += ": "; th.Width(left)+th.Width(right)+8 <= m.w {
			left += th.Truncate(asks, m.w-th.Width(left)-th.Width(right))
		} else {
			left = strings.TrimSuffix(left, ": ")
		}
	}
	if th.Width(left)+th.Width(right) > m.w {
		right = ""
	}
	return th.Paint(theme.Drill, th.Fit(left, m.w-th.Width(right))+right)
}

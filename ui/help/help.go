// Package help is a text that covers the list and scrolls: sections of signs,
// each with what it means.
package help

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/bubbles/v2/viewport"
	tea "charm.land/bubbletea/v2"

	"tapedeck/ui/line"
	"tapedeck/ui/theme"
)

// Section is a part of the help with a title of its own.
type Section struct {
	Title string
	Signs []theme.Sign
}

// Model is the help. The zero value has no text.
type Model struct {
	th       theme.Theme
	title    string
	view     viewport.Model
	w, h     int
	sections []Section
	content  []string // the text, wrapped
	starts   []int    // at which of its lines the sections start
}

// New returns the help in a theme.
func New(t theme.Theme) Model { return Model{th: t, title: "Help", view: viewport.New()} }

// SetTitle sets what the first line says, which is Help in the beginning.
func (m *Model) SetTitle(title string) { m.title = title }

// SetTheme sets how the help looks.
func (m *Model) SetTheme(t theme.Theme) {
	m.th = t
	m.wrap()
}

// SetSize sets the size of the help, its title included, in cells and lines.
func (m *Model) SetSize(w, h int) {
	if w == m.w && h == m.h {
		return
	}
	m.w, m.h = w, h
	m.wrap()
}

// Open shows sections from their beginning.
func (m *Model) Open(sections []Section) {
	m.view, m.sections = viewport.New(), sections
	m.view.KeyMap.Left.SetEnabled(false)
	m.view.KeyMap.Right.SetEnabled(false)
	m.wrap()
}

// wrap makes the text anew.
func (m *Model) wrap() {
	m.content, m.starts = Text(m.th, m.sections, m.w-2)
	m.view.SetWidth(m.w)
	m.view.SetHeight(m.h - 1)
	m.view.SetContentLines(m.content)
}

// Closes reports whether a key closes the help.
func Closes(key string) bool { return slices.Contains([]string{"esc", "?", "f1", "enter"}, key) }

// Update takes a key that scrolls.
func (m Model) Update(k tea.KeyPressMsg) Model {
	switch k.String() {
	case "tab":
		m.next()
	case "shift+tab":
		m.previous()
	case "home", "g":
		m.view.GotoTop()
	case "end", "G":
		m.view.GotoBottom()
	default:
		m.view, _ = m.view.Update(k)
	}
	return m
}

// next scrolls to the title after the one at the top, from the end to the first.
func (m *Model) next() {
	at := slices.IndexFunc(m.starts, func(line int) bool { return line > m.view.YOffset() })
	if at < 0 || m.view.AtBottom() {
		at = 0
	}
	if at < len(m.starts) {
		m.view.SetYOffset(m.starts[at])
	}
}

// previous scrolls to the last title before the line at the top.
func (m *Model) previous() {
	at := 0
	for _, line := range m.starts {
		if line < m.view.YOffset() {
			at = line
		}
	}
	m.view.SetYOffset(at)
}

// View returns the help as lines. Its title says which lines of it are shown.
func (m Model) View() []string {
	var l line.Builder
	l.Begin(m.th, m.w)
	l.Add(theme.Bold, " "+m.th.Plain(m.title))
	if n := len(m.content); n > m.h-1 {
		top := m.view.YOffset()
		l.Add(theme.Dim, "  j k PgUp PgDn g G, Tab next part")
		position := fmt.Sprintf("line %d-%d of %d", top+1, min(top+m.h-1, n), n)
		l.Fill(m.w - 1 - m.th.Width(position))
		l.Add(theme.Plain, position)
	}
	out := []string{l.End()}
	for one := range strings.SplitSeq(m.view.View(), "\n") {
		out = append(out, m.th.Fit(one, m.w))
	}
	return line.Pad(out, max(0, m.h))
}

// widest is how wide the signs of a section are at most; what is longer has a
// line of its own.
const widest = 19

// Text returns sections as lines of w cells, and at which of them each starts.
func Text(t theme.Theme, sections []Section, w int) (out []string, starts []int) {
	for i, s := range sections {
		if i > 0 {
			out = append(out, "")
		}
		starts = append(starts, len(out))
		out = append(out, " "+t.Paint(theme.Title, t.Plain(s.Title)))
		column := 0
		for _, l := range s.Signs {
			if n := t.Width(t.Plain(l.Sign)); n <= widest {
				column = max(column, n)
			}
		}
		for _, l := range s.Signs {
			out = append(out, entry(t, l, column, w)...)
		}
	}
	return out, starts
}

// entry is a sign in its column, and what it means beside it.
func entry(t theme.Theme, l theme.Sign, column, w int) []string {
	var out []string
	sign := t.Plain(l.Sign)
	if t.Width(sign) > column {
		out, sign = append(out, "  "+t.Paint(theme.Key, sign)), ""
	}
	for i, one := range line.Wrap(t, t.Plain(l.Means), w-column-4) {
		if i > 0 {
			sign = ""
		}
		out = append(out, "  "+t.Paint(theme.Key, t.Fit(sign, column))+"  "+one)
	}
	return out
}

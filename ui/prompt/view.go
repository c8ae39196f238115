package prompt

import (
	"fmt"
	"unicode/utf8"

	"tapedeck/ui/theme"
)

// maxLeft is how many recordings a quit names.
const maxLeft = 5

// part is a piece of a line in one style.
type part struct {
	role theme.Role
	text string
}

// View returns the prompt as lines of exactly w cells, at most h of them. The
// first line says what is asked, the last how it is answered; what does not
// fit is left out between them.
func (m Model) View(w, h int) []string {
	if w <= 0 || h <= 0 {
		return nil
	}
	m = m.fitted(w, h)
	lines := m.lines(w)
	if len(lines) > h {
		lines = append(lines[:max(0, h-1):max(0, h-1)], lines[len(lines)-1])
	}
	out := make([]string, 0, len(lines))
	for i, l := range lines {
		if i == 0 {
			out = append(out, m.rule(l, w))
			continue
		}
		out = append(out, m.fit(l, w))
	}
	return out
}

// Cursor returns the place of the cursor in the view of the same size; ok is
// false for a prompt that has none.
func (m Model) Cursor(w, h int) (x, y int, ok bool) {
	if m.q.Kind != Typed && !m.Typing() || w <= 0 || h <= 0 {
		return 0, 0, false
	}
	n := min(len(m.fitted(w, h).lines(w)), h)
	_, typed := m.value(w)
	before := m.th.Width(m.th.Plain(m.before())) + typed
	return min(before, w-1), n - 1, true
}

// rule is the first line: what is asked, and a rule to the end of the screen,
// which parts the prompt from the list above it.
func (m Model) rule(l []part, w int) string {
	sym := m.th.Symbols().Rule
	head := m.th.Paint(theme.Border, sym) + " "
	room := w - 2
	if room < 1 {
		return m.th.Fit("", w)
	}
	title := m.th.Truncate(m.th.Plain(l[0].text), room)
	rest := room - m.th.Width(title)
	tail := ""
	if rest > 0 {
		tail = " " + m.th.Paint(theme.Border, repeat(sym, rest-1))
	}
	return head + m.th.Paint(l[0].role, title) + tail
}

func repeat(s string, n int) string {
	out := make([]byte, 0, max(0, n)*len(s))
	for range max(0, n) {
		out = append(out, s...)
	}
	return string(out)
}

// fit paints a line into exactly w cells.
func (m Model) fit(l []part, w int) string {
	out, left := "", w
	for _, p := range l {
		t := m.th.Truncate(m.th.Plain(p.text), left)
		left -= m.th.Width(t)
		out += m.th.Paint(p.role, t)
	}
	return out + m.th.Pad(left)
}

// about is the line that says who is on the line, and where.
func (m Model) about() []part {
	return []part{{theme.Plain, "  "}, {theme.Bold, m.q.Who}, {theme.Dim, " · " + m.q.Profile}}
}

// ask is what stands before the text that is typed.
func (m Model) ask() string {
	n := utf8.RuneCountInString(m.q.Short)
	return fmt.Sprintf("  Type the last %d of its SID (%s), then Enter: ", n, m.q.Short)
}

func (m Model) lines(w int) [][]part {
	m.wide = w
	short := "…" + m.q.Short
	if m.Typing() {
		return m.lineLines(w)
	}
	switch m.q.Kind {
	case Behind:
		return m.behind()
	case Choose:
		return m.choose()
	case Confirm:
		return m.confirm()
	case Typed:
		return [][]part{
			{{theme.Bad, "Stop " + short + ": this cannot be undone"}},
			m.about(),
			{{theme.Plain, "  The call continues unrecorded. Esc cancels."}},
			{{theme.Plain, m.ask()}, {theme.Bold, m.input.Value()}},
		}
	}
	return m.quit()
}

func (m Model) quit() [][]part {
	verb, title := "quit", "1 recording that you paused is still paused"
	if n := len(m.q.Left); n != 1 {
		title = fmt.Sprintf("%d recordings that you paused are still paused", n)
	}
	head := "Quit? "
	if m.q.Kind == Suspend {
		verb, head = "suspend", "Suspend? "
	}
	out := [][]part{{{theme.Warn, head + title}}}
	if m.q.Kind == Suspend {
		out = append(out, []part{{theme.Plain, "  Nothing here alarms while it is suspended."}})
	}
	for i, l := range m.q.Left {
		if i == maxLeft {
			out = append(out, []part{{theme.Dim, fmt.Sprintf("  and %d more", len(m.q.Left)-i)}})
			break
		}
		out = append(out, []part{{theme.Plain, "  " + l}})
	}
	return append(out, []part{{theme.Key, "  y"}, {theme.Plain, " " + verb + ", they stay paused"}, {theme.Dim, "   any other key cancels"}})
}

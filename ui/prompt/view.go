package prompt

import (
	"fmt"
	"strings"
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
	title := ""
	for _, p := range l {
		title += m.th.Plain(p.text)
	}
	title = m.th.Truncate(strings.TrimRight(title, " "), room)
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

// leastWho is how many cells who is on the line has before anything stands
// beside it.
const leastWho = 40

// fit paints a line into exactly w cells.
func (m Model) fit(l []part, w int) string {
	out, left := "", w
	for i, p := range l {
		text, room := m.th.Plain(p.text), left
		if i+1 < len(l) && strings.Contains(text, m.th.Symbols().Arrow) {
			room = min(left, max(leastWho, left-m.th.Width(m.th.Plain(l[i+1].text))))
		}
		t := m.th.Ends(text, room)
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

// lines are the lines of the prompt in w cells: what is too long for one goes
// on in the next, but for names and for what is being typed.
func (m Model) lines(w int) [][]part {
	all := m.whole(w)
	typing := m.Typing() || m.q.Kind == Typed
	out := make([][]part, 0, len(all)+2)
	for i, l := range all {
		if name := len(l) > 1 && l[0].role == theme.Bold || len(l) > 2 && l[1].role == theme.Bold; name || typing && i == len(all)-1 {
			out = append(out, l)
			continue
		}
		room := w
		if i == 0 {
			room = w - 2 // after the rule
		}
		out = append(out, m.wrap(l, room, w)...)
	}
	return out
}

// wrap breaks a line at its spaces: the first one has room for some cells, the
// others for w, of which they leave two at the left.
func (m Model) wrap(l []part, room, w int) [][]part {
	width := 0
	for _, p := range l {
		width += m.th.Width(m.th.Plain(p.text))
	}
	if width <= room || room < 10 {
		return [][]part{l}
	}
	var out [][]part
	var line []part
	left := room
	for _, p := range l {
		for _, word := range strings.SplitAfter(m.th.Plain(p.text), " ") {
			n := m.th.Width(strings.TrimRight(word, " "))
			if n > left && len(line) > 0 {
				out, line, left = append(out, line), []part{{theme.Plain, "  "}}, w-2
			}
			line = append(line, part{p.role, word})
			left -= m.th.Width(word)
		}
	}
	return append(out, line)
}

func (m Model) whole(w int) [][]part {
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
		out = append(out, []part{{theme.Plain, "  tapedeck does not alarm while it is suspended."}})
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

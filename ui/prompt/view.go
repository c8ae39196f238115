package prompt

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"tapedeck/ui/line"
	"tapedeck/ui/theme"
)

// maxLeft is how many recordings a quit names.
const maxLeft = 5

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
func (m Model) rule(l []line.Span, w int) string {
	sym := m.th.Symbols().Rule
	room := w - 2
	var b line.Builder
	b.Begin(m.th, w)
	if room < 1 {
		return b.End()
	}
	title := ""
	for _, p := range l {
		title += m.th.Plain(p.Text)
	}
	title = m.th.Truncate(strings.TrimRight(title, " "), room)
	b.AddSpans(line.Of(theme.Border, sym), line.Of(theme.Plain, " "), line.Of(l[0].Role, title), line.Of(theme.Plain, " "))
	b.Add(theme.Border, strings.Repeat(sym, max(0, w-b.Width())))
	return b.End()
}

// leastWho is how many cells who is on the line has before anything stands
// beside it.
const leastWho = 40

// fit paints a line into exactly w cells.
func (m Model) fit(l []line.Span, w int) string {
	var b line.Builder
	b.Begin(m.th, w)
	for i, p := range l {
		text, room := m.th.Plain(p.Text), w-b.Width()
		if i+1 < len(l) && strings.Contains(text, m.th.Symbols().Arrow) {
			room = min(room, max(leastWho, room-m.th.Width(m.th.Plain(l[i+1].Text))))
		}
		b.Add(p.Role, m.th.Ends(text, room))
	}
	return b.End()
}

// about is the line that says who is on the line, and where.
func (m Model) about() []line.Span {
	return []line.Span{line.Of(theme.Plain, "  "), line.Of(theme.Bold, theme.Lead(m.q.Who)), line.Of(theme.Dim, " · "+m.q.Profile)}
}

// ask is what stands before the text that is typed.
func (m Model) ask() string {
	n := utf8.RuneCountInString(m.q.Short)
	return fmt.Sprintf("  Type the last %d of its SID (%s), then Enter: ", n, m.q.Short)
}

// lines are the lines of the prompt in w cells: what is too long for one goes
// on in the next, but for names and for what is being typed.
func (m Model) lines(w int) [][]line.Span {
	all := m.whole(w)
	typing := m.Typing() || m.q.Kind == Typed
	out := make([][]line.Span, 0, len(all)+2)
	for i, l := range all {
		if name := len(l) > 1 && l[0].Role == theme.Bold || len(l) > 2 && l[1].Role == theme.Bold; name || typing && i == len(all)-1 {
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
func (m Model) wrap(l []line.Span, room, w int) [][]line.Span {
	width := 0
	for _, p := range l {
		width += m.th.Width(m.th.Plain(p.Text))
	}
	if width <= room || room < 10 {
		return [][]line.Span{l}
	}
	var out [][]line.Span
	var now []line.Span
	left := room
	for _, p := range l {
		for _, word := range strings.SplitAfter(m.th.Plain(p.Text), " ") {
			n := m.th.Width(strings.TrimRight(word, " "))
			if n > left && len(now) > 0 {
				out, now, left = append(out, now), []line.Span{line.Of(theme.Plain, "  ")}, w-2
			}
			now = append(now, line.Of(p.Role, word))
			left -= m.th.Width(word)
		}
	}
	return append(out, now)
}

func (m Model) whole(w int) [][]line.Span {
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
		return append(m.stop(), []line.Span{line.Of(theme.Plain, m.ask()), line.Of(theme.Bold, m.input.Value())})
	}
	return m.quit()
}

func (m Model) quit() [][]line.Span {
	verb, title := "quit", "1 recording that you paused is still paused"
	if n := len(m.q.Left); n != 1 {
		title = fmt.Sprintf("%d recordings that you paused are still paused", n)
	}
	head := "Quit? "
	if m.q.Kind == Suspend {
		verb, head = "suspend", "Suspend? "
	}
	out := [][]line.Span{{line.Of(theme.Warn, head+title)}}
	if m.q.Kind == Suspend {
		out = append(out, []line.Span{line.Of(theme.Plain, "  tapedeck does not alarm while it is suspended.")})
	}
	for i, l := range m.q.Left {
		if i == maxLeft {
			out = append(out, []line.Span{line.Of(theme.Dim, fmt.Sprintf("  and %d more", len(m.q.Left)-i))})
			break
		}
		out = append(out, []line.Span{line.Of(theme.Plain, "  "+l)})
	}
	return append(out, []line.Span{line.Of(theme.Key, "  y"), line.Of(theme.Plain, " "+verb+", they stay paused"), line.Of(theme.Dim, "   any other key cancels")})
}

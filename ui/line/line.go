// Package line builds the lines of the screen: pieces of text in the style of
// their roles, one after the other, never wider than the room there is.
package line

import (
	"strings"

	"tapedeck/ui/theme"
)

// Span is a piece of a line in one style.
type Span struct {
	Role theme.Role
	Text string
}

// Of returns a text in the style of a role.
func Of(role theme.Role, text string) Span { return Span{Role: role, Text: text} }

// Builder builds a line, or several. [Builder.Begin] or [Builder.BeginLines] has
// to be called first.
type Builder struct {
	th   theme.Theme
	b    strings.Builder
	w    int // cells of the line so far
	room int
}

// Begin starts a line of w cells.
func (l *Builder) Begin(t theme.Theme, w int) { l.BeginLines(t, w, 1) }

// BeginLines starts the first of about so many lines of w cells.
func (l *Builder) BeginLines(t theme.Theme, w, lines int) {
	l.th, l.w, l.room = t, 0, max(0, w)
	l.b = strings.Builder{}
	l.b.Grow(lines*(l.room+48) + 16)
}

// Next fills the line up to its room, and starts the next one.
func (l *Builder) Next() {
	l.Fill(l.room)
	l.b.WriteByte('\n')
	l.w = 0
}

// SetTheme sets how what is added from now on looks.
func (l *Builder) SetTheme(t theme.Theme) { l.th = t }

// Width returns how many cells the line has so far.
func (l *Builder) Width() int { return l.w }

// Add adds s in the style of a role, as far as there is room.
func (l *Builder) Add(role theme.Role, s string) { l.Cut(role, s, l.room) }

// AddSpans adds spans, as far as there is room.
func (l *Builder) AddSpans(spans ...Span) {
	for _, s := range spans {
		l.Add(s.Role, s.Text)
	}
}

// Cut adds s, cut to at most n cells.
func (l *Builder) Cut(role theme.Role, s string, n int) {
	n = min(n, l.room-l.w)
	if n <= 0 || s == "" {
		return
	}
	l.write(role, s, l.th.Width(s), n)
}

// Write adds s, which is known to take so many cells, as far as there is room.
func (l *Builder) Write(role theme.Role, s string, cells int) {
	l.write(role, s, cells, l.room-l.w)
}

// write adds s of so many cells, cut to at most n.
func (l *Builder) write(role theme.Role, s string, cells, n int) {
	if cells > n {
		s = l.th.Truncate(s, n)
		cells = l.th.Width(s)
	}
	l.th.Write(&l.b, role, s)
	l.w += cells
}

// Fill adds spaces up to a column.
func (l *Builder) Fill(column int) {
	if n := min(column, l.room) - l.w; n > 0 {
		l.th.Write(&l.b, theme.Plain, l.th.Pad(n))
		l.w += n
	}
}

// FillAll adds spaces up to the end of the line.
func (l *Builder) FillAll() { l.Fill(l.room) }

// End returns the lines, the last one filled up to its room.
func (l *Builder) End() string {
	l.Fill(l.room)
	return l.b.String()
}

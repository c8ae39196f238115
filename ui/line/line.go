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

// Builder builds one line at a time. [Builder.Begin] has to be called first.
type Builder struct {
	th   theme.Theme
	b    strings.Builder
	w    int // cells so far
	room int
}

// Begin starts a line of w cells.
func (l *Builder) Begin(t theme.Theme, w int) {
	l.th, l.w, l.room = t, 0, max(0, w)
	l.b = strings.Builder{}
	l.b.Grow(l.room + 64)
}

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
	w := l.th.Width(s)
	if w > n {
		s = l.th.Truncate(s, n)
		w = l.th.Width(s)
	}
	l.th.Write(&l.b, role, s)
	l.w += w
}

// Fill adds spaces up to a column.
func (l *Builder) Fill(column int) {
	if n := min(column, l.room) - l.w; n > 0 {
		l.b.WriteString(l.th.Pad(n))
		l.w += n
	}
}

// End returns the line, filled up to its room.
func (l *Builder) End() string {
	l.Fill(l.room)
	return l.b.String()
}

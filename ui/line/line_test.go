package line

import (
	"testing"

	"tapedeck/ui/theme"
)

// A line is exactly as wide as its room, whatever is added, and what is too long
// is cut with an ellipsis.
func TestBuilder(t *testing.T) {
	tests := []struct {
		name string
		room int
		make func(l *Builder)
		want string
	}{
		{"nothing", 3, func(*Builder) {}, "   "},
		{"no room", 0, func(l *Builder) { l.Add(theme.Plain, "abc") }, ""},
		{"less than no room", -1, func(l *Builder) { l.Add(theme.Plain, "abc") }, ""},
		{"spans", 8, func(l *Builder) { l.AddSpans(Of(theme.Bold, "abc"), Of(theme.Dim, "de")) }, "abcde   "},
		{"cut at the end", 4, func(l *Builder) { l.Add(theme.Plain, "abcdef"); l.Add(theme.Plain, "g") }, "abc…"},
		{"cut before the end", 8, func(l *Builder) { l.Cut(theme.Plain, "abcdef", 3); l.Add(theme.Plain, "g") }, "ab…g    "},
		{"a column", 8, func(l *Builder) { l.Add(theme.Plain, "a"); l.Fill(5); l.Fill(2); l.Add(theme.Plain, "b") }, "a    b  "},
		{"a column outside", 3, func(l *Builder) { l.Fill(9) }, "   "},
		{"known widths", 4, func(l *Builder) { l.Write(theme.Plain, "ab", 2); l.Write(theme.Plain, "cde", 3) }, "abc…"},
		{"to the end", 4, func(l *Builder) { l.Add(theme.Plain, "a"); l.FillAll(); l.Add(theme.Plain, "b") }, "a   "},
		{"several lines", 3, func(l *Builder) { l.Add(theme.Plain, "a"); l.Next(); l.Next(); l.Add(theme.Plain, "bcde") }, "a  \n   \nbc…"},
		{"wide characters", 4, func(l *Builder) { l.Add(theme.Plain, "前台電話") }, "前… "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var l Builder
			l.Begin(theme.Theme{}, tt.room)
			if tt.make(&l); l.End() != tt.want {
				t.Errorf("%q, want %q", l.End(), tt.want)
			}
			if l.Width() != max(0, tt.room) {
				t.Errorf("%d cells, want %d", l.Width(), tt.room)
			}
		})
	}
}

package line

import (
	"strings"

	"tapedeck/ui/theme"
)

// Wrap breaks a text at its spaces into lines of at most w cells. A word that is
// longer has a line of its own, which may be too long.
func Wrap(t theme.Theme, s string, w int) []string {
	var out []string
	now := ""
	for word := range strings.FieldsSeq(s) {
		switch {
		case now == "":
			now = word
		case t.Width(now)+1+t.Width(word) <= w:
			now += " " + word
		default:
			out = append(out, now)
			now = word
		}
	}
	if now != "" {
		out = append(out, now)
	}
	return out
}

// WrapSpans breaks spans, two cells apart, into lines of w cells, at most so many
// of them. The last line may be too long.
func WrapSpans(t theme.Theme, spans []Span, w, most int) (lines [][]Span) {
	var now []Span
	used := 0
	for i, s := range spans {
		rest := s.Text
		if i > 0 {
			rest = "  " + rest
		}
		for rest != "" {
			head, tail := rest, ""
			if room := w - used; len(lines) < most-1 && t.Width(rest) > room {
				if head, tail = SplitAt(t, rest, room); head == "" && used == 0 {
					head, tail = rest, ""
				}
			}
			if head != "" {
				now, used = append(now, Of(s.Role, head)), used+t.Width(head)
			}
			if rest = tail; rest != "" {
				lines, now, used = append(lines, now), nil, 0
			}
		}
	}
	if len(now) > 0 {
		lines = append(lines, now)
	}
	return lines
}

// SplitAt cuts a text at the last space at which its head fits into w cells; the
// head is empty where none does.
func SplitAt(t theme.Theme, s string, w int) (head, tail string) {
	at := 0
	for i, r := range s {
		if t.Width(s[:i]) > w {
			break
		}
		if r == ' ' {
			at = i
		}
	}
	return strings.TrimRight(s[:at], " "), strings.TrimLeft(s[at:], " ")
}

// Pad brings lines to exactly n, with empty ones at the end.
func Pad(lines []string, n int) []string {
	for len(lines) < n {
		lines = append(lines, "")
	}
	return lines[:n]
}

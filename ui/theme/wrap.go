package theme

import (
	"strings"

	"tapedeck/ui/cells"
)

// wrap is [Theme.Wrap] by the theme's own count of cells, which the library that
// wraps elsewhere does not know.
func (t Theme) wrap(s string, w int) (out []string) {
	for one := range strings.SplitSeq(s, "\n") {
		now := ""
		for _, word := range strings.SplitAfter(one, " ") {
			switch {
			case t.Width(now)+t.Width(strings.TrimRight(word, " ")) <= w:
				now += word
				continue
			case now != "":
				out = append(out, strings.TrimRight(now, " "))
			}
			parts := t.hardwrap(word, w)
			out, now = append(out, parts[:len(parts)-1]...), parts[len(parts)-1]
		}
		out = append(out, t.Truncate(strings.TrimRight(now, " "), w))
	}
	return out
}

// hardwrap is [Theme.Break] by the theme's own count of cells.
func (t Theme) hardwrap(s string, w int) (out []string) {
	for one := range strings.SplitSeq(s, "\n") {
		var now strings.Builder
		used, state := 0, byte(0)
		for len(one) > 0 {
			seq, width, n, next := cells.Decode(t.method, one, state)
			if n == 0 {
				break
			}
			if used+width > w && used > 0 {
				out = append(out, t.Truncate(now.String(), w))
				now.Reset()
				used = 0
			}
			now.WriteString(seq)
			used += width
			one, state = one[n:], next
		}
		out = append(out, t.Truncate(now.String(), w))
	}
	return out
}

package remote

import (
	"bufio"
	"strings"
	"testing"
	"testing/synctest"
)

// TestCooked: what is typed is shown, and comes in lines; what is no text is neither.
func TestCooked(t *testing.T) {
	for _, tt := range []struct {
		typed, shown, lines string
		interrupts          int
	}{
		{typed: "y\r", shown: "y\n", lines: "y|"},
		{typed: "yes\x7f\x7f\x08no\r", shown: "yes\b \b\b \b\b \bno\n", lines: "no|"},
		{typed: "ü\x7fx\r", shown: "ü\b \bx\n", lines: "x|"},
		{typed: "\x7fx\r", shown: "x\n", lines: "x|"},
		{typed: "abc\x15d\r", shown: "abc\b \b\b \b\b \bd\n", lines: "d|"},
		{typed: "\x1b[A\x1b[1;5C\x1bOPy\r", shown: "y\n", lines: "y|"},
		{typed: "\x00\x07\ty\r", shown: "y\n", lines: "y|"},
		{typed: "a\x04b\r\x04c\r", shown: "ab\n", lines: "ab|"},
		{typed: "a\x03", shown: "a^C\n", interrupts: 1},
		{typed: "\x04\x03", shown: "^C\n", interrupts: 1},
		{typed: strings.Repeat("x", maxTyped+1) + "\r", shown: strings.Repeat("x", maxTyped) + "\n", lines: strings.Repeat("x", maxTyped) + "|"},
	} {
		synctest.Test(t, func(t *testing.T) {
			var shown strings.Builder
			interrupts, lines := 0, ""
			in := bufio.NewScanner(cooked(strings.NewReader(tt.typed), &shown, func() { interrupts++ }, nil))
			synctest.Wait() // all is typed
			for in.Scan() {
				lines += in.Text() + "|"
			}
			if lines != tt.lines || shown.String() != tt.shown || interrupts != tt.interrupts {
				t.Errorf("%q: shown %q, lines %q, interrupted %d times; want %q, %q, %d", tt.typed, shown.String(), lines, interrupts, tt.shown, tt.lines, tt.interrupts)
			}
		})
	}
}

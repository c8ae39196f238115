//go:build linux || darwin

package ui

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// wholeAnswers are what terminals answer to the questions that a program may
// have asked, and what they send for special keys.
var wholeAnswers = []string{
	"\x1b]11;rgb:ffff/ffff/ffff\x07", "\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\", "\x1b]10;rgba:00/00/00/ff\x1b\\",
	"\x1b]4;7;rgb:aaaa/bbbb/cccc\x07", "\x1b[?2026;2$y", "\x1b[?2027;0$y", "\x1b[?1u", "\x1b[?62;22c", "\x1b[>41;354;0c",
	"\x1b[24;80R", "\x1b[?997;1n", "\x1b[I", "\x1b[O", "\x1b[A", "\x1b[1;5C", "\x1b[3~", "\x1b[<0;12;7M", "\x1b[112;1u", "\x1b[M !!",
}

// TestAnswersInPieces has a screen get each answer in two parts, as a bad link
// brings them: none of it is taken for keys.
func TestAnswersInPieces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startProgram(t, 100, 30, office())
		for _, answer := range wholeAnswers {
			if strings.HasPrefix(answer, "\x1b[I") || strings.HasPrefix(answer, "\x1b[O") || len(answer) < 5 || strings.HasSuffix(answer, "u") && answer[2] != '?' {
				continue // keys, and the focus
			}
			for at := 1; at < len(answer); at++ {
				p.typeKeys(answer[:at])
				p.rest(90 * time.Millisecond)
				p.typeKeys(answer[at:])
				p.rest(90 * time.Millisecond)
				if p.m.mode != normal || p.m.prompt != nil || !p.m.frozen.IsZero() || p.m.filterShown() || len(p.d.requests) != 0 {
					t.Fatalf("%q and %q are taken for keys\n%s", answer[:at], answer[at:], screenText(p.m.View(), 100, 30))
				}
			}
		}
	})
}

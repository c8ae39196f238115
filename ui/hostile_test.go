//go:build linux || darwin

package ui

import (
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
)

// TestGarbledAnswers sends what a broken terminal, or a line with noise, may
// answer to the queries of the start: nothing is updated, and the keyboard
// works a second later.
func TestGarbledAnswers(t *testing.T) {
	answers := []struct {
		name  string
		parts []string // with half a second between them
	}{
		{"no end", []string{"\x1b]11;rgb:ffff/ffff"}},
		{"no end of a DCS", []string{"\x1bP1+r544e=787465726d"}},
		{"no end of a CSI", []string{"\x1b[?2027;"}},
		{"only its beginning", []string{"\x1b", "\x1b[", "\x1b]", "\x1bP", "\x1b_", "\x1b^", "\x1bX"}},
		{"in two halves, the second late", []string{"\x1b]11;rgb:ffff/", "ffff/ffff\x1b\\"}},
		{"of other queries", []string{"\x1b[24;80R\x1b[8;24;80t\x1b[4;600;800t\x1b[0n\x1b[?1;2c\x1b[>41;354;0c"}},
		{"numbers without a limit", []string{"\x1b[?99999999999999999999;99999999999999999999$y\x1b[99999999999999999999;1R\x1b[<0;99999999999;9M"}},
		{"a color that is none", []string{"\x1b]11;rgb:zz/zz/zz\x1b\\\x1b]11;\x1b\\\x1b]10;?\x1b\\\x1b]11;#\x07"}},
		{"no UTF-8", []string{"\xff\xfe\xc3\x28\xe2\x82\xf0\x9f\x92"}},
		{"8-bit controls", []string{"\x9b?62c\x9d11;rgb:ffff/ffff/ffff\x9c\x90x\x9c"}},
		{"very long", []string{"\x1b]11;" + strings.Repeat("f", 64<<10) + "\x1b\\"}},
		{"a paste without an end", []string{"\x1b[200~p\rXy8142\r", "\x1b[201~"}},
		{"an answer in a paste", []string{"\x1b[200~\x1b]11;rgb:0000/0000/0000\x1b\\\x1b[?2027;2$y\x1b[201~"}},
	}
	for _, tt := range answers {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := startProgram(t, 80, 24, office())
				for _, part := range tt.parts {
					p.typeKeys(part)
					p.rest(500 * time.Millisecond)
				}
				p.rest(time.Second)
				if len(p.d.requests) != 0 {
					t.Errorf("requests %+v", p.d.requests)
				}
				p.typeKeys("\x1b")
				p.rest(time.Second)
				p.typeKeys("?")
				if p.m.mode != helping {
					t.Errorf("the keyboard does not work: mode %d, prompt %v\n%s", p.m.mode, p.m.prompt, screenText(p.m.View(), 80, 24))
				}
				if len(p.d.requests) != 0 {
					t.Errorf("requests %+v", p.d.requests)
				}
			})
		})
	}
}

// TestSizes resizes a screen with each frame, from 0x0 to 1000x500, with all
// that can be open on it: no frame is larger than the screen, and what was
// selected stays so. The session checks each frame.
func TestSizes(t *testing.T) {
	open := [][]string{{}, {"enter"}, {"?"}, {"/", "5"}, {"o"}, {"X", "8"}, {"P"}, {"J"}, {"f"}, {"tab", "j"}, {"q"}}
	for _, keys := range open {
		t.Run(strings.Join(keys, " "), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rng := rand.New(rand.NewPCG(1, 2))
				s := newSession(t, 120, 40, Options{})
				s.show(fuzzSnapshot(0)).pick(sidPaused).press(keys...)
				sizes := [][2]int{{0, 0}, {1, 1}, {0, 500}, {1000, 0}, {1, 500}, {1000, 1}, {1000, 500}, {59, 15}, {60, 14}, {60, 15}}
				for len(sizes) < 200 {
					sizes = append(sizes, [2]int{rng.IntN(1 + 1000>>rng.IntN(6)), rng.IntN(1 + 500>>rng.IntN(6))})
				}
				for i, size := range sizes {
					s.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
					if i%20 == 0 {
						s.show(fuzzSnapshot(0))
					}
				}
				s.send(tea.WindowSizeMsg{Width: 120, Height: 40})
				if r, ok := s.m.list.Selected(); !ok || r.SID.String() != sidPaused {
					t.Errorf("%s is selected", r.SID)
				}
				s.wantVerbs("")
			})
		})
	}
}

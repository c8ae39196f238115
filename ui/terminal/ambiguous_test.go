package terminal

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"tapedeck/ui/cells"
)

// What the environment says of wide characters, and what a locale lets suppose.
func TestWideByEnvironment(t *testing.T) {
	for _, tt := range []struct {
		environ           []string
		wide, set, locale bool
	}{
		{nil, false, false, false},
		{[]string{"RUNEWIDTH_EASTASIAN=1"}, true, true, false},
		{[]string{"RUNEWIDTH_EASTASIAN=true"}, true, true, false},
		{[]string{"RUNEWIDTH_EASTASIAN=0", "LANG=ja_JP.UTF-8"}, false, true, true},
		{[]string{"RUNEWIDTH_EASTASIAN=", "LANG=ko_KR.UTF-8"}, false, false, true},
		{[]string{"RUNEWIDTH_EASTASIAN=maybe"}, false, false, false},
		{[]string{"LANG=zh_TW.UTF-8"}, false, false, true},
		{[]string{"LANG=zh_TW.UTF-8", "LC_CTYPE=en_US.UTF-8"}, false, false, false},
		{[]string{"LANG=en_US.UTF-8", "LC_ALL=ja_JP.utf8"}, false, false, true},
		{[]string{"LC_ALL=", "LANG=ja"}, false, false, true},
		{[]string{"LANG=ja_JP.UTF-8@cjk_narrow"}, false, false, false},
		{[]string{"LANG=C.UTF-8"}, false, false, false},
		{[]string{"LANG=jam_JM.UTF-8"}, false, false, false},
		{[]string{"LANG=@"}, false, false, false},
	} {
		if wide, set := Wide(tt.environ); wide != tt.wide || set != tt.set {
			t.Errorf("%q: wide %t, set %t; want %t, %t", tt.environ, wide, set, tt.wide, tt.set)
		}
		if got := EastAsian(tt.environ); got != tt.locale {
			t.Errorf("%q: East Asian %t, want %t", tt.environ, got, tt.locale)
		}
	}
}

// Before the terminal has told its background, COLORFGBG does.
func TestDarkByEnvironment(t *testing.T) {
	for _, tt := range []struct {
		environ     []string
		dark, known bool
	}{
		{nil, true, false},
		{[]string{"TERM=xterm", "COLORFGBG=15;0"}, true, true},
		{[]string{"COLORFGBG=0;15"}, false, true},
		{[]string{"COLORFGBG=0;default;7"}, false, true},
		{[]string{"COLORFGBG=12;8"}, true, true},
		{[]string{"COLORFGBG=default;default"}, true, false},
		{[]string{"COLORFGBG="}, true, false},
		{[]string{"COLORFGBG=x"}, true, false},
		{[]string{"TERM=linux"}, true, true},
		{[]string{"TERM=linux", "COLORFGBG=0;15"}, false, true},
		{[]string{"TERM=xterm-256color"}, true, false},
	} {
		if dark, known := Dark(tt.environ); dark != tt.dark || known != tt.known {
			t.Errorf("%q: dark %t, known %t; want %t, %t", tt.environ, dark, known, tt.dark, tt.known)
		}
	}
}

// ambiguousTexts are names of which terminals think differently.
var ambiguousTexts = []string{"Müller", "Справка", "αβγ ± δ", "東京", "é", "→", "Ann", "½ × ¼", "naïve café"}

func ambiguousFrame(r *rand.Rand, h int) []string {
	lines := make([]string, h)
	for y := range lines {
		for n := r.Intn(5); n > 0; n-- {
			lines[y] += fmt.Sprintf("%s %d  ", ambiguousTexts[r.Intn(len(ambiguousTexts))], r.Intn(100))
		}
	}
	return lines
}

// Where what is ambiguous is counted as wide, a terminal that counts so shows the
// frame as it is, and on all others the text behind a space is in its column.
func TestWideOnTerminals(t *testing.T) {
	all := map[string]func(rune) int{"as it is counted": func(r rune) int { return cells.Width(ansi.WcWidth|cells.Wide, string(r)) }}
	for name, width := range widths {
		all[name] = width
	}
	all["narrow"] = func(r rune) int { return ansi.StringWidthWc(string(r)) }
	for name, width := range all {
		t.Run(name, func(t *testing.T) {
			for seed := range int64(12) {
				r := rand.New(rand.NewSource(seed))
				w, h := 40+r.Intn(60), 4+r.Intn(12)
				s := newScreen(w, h, true)
				s.p.SetMethod(ansi.WcWidth | cells.Wide)
				emu := newStrange(t, w, h, width)
				emu.write("\x1b[?7l")
				lines := ambiguousFrame(r, h)
				for range 10 {
					s.show(strings.Join(lines, "\n"))
					emu.write(s.out.String())
					where := fmt.Sprintf("seed %d, %dx%d", seed, w, h)
					if checkColumns(t, s.p.canvas.cells, emu.grid, where); name == "as it is counted" {
						checkCells(t, s.p.canvas.cells, emu.grid, where)
					}
					other := ambiguousFrame(r, h)
					switch k := r.Intn(h); r.Intn(3) {
					case 0:
						lines = append(lines[k:], other[:k]...)
					case 1:
						lines = append(other[:k:k], lines[:h-k]...)
					default:
						lines[k] = other[k]
					}
				}
			}
		})
	}
}

// checkCells compares every cell, but for what may have been pushed in from
// behind the last column.
func checkCells(t *testing.T, want [][]cell, got [][]rune, where string) {
	t.Helper()
	for y, row := range want {
		for x, c := range row[:len(row)-2] {
			if got[y][x] != rune(c.char()) {
				t.Fatalf("%s: row %d has %q in column %d, want %q\n%q", where, y, got[y][x], x, rune(c.char()), string(got[y]))
			}
		}
	}
}

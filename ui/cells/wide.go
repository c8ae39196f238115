package cells

import (
	"slices"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/mattn/go-runewidth"
)

// Wide is added to a method for a terminal that takes characters of ambiguous
// width for two cells wide, as those for Chinese, Japanese and Korean can be
// told to: é, ·, Greek and Cyrillic letters, the lines of frames.
const Wide ansi.Method = 1 << 7

// ambiguously and narrowly are the two ways to take them.
var (
	ambiguously = &runewidth.Condition{EastAsianWidth: true, StrictEmojiNeutral: true}
	narrowly    = &runewidth.Condition{StrictEmojiNeutral: true}
)

// latin are the Latin letters of ambiguous width in Unicode, which the tables of
// the library leave out and terminals do not.
var latin = [][2]rune{
	{0xaa, 0xaa}, {0xba, 0xba}, {0xc6, 0xc6}, {0xd0, 0xd0}, {0xd8, 0xd8}, {0xde, 0xe1}, {0xe6, 0xe6}, {0xe8, 0xea},
	{0xec, 0xed}, {0xf0, 0xf0}, {0xf2, 0xf3}, {0xf8, 0xfa}, {0xfc, 0xfc}, {0xfe, 0xfe}, {0x101, 0x101}, {0x111, 0x111},
	{0x113, 0x113}, {0x11b, 0x11b}, {0x126, 0x127}, {0x12b, 0x12b}, {0x131, 0x133}, {0x138, 0x138}, {0x13f, 0x142},
	{0x144, 0x144}, {0x148, 0x14b}, {0x14d, 0x14d}, {0x152, 0x153}, {0x166, 0x167}, {0x16b, 0x16b}, {0x1ce, 0x1ce},
	{0x1d0, 0x1d0}, {0x1d2, 0x1d2}, {0x1d4, 0x1d4}, {0x1d6, 0x1d6}, {0x1d8, 0x1d8}, {0x1da, 0x1da}, {0x1dc, 0x1dc},
}

// Ambiguous reports whether some terminals take a character for two cells wide,
// and others for one.
func Ambiguous(r rune) bool {
	if r < 0xa1 || narrowly.RuneWidth(r) != 1 {
		return false
	}
	return ambiguously.RuneWidth(r) == 2 || slices.ContainsFunc(latin, func(l [2]rune) bool { return l[0] <= r && r <= l[1] })
}

// widened returns the width on a terminal that is [Wide] of a character, with all
// that is joined to it, of some width on others.
func widened(seq string, width int) int {
	if width == 1 {
		if r, _ := utf8.DecodeRuneInString(seq); Ambiguous(r) {
			return 2
		}
	}
	return width
}

// wideWidth is [Width] on a terminal that is [Wide].
func wideWidth(m ansi.Method, s string) (sum int) {
	for state := ansi.NormalState; len(s) > 0; {
		seq, width, n, next := Decode(m, s, state)
		if n == 0 {
			break
		}
		sum += widened(seq, width)
		s, state = s[n:], next
	}
	return sum
}

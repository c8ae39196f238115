// Package cells counts the cells that text takes on a terminal. It counts as
// [ansi.Method] does, but without that for the characters that most text is made
// of: the table behind it takes 2 MB and a millisecond when it is first needed.
package cells

import (
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// span is a range of characters of one width that nothing is joined to unless it
// is no character of a span.
type span struct {
	first, last rune
	width       int
	ambiguous   bool // of two cells where East Asian widths are set
}

// spans are in the order of their characters.
var spans = []span{
	{0xa1, 0xac, 1, true}, {0xae, 0x2ff, 1, true}, {0x370, 0x482, 1, true},
	{0x2010, 0x2027, 1, true}, {0x2030, 0x205e, 1, true}, {0x2100, 0x2319, 1, true}, {0x2400, 0x25fc, 1, true},
	{0x3041, 0x3096, 2, false}, {0x30a1, 0x30fa, 2, false}, {0x3400, 0x4dbf, 2, false}, {0x4e00, 0x9fff, 2, false},
	{0xac00, 0xd7a3, 2, false}, {0xff01, 0xff60, 2, false},
}

// eastAsian is whether ambiguous characters take two cells: RUNEWIDTH_EASTASIAN.
var eastAsian = ansi.WcWidth.StringWidth("\u00b7") == 2

// known returns the width of the character that s begins with, and its bytes; n
// is 0 where it is in no span, and no printable ASCII.
func known(s string) (width, n int) {
	if s[0] < utf8.RuneSelf {
		if s[0] < ' ' || s[0] == 0x7f {
			return 0, 0
		}
		return 1, 1
	}
	r, n := utf8.DecodeRuneInString(s)
	for _, sp := range spans {
		if r < sp.first {
			break
		}
		if r <= sp.last && !(sp.ambiguous && eastAsian) {
			return sp.width, n
		}
	}
	return 0, 0
}

// first returns the width and the bytes of the character that s begins with, if
// it is known and nothing is joined to it; else n is 0.
func first(s string) (width, n int) {
	width, n = known(s)
	if n == 0 || n == len(s) || s[n] < utf8.RuneSelf {
		return width, n
	}
	if _, next := known(s[n:]); next == 0 {
		return 0, 0
	}
	return width, n
}

// Width returns how many cells s takes. Sequences take none.
func Width(m ansi.Method, s string) (sum int) {
	if m&Wide != 0 {
		return wideWidth(m&^Wide, s)
	}
	for len(s) > 0 {
		if n := sgr(s); n > 0 {
			s = s[n:]
			continue
		}
		width, n := first(s)
		if n == 0 {
			return sum + m.StringWidth(s)
		}
		sum, s = sum+width, s[n:]
	}
	return sum
}

// Decode returns the first character or sequence of s, how many cells and bytes
// it takes, and the state to decode what follows in.
func Decode(m ansi.Method, s string, state ansi.State) (seq string, width, n int, next ansi.State) {
	if m&Wide != 0 {
		seq, width, n, next = Decode(m&^Wide, s, state)
		return seq, widened(seq, width), n, next
	}
	if state == ansi.NormalState && len(s) > 0 {
		if width, n := first(s); n > 0 {
			return s[:n], width, n, ansi.NormalState
		}
	}
	return m.DecodeSequenceInString(s, state, nil)
}

// sgr returns the length of the sequence of SGR that s begins with; 0 for none.
func sgr(s string) int {
	if len(s) < 3 || s[0] != 0x1b || s[1] != '[' {
		return 0
	}
	for i := 2; i < len(s); i++ {
		switch c := s[i]; {
		case c == 'm':
			return i + 1
		case c >= '0' && c <= '9', c == ';', c == ':':
		default:
			return 0
		}
	}
	return 0
}

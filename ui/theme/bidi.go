package theme

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// rightToLeft are the scripts that are written from the right.
var rightToLeft = []*unicode.RangeTable{
	unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Samaritan, unicode.Mandaic, unicode.Adlam,
}

// RightToLeft reports whether a text has letters that are written from the
// right. Many terminals then put the digits that follow on their other side,
// until the next Latin letter; direction marks do not keep all of them from it.
func RightToLeft(s string) bool {
	return !isASCII(s) && strings.ContainsFunc(s, func(r rune) bool { return unicode.In(r, rightToLeft...) })
}

// Guard returns a name with something Latin behind it, where what follows would
// move without.
func Guard(name string) string {
	if RightToLeft(name) {
		return name + " (name)"
	}
	return name
}

// Lead returns a text with something Latin before it where it begins with letters
// that are written from the right: some terminals turn a line around by its first
// letter.
func Lead(s string) string {
	if at := strings.IndexFunc(s, unicode.IsLetter); at >= 0 && !isASCII(s) {
		if r, _ := utf8.DecodeRuneInString(s[at:]); RightToLeft(string(r)) {
			return "name: " + s
		}
	}
	return s
}

// To returns what stands between the two ends of a call: an arrow, and a word
// where a name would turn it around.
func (t Theme) To(from string) string {
	if RightToLeft(from) {
		return " to "
	}
	return " " + t.Symbols().Arrow + " "
}

// Package text holds text that came from the API, and makes it safe to show.
//
// Whatever a caller ID, a conference's name or an error message holds, it is
// somebody else's. A [Text] keeps it as it came, and cannot be converted to a
// string: [Text.String] is the one way out, and what it gives can neither move
// the cursor, set a color or the title, reach the clipboard, reorder the line,
// nor hide in it. The same text is fit for a terminal, a window title, the
// clipboard, a log and an error.
package text

import (
	"fmt"
	"hash/crc32"
	"io"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxShown is how many bytes of one text are ever shown. A name has tens; a
// server that sends a megabyte does not get to fill the memory of a screen.
const maxShown = 8 << 10

// Text is text from the API, as it came. The zero value is empty. Texts may be
// compared with == and used as map keys: equal means the same bytes.
type Text struct{ raw string }

// New returns s, as it came from the API, as a Text.
func New(s string) Text { return Text{raw: s} }

// IsZero reports whether the text is empty.
func (t Text) IsZero() bool { return t.raw == "" }

// Is reports whether the text is exactly s.
func (t Text) Is(s string) bool { return t.raw == s }

// Len returns the length of the text as it came, in bytes.
func (t Text) Len() int { return len(t.raw) }

// String returns the text made safe to show: control characters and bytes that
// are not UTF-8 become U+FFFD, tabs and line ends a space; characters that
// are invisible, change the direction or change how wide their neighbor is
// drawn are dropped. At most 8 KiB are shown, then an ellipsis.
func (t Text) String() string {
	if isPlain(t.raw) {
		return t.raw
	}
	var b strings.Builder
	b.Grow(min(len(t.raw), maxShown) + len("…"))
	for i, r := range t.raw {
		r = safe(r)
		if i >= maxShown || r >= 0 && b.Len()+utf8.RuneLen(r) > maxShown { // a byte that is not UTF-8 becomes three
			b.WriteString("…")
			break
		}
		if r >= 0 {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Format writes the text made safe, for every verb; %q adds quotes to it.
func (t Text) Format(f fmt.State, verb rune) {
	s := t.String()
	if verb == 'q' {
		s = strconv.Quote(s)
	}
	_, _ = io.WriteString(f, s)
}

// MarshalText returns the text made safe, for JSON and other encoders.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// PathSegment returns the text escaped as one segment of a URL's path. It
// reports false for a text that cannot be a SID and could change the meaning
// of a path: empty, longer than 128 bytes, or with anything but ASCII letters,
// digits, '-', '_' and '.', or with nothing but dots.
func (t Text) PathSegment() (string, bool) {
	if t.raw == "" || len(t.raw) > 128 || strings.Trim(t.raw, ".") == "" {
		return "", false
	}
	for i := range len(t.raw) {
		c := t.raw[i]
		if !isAlnum(c) && c != '-' && c != '_' && c != '.' {
			return "", false
		}
	}
	return url.PathEscape(t.raw), true
}

// maxSID is the length of the longest SID that is shown as it is: twice what a
// UUID has.
const maxSID = 64

// SID returns the text as a SID is shown. What can be one, at most 64 ASCII
// letters, digits and dashes, is shown as it is; anything else as "odd-" and
// eight digits that tell it from others, however long it is.
func (t Text) SID() string {
	odd := len(t.raw) > maxSID
	for i := 0; i < len(t.raw) && !odd; i++ {
		odd = !isAlnum(t.raw[i]) && t.raw[i] != '-'
	}
	if !odd {
		return t.raw
	}
	var sum uint32
	var part [512]byte // what is summed up at once, without a copy of it all
	for at := 0; at < len(t.raw); {
		n := copy(part[:], t.raw[at:])
		sum = crc32.Update(sum, crc32.MakeTable(crc32.Castagnoli), part[:n])
		at += n
	}
	return fmt.Sprintf("odd-%08x", sum)
}

func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// isPlain reports whether s is short printable ASCII, as nearly all text is.
func isPlain(s string) bool {
	if len(s) > maxShown {
		return false
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// prepended are the letters that make one cluster with whatever follows, a
// space that fills up a column too (Unicode 16, Grapheme_Cluster_Break=Prepend
// without the format characters).
var prepended = &unicode.RangeTable{
	R16: []unicode.Range16{{Lo: 0x0D4E, Hi: 0x0D4E, Stride: 1}},
	R32: []unicode.Range32{
		{Lo: 0x111C2, Hi: 0x111C3, Stride: 1}, {Lo: 0x113D1, Hi: 0x113D1, Stride: 1},
		{Lo: 0x1193F, Hi: 0x11941, Stride: 2}, {Lo: 0x11A3A, Hi: 0x11A3A, Stride: 1},
		{Lo: 0x11A84, Hi: 0x11A89, Stride: 1}, {Lo: 0x11D46, Hi: 0x11D46, Stride: 1},
		{Lo: 0x11F02, Hi: 0x11F02, Stride: 1},
	},
}

// safe returns the rune to show for r, or -1 for none.
func safe(r rune) rune {
	switch {
	case r == '\t' || r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
		return ' '
	case r == utf8.RuneError || unicode.Is(unicode.Cc, r):
		return utf8.RuneError
	case unicode.Is(unicode.Zs, r):
		return ' '
	case unicode.Is(prepended, r):
		return utf8.RuneError
	case unicode.Is(unicode.Cf, r), // bidi controls, zero-width, soft hyphen, tags
		unicode.Is(unicode.Variation_Selector, r), // turns a narrow sign into a wide one
		unicode.Is(unicode.Co, r), unicode.Is(unicode.Cs, r),
		'\U0001F3FB' <= r && r <= '\U0001F3FF',                     // skin tones: one cell or two, as the terminal likes
		r == '\u115F', r == '\u1160', r == '\u3164', r == '\uFFA0', // Hangul fillers: blank letters
		r == '\u034F', '\u17B4' <= r && r <= '\u17B5':
		return -1
	}
	return r
}

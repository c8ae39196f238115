package api

import (
	"iter"
	"unicode"
	"unicode/utf8"
)

// AppendSafe appends the resource as it came, on one line, as JSON that is fit
// for any program and any terminal: a character in a string that could move a
// cursor, reorder a line or hide in it is written as its escape, which a
// program reads as the same character; a byte that is not UTF-8 as U+FFFD.
func (r Recording) AppendSafe(dst []byte) []byte { return appendSafe(dst, r.raw) }

// SafeMembers yields each field of the resource as it came, in its order: its name,
// and its value as [Recording.AppendSafe] writes it.
func (r Recording) SafeMembers() iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for name, v := range r.raw.members() {
			if !yield(name.text().String(), appendSafe(nil, v)) {
				return
			}
		}
	}
}

// FieldNames returns the names of the documented fields of a recording, in the
// order in which they are shown.
func FieldNames() []string {
	out := make([]string, len(recordingFields))
	for i, f := range recordingFields {
		out[i] = f.name
	}
	return out
}

// appendSafe appends a value on one line, without characters that a terminal
// might take for more than a character.
func appendSafe(dst []byte, v value) []byte {
	quoted := false
	for i := 0; i < len(v); {
		c := v[i]
		switch {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\' && i+1 < len(v):
			dst = append(dst, c, v[i+1])
			i += 2
			continue
		case !quoted && (c == ' ' || c == '\n' || c == '\t' || c == '\r'):
			i++
			continue
		case c < ' ' || c > '~':
			r, n := utf8.DecodeRune(v[i:])
			dst = appendRune(dst, r)
			i += n
			continue
		}
		dst = append(dst, c)
		i++
	}
	return dst
}

// appendRune appends a character of a string, as its escape unless it is one
// that can be seen.
func appendRune(dst []byte, r rune) []byte {
	switch {
	case unicode.IsPrint(r) && !unicode.Is(unicode.Variation_Selector, r):
		return utf8.AppendRune(dst, r)
	case r > 0xffff:
		r -= 0x10000
		return appendEscape(appendEscape(dst, 0xd800+r>>10), 0xdc00+r&0x3ff)
	}
	return appendEscape(dst, r)
}

func appendEscape(dst []byte, r rune) []byte {
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}

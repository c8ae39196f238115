package secret

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
)

// minForm is the length, in bytes, of the shortest form of a token that is
// looked for. A shorter one would be found in many a text that has no token.
const minForm = 6

// Redactor takes a token out of what others wrote, in every form that a server
// may repeat it in: as it is, its base64 and that of the credentials whatever
// stands before it, its hex, and each of them with characters escaped as in
// JSON, in a URL, or in HTML. The zero value, and that of a token shorter than 6
// bytes, takes out nothing. It may be used concurrently.
//
// Like a [Token] it keeps the forms in a closure, and no print of it has them.
type Redactor struct {
	find func([]byte) []span
}

// span is a part of a text that holds a form of the token.
type span struct{ from, to int }

// Redactor returns what takes the token out of texts.
func (t Token) Redactor() Redactor {
	n := newNeedles(forms(t.Reveal()))
	if n == nil {
		return Redactor{}
	}
	return Redactor{find: n.find}
}

// Format writes a fixed text for every verb and flag.
func (r Redactor) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// Mask overwrites every form of the token in b, and reports whether there was
// one. The length stays, and JSON stays JSON.
func (r Redactor) Mask(b []byte) bool {
	if r.find == nil {
		return false
	}
	spans := r.find(b)
	for _, s := range spans {
		fill(b[s.from:s.to])
	}
	return len(spans) > 0
}

// fill overwrites b with words for it, or a number with ones.
func fill(b []byte) {
	filler := byte('*')
	if len(bytes.Trim(b, "0123456789")) == 0 {
		filler = '1' // a number may not begin with zeros
	}
	for i := range b {
		b[i] = filler
	}
	if filler == '*' && len(b) >= len(hidden) {
		copy(b, hidden)
	}
}

// Clean returns s with words in place of every form of the token.
func (r Redactor) Clean(s string) string {
	if r.find == nil || len(s) < minForm {
		return s
	}
	spans := r.find([]byte(s))
	if len(spans) == 0 {
		return s
	}
	var b []byte
	at := 0
	for _, sp := range spans {
		b = append(append(b, s[at:sp.from]...), hidden...)
		at = sp.to
	}
	return string(append(b, s[at:]...))
}

// forms returns what a token may look like, apart from escapes.
func forms(token string) [][]byte {
	if len(token) < minForm {
		return nil
	}
	list := [][]byte{[]byte(token), []byte(url.QueryEscape(token))}
	lower := hex.EncodeToString([]byte(token))
	list = append(list, []byte(lower), bytes.ToUpper([]byte(lower)))
	for before := range 3 {
		// What stands before and behind the token shares a character with it:
		// only those are sought that the token alone decides.
		from, to := (8*before+5)/6, 8*(before+len(token))/6
		text := append(make([]byte, before), token...)
		for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			list = append(list, []byte(e.EncodeToString(text))[from:to])
		}
	}
	return list
}

// needles are byte strings that are looked for at once, with Wu and Manber's
// way of skipping: where the last two bytes of a window are in no needle, none
// ends there, so that most of a text is never looked at.
type needles struct {
	list  [][]byte
	least int              // the length of the shortest
	skip  []uint8          // by pairOf: how far the window can move
	ends  map[uint16][]int // the needles whose window ends in two bytes
}

func newNeedles(list [][]byte) *needles {
	if len(list) == 0 {
		return nil
	}
	n := &needles{list: list, least: 255, skip: make([]uint8, 1<<12), ends: map[uint16][]int{}}
	for _, needle := range list {
		n.least = min(n.least, len(needle))
	}
	for i := range n.skip {
		n.skip[i] = uint8(n.least - 1)
	}
	for i, needle := range list {
		for at := 2; at <= n.least; at++ {
			pair := pairOf(needle, at)
			n.skip[pair] = min(n.skip[pair], uint8(n.least-at))
		}
		last := pairOf(needle, n.least)
		n.ends[last] = append(n.ends[last], i)
	}
	return n
}

// pairOf returns the two bytes that end before at, as a number of 12 bits: some
// pairs share one, which costs a look more.
func pairOf(b []byte, at int) uint16 { return uint16(b[at-2])<<4 ^ uint16(b[at-1]) }

// find returns where b holds a needle, as it is or with escapes, in order and
// apart from each other.
func (n *needles) find(b []byte) []span {
	spans := n.plain(b)
	text, at := b, []int(nil)
	for range maxEscapes {
		next, origin := unescape(text)
		if next == nil {
			break
		}
		if at != nil {
			for i, o := range origin {
				origin[i] = at[o]
			}
		}
		text, at = next, origin
		for _, s := range n.plain(text) {
			spans = append(spans, span{at[s.from], at[s.to]})
		}
	}
	return merge(spans)
}

// maxEscapes is how often a text may be escaped, such as a URL in JSON.
const maxEscapes = 3

// plain returns where b holds a needle as it is.
func (n *needles) plain(b []byte) (spans []span) {
	for end := n.least; end <= len(b); {
		pair := pairOf(b, end)
		if skip := int(n.skip[pair]); skip > 0 {
			end += skip
			continue
		}
		for _, i := range n.ends[pair] {
			if from := end - n.least; bytes.HasPrefix(b[from:], n.list[i]) {
				spans = append(spans, span{from, from + len(n.list[i])})
			}
		}
		end++
	}
	return spans
}

// merge sorts spans and joins those that overlap.
func merge(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var out []span
	for _, s := range spans {
		if last := len(out) - 1; last >= 0 && s.from < out[last].to {
			out[last].to = max(out[last].to, s.to)
			continue
		}
		out = append(out, s)
	}
	return out
}

// unescape undoes the escapes of JSON, of URLs and of HTML that stand for one
// byte. It returns for each byte, and for the end, where it began in b; nothing
// for a text without escapes.
func unescape(b []byte) (out []byte, origin []int) {
	if bytes.IndexByte(b, '\\') < 0 && bytes.IndexByte(b, '%') < 0 && bytes.IndexByte(b, '&') < 0 {
		return nil, nil
	}
	changed := false
	out, origin = make([]byte, 0, len(b)), make([]int, 0, len(b)+1)
	for i := 0; i < len(b); {
		c, size := one(b[i:])
		changed = changed || size > 1
		out, origin = append(out, c), append(origin, i)
		i += size
	}
	if !changed {
		return nil, nil
	}
	return out, append(origin, len(b))
}

// one returns the byte that b, which is not empty, begins with, and how many
// bytes it is written with.
func one(b []byte) (c byte, size int) {
	switch b[0] {
	case '\\':
		switch {
		case len(b) >= 6 && b[1] == 'u':
			return number(b, 2, 6, 16, 6)
		case len(b) >= 4 && b[1] == 'x':
			return number(b, 2, 4, 16, 4)
		case len(b) >= 2 && (b[1] == '/' || b[1] == '"' || b[1] == '\\'):
			return b[1], 2
		}
	case '%':
		if len(b) >= 3 {
			return number(b, 1, 3, 16, 3)
		}
	case '&':
		return entity(b)
	}
	return b[0], 1
}

// number returns the byte whose number is in b[from:to], written in size bytes.
func number(b []byte, from, to, base, size int) (byte, int) {
	n, err := strconv.ParseUint(string(b[from:to]), base, 8)
	if err != nil {
		return b[0], 1
	}
	return byte(n), size
}

// entity reads a character reference of HTML.
func entity(b []byte) (byte, int) {
	end := bytes.IndexByte(b[:min(len(b), 10)], ';')
	if end < 3 {
		return b[0], 1
	}
	switch name := b[1:end]; {
	case name[0] == '#' && (name[1] == 'x' || name[1] == 'X'):
		return number(b, 3, end, 16, end+1)
	case name[0] == '#':
		return number(b, 2, end, 10, end+1)
	case string(name) == "amp":
		return '&', end + 1
	case string(name) == "lt":
		return '<', end + 1
	case string(name) == "gt":
		return '>', end + 1
	case string(name) == "quot":
		return '"', end + 1
	case string(name) == "apos":
		return '\'', end + 1
	}
	return b[0], 1
}

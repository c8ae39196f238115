package serve

import (
	"bytes"
	"encoding/json"
)

// repeated returns a name that stands twice in one object of a JSON value; empty
// for none. The last one would count without a word: another program may show its
// user the first. Names are the same as the decoder has them, in whatever case.
//
// The value has to be JSON, of which the decoder knew every name: so no object
// has many.
func repeated(raw []byte) string {
	var open []int     // of each object and array that is open, how many names there were before it
	var names [][]byte // of those that are open
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '{', '[':
			open = append(open, len(names))
		case '}', ']':
			names = names[:open[len(open)-1]]
			open = open[:len(open)-1]
		case '"':
			quoted := raw[i : i+lengthOfString(raw[i:])]
			i += len(quoted) - 1
			if rest := bytes.TrimLeft(raw[i+1:], " \t\r\n"); len(rest) == 0 || rest[0] != ':' {
				continue // a value
			}
			name := unquoted(quoted)
			for _, other := range names[open[len(open)-1]:] {
				if bytes.EqualFold(name, other) {
					return string(name)
				}
			}
			names = append(names, name)
		}
	}
	return ""
}

// lengthOfString returns how long a JSON string is that b begins with, with its
// quotes.
func lengthOfString(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}

// unquoted returns what a JSON string says.
func unquoted(b []byte) []byte {
	if bytes.IndexByte(b, '\\') < 0 {
		return b[1 : len(b)-1]
	}
	var s string
	_ = json.Unmarshal(b, &s) // it is one
	return []byte(s)
}

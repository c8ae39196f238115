package serve

import (
	"bytes"
	"encoding/json"
	"strings"
)

// nesting is an object or an array of a JSON value that is being read.
type nesting struct {
	names map[string]bool // those that have come, of an object; nil for an array
	value bool            // of an object: what comes next is a value
}

// repeated returns a name that stands twice in one object of a JSON value; empty
// for none. The last one would count without a word: another program may show its
// user the first. Names are the same as the decoder has them, in whatever case.
func repeated(raw []byte) string {
	d := json.NewDecoder(bytes.NewReader(raw))
	var open []nesting
	for {
		token, err := d.Token()
		if err != nil {
			return ""
		}
		delim, _ := token.(json.Delim)
		if delim == '}' || delim == ']' {
			open = open[:len(open)-1]
			continue
		}
		if in := len(open) - 1; in >= 0 && open[in].names != nil {
			if name, ok := token.(string); ok && !open[in].value {
				folded := strings.ToLower(strings.ToUpper(name))
				if open[in].names[folded] {
					return name
				}
				open[in].names[folded], open[in].value = true, true
				continue
			}
			open[in].value = false
		}
		switch delim {
		case '{':
			open = append(open, nesting{names: map[string]bool{}})
		case '[':
			open = append(open, nesting{})
		}
	}
}

// Package names says who is on the line of a recording: in the names that the
// settings give to numbers, else in the numbers, masked where they are to be.
//
// The list, the detail pane, the header and every question take who is on the
// line from [View], so that one call is named the same everywhere.
package names

import (
	"maps"
	"slices"
	"strings"

	"tapedeck/api/text"
)

// Names are names for numbers and addresses. The zero value has none. It never
// changes.
type Names struct {
	by map[string]string // by the key of the number
}

// New returns the names of a map by number, as a person wrote the numbers:
// +15125550128, 1 512 555 0128 and (512) 555-0128 are one number. What is no
// number, such as sip:agent7@example.com, is a name of its own, whatever its
// case. Of two entries for one number the one with a + counts.
func New(byNumber map[string]string) Names {
	n := Names{by: make(map[string]string, len(byNumber))}
	for _, number := range slices.Sorted(maps.Keys(byNumber)) { // so that it is always the same one
		key, name := keyOf(number), strings.TrimSpace(text.New(byNumber[number]).String())
		if _, taken := n.by[key]; key != "" && name != "" && (!taken || strings.HasPrefix(strings.TrimSpace(number), "+")) {
			n.by[key] = name
		}
	}
	return n
}

// IsZero reports whether there is no name.
func (n Names) IsZero() bool { return len(n.by) == 0 }

// Lookup returns the name of a number or an address in any form that [New]
// reads; empty for none. A SIP address has the name of its number where it has
// none of its own.
func (n Names) Lookup(number string) string {
	if len(n.by) == 0 || number == "" {
		return ""
	}
	if name, ok := n.by[keyOf(number)]; ok {
		return name
	}
	scheme, rest, ok := strings.Cut(number, ":")
	if !ok || !strings.EqualFold(scheme, "sip") && !strings.EqualFold(scheme, "sips") && !strings.EqualFold(scheme, "tel") {
		return ""
	}
	user, _, _ := strings.Cut(rest, "@")
	user, _, _ = strings.Cut(user, ";")
	if !isNumber(user) {
		return ""
	}
	return n.by[keyOf(user)]
}

// Either returns the name of the first of two forms of one number that has one.
func (n Names) Either(came, shown text.Text) string {
	if len(n.by) == 0 {
		return ""
	}
	if name := n.Lookup(came.String()); name != "" || came == shown {
		return name
	}
	return n.Lookup(shown.String())
}

// keyOf returns a number's digits with the country code, and of anything else
// its lower case. A number of ten digits that has no + is one of North America,
// as the API formats them.
func keyOf(s string) string {
	s = strings.TrimSpace(s)
	if !isNumber(s) {
		return strings.ToLower(s)
	}
	digits := strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, s)
	switch {
	case strings.HasPrefix(s, "+"):
		return digits
	case strings.HasPrefix(digits, "011") && len(digits) > 10:
		return digits[len("011"):]
	case strings.HasPrefix(digits, "00") && len(digits) > 9:
		return digits[len("00"):]
	case len(digits) == 10 && digits[0] >= '2':
		return "1" + digits
	}
	return digits
}

// isNumber reports whether s is digits and what is put between them, however
// punctuated.
func isNumber(s string) bool {
	return strings.ContainsAny(s, "0123456789") && strings.Trim(s, "0123456789+()-./ ") == ""
}

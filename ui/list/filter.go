package list

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// Filter says which rows are shown: those that all its terms match. The zero
// value matches every row.
type Filter struct {
	source string
	terms  []term
	timed  bool // what matches depends on the time
}

// term is one condition of a filter.
type term struct {
	not   bool
	timed bool
	word  wanted // what is looked for in every field; zero for another term
	match matcher
}

// matcher reports whether a row meets a condition.
type matcher func(r *row, in *matching) bool

// matching is what rows are matched with. What has to be made for that is made
// in hay.
type matching struct {
	now   time.Time // the server's
	actor string    // who "me" is
	hay   hay
}

// matching returns what rows are matched with now.
func (m *Model) matching() *matching {
	return &matching{now: m.asOf, actor: m.actor, hay: hay{names: m.names}}
}

// String returns the filter as it was typed.
func (f Filter) String() string { return f.source }

// IsZero reports whether the filter matches every row.
func (f Filter) IsZero() bool { return len(f.terms) == 0 }

// match reports whether a row is shown.
func (f Filter) match(r *row, in *matching) bool {
	for _, t := range f.terms {
		if t.match(r, in) == t.not {
			return false
		}
	}
	return true
}

// ParseFilter reads a filter as a person types it. Words match any field,
// whatever their case, and numbers whichever way they are punctuated;
// "several words" are matched as they stand. [FilterTerms] has the terms that
// look into one field only. A ! before any of them turns it round. A word that
// looks like a term and is none is an error; in quotes it is a word.
func ParseFilter(s string) (Filter, error) {
	words, err := splitWords(s)
	if err != nil {
		return Filter{}, err
	}
	f := Filter{source: strings.TrimSpace(s)}
	for _, w := range words {
		t, err := parseTerm(w)
		if err != nil {
			return Filter{}, err
		}
		f.terms = append(f.terms, t)
		f.timed = f.timed || t.timed
	}
	return f, nil
}

// word is a word of a filter: what came before the first quote, and all of it
// without quotes.
type word struct {
	bare string // up to the first quote; the prefixes are looked for in it
	text string
}

// splitWords splits at spaces that are not within quotes.
func splitWords(s string) ([]word, error) {
	var words []word
	var text, bare strings.Builder
	begun, quoted, sawQuote := false, false, false
	end := func() {
		if begun {
			words = append(words, word{bare: bare.String(), text: text.String()})
		}
		text.Reset()
		bare.Reset()
		begun, sawQuote = false, false
	}
	for _, r := range s {
		switch {
		case r == '"':
			begun, quoted, sawQuote = true, !quoted, true
		case unicode.IsSpace(r) && !quoted:
			end()
		default:
			begun = true
			text.WriteRune(r)
			if !sawQuote {
				bare.WriteRune(r)
			}
		}
	}
	if quoted {
		return nil, fmt.Errorf(`the filter has a " that is not closed`)
	}
	end()
	return words, nil
}

// parseTerm reads a word of a filter: a term of [FilterTerms], or what is looked
// for in every field.
func parseTerm(w word) (term, error) {
	var t term
	if strings.HasPrefix(w.bare, "!") {
		t.not = true
		w.bare, w.text = w.bare[1:], w.text[1:]
	}
	if w.text == "" {
		return t, fmt.Errorf(`an empty word matches nothing: write !word or "some words"`)
	}
	name, op := prefix(w.bare)
	kind, ok := terms[name]
	var err error
	switch {
	case ok && op != 0:
		t.timed = kind.timed
		t.match, err = kind.parse(op, w.text[len(name)+1:])
	case op == 0 || op == '=' || schemes[name]:
		t.word = newWanted(w.text)
		t.match = t.word.match
	default:
		err = unknownTerm(name, op)
	}
	return t, err
}

// prefix returns the letters that a word begins with, in lower case, and the
// sign after them that makes it a term; 0 for a word that is none.
func prefix(s string) (name string, op byte) {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
		case i > 0 && strings.IndexByte(":<>=", c) >= 0:
			return strings.ToLower(s[:i]), c
		default:
			return "", 0
		}
	}
	return "", 0
}

// wanted is a text that is looked for, and its digits where it is a number.
type wanted struct{ lower, digits string }

func newWanted(s string) wanted {
	w := wanted{lower: strings.ToLower(s)}
	if strings.Trim(s, "0123456789()+-./ ") == "" {
		var digits []byte
		if appendDigits(&digits, s); len(digits) >= 3 {
			w.digits = string(digits)
		}
	}
	return w
}

// match matches a word in any field, and a number by its digits alone.
func (w wanted) match(r *row, in *matching) bool {
	h := r.haystack(&in.hay)
	return strings.Contains(h.fields, w.lower) || w.digits != "" && strings.Contains(h.numbers, w.digits)
}

// in reports whether a text holds what is wanted, whatever its case, or a
// number its digits.
func (w wanted) in(s string) bool {
	if strings.Contains(strings.ToLower(s), w.lower) {
		return true
	}
	if w.digits == "" {
		return false
	}
	var buf [32]byte
	digits := buf[:0]
	appendDigits(&digits, s)
	return strings.Contains(string(digits), w.digits)
}

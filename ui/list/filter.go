package list

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"tapedeck/ui/theme"
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
	match func(r *row, now time.Time, h *hay) bool
}

// String returns the filter as it was typed.
func (f Filter) String() string { return f.source }

// IsZero reports whether the filter matches every row.
func (f Filter) IsZero() bool { return len(f.terms) == 0 }

// match reports whether a row is shown at the server's time now. What it has to
// make for that is made in h.
func (f Filter) match(r *row, now time.Time, h *hay) bool {
	for _, t := range f.terms {
		if t.match(r, now, h) == t.not {
			return false
		}
	}
	return true
}

// ParseFilter reads a filter as a person types it. Words match any field,
// whatever their case, and numbers whichever way they are punctuated;
// "several words" are matched as they stand. status:paused matches the status,
// in the API's word or the screen's, from its beginning; age>10m and age<2h
// match how long a recording has run. A ! before any of them turns it round.
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

func parseTerm(w word) (term, error) {
	var t term
	if strings.HasPrefix(w.bare, "!") {
		t.not = true
		w.bare, w.text = w.bare[1:], w.text[1:]
	}
	bare := strings.ToLower(w.bare)
	var err error
	switch {
	case w.text == "":
		return t, fmt.Errorf(`an empty word matches nothing: write !word or "some words"`)
	case strings.HasPrefix(bare, "status:"):
		t.match, err = matchStatus(w.text[len("status:"):])
	case strings.HasPrefix(bare, "age>"), strings.HasPrefix(bare, "age<"),
		strings.HasPrefix(bare, "age="), strings.HasPrefix(bare, "age:"):
		t.timed = true
		t.match, err = matchAge(w.text[len("age"):])
	default:
		t.match = matchWord(w.text)
	}
	return t, err
}

// matchStatus matches the beginning of the API's or the screen's word.
func matchStatus(want string) (func(*row, time.Time, *hay) bool, error) {
	want = strings.ToLower(strings.TrimSpace(want))
	if want == "" {
		return nil, fmt.Errorf("status: needs a value, such as status:paused or status:rec")
	}
	return func(r *row, _ time.Time, _ *hay) bool {
		status := string(r.rec.Status)
		return strings.HasPrefix(strings.ToLower(status), want) ||
			strings.HasPrefix(strings.ToLower(theme.Word(status, r.rec.Gone)), want)
	}, nil
}

// matchAge matches how long a recording has run; one of unknown age never.
func matchAge(cond string) (func(*row, time.Time, *hay) bool, error) {
	op := cond[:1]
	if op != "<" && op != ">" {
		return nil, fmt.Errorf("age needs > or <, such as age>10m or age<2h")
	}
	limit, err := parseAge(strings.TrimPrefix(cond[1:], "="))
	if err != nil {
		return nil, err
	}
	return func(r *row, now time.Time, _ *hay) bool {
		d, ok := r.running(now)
		if op == "<" {
			return ok && d < limit
		}
		return ok && d > limit
	}, nil
}

// parseAge reads 90s, 10m, 1h30m or 2d.
func parseAge(s string) (time.Duration, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.ParseUint(days, 10, 16); err == nil {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 || s == "0" {
		return 0, fmt.Errorf("age %q is no duration: write 90s, 10m, 2h or 1d", s)
	}
	return d, nil
}

// matchWord matches a word in any field, and a number by its digits alone.
func matchWord(w string) func(*row, time.Time, *hay) bool {
	want, number := strings.ToLower(w), ""
	if strings.Trim(w, "0123456789()+-./ ") == "" {
		var digits []byte
		if appendDigits(&digits, w); len(digits) >= 3 {
			number = string(digits)
		}
	}
	return func(r *row, _ time.Time, h *hay) bool {
		in := r.haystack(h)
		return strings.Contains(in.fields, want) || number != "" && strings.Contains(in.numbers, number)
	}
}

package list

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tapedeck/api"
	"tapedeck/ui/theme"
	"tapedeck/ui/times"
)

// termKind is a kind of term: what stands before its sign, and what reads the
// sign and the value after it.
type termKind struct {
	example string // with a value, for help and errors
	does    string
	timed   bool // what matches depends on the time
	parse   func(op byte, value string) (matcher, error)
}

// terms are the terms that look into one field, by name.
var terms = map[string]termKind{
	"status": {
		example: "status:paused", does: "the status begins with this, in the API's word or the screen's",
		parse: withValue("status:paused or status:rec", matchStatus),
	},
	"by": {
		example: "by:me", does: "paused by this person, or theirs was the last request; by:me is you, by:al also finds alice",
		parse: withValue("by:me or by:alice", matchActor),
	},
	"sid": {
		example: "sid:8142", does: "the SID of the recording, its call or its conference begins or ends with this",
		parse: withValue("sid:8142", matchSID),
	},
	"from": {
		example: "from:0142", does: "the number, its name or the caller's name on the From side has this",
		parse: withValue("from:0142", matchParty(false)),
	},
	"to": {
		example: "to:agent7", does: "the number or its name on the To side has this",
		parse: withValue("to:agent7", matchParty(true)),
	},
	"kind": {
		example: "kind:conference", does: "recordings of a call, or of a conference",
		parse: withValue("kind:call or kind:conference", matchKind),
	},
	"project": {
		example: "project:6a1f", does: "the project's ID begins or ends with this",
		parse: withValue("project:6a1f", matchProject),
	},
	"age": {
		example: "age>10m", does: "running for longer than this; age<2h for less; 90s, 1h30m, 2d",
		timed: true, parse: withDuration("age", (*row).running),
	},
	"paused": {
		example: "paused>1m", does: "paused for longer than this; paused<30s for less",
		timed: true, parse: withDuration("paused", (*row).pausedFor),
	},
}

// termOrder is the order of the terms in the help.
var termOrder = []string{"status", "by", "paused", "age", "sid", "from", "to", "kind", "project"}

// schemes are how addresses begin that look like a term: they are words.
var schemes = map[string]bool{
	"sip": true, "sips": true, "tel": true, "client": true, "verto": true,
	"http": true, "https": true, "ws": true, "wss": true, "mailto": true,
}

// FilterTerm is a term of the filter for the help: an example, and what it
// matches.
type FilterTerm struct{ Example, Does string }

// FilterTerms returns every term that looks into one field.
func FilterTerms() []FilterTerm {
	var out []FilterTerm
	for _, name := range termOrder {
		out = append(out, FilterTerm{terms[name].example, terms[name].does})
	}
	return out
}

// unknownTerm is the error for a term that there is none of.
func unknownTerm(name string, op byte) error {
	near, least := "", len(name)/2+2
	for _, known := range slices.Sorted(maps.Keys(terms)) {
		if d := distance(name, known); d < least {
			near, least = known, d
		}
	}
	if near == "" {
		return fmt.Errorf(`%s%c is not a filter term (status: by: sid: from: to: kind: project: age> paused>); "quotes" make it a word`, name, op)
	}
	sign := ":"
	if terms[near].timed {
		sign = ">"
	}
	return fmt.Errorf(`%s%c is not a filter term: did you mean %s%s? "quotes" make it a word`, name, op, near, sign)
}

// distance counts the letters to add, drop or change to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// withValue reads a term with a colon and a value.
func withValue(examples string, match func(value string) (matcher, error)) func(byte, string) (matcher, error) {
	name, _, _ := strings.Cut(examples, ":")
	return func(op byte, value string) (matcher, error) {
		if op != ':' {
			return nil, fmt.Errorf("%s needs a colon, such as %s", name, examples)
		}
		if value = strings.ToLower(strings.TrimSpace(value)); value == "" {
			return nil, fmt.Errorf("%s: needs a value, such as %s", name, examples)
		}
		return match(value)
	}
}

// withDuration reads a term that compares a time of a row; a row without that
// time never matches.
func withDuration(name string, of func(*row, time.Time) (time.Duration, bool)) func(byte, string) (matcher, error) {
	return func(op byte, value string) (matcher, error) {
		if op != '<' && op != '>' {
			return nil, fmt.Errorf("%s needs > or <, such as %s>10m or %s<2h", name, name, name)
		}
		value = strings.TrimPrefix(value, "=")
		if strings.TrimSpace(value) == "" {
			return nil, fmt.Errorf("%s%c needs a duration: 90s, 10m, 2h or 1d", name, op)
		}
		limit, err := parseDuration(value)
		if err != nil {
			return nil, fmt.Errorf("%s%c%w", name, op, err)
		}
		return func(r *row, in *matching) bool {
			d, ok := of(r, in.now)
			if op == '<' {
				return ok && d < limit
			}
			return ok && d > limit
		}, nil
	}
}

// parseDuration reads 90s, 10m, 1h30m or 2d.
func parseDuration(s string) (time.Duration, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	d, ok := times.Parse(s)
	if !ok || d < 0 || s == "0" {
		return 0, fmt.Errorf("%s is not a duration: write 90s, 10m, 2h or 1d", s)
	}
	return d, nil
}

// pausedFor returns for how long the recording has been paused at the server's
// time now; ok is false where it is not.
func (r *row) pausedFor(now time.Time) (d time.Duration, ok bool) {
	return r.rec.Pause.For(now), r.paused && r.since != unset
}

// matchStatus matches the beginning of the API's or the screen's word.
func matchStatus(want string) (matcher, error) {
	return func(r *row, _ *matching) bool {
		if r.lack != nil {
			return strings.HasPrefix("no rec", want) || strings.HasPrefix("norec", want)
		}
		status := string(r.rec.Status)
		return strings.HasPrefix(strings.ToLower(status), want) ||
			strings.HasPrefix(strings.ToLower(theme.Word(status, r.rec.Gone)), want)
	}, nil
}

// matchActor matches the beginning of who paused a recording or made the last
// request for it; me is the session's actor.
func matchActor(want string) (matcher, error) {
	return func(r *row, in *matching) bool {
		is := func(actor string) bool {
			if want == "me" {
				return actor != "" && actor == in.actor
			}
			return len(actor) >= len(want) && strings.HasPrefix(strings.ToLower(actor), want)
		}
		return is(r.rec.Pause.Actor) || r.rec.Update != nil && is(r.rec.Update.Request.Actor.Name())
	}, nil
}

// matchSID matches an end of the recording's, the call's or the conference's
// SID. The … that the screen writes before a short SID may stand before it.
func matchSID(want string) (matcher, error) {
	want = strings.TrimLeft(want, "….")
	if want == "" {
		return nil, fmt.Errorf("sid: needs a value, such as sid:8142")
	}
	return func(r *row, _ *matching) bool {
		return isEnd(r.rec.SID.String(), want) || isEnd(r.rec.CallSID.String(), want) || isEnd(r.rec.ConferenceSID.String(), want)
	}, nil
}

// matchProject matches an end of the project's ID, or of its profile's name.
func matchProject(want string) (matcher, error) {
	return func(r *row, _ *matching) bool {
		return isEnd(r.rec.AccountSID.String(), want) || isEnd(r.rec.Profile, want)
	}, nil
}

// isEnd reports whether s begins or ends with want, which is in lower case.
func isEnd(s, want string) bool {
	if len(s) < len(want) {
		return false
	}
	return strings.EqualFold(s[:len(want)], want) || strings.EqualFold(s[len(s)-len(want):], want)
}

// matchKind matches calls or conferences.
func matchKind(want string) (matcher, error) {
	conference := strings.HasPrefix("conference", want)
	if call := strings.HasPrefix("call", want); call == conference { // also c, which is both
		return nil, fmt.Errorf("kind is call or conference: write kind:call or kind:conference")
	}
	return func(r *row, _ *matching) bool { return r.rec.IsConference() == conference }, nil
}

// matchParty matches the numbers and names on one side of the call, or of the
// calls in the conference.
func matchParty(to bool) func(want string) (matcher, error) {
	return func(want string) (matcher, error) {
		w := newWanted(want)
		on := func(c *api.Call, in *matching) bool {
			came, formatted, caller := c.From, c.FromFormatted, c.CallerName.String()
			if to {
				came, formatted, caller = c.To, c.ToFormatted, ""
			}
			return w.in(came.String()) || w.in(formatted.String()) || w.in(caller) || w.in(in.hay.names.Either(came, formatted))
		}
		return func(r *row, in *matching) bool {
			if r.rec.Call != nil && on(r.rec.Call, in) {
				return true
			}
			for _, p := range r.rec.Participants {
				if p.Call != nil && on(p.Call, in) {
					return true
				}
			}
			return false
		}, nil
	}
}

package list

import (
	"time"

	"tapedeck/api/deck"
	"tapedeck/ui/theme"
)

// noteFor is how long a row shows that an update of it went wrong.
const noteFor = time.Minute

// note is what a row says of the last update: a sign, and a word for it where
// there is room.
type note struct {
	sign, word string
	role       theme.Role
}

// doing is the word for an update that is under way.
var doing = map[string]string{"pause": "pausing", "resume": "resuming", "stop": "stopping"}

// noteOf returns what a row says of an update at the local time now: that it is
// under way, or for a while that it went wrong. It says nothing of one that
// went well, for the status says it.
func noteOf(p *deck.Progress, now time.Time, sym theme.Symbols) note {
	if p == nil {
		return note{}
	}
	n := note{word: string(p.Outcome)}
	if !p.Settled {
		n.word = p.Request.Verb()
		if w, ok := doing[n.word]; ok {
			n.word = w
		}
	} else if now.Sub(p.Done) >= noteFor {
		return note{}
	}
	switch p.Outcome {
	case deck.Failed, deck.Contradicted:
		n.sign, n.role = "!", theme.Bad
	case deck.Unknown:
		n.sign, n.role = "?", theme.Warn
	default:
		if p.Settled {
			return note{}
		}
		n.sign, n.role = sym.Busy, theme.Changed
	}
	return n
}

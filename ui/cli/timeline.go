package cli

import (
	"strings"
	"time"

	"tapedeck/api/deck"
)

// edgeJSON is an edge of a timeline.
type edgeJSON struct {
	At    time.Time `json:"at"`
	Kind  string    `json:"kind"`
	Exact bool      `json:"exact"`
}

// timeline returns what the recording did, as far as it was seen; not nil. While
// the data is stale it ends with the last complete poll.
func (s row) timeline() []edgeJSON {
	out := []edgeJSON{}
	for e := range s.Timeline.Edges() {
		out = append(out, edgeJSON{e.At, e.Kind.String(), e.Exact})
	}
	h := s.snapshot.Health
	if !s.Active() || len(out) == 0 || h.Phase(s.now) != deck.Stale || h.Complete.IsZero() {
		return out
	}
	unknown := deck.NotKnown.String()
	at := *utc(h.Complete.Round(0).Add(s.snapshot.OffsetAt(s.now)))
	if last := out[len(out)-1]; last.Kind != unknown && !at.Before(last.At) {
		out = append(out, edgeJSON{At: at, Kind: unknown})
	}
	return out
}

// timelineWords returns the timeline as one line: each kind with the time from
// which it was so, and a ~ where that is not exact.
func (s row) timelineWords() string {
	var out []string
	for _, e := range s.timeline() {
		at := e.At.Format(time.RFC3339)
		if !e.Exact {
			at = "~" + at
		}
		out = append(out, e.Kind+" "+at)
	}
	return strings.Join(out, ", ")
}

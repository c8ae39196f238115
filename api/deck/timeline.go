package deck

import (
	"encoding/binary"
	"iter"
	"strconv"
	"strings"
	"time"
)

// EdgeKind is what begins at an edge of a [Timeline].
type EdgeKind uint8

// The kinds. The zero value claims nothing.
const (
	NotKnown      EdgeKind = iota // nobody here saw what it did: before the first look, or while the data was stale
	Recorded                      // it recorded
	WithSilence                   // it was paused, and the file has silence for that time
	WithSkip                      // it was paused, and the file leaves that time out
	PausedSomehow                 // it was paused, and nobody knows with what
	Over                          // it has ended
	edgeKinds
)

// kindWords are the kinds as JSON and the help have them.
var kindWords = [edgeKinds]string{"unknown", "recorded", "silence", "skip", "paused", "ended"}

// String returns the kind as JSON has it: unknown, recorded, silence, skip,
// paused or ended.
func (k EdgeKind) String() string {
	if k >= edgeKinds {
		k = NotKnown
	}
	return kindWords[k]
}

// Pauses reports whether the recording was paused from the edge on.
func (k EdgeKind) Pauses() bool { return k == WithSilence || k == WithSkip || k == PausedSomehow }

// Edge is where something else begins in a [Timeline].
type Edge struct {
	At   time.Time // by the server's clock, in UTC, to the millisecond
	Kind EdgeKind  // what begins
	// Exact: the API has dated the change, to the second, or has answered an update
	// of this deck. Otherwise it was so from At on, and may have been so a little
	// earlier: At is when somebody looked, or a pause was older than that.
	Exact bool
}

// Timeline says what a recording did, and when, as far as somebody here saw it:
// its edges, in order. It claims nothing else: what was before the first look,
// and while no look came for too long, is [NotKnown]. It never changes, and two
// that are equal say the same. The zero value knows nothing.
//
// The bytes are its own form, some 4 for each edge; read it with
// [Timeline.Edges].
type Timeline string

// maxEdges is how many edges a timeline has at most; of more, what the oldest
// said is not known any more.
const maxEdges = 250

// edge is an edge as it is held.
type edge struct {
	at   int64 // ms since 1970
	kind EdgeKind
	marks
}

// marks say where the time of an edge is from.
type marks uint8

const (
	exact    marks = 1 << iota // see [Edge]
	looked                     // it is when a look came, and moves with what is known of the server's clock
	goesOn                     // a gap has ended, and the pause before it goes on
	allMarks = exact | looked | goesOn
)

func (m marks) has(n marks) bool { return m&n != 0 }

// Edges returns the edges, the oldest first.
func (t Timeline) Edges() iter.Seq[Edge] {
	return func(yield func(Edge) bool) {
		for e := range t.edges {
			if !yield(Edge{At: time.UnixMilli(e.at).UTC(), Kind: e.kind, Exact: e.has(exact)}) {
				return
			}
		}
	}
}

// edges calls yield with each edge.
func (t Timeline) edges(yield func(edge) bool) {
	at := int64(0)
	for s := t; len(s) > 0; {
		e := edge{kind: EdgeKind(s[0] & 7), marks: marks(s[0] >> 3)}
		later, n := uvarint(s[1:])
		at += int64(later)
		e.at = at
		if s = s[1+n:]; !yield(e) {
			return
		}
	}
}

// uvarint is [binary.Uvarint] of what encode has written, without a copy.
func uvarint(s Timeline) (v uint64, n int) {
	for shift := 0; n < len(s); shift += 7 {
		b := s[n]
		n++
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			break
		}
	}
	return v, n
}

// list returns the edges, with room for two more.
func (t Timeline) list() []edge {
	out := make([]edge, 0, len(t)/3+3)
	for e := range t.edges {
		out = append(out, e)
	}
	return out
}

// last returns the last edge; the zero one where there is none.
func (t Timeline) last() (last edge) {
	for e := range t.edges {
		last = e
	}
	return last
}

// encode returns a timeline of edges, of which none is before the one that it
// follows.
func encode(list []edge) Timeline {
	if over := len(list) - maxEdges; over > 0 {
		from := list[0].at
		list = list[over+maxEdges/2:]
		if list[0].kind != NotKnown {
			list = append([]edge{{at: from, marks: exact}}, list...)
		}
	}
	b, at := make([]byte, 0, 8+5*len(list)), int64(0)
	for _, e := range list {
		b = append(b, byte(e.kind)|byte(e.marks)<<3)
		b = binary.AppendUvarint(b, uint64(e.at-at))
		at = e.at
	}
	return Timeline(b)
}

// then returns the edges with one more. One at the same time as the last takes
// its place, one that is earlier is put after it, and one that changes nothing
// is left out.
func then(list []edge, e edge) []edge {
	if n := len(list); n > 0 {
		if e.at = max(e.at, list[n-1].at); e.at == list[n-1].at {
			list = list[:n-1]
		}
	}
	e.at = max(e.at, 0)
	if n := len(list); n > 0 && list[n-1].kind == e.kind {
		return list
	}
	return append(list, e)
}

// thenDated returns the edges with one that the API has dated: what looks said
// of the time after it was old already when they came.
func thenDated(list []edge, e edge) []edge {
	for n := len(list); n > 0 && list[n-1].at > e.at; n-- {
		list = list[:n-1]
	}
	return then(list, e)
}

// String returns the timeline as the wire and the files have it: for each edge
// the first letter of its kind (k for skip), a ~ where it is not exact, and the
// milliseconds since the one before, or since 1970.
func (t Timeline) String() string {
	var b []byte
	at := int64(0)
	for e := range t.edges {
		if b = append(b, kindLetters[e.kind]); !e.has(exact) {
			b = append(b, '~')
		}
		if e.has(looked) {
			b = append(b, '.')
		}
		if e.has(goesOn) {
			b = append(b, '>')
		}
		b = strconv.AppendInt(b, e.at-at, 10)
		at = e.at
	}
	return string(b)
}

const kindLetters = "urskpe"

// ParseTimeline reads what [Timeline.String] has written. What it cannot read
// ends it.
func ParseTimeline(s string) Timeline {
	var list []edge
	at := int64(0)
	for len(s) > 0 && len(list) < maxEdges {
		kind := strings.IndexByte(kindLetters, s[0])
		if kind < 0 {
			break
		}
		e := edge{kind: EdgeKind(kind), marks: exact}
		s = s[1:]
		for _, m := range []struct {
			sign string
			mark marks
		}{{"~", exact}, {".", looked}, {">", goesOn}} {
			if rest, ok := strings.CutPrefix(s, m.sign); ok {
				s, e.marks = rest, e.marks^m.mark
			}
		}
		n := 0
		for n < len(s) && '0' <= s[n] && s[n] <= '9' {
			n++
		}
		later, err := strconv.ParseInt(s[:n], 10, 64)
		if s = s[n:]; err != nil || later > lastMilli-at {
			break
		}
		at += later
		e.at = at
		list = append(list, e)
	}
	if len(list) == 0 {
		return ""
	}
	return encode(list)
}

// lastMilli is the latest time that an edge may have: that of RFC 3339.
var lastMilli = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).UnixMilli()

package list

import (
	"math"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/ui/names"
	"tapedeck/ui/theme"
)

// A row is a recording and what was worked out for it. It is made once for
// each state of a recording, and lives as long as that.
type row struct {
	rec  *deck.Recording
	lack *deck.Unrecorded // what it is about where there is no recording; rec only stands for it

	// Together, for there may be thousands of rows.
	paused  bool
	acked   bool // its alarm is acknowledged, and silent
	matches bool // the result of matched
	fresh   byte // the sign of what is new of it; 0 for nothing

	since, began, update int64 // in ms; unset for none
	short                int   // bytes of the SID that tell it apart

	level   deck.Level       // how much its pause wants attention; see SetLevels
	trouble deck.TroubleKind // why it records though a pause was asked for; empty for none, and once acknowledged

	key       sortKey   // for the order chosen
	who       string    // who in lower case, for the order; made when needed
	fit       fitted    // who as it is shown; made when it is first visible
	siblings  [2]string // that a sibling still records, in words and in short; made when needed
	freshAt   int64     // local time when fresh came, in ms
	seenEnded int64     // server's time when it was seen to have ended, in ms; 0 while active

	hay   atomic.Pointer[haystack] // made when needed, or before that by [Model.Prepare]
	found *found                   // where the filter's words are; made when it is visible

	at      int    // its place in the snapshot it came with last
	seen    uint64 // the number of that snapshot
	now     *row   // what took its place, for a recording that has changed
	alike   *row   // the next one whose SID ends alike
	prev    *row   // the one before, of those
	matched uint64 // the filter that it was matched against last
}

// fitted is text cut to its column in a layout.
type fitted struct {
	layout *layout
	whole  int // cells it takes where there is room for all of it
	text   string
	room   int32 // cells there were for it
	cells  int32
}

const unset = math.MinInt64

func newRow(rec *deck.Recording) *row {
	r := &row{rec: rec, paused: rec.Paused(), short: shortLen}
	if t := rec.Trouble; rec.Active() && t.Standing() {
		r.trouble = t.Kind
	}
	r.since, r.began, r.update = ms(rec.Pause.Since), ms(rec.Began()), ms(rec.Updated)
	return r
}

// urgency ranks the rows that alarm: a recording that was to be paused and is
// not, one that others resumed, a pause that alarms; 0 is for every other.
func (r *row) urgency() int {
	switch {
	case r.trouble == deck.NotPaused:
		return 3
	case r.trouble != "":
		return 2
	case r.level == deck.Alarm:
		return 1
	}
	return 0
}

func ms(t time.Time) int64 {
	if t.IsZero() {
		return unset
	}
	return t.UnixMilli()
}

// running returns for how long the recording has run at the server's time now;
// once it has ended, how long it was. ok is false where nobody knows.
func (r *row) running(now time.Time) (d time.Duration, ok bool) {
	began := r.rec.Began()
	if r.rec.Active() {
		return max(0, now.Sub(began)), !began.IsZero()
	}
	if !began.IsZero() && !r.rec.End.IsZero() && !r.rec.End.Before(began) {
		return r.rec.End.Sub(began), true
	}
	switch {
	case r.rec.Gone:
		return 0, false // nothing says when it ended
	case r.rec.Duration > 0:
		return r.rec.Duration, r.rec.HasDuration
	case !began.IsZero() && r.rec.Updated.After(began):
		return r.rec.Updated.Sub(began), true // just stopped: its end is not there yet, and the stop was its last change
	case !began.IsZero() && r.seenEnded > r.began:
		return time.Duration(r.seenEnded-r.began) * time.Millisecond, true // nothing says it better
	}
	return 0, false
}

// shortSID returns the SID's last characters, as many as tell it apart.
func (r *row) shortSID() string { return lastBytes(r.sid(), r.short) }

// whoKey returns who is recorded, for the order.
func (r *row) whoKey() string {
	if r.who == "" {
		c, f := r.rec.Call, r.rec.Conference
		switch {
		case f != nil:
			r.who = strings.ToLower(f.FriendlyName.String())
		case c != nil:
			r.who = strings.ToLower(c.FromShown().String() + " " + c.ToShown().String())
		}
	}
	return r.who
}

// haystack is what the filter looks for words in.
type haystack struct {
	fields  string // every field, shown or hidden, in lower case, one a line
	numbers string // the digits of every number, one a line
}

// haystack returns the row's, which is made in h where there is none. Several
// goroutines may call it, each with its own h.
func (r *row) haystack(h *hay) *haystack {
	if made := r.hay.Load(); made != nil {
		return made
	}
	h.lack = r.lack
	r.hay.CompareAndSwap(nil, h.of(r.rec))
	return r.hay.Load()
}

// of returns the haystack of a recording, or of what it stands for. It allocates
// only that, for there may be ten thousand to make at once.
func (h *hay) of(r *deck.Recording) *haystack {
	h.fields, h.numbers = r.AppendValues(h.fields[:0]), h.numbers[:0]
	if h.lack != nil {
		eachTextOf(h.lack, h.add)
	}
	eachText(r, h.names, h.add)
	plain := true
	for i, c := range h.fields {
		if 'A' <= c && c <= 'Z' {
			h.fields[i] = c + 'a' - 'A'
		}
		plain = plain && c < utf8.RuneSelf
	}
	n := len(h.fields)
	h.fields = append(h.fields, h.numbers...)
	all := string(h.fields)
	if plain {
		return &haystack{fields: all[:n], numbers: all[n:]}
	}
	return &haystack{fields: strings.ToLower(all[:n]), numbers: all[n:]}
}

// hay collects texts and numbers, one a line. It can be used again.
type hay struct {
	names           names.Names
	lack            *deck.Unrecorded // what the next recording stands for; nil for one that is one
	fields, numbers []byte
}

// add adds a text, and of a number its digits too.
func (h *hay) add(_, s string, number bool) {
	if s == "" {
		return
	}
	h.fields = append(append(h.fields, s...), '\n')
	if !number {
		return
	}
	if n := len(h.numbers); appendDigits(&h.numbers, s) {
		h.numbers = append(h.numbers, '\n')
	} else {
		h.numbers = h.numbers[:n]
	}
}

// eachText calls put with every text that is known of a recording beside the
// fields of its resource: the name of its field as the detail pane has it, and
// whether it may hold a number. Some are empty.
func eachText(r *deck.Recording, n names.Names, put func(field, s string, number bool)) {
	if r.Status != statusNone {
		put("status", theme.Word(string(r.Status), r.Gone), false)
	}
	if r.IsConference() {
		put("kind", "conference", false)
	} else {
		put("kind", "call", false)
	}
	put("project", r.Profile, false)
	put("pause behavior", string(r.Pause.Behavior), false)
	put("paused by", r.Pause.Actor, false)
	if c := r.Call; c != nil {
		eachNumber(c, n, put)
		put("direction", c.Direction.String(), false)
		put("call status", string(c.Status), false)
		put("parent_call_sid", c.ParentCallSID.String(), false)
	}
	if c := r.Conference; c != nil {
		put("conference", c.FriendlyName.String(), false)
		put("conference status", string(c.Status), false)
		put("region", c.Region.String(), false)
	}
	for _, p := range r.Participants {
		in := func(_, s string, number bool) { put("participants", s, number) }
		in("", p.Label.String(), false)
		in("", p.CallSID.String(), false)
		if c := p.Call; c != nil {
			eachNumber(c, n, in)
			in("", c.Direction.String(), false)
			in("", string(c.Status), false)
			in("", c.ParentCallSID.String(), false)
		}
	}
}

// eachNumber calls put with the numbers of a call and with their names.
func eachNumber(c *api.Call, n names.Names, put func(field, s string, number bool)) {
	put("from", c.From.String(), true)
	put("to", c.To.String(), true)
	put("from", c.FromFormatted.String(), true)
	put("to", c.ToFormatted.String(), true)
	put("caller_name", c.CallerName.String(), true)
	if !n.IsZero() {
		put("from", n.Either(c.From, c.FromShown()), false)
		put("to", n.Either(c.To, c.ToShown()), false)
	}
}

// appendDigits appends the digits of s, and reports whether it has any.
func appendDigits(b *[]byte, s string) (any bool) {
	for i := range len(s) {
		if '0' <= s[i] && s[i] <= '9' {
			*b, any = append(*b, s[i]), true
		}
	}
	return any
}

// shortLen is how many characters of a SID are shown, unless two look alike.
const shortLen = 4

// shorten works out for each row how much of its SID tells it from all others,
// and returns the longest of them, in characters. It looks at all rows once, and
// again only at those that look alike.
func shorten(rows []*row) (widest int) {
	widest = shortLen
	alike := rows
	for n := shortLen; len(alike) > 0; n++ {
		first := make(map[string]*row, len(alike))
		var again []*row
		more := func(r *row) { // unless all of its SID is shown
			if r.short < len(r.sid()) {
				again = append(again, r)
			}
		}
		for _, r := range alike {
			short := lastRunes(r.sid(), n)
			r.short = len(short)
			widest = max(widest, utf8.RuneCountInString(short))
			other, taken := first[short]
			if !taken {
				first[short] = r
				continue
			}
			if other != nil {
				more(other)
				first[short] = nil
			}
			more(r)
		}
		alike = again
	}
	return widest
}

// lastRunes returns the last n characters of s.
func lastRunes(s string, n int) string {
	at := len(s)
	for ; n > 0 && at > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(s[:at])
		at -= size
	}
	return s[at:]
}

// lastBytes returns the last n bytes of s.
func lastBytes(s string, n int) string { return s[max(0, len(s)-n):] }

package list

import (
	"math"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/ui/theme"
)

// A row is a recording and what was worked out for it. It is made once for
// each state of a recording, and lives as long as that.
type row struct {
	rec *deck.Recording

	paused               bool
	since, began, update int64 // in ms; unset for none
	short                int   // bytes of the SID that tell it apart

	level deck.Level // how much its pause wants attention; see SetLevels
	acked bool       // its alarm is acknowledged, and silent

	key sortKey   // for the order chosen
	who string    // who in lower case, for the order; made when needed
	fit fitted    // who as it is shown; made when it is first visible
	kin [2]string // that a sibling still records, in words and in short; made when needed

	hay atomic.Pointer[haystack] // made when needed, or before that by [Model.Prepare]

	at      int    // its place in the snapshot it came with last
	seen    uint64 // the number of that snapshot
	now     *row   // what took its place, for a recording that has changed
	alike   *row   // the next one whose SID ends alike
	matched uint64 // the filter that it was matched against last
	matches bool   // the result
}

// fitted is text cut to its column in a layout.
type fitted struct {
	layout *layout
	room   int // cells there were for it
	text   string
	cells  int
}

const unset = math.MinInt64

func newRow(rec *deck.Recording) *row {
	r := &row{rec: rec, paused: rec.Paused(), short: shortLen}
	r.since, r.began, r.update = ms(rec.Pause.Since), ms(rec.Began()), ms(rec.Updated)
	return r
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
	}
	return 0, false
}

// shortSID returns the SID's last characters, as many as tell it apart.
func (r *row) shortSID() string { return lastBytes(r.rec.SID.String(), r.short) }

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
	r.hay.CompareAndSwap(nil, h.of(r.rec))
	return r.hay.Load()
}

// of returns the haystack of a recording. It allocates only that, for there may
// be ten thousand to make at once.
func (h *hay) of(r *deck.Recording) *haystack {
	h.fields, h.numbers = h.fields[:0], h.numbers[:0]
	h.recording(r)
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
type hay struct{ fields, numbers []byte }

func (h *hay) add(s string) {
	if s != "" {
		h.fields = append(append(h.fields, s...), '\n')
	}
}

func (h *hay) number(s string) {
	h.add(s)
	if n := len(h.numbers); appendDigits(&h.numbers, s) {
		h.numbers = append(h.numbers, '\n')
	} else {
		h.numbers = h.numbers[:n]
	}
}

func (h *hay) recording(r *deck.Recording) {
	h.add(theme.Word(string(r.Status), r.Gone))
	if r.IsConference() {
		h.add("conference")
	} else {
		h.add("call")
	}
	h.fields = r.AppendValues(h.fields)
	h.add(string(r.Pause.Behavior))
	h.add(r.Pause.Actor)
	h.call(r.Call)
	if c := r.Conference; c != nil {
		h.add(c.FriendlyName.String())
		h.add(string(c.Status))
		h.add(c.Region.String())
	}
	for _, p := range r.Participants {
		h.add(p.Label.String())
		h.add(p.CallSID.String())
		h.call(p.Call)
	}
}

func (h *hay) call(c *api.Call) {
	if c == nil {
		return
	}
	h.number(c.From.String())
	h.number(c.To.String())
	h.number(c.FromFormatted.String())
	h.number(c.ToFormatted.String())
	h.number(c.CallerName.String())
	h.add(c.Direction.String())
	h.add(string(c.Status))
	h.add(c.ParentCallSID.String())
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
			if r.short < len(r.rec.SID.String()) {
				again = append(again, r)
			}
		}
		for _, r := range alike {
			short := lastRunes(r.rec.SID.String(), n)
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

package list

import (
	"math"
	"strings"
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

	key  sortKey // for the order chosen
	who  string  // who in lower case, for the order; made when needed
	text string  // every field in lower case, one a line, for the filter; made when needed
	nums string  // the digits of every number, one a line; made with text
	fit  fitted  // who as it is shown; made when it is first visible
}

// fitted is text cut to its column in a layout.
type fitted struct {
	layout *layout
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
	return r.rec.Duration, r.rec.HasDuration && !r.rec.Gone // final only once the API says that it ended
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

// haystack returns every field, shown or hidden, in lower case, and the digits
// of every number.
func (r *row) haystack() (fields, numbers string) {
	if r.text == "" {
		var h haystack
		h.recording(r.rec)
		r.text, r.nums = strings.ToLower(h.text.String()), h.nums.String()
	}
	return r.text, r.nums
}

// haystack collects texts and numbers, one a line.
type haystack struct{ text, nums strings.Builder }

func (h *haystack) add(s string) {
	if s != "" {
		h.text.WriteString(s)
		h.text.WriteByte('\n')
	}
}

func (h *haystack) number(s string) {
	h.add(s)
	if d := digits(s); d != "" {
		h.nums.WriteString(d)
		h.nums.WriteByte('\n')
	}
}

func (h *haystack) recording(r *deck.Recording) {
	h.text.Grow(768)
	h.add(theme.Word(string(r.Status), r.Gone))
	if r.IsConference() {
		h.add("conference")
	} else {
		h.add("call")
	}
	for _, f := range r.Fields() {
		if !f.Absent && !f.Null {
			h.add(f.Value.String())
		}
	}
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

func (h *haystack) call(c *api.Call) {
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

// digits returns the digits of s.
func digits(s string) string {
	var b []byte
	for i := range len(s) {
		if '0' <= s[i] && s[i] <= '9' {
			b = append(b, s[i])
		}
	}
	return string(b)
}

// shortLen is how many characters of a SID are shown, unless two look alike.
const shortLen = 4

// shorten works out for each row how much of its SID tells it from all others,
// and returns the longest of them. It looks at all rows once, and again only
// at those that look alike.
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

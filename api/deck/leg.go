package deck

import (
	"strings"
	"time"

	"tapedeck/api"
	"tapedeck/api/text"
)

// leg is who is on the line of a call, in little memory: a walk holds ten
// thousand of them.
type leg struct {
	all     string // the texts of the call, one after the other
	ends    [legTexts]uint16
	start   int64 // in nanoseconds since 1970; 0 for none
	created int64
	odd     *api.Call // as it is, where its texts are not fit to be put together; else nil
}

// legTexts is how many texts a leg has.
const legTexts = 9

// legOf returns the call without its resource.
func legOf(c api.Call) leg {
	l := leg{start: nanos(c.Start), created: nanos(c.Created)}
	var all strings.Builder
	fields := [legTexts]text.Text{
		c.SID, c.ParentCallSID, c.From, c.To, c.FromFormatted, c.ToFormatted, c.CallerName, c.Direction, text.New(string(c.Status)),
	}
	size := 0
	for _, f := range fields {
		size += f.Len()
	}
	all.Grow(size)
	whole := !c.Doubtful && size < 1<<16
	for i, f := range fields {
		s := f.String()
		whole = whole && f.Is(s) // a text that is not safe to show is kept as it came
		all.WriteString(s)
		l.ends[i] = uint16(all.Len())
	}
	if whole {
		l.all = all.String()
		return l
	}
	return leg{odd: &api.Call{
		SID: c.SID, ParentCallSID: c.ParentCallSID, From: c.From, To: c.To,
		FromFormatted: c.FromFormatted, ToFormatted: c.ToFormatted, Status: c.Status, Direction: c.Direction,
		CallerName: c.CallerName, Start: c.Start, Created: c.Created, Doubtful: c.Doubtful,
	}}
}

// text returns one of the texts.
func (l leg) text(i int) string {
	from := uint16(0)
	if i > 0 {
		from = l.ends[i-1]
	}
	return l.all[from:l.ends[i]]
}

// sid returns the SID of the call.
func (l leg) sid() text.Text {
	if l.odd != nil {
		return l.odd.SID
	}
	return text.New(l.text(0))
}

// parent returns the SID of the call that this one is a leg of; empty for none.
func (l leg) parent() text.Text {
	if l.odd != nil {
		return l.odd.ParentCallSID
	}
	return text.New(l.text(1))
}

// call returns the call.
func (l leg) call() *api.Call {
	if l.odd != nil {
		return l.odd
	}
	at := func(i int) text.Text { return text.New(l.text(i)) }
	return &api.Call{
		SID: at(0), ParentCallSID: at(1), From: at(2), To: at(3), FromFormatted: at(4), ToFormatted: at(5), CallerName: at(6),
		Direction: at(7), Status: api.Status(l.text(8)), Start: whenWas(l.start), Created: whenWas(l.created),
	}
}

// nanos returns a time as nanoseconds since 1970; 0 for none.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// whenWas returns the time of [nanos].
func whenWas(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

package local

import (
	"bytes"
	"encoding/json"
	"math"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

// rowBegins is how every row begins.
const rowBegins = `{"tapedeck":`

// maxPeople is how many bytes the participants of a row may have before those
// that follow are left out: no server may have a row grow without a limit.
const maxPeople = 512 << 10

// AppendRow appends a recording as the wire has it, in one line: the API's
// resource as it came, with a [Beside] as its first key.
func AppendRow(b []byte, r *deck.Recording) []byte {
	b = append(b, rowBegins...)
	b = appendBeside(b, r)
	from := len(b)
	b = r.AppendJSON(b)
	raw := b[from:] // an object
	for i, c := range raw {
		if c == '\n' || c == '\r' { // between values: in a string there is none
			raw[i] = ' '
		}
	}
	rest := bytes.TrimLeft(raw[1:], " \t")
	if len(rest) > 0 && rest[0] == '}' {
		return append(b[:from], '}')
	}
	raw[0] = ','
	return b
}

// appendBeside appends the [Beside] of a recording. What nearly every recording
// has is written by hand.
func appendBeside(b []byte, r *deck.Recording) []byte {
	o := object{b: append(b, '{')}
	o.string("profile", r.Profile)
	if r.Amended() {
		o.must("sid", r.SID.String())
		o.must("call_sid", r.CallSID.String())
		o.must("conference_sid", r.ConferenceSID.String())
	}
	o.string("timeline", r.Timeline.String())
	if r.Call != nil {
		o.key("call")
		o.b = appendCall(o.b, r.Call)
	}
	if c := r.Conference; c != nil {
		o.key("conference")
		o.b = appendConference(o.b, c)
	}
	if known := knownOf(r); !isEmpty(&known) {
		more, err := json.Marshal(known)
		if err == nil && len(more) > 2 {
			o.comma()
			o.b = append(o.b, more[1:len(more)-1]...)
		}
	}
	return append(o.b, '}')
}

func appendCall(b []byte, c *api.Call) []byte {
	o := object{b: append(b, '{')}
	o.string("sid", c.SID.String())
	o.string("parent_call_sid", c.ParentCallSID.String())
	o.string("from", c.From.String())
	o.string("to", c.To.String())
	o.string("from_formatted", c.FromFormatted.String())
	o.string("to_formatted", c.ToFormatted.String())
	o.string("status", string(c.Status))
	o.string("direction", c.Direction.String())
	o.string("caller_name", c.CallerName.String())
	o.time("start_time", c.Start)
	o.time("date_created", c.Created)
	o.bool("doubtful", c.Doubtful)
	return append(o.b, '}')
}

func appendConference(b []byte, c *api.Conference) []byte {
	o := object{b: append(b, '{')}
	o.string("sid", c.SID.String())
	o.string("friendly_name", c.FriendlyName.String())
	o.string("status", string(c.Status))
	o.string("region", c.Region.String())
	o.time("date_created", c.Created)
	o.bool("doubtful", c.Doubtful)
	return append(o.b, '}')
}

// knownOf returns what few recordings have.
func knownOf(r *deck.Recording) Known {
	k := Known{Ended: stamp(r.Ended), Gone: r.Gone}
	size := 0
	for _, p := range r.Participants {
		q := Participant{CallSID: p.CallSID.String(), Label: p.Label.String(), Muted: p.Muted, Hold: p.OnHold}
		if p.Call != nil {
			q.Call = appendCall(nil, p.Call)
		}
		if size += len(q.Call) + len(q.CallSID) + len(q.Label) + 60; size > maxPeople {
			break
		}
		k.Participants = append(k.Participants, q)
	}
	if p := r.Pause; p != (deck.Pause{}) {
		k.Pause = &Pause{stamp(p.Since), p.AtLeast, p.Recorded, string(p.Behavior), p.Actor, p.Group}
	}
	if a := r.Ack; a != (deck.Ack{}) {
		k.Ack = &Ack{a.Actor, a.Reason, stamp(a.Until)}
	}
	if t := r.Timer; !t.IsZero() {
		k.Timer = &AutoResume{stamp(t.At), t.Actor, t.Err, t.Local}
	}
	if t := r.Trouble; t != (deck.Trouble{}) {
		k.Trouble = &Trouble{string(t.Kind), stamp(t.Since), t.Actor, t.Why, t.Acked}
	}
	if s := r.Siblings; s.List != nil || s.More != 0 || s.Recording != 0 || s.Paused != 0 {
		k.Siblings = &Siblings{More: s.More, Recording: s.Recording, Paused: s.Paused}
		for _, one := range s.List {
			k.Siblings.List = append(k.Siblings.List, Sibling{one.SID.String(), one.Why, one.Recording})
		}
	}
	for _, a := range r.Asking {
		k.Asking = append(k.Asking, Asking(a))
	}
	if r.Update != nil {
		k.Update = ProgressOf(*r.Update)
	}
	return k
}

// isEmpty reports whether a recording has nothing of it.
func isEmpty(k *Known) bool {
	return k.Participants == nil && k.Pause == nil && k.Ack == nil && k.Timer == nil && k.Trouble == nil &&
		k.Siblings == nil && k.Update == nil && k.Ended.IsZero() && !k.Gone && k.Asking == nil
}

// DecodeRow reads a row at the local time now. It never fails: what cannot be
// understood is left zero. It may change raw, and keeps nothing of it.
func DecodeRow(raw []byte, now time.Time) *deck.Recording {
	beside, resource := splitRow(raw)
	r := &deck.Recording{Recording: api.DecodeRecording(resource)}
	api.Members(beside, func(name, v []byte) bool {
		take(r, string(name), v, now)
		return true
	})
	return r
}

// splitRow returns the two parts of a row.
func splitRow(raw []byte) (beside, resource []byte) {
	if !bytes.HasPrefix(raw, []byte(rowBegins)) {
		return nil, raw
	}
	end := api.EndOfValue(raw, len(rowBegins))
	beside, rest := raw[len(rowBegins):end:end], raw[end:]
	if len(rest) > 0 && rest[0] == ',' {
		rest[0] = '{'
		return beside, rest
	}
	return beside, []byte("{}")
}

// take takes in one member of a [Beside].
func take(r *deck.Recording, name string, v []byte, now time.Time) {
	switch name {
	case "profile":
		r.Profile = clean(api.String(v))
	case "sid":
		r.SID = text.New(api.String(v))
	case "call_sid":
		r.CallSID = text.New(api.String(v))
	case "conference_sid":
		r.ConferenceSID = text.New(api.String(v))
	case "timeline":
		r.Timeline = deck.ParseTimeline(api.String(v))
	case "call":
		r.Call = decodeCall(v)
	case "conference":
		r.Conference = decodeConference(v)
	case "participants":
		takePeople(r, v)
	case "pause":
		if p, ok := decode[Pause](v); ok {
			r.Pause = deck.Pause{Since: p.Since.UTC(), AtLeast: p.AtLeast, Recorded: p.Recorded,
				Behavior: api.PauseBehavior(clean(p.Behavior)), Actor: clean(p.Actor), Group: p.Group}
		}
	case "ack":
		if a, ok := decode[Ack](v); ok {
			r.Ack = deck.Ack{Actor: clean(a.Actor), Reason: clean(a.Reason), Until: a.Until.UTC()}
		}
	case "timer":
		if t, ok := decode[AutoResume](v); ok {
			r.Timer = deck.Timer{At: local(t.At), Actor: clean(t.Actor), Err: clean(t.Err), Local: t.Local}
		}
	case "trouble":
		if t, ok := decode[Trouble](v); ok {
			r.Trouble = deck.Trouble{Kind: deck.TroubleKind(clean(t.Kind)), Since: local(t.Since), Actor: clean(t.Actor),
				Why: clean(t.Why), Acked: t.Acked}
		}
	case "siblings":
		takeSiblings(r, v)
	case "update":
		if p, ok := decode[Progress](v); ok {
			u := p.Deck(now)
			r.Update = &u
		}
	case "ended":
		t, _ := decode[time.Time](v)
		r.Ended = moment(t, now)
	case "gone":
		r.Gone = string(v) == "true"
	case "asking":
		list, _ := decode[[]Asking](v)
		for _, a := range list {
			r.Asking = append(r.Asking, deck.Asking{Session: clean(a.Session), Actor: clean(a.Actor), Verb: clean(a.Verb)})
		}
	}
}

func takePeople(r *deck.Recording, v []byte) {
	list, _ := decode[[]Participant](v)
	for _, p := range list {
		q := deck.Participant{Participant: api.Participant{
			CallSID: text.New(p.CallSID), Label: text.New(p.Label), Muted: p.Muted, OnHold: p.Hold}}
		if len(p.Call) > 0 && p.Call[0] == '{' {
			q.Call = decodeCall(p.Call)
		}
		r.Participants = append(r.Participants, q)
	}
}

func takeSiblings(r *deck.Recording, v []byte) {
	s, ok := decode[Siblings](v)
	if !ok {
		return
	}
	r.Siblings = deck.Siblings{More: count(s.More), Recording: count(s.Recording), Paused: count(s.Paused)}
	for _, one := range s.List {
		r.Siblings.List = append(r.Siblings.List, deck.Sibling{SID: text.New(one.SID), Why: clean(one.Why), Recording: one.Recording})
	}
}

func decodeCall(v []byte) *api.Call {
	c := api.DecodeCall(v)
	c.Doubtful = c.Doubtful || isDoubtful(v)
	return &c
}

func decodeConference(v []byte) *api.Conference {
	c := api.DecodeConference(v)
	c.Doubtful = c.Doubtful || isDoubtful(v)
	return &c
}

// isDoubtful reports whether a call or a conference says so itself.
func isDoubtful(v []byte) bool { return bytes.HasSuffix(v, []byte(`"doubtful":true}`)) }

// decode reads a value of a type; ok is false for one that is null or cannot be
// read.
func decode[T any](v []byte) (t T, ok bool) {
	err := json.Unmarshal(v, &t)
	return t, err == nil && string(v) != "null"
}

// clean makes words of the other end fit to show.
func clean(s string) string { return text.New(s).String() }

// count returns a number of things as one that can be added up.
func count(n int) int { return min(max(n, 0), 1<<30) }

// object is a JSON object that is being written.
type object struct {
	b    []byte
	more bool // it has a member
}

func (o *object) comma() {
	if o.more {
		o.b = append(o.b, ',')
	}
	o.more = true
}

func (o *object) key(name string) {
	o.comma()
	o.b = append(append(append(o.b, '"'), name...), `":`...)
}

// string writes a member unless it is empty.
func (o *object) string(name, s string) {
	if s != "" {
		o.must(name, s)
	}
}

// must writes a member.
func (o *object) must(name, s string) {
	o.key(name)
	o.b = appendString(o.b, s)
}

func (o *object) bool(name string, is bool) {
	if is {
		o.key(name)
		o.b = append(o.b, "true"...)
	}
}

func (o *object) time(name string, t time.Time) {
	if !t.IsZero() {
		o.key(name)
		o.b = appendTime(o.b, t)
	}
}

// appendTime appends a time as the wire has it.
func appendTime(b []byte, t time.Time) []byte {
	return append(stamp(t).AppendFormat(append(b, '"'), time.RFC3339Nano), '"')
}

// appendString appends a JSON string.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(s) // a string never fails
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// The times that RFC 3339 can have.
var (
	firstTime = time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC)
	lastTime  = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
)

// stamp returns a time as the wire has it: in UTC, by the wall clock as it is set
// now. A moment of this process that was before the clock was set, or before the
// machine slept, is moved by as much: what counts is how long ago it was.
func stamp(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	wall := t.Round(0)
	if wall != t { // it has a monotonic reading
		now := time.Now()
		if ago := now.Sub(t); ago-now.Round(0).Sub(wall) > stepped {
			wall = now.Round(0).Add(-ago)
		}
	}
	switch wall = wall.UTC(); {
	case wall.Before(firstTime):
		return firstTime
	case wall.After(lastTime):
		return lastTime
	}
	return wall
}

const (
	// stepped is by how much two clocks may be apart that were not set.
	stepped = time.Second
	// farOff is how far away a moment is at most that is measured from.
	farOff = 100 * 24 * time.Hour
)

// moment returns a time of the wire as a moment of this process at the local time
// now, from which it can measure though the clock is set later.
func moment(t, now time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	if d := t.Sub(now.Round(0)); d.Abs() < farOff {
		return now.Add(d)
	}
	return local(t)
}

// local returns a time in the local zone; the zero time as it is.
func local(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.Local()
}

// SecondsOf returns a duration as the wire has it.
func SecondsOf(d time.Duration) Seconds { return Seconds(d.Seconds()) }

// Duration returns the duration, to the nanosecond; one that is too long for it
// as the longest.
func (s Seconds) Duration() time.Duration {
	switch f := math.Round(float64(s) * float64(time.Second)); {
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	case f != f:
		return 0
	default:
		return time.Duration(f)
	}
}

package local

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

const (
	// cutAt is the size of a line after which the rows that follow go into
	// another one.
	cutAt = 128 << 10
	// firstRows is how many rows the first line of a snapshot has at most, so
	// that the most urgent ones are there at once.
	firstRows = 64
	// MaxLine is the longest line of a watch. A client leaves a service that
	// sends a longer one.
	MaxLine = 8 << 20
)

// rowLine writes one line of a batch, about one deck.
type rowLine struct{ b []byte }

// begin begins the line of a batch: in the first one of a snapshot with how many
// rows come, and with the state, if not nil.
func (l *rowLine) begin(of *batch, rows int, state *State) {
	l.b = append(append(append(l.b, `{"`...), of.kind...), `":{"deck":`...)
	l.b = append(strconv.AppendInt(l.b, int64(of.deck), 10), `,"seq":`...)
	l.b = strconv.AppendUint(l.b, of.seq, 10)
	if rows > 0 && of.kind == "snapshot" {
		l.b = strconv.AppendInt(append(l.b, `,"of":`...), int64(rows), 10)
	}
	if state != nil {
		if state, err := json.Marshal(state); err == nil {
			l.b = append(append(l.b, `,"state":`...), state...)
		}
	}
}

func (l *rowLine) end() { l.b = append(l.b, "}}\n"...) }

// rows adds the rows, after all else.
func (l *rowLine) rows(rows []*feedRow) {
	if len(rows) == 0 {
		return
	}
	l.b = append(l.b, `,"recordings":[`...)
	for i, row := range rows {
		if i > 0 {
			l.b = append(l.b, ',')
		}
		l.b = append(l.b, row.line...)
	}
	l.b = append(l.b, ']')
}

// left adds the SIDs of those that are no longer shown, before any row.
func (l *rowLine) left(sids []text.Text) {
	if len(sids) == 0 {
		return
	}
	l.b = append(l.b, `,"left":[`...)
	for i, sid := range sids {
		if i > 0 {
			l.b = append(l.b, ',')
		}
		l.b = appendString(l.b, sid.String())
	}
	l.b = append(l.b, ']')
}

// appendPoll appends the line of a poll in which nothing changed.
func appendPoll(b []byte, number int, s *deck.Snapshot) []byte {
	b = strconv.AppendInt(append(b, `{"poll":`...), int64(number), 10)
	b = strconv.AppendUint(append(b, `,"seq":`...), s.Seq, 10)
	b = appendTime(append(b, `,"at":`...), s.Health.Complete)
	if !s.Heard.IsZero() {
		ms := math.Round(s.Heard.Sub(s.Health.Complete).Seconds()*1000) / 1000
		b = strconv.AppendFloat(append(b, `,"heard":`...), ms, 'f', -1, 64)
	}
	return append(b, "}\n"...)
}

// appendLine appends a line with one key.
func appendLine(b []byte, kind string, v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		return b // of the types of the wire none fails
	}
	b = append(append(append(b, `{"`...), kind...), `":`...)
	return append(append(b, body...), "}\n"...)
}

// StateOf returns what a snapshot says beside its recordings, as the wire has it.
func StateOf(s *deck.Snapshot) *State {
	h := s.Health
	return &State{
		Page: h.Page, Complete: stamp(h.Complete), Failing: stamp(h.Failing), Err: FaultOf(h.Err), Next: stamp(h.Next),
		Partial: h.Partial, Limit: SecondsOf(h.Limit), Offset: SecondsOf(s.Offset), Heard: stamp(s.Heard),
		Interval: SecondsOf(s.Interval), ReadOnly: s.ReadOnly, Warn: SecondsOf(s.PauseWarn), Alarm: SecondsOf(s.PauseAlarm),
		Policy: string(s.Policy), UnrecordedAlarm: SecondsOf(s.UnrecordedAlarm),
		Calls: unnamedOf(s.Calls), Conferences: unnamedOf(s.Conferences), Sharing: sharingOf(s),
	}
}

func unnamedOf(u deck.Unnamed) *Unnamed {
	if u.Err == nil && u.Next.IsZero() {
		return nil
	}
	return &Unnamed{FaultOf(u.Err), stamp(u.Next)}
}

// Into sets what a snapshot says beside its recordings, at the local time now.
func (s *State) Into(out *deck.Snapshot, now time.Time) {
	out.Health = deck.Health{
		Page: count(s.Page), Complete: moment(s.Complete, now), Failing: moment(s.Failing, now), Err: s.Err.Err(),
		Next: moment(s.Next, now), Partial: s.Partial, Limit: s.Limit.Duration(),
	}
	out.Offset, out.Heard, out.Interval = s.Offset.Duration(), moment(s.Heard, now), s.Interval.Duration()
	out.ReadOnly, out.PauseWarn, out.PauseAlarm = s.ReadOnly, s.Warn.Duration(), s.Alarm.Duration()
	out.Policy, out.UnrecordedAlarm = deck.Policy(clean(s.Policy)), max(0, s.UnrecordedAlarm.Duration())
	out.Calls, out.Conferences = s.Calls.deck(now), s.Conferences.deck(now)
	s.Sharing.into(out, now)
}

func (u *Unnamed) deck(now time.Time) deck.Unnamed {
	if u == nil {
		return deck.Unnamed{}
	}
	return deck.Unnamed{Err: u.Err.Err(), Next: moment(u.Next, now)}
}

// line is one line of a watch, taken apart.
type line struct {
	kind   string // hello, snapshot, synced, changed, poll, unrecorded, beat, bye; another one is passed over
	deck   int
	seq    uint64
	of     int // how many rows follow, by the first line of a snapshot
	state  *State
	rows   [][]byte // parts of the line
	left   []text.Text
	at     time.Time
	heard  *Seconds
	hello  *Hello
	bye    *Refusal
	lack   *Unrecorded
	length int
}

var errLine = errors.New("the service sent a line that cannot be read")

// parseLine takes a line apart. The rows are parts of it.
func parseLine(raw []byte) (line, error) {
	l := line{length: len(raw), deck: -1}
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || raw[0] != '{' || raw[len(raw)-1] != '}' {
		return l, fmt.Errorf("%w: it is no JSON object", errLine)
	}
	kind, at := firstKey(raw)
	l.kind = string(kind)
	var err error
	switch l.kind {
	case "snapshot", "changed":
		err = l.readRows(raw, at)
	case "poll":
		var p struct {
			Poll
			Heard *Seconds `json:"heard"`
		}
		err = json.Unmarshal(raw, &p)
		l.deck, l.seq, l.at, l.heard = p.Poll.Poll, p.Seq, p.At, p.Heard
	case "synced":
		var p struct{ Synced Synced }
		err = json.Unmarshal(raw, &p)
		l.deck, l.seq = p.Synced.Deck, p.Synced.Seq
	case "unrecorded":
		var p struct{ Unrecorded Unrecorded }
		err = json.Unmarshal(raw, &p)
		l.deck, l.lack = p.Unrecorded.Deck, &p.Unrecorded
	case "hello":
		var p struct{ Hello Hello }
		err = json.Unmarshal(raw, &p)
		l.hello = &p.Hello
	case "bye":
		var p struct{ Bye Refusal }
		err = json.Unmarshal(raw, &p)
		l.bye = &p.Bye
	}
	if err != nil {
		return l, fmt.Errorf("%w: %q", errLine, l.kind)
	}
	return l, nil
}

// firstKey returns the first key of an object, and where its value begins.
func firstKey(raw []byte) (key []byte, at int) {
	i := space(raw, 1)
	end := api.EndOfValue(raw, i)
	if i >= len(raw) || raw[i] != '"' || end-i < 2 {
		return nil, len(raw)
	}
	at = space(raw, end)
	if at >= len(raw) || raw[at] != ':' {
		return nil, len(raw)
	}
	return raw[i+1 : end-1], space(raw, at+1)
}

func space(raw []byte, i int) int {
	for i < len(raw) && (raw[i] == ' ' || raw[i] == '\t' || raw[i] == '\r' || raw[i] == '\n') {
		i++
	}
	return i
}

// readRows reads the object of a "snapshot" or a "changed", which begins at i,
// and goes over each of its bytes once.
func (l *line) readRows(raw []byte, i int) error {
	if i >= len(raw) || raw[i] != '{' {
		return errLine
	}
	for i = space(raw, i+1); i < len(raw) && raw[i] == '"'; {
		end := api.EndOfValue(raw, i)
		if end-i < 2 {
			return errLine
		}
		name := string(raw[i+1 : end-1])
		if i = space(raw, end); i >= len(raw) || raw[i] != ':' {
			return errLine
		}
		i = space(raw, i+1)
		var err error
		if name == "recordings" {
			i, err = l.readList(raw, i)
		} else if end = api.EndOfValue(raw, i); end > i {
			err = l.readMember(name, raw[i:end])
			i = end
		} else {
			err = errLine
		}
		if err != nil {
			return err
		}
		if i = space(raw, i); i < len(raw) && raw[i] == ',' {
			i = space(raw, i+1)
		}
	}
	if i >= len(raw) || raw[i] != '}' || l.deck < 0 {
		return errLine
	}
	return nil
}

// readList reads the rows that begin at i, and returns where they end.
func (l *line) readList(raw []byte, i int) (int, error) {
	if i >= len(raw) || raw[i] != '[' {
		return i, errLine
	}
	for i = space(raw, i+1); i < len(raw) && raw[i] == '{'; {
		end := api.EndOfValue(raw, i)
		if end <= i || end > len(raw) || raw[end-1] != '}' {
			return i, errLine
		}
		l.rows = append(l.rows, raw[i:end:end])
		if i = space(raw, end); i < len(raw) && raw[i] == ',' {
			i = space(raw, i+1)
		}
	}
	if i >= len(raw) || raw[i] != ']' {
		return i, errLine
	}
	return i + 1, nil
}

func (l *line) readMember(name string, v []byte) (err error) {
	switch name {
	case "deck":
		l.deck, err = strconv.Atoi(string(v))
	case "seq":
		l.seq, err = strconv.ParseUint(string(v), 10, 64)
	case "of":
		l.of, err = strconv.Atoi(string(v))
	case "state":
		l.state = new(State)
		err = json.Unmarshal(v, l.state)
	case "left":
		api.Elements(v, func(sid []byte) bool {
			l.left = append(l.left, text.New(api.String(sid)))
			return true
		})
	}
	return err
}

package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/text"
)

// WriteJSON writes the report as one JSON object, a call on a line: times in UTC
// to the millisecond, durations in seconds; what is none is left out. The same
// report always gives the same bytes, so that they can be signed.
func (r *Report) WriteJSON(w io.Writer) error {
	out := &jsonWriter{w: bufio.NewWriter(w), sep: "{"}
	for _, part := range []struct {
		name  string
		value any
	}{
		{"version", 1}, {"from", when(r.From)}, {"to", when(r.To)}, {"made", when(MomentOf(r.Made))},
		{"limit", seconds(r.Limit)}, {"call", r.Call}, {"profile", r.Profile}, {"sample", r.sample()},
		{"journal", r.Source.json()}, {"totals", r.Totals.json()}, {"persons", personsJSON(r.Persons)},
	} {
		if part.value != nil && part.value != "" {
			out.field(part.name, part.value)
		}
	}
	list(out, "calls", r.Calls, func(c *Call) any { return r.callJSON(c) })
	list(out, "longest", r.Longest, pauseJSONOf)
	list(out, "over_limit", r.OverLimit, pauseJSONOf)
	list(out, "updates", r.Updates, updateJSONOf)
	list(out, "starts", r.Starts, updateJSONOf)
	list(out, "stops", r.Stops, updateJSONOf)
	list(out, "auto_resumes", r.Autos, autoJSONOf)
	list(out, "alarms", r.Alarms, alarmJSONOf)
	list(out, "acknowledgements", r.Acks, ackJSONOf)
	list(out, "watched", r.Watches, watchJSONOf)
	list(out, "off_record", r.OffRecord, offJSONOf)
	list(out, "revealed", r.Reveals, revealJSONOf)
	out.write("\n}\n")
	if out.err == nil {
		out.err = out.w.Flush()
	}
	if out.err != nil {
		return fmt.Errorf("write the report: %w", out.err)
	}
	return nil
}

// jsonWriter writes the fields of an object one by one: a report of a year is
// never in memory twice.
type jsonWriter struct {
	w   *bufio.Writer
	sep string // before the next field
	err error  // the first
}

func (w *jsonWriter) write(s string) {
	if w.err == nil {
		_, w.err = w.w.WriteString(s)
	}
}

func (w *jsonWriter) value(v any) {
	if w.err != nil {
		return
	}
	enc := json.NewEncoder(noEnd{w.w})
	enc.SetEscapeHTML(false)
	w.err = enc.Encode(v)
}

// noEnd leaves out the line feed that an encoder writes after a value.
type noEnd struct{ w io.Writer }

func (n noEnd) Write(b []byte) (int, error) {
	if len(b) > 0 && b[len(b)-1] == '\n' {
		written, err := n.w.Write(b[:len(b)-1])
		return written + 1, err
	}
	return n.w.Write(b)
}

func (w *jsonWriter) field(name string, v any) {
	w.write(w.sep + "\n  \"" + name + "\": ")
	w.value(v)
	w.sep = ","
}

// list writes a field that has a list, a value on a line.
func list[T any](w *jsonWriter, name string, values []T, form func(T) any) {
	w.write(w.sep + "\n  \"" + name + "\": [")
	sep := "\n    "
	for _, v := range values {
		w.write(sep)
		w.value(form(v))
		sep = ",\n    "
	}
	if len(values) > 0 {
		w.write("\n  ")
	}
	w.write("]")
	w.sep = ","
}

// jsonTime is RFC 3339 in UTC, always with milliseconds.
const jsonTime = "2006-01-02T15:04:05.000Z"

// when returns a moment for JSON; empty for none.
func when(m Moment) string {
	if m == 0 {
		return ""
	}
	return m.Time().Format(jsonTime)
}

// seconds returns a duration for JSON.
func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }

// nameOf returns the name of a person; empty for nobody.
func nameOf(p *Person) string {
	if p == nil {
		return ""
	}
	return p.Name
}

// sidOf returns the SID of a recording; empty for none.
func sidOf(rec *Recording) string {
	if rec == nil {
		return ""
	}
	return rec.SID.String()
}

// callOf returns the SID of the call of a recording; empty for none.
func callOf(rec *Recording) string {
	if rec == nil {
		return ""
	}
	return sidOfCall(rec.Call)
}

// sidOfCall returns the SID of a call; empty for none.
func sidOfCall(c *Call) string {
	if c == nil {
		return ""
	}
	return c.SID.String()
}

type sampleJSON struct {
	Calls int    `json:"calls"`
	Seed  uint64 `json:"seed"`
}

// sample returns what was drawn; nil without a sample.
func (r *Report) sample() any {
	if r.Sampled == 0 {
		return nil
	}
	return sampleJSON{r.Sampled, r.Seed}
}

type fileJSON struct {
	Name  string `json:"name"`
	Lines int    `json:"lines"`
}

type sourceJSON struct {
	Dir        string     `json:"dir"`
	Files      []fileJSON `json:"files"`
	Lines      int        `json:"lines"`
	Unreadable int        `json:"unreadable"`
	First      string     `json:"first,omitempty"`
	Last       string     `json:"last,omitempty"`
	LastSeq    uint64     `json:"last_seq"`
	LastHash   string     `json:"last_hash"`
	Intact     bool       `json:"intact"`
	Problems   []string   `json:"problems,omitempty"`
	Remarks    []string   `json:"remarks,omitempty"`
}

func (s *Source) json() sourceJSON {
	out := sourceJSON{
		Dir: s.Dir, Files: []fileJSON{}, Lines: s.Lines, Unreadable: s.Unreadable, First: when(s.First), Last: when(s.Last),
		LastSeq: s.LastSeq, LastHash: s.LastHash, Intact: s.Intact, Problems: s.Problems, Remarks: s.Remarks,
	}
	for _, f := range s.Files {
		out.Files = append(out.Files, fileJSON(f))
	}
	return out
}

type totalsJSON struct {
	Calls        int     `json:"calls"`
	Pauses       int     `json:"pauses"`
	Others       int     `json:"pauses_by_others"`
	Paused       float64 `json:"paused_for"`
	Open         int     `json:"without_end"`
	Left         int     `json:"left_behind"`
	OverLimit    int     `json:"over_limit"`
	MayBeOver    int     `json:"may_be_over_limit"`
	Silence      int     `json:"silence"`
	Skip         int     `json:"skip"`
	Resumes      int     `json:"resumes"`
	AutoResumes  int     `json:"auto_resumes"`
	Starts       int     `json:"starts"`
	Stops        int     `json:"stops"`
	Failed       int     `json:"failed"`
	Contradicted int     `json:"contradicted"`
	Unknown      int     `json:"unknown"`
	VerifiedLate int     `json:"verified_late"`
	WrittenLate  int     `json:"written_late"`
	Alarms       int     `json:"alarms"`
	Acks         int     `json:"acknowledgements"`
	OffRecord    int     `json:"off_record"`
	Unwatched    float64 `json:"unwatched_for"`
}

func (t *Totals) json() totalsJSON {
	return totalsJSON{
		Calls: t.Calls, Pauses: t.Pauses, Others: t.Others, Paused: seconds(t.Paused), Open: t.Open, Left: t.Left, OverLimit: t.OverLimit, MayBeOver: t.MayBeOver,
		Silence: t.Silence, Skip: t.Skip, Resumes: t.Resumes, AutoResumes: t.AutoResumes, Starts: t.Starts, Stops: t.Stops,
		Failed: t.Failed, Contradicted: t.Contradicted, Unknown: t.Unknown, VerifiedLate: t.VerifiedLate, WrittenLate: t.WrittenLate,
		Alarms: t.Alarms, Acks: t.Acks, OffRecord: t.OffRecord, Unwatched: seconds(t.Unwatched),
	}
}

type personJSON struct {
	Name        string  `json:"name"`
	Pauses      int     `json:"pauses"`
	Paused      float64 `json:"paused_for"`
	Longest     float64 `json:"longest"`
	OverLimit   int     `json:"over_limit"`
	Resumes     int     `json:"resumes"`
	AutoResumes int     `json:"auto_resumes"`
	Starts      int     `json:"starts"`
	Stops       int     `json:"stops"`
	Trouble     int     `json:"trouble"`
	Acks        int     `json:"acknowledgements"`
}

func personsJSON(persons []*Person) []personJSON {
	out := []personJSON{}
	for _, p := range persons {
		out = append(out, personJSON{
			p.Name, p.Pauses, seconds(p.Paused), seconds(p.Longest), p.OverLimit, p.Resumes, p.AutoResumes, p.Starts, p.Stops, p.Trouble, p.Acks,
		})
	}
	return out
}

type callJSON struct {
	SID        text.Text       `json:"sid"`
	Conference bool            `json:"conference,omitempty"`
	From       string          `json:"from,omitempty"`
	To         string          `json:"to,omitempty"`
	Space      string          `json:"space,omitempty"`
	Project    string          `json:"project,omitempty"`
	Profile    string          `json:"profile,omitempty"`
	First      string          `json:"first"`
	Last       string          `json:"last"`
	Recordings []recordingJSON `json:"recordings"`
	Entries    []journal.Entry `json:"entries,omitempty"`
}

type recordingJSON struct {
	SID    text.Text   `json:"sid"`
	Pauses []pauseJSON `json:"pauses"`
	Seen   []seenJSON  `json:"seen,omitempty"`
	Spans  []spanJSON  `json:"spans"`
}

type seenJSON struct {
	At     string `json:"at"`
	Paused bool   `json:"paused"`
}

func (r *Report) callJSON(c *Call) callJSON {
	out := callJSON{
		SID: c.SID, Conference: c.Conference, From: c.Numbers.From.String(), To: c.Numbers.To.String(), Space: c.Space, Project: c.Project, Profile: c.Profile,
		First: when(c.First), Last: when(c.Last), Recordings: []recordingJSON{}, Entries: c.Entries,
	}
	for _, rec := range c.Recordings {
		j := recordingJSON{SID: rec.SID, Pauses: []pauseJSON{}, Spans: []spanJSON{}}
		for _, p := range rec.Pauses {
			j.Pauses = append(j.Pauses, p.json(false))
		}
		for _, s := range rec.Seen {
			j.Seen = append(j.Seen, seenJSON{when(s.At), s.Paused})
		}
		for _, s := range r.Spans(rec) {
			j.Spans = append(j.Spans, spanJSON{when(s.From), when(s.To), s.Kind.String(), s.FromExact, s.ToExact})
		}
		out.Recordings = append(out.Recordings, j)
	}
	return out
}

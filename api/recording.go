package api

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"tapedeck/api/text"
)

// Status is the status of a recording, a call or a conference, with the API's
// own values (api/CONTRACT.md section 5). It is an open set: a value that is
// not known is kept as it came, made safe to show.
type Status string

// The statuses of a recording.
const (
	Queued     Status = "queued"      // created, not running yet
	InProgress Status = "in-progress" // recording
	Resumed    Status = "resumed"     // recording again after a pause
	Paused     Status = "paused"
	Stopped    Status = "stopped"   // ended by request; the file may not be ready
	Completed  Status = "completed" // ended, the file is available
	Absent     Status = "absent"    // ended, too short or silent: no file
	Failed     Status = "failed"
	Processing Status = "processing"
	Deleted    Status = "deleted"
)

// Active reports whether a recording with this status can still change: all
// but those that are known to be ended, so also one that nobody knows.
func (s Status) Active() bool {
	switch s {
	case Stopped, Completed, Absent, Failed, Processing, Deleted:
		return false
	}
	return true
}

// Running reports whether a recording with this status is recording now.
func (s Status) Running() bool { return s == InProgress || s == Resumed }

// Known reports whether api/CONTRACT.md section 5 knows the status.
func (s Status) Known() bool {
	return !s.Active() || s.Running() || s == Queued || s == Paused
}

// PauseBehavior is what a pause leaves in the file.
type PauseBehavior string

// The pause behaviors of the API.
const (
	Silence PauseBehavior = "silence" // the paused time becomes silence
	Skip    PauseBehavior = "skip"    // the paused time is left out
)

// Update is a change of a recording's status, as the API is asked for it.
type Update struct {
	Status        Status        // Paused, InProgress (resume) or Stopped
	PauseBehavior PauseBehavior // with Paused only; else empty
}

// Reached reports whether a recording with status s is as the update asked:
// in-progress and resumed both answer a resume, stopped and every other ended
// status a stop.
func (u Update) Reached(s Status) bool {
	switch u.Status {
	case InProgress:
		return s.Running()
	case Stopped:
		return !s.Active()
	}
	return s == u.Status
}

// Recording is a recording of a call or a conference (api/CONTRACT.md section
// 3). Times are in UTC. A field that was null, absent or of no use is its zero
// value; [Recording.Fields] has every field as it came.
type Recording struct {
	SID           text.Text
	AccountSID    text.Text
	CallSID       text.Text // zero for most recordings of a conference
	ConferenceSID text.Text // zero for a recording of a call
	Channels      int       // 1 mono, 2 stereo, 0 unknown
	Created       time.Time // date_created
	Updated       time.Time // date_updated
	Start         time.Time // start_time; zero until it runs
	End           time.Time // end_time; zero until it has ended
	Duration      time.Duration
	HasDuration   bool // whether duration could be read; only final once ended
	Source        text.Text
	Status        Status
	URI           text.Text

	raw value // the resource as it came, valid JSON; long values cut
}

// recordingFields are the 21 documented fields, in the order in which they are
// shown, each with what reads it; nil for one that is only shown.
var recordingFields = []field[Recording]{
	{"sid", func(r *Recording, v value) { r.SID = v.text() }},
	{"account_sid", func(r *Recording, v value) { r.AccountSID = v.text() }},
	{"api_version", nil},
	{"call_sid", func(r *Recording, v value) { r.CallSID = v.sid() }},
	{"conference_sid", func(r *Recording, v value) { r.ConferenceSID = v.sid() }},
	{"channel", func(r *Recording, v value) {
		if n, ok := v.integer(); ok && r.Channels == 0 {
			r.Channels = channels(n)
		}
	}},
	{"channels", func(r *Recording, v value) {
		if n, ok := v.integer(); ok && channels(n) != 0 {
			r.Channels = channels(n)
		}
	}},
	{"date_created", func(r *Recording, v value) { r.Created = v.time() }},
	{"date_updated", func(r *Recording, v value) { r.Updated = v.time() }},
	{"start_time", func(r *Recording, v value) { r.Start = v.time() }},
	{"end_time", func(r *Recording, v value) { r.End = v.time() }},
	{"duration", func(r *Recording, v value) { r.Duration, r.HasDuration = v.seconds() }},
	{"price", nil},
	{"price_unit", nil},
	{"source", func(r *Recording, v value) { r.Source = v.text() }},
	{"status", func(r *Recording, v value) { r.Status = status(v) }},
	{"error_code", nil},
	{"uri", func(r *Recording, v value) { r.URI = v.text() }},
	{"subresource_uris", nil},
	{"encryption_details", nil},
	{"trim", nil},
}

var recordingIndex = indexFields(recordingFields)

// decodeRecording reads one resource. It never fails: what cannot be
// understood is left zero and stays in the resource as it came.
func decodeRecording(raw value) Recording {
	r := Recording{raw: recordingIndex.keep(raw)}
	recordingIndex.decode(&r, r.raw)
	return r
}

// IsConference reports whether it is a recording of a conference: whether it
// has a conference's SID, whatever else it has.
func (r Recording) IsConference() bool { return !r.ConferenceSID.IsZero() }

// ParentSID returns the SID of the conference or the call that is recorded.
func (r Recording) ParentSID() text.Text {
	if r.IsConference() {
		return r.ConferenceSID
	}
	return r.CallSID
}

// Began returns when the recording began: its start, before that its creation.
// It is zero where neither could be read.
func (r Recording) Began() time.Time {
	if !r.Start.IsZero() {
		return r.Start
	}
	return r.Created
}

// Fields returns every field of the resource as it came: the documented ones
// in their order, absent ones marked, then those that are not documented.
func (r Recording) Fields() []Field { return recordingIndex.fields(r.raw) }

// AppendValues appends the value of every field that is neither null nor absent,
// each as [text.Text] shows it and with a line end after it. It is for looking
// things up in many recordings, and makes nothing else.
func (r Recording) AppendValues(b []byte) []byte {
	for _, v := range r.raw.members() {
		if v.isNull() {
			continue
		}
		switch {
		case len(v) > maxText/2 || bytes.IndexByte(v, '\\') >= 0 || !isASCII(v):
			b = append(b, v.text().String()...)
		case v.isString():
			b = append(b, v[1:len(v)-1]...)
		default:
			b = append(b, v...)
		}
		b = append(b, '\n')
	}
	return b
}

// isASCII reports whether s is printable ASCII, which text.Text shows as it is.
func isASCII(s []byte) bool {
	for _, c := range s {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// JSON returns the resource as it came, indented, one line an element.
func (r Recording) JSON() []text.Text { return jsonLines(r.raw) }

// Same reports whether both hold the same resource, to the byte.
func (r Recording) Same(other Recording) bool { return bytes.Equal(r.raw, other.raw) }

// Field is one field of a resource as it came.
type Field struct {
	Name   text.Text
	Value  text.Text // a string without its quotes, other types as JSON; zero when absent
	Absent bool      // the resource does not have the field
	Null   bool      // the field is null
}

// field is a documented field of a resource: its name and what reads it.
type field[T any] struct {
	name string
	read func(*T, value)
}

// fieldIndex finds the fields of a resource by name.
type fieldIndex[T any] struct {
	list []field[T]
	by   map[string]int
}

func indexFields[T any](list []field[T]) fieldIndex[T] {
	x := fieldIndex[T]{list: list, by: make(map[string]int, len(list))}
	for i, f := range list {
		x.by[f.name] = i
	}
	return x
}

// find returns the place of the field called name, which may have escapes.
func (x fieldIndex[T]) find(name value) (i int, ok bool) {
	i, ok = x.by[string(name.key())]
	return i, ok
}

// decode reads the fields of a resource. Of a field that comes twice the last
// one holds, unless it is null.
func (x fieldIndex[T]) decode(dst *T, raw value) {
	for name, v := range raw.members() {
		if i, ok := x.find(name); ok && x.list[i].read != nil && !v.isNull() {
			x.list[i].read(dst, v)
		}
	}
}

// keep returns a copy of a resource, to keep. Of one that is very long the
// long values are cut, and what is not documented is left out at some point.
func (x fieldIndex[T]) keep(raw value) value {
	if len(raw) <= maxKept {
		return bytes.Clone(raw)
	}
	var b bytes.Buffer
	for name, v := range raw.members() {
		_, documented := x.find(name)
		if !documented && (len(name) > maxText || b.Len() > maxKept) {
			continue
		}
		b.WriteByte(',')
		b.Write(name)
		b.WriteByte(':')
		if len(v) > maxText {
			v, _ = json.Marshal(v.start())
		}
		b.Write(v)
	}
	if b.Len() == 0 {
		return value("{}")
	}
	b.WriteByte('}')
	kept := bytes.Clone(b.Bytes())
	kept[0] = '{' // where the first comma is
	return kept
}

// fields returns the fields of a resource as they came: the documented ones in
// their order, then the others.
func (x fieldIndex[T]) fields(raw value) []Field {
	out := make([]Field, len(x.list))
	for i, f := range x.list {
		out[i] = Field{Name: text.New(f.name), Absent: true}
	}
	for name, v := range raw.members() {
		f := Field{Name: name.text(), Value: v.text(), Null: v.isNull()}
		if i, ok := x.find(name); ok {
			out[i] = f
		} else {
			out = append(out, f)
		}
	}
	return out
}

func channels(n int64) int {
	if n < 0 || n > 1<<20 {
		return 0
	}
	return int(n)
}

// status returns the status as it came, made safe to show; one that is not a
// string as its JSON, a very long one cut. A known one is not built anew.
func status(v value) Status {
	if len(v) < 16 {
		if s, ok := knownStatus[string(v)]; ok {
			return s
		}
	}
	s := v.text().String()
	if len(s) > 64 {
		s = strings.Clone(strings.ToValidUTF8(s[:64], ""))
	}
	return Status(s)
}

// knownStatus has the known statuses by their JSON.
var knownStatus = func() map[string]Status {
	m := map[string]Status{}
	for _, s := range []Status{Queued, InProgress, Resumed, Paused, Stopped, Completed, Absent, Failed, Processing, Deleted} {
		m[`"`+string(s)+`"`] = s
	}
	return m
}()

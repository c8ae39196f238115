package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"tapedeck/api/text"
)

// Event is what an entry is about.
type Event string

// The events. A reader takes any other as it comes.
const (
	Request Event = "request"     // an update is about to be sent
	Outcome Event = "outcome"     // the result of the request with the same ID; one at most
	Seen    Event = "seen"        // what was seen later of a request: with Outcome, its outcome is another one; else others have ended what it did
	Note    Event = "note"        // the journal on itself, such as a line repaired
	Ack     Event = "ack"         // an alarm was acknowledged: Reason and Until
	Timer   Event = "timer"       // an auto-resume was set, changed or cleared: Until
	Reveal  Event = "reveal"      // a masked number was shown
	Again   Event = "again"       // a person had the update of the request with the same ID sent once more
	Behind  Event = "left-behind" // a session ended and left its recording paused

	// A call or a conference without a recording alarms: Since, Reason. It does not
	// any more, as it is recorded or over: Reason.
	Unrecorded Event = "unrecorded"
	AlarmOver  Event = "alarm-over"

	SessionBegan Event = "session-began" // a person has a screen before them
	SessionEnded Event = "session-ended" // it is over: Reason
	Stale        Event = "stale"         // the screens of the process have no current data: Since, Reason
	Live         Event = "live"          // they have current data: for the first time, or again
)

// AboutWatching reports whether the event says when people watched, and nothing
// of a recording.
func (e Event) AboutWatching() bool {
	return e == SessionBegan || e == SessionEnded || e == Stale || e == Live
}

// oldNames are names of events that older files have; they are read as these.
var oldNames = map[string]Event{"wish": Request, "left": Behind}

func eventOf(name string) Event {
	if e, ok := oldNames[name]; ok {
		return e
	}
	return Event(name)
}

// Entry is one line of the journal. Texts are made safe to show when they are
// written and again when they are read; see [text.Text].
type Entry struct {
	Seq   uint64    // number of the line, from 1; set by the journal
	Prev  string    // SHA-256 of the line before it, in hex; set by the journal
	Time  time.Time // when it happened, UTC, to the millisecond
	Event Event
	ID    string // of the request; see [Journal.NewID]
	Ref   string // the asker's own name for the request, by which a service knows it again; empty without
	Who

	Space, Project, Profile     string
	Recording, Call, Conference text.Text // SIDs

	StatusBefore   string // that the person saw
	StatusAsked    string
	PauseBehavior  string        // silence or skip, with a pause
	StatusAnswered string        // in the resource that the API returned
	HTTPStatus     int           // of the answer; 0 without one
	Code           string        // the API's, in an error
	Latency        time.Duration // from the request to the answer, to the millisecond
	Outcome        string        // one of the six words of package deck
	Reason         string        // why it failed, or what a person gave as reason
	From, To       text.Text     // numbers, only with Options.Numbers

	Until   time.Time // a deadline: of an ack, of a timer; zero without
	Since   time.Time // stale: when the data was last whole; unrecorded: since when there is no recording; zero for not known
	ByTimer bool      // a timer asked for it, which Actor had set
	Late    bool      // written after the update went out; set by the journal
}

// entryJSON is the line. Its order of fields is that of the file.
type entryJSON struct {
	Seq            uint64 `json:"seq"`
	Prev           string `json:"prev"`
	Time           string `json:"time"`
	Event          string `json:"event"`
	ID             string `json:"id,omitempty"`
	Ref            string `json:"ref,omitempty"`
	Actor          string `json:"actor,omitempty"`
	UID            string `json:"uid,omitempty"`
	SudoUser       string `json:"sudo_user,omitempty"`
	SSHClient      string `json:"ssh_client,omitempty"`
	SSHKey         string `json:"ssh_key,omitempty"`
	SSHUser        string `json:"ssh_user,omitempty"`
	SSHCertificate string `json:"ssh_certificate,omitempty"`
	SSHAuthority   string `json:"ssh_ca,omitempty"`
	Inherited      bool   `json:"ssh_inherited,omitempty"`
	Claimed        bool   `json:"claimed,omitempty"`
	TTY            string `json:"tty,omitempty"`
	Host           string `json:"host,omitempty"`
	PID            int    `json:"pid,omitempty"`
	Started        string `json:"started,omitempty"`
	Command        bool   `json:"command,omitempty"`
	Session        string `json:"session,omitempty"`
	Space          string `json:"space,omitempty"`
	Project        string `json:"project,omitempty"`
	Profile        string `json:"profile,omitempty"`
	Recording      string `json:"recording,omitempty"`
	Call           string `json:"call,omitempty"`
	Conference     string `json:"conference,omitempty"`
	StatusBefore   string `json:"status_before,omitempty"`
	StatusAsked    string `json:"status_asked,omitempty"`
	PauseBehavior  string `json:"pause_behavior,omitempty"`
	StatusAnswered string `json:"status_answered,omitempty"`
	HTTPStatus     int    `json:"http_status,omitempty"`
	Code           string `json:"code,omitempty"`
	LatencyMS      int64  `json:"latency_ms,omitempty"`
	Outcome        string `json:"outcome,omitempty"`
	Reason         string `json:"reason,omitempty"`
	From           string `json:"from,omitempty"`
	To             string `json:"to,omitempty"`
	Until          string `json:"until,omitempty"`
	ByTimer        bool   `json:"by_timer,omitempty"`
	Late           bool   `json:"late,omitempty"`
	Since          string `json:"since,omitempty"`
}

// timeForm is RFC 3339 in UTC, always with milliseconds.
const timeForm = "2006-01-02T15:04:05.000Z"

var noText text.Text

func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(timeForm)
}

// MarshalJSON returns the entry as it is in the file, without the line's end.
func (e Entry) MarshalJSON() ([]byte, error) {
	line, err := encode(e, nil)
	return bytes.TrimSuffix(line, []byte("\n")), err
}

// UnmarshalJSON reads a line of the file. It takes fields that it does not
// know, and texts that are not safe to show are made so.
func (e *Entry) UnmarshalJSON(line []byte) error {
	var w entryJSON
	if err := json.Unmarshal(line, &w); err != nil {
		return err
	}
	at, err := time.Parse(time.RFC3339, w.Time)
	if err != nil {
		return fmt.Errorf("its time is not readable: %s", clean(w.Time))
	}
	var until, since time.Time
	if w.Until != "" {
		if until, err = time.Parse(time.RFC3339, w.Until); err != nil {
			return fmt.Errorf("its deadline is not readable: %s", clean(w.Until))
		}
	}
	if w.Since != "" {
		if since, err = time.Parse(time.RFC3339, w.Since); err != nil {
			return fmt.Errorf("its beginning is not readable: %s", clean(w.Since))
		}
	}
	for _, s := range w.texts() {
		*s = clean(*s)
	}
	*e = w.entry(at, until, since)
	return nil
}

// texts returns every text of the line.
func (w *entryJSON) texts() []*string {
	return []*string{
		&w.Prev, &w.Event, &w.ID, &w.Ref, &w.Actor, &w.UID, &w.SudoUser, &w.SSHClient, &w.SSHKey, &w.SSHUser, &w.SSHCertificate, &w.SSHAuthority, &w.TTY, &w.Host, &w.Started,
		&w.Session, &w.Space, &w.Project, &w.Profile, &w.Recording, &w.Call, &w.Conference,
		&w.StatusBefore, &w.StatusAsked, &w.PauseBehavior, &w.StatusAnswered, &w.Code, &w.Outcome, &w.Reason,
		&w.From, &w.To,
	}
}

// encode returns the line of e with its end. hide, if not nil, is called for
// each text.
func encode(e Entry, hide func(string) string) ([]byte, error) {
	w := entryJSON{
		Seq: e.Seq, Prev: e.Prev, Time: formatTime(e.Time), Event: string(e.Event), ID: e.ID, Ref: e.Ref,
		Actor: e.Actor, UID: e.UID, SudoUser: e.SudoUser, SSHClient: e.SSHClient, SSHKey: e.SSHKey, Inherited: e.Inherited, Claimed: e.Claimed,
		SSHUser: e.SSHUser, SSHCertificate: e.SSHCertificate, SSHAuthority: e.SSHAuthority,
		TTY: e.TTY, Host: e.Host, PID: e.PID, Started: e.Started, Command: e.Command,
		Session: e.Session, Space: e.Space, Project: e.Project, Profile: e.Profile,
		Recording: e.Recording.String(), Call: e.Call.String(), Conference: e.Conference.String(),
		StatusBefore: e.StatusBefore, StatusAsked: e.StatusAsked, PauseBehavior: e.PauseBehavior,
		StatusAnswered: e.StatusAnswered, HTTPStatus: e.HTTPStatus, Code: e.Code,
		LatencyMS: e.Latency.Milliseconds(), Outcome: e.Outcome, Reason: e.Reason,
		From: e.From.String(), To: e.To.String(), Until: formatTime(e.Until), ByTimer: e.ByTimer, Late: e.Late, Since: formatTime(e.Since),
	}
	for _, s := range w.texts() {
		if s == &w.Prev || *s == "" {
			continue
		}
		if hide != nil {
			*s = hide(*s)
		}
		*s = shorten(hideTokens(clean(*s)))
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(w); err != nil {
		return nil, fmt.Errorf("encode a %s: %w", e.Event, err)
	}
	return b.Bytes(), nil
}

// maxField is how many bytes of one text are kept: a line never gets longer
// than a reader takes.
const maxField = 1 << 10

// clean returns s safe to show, on one line, and no longer than maxField: also
// where what stands for a control byte is longer than the byte.
func clean(s string) string { return shorten(text.New(shorten(s)).String()) }

func shorten(s string) string {
	if len(s) > maxField {
		s = strings.ToValidUTF8(s[:maxField-len("…")], "") + "…"
	}
	return s
}

// tokens are what a token of SignalWire looks like, and the other forms in
// which a secret gets into the text of an error.
var tokens = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`PT[0-9A-Za-z]{16,}|(?i:basic|bearer)\s+[0-9A-Za-z+/=._~-]{8,}|://[^/@\s]*@`)
})

func hideTokens(s string) string {
	if len(s) < 9 || !strings.Contains(s, "PT") && !strings.Contains(s, "@") && !strings.ContainsAny(s, " ") {
		return s
	}
	return tokens().ReplaceAllStringFunc(s, func(found string) string {
		if strings.HasPrefix(found, "://") {
			return "://[hidden]@"
		}
		return "[token hidden]"
	})
}

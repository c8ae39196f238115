package journal

import (
	"bytes"
	"encoding/binary"
	"time"
	"unicode/utf8"

	"tapedeck/api/text"
)

// decoder reads entries out of many lines. A line as [Journal] writes it is read
// in one pass and with few allocations; any other goes through
// [Entry.UnmarshalJSON], which says what a line means. Texts that come again
// share their memory. The zero value is ready for use. It is not for concurrent
// use.
type decoder struct {
	texts [1 << 12]string
	wire  entryJSON
	prev  string   // the hash of the line before, which is expected and shared; may be empty
	skims bool     // it reads only what [Skim] needs
	day   [10]byte // the date that was read last
	began int64    // of that day, in seconds since 1970
}

// entry reads a line into e, which keeps nothing of line.
func (d *decoder) entry(line []byte, e *Entry) error {
	if d.fast(line) {
		if at, ok := d.time(d.wire.Time); ok {
			until, untilOK := d.time(d.wire.Until)
			since, sinceOK := d.time(d.wire.Since)
			if (untilOK || d.wire.Until == "") && (sinceOK || d.wire.Since == "") {
				*e = d.wire.entry(at, until, since)
				return nil
			}
		}
	}
	return e.UnmarshalJSON(line)
}

// fast reads a line into the wire form. It reports false for a line that has
// anything but known fields, without a space between them, whose texts have no
// escape: then it is to be read in the slow way.
func (d *decoder) fast(line []byte) bool {
	d.wire = entryJSON{}
	if len(line) < 2 || line[0] != '{' || line[len(line)-1] != '}' {
		return false
	}
	allPlain := isPlain(line)
	for rest := line[1 : len(line)-1]; ; {
		if len(rest) < 2 || rest[0] != '"' {
			return false
		}
		end := bytes.IndexByte(rest[1:], '"') + 1
		if end < 1 || end+2 >= len(rest) || rest[end+1] != ':' {
			return false
		}
		name := rest[1:end]
		value := rest[end+2:]
		n, ok := d.value(name, value, allPlain)
		switch {
		case !ok:
			return false
		case n == len(value):
			return true
		case value[n] != ',':
			return false
		}
		rest = value[n+1:]
	}
}

// value reads the value of a field, and returns its length.
func (d *decoder) value(name, in []byte, allPlain bool) (n int, ok bool) {
	if in[0] == '"' {
		end := bytes.IndexByte(in[1:], '"')
		to := d.wire.text(name)
		if end < 0 || end > maxField || to == nil {
			return 0, false
		}
		s := in[1 : 1+end]
		switch {
		case allPlain || isPlain(s):
			if !d.skims || skimmed(name) {
				*to = d.text(s)
			}
		case bytes.IndexByte(s, '\\') >= 0 || !utf8.Valid(s) || hasControl(s):
			return 0, false
		default:
			*to = clean(string(s))
		}
		return end + 2, true
	}
	if is := d.wire.flag(name); is != nil {
		switch {
		case bytes.HasPrefix(in, []byte("true")):
			*is = true
			return len("true"), true
		case bytes.HasPrefix(in, []byte("false")):
			*is = false
			return len("false"), true
		}
		return 0, false
	}
	return d.wire.number(name, in)
}

// text returns a text as a string, that of an equal text before where it is
// still known.
func (d *decoder) text(b []byte) string {
	switch {
	case len(b) == 0:
		return ""
	case len(b) == len(d.prev) && string(b) == d.prev:
		return d.prev
	}
	h := uint32(len(b)) * 0x9E3779B1
	if len(b) >= 8 {
		a, z := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[len(b)-8:])
		x := (a ^ z<<1 ^ uint64(h)) * 0x9E3779B97F4A7C15
		h = uint32(x >> 40)
	} else {
		for _, c := range b {
			h = (h ^ uint32(c)) * 0x01000193
		}
		h >>= 8
	}
	slot := &d.texts[h%uint32(len(d.texts))]
	if *slot != string(b) {
		*slot = string(b)
	}
	return *slot
}

// time reads a time in the form of the file. It reports false for any other form.
func (d *decoder) time(s string) (time.Time, bool) {
	if len(s) != len(timeForm) || s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[19] != '.' || s[23] != 'Z' {
		return time.Time{}, false
	}
	if s[:10] != string(d.day[:]) {
		day, err := time.Parse(time.DateOnly, s[:10])
		if err != nil {
			return time.Time{}, false
		}
		copy(d.day[:], s)
		d.began = day.Unix()
	}
	h, ok1 := digits(s[11:13])
	m, ok2 := digits(s[14:16])
	sec, ok3 := digits(s[17:19])
	ms, ok4 := digits(s[20:23])
	if !ok1 || !ok2 || !ok3 || !ok4 || h > 23 || m > 59 || sec > 59 {
		return time.Time{}, false
	}
	return time.Unix(d.began+int64(h*3600+m*60+sec), int64(ms)*1e6).UTC(), true
}

func digits(s string) (n int, ok bool) {
	for i := range len(s) {
		c := s[i] - '0'
		if c > 9 {
			return 0, false
		}
		n = 10*n + int(c)
	}
	return n, true
}

// number reads the number of a field.
func (w *entryJSON) number(name, in []byte) (n int, ok bool) {
	var v uint64
	for n < len(in) && in[n]-'0' <= 9 {
		v = 10*v + uint64(in[n]-'0')
		n++
	}
	if n == 0 || n > 15 || n > 1 && in[0] == '0' {
		return 0, false
	}
	switch string(name) {
	case "seq":
		w.Seq = v
	case "latency_ms":
		w.LatencyMS = int64(v)
	case "pid", "http_status":
		if v > 1<<31-1 { // an int of 32 bits has no room for it
			return 0, false
		}
		if name[0] == 'p' {
			w.PID = int(v)
		} else {
			w.HTTPStatus = int(v)
		}
	default:
		return 0, false
	}
	return n, true
}

// flag returns the field of a name that is true or false; nil for none.
func (w *entryJSON) flag(name []byte) *bool {
	switch string(name) {
	case "late":
		return &w.Late
	case "by_timer":
		return &w.ByTimer
	case "command":
		return &w.Command
	case "claimed":
		return &w.Claimed
	case "ssh_inherited":
		return &w.Inherited
	}
	return nil
}

// text returns the field of a name that is a text; nil for none.
func (w *entryJSON) text(name []byte) *string {
	switch string(name) {
	case "prev":
		return &w.Prev
	case "time":
		return &w.Time
	case "event":
		return &w.Event
	case "id":
		return &w.ID
	case "ref":
		return &w.Ref
	case "actor":
		return &w.Actor
	case "uid":
		return &w.UID
	case "sudo_user":
		return &w.SudoUser
	case "ssh_client":
		return &w.SSHClient
	case "ssh_key":
		return &w.SSHKey
	case "ssh_user":
		return &w.SSHUser
	case "ssh_certificate":
		return &w.SSHCertificate
	case "ssh_ca":
		return &w.SSHAuthority
	case "tty":
		return &w.TTY
	case "host":
		return &w.Host
	case "started":
		return &w.Started
	case "session":
		return &w.Session
	case "space":
		return &w.Space
	case "project":
		return &w.Project
	case "profile":
		return &w.Profile
	}
	return w.aboutText(name)
}

// aboutText is text for the fields that say what an entry is about.
func (w *entryJSON) aboutText(name []byte) *string {
	switch string(name) {
	case "recording":
		return &w.Recording
	case "call":
		return &w.Call
	case "conference":
		return &w.Conference
	case "status_before":
		return &w.StatusBefore
	case "status_asked":
		return &w.StatusAsked
	case "pause_behavior":
		return &w.PauseBehavior
	case "status_answered":
		return &w.StatusAnswered
	case "code":
		return &w.Code
	case "outcome":
		return &w.Outcome
	case "reason":
		return &w.Reason
	case "from":
		return &w.From
	case "to":
		return &w.To
	case "until":
		return &w.Until
	case "since":
		return &w.Since
	}
	return nil
}

// entry returns the entry of a line whose texts are safe to show.
func (w *entryJSON) entry(at, until, since time.Time) Entry {
	return Entry{
		Seq: w.Seq, Prev: w.Prev, Time: at.UTC(), Event: eventOf(w.Event), ID: w.ID, Ref: w.Ref,
		Who: Who{Actor: w.Actor, UID: w.UID, SudoUser: w.SudoUser, SSHClient: w.SSHClient, SSHKey: w.SSHKey, Inherited: w.Inherited, Claimed: w.Claimed,
			SSHUser: w.SSHUser, SSHCertificate: w.SSHCertificate, SSHAuthority: w.SSHAuthority,
			TTY: w.TTY, Session: w.Session, Command: w.Command, Host: w.Host, PID: w.PID, Started: w.Started},
		Space: w.Space, Project: w.Project, Profile: w.Profile,
		Recording: text.New(w.Recording), Call: text.New(w.Call), Conference: text.New(w.Conference),
		StatusBefore: w.StatusBefore, StatusAsked: w.StatusAsked, PauseBehavior: w.PauseBehavior,
		StatusAnswered: w.StatusAnswered, HTTPStatus: w.HTTPStatus, Code: w.Code,
		Latency: time.Duration(w.LatencyMS) * time.Millisecond, Outcome: w.Outcome, Reason: w.Reason,
		From: text.New(w.From), To: text.New(w.To), Until: until.UTC(), ByTimer: w.ByTimer, Late: w.Late, Since: since.UTC(),
	}
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// isPlain reports whether b is printable ASCII without a backslash.
func isPlain(b []byte) bool {
	var bad uint64
	for ; len(b) >= 8; b = b[8:] {
		x := binary.LittleEndian.Uint64(b)
		slash, del := x^('\\'*ones), x^(0x7f*ones)
		bad |= x | (x-' '*ones)&^x | (slash-ones)&^slash | (del-ones)&^del
	}
	for _, c := range b {
		if c < ' ' || c > '~' || c == '\\' {
			return false
		}
	}
	return bad&highs == 0
}

// hasControl reports whether b has a byte that JSON does not allow in a text.
func hasControl(b []byte) bool {
	for _, c := range b {
		if c < ' ' {
			return true
		}
	}
	return false
}

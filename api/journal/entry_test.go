package journal

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tapedeck/api/text"
)

// filledWith returns an entry that has s in each of its texts.
func filledWith(s string) Entry {
	return Entry{
		Seq: 1<<64 - 1, Prev: genesis, Time: time.Now(), Event: Event(s), ID: s,
		Who:   Who{Actor: s, UID: s, SudoUser: s, SSHClient: s, SSHKey: s, SSHUser: s, SSHCertificate: s, SSHAuthority: s, Inherited: true, Claimed: true, Command: true, TTY: s, Session: s, Host: s, PID: 1 << 30, Started: s},
		Space: s, Project: s, Profile: s, Recording: text.New(s), Call: text.New(s), Conference: text.New(s),
		StatusBefore: s, StatusAsked: s, PauseBehavior: s, StatusAnswered: s, HTTPStatus: 1 << 30, Code: s,
		Latency: 1<<63 - 1, Outcome: s, Reason: s, From: text.New(s), To: text.New(s), Until: time.Now(), ByTimer: true, Late: true,
	}
}

// TestLongestLine: control bytes get longer when they are made safe, and a line
// of them was longer than one that is taken for an entry.
func TestLongestLine(t *testing.T) {
	for _, fill := range []string{"x", "\x01", "\xff", "\"", "\\", "é", "\u2028", "\u202e", "<", "\x7f", "日", "://x@", "PT0123456789abcdef"} {
		line, err := encode(filledWith(strings.Repeat(fill, 5000)), nil)
		check(t, err)
		if len(line) > maxLine {
			t.Errorf("of %q: %d bytes", fill, len(line))
		}
		var e Entry
		check(t, e.UnmarshalJSON(line))
		for _, s := range []string{e.Actor, e.Reason, e.Recording.String(), e.Outcome} {
			if len(s) > maxField || strings.ContainsAny(s, "\x01\n\u202e") {
				t.Errorf("of %q: a text of %d bytes, %q", fill, len(s), s[:20])
			}
		}
	}
}

// TestEntryIsReadAsWritten: what was read is written as it stands in the file,
// byte by byte, whatever it says.
func TestEntryIsReadAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String()
		e := filledWith(s.Draw(t, "text"))
		e.Actor, e.Reason, e.Host = s.Draw(t, "actor"), s.Draw(t, "reason"), s.Draw(t, "host")
		e.Time = time.UnixMilli(rapid.Int64Range(0, 4e12).Draw(t, "time"))
		e.Latency = time.Duration(rapid.Int64Range(0, 1e6).Draw(t, "latency")) * time.Millisecond
		first, err := e.MarshalJSON()
		if err != nil || strings.ContainsAny(string(first), "\n\r") {
			t.Fatalf("%q, %v", first, err)
		}
		var back Entry
		if err := back.UnmarshalJSON(first); err != nil {
			t.Fatal(err)
		}
		again, err := back.MarshalJSON()
		if err != nil || string(again) != string(first) {
			t.Errorf("%v (-first +again):\n%s", err, cmp.Diff(string(first), string(again)))
		}
		if !back.Time.Equal(e.Time) || back.Latency != e.Latency || !back.Late || !back.ByTimer || !back.Inherited || !back.Claimed || !back.Command {
			t.Errorf("%+v of %+v", back, e)
		}
	})
}

// TestUnreadableEntry: what is no entry says why, and what is only new to this
// program is none of its business.
func TestUnreadableEntry(t *testing.T) {
	const at = `"time":"2026-03-01T08:44:19.000Z"`
	tests := []struct{ line, err string }{
		{`{` + at + `,"event":"request"}`, ""},
		{`{` + at + `,"event":"of a later version","more":{"a":[1]}}`, ""},
		{`{` + at + `,"until":"2026-03-01T10:44:19+02:00"}`, ""},
		{`{}`, "its time is not readable: "},
		{`{"time":"yesterday\u001b[2J"}`, "its time is not readable: yesterday"},
		{`{"time":"2026-13-01T08:44:19Z"}`, "its time is not readable"},
		{`{` + at + `,"until":"soon"}`, "its deadline is not readable: soon"},
		{`{"time":3}`, "cannot unmarshal"},
		{`{` + at + `,"pid":"x"}`, "cannot unmarshal"},
		{`{` + at + `,"http_status":1.5}`, "cannot unmarshal"},
		{`[]`, "cannot unmarshal"},
		{`{` + at, "unexpected end"},
	}
	for _, tt := range tests {
		var e Entry
		err := json.Unmarshal([]byte(tt.line), &e)
		if (err == nil) != (tt.err == "") || err != nil && (!strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "\x1b")) {
			t.Errorf("%s: %v, want %q", tt.line, err, tt.err)
		}
		if err == nil && (e.Time.Location() != time.UTC || !e.Until.IsZero() && e.Until.Format(time.Kitchen) != "8:44AM") {
			t.Errorf("%s: at %v, until %v", tt.line, e.Time, e.Until)
		}
	}
}

// TestHiddenTokens: no form of a token gets into a line, and no word that only
// looks a little like one is lost.
func TestHiddenTokens(t *testing.T) {
	const token = "PT0123456789abcdef0123456789abcdef0123456789abcdef"
	tests := []struct{ in, want string }{
		{"refused " + token + " here", "refused [token hidden] here"},
		{"Authorization: Basic YWJjOmRlZg==", "Authorization: [token hidden]"},
		{"bearer 0123456789", "[token hidden]"},
		{"https://p:" + token + "@acme.example/x", "https://[hidden]@acme.example/x"},
		{"https://acme.example/x?a=b@c", "https://acme.example/x?a=b@c"},
		{"a basic plan", "a basic plan"},
		{"PT cruiser", "PT cruiser"},
		{"PT012345", "PT012345"},
		{"agent7@acme", "agent7@acme"},
		{"", ""},
	}
	for _, tt := range tests {
		if got := hideTokens(tt.in); got != tt.want {
			t.Errorf("%q is written %q, want %q", tt.in, got, tt.want)
		}
	}
	line, err := encode(filledWith("x "+token), func(s string) string { return strings.ReplaceAll(s, "x ", "y ") })
	check(t, err)
	if s := string(line); strings.Contains(s, token) || strings.Contains(s, "x [") || !strings.Contains(s, `"actor":"y [token hidden]"`) || !strings.Contains(s, genesis) {
		t.Errorf("the line is %s", s)
	}
}

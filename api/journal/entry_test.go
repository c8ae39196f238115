package journal

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api/text"
)

// whole returns an entry in which every field is set, each to another value.
func whole(t *testing.T) Entry {
	t.Helper()
	at := time.Date(2026, 3, 1, 3, 2, 11, 123_000_000, time.UTC)
	e := Entry{
		Seq: 7, Prev: strings.Repeat("ab", 32), Time: at, Event: Outcome, ID: "an-id",
		Who: Who{Actor: "alice", UID: "1001", SudoUser: "bob", SSHClient: "203.0.113.5:50000", SSHKey: "SHA256:x", Inherited: true,
			TTY: "/dev/pts/3", Host: "desk", PID: 4711, Started: "boot:ns:1"},
		Session: "s1", Space: "https://acme.example", Project: "p", Profile: "eu",
		Recording: text.New("rec"), Call: text.New("call"), Conference: text.New("conf"),
		StatusBefore: "in-progress", StatusAsked: "paused", PauseBehavior: "skip", StatusAnswered: "stopped",
		HTTPStatus: 200, Code: "20003", Latency: 150 * time.Millisecond, Outcome: "verified", Reason: "why",
		From: text.New("+13105550142"), To: text.New("sip:a@b"), Until: at.Add(time.Minute), ByTimer: true, Late: true,
	}
	set(t, reflect.ValueOf(e), "Entry")
	return e
}

// set fails for a field of a struct that is not set: the test would not see it.
func set(t *testing.T, v reflect.Value, path string) {
	for i := range v.NumField() {
		f, name := v.Field(i), path+"."+v.Type().Field(i).Name
		if f.IsZero() {
			t.Errorf("%s is not set", name)
		}
		if f.Type() == reflect.TypeFor[Who]() {
			set(t, f, name)
		}
	}
}

// TestEntryKeepsEveryField: what is written is read again, field by field, and
// what is empty takes no room in the line.
func TestEntryKeepsEveryField(t *testing.T) {
	e := whole(t)
	line, err := e.MarshalJSON()
	check(t, err)
	var back Entry
	check(t, back.UnmarshalJSON(line))
	if diff := cmp.Diff(e, back, cmp.Comparer(func(x, y text.Text) bool { return x == y })); diff != "" {
		t.Errorf("(-written +read):\n%s", diff)
	}
	least, err := Entry{Time: e.Time, Event: Note}.MarshalJSON()
	check(t, err)
	if want := `{"seq":0,"prev":"","time":"2026-03-01T03:02:11.123Z","event":"note"}`; string(least) != want {
		t.Errorf("the least line is %s, want %s", least, want)
	}
}

// TestEntryIsSafe: no text of a line, written or read, acts on a terminal, and
// none is longer than a field may be.
func TestEntryIsSafe(t *testing.T) {
	e := whole(t)
	line, err := e.MarshalJSON()
	check(t, err)
	var fields map[string]any
	check(t, json.Unmarshal(line, &fields))
	for name, v := range fields {
		s, ok := v.(string)
		if !ok || name == "time" || name == "until" || name == "event" {
			continue
		}
		for _, bad := range []string{"\x1b[2J", "a\nb", "\u202e", strings.Repeat("x", 100_000)} {
			fields[name] = s + bad
			planted, err := json.Marshal(fields)
			check(t, err)
			var read Entry
			check(t, read.UnmarshalJSON(planted))
			again, err := read.MarshalJSON()
			check(t, err)
			var back map[string]any
			check(t, json.Unmarshal(again, &back))
			if got, _ := back[name].(string); strings.ContainsAny(got, "\x1b\n\u202e") || len(got) > 16<<10 {
				t.Errorf("%s with %.10q is read as %.80q (%d bytes)", name, bad, got, len(got))
			}
		}
		fields[name] = s
	}
}

func TestEntryThatIsNone(t *testing.T) {
	for line, want := range map[string]string{
		`{"time":"yesterday","event":"note"}`:                         "its time is not readable: yesterday",
		`{"event":"note"}`:                                            "its time is not readable: ",
		`{"time":"2026-03-01T03:00:00Z","until":"soon"}`:              "its deadline is not readable: soon",
		`{"time":"\u001b[2J","event":"note"}`:                         "its time is not readable: ",
		`{"time":"2026-03-01T03:00:00Z","http_status":"two hundred"}`: "cannot unmarshal",
		`[]`: "cannot unmarshal",
		`{"time":"2026-03-01T04:00:00+01:00","event":"note","more":[1]}`: "",
	} {
		var e Entry
		err := e.UnmarshalJSON([]byte(line))
		if want == "" {
			if err != nil || !e.Time.Equal(time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)) || e.Time.Location() != time.UTC {
				t.Errorf("%s: %v, %v", line, e.Time, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%s: %v, want %q", line, err, want)
		}
	}
}

// TestGuess: an outcome is its writer's when it is by the same process of the
// same machine; a number of a process that came again is another one.
func TestGuess(t *testing.T) {
	request := Entry{Who: Who{Host: "desk", PID: 12, Started: "boot:ns:7"}}
	tests := []struct {
		by    Who
		guess bool
	}{
		{Who{Host: "desk", PID: 12, Started: "boot:ns:7", Actor: "somebody"}, false},
		{Who{Host: "desk", PID: 13, Started: "boot:ns:7"}, true},
		{Who{Host: "desk", PID: 12, Started: "boot:ns:8"}, true},
		{Who{Host: "desk", PID: 12, Started: "boot:other:7"}, true},
		{Who{Host: "rack", PID: 12, Started: "boot:ns:7"}, true},
		{Who{}, true},
	}
	for _, tt := range tests {
		if got := (Entry{Who: tt.by}).GuessOf(request); got != tt.guess {
			t.Errorf("%+v: guess %v", tt.by, got)
		}
	}
}

func TestNameOfWho(t *testing.T) {
	for _, tt := range []struct {
		who  Who
		want string
	}{
		{Who{Actor: "alice"}, "alice"}, {Who{Actor: "root", SudoUser: "alice"}, "alice as root"},
		{Who{Actor: "alice", SudoUser: "alice"}, "alice"}, {Who{}, ""},
	} {
		if got := tt.who.Name(); got != tt.want {
			t.Errorf("%+v is %q, want %q", tt.who, got, tt.want)
		}
	}
	for uid, want := range map[string]string{"12345": "uid 12345", "4294967294": "uid 4294967294"} {
		if got := nameOf(uid, ""); got != want {
			t.Errorf("nobody's name is %q, want %q", got, want)
		}
	}
	if got := nameOf("0", "root"); got != "root" {
		t.Errorf("%q", got)
	}
}

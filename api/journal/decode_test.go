package journal

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api/text"
)

// everything is an entry with a value in each field.
func everything() Entry {
	now := time.Date(2026, 3, 1, 23, 59, 58, 7e6, time.UTC)
	return Entry{
		Seq: 18, Prev: genesis, Time: now, Event: Request, ID: "q-1-2", Ref: "r",
		Who: Who{Actor: "ana", UID: "1000", SudoUser: "bob", SSHClient: "[::1]:22", SSHKey: "SHA256:x/y+z", SSHUser: "ana", SSHCertificate: "ana@acme", SSHAuthority: "SHA256:c/a", Inherited: true, Claimed: true,
			TTY: "/dev/pts/3", Session: "s", Command: true, Host: "desk", PID: 4711, Started: "a:b:c:1"},
		Space: "https://acme.signalwire.com", Project: "p", Profile: "night",
		Recording: text.New("rec-1"), Call: text.New("call-1"), Conference: text.New("conf-1"),
		StatusBefore: "in-progress", StatusAsked: "paused", PauseBehavior: "skip", StatusAnswered: "paused", HTTPStatus: 200, Code: "20404",
		Latency: 153 * time.Millisecond, Outcome: "verified", Reason: "card number", From: text.New("+13105550142"), To: text.New("+1"),
		Until: now.Add(time.Minute), ByTimer: true, Late: true, Since: now.Add(-time.Minute),
	}
}

// sameDecoded reports how the two ways to read a line differ.
func sameDecoded(t *testing.T, d *decoder, line []byte) {
	t.Helper()
	var fast, slow Entry
	fastErr, slowErr := d.entry(line, &fast), slow.UnmarshalJSON(line)
	if (fastErr == nil) != (slowErr == nil) {
		t.Fatalf("%q: fast %v, slow %v", line, fastErr, slowErr)
	}
	if diff := cmp.Diff(slow, fast, cmp.Comparer(func(a, b text.Text) bool { return a == b })); diff != "" {
		t.Errorf("%q (-slow +fast):\n%s", line, diff)
	}
}

// What the journal writes is read in the fast way, and means the same in both.
func TestDecode(t *testing.T) {
	full := everything()
	plain, err := full.MarshalJSON()
	check(t, err)
	whole := string(plain)
	odd := full
	odd.Reason, odd.Actor = "…8142 is \"in use\"\\ \t\x1b[2J\u202e", "Zoë"
	escaped, err := odd.MarshalJSON()
	check(t, err)
	odd.Reason = "pause …8142: Zoë's"
	wide, err := odd.MarshalJSON()
	check(t, err)
	d := new(decoder)
	for _, tt := range []struct {
		name, line string
		fast       bool
	}{
		{"every field", whole, true},
		{"again, from what is kept", whole, true},
		{"few fields", `{"seq":1,"prev":"","time":"2026-03-01T03:02:11.000Z","event":"note"}`, true},
		{"not ASCII", string(wide), true},
		{"an old name", strings.Replace(whole, `"request"`, `"wish"`, 1), true},
		{"twice", `{"time":"2026-03-01T03:02:11.000Z","time":"2026-03-02T03:02:11.000Z","pid":1,"pid":2}`, true},
		{"false", `{"time":"2026-03-01T03:02:11.000Z","late":true,"late":false}`, true},
		{"an escape", string(escaped), false},
		{"an unknown field", strings.Replace(whole, `"uid"`, `"uidd"`, 1), false},
		{"an unknown object", strings.Replace(whole, `"uid":"1000"`, `"uid2":{"a":[1]}`, 1), false},
		{"a name in capitals", strings.Replace(whole, `"uid"`, `"UID"`, 1), false},
		{"a space", strings.Replace(whole, `,"uid"`, `, "uid"`, 1), false},
		{"null", strings.Replace(whole, `"1000"`, `null`, 1), false},
		{"a negative number", strings.Replace(whole, `4711`, `-4711`, 1), false},
		{"a fraction", strings.Replace(whole, `4711`, `47.5`, 1), false},
		{"a number with a zero before it", strings.Replace(whole, `4711`, `04711`, 1), false},
		{"the largest number", strings.Replace(whole, `"seq":18`, `"seq":18446744073709551615`, 1), false},
		{"a number in place of a text", strings.Replace(whole, `"1000"`, `1000`, 1), false},
		{"a text in place of a number", strings.Replace(whole, `4711`, `"4711"`, 1), false},
		{"a long text", strings.Replace(whole, "card number", strings.Repeat("x", maxField+1), 1), false},
		{"not UTF-8", strings.Replace(whole, "card number", "a\xffb é", 1), false},
		{"a control byte", strings.Replace(whole, "card number", "a\x01b", 1), false},
		{"a control byte, not ASCII", strings.Replace(whole, "card number", "é\x01b", 1), false},
		{"delete", strings.Replace(whole, "card number", "a\x7fb", 1), true},
		{"no value", `{"seq":}`, false},
		{"no name", `{:1}`, false},
		{"an end", `{"time":"2026`, false},
		{"a comma too many", `{"time":"2026-03-01T03:02:11.000Z",}`, false},
		{"empty", ``, false},
		{"nothing in it", `{}`, false},
		{"another zone", strings.Replace(whole, `23:59:58.007Z`, `23:59:58.007+02:00`, 1), true},
		{"no such day", strings.Replace(whole, `2026-03-01T`, `2026-02-30T`, 1), true},
		{"no such hour", strings.Replace(whole, `T23:59`, `T24:59`, 1), true},
		{"no time", strings.Replace(whole, `2026-03-01T23:59:58.007Z`, `soon`, 1), true},
		{"no beginning", strings.Replace(whole, `2026-03-01T23:58:58.007Z`, `soon`, 1), true},
		{"no deadline", strings.Replace(whole, `2026-03-02T00:00:58.007Z`, `soon`, 1), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sameDecoded(t, d, []byte(tt.line))
			if got := d.fast([]byte(tt.line)); got != tt.fast {
				t.Errorf("fast is %v, want %v: %s", got, tt.fast, tt.line)
			}
		})
	}
}

// Each field of the file is read in the fast way.
func TestDecodeKnowsEveryField(t *testing.T) {
	line, err := everything().MarshalJSON()
	check(t, err)
	var fields map[string]json.RawMessage
	check(t, json.Unmarshal(line, &fields))
	for _, f := range Fields() {
		value, ok := fields[f.Name]
		if !ok {
			t.Errorf("the entry of this test has no %s", f.Name)
		}
		one := []byte(`{"` + f.Name + `":` + string(value) + `}`)
		if d := new(decoder); !d.fast(one) {
			t.Errorf("%s is read in the slow way", one)
		}
	}
}

// FuzzDecode holds the fast way to read a line against the slow one.
func FuzzDecode(f *testing.F) {
	line, err := everything().MarshalJSON()
	check(f, err)
	f.Add(line)
	f.Add([]byte(`{"seq":1,"prev":"","time":"2026-03-01T03:02:11.000Z","event":"note","reason":"…8142"}`))
	f.Add([]byte(`{"time":"2026-03-01T03:02:11.000Z","reason":"\u00e9\"","late":true}`))
	d := new(decoder)
	f.Fuzz(func(t *testing.T, line []byte) { sameDecoded(t, d, line) })
}

// Scan gives each line once, what Read gives, and finds what Verify finds.
func TestScan(t *testing.T) {
	dir := t.TempDir()
	j, err := Open(Options{Dir: dir, MaxSize: 1500})
	check(t, err)
	for _, id := range []string{"1", "2", "3", "4", "5", "6"} {
		_ = j.Append(request(id))
		check(t, j.Wait())
	}
	check(t, j.Close())
	var want, got []Entry
	for e, err := range Read(dir, Filter{}) {
		check(t, err)
		want = append(want, e)
	}
	r, err := Scan(dir, func(e *Entry, broken *LineError) {
		if broken != nil {
			t.Errorf("broken: %v", broken)
		}
		got = append(got, *e)
	})
	check(t, err)
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b text.Text) bool { return a == b })); diff != "" {
		t.Errorf("(-Read +Scan):\n%s", diff)
	}
	lines := 0
	for _, f := range r.Names {
		lines += f.Lines
	}
	last := fileLines(t, dir, r.Names[len(r.Names)-1].Name)
	if hash := hashOf(last[len(last)-1][:len(last[len(last)-1])-1]); !r.Intact() || r.LastSeq != 6 || r.LastHash != hash || len(r.Names) < 2 || lines != 6 {
		t.Errorf("intact %v, last %d %s, want 6 %s, files %v", r.Intact(), r.LastSeq, r.LastHash, hash, r.Names)
	}
}

package list

import (
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/theme"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// clock is the local time of the tests; the server's is the same.
var clock = time.Date(2026, 11, 22, 8, 44, 20, 0, time.UTC)

// rec makes a recording that began some time ago. Fields of the resource are
// pairs of name and JSON; an empty JSON leaves the field out.
func rec(sid string, status api.Status, ago time.Duration, fields ...string) *deck.Recording {
	began := strconv.Quote(clock.Add(-ago).Format(time.RFC1123Z))
	all := map[string]string{
		"sid": strconv.Quote(sid), "status": strconv.Quote(string(status)),
		"call_sid": `"0ca11000-0000-4000-8000-` + lastRunes("000000000000"+sid, 12) + `"`,
		"channels": `"1"`, "source": `"DialVerb"`, "date_created": began, "start_time": began,
	}
	for i := 0; i < len(fields); i += 2 {
		all[fields[i]] = fields[i+1]
	}
	var parts []string
	for name, js := range all {
		if js != "" {
			parts = append(parts, strconv.Quote(name)+":"+js)
		}
	}
	r := &deck.Recording{Recording: api.DecodeRecording([]byte("{" + strings.Join(parts, ",") + "}"))}
	if !status.Active() {
		r.Ended = clock.Add(-time.Second)
	}
	return r
}

func digits(s string) string {
	var b []byte
	appendDigits(&b, s)
	return string(b)
}

func call(r *deck.Recording, from, to string) *deck.Recording {
	r.Call = &api.Call{
		SID: r.CallSID, From: text.New("+1" + digits(from)), To: text.New(to),
		FromFormatted: text.New(from), Status: api.InProgress, Direction: text.New("inbound"),
	}
	return r
}

func pause(r *deck.Recording, d time.Duration, atLeast bool) *deck.Recording {
	r.Pause = deck.Pause{Since: clock.Add(-d), AtLeast: atLeast}
	return r
}

func conference(r *deck.Recording, name string) *deck.Recording {
	r.Conference = &api.Conference{SID: r.ConferenceSID, FriendlyName: text.New(name), Status: api.InProgress}
	return r
}

func updating(r *deck.Recording, status api.Status, o deck.Outcome, settled bool) *deck.Recording {
	r.Update = &deck.Progress{
		ID: 7, Request: deck.Request{SID: r.SID, Update: api.Update{Status: status}},
		Outcome: o, Settled: settled, Asked: clock.Add(-2 * time.Second),
	}
	if settled {
		r.Update.Done = clock.Add(-time.Second)
	}
	return r
}

func snapshot(recs ...*deck.Recording) *deck.Snapshot { return &deck.Snapshot{Recordings: recs} }

const inConference = `"c0ffe000-0000-4000-8000-00000000b111"`

// some returns one of each kind of row.
func some() *deck.Snapshot {
	return snapshot(
		call(rec("aaaa-e3f0", api.Queued, time.Second, "start_time", "null"), "(212) 555-0144", "(310) 555-0199"),
		updating(call(rec("aaaa-91be", api.InProgress, 7*time.Second), "(415) 555-0123", "sip:agent7@acme"), api.Paused, deck.Requested, false),
		updating(call(rec("aaaa-5b6d", api.Stopped, 10*time.Minute, "end_time",
			`"`+clock.Add(-10*time.Minute+200*time.Second).Format(time.RFC1123Z)+`"`), "(646) 555-0107", "(310) 555-0199"), api.Stopped, deck.Verified, true),
		pause(conference(rec("aaaa-c07a", api.Paused, 250*time.Second, "conference_sid", inConference, "call_sid", "null",
			"source", `"StartConferenceRecording"`, "channels", `"2"`), "Billing escalation"), 41*time.Second, true),
		rec("aaaa-0d0d", "warming-up", 9*time.Minute),
		pause(call(rec("aaaa-8142", api.Paused, 751*time.Second), "(310) 555-0142", "(310) 555-0199"), 192*time.Second, false),
		updating(call(rec("aaaa-07d1", api.Resumed, 2*time.Hour+41*time.Minute+55*time.Second), "+44 20 7946 0018", "(310) 555-0199"), api.Paused, deck.Failed, true),
		func() *deck.Recording {
			r := call(rec("aaaa-9999", api.InProgress, 130*time.Hour), "(503) 555-0177", "(310) 555-0199")
			r.Gone, r.Ended = true, clock
			return r
		}(),
		rec("aaaa-nodt", api.InProgress, 0, "date_created", "null", "start_time", `"soon"`, "channels", "null", "source", "null", "conference_sid", inConference),
	)
}

func press(key string) tea.KeyPressMsg {
	switch key {
	case "down":
		return tea.KeyPressMsg{Code: tea.KeyDown}
	case "pgdown":
		return tea.KeyPressMsg{Code: tea.KeyPgDown}
	case "end":
		return tea.KeyPressMsg{Code: tea.KeyEnd}
	case "ctrl+d":
		return tea.KeyPressMsg{Code: 'd', Mod: tea.ModCtrl}
	}
	return tea.KeyPressMsg{Code: rune(key[0]), Text: key}
}

func keys(m Model, keys ...string) Model {
	for _, k := range keys {
		m, _ = m.Update(press(k))
	}
	return m
}

func sized(t theme.Theme, w, h int, s *deck.Snapshot) Model {
	m := New(t)
	m.SetSize(w, h)
	m.SetSnapshot(s)
	return m
}

func selected(m Model) string {
	r, ok := m.Selected()
	if !ok {
		return ""
	}
	return r.SID.String()
}

func order(m Model) string {
	var sids []string
	for _, r := range m.rows {
		sids = append(sids, lastRunes(r.rec.SID.String(), 4))
	}
	return strings.Join(sids, " ")
}

func parse(t *testing.T, s string) Filter {
	t.Helper()
	f, err := ParseFilter(s)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// golden compares a view, as a reader sees it, with testdata/<test>/<case>.txt.
func golden(t *testing.T, th theme.Theme, w, h int, view string) {
	t.Helper()
	checkBox(t, th, w, h, view)
	var b strings.Builder
	for line := range strings.SplitSeq(ansi.Strip(view), "\n") {
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	path := filepath.Join("testdata", strings.ReplaceAll(t.Name(), " ", "_")+".txt")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != b.String() {
		t.Errorf("view differs from %s (-update rewrites it); got:\n%s\nwant:\n%s", path, b.String(), want)
	}
}

// checkBox checks that a view has exactly h lines of exactly w cells, and no
// control character but in our own styles.
func checkBox(t testing.TB, th theme.Theme, w, h int, view string) {
	t.Helper()
	lines := strings.Split(view, "\n")
	if len(lines) != max(1, h) {
		t.Fatalf("%d lines at %dx%d, want %d", len(lines), w, h, h)
	}
	for _, line := range lines {
		if got := th.Width(line); got != w && h > 0 {
			t.Fatalf("a line of %d cells at %dx%d: %q", got, w, h, line)
		}
		for _, r := range ansi.Strip(line) {
			if r < ' ' || r >= 0x7f && r < 0xa0 || th.ASCII() && r > '~' {
				t.Fatalf("%U in %q", r, line)
			}
		}
		if rest := ansi.Strip(line); strings.Count(line, "\x1b") != strings.Count(line, "\x1b[") || strings.Contains(rest, "\x1b") {
			t.Fatalf("a sequence that is no style in %q", line)
		}
	}
}

func TestView(t *testing.T) {
	dark := theme.New(theme.Options{Mode: "dark"})
	plain := theme.New(theme.Options{NoColor: true, ASCII: true})
	filtered := func(f string) func(*Model) { return func(m *Model) { m.SetFilter(parse(t, f)) } }
	tests := []struct {
		name string
		th   theme.Theme
		w, h int
		set  func(*Model)
	}{
		{name: "40 columns", th: dark, w: 40, h: 11},
		{name: "60 columns", th: dark, w: 60, h: 11},
		{name: "70 columns", th: dark, w: 70, h: 11},
		{name: "78 columns", th: dark, w: 78, h: 11},
		{name: "120 columns", th: dark, w: 120, h: 11},
		{name: "250 columns", th: dark, w: 250, h: 11},
		{name: "ASCII", th: plain, w: 120, h: 11},
		{name: "more rows than lines", th: dark, w: 80, h: 5, set: func(m *Model) { *m = keys(*m, "j", "j", "j", "j", "j", "j") }},
		{name: "nothing matches", th: dark, w: 80, h: 6, set: filtered("zebra")},
		{name: "nothing matches and nothing was selected", th: dark, w: 80, h: 4, set: func(m *Model) {
			*m = New(dark)
			m.SetSize(80, 4)
			m.SetFilter(parse(t, "zebra"))
			m.SetSnapshot(some())
		}},
		{name: "filtered to conferences", th: dark, w: 80, h: 6, set: filtered("conference")},
		{name: "sorted by who, reversed", th: dark, w: 120, h: 11, set: func(m *Model) { m.SetSort(ByWho, true) }},
		{name: "empty", th: dark, w: 80, h: 3, set: func(m *Model) { *m = sized(dark, 80, 3, nil) }},
		{name: "one line", th: dark, w: 80, h: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := sized(tt.th, tt.w, tt.h, some())
			if tt.set != nil {
				tt.set(&m)
			}
			golden(t, tt.th, tt.w, tt.h, m.View(clock))
		})
	}
}

// A tick may change only digits: no style, no width, no other cell.
func TestTickChangesOnlyDigits(t *testing.T) {
	for _, w := range []int{40, 78, 120} {
		m := sized(theme.New(theme.Options{Mode: "dark"}), w, 11, some())
		a, b := m.View(clock), m.View(clock.Add(time.Second))
		if a == b {
			t.Fatal("nothing ticks")
		}
		if digitless(a) != digitless(b) {
			t.Errorf("more than digits changed:\n%q\n%q", a, b)
		}
		if m.View(clock.Add(time.Millisecond)) != a {
			t.Error("the clocks move within a second")
		}
	}
}

func digitless(s string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return '0'
		}
		return r
	}, ansi.Strip(s))
}

func TestServerClock(t *testing.T) {
	s := snapshot(rec("aaaa-0001", api.InProgress, time.Minute))
	s.Offset = 90 * time.Second // the local clock is slow
	m := sized(theme.Theme{}, 80, 3, s)
	if v := m.View(clock.Add(-90 * time.Second)); !strings.Contains(v, " 01:00 ") {
		t.Errorf("it has run for a minute by the server's clock:\n%s", v)
	}
}

func TestEveryUpdateHasItsSign(t *testing.T) {
	tests := []struct {
		outcome deck.Outcome
		settled bool
		want    string
	}{
		{deck.Requested, false, "REC ⋯pausing"},
		{deck.Accepted, false, "REC ⋯pausing"},
		{deck.Verified, true, "REC  "},
		{deck.Unknown, false, "REC ?pausing"},
		{deck.Unknown, true, "REC ?unknown"},
		{deck.Failed, true, "REC !failed"},
		{deck.Contradicted, false, "REC !pausing"},
	}
	for _, tt := range tests {
		r := updating(rec("aaaa-0001", api.InProgress, time.Minute), api.Paused, tt.outcome, tt.settled)
		m := sized(theme.Theme{}, 120, 3, snapshot(r))
		if v := m.View(clock); !strings.Contains(v, tt.want) {
			t.Errorf("%s, settled %v: want %q in\n%s", tt.outcome, tt.settled, tt.want, v)
		}
		if v := m.View(clock.Add(time.Hour)); tt.settled && !strings.Contains(v, "REC  ") {
			t.Errorf("%s is still shown after an hour:\n%s", tt.outcome, v)
		}
	}
}

func TestAges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := func(d time.Duration) string { return `"` + time.Now().Add(-d).Format(time.RFC1123Z) + `"` }
		r := func(sid string, d time.Duration) *deck.Recording {
			return rec(sid, api.InProgress, 0, "start_time", at(d))
		}
		s := snapshot(r("0001", time.Minute), r("0010", 11*time.Minute), r("0180", 3*time.Hour),
			rec("none", api.InProgress, 0, "start_time", "null", "date_created", "null"),
			rec("done", api.Completed, 0, "start_time", at(5*time.Hour), "end_time", at(4*time.Hour)))
		for f, want := range map[string]string{
			"age>10m": "0010 0180 done", "age<10m": "0001", "age>=2h": "0180", "age<1d age>30m": "0180 done",
			"!age>10m": "0001 none",
		} {
			m := New(theme.Theme{})
			m.SetFilter(parse(t, f))
			m.SetSnapshot(s)
			if got := order(m); got != want {
				t.Errorf("%s: %s, want %s", f, got, want)
			}
		}
	})
}

// What has ended shows how long it was: by its end, its length, or, as long as
// a stop has given it neither, its last change, or when it was seen to end. A zero is not shown for that.
func TestLengthOfTheEnded(t *testing.T) {
	at := func(d time.Duration) string { return `"` + clock.Add(-d).Format(time.RFC1123Z) + `"` }
	for _, tt := range []struct {
		fields []string
		want   string
	}{
		{[]string{"start_time", at(5 * time.Minute), "end_time", at(time.Minute), "duration", "240"}, "04:00"},
		{[]string{"start_time", at(5 * time.Minute), "end_time", "null", "duration", "180"}, "03:00"},
		{[]string{"start_time", at(5 * time.Minute), "end_time", "null", "duration", "0", "date_updated", at(2 * time.Minute)}, "03:00"},
		{[]string{"start_time", at(5 * time.Minute), "end_time", "null", "duration", "0", "date_updated", "null"}, "04:59"},
		{[]string{"start_time", "null", "date_created", "null", "end_time", "null", "duration", "null"}, "-"},
	} {
		m := sized(theme.Theme{}, 80, 2, snapshot(rec("0001", api.Stopped, 0, tt.fields...)))
		if _, line, _ := strings.Cut(m.View(clock), "\n"); !strings.Contains(line, " "+tt.want+"  ") {
			t.Errorf("%v: the row is %q, want %s in it", tt.fields, line, tt.want)
		}
	}
}

// of names a recording where one profile is shown.
func of(sid string) deck.Key { return deck.Key{SID: text.New(sid)} }

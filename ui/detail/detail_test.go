package detail

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/theme"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMain(m *testing.M) {
	time.Local = time.FixedZone("CET", 3600)
	os.Exit(m.Run())
}

// clock is the local time of the tests; the server's is the same.
var clock = time.Date(2026, 11, 22, 8, 44, 20, 0, time.UTC)

const (
	sid     = "7c1d90aa-3e4f-4a5b-8c6d-5e2f61b08142"
	account = "5b1d7e90-0000-4000-8000-000000000001"
)

// resource is a resource as the API gives it, with a status and when it was
// last changed.
func resource(status, updated string) api.Recording {
	return api.DecodeRecording(fmt.Appendf(nil, `{"sid":%q,"account_sid":%q,"api_version":"2010-04-01",
		"call_sid":"0ca11000-1111-4222-8333-44445555b111","conference_sid":null,"channel":"1","channels":"1",
		"date_created":"Sun, 22 Nov 2026 08:31:48 +0000","date_updated":%q,
		"start_time":"Sun, 22 Nov 2026 08:31:49 +0000","end_time":null,"duration":751,"price":null,"price_unit":"USD",
		"source":"DialVerb","status":%q,"error_code":null,
		"uri":"/api/laml/2010-04-01/Accounts/%s/Recordings/%s.json",
		"subresource_uris":{"transcriptions":"/api/laml/2010-04-01/Accounts/%[2]s/Recordings/%[1]s/Transcriptions.json"},
		"trim":"do-not-trim","x_new":{"a":[1,2]}}`, sid, account, updated, status, account, sid))
}

const then, lately = "Sun, 22 Nov 2026 08:41:07 +0000", "Sun, 22 Nov 2026 08:44:19 +0000"

func running() *deck.Recording {
	return &deck.Recording{
		Recording: resource("in-progress", then),
		Timeline:  deck.ParseTimeline(fmt.Sprint("r", clock.Add(-751*time.Second).UnixMilli())),
		Call: &api.Call{
			SID: text.New("0ca11000-1111-4222-8333-44445555b111"), From: text.New("+13105550142"), FromFormatted: text.New("(310) 555-0142"),
			To: text.New("sip:agent7@acme"), Status: api.InProgress, Direction: text.New("inbound"),
			CallerName: text.New("Doe, Jane"), Start: clock.Add(-13 * time.Minute),
		},
	}
}

// paused is what running is after a pause that was answered a second ago.
func paused(outcome deck.Outcome) *deck.Recording {
	before, r := running(), running()
	r.Recording = resource("paused", lately)
	r.Pause = deck.Pause{Since: clock.Add(-192 * time.Second), Behavior: api.Silence, Actor: "jo"}
	r.Timeline += deck.ParseTimeline("s559000")
	answer := r.Recording
	r.Update = &deck.Progress{
		ID: 3, Request: deck.Request{SID: r.SID, Actor: deck.Actor{Actor: "jo"}, Update: api.Update{Status: api.Paused, PauseBehavior: api.Silence}},
		Outcome: outcome, Settled: outcome == deck.Verified, Asked: clock.Add(-1400 * time.Millisecond), Answered: clock.Add(-time.Second),
		Answer: &answer,
	}
	if r.Update.Settled {
		r.Update.Done = clock.Add(-700 * time.Millisecond)
	}
	for _, f := range before.Fields() {
		if f.Name.Is("status") || f.Name.Is("date_updated") {
			r.Update.Changed = append(r.Update.Changed, deck.Change{Name: f.Name, Old: f})
		}
	}
	return r
}

func failed() *deck.Recording {
	r := running()
	err := fmt.Errorf("update recording %s to paused: %w", r.SID, &api.Error{
		StatusCode: 401, Code: 20003, Message: text.New("Authentication failed \x1b[31m"),
	})
	r.Update = &deck.Progress{
		ID: 4, Request: deck.Request{SID: r.SID, Actor: deck.Actor{Actor: "ann"}, Update: api.Update{Status: api.Paused, PauseBehavior: api.Skip}},
		Outcome: deck.Failed, Settled: true, Asked: clock.Add(-3 * time.Second), Answered: clock.Add(-2 * time.Second), Done: clock.Add(-2 * time.Second), Err: err,
	}
	return r
}

func unknown() *deck.Recording {
	r := running()
	r.Update = &deck.Progress{
		ID: 4, Request: deck.Request{SID: r.SID, Actor: deck.Actor{Actor: "jo"}, Update: api.Update{Status: api.Stopped}},
		Outcome: deck.Unknown, Asked: clock.Add(-12 * time.Second), Err: context.DeadlineExceeded, Note: "reading it until it settles", Tries: 3,
	}
	return r
}

func conference() *deck.Recording {
	r := running()
	r.Recording = api.DecodeRecording([]byte(`{"sid":"` + sid + `","status":"paused","conference_sid":"c0ffee","call_sid":null,"channels":2,"duration":"","start_time":"soon"}`))
	r.Pause = deck.Pause{Since: clock.Add(-41 * time.Second), AtLeast: true}
	r.Timeline = deck.ParseTimeline(fmt.Sprint("u", clock.Add(-751*time.Second).UnixMilli(), "p~710000"))
	r.Conference = &api.Conference{FriendlyName: text.New("Billing escalation"), Status: api.InProgress, Region: text.New("us1"), Created: clock.Add(-time.Hour)}
	r.Participants = []deck.Participant{
		{Participant: api.Participant{CallSID: text.New("0ca11000"), Label: text.New("Supervisor"), Muted: true}, Call: r.Call},
		{Participant: api.Participant{CallSID: text.New("0ca11001"), OnHold: true}},
	}
	r.Call = nil
	return r
}

func ended(gone bool) *deck.Recording {
	r := running()
	r.Ended, r.Gone = clock.Add(-5*time.Second), gone
	if !gone {
		r.Recording = resource("completed", lately)
	}
	return r
}

func show(th theme.Theme, w, h int, r *deck.Recording) Model {
	m := New(th)
	m.SetSize(w, h)
	m.SetActor("jo")
	m.SetRecording(r, 0, "8142", "support-eu")
	return m
}

func press(m Model, keys ...string) Model {
	codes := map[string]tea.KeyPressMsg{"pgdown": {Code: tea.KeyPgDown}, "ctrl+u": {Code: 'u', Mod: tea.ModCtrl}}
	for _, k := range keys {
		msg, ok := codes[k]
		if !ok {
			msg = tea.KeyPressMsg{Code: rune(k[0]), Text: k}
		}
		m, _ = m.Update(msg)
	}
	return m
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
		for rest := line; strings.Contains(rest, "\x1b"); {
			_, after, _ := strings.Cut(rest, "\x1b")
			end := strings.IndexFunc(after, func(r rune) bool { return r >= '@' && r != '[' })
			if !strings.HasPrefix(after, "[") || end < 0 || after[end] != 'm' {
				t.Fatalf("a sequence that is no style in %q", line)
			}
			rest = after[end:]
		}
	}
}

func TestView(t *testing.T) {
	dark := theme.New(theme.Options{Mode: "dark"})
	ascii := theme.New(theme.Options{NoColor: true, ASCII: true})
	tests := []struct {
		name string
		th   theme.Theme
		w, h int
		rec  *deck.Recording
		do   func(*Model)
		late time.Duration
	}{
		{name: "pane beside the list, just paused", th: dark, w: 48, h: 36, rec: paused(deck.Verified)},
		{name: "the same 10 s later", th: dark, w: 48, h: 36, rec: paused(deck.Verified), late: 10 * time.Second},
		{name: "narrow pane", th: dark, w: 41, h: 36, rec: paused(deck.Accepted)},
		{name: "seven lines at 80 columns", th: dark, w: 80, h: 7, rec: paused(deck.Verified)},
		{name: "seven lines, running", th: dark, w: 80, h: 7, rec: running()},
		{name: "full width", th: dark, w: 120, h: 40, rec: running()},
		{name: "60x15", th: dark, w: 60, h: 13, rec: running()},
		{name: "failed", th: dark, w: 80, h: 12, rec: failed()},
		{name: "unknown", th: dark, w: 80, h: 12, rec: unknown()},
		{name: "conference", th: dark, w: 80, h: 40, rec: conference()},
		{name: "conference in ASCII", th: ascii, w: 80, h: 40, rec: conference()},
		{name: "ended", th: dark, w: 80, h: 5, rec: ended(false)},
		{name: "gone", th: dark, w: 80, h: 38, rec: ended(true)},
		{name: "raw", th: dark, w: 60, h: 34, rec: running(), do: func(m *Model) { m.SetRaw(true) }},
		{name: "scrolled", th: dark, w: 48, h: 12, rec: running(), do: func(m *Model) {
			m.SetFocus(true)
			*m = press(*m, "pgdown", "j", "j", "k")
		}},
		{name: "scrolled to the end", th: dark, w: 48, h: 12, rec: running(), do: func(m *Model) {
			m.SetFocus(true)
			*m = press(*m, "G")
		}},
		{name: "nothing selected", th: dark, w: 41, h: 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := show(tt.th, tt.w, tt.h, tt.rec)
			if tt.do != nil {
				tt.do(&m)
			}
			golden(t, tt.th, tt.w, tt.h, m.View(clock.Add(tt.late)))
		})
	}
}

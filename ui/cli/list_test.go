package cli

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/charmbracelet/x/ansi"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/sim"
	"tapedeck/config"
)

// listed is a space with one recording of each kind, the newest first: paused
// and alarming, a conference's, starting, ended.
func listed() *sim.Space {
	return spaceWith(
		sim.Begin{SID: sidA, Status: "paused", StartedAgo: time.Hour, DateUpdatedAgo: 10 * time.Minute, From: "+13105550142", To: "+13105550199"},
		sim.Begin{SID: sidB, Conference: true, FriendlyName: "Billing 漢字", StartedAgo: 20 * time.Minute, Channels: 2},
		sim.Begin{SID: sidC, Status: "queued"},
		sim.Begin{SID: "ffffffff-3333-4fff-8fff-0000000000ed", Status: "completed", StartedAgo: 3 * time.Hour},
	)
}

// TestList: what is listed, in which order and in which form.
func TestList(t *testing.T) {
	space := listed()
	environ := reachable(t, space, space)
	sids := func(lines string) (out []string) {
		for line := range strings.Lines(lines) {
			out = append(out, line[:8])
		}
		return out
	}
	for _, tt := range []struct{ args, want string }{
		{"", "5e4d3c2b 0d9c8b7a 7c1d90aa"},
		{"--ended", "5e4d3c2b 0d9c8b7a 7c1d90aa ffffffff"},
		{"--sort pause", "7c1d90aa 5e4d3c2b 0d9c8b7a"},
		{"--sort running --reverse", "7c1d90aa 5e4d3c2b 0d9c8b7a"}, // what alarms stays on top
		{"--filter status:paused", "7c1d90aa"},
		{"--filter paused>1h", ""},
		{"--filter billing", "0d9c8b7a"},
		{"--filter !kind:conference --sort who", "7c1d90aa 5e4d3c2b"},
		{"--filter from:0142", "7c1d90aa"},
	} {
		code, stdout, stderr := call(t, App{Environ: environ}, append([]string{"list"}, strings.Fields(tt.args)...)...)
		if got := strings.Join(sids(stdout), " "); code != 0 || stderr != "" || got != tt.want {
			t.Errorf("list %s: %d, %q, want %q, %s", tt.args, code, got, tt.want, stderr)
		}
	}
	_, stdout, _ := call(t, App{Environ: environ}, "list", "--filter", "sid:"+sidA)
	if cells := strings.Split(strings.TrimSuffix(stdout, "\n"), "\t"); len(cells) != 9 || cells[1] != "paused" || len(cells[2]) != 3 || len(cells[3]) != 4 ||
		cells[4] != "(310) 555-0142 → (310) 555-0199" || cells[5] != "call" || cells[6] != "1" || cells[7] != "DialVerb" || len(cells[8]) != 36 {
		t.Errorf("the cells are %q", cells)
	}
}

// TestListForms: JSON has all fields as they came, CSV the same cells, and the
// names of the fields are those that can be picked.
func TestListForms(t *testing.T) {
	space := listed()
	environ := reachable(t, space, space)
	run := func(args ...string) string {
		t.Helper()
		code, stdout, stderr := call(t, App{Environ: environ}, append([]string{"list"}, args...)...)
		if code != 0 || stderr != "" {
			t.Fatalf("list %v: exit code %d, %s", args, code, stderr)
		}
		return stdout
	}
	stdout := run("--json", "--ended")
	valid(t, "list", []byte(stdout))
	all := decoded[[]map[string]any](t, stdout)
	resp, err := http.NewRequestWithContext(t.Context(), "GET", environSpace(environ)+"/api/laml/2010-04-01/Accounts/"+space.Project()+"/Recordings.json", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.SetBasicAuth(space.Project(), space.Token())
	answered, err := http.DefaultClient.Do(resp)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answered.Body.Close() }()
	var page struct{ Recordings []map[string]any }
	if err := json.NewDecoder(answered.Body).Decode(&page); err != nil || len(page.Recordings) != 4 {
		t.Fatalf("%v, %d rows", err, len(page.Recordings))
	}
	for i, r := range all {
		if len(r) != 22 {
			t.Errorf("%d fields: %v", len(r), r)
		}
		delete(r, "tapedeck")
		if !reflect.DeepEqual(r, page.Recordings[i]) {
			t.Errorf("%v, and the API says %v", r, page.Recordings[i])
		}
	}
	names := strings.Fields(run("--json="))
	if len(names) != 21+1+len(besideNames) || !slices.Contains(names, "tapedeck.who") {
		t.Errorf("the fields are %v", names)
	}
	if got := run("--json=sid,tapedeck.who,tapedeck.kind", "--filter", "billing"); got != "[\n{\"sid\":\""+sidB+"\",\"tapedeck\":{\"who\":\"Billing 漢字 (conference)\",\"kind\":\"conference\"}}\n]\n" {
		t.Errorf("picked %s", got)
	}
	if got := run("--json", "--filter", "nobody"); got != "[]\n" {
		t.Errorf("none: %q", got)
	}
	if got := run("--jq", `.[] | select(.status == "paused") | .sid, (.tapedeck.pause.for > 500), env, $ENV`); got != sidA+"\ntrue\n{}\n{}\n" {
		t.Errorf("jq made %q", got)
	}
	lines, err := csv.NewReader(strings.NewReader(run("--csv"))).ReadAll()
	if err != nil || len(lines) != 4 || !slices.Equal(lines[0][:21], api.FieldNames()) || len(lines[0]) != 21+len(besideCells) || lines[2][0] != sidB {
		t.Errorf("%v, %q", err, lines)
	}
}

// TestListAsked refuses what cannot be printed, before anything is asked for.
func TestListAsked(t *testing.T) {
	for args, want := range map[string]string{
		"--json=sid,statsu":   `there is no field "statsu"`,
		"--json=statsu":       "did you mean status?",
		"--csv --json":        "cannot use --csv with --json or --jq",
		"--csv --jq .":        "cannot use --csv with --json or --jq",
		"--json= --jq .":      "cannot use --jq with --json=",
		"--jq .[":             `cannot read the jq expression ".["`,
		"--filter status:":    "cannot use --filter: ",
		"--filter sttus:rec":  "did you mean status:?",
		"--sort length":       `cannot use "length" for --sort`,
		"--sort runing":       "did you mean running?",
		"--reverse":           "cannot use --reverse without --sort",
		"--timeout 0s":        `cannot use "0s" for --timeout`,
		"--timeout 11m":       `cannot use "11m" for --timeout`,
		"now":                 "takes no arguments",
		"--intervall 3s":      "there is no flag --intervall",
		"--profile nowhere":   "nowhere",
		"--lookback sometime": "lookback",
	} {
		code, stdout, stderr := call(t, App{Environ: complete}, append([]string{"list"}, strings.Fields(args)...)...)
		if code != 2 || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("list %s: exit code %d, %q, %q, want %q", args, code, stdout, stderr, want)
		}
	}
	if code, _, stderr := call(t, App{Environ: reachableNothing(t)}, "list", "--jq", ".[0].x.y | error"); code != 1 || !strings.Contains(stderr, "failed: ") {
		t.Errorf("jq that fails: exit code %d, %q", code, stderr)
	}
}

func reachableNothing(t *testing.T) []string {
	space := spaceWith()
	return reachable(t, space, space)
}

// TestListTable: on a terminal no line is wider than it, whatever the names, and
// colors are there unless NO_COLOR is set.
func TestListTable(t *testing.T) {
	space := listed()
	environ := append(reachable(t, space, space), "TERM=xterm-256color")
	for _, width := range []int{60, 80, 200} {
		for _, more := range []string{"A=b", "NO_COLOR=1", "TAPEDECK_ASCII=true", "TERM=dumb"} {
			code, stdout, stderr := call(t, App{Environ: append(environ, more), Terminal: true, Width: width}, "list", "--ended")
			if code != 0 || stderr != "" || strings.Count(stdout, "\n") != 5 {
				t.Fatalf("exit code %d, %s, %q", code, stderr, stdout)
			}
			for line := range strings.Lines(stdout) {
				if w := ansi.StringWidth(strings.TrimSuffix(line, "\n")); w > width {
					t.Errorf("%d cells in %d: %q", w, width, line)
				}
			}
			if colored := strings.Contains(stdout, "\x1b["); colored != (more != "NO_COLOR=1" && more != "TERM=dumb") {
				t.Errorf("%s: %q", more, stdout)
			}
			plain := ansi.Strip(stdout)
			has(t, more, plain, "!PAUSED ", "STARTING ", "COMPLETED ", "Billing", " 61b08142")
			if ascii := strings.IndexFunc(plain, func(r rune) bool { return r > '~' }) < 0; ascii != (more == "TAPEDECK_ASCII=true") {
				t.Errorf("%s: %q", more, plain)
			}
		}
	}
}

// TestListHostile: what the API has of control characters reaches no terminal
// and breaks no line of a pipe.
func TestListHostile(t *testing.T) {
	name := "a\x1b]0;owned\x07\u009b31m\u202e\tb\nc"
	body, _ := json.Marshal(map[string]any{"recordings": []map[string]any{{"sid": sidA, "status": "in\tprogress\x1b[2J", "call_sid": "c-1", "source": name}}, "next_page_uri": nil})
	calls, _ := json.Marshal(map[string]any{"calls": []map[string]any{{"sid": "c-1", "from": name, "to": name, "status": "in-progress"}}})
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.Contains(r.URL.Path, "Calls"):
			_, _ = w.Write(calls)
		case strings.Contains(r.URL.Path, "Conferences"):
			_, _ = w.Write([]byte(`{"conferences":[]}`))
		default:
			_, _ = w.Write(body)
		}
	})
	environ := append(served(t, h, "p", token), "LANG=C.UTF-8")
	for _, args := range [][]string{{"list"}, {"list", "--json"}, {"list", "--csv"}, {"list", "--jq", ".[0].source"}} {
		for _, terminal := range []bool{true, false} {
			_, stdout, _ := call(t, App{Environ: append(environ, "NO_COLOR=1"), Terminal: terminal, Width: 80}, args...)
			raw := args[len(args)-1] == ".[0].source" && !terminal // a program asked for it
			if bad := strings.ContainsAny(stdout, "\x1b\x07\u009b\u202e"); bad != raw {
				t.Errorf("%v, terminal %v: %q", args, terminal, stdout)
			}
			if len(args) == 1 && !terminal && (strings.Count(stdout, "\n") != 1 || strings.Count(stdout, "\t") != 8) {
				t.Errorf("%q is not one line of 9 cells", stdout)
			}
		}
	}
}

// TestListFails: a list that is not complete is printed as far as it goes, and
// its exit code says so.
func TestListFails(t *testing.T) {
	space := listed()
	partial := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := "recordings"
		if strings.Contains(r.URL.Path, "C") {
			key = "calls"
		}
		if strings.Contains(r.URL.Path, "Conferences") {
			key = "conferences"
		}
		_, _ = w.Write([]byte(`{"` + key + `":[{"sid":"x-1","status":"paused"}],"next_page_uri":"https://elsewhere.example/"}`))
	})
	down := func(name string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, name) {
				http.Error(w, "{}", http.StatusServiceUnavailable)
				return
			}
			space.ServeHTTP(w, r)
		})
	}
	for _, tt := range []struct {
		name    string
		environ []string
		code    int
		lines   int
		stderr  string
	}{
		{"a page is refused", served(t, partial, "p", token), 1, 1, "cannot see all recordings: page refused"},
		{"the list is down", reachable(t, down("Recordings"), space), 6, 0, "cannot see the recordings: signalwire: "},
		{"the names are down", reachable(t, down("Calls"), space), 0, 3, "warning: it is not known of all who is on the line: HTTP 503"},
		{"another token", served(t, space, space.Project(), token), 4, 0, "HTTP 401"},
		{"another project", served(t, http.NotFoundHandler(), "p", token), 6, 0, "HTTP 404"},
		{"nothing listens", []string{"HOME=/nonexistent", "SIGNALWIRE_SPACE=http://127.0.0.1:1", "SIGNALWIRE_PROJECT_ID=p", "SIGNALWIRE_API_TOKEN=" + token}, 6, 0, "connection refused"},
		{"no settings", []string{"HOME=/nonexistent"}, 2, 0, "space, project and token are not set"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := call(t, App{Environ: tt.environ}, "list")
			if code != tt.code || strings.Count(stdout, "\n") != tt.lines || !strings.Contains(stderr, tt.stderr) {
				t.Errorf("exit code %d, %q, %q, want %d, %d lines, %q", code, stdout, stderr, tt.code, tt.lines, tt.stderr)
			}
		})
	}
}

// TestListThroughAService: what the service knows is listed without a request of
// the command's, waited for while it loads, and old data ends with its code.
func TestListThroughAService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := listed()
		service, find := attach(t, space, deck.Config{PauseAlarm: time.Minute})
		app := App{Environ: []string{"HOME=/nonexistent", "LANG=C.UTF-8"}, Attach: find}
		code, stdout, stderr := call(t, app, "list", "--json", "--sort", "pause")
		all := decoded[[]struct {
			SID      string
			Tapedeck struct{ Who, Level string }
		}](t, stdout)
		if code != 0 || stderr != "" || len(all) != 3 || all[0].SID != sidA || all[0].Tapedeck.Level != "alarm" {
			t.Errorf("exit code %d, %s, %+v", code, stderr, all)
		}
		valid(t, "list", []byte(stdout))
		time.Sleep(time.Second)
		space.ResetStats()
		if code, stdout, _ := call(t, app, "list", "--filter", "0142"); code != 0 || !strings.Contains(stdout, "(310) 555-0142 → ") {
			t.Errorf("exit code %d, %q", code, stdout)
		}
		if stats := space.Stats(); stats.Requests() != 0 {
			t.Errorf("%d requests", stats.Requests())
		}
		fault(t, space, "503")
		time.Sleep(time.Minute)
		code, stdout, stderr = call(t, app, "list")
		if code != 6 || strings.Count(stdout, "\n") != 3 || !strings.Contains(stderr, "what is known is 01:0") {
			t.Errorf("stale: exit code %d, %q, %q", code, stdout, stderr)
		}
		if service.closed != 3 {
			t.Errorf("the service was let go of %d times", service.closed)
		}
	})
}

// TestShow: all fields by their names, what tapedeck knows, and who is there.
func TestShow(t *testing.T) {
	space := listed()
	environ := reachable(t, space, space)
	code, stdout, stderr := call(t, App{Environ: environ}, "show", "b08142", "00008142")
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d, %s", code, stderr)
	}
	has(t, "show", stdout, "sid\t"+sidA+"\n", "conference_sid\tnull\n", "status\tpaused\n", "tapedeck.who\t(310) 555-0142 → (310) 555-0199\n",
		"\n\nsid\t"+sidB+"\n", "tapedeck.who\tBilling 漢字 (conference)\n", "tapedeck.participant.1\t", "tapedeck.level\talarm\n")
	code, stdout, _ = call(t, App{Environ: environ}, "show", "ffffffff-3333-4fff-8fff-0000000000ed", "--json")
	valid(t, "show", []byte(stdout))
	if code != 0 || !strings.Contains(stdout, `"status":"completed"`) {
		t.Errorf("an ended one: exit code %d, %s", code, stdout)
	}
	code, stdout, stderr = call(t, App{Environ: environ, Terminal: true}, "show", "00000000-0000-4000-8000-000000000000", "c07a")
	if code != 5 || !strings.Contains(stdout, "status               queued\n") || !strings.Contains(stderr, "cannot show 00000000-0000-4000-8000-000000000000: signalwire: Recording not found") {
		t.Errorf("one of two: exit code %d, %s, %s", code, stdout, stderr)
	}
}

// TestSchema: every schema is one, describes each field that tapedeck adds, and
// is printed by its command.
func TestSchema(t *testing.T) {
	for _, s := range schemaNames {
		code, stdout, stderr := call(t, App{}, "schema", s.command)
		if code != 0 || stderr != "" {
			t.Errorf("schema %s: exit code %d, %s", s.command, code, stderr)
		}
		decoded[map[string]any](t, stdout)
	}
	b, err := os.ReadFile("schema/recording.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties map[string]struct{ Properties map[string]any }
	}
	if err := json.Unmarshal(b, &schema); err != nil {
		t.Fatal(err)
	}
	for _, name := range api.FieldNames() {
		if _, ok := schema.Properties[name]; !ok {
			t.Errorf("the schema has no field %s of the API", name)
		}
	}
	names := slices.Clone(besideNames)
	typ := reflect.TypeFor[beside]()
	for i := range typ.NumField() {
		name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		if i >= len(names) || name != names[i] {
			t.Errorf("%s is not number %d of the names", name, i)
		}
		if _, ok := schema.Properties["tapedeck"].Properties[name]; !ok {
			t.Errorf("the schema has no field tapedeck.%s", name)
		}
	}
	if n := len(schema.Properties["tapedeck"].Properties); n != typ.NumField() || n != len(names) {
		t.Errorf("%d fields in the schema, %d in JSON, %d names", n, typ.NumField(), len(names))
	}
	if code, _, stderr := call(t, App{}, "schema", "lits"); code != 2 || !strings.Contains(stderr, "one of list") {
		t.Errorf("schema lits: exit code %d, %s", code, stderr)
	}
}

// TestSchemaOfAll: a recording with everything that tapedeck can know of one is
// as the schema says.
func TestSchemaOfAll(t *testing.T) {
	now := time.Now()
	for _, status := range []api.Status{api.Paused, api.InProgress, "odd", ""} {
		rec := &deck.Recording{Recording: api.Recording{SID: textOf(sidA), Status: status, Created: now, Start: now}}
		rec.Pause = deck.Pause{Since: now, AtLeast: true, Behavior: api.Skip, Actor: "alice"}
		rec.Ack = deck.Ack{Actor: "bob", Reason: "card", Until: now}
		rec.Timer = deck.Timer{At: now, Err: "late"}
		rec.Trouble = deck.Trouble{Kind: deck.NotPaused, Since: now, Actor: "alice", Why: "HTTP 422", Acked: true}
		rec.Update = &deck.Progress{Outcome: deck.Failed, Settled: true, Asked: now, Note: "it is in-progress", JournalID: "x", Request: deck.Request{Update: api.Update{Status: api.Paused, PauseBehavior: api.Silence}, ByTimer: true}}
		l := &link{config: config.Config{Profile: "eu"}}
		b := shownIn(l, &deck.Snapshot{}, rec).appendJSON([]byte("["))
		b = slices.Replace(b, 1, 2, []byte(`{"sid":"`+sidA+`",`)...) // the resource has nothing
		valid(t, "list", append(b, ']'))
	}
}

// TestCompleteSIDs: a shell gets SIDs with who is on the line from a service
// alone, and within 100 ms.
func TestCompleteSIDs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := listed()
		_, find := attach(t, space, deck.Config{})
		time.Sleep(time.Second)
		app := App{Environ: []string{"HOME=/nonexistent", "LANG=C.UTF-8"}, Attach: find}
		for args, want := range map[string]string{
			"pause ":                sidC + "\tconference",
			"pause 7c":              sidA + "\t(310) 555-0142 → (310) 555-0199 · PAUSED\n:4\n",
			"stop 8142":             sidB + "\tBilling 漢字 (conference) · REC\n",
			"resume " + sidA + " 7": ":4\n",
			"show zz":               ":4\n",
		} {
			_, stdout, _ := call(t, app, append([]string{"__complete"}, strings.Split(args, " ")...)...)
			if args == "pause " {
				want = sidA
			}
			if !strings.Contains(stdout, want) || strings.HasPrefix(want, ":") && !strings.HasPrefix(stdout, want) {
				t.Errorf("%q completes to %q, want %q", args, stdout, want)
			}
		}
		slow := App{Environ: app.Environ, Attach: func(ctx context.Context, _ config.Config, _ Client) (Attached, error) {
			time.Sleep(5 * time.Second)
			return nil, nil
		}}
		began := time.Now()
		if _, stdout, _ := call(t, slow, "__complete", "pause", ""); !strings.HasPrefix(stdout, ":4") || time.Since(began) != completeLimit {
			t.Errorf("a service that is slow: %q after %v", stdout, time.Since(began))
		}
		time.Sleep(10 * time.Second)
	})
	if _, stdout, _ := call(t, App{Environ: complete}, "__complete", "pause", ""); !strings.HasPrefix(stdout, ":4") {
		t.Errorf("without a service: %q", stdout)
	}
}

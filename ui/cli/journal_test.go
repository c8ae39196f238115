package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/text"
)

// journalOf writes a journal: a recording paused, which was refused once,
// resumed by a timer, and paused again; and another one that was stopped.
func journalOf(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	synctest.Test(t, func(t *testing.T) { // else a line may be late
		j, err := journal.Open(journal.Options{Dir: dir, Numbers: true})
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, 3, 1, 3, 2, 11, 0, time.UTC)
		add := func(after time.Duration, e journal.Entry) {
			e.Time = at.Add(after)
			if e.Actor == "" {
				e.Actor = "alice"
			}
			if e.Recording.IsZero() {
				e.Recording, e.Call = text.New("rec-8142"), text.New("call-0001")
			}
			if err := j.Append(e); err != nil {
				t.Error(err)
			}
		}
		update := func(after time.Duration, id, status, outcome, reason string, e journal.Entry) {
			e.Event, e.ID, e.StatusAsked = journal.Request, id, status
			if status == "paused" {
				e.PauseBehavior = "silence"
			}
			add(after, e)
			e.Event, e.Outcome, e.Reason, e.Latency, e.HTTPStatus = journal.Outcome, outcome, reason, 150*time.Millisecond, 200
			add(after+time.Second, e)
		}
		update(0, "1", "paused", "failed", "=HTTP(503)", journal.Entry{From: text.New("+13105550142")})
		update(5*time.Second, "2", "paused", "verified", "", journal.Entry{})
		update(65*time.Second, "3", "in-progress", "verified", "", journal.Entry{ByTimer: true, Who: journal.Who{Actor: "root", SudoUser: "bob"}})
		update(2*time.Minute, "4", "paused", "accepted", "", journal.Entry{})
		update(3*time.Minute, "5", "stopped", "verified", "", journal.Entry{Recording: text.New("rec-0002"), Call: text.New("call-0002")})
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	})
	return dir
}

// TestMain sets the zone before anything runs: a server that another test has
// ended may still look at the time.
func TestMain(m *testing.M) {
	time.Local = time.UTC
	os.Exit(m.Run())
}

func TestJournal(t *testing.T) {
	dir := journalOf(t)
	const spans = "recording rec-8142\n" +
		"  pause asked at 2026-03-01 03:02:11.000 UTC by alice: failed: =HTTP(503)\n" +
		"  paused from 2026-03-01 03:02:16.150 UTC (asked 03:02:16.000), silence, by alice, verified\n" +
		"    resumed     2026-03-01 03:03:16.150 UTC (asked 03:03:16.000), after 1m0s, by bob as root's auto-resume, verified\n" +
		"  paused from 2026-03-01 03:04:11.150 UTC (asked 03:04:11.000), silence, by alice, accepted\n" +
		"    no end of it on record\n" +
		"times: "
	second := "  paused from 2026-03-01 03:02:16.150" + strings.Split(spans, "  paused from 2026-03-01 03:02:16.150")[1]
	tests := []struct {
		args  string
		lines int // without those of the pauses, and of days
		want  []string
	}{
		{"", 5, []string{
			"Sun 2026-03-01 UTC\n",
			"03:02:11 alice        pause silence …8142 failed: =HTTP(503), 150 ms\n",
			"03:03:16 bob as root  auto-resume   …8142 verified, 150 ms\n",
			"03:05:11 alice        stop          …0002 verified, 150 ms\n",
		}},
		{"--long", 10, []string{"2026-03-01 03:02:11.000 UTC  request   alice", "pause with silence: failed, HTTP 200, 150 ms, =HTTP(503)"}},
		{"--recording 0002", 1, []string{"stop          …0002 verified"}},
		{"--recording REC-0002", 1, nil},
		{"--actor bob", 1, []string{"bob as root"}},
		{"--since 2026-03-01T03:04:00Z", 2, nil},
		{"--json --recording rec-0002", 2, []string{`"recording":"rec-0002"`}},
		{"--call call-0001", 4, []string{spans}},
		{"--call CALL-0001", 4, []string{spans}},
		// What is chosen keeps its other end.
		{"--call 0001 --actor bob", 1, []string{"recording rec-8142\n" + strings.Split(second, "  paused from 2026-03-01 03:04")[0] + "times: "}},
		{"--call 0001 --since 2026-03-01T03:03:00Z", 2, []string{"recording rec-8142\n" + second}},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			args := append([]string{"journal", "--state-dir", dir}, strings.Fields(tt.args)...)
			code, stdout, stderr := call(t, App{Environ: []string{"HOME=/nonexistent"}}, args...)
			if code != 0 || stderr != "" {
				t.Fatalf("exit code %d, stderr %q", code, stderr)
			}
			for _, want := range tt.want {
				if !strings.Contains(stdout, want) {
					t.Errorf("no %q in\n%s", want, stdout)
				}
			}
			_, list, found := strings.Cut(stdout, "\n\n")
			if !found {
				list = stdout
			}
			list = strings.ReplaceAll(list, "Sun 2026-03-01 UTC\n", "")
			if n := strings.Count(list, "\n"); n != tt.lines {
				t.Errorf("%d lines, want %d:\n%s", n, tt.lines, list)
			}
			for line := range strings.Lines(list) {
				if strings.Contains(tt.args, "--json") && !json.Valid([]byte(line)) {
					t.Errorf("not JSON: %s", line)
				}
			}
		})
	}
}

// What is not there is said, with an exit code that a script sees.
func TestJournalWithoutAMatch(t *testing.T) {
	dir, none := journalOf(t), t.TempDir()
	const noMatch, noJournal = "nothing in the journal in ", "there is no journal in "
	tests := []struct {
		args, err string
		code      int
	}{
		{"--since 1h", noMatch, 1},
		{"--call nope-nope", noMatch, 1},
		{"--recording abcd --json", noMatch, 1},
		{"--actor ALICE", noMatch, 1},
		{"--call abc", `cannot use "abc" for --call: it is too short`, 2},
		{"--recording 142", `cannot use "142" for --recording: it is too short`, 2},
		{"--call=", "cannot use --call: its value is empty", 2},
		{"--recording=", "cannot use --recording: its value is empty", 2},
		{"--actor=", "cannot use --actor: its value is empty", 2},
		{"--since=", "cannot use --since: its value is empty", 2},
		{"--state-dir " + none, noJournal + none, 1},
		{"--state-dir " + none + "/missing", noJournal + none + "/missing", 1},
		{"verify --state-dir " + none, noJournal + none, 1},
		{"verify --state-dir " + none + "/missing", noJournal + none + "/missing", 1},
	}
	for _, tt := range tests {
		args := append([]string{"journal"}, strings.Fields(tt.args)...)
		code, stdout, stderr := call(t, App{Environ: []string{"HOME=/nonexistent", "TAPEDECK_STATE_DIR=" + dir}}, args...)
		if code != tt.code || stdout != "" || !strings.Contains(stderr, tt.err) || !strings.Contains(stderr, "\n  hint: ") {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q", tt.args, code, stdout, stderr)
		}
	}
}

func TestJournalCSV(t *testing.T) {
	_, stdout, _ := call(t, App{Environ: []string{"HOME=/nonexistent"}}, "journal", "--csv", "--state-dir", journalOf(t))
	rows, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
	if err != nil || len(rows) != 11 {
		t.Fatalf("%d rows, %v, want 11", len(rows), err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@") {
				t.Errorf("a spreadsheet would take %q for a formula", cell)
			}
		}
	}
	if !strings.Contains(stdout, "'=HTTP(503)") || !strings.Contains(stdout, "'+13105550142") {
		t.Errorf("texts are lost:\n%s", stdout)
	}
}

// Every field of a line is a column, with the name that it has in the file.
func TestJournalCSVHasEveryField(t *testing.T) {
	now := time.Now()
	b, err := journal.Entry{
		Seq: 1, Prev: "p", Time: now, Event: journal.Request, ID: "i",
		Who:   journal.Who{Actor: "a", UID: "1000", SudoUser: "s", SSHClient: "c", SSHKey: "k", Inherited: true, Claimed: true, TTY: "t", Session: "s", Host: "h", PID: 1, Started: "s"},
		Space: "s", Project: "p", Profile: "p", Recording: text.New("r"), Call: text.New("c"), Conference: text.New("c"),
		StatusBefore: "b", StatusAsked: "a", PauseBehavior: "skip", StatusAnswered: "a", HTTPStatus: 200, Code: "c", Latency: time.Second,
		Outcome: "o", Reason: "r", From: text.New("f"), To: text.New("t"), Until: now, ByTimer: true, Late: true, Since: now,
	}.MarshalJSON()
	var fields map[string]any
	if err == nil {
		err = json.Unmarshal(b, &fields)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range journalColumns {
		delete(fields, c.name)
	}
	for _, inFileOnly := range []string{"prev", "started"} { // they are for programs
		delete(fields, inFileOnly)
	}
	for name := range fields {
		t.Errorf("%s is no column", name)
	}
}

// A cell that a spreadsheet would calculate is made text; any other one is left
// as it is.
func TestSafeCell(t *testing.T) {
	for _, formula := range []string{
		"=1+1", "+13105550142", "-1", "@SUM(A1)", "|cmd", "%0", "\t=1", "\r1", "\n1", " =1", "\u3000=1", "\u00a0=1",
		"＝1", "＋1", "－1", "＠1", " ＝1", "\u200b=1", "\ufeff＝1", "\u202e=1", "\x00=1", "\x1b=1", "\u009b=1", "\ufffd=1", "\xff=1",
	} {
		if got := safeCell(formula); got != "'"+formula {
			t.Errorf("safeCell(%q) = %q, want it made text", formula, got)
		}
	}
	for _, s := range []string{"", " ", "alice", "'=1", "rec-8142", "1+1", "会議=1", "\u200b", "\ufffd"} {
		if got := safeCell(s); got != s {
			t.Errorf("safeCell(%q) = %q, want it as it is", s, got)
		}
	}
}

func TestJournalVerify(t *testing.T) {
	dir := journalOf(t)
	app := App{Environ: []string{"HOME=/nonexistent", "TAPEDECK_STATE_DIR=" + dir}}
	code, stdout, stderr := call(t, app, "journal", "verify")
	if code != 0 || stderr != "" || !strings.Contains(stdout, "intact: 10 lines in 1 file") {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	name := filepath.Join(dir, journal.FileName)
	b, err := os.ReadFile(name)
	if err == nil {
		err = os.WriteFile(name, bytes.Replace(b, []byte("failed"), []byte("verified"), 1), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr = call(t, app, "journal", "verify")
	if code != 1 || !strings.Contains(stdout, "journal.jsonl:2: it was changed") || !strings.Contains(stderr, "is broken: journal.jsonl:2: ") {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
}

// A line that is no entry is named, and the others are listed.
func TestJournalBadLine(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, journal.FileName), []byte("\x1b[2J\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := call(t, App{Environ: []string{"HOME=/nonexistent"}}, "journal", "--state-dir", dir)
	if code != 1 || stdout != "" || !strings.Contains(stderr, "warning: journal.jsonl:1: it is not JSON") || strings.Contains(stderr, "\x1b") {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
}

func TestJournalUsage(t *testing.T) {
	tests := []struct {
		args, err string
		code      int
	}{
		{"journal --since yesterday", "neither a time nor a duration", 2},
		{"journal --json --csv", "cannot use two of --json, --csv and --long", 2},
		{"journal --long --csv", "cannot use two of --json, --csv and --long", 2},
		{"journal extra", "takes no arguments", 2},
		{"journal --profile nonesuch", "nonesuch", 2},
		{"journal verify --call x", "there is no flag --call", 2},
	}
	for _, tt := range tests {
		code, stdout, stderr := call(t, App{Environ: complete}, strings.Fields(tt.args)...)
		if code != tt.code || stdout != "" || !strings.Contains(stderr, tt.err) {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q", tt.args, code, stdout, stderr)
		}
	}
}

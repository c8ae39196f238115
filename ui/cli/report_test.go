package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"tapedeck/api/journal"
)

var updateGolden = flag.Bool("update", false, "rewrite the golden files")

// nightDir returns a state directory with the hand-made journal of package report.
func nightDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{journal.FileName, journal.HeadName} {
		b, err := os.ReadFile(filepath.Join("../../api/report/testdata/night", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// theNight are the flags for its two hours.
const theNight = "--from 2026-03-01T22:00:00Z --to 2026-03-02T00:00:00Z"

// reported runs a report of the hand-made night, and returns what it prints with
// what is of this run taken out.
func reported(t *testing.T, dir string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	args = append([]string{"report", "--state-dir", dir}, args...)
	code, stdout, stderr = call(t, App{Environ: []string{"HOME=/nonexistent"}}, args...)
	var b strings.Builder
	for line := range strings.Lines(strings.ReplaceAll(stdout, dir, "STATE")) {
		if strings.HasPrefix(line, "made ") {
			line = "made NOW" + line[strings.Index(line, ";"):]
		}
		if strings.HasPrefix(line, `  "made": `) {
			line = `  "made": "NOW",` + "\n"
		}
		b.WriteString(line)
	}
	return code, b.String(), strings.ReplaceAll(stderr, dir, "STATE")
}

// TestReport: the hand-made night as people, programs and spreadsheets read it.
// None of its lines is wider than 80 columns.
func TestReport(t *testing.T) {
	dir := nightDir(t)
	for name, args := range map[string]string{
		"night.txt":  theNight,
		"call.txt":   theNight + " --call call-long --mask-numbers",
		"sample.txt": theNight + " --sample 2 --seed 7",
		"quiet.txt":  "--from 2026-03-05 --to 2026-03-06",
		"night.json": theNight + " --json",
		"night.csv":  theNight + " --csv",
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := reported(t, dir, strings.Fields(args)...)
			if code != 0 || stderr != "" {
				t.Fatalf("exit code %d, stderr %q", code, stderr)
			}
			file := filepath.Join("testdata/report", name)
			if *updateGolden {
				if err := os.WriteFile(file, []byte(stdout), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil || string(want) != stdout {
				t.Errorf("%s is not what it was, %v:\n%s", file, err, stdout)
			}
			for line := range strings.Lines(stdout) {
				if w := ansi.StringWidth(strings.TrimSuffix(line, "\n")); w > 80 && filepath.Ext(name) == ".txt" {
					t.Errorf("%d cells: %s", w, line)
				}
			}
		})
	}
}

// TestReportJSON: it is as the schema says, also that of a sample with its
// entries, and it has the numbers of the text.
func TestReportJSON(t *testing.T) {
	dir := nightDir(t)
	for _, args := range []string{theNight, theNight + " --call call-long", theNight + " --sample 3 --seed 1", "--from 2026-03-05 --to 2026-03-06", "--since 2026-03-01T22:00:00Z"} {
		code, stdout, stderr := call(t, App{Environ: []string{"HOME=/nonexistent"}}, append([]string{"report", "--json", "--state-dir", dir}, strings.Fields(args)...)...)
		if code != 0 || stderr != "" {
			t.Fatalf("%s: exit code %d, %s", args, code, stderr)
		}
		valid(t, "report", []byte(stdout))
	}
	_, stdout, _ := reported(t, dir, append(strings.Fields(theNight), "--json")...)
	var got struct {
		Totals struct {
			Pauses int     `json:"pauses"`
			Paused float64 `json:"paused_for"`
		} `json:"totals"`
		Journal struct {
			LastHash string `json:"last_hash"`
			Intact   bool   `json:"intact"`
		} `json:"journal"`
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || got.Totals.Pauses != 13 || got.Totals.Paused != 1449.2 || !got.Journal.Intact || len(got.Journal.LastHash) != 64 {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestReportCSV: a row for each pause, and no cell that a spreadsheet would
// calculate.
func TestReportCSV(t *testing.T) {
	_, stdout, _ := reported(t, nightDir(t), append(strings.Fields(theNight), "--csv")...)
	rows, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
	if err != nil || len(rows) != 14 {
		t.Fatalf("%d rows, %v, want a title and 13", len(rows), err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@") {
				t.Errorf("a spreadsheet would take %q for a formula", cell)
			}
		}
	}
	if !strings.Contains(stdout, "'+13105550142") {
		t.Error("the numbers are lost")
	}
}

// TestReportRefuses: what is not clear, or not there, is said with the next step.
func TestReportRefuses(t *testing.T) {
	dir, none, broken := nightDir(t), t.TempDir(), nightDir(t)
	file := filepath.Join(broken, journal.FileName)
	b, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, bytes.Replace(b, []byte("card number"), []byte("card nember"), 1), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		args, err string
		code      int
		prints    bool
	}{
		{"--json --csv", "cannot use --json with --csv", 2, false},
		{"--since 1h --from 2026-03-01", "cannot use --since with --from", 2, false},
		{"--since yesterday", `cannot use "yesterday" for --since: it is neither a time nor a duration`, 2, false},
		{"--from soon", `cannot use "soon" for --from`, 2, false},
		{"--to 25:00", `cannot use "25:00" for --to`, 2, false},
		{"--from=", "cannot use --from: its value is empty", 2, false},
		{"--to=", "cannot use --to: its value is empty", 2, false},
		{"--call=", "cannot use --call: its value is empty", 2, false},
		{"--call abc", "it is too short", 2, false},
		{"--from 2026-03-02 --to 2026-03-01", "it ends before it begins", 2, false},
		{"--from 2026-03-02 --to 2026-03-02", "it ends before it begins", 2, false},
		{"--sample 0", "cannot use 0 for --sample", 2, false},
		{"--sample -1", "cannot use -1 for --sample", 2, false},
		{"--sample some", "for --sample: it must be a whole number", 2, false},
		{"--seed 1", "cannot use --seed without --sample", 2, false},
		{"--sample 1 --call call-long", "cannot use --sample with --call", 2, false},
		{"--pause-alarm 0", "pause-alarm", 2, false},
		{"extra", "takes no arguments", 2, false},
		{"--call nope-nope", `nothing in the journal in STATE is about the call "nope-nope" in that time`, 1, false},
		{"--since 1m --call call-long", "is about the call", 1, false},
		{"--state-dir " + none, "there is no journal in " + none, 1, false},
		{"--state-dir " + none + "/missing", "there is no journal in " + none, 1, false},
		{"--since 365d --state-dir " + broken, "is broken, so the report may lack something: journal.jsonl:", 1, true},
	}
	for _, tt := range tests {
		code, stdout, stderr := reported(t, dir, strings.Fields(tt.args)...)
		if code != tt.code || (stdout != "") != tt.prints || !strings.Contains(stderr, tt.err) || !strings.Contains(stderr, "\n  hint: ") && !strings.Contains(tt.args, "some") {
			t.Errorf("%s: exit code %d, %d bytes, stderr %q", tt.args, code, len(stdout), stderr)
		}
	}
}

// TestReportPeriod: what the flags say of the time, and without them the last day,
// or all of a call.
func TestReportPeriod(t *testing.T) {
	now := time.Date(2026, 3, 8, 3, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		q        reportQuery
		from, to time.Time
	}{
		"none":        {reportQuery{}, now.Add(-day), now},
		"since":       {reportQuery{since: "12h"}, now.Add(-12 * time.Hour), now},
		"a day back":  {reportQuery{from: "7d", to: "6d"}, now.AddDate(0, 0, -7), now.AddDate(0, 0, -6)},
		"until":       {reportQuery{to: "2026-03-01"}, time.Date(2026, 2, 28, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)},
		"a call":      {reportQuery{call: "8142"}, time.Time{}, now},
		"a call then": {reportQuery{call: "8142", since: "1h"}, now.Add(-time.Hour), now},
	} {
		from, to, err := tt.q.period(now)
		if err != nil || !from.Equal(tt.from) || !to.Equal(tt.to) {
			t.Errorf("%s: from %s to %s, %v, want %s and %s", name, from, to, err, tt.from, tt.to)
		}
	}
}

// TestReportMemory: what a report may take follows what it keeps, and never falls
// below where sweeping costs more than it saves.
func TestReportMemory(t *testing.T) {
	for live, want := range map[uint64]int64{0: reportMemory, 10 << 20: reportMemory, 1 << 30: 1<<30/100*110 + reportMemory/16} {
		if got := memoryLimit(live); got != want {
			t.Errorf("%d in use: %d, want %d", live, got, want)
		}
	}
	before := debug.SetMemoryLimit(-1)
	thrifty()()
	if after := debug.SetMemoryLimit(-1); after != before {
		t.Errorf("the limit was %d and is left at %d", before, after)
	}
}

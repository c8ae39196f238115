package cli

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/charmbracelet/x/ansi"

	"tapedeck/api/journal"
	"tapedeck/api/text"
)

// written returns a state directory with a journal of these entries.
func written(t *testing.T, entries ...journal.Entry) string {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) { // else a line may be late
		j, err := journal.Open(journal.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			_ = j.Append(e)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	})
	return dir
}

// entry returns an entry about an update of a recording.
func entry(after time.Duration, event journal.Event, id, sid, asked, outcome, reason string) journal.Entry {
	return journal.Entry{
		Time: time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC).Add(after), Event: event, ID: id, Who: journal.Who{Actor: "alice"},
		Recording: text.New(sid), Call: text.New("call-0001"), StatusAsked: asked, Outcome: outcome, Reason: reason,
	}
}

func list(t *testing.T, dir string, args ...string) string {
	t.Helper()
	_, stdout, _ := call(t, App{Environ: []string{"HOME=/nonexistent"}}, append([]string{"journal", "--state-dir", dir}, args...)...)
	return stdout
}

// A later word on an update replaces the earlier one, in its line.
func TestJournalPairs(t *testing.T) {
	const second = time.Second
	undone := entry(9*second, journal.Seen, "4", "rec-4", "paused", "", "resumed by others")
	undone.StatusAnswered = "in-progress"
	dir := written(t,
		entry(0, journal.Request, "1", "rec-1", "paused", "", ""),
		entry(1*second, journal.Request, "2", "rec-2", "paused", "", ""),
		entry(2*second, journal.Again, "2", "rec-2", "paused", "", ""),
		entry(3*second, journal.Outcome, "2", "rec-2", "paused", "unknown", "timeout"),
		entry(4*second, journal.Outcome, "1", "rec-1", "paused", "contradicted", "it is in-progress"),
		entry(5*second, journal.Seen, "1", "rec-1", "paused", "verified", "a later read agrees"),
		entry(6*second, journal.Outcome, "2", "rec-2", "paused", "verified", ""), // a guess is replaced
		entry(7*second, journal.Request, "3", "rec-3", "stopped", "", ""),
		entry(8*second, journal.Request, "4", "rec-4", "paused", "", ""),
		entry(8*second, journal.Outcome, "4", "rec-4", "paused", "verified", ""),
		undone,
	)
	want := "Sun 2026-03-01 UTC\n" +
		"03:00:00 alice        pause         …ec-1 verified late\n" +
		"03:00:01 alice        pause         …ec-2 verified, sent again by hand\n" +
		"03:00:07 alice        stop          …ec-3 no outcome on record\n" +
		"03:00:08 alice        pause         …ec-4 verified\n" +
		"03:00:09 alice        seen          …ec-4 it is in-progress, resumed by others\n"
	if got := list(t, dir); got != want {
		t.Errorf("listed\n%s\nwant\n%s", got, want)
	}
	if got := list(t, dir, "--long"); strings.Count(got, "\n") != 11 {
		t.Errorf("--long lists\n%s", got)
	}
	got := list(t, dir, "--call", "call-0001", "--recording", "rec-4")
	if !strings.Contains(got, "    resumed by others, seen at 2026-03-01 03:00:09.000 UTC, after 1s\n") || strings.Contains(got, "no end") {
		t.Errorf("pauses are\n%s", got)
	}
}

// A clock that is set back between a pause and its resume gives no time.
func TestJournalNamesAStepOfTheClock(t *testing.T) {
	for _, back := range []time.Duration{time.Hour, 30 * time.Second} {
		at := 60*time.Second - back
		dir := written(t,
			entry(0, journal.Request, "1", "rec-1", "paused", "", ""),
			entry(0, journal.Outcome, "1", "rec-1", "paused", "verified", ""),
			entry(50*time.Second, journal.Request, "x", "rec-2", "paused", "", ""),
			entry(at, journal.Request, "2", "rec-1", "in-progress", "", ""),
			entry(at, journal.Outcome, "2", "rec-1", "in-progress", "verified", ""),
		)
		got := list(t, dir, "--call", "call-0001")
		if !strings.Contains(got, ", after an unknown time (the clock was set back by ") || strings.Contains(got, "after -") {
			t.Errorf("set back by %s:\n%s", back, got)
		}
		if !strings.Contains(got, "\n  the clock was set back by ") {
			t.Errorf("set back by %s: the list does not say so:\n%s", back, got)
		}
	}
}

// No line is wider than 80 columns, nor two SIDs the same.
func TestJournalFits(t *testing.T) {
	e := entry(0, journal.Request, "1", "aaaaaaaa-1111-4222-8333-44445555b111", "paused", "", "")
	e.Actor, e.PauseBehavior = "a-person-with-a-very-long-name", "silence"
	out := entry(0, journal.Outcome, "1", "aaaaaaaa-1111-4222-8333-44445555b111", "paused", "failed", strings.Repeat("会議 ", 60))
	dir := written(t, e, out, entry(0, journal.Request, "2", "bbbbbbbb-1111-4222-8333-4444555FB111", "paused", "", ""))
	got := list(t, dir)
	for line := range strings.Lines(got) {
		if w := ansi.StringWidth(strings.TrimSuffix(line, "\n")); w > 80 {
			t.Errorf("%d columns: %s", w, line)
		}
	}
	for _, want := range []string{" …5b111 failed: 会議", " …fb111 no outcome"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	var wide bytes.Buffer
	Execute(t.Context(), App{Args: []string{"journal", "--state-dir", dir}, Environ: []string{"HOME=/", "PAGER="}, Stdout: &wide, Stderr: &wide, Terminal: true, Width: 120})
	if !strings.Contains(wide.String(), strings.Repeat("会議 ", 13)) {
		t.Errorf("on a terminal of 120 columns:\n%s", wide.String())
	}
}

// The list goes through the pager on a terminal only, and not as data.
func TestJournalPager(t *testing.T) {
	dir := journalOf(t)
	seen := filepath.Join(t.TempDir(), "seen")
	less, _ := exec.LookPath("less")
	tests := []struct {
		name     string
		terminal bool
		args     []string
		pager    string
		paged    bool
	}{
		{"terminal", true, nil, "tee " + seen, true},
		{"no terminal", false, nil, "tee " + seen, false},
		{"data", true, []string{"--csv"}, "tee " + seen, false},
		{"none", true, nil, "", false},
		{"cat", true, nil, "cat", false},
		{"one that is not there", true, nil, "exec 2>/dev/null; nonesuch-pager", false},
		{"one that is left early", true, nil, "head -n 2 | tee " + seen, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_ = os.Remove(seen)
			app := App{Environ: []string{"HOME=/nonexistent", "PATH=" + os.Getenv("PATH"), "PAGER=" + tt.pager}, Terminal: tt.terminal}
			code, stdout, stderr := call(t, app, append([]string{"journal", "--state-dir", dir}, tt.args...)...)
			if code != 0 || stderr != "" || !strings.Contains(stdout, "alice") {
				t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
			}
			if _, err := os.Stat(seen); (err == nil) != tt.paged {
				t.Errorf("went through the pager: %v", err == nil)
			}
		})
	}
	r := &runner{App: App{}}
	if got := r.pager(); (less != "") != (len(got) == 2 && got[1] == "-R") {
		t.Errorf("by default it is %q", got)
	}
}

// TestSessionsInTheList: when people watched is told in words, in the list of
// updates and in the long one, and is no update of a call.
func TestSessionsInTheList(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) { // else a line may be late
		j, err := journal.Open(journal.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, 3, 1, 3, 2, 11, 0, time.UTC)
		for i, e := range []journal.Entry{
			{Event: journal.SessionBegan, Who: journal.Who{Actor: "alice"}},
			{Event: journal.Live},
			{Event: journal.Stale, Since: at.Add(-time.Minute), Reason: "HTTP 503"},
			{Event: journal.SessionEnded, Who: journal.Who{Actor: "alice"}, Reason: "quit"},
		} {
			e.Time = at.Add(time.Duration(i) * time.Second)
			_ = j.Append(e)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	})
	for args, want := range map[string]string{
		"": "Sun 2026-03-01 UTC\n" +
			"03:02:11 alice        session began\n" +
			"03:02:12              live\n" +
			"03:02:13              stale               since 03:01:11, HTTP 503\n" +
			"03:02:14 alice        session ended       quit\n",
		"--long": "  since 2026-03-01 03:01:11.000 UTC, HTTP 503\n",
	} {
		_, out, stderr := call(t, App{Environ: []string{"HOME=/nonexistent"}}, append([]string{"journal", "--state-dir", dir}, strings.Fields(args)...)...)
		if !strings.Contains(out, want) || stderr != "" {
			t.Errorf("%q: no %q in\n%s%s", args, want, out, stderr)
		}
	}
}

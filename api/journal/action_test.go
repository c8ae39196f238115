package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"tapedeck/api/state"
	"tapedeck/api/text"
)

// TestWhoIsNamed: a person behind sudo is named before the user that they became,
// where that is no claim of a client.
func TestWhoIsNamed(t *testing.T) {
	for want, w := range map[string]Who{
		"alice": {Actor: "alice"}, "bo as root": {Actor: "root", SudoUser: "bo"}, "root": {Actor: "root", SudoUser: "root"},
		"uid 12345": {Actor: "uid 12345"}, "": {}, "eve": {Actor: "eve", SudoUser: "alice", Claimed: true},
	} {
		if got := w.Name(); got != want {
			t.Errorf("%+v is %q, want %q", w, got, want)
		}
	}
}

// TestActionTimes: when the API answered is the request's time and the latency,
// or what is nearest to that where one of them is not on record.
func TestActionTimes(t *testing.T) {
	at := time.Now().Add(-time.Hour).UTC().Truncate(time.Millisecond)
	ask, answer := asked("1", "ana", "paused", "verified", at)
	seen := answer
	seen.Latency, seen.HTTPStatus, seen.Event = 0, 0, Outcome
	correction := answer
	correction.Event, correction.Outcome, correction.Reason = Seen, "verified", "it was done after all"
	failed := answer
	failed.Outcome, failed.StatusAnswered = "failed", "in-progress"
	requested := answer
	requested.Outcome = "requested"
	tests := []struct {
		name     string
		list     []Entry
		outcome  string
		answered time.Time
		done     bool
	}{
		{"no answer yet", []Entry{ask}, "", time.Time{}, false},
		{"answered", []Entry{ask, answer}, "verified", at.Add(120 * time.Millisecond), true},
		{"the request stands after its outcome", []Entry{answer, ask}, "verified", at.Add(time.Second), true},
		{"the request is missing", []Entry{answer}, "verified", at.Add(time.Second), true},
		{"nothing was answered, and a read found it done", []Entry{ask, seen}, "verified", at.Add(time.Second), true},
		{"a correction of what is not known", []Entry{correction}, "verified", at.Add(time.Second), true},
		{"it failed", []Entry{ask, failed}, "failed", at.Add(120 * time.Millisecond), false},
		{"it failed, and a correction says that it was done", []Entry{ask, failed, correction}, "verified", at.Add(120 * time.Millisecond), true},
	}
	for _, tt := range tests {
		f := Follow(t.TempDir(), "", "")
		f.take(tt.list)
		list, err := f.Actions(9)
		check(t, err)
		if len(list) != 1 {
			t.Errorf("%s: %d actions", tt.name, len(list))
			continue
		}
		a := list[0]
		if a.Outcome != tt.outcome || !a.Answered.Equal(tt.answered) || a.Done() != tt.done {
			t.Errorf("%s: %q at %v, done %t; want %q at %v, %t", tt.name, a.Outcome, a.Answered, a.Done(), tt.outcome, tt.answered, tt.done)
		}
		if _, paused := f.Paused(rec1); paused != tt.done {
			t.Errorf("%s: a pause of it on record: %t", tt.name, paused)
		}
	}
}

// TestActionsOrder: the newest first by when they were asked for, whatever the
// order in the file; and no number of them is a mistake.
func TestActionsOrder(t *testing.T) {
	at := time.Now().Add(-time.Hour)
	f := Follow(t.TempDir(), "https://acme.example", "p")
	for _, n := range []int{3, 1, 2} {
		f.take([]Entry{{Event: Ack, Time: at.Add(time.Duration(n) * time.Second), ID: strconv.Itoa(n), Space: "https://ACME.example:443", Project: "p"}})
	}
	f.take([]Entry{
		{Event: Ack, Time: at, ID: "of another project", Space: "https://acme.example", Project: "q"},
		{Event: Ack, Time: at, ID: "of another space", Space: "https://acme.example:444", Project: "p"},
		{Event: Note, Time: at, ID: "a note", Space: "https://acme.example", Project: "p"},
	})
	f.take(nil)
	for n, want := range map[int]string{-1: "", 0: "", 1: "3", 2: "3 2", 3: "3 2 1", 99: "3 2 1"} {
		list, err := f.Actions(n)
		check(t, err)
		var ids []string
		for _, a := range list {
			ids = append(ids, a.ID)
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("the last %d are %q, want %q", n, got, want)
		}
	}
	if _, ok := f.Paused(text.New("nobody's")); ok {
		t.Error("a recording that nobody paused is paused")
	}
}

// TestFollowWindow: what is older than 48 hours is not told, also where the file
// was written to since, and a full file that was not is not read.
func TestFollowWindow(t *testing.T) {
	dir := t.TempDir()
	old, soon := request("old"), request("soon")
	old.Time, soon.Time = time.Now().Add(-followWindow-time.Hour), time.Now().Add(-followWindow+time.Hour)
	put := func(name string, list ...Entry) {
		var lines [][]byte
		for _, e := range list {
			b, err := encode(e, nil)
			check(t, err)
			lines = append(lines, b)
		}
		writeLines(t, dir, name, lines)
	}
	put(rotatedName(1), request("in a full file that is old"))
	past := time.Now().Add(-followWindow - time.Minute)
	check(t, os.Chtimes(filepath.Join(dir, rotatedName(1)), past, past))
	put(rotatedName(2), old, soon)
	put(FileName, request("now"))
	wantTold(t, Follow(dir, "", ""), 9, "alice request now, alice request soon")
}

// TestFollowEnds: a long file is read in turns with the rest of the program, and
// not to its end when nobody wants it any more.
func TestFollowEnds(t *testing.T) {
	dir := filled(t, 3*followBatch, 0)
	f := Follow(dir, "", "")
	check(t, f.look(t.Context()))
	if list, _ := f.Actions(1000); len(list) != 3*followBatch {
		t.Errorf("%d actions", len(list))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f = Follow(dir, "", "")
	if err := f.look(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
	if list, _ := f.Actions(1000); len(list) != followBatch {
		t.Errorf("%d actions were read after the end", len(list))
	}
}

// TestFollowNoFile: what has the journal's name and is no file of it is said to
// be none, and followed as soon as it is gone.
func TestFollowNoFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, FileName)
	check(t, os.Mkdir(path, 0o700))
	f := Follow(dir, "", "")
	err := f.look(t.Context())
	if e, ok := errors.AsType[*Error](err); !ok || e.Path != path || e.Hint() == "" {
		t.Errorf("of a folder: %v", err)
	}
	if _, unsafe := errors.AsType[*state.UnsafeError](err); !unsafe {
		t.Errorf("of a folder: %v", err)
	}
	check(t, os.Remove(path))
	j := open(t, Options{Dir: dir})
	appendAll(t, j, request("1"))
	wantTold(t, f, 9, "alice request 1")
	wantTold(t, f, 9, "alice request 1") // nothing has been appended
}

// TestPausesOfOneRecording: the last pause that was done counts, whatever the
// order in which two decks have written.
func TestPausesOfOneRecording(t *testing.T) {
	at := time.Now().Add(-time.Hour).UTC().Truncate(time.Millisecond)
	after := func(n int) time.Time { return at.Add(time.Duration(n) * time.Minute) }
	type update struct {
		id, status, outcome string
		minute              int
	}
	tests := []struct {
		name  string
		list  []update
		want  string // the ID of the pause; empty for none
		ended bool
	}{
		{"a resume before the pause is not its end", []update{{"2", "paused", "verified", 2}, {"1", "in-progress", "verified", 1}}, "2", false},
		{"an earlier pause does not replace a later one", []update{{"2", "paused", "verified", 2}, {"1", "paused", "verified", 1}}, "2", false},
		{"a stop ends it", []update{{"1", "paused", "accepted", 1}, {"2", "stopped", "accepted", 2}}, "1", true},
		{"a stop that is not known to be done does not", []update{{"1", "paused", "accepted", 1}, {"2", "stopped", "unknown", 2}}, "1", false},
		{"the first end counts", []update{{"1", "paused", "verified", 1}, {"3", "stopped", "verified", 3}, {"2", "in-progress", "verified", 2}}, "1", true},
		{"paused anew after its end", []update{{"1", "paused", "verified", 1}, {"2", "in-progress", "verified", 2}, {"3", "paused", "verified", 3}}, "3", false},
		{"a pause that is not known to be done is none", []update{{"1", "paused", "unknown", 1}}, "", false},
		{"a contradicted one is none", []update{{"1", "paused", "contradicted", 1}}, "", false},
	}
	for _, tt := range tests {
		f := Follow(t.TempDir(), "", "")
		for _, u := range tt.list {
			ask, answer := asked(u.id, "ana", u.status, u.outcome, after(u.minute))
			f.take([]Entry{ask, answer})
		}
		p, ok := f.Paused(rec1)
		if ok != (tt.want != "") || p.ID != tt.want || p.Ended.IsZero() == tt.ended && ok {
			t.Errorf("%s: %s, ended %v", tt.name, fmt.Sprintf("%+v, %t", p, ok), p.Ended)
		}
		if tt.name == "the first end counts" && !p.Ended.Equal(after(2).Add(120*time.Millisecond)) {
			t.Errorf("%s: it ended at %v", tt.name, p.Ended)
		}
	}
}

// TestFollowAlarms: an alarm of a call without a recording is one action, whoever
// of several processes says so; another time without one is another.
func TestFollowAlarms(t *testing.T) {
	at := time.Now().Add(-time.Hour).UTC().Truncate(time.Millisecond)
	alarm := func(call string, since, when time.Duration, pid int) Entry {
		return Entry{Event: Unrecorded, Who: Who{PID: pid}, Call: text.New(call), Since: at.Add(since), Time: at.Add(when)}
	}
	f := Follow(t.TempDir(), "", "")
	f.take([]Entry{
		alarm("a", 0, time.Minute, 1), alarm("a", 0, time.Minute, 2), alarm("b", 0, time.Minute, 1),
		alarm("a", 0, 5*time.Minute, 3), alarm("a", 10*time.Minute, 11*time.Minute, 1),
	})
	var got []string
	for _, a := range f.actions {
		got = append(got, fmt.Sprint(a.Subject(), " ", a.Time.Sub(at), " ", a.PID))
	}
	if want := "a 1m0s 1, b 1m0s 1, a 11m0s 1"; strings.Join(got, ", ") != want {
		t.Errorf("%q, want %q", got, want)
	}
}

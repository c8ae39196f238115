package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"tapedeck/api/text"
)

// told returns the last actions in a few words, the newest first.
func (f *Follower) told(t *testing.T, n int) string {
	t.Helper()
	list, err := f.Actions(n)
	check(t, err)
	var out []string
	for _, a := range list {
		out = append(out, strings.TrimSpace(strings.Join([]string{a.Name(), string(a.Event), a.ID, a.Outcome}, " ")))
	}
	return strings.Join(out, ", ")
}

func wantTold(t *testing.T, f *Follower, n int, want string) {
	t.Helper()
	check(t, f.look(t.Context()))
	if got := f.told(t, n); got != want {
		t.Errorf("the last actions are %q, want %q", got, want)
	}
}

// asked returns a request and its outcome, after some seconds.
func asked(id, who, status, outcomeIs string, at time.Time) (Entry, Entry) {
	w, o := request(id), outcome(id)
	w.Time, o.Time = at, at.Add(time.Second)
	w.Actor, w.StatusAsked, o.Actor, o.StatusAsked, o.Outcome = who, status, who, status, outcomeIs
	return w, o
}

func TestFollow(t *testing.T) {
	dir := t.TempDir()
	f := Follow(dir, "", "")
	if err := f.look(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a journal: %v", err)
	}
	j := open(t, Options{Dir: dir})
	wantTold(t, f, 9, "")

	appendAll(t, j, request("a1"))
	wantTold(t, f, 9, "alice request a1")
	if _, ok := f.Paused(rec1); ok {
		t.Error("a pause without an outcome passes for one")
	}
	appendAll(t, j, outcome("a1"), Entry{Event: Reveal, Recording: rec1}, Entry{Event: Ack, Who: Who{Actor: "alice"}, Recording: rec1, Reason: "card"})
	other := request("x1")
	other.Space, other.Project = "https://other", "p"
	appendAll(t, j, other)
	wantTold(t, f, 9, "alice ack, alice request a1 verified")
	if p, ok := f.Paused(rec1); !ok || p.Name() != "alice" || p.Behavior != "silence" || !p.Ended.IsZero() {
		t.Errorf("paused: %+v, %v", p, ok)
	}

	// Another process.
	cmd := helper(t, "append", dir, "JOURNAL_LINES=2", "JOURNAL_MAX=0")
	check(t, cmd.Run())
	check(t, f.look(t.Context()))
	if list, _ := f.Actions(99); len(list) != 4 {
		t.Errorf("%d actions after another process wrote two, want 4", len(list))
	}
}

func TestFollowPause(t *testing.T) {
	at := time.Now().Add(-time.Hour).UTC().Truncate(time.Millisecond)
	after := func(n int) time.Time { return at.Add(time.Duration(n) * time.Minute) }
	type step struct {
		name   string
		make   func() []Entry
		who    string // who paused, by the journal; empty for nobody
		ended  bool
		paused time.Time
	}
	steps := []step{
		{"a pause that failed is none", func() []Entry { w, o := asked("1", "ana", "paused", "failed", after(0)); return []Entry{w, o} }, "", false, time.Time{}},
		{"one that was done", func() []Entry { w, o := asked("2", "ana", "paused", "verified", after(1)); return []Entry{w, o} }, "ana", false, after(1).Add(120 * time.Millisecond)},
		{"paused again while paused", func() []Entry {
			w, o := asked("3", "bo", "paused", "accepted", after(2))
			w.StatusBefore = "paused"
			return []Entry{w, o}
		}, "ana", false, after(1).Add(120 * time.Millisecond)},
		{"a resume that failed", func() []Entry {
			w, o := asked("4", "bo", "in-progress", "failed", after(3))
			return []Entry{w, o}
		}, "ana", false, after(1).Add(120 * time.Millisecond)},
		{"a resume", func() []Entry {
			w, o := asked("5", "bo", "in-progress", "accepted", after(4))
			return []Entry{w, o}
		}, "ana", true, after(1).Add(120 * time.Millisecond)},
		{"the outcome before its request", func() []Entry {
			w, o := asked("6", "cy", "paused", "verified late", after(5))
			return []Entry{o, w}
		}, "cy", false, after(5).Add(time.Second)},
		{"others have ended it", func() []Entry {
			return []Entry{{Event: Seen, Time: after(6), Recording: rec1, StatusAnswered: "in-progress"}}
		}, "cy", true, after(5).Add(time.Second)},
		{"a guess", func() []Entry {
			w, o := asked("7", "di", "paused", "verified", after(7))
			return []Entry{w, o}
		}, "di", false, after(7).Add(120 * time.Millisecond)},
		{"that a later outcome replaces", func() []Entry {
			_, o := asked("7", "di", "paused", "contradicted", after(8))
			return []Entry{o}
		}, "", false, time.Time{}},
	}
	late := func(outcome string) Entry {
		_, o := asked("7", "di", "paused", outcome, after(9))
		o.Event = Seen
		return o
	}
	steps = append(steps, []step{
		{"a correction: it was done late", func() []Entry { return []Entry{late("verified")} }, "di", false, after(7).Add(120 * time.Millisecond)},
		{"and one more: it was not", func() []Entry { return []Entry{late("contradicted")} }, "", false, time.Time{}},
	}...)
	f := Follow(t.TempDir(), "", "")
	for _, s := range steps {
		f.take(s.make())
		p, ok := f.Paused(rec1)
		if ok != (s.who != "") || p.Actor != s.who || p.Ended.IsZero() == s.ended || !p.At.Equal(s.paused) {
			t.Errorf("%s: %+v, %v; want %q at %s, ended %v", s.name, p, ok, s.who, s.paused, s.ended)
		}
	}
	if got := f.told(t, 99); strings.Count(got, " 7 ") != 1 || !strings.Contains(got, "di request 7 contradicted") {
		t.Errorf("a correction is an action of its own: %q", got)
	}
}

// TestFollowReadsOnce changes what was read in place: nothing of it may show.
func TestFollowReadsOnce(t *testing.T) {
	dir := t.TempDir()
	j := open(t, Options{Dir: dir})
	appendAll(t, j, request("1"))
	f := Follow(dir, "", "")
	wantTold(t, f, 9, "alice request 1")
	check(t, j.Wait())
	name := filepath.Join(dir, FileName)
	b, err := os.ReadFile(name)
	check(t, err)
	file, err := os.OpenFile(name, os.O_WRONLY, 0)
	check(t, err)
	_, err = file.WriteAt(bytes.ReplaceAll(b, []byte("alice"), []byte("mallo")), 0)
	check(t, errors.Join(err, file.Close()))
	appendAll(t, j, request("2"))
	wantTold(t, f, 9, "alice request 2, alice request 1")
}

// TestFollowTorn has a line that is written in two pieces, one that is cut off
// again, and one that is none.
func TestFollowTorn(t *testing.T) {
	line := func(id string) string {
		b, err := encode(request(id), nil)
		check(t, err)
		return string(b)
	}
	dir := t.TempDir()
	name := filepath.Join(dir, FileName)
	file, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	check(t, err)
	defer func() { _ = file.Close() }()
	write := func(s string) { _, err := file.WriteString(s); check(t, err) }
	f := Follow(dir, "", "")

	write(line("1") + line("2")[:40])
	wantTold(t, f, 9, "alice request 1")
	write(line("2")[40:])
	wantTold(t, f, 9, "alice request 2, alice request 1")
	whole, err := file.Seek(0, 2)
	check(t, err)
	write(line("lost")[:60])
	wantTold(t, f, 9, "alice request 2, alice request 1")
	check(t, file.Truncate(whole))
	write("no entry\n" + line("3"))
	wantTold(t, f, 9, "alice request 3, alice request 2, alice request 1")
	check(t, file.Truncate(whole)) // whole lines are cut off, as after a write that failed
	wantTold(t, f, 9, "alice request 2, alice request 1")
	write(line("4"))
	wantTold(t, f, 9, "alice request 4, alice request 2, alice request 1")
	check(t, os.Remove(name))
	wantTold(t, f, 9, "alice request 4, alice request 2, alice request 1")
	check(t, os.WriteFile(name, []byte(line("5")), 0o600))
	wantTold(t, f, 9, "alice request 5")
}

func TestFollowAcrossRotations(t *testing.T) {
	dir := t.TempDir()
	j := open(t, Options{Dir: dir, MaxSize: 2000})
	f := Follow(dir, "", "")
	check(t, f.look(t.Context()))
	n := 0
	for round := range 6 { // of none, one, and several rotations between two looks
		for range 1 + 5*round {
			n++
			appendAll(t, j, request(strconv.Itoa(n)))
			check(t, j.Wait())
			rotated(t, j, 2000)
		}
		check(t, f.look(t.Context()))
	}
	list, err := f.Actions(n)
	check(t, err)
	if len(list) != n {
		t.Fatalf("%d actions of %d", len(list), n)
	}
	for i, a := range list {
		if a.ID != strconv.Itoa(n-i) {
			t.Fatalf("action %d is %s, want %d", i, a.ID, n-i)
		}
	}
	parts, err := openParts(dir)
	defer closeParts(parts)
	if err != nil || len(parts) < 6 {
		t.Errorf("only %d files, %v", len(parts), err)
	}
	again := Follow(dir, "", "")
	wantTold(t, again, 2, fmt.Sprintf("alice request %d, alice request %d", n, n-1))
}

func TestFollowKeepsTheLast(t *testing.T) {
	f := Follow(t.TempDir(), "", "")
	var list []Entry
	for i := range 2 * maxPauses {
		w, o := asked(strconv.Itoa(i), "ana", "paused", "verified", time.Now().Add(-50*time.Hour))
		w.Recording = text.New("rec-" + strconv.Itoa(i))
		o.Recording = w.Recording
		list = append(list, w, o)
	}
	f.take(list)
	f.take([]Entry{{Event: Ack, Recording: rec1}})
	if len(f.actions) != maxActions || len(f.byID) >= maxActions || len(f.pauses) > maxPauses {
		t.Errorf("%d actions, %d by ID, %d pauses", len(f.actions), len(f.byID), len(f.pauses))
	}
}

func TestFollowRun(t *testing.T) {
	dir := t.TempDir()
	j := open(t, Options{Dir: dir})
	appendAll(t, j, request("1"))
	f := Follow(dir, "", "")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); f.Run(ctx) }()
	<-f.Ready()
	if got := f.told(t, 9); got != "alice request 1" {
		t.Errorf("told %q", got)
	}
	cancel()
	<-done
}

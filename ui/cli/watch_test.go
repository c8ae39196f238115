package cli

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api"
	"tapedeck/api/alarm"
	"tapedeck/api/deck"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// seenEvent is an event as a reader sees it.
type seenEvent struct {
	Event     string
	At        time.Time
	Seq       int
	SID       string
	Reason    string
	Freshness string
	Missed    bool
	Was       map[string]json.RawMessage
	Update    struct{ Outcome, Verb, Actor string }
	Recording struct{ Status string }
	Counts    struct{ Active, Paused, Alarms int }
}

// words says an event in a few words.
func (e seenEvent) words() string {
	out := []string{e.Event}
	if e.SID != "" {
		out = append(out, e.SID[len(e.SID)-4:])
	}
	switch e.Event {
	case eventChanged, eventEnded, eventAdded:
		out = append(out, e.Recording.Status)
		if was, ok := e.Was["status"]; ok {
			out = append(out, "was", strings.Trim(string(was), `"`))
		}
	case eventUpdate:
		out = append(out, e.Update.Verb, e.Update.Outcome)
	case eventStale, eventLive, eventSynced, eventSnapshot:
		out = append(out, e.Freshness, e.Reason)
	case eventAlarm, eventAcknowledged:
		out = append(out, e.Reason)
	}
	return strings.TrimSpace(strings.Join(out, " "))
}

// watched reads the lines of a watch, and checks each against the schema and that
// none is missing.
func watched(t *testing.T, stdout string) (list []seenEvent) {
	t.Helper()
	for line := range strings.Lines(stdout) {
		valid(t, "watch", []byte(line))
		e := decoded[seenEvent](t, line)
		if e.Seq != len(list)+1 || e.At.IsZero() {
			t.Errorf("line %d: %s", len(list)+1, line)
		}
		list = append(list, e)
	}
	return list
}

// said returns the events of some kinds in words; every one but the beats where
// none is named.
func said(list []seenEvent, kinds ...string) (words []string) {
	for _, e := range list {
		wanted := len(kinds) == 0 && e.Event != eventBeat
		for _, k := range kinds {
			wanted = wanted || e.Event == k
		}
		if wanted {
			words = append(words, e.words())
		}
	}
	return words
}

// TestWatch: every event, each with the time, a number and what it is about, and
// never silence.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceWith(sim.Begin{SID: sidA, StartedAgo: time.Minute}, sim.Begin{SID: sidB, StartedAgo: 2 * time.Minute})
		service, find := attach(t, space, deck.Config{PauseWarn: time.Second, PauseAlarm: time.Minute})
		time.Sleep(3 * time.Second)
		stdout, stderr, end := inTime(t, App{Environ: []string{"HOME=/nonexistent"}, Attach: find}, "watch", "--json")
		alice := deck.Actor{Actor: "alice"}
		ask := func(u api.Update) {
			if _, err := service.Do(t.Context(), deck.Request{SID: text.New(sidA), Update: u, Actor: alice}); err != nil {
				t.Fatal(err)
			}
		}
		ask(api.Update{Status: api.Paused, PauseBehavior: api.Skip})
		time.Sleep(70 * time.Second)
		if err := service.Acknowledge(deck.Key{SID: text.New(sidA)}, alice, "card", time.Minute); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		space.Begin(sim.Begin{SID: sidC})
		time.Sleep(5 * time.Second)
		space.EndRecording(sidC)
		space.SetStatus(sidA, "in-progress") // by others
		time.Sleep(5 * time.Second)
		fault(t, space, "503")
		time.Sleep(15 * time.Second)
		fault(t, space)
		time.Sleep(30 * time.Second)
		if code := end(); code != 130 || stderr.String() != "" {
			t.Errorf("exit code %d, stderr %s", code, stderr)
		}
		list := watched(t, stdout.String())
		want := []string{
			"snapshot live", "synced live",
			"changed 8142 paused was in-progress",
			"update 8142 pause requested", "update 8142 pause accepted", "update 8142 pause verified",
			"alarm 8142 paused for 01:00", "acknowledged 8142 by alice: card", "added c07a in-progress",
			"changed 8142 in-progress was paused", "ended c07a completed was in-progress",
			"alarm 8142 resumed by others", "stale stale HTTP 503", "live live",
		}
		// Names may be known a moment later, and who is told first of two is open.
		var got []string
		for _, w := range said(list) {
			if w != "changed c07a in-progress" && w != "changed 8142 paused" && w != "changed 8142 in-progress" {
				got = append(got, w)
			}
		}
		if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
			t.Errorf("(-want +got)\n%s\nin order: %s", diff, strings.Join(got, "\n"))
		}
		if steps := said(list, eventUpdate); strings.Join(steps, ",") != strings.Join(want[3:6], ",") {
			t.Errorf("the steps are %v", steps)
		}
		for i := 1; i < len(list); i++ {
			if quiet := list[i].At.Sub(list[i-1].At); quiet > beatEvery {
				t.Errorf("nothing for %v before %s", quiet, list[i].words())
			}
		}
		for _, e := range list {
			if e.Event == eventUpdate && e.Update.Actor != "alice" {
				t.Errorf("asked by %q", e.Update.Actor)
			}
		}
	})
}

func sorted(list []string) []string {
	out := append([]string{}, list...)
	for i := range out {
		for j := i; j > 0 && out[j] < out[j-1]; j-- {
			out[j], out[j-1] = out[j-1], out[j]
		}
	}
	return out
}

// TestWatchOfItsOwn: without a service the command polls by itself: a snapshot of
// nothing, what is found, and that all is known; or at once what is found, where
// the first poll has ended before the first look.
func TestWatchOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceWith(sim.Begin{SID: sidA, Status: "paused", StartedAgo: time.Hour, DateUpdatedAgo: 10 * time.Minute})
		stdout, _, end := inTime(t, offline(t, space), "watch", "--json")
		time.Sleep(time.Second)
		end()
		got := strings.Join(said(watched(t, stdout.String()), eventSnapshot, eventAdded, eventAlarm, eventSynced), ", ")
		if !regexp.MustCompile(`^snapshot (loading(, added 8142 paused)?|live), alarm 8142 paused for 10:0\d, synced live$`).MatchString(got) {
			t.Errorf("told: %s", got)
		}
	})
	space := spaceWith()
	code, _, stderr := call(t, App{Environ: served(t, space, space.Project(), token)}, "watch")
	if code != 4 || !strings.Contains(stderr, "HTTP 401") {
		t.Errorf("a token that is refused: exit code %d, %s", code, stderr)
	}
}

// TestWatchPlain: one sentence a change, with the time, and none for what is no
// news to a person.
func TestWatchPlain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceWith(sim.Begin{SID: sidA, StartedAgo: time.Minute, From: "+13105550142", To: "+13105550199"})
		service, find := attach(t, space, deck.Config{PauseAlarm: 30 * time.Second})
		time.Sleep(3 * time.Second)
		stdout, _, end := inTime(t, App{Environ: []string{"HOME=/nonexistent", "LANG=C.UTF-8"}, Attach: find}, "watch", "--plain")
		if _, err := service.Do(t.Context(), deck.Request{SID: text.New(sidA), Update: api.Update{Status: api.Paused}, Actor: deck.Actor{Actor: "alice"}}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(40 * time.Second)
		space.EndRecording(sidA)
		time.Sleep(4 * time.Minute)
		end()
		var got []string
		for line := range strings.Lines(stdout.String()) {
			at, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
			if _, err := time.Parse(time.RFC3339, at); err != nil || !strings.HasSuffix(at, "Z") {
				t.Errorf("%q has no time in UTC", line)
			}
			if !strings.HasPrefix(rest, "live: 0 active") || len(got) == 0 || got[len(got)-1] != rest { // a beat after each quiet minute
				got = append(got, rest)
			}
		}
		who := "…8142, (310) 555-0142 → (310) 555-0199: "
		want := []string{
			"live: 1 active, 0 paused", "live: 1 active, 0 paused", who + "PAUSED, was in-progress",
			who + "pause with silence by alice: requested", who + "pause with silence by alice: accepted", who + "pause with silence by alice: verified",
			"ALARM " + who + "paused for 00:30", who + "ended, COMPLETED",
			"live: 0 active, 0 paused",
		}
		if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

// TestWatchSlowReader: a reader that takes nothing gets a snapshot that says so,
// and costs a bounded memory.
func TestWatchSlowReader(t *testing.T) {
	q := &queue{wake: make(chan struct{}, 1)}
	for range maxUnread + 10 {
		q.put(&event{Event: eventBeat})
	}
	if list, missed := q.take(); len(list) != 0 || !missed {
		t.Errorf("%d events, missed %v", len(list), missed)
	}
	q.put(&event{Event: eventBeat})
	if list, missed := q.take(); len(list) != 1 || missed {
		t.Errorf("%d events, missed %v", len(list), missed)
	}
	synctest.Test(t, func(t *testing.T) {
		space := spaceWith(sim.Begin{SID: sidA})
		service, _ := attach(t, space, deck.Config{})
		time.Sleep(time.Second)
		l := &link{Service: service, attached: service}
		out := &notes{}
		q := &queue{wake: make(chan struct{}, 1), missed: true} // a channel of the bubble
		ctx, cancel := context.WithCancel(t.Context())
		r := &runner{App: App{Stdout: out}}
		wq := &watchQuery{}
		wq.out.json.on = true
		go func() { _ = r.writeEvents(ctx, wq, l, q) }()
		synctest.Wait()
		cancel()
		if list := watched(t, out.String()); len(list) != 1 || !list[0].Missed || list[0].Event != eventSnapshot || list[0].Counts.Active != 1 {
			t.Errorf("%s", out)
		}
	})
}

// TestWatchForms: fields can be picked, jq makes of each line what it likes, and
// what cannot be printed is refused.
func TestWatchForms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, find := attach(t, spaceWith(sim.Begin{SID: sidA}), deck.Config{})
		time.Sleep(time.Second)
		app := App{Environ: []string{"HOME=/nonexistent"}, Attach: find}
		for args, want := range map[string]string{
			"--json=event,seq":                     "{\"event\":\"snapshot\",\"seq\":1}\n{\"event\":\"synced\",\"seq\":2}\n",
			"--jq .event,(.recordings//[]|length)": "snapshot\n1\nsynced\n0\n",
		} {
			stdout, _, end := inTime(t, app, append([]string{"watch"}, strings.Fields(args)...)...)
			if end(); stdout.String() != want {
				t.Errorf("watch %s: %q, want %q", args, stdout, want)
			}
		}
	})
	for args, want := range map[string]string{
		"--plain --json":                    "cannot use --plain with --json or --jq",
		"--json=sid,nothing":                `there is no field "nothing"`,
		"--exec /nonexistent/program":       `cannot use "/nonexistent/program" for --exec: `,
		"--exec tapedeck-test-no --plain":   `cannot use "tapedeck-test-no" for --exec: `,
		"--exec-timeout 0s":                 "cannot use 0s for --exec-timeout",
		"now":                               "takes no arguments",
		"-- now":                            "takes no arguments",
		"--exec /bin/true now":              "takes no arguments",
		"--exec /bin/true now -- --team 24": "takes no arguments",
	} {
		if code, stdout, stderr := call(t, App{Environ: complete}, append([]string{"watch"}, strings.Fields(args)...)...); code != 2 || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("watch %s: exit code %d, %q, want %q", args, code, stderr, want)
		}
	}
}

// TestWatchExec: a program gets each alarm without a shell and without the token,
// at the same time for different recordings, and not for ever; what it prints and
// what goes wrong is on standard error.
func TestWatchExec(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("it runs sh")
	}
	dir := t.TempDir()
	script := filepath.Join(dir, "on alarm") // a shell would take it for two words
	program := "#!/bin/sh\necho begin \"$@\" \"$SIGNALWIRE_API_TOKEN$SIGNALWIRE_TOKEN$REST_API_TOKEN\"\ncat\n[ \"$1\" ] && exec sleep \"$1\"\nuntil [ -e '" + dir + "/go' ]; do sleep 0.01; done\n"
	if err := os.WriteFile(script, []byte(program), 0o700); err != nil {
		t.Fatal(err)
	}
	run := func(limit time.Duration, args ...string) (x *alarm.Runner, errs *notes, end func()) {
		errs = &notes{}
		r := &runner{App: App{Environ: append([]string{"PATH=" + os.Getenv("PATH")}, complete...), Stderr: errs}}
		x, err := r.newExecs(&watchQuery{exec: script, args: args, timeout: limit})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- x.Run(ctx) }()
		return x, errs, func() { cancel(); <-done }
	}
	says := func(errs *notes, want ...string) {
		t.Helper()
		if !inPatience(func() bool {
			said := errs.String()
			return !slices.ContainsFunc(want, func(w string) bool { return !strings.Contains(said, w) })
		}) {
			t.Errorf("it says %q, want %q", errs, want)
		}
	}
	x, errs, end := run(time.Minute, "", "two words; $(touch /tmp/x)")
	x.Alarm(deck.Key{SID: text.New(sidA)}, []byte("first\n"))
	x.Alarm(deck.Key{SID: text.New(sidB)}, []byte("other\n"))
	says(errs, "begin  two words; $(touch /tmp/x) \n", "first\n", "other\n")
	if err := os.WriteFile(filepath.Join(dir, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	x.Alarm(deck.Key{SID: text.New(sidA)}, []byte("second\n"))
	says(errs, "second\n")
	if end(); strings.Contains(errs.String(), token) || strings.Contains(errs.String(), "warning") {
		t.Errorf("it says %s", errs)
	}
	x, errs, end = run(50*time.Millisecond, "600")
	x.Alarm(deck.Key{SID: text.New(sidA)}, nil)
	says(errs, "for the alarm of "+sidA+" failed: it was ended after 50ms")
	end()
}

// newest is a service whose snapshot is newer than the one that a watch is given.
type newest struct {
	Service
	s *deck.Snapshot
}

func (n newest) Snapshot() *deck.Snapshot { return n.s }

// TestWatchBeginsOnce: the first event has the recordings of the snapshot that the
// watch goes on from, however much newer the deck's is by then: none of them is
// told of twice.
func TestWatchBeginsOnce(t *testing.T) {
	now := time.Now()
	r := &deck.Recording{}
	r.SID, r.Status = text.New(sidA), api.InProgress
	after := &deck.Snapshot{Seq: 2, Recordings: []*deck.Recording{r}, Active: 1, Health: deck.Health{Complete: now}}
	var list []*event
	w := newWatcher(&link{Service: newest{s: after}}, func(e *event) { list = append(list, e) })
	w.begin(&deck.Snapshot{Seq: 1, Health: deck.Health{Page: 1}}, now)
	w.last = after
	w.compare(after, now)
	if len(list) != 2 || len(*list[0].Recordings) != 0 || list[0].Freshness != "loading" || list[1].Event != eventAdded {
		for _, e := range list {
			t.Errorf("told: %s, %s", e.Event, e.Freshness)
		}
	}
}

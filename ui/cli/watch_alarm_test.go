package cli

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// TestWatchExecHasTheEvent: the program of an alarm has the event as it is
// printed, with its number.
func TestWatchExecHasTheEvent(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("it runs sh")
	}
	space := spaceWith(sim.Begin{SID: sidA, Status: "paused", StartedAgo: time.Hour, DateUpdatedAgo: 10 * time.Minute})
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	program := filepath.Join(dir, "program")
	if err := os.WriteFile(program, []byte("#!/bin/sh\ncat > '"+out+".new'\nmv '"+out+".new' '"+out+"'\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	environ := append(reachable(t, space, space), "PATH="+os.Getenv("PATH"))
	stdout, stderr := &notes{}, &notes{}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan int, 1)
	go func() {
		done <- Execute(ctx, App{Environ: environ, Args: []string{"watch", "--json", "--exec", program}, Stdout: stdout, Stderr: stderr})
	}()
	var got []byte
	inPatience(func() bool {
		got, _ = os.ReadFile(out)
		return len(got) > 0
	})
	cancel()
	<-done
	for line := range strings.Lines(stdout.String()) {
		if decoded[seenEvent](t, line).Event == eventAlarm {
			valid(t, "watch", got)
			if diff := cmp.Diff(line, string(got)); diff != "" {
				t.Errorf("(-printed +given to the program)\n%s", diff)
			}
			return
		}
	}
	t.Errorf("no alarm was printed: %s, %s", stdout, stderr)
}

// TestWatchNumbersWhatIsMissed: the numbers say how many events were missed.
func TestWatchNumbersWhatIsMissed(t *testing.T) {
	q := &queue{wake: make(chan struct{}, 1)}
	for range maxUnread + 10 {
		q.put(&event{Event: eventBeat})
	}
	q.take()
	instead := &event{Event: eventSnapshot}
	q.number(instead)
	if want := uint64(maxUnread + 11); instead.Seq != want {
		t.Errorf("number %d, want %d", instead.Seq, want)
	}
}

// TestWatchBeginsStale: who begins to watch while the data is stale, or not
// complete, is told so by an event, with the reason.
func TestWatchBeginsStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceWith(sim.Begin{SID: sidA})
		_, find := attach(t, space, deck.Config{})
		time.Sleep(3 * time.Second)
		fault(t, space, "503")
		time.Sleep(time.Minute)
		stdout, _, end := inTime(t, App{Environ: []string{"HOME=/nonexistent"}, Attach: find}, "watch", "--json")
		time.Sleep(5 * time.Second)
		fault(t, space)
		time.Sleep(time.Minute)
		end()
		got := said(watched(t, stdout.String()), eventSnapshot, eventStale, eventLive)
		if diff := cmp.Diff([]string{"snapshot stale", "stale stale HTTP 503", "live live"}, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

// TestWatchAlarmsAgain: an alarm that stands is told again when it stands for
// another reason: a pause of which the alarm was heard, and that others have
// ended.
func TestWatchAlarmsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceWith(sim.Begin{SID: sidA, StartedAgo: time.Minute})
		service, find := attach(t, space, deck.Config{PauseWarn: time.Second, PauseAlarm: 30 * time.Second})
		time.Sleep(3 * time.Second)
		stdout, _, end := inTime(t, App{Environ: []string{"HOME=/nonexistent"}, Attach: find}, "watch", "--json")
		if _, err := service.Do(t.Context(), deck.Request{SID: text.New(sidA), Update: api.Update{Status: api.Paused}, Actor: deck.Actor{Actor: "alice"}}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		space.SetStatus(sidA, "in-progress") // by others
		time.Sleep(time.Minute)
		end()
		got := said(watched(t, stdout.String()), eventAlarm)
		if diff := cmp.Diff([]string{"alarm 8142 paused for 00:30", "alarm 8142 resumed by others"}, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

// TestListCSVCells: what a spreadsheet would calculate of the names of people is
// made text; the API's fields are as they came.
func TestListCSVCells(t *testing.T) {
	space := spaceWith(sim.Begin{SID: sidA, From: "+442079460147", To: "+13105550199"})
	code, stdout, stderr := call(t, App{Environ: reachable(t, space, space)}, "list", "--csv")
	if code != 0 || !strings.Contains(stdout, ",'+44 20 7946 0147 → (310) 555-0199,") {
		t.Errorf("exit code %d, %s, %s", code, stdout, stderr)
	}
	_, stdout, _ = call(t, App{Environ: reachable(t, space, space)}, "list", "--json")
	if who := decoded[[]struct{ Tapedeck struct{ Who string } }](t, stdout); who[0].Tapedeck.Who != "+44 20 7946 0147 → (310) 555-0199" || !json.Valid([]byte(stdout)) {
		t.Errorf("JSON: %+v", who)
	}
}

//go:build unix

package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/local"
	"tapedeck/api/secret"
	"tapedeck/api/sim"
	"tapedeck/api/text"
	"tapedeck/config"
)

// alarmProgram returns a program that keeps each input and its environment in
// files of a folder, and then does more.
func alarmProgram(t *testing.T, more string) (program, dir string) {
	t.Helper()
	dir = t.TempDir()
	program = filepath.Join(dir, "program")
	body := "#!/bin/sh\ncd '" + dir + "' || exit 9\nenv > env\ncat >> inputs\necho printed; echo complained >&2\n" + more + "\n"
	if err := os.WriteFile(program, []byte(body), 0o700); err != nil {
		t.Fatal(err)
	}
	return program, dir
}

// eventually waits until what is looked at holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	if !inPatience(holds) {
		t.Fatalf("%s: not after %v", what, patience)
	}
}

// inputs returns what a program was given, a line a run.
func inputs(dir string) []string {
	b, _ := os.ReadFile(filepath.Join(dir, "inputs"))
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
}

// given is a feed of snapshots of a test's own.
type given chan *deck.Snapshot

func (g given) Subscribe() (<-chan *deck.Snapshot, func()) { return g, func() {} }

// pausedSince returns a snapshot of a recording that is paused and alarms.
func pausedSince(since time.Time, seq uint64) *deck.Snapshot {
	r := &deck.Recording{Recording: api.Recording{SID: text.New(sidA), Status: api.Paused}, Profile: "eu", Pause: deck.Pause{Since: since}}
	return &deck.Snapshot{Seq: seq, Recordings: []*deck.Recording{r}, Active: 1, Paused: 1, PauseAlarm: time.Minute}
}

// TestAlarmCommand: a dashboard has the command run once for an alarm, with the
// event as watch prints it, without a token; what it says is thrown away, and what
// is wrong with it is said once.
func TestAlarmCommand(t *testing.T) {
	program, dir := alarmProgram(t, "exit 3")
	said := make(chan string, 9)
	c := config.Config{AlarmCommand: []string{program}, Token: secret.New("PTown0123456789"), MaskNumbers: true}
	a := NewAlarmCommand(c, AlarmOptions{
		Environ: append([]string{"PATH=" + os.Getenv("PATH"), "MINE=PTown0123456789", "OTHER=PTother0123456789"}, complete...),
		Tokens:  []secret.Token{secret.New("PTother0123456789")}, Say: func(words string) { said <- words },
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 2)
	feed := make(given)
	go func() { done <- a.Run(ctx) }()
	go func() { done <- a.Follow(ctx, c, feed) }()
	since := time.Now().Add(-90 * time.Second)
	feed <- pausedSince(since, 1)
	feed <- pausedSince(since, 2)
	if got, want := <-said, "alarm_command "+program+" failed for …8142: exit status 3"; got != want {
		t.Errorf("it says %q, want %q", got, want)
	}
	feed <- &deck.Snapshot{Seq: 3}
	a.done(deck.Key{SID: text.New(sidB)}, fmt.Errorf("exit status 3"))
	cancel()
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	got := inputs(dir)
	if len(got) != 1 || len(said) != 0 {
		t.Fatalf("it ran %d times, and said %d more", len(got), len(said))
	}
	e := decoded[struct {
		Event, SID, Reason string
		Seq                int
		Recording          struct {
			Tapedeck struct{ Profile, Level string }
		}
	}](t, got[0])
	if e.Event != eventAlarm || e.SID != sidA || !strings.HasPrefix(e.Reason, "paused for 0") || e.Seq != 1 || e.Recording.Tapedeck.Profile != "eu" || e.Recording.Tapedeck.Level != "alarm" {
		t.Errorf("%+v", e)
	}
	env, _ := os.ReadFile(filepath.Join(dir, "env"))
	if s := string(env); strings.Contains(s, "PTown") || strings.Contains(s, "PTother") || strings.Contains(s, token) || !strings.Contains(s, "SIGNALWIRE_SPACE=") {
		t.Errorf("its environment is %s", s)
	}
}

// TestAlarmCommandIsNotThere: that it cannot be run is said at the start, and not
// again for each alarm.
func TestAlarmCommandIsNotThere(t *testing.T) {
	var said []string
	a := NewAlarmCommand(config.Config{AlarmCommand: []string{"/nonexistent/program"}}, AlarmOptions{Say: func(words string) { said = append(said, words) }})
	a.check()
	a.check()
	a.done(deck.Key{SID: text.New(sidA)}, nil) // it works
	a.check()
	want := "alarm_command /nonexistent/program failed: no such file or directory"
	if diff := cmp.Diff([]string{want, want}, said); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	var none *AlarmCommand
	if none.Run(t.Context()) != nil || none.Follow(t.Context(), config.Config{}, nil) != nil || NewAlarmCommand(config.Config{}, AlarmOptions{}) != nil {
		t.Error("without a command something is done")
	}
}

// TestOwnAlarmCommand: a client runs its own command, unless the service is its
// user's and runs one.
func TestOwnAlarmCommand(t *testing.T) {
	for _, tt := range []struct {
		service string
		want    bool
	}{{"", true}, {"0", true}, {"1000", false}} {
		if got := OwnAlarmCommand(local.WhoAmI{UID: "1000", AlarmUID: tt.service}); got != tt.want {
			t.Errorf("with a service that runs that of %q: %t", tt.service, got)
		}
	}
}

// TestServeAlarmCommand: the service runs it once for the host, and a watch of the
// same user through it does not run it again; one of its own does.
func TestServeAlarmCommand(t *testing.T) {
	space := spaceWith(sim.Begin{SID: sidA, Status: "paused", StartedAgo: time.Hour, DateUpdatedAgo: 10 * time.Minute})
	program, dir := alarmProgram(t, "exit 4")
	sockets, err := os.MkdirTemp("", "td")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(sockets) })
	environ := append(reachable(t, space, space), "PATH="+os.Getenv("PATH"), "TAPEDECK_SOCKET="+filepath.Join(sockets, "s"), "TAPEDECK_ALARM_COMMAND="+program)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	start := func(args ...string) (stdout, stderr *notes, ended chan int) {
		stdout, stderr, ended = &notes{}, &notes{}, make(chan int, 1)
		go func() {
			ended <- Execute(ctx, App{Environ: environ, Args: args, Stdout: stdout, Stderr: stderr, Attach: AttachService})
		}()
		return stdout, stderr, ended
	}
	_, served, ended := start("serve")
	eventually(t, "it runs", func() bool { return strings.Contains(served.String(), "failed for …8142: exit status 4") })
	watched, errs, over := start("watch", "--json")
	eventually(t, "the watch tells of it", func() bool { return strings.Contains(watched.String(), `"event":"alarm"`) })
	if !strings.Contains(served.String(), "tapedeck: warning: alarm_command "+program+" failed for …8142: exit status 4\n") || errs.String() != "" {
		t.Errorf("the service says %s, the watch %s", served, errs)
	}
	own, errs, alone := start("watch", "--json", "--server", "off")
	eventually(t, "a watch without the service runs it", func() bool { return strings.Contains(errs.String(), "failed for …8142: exit status 4") })
	cancel()
	<-ended
	<-over
	<-alone
	got := inputs(dir)
	if len(got) != 2 || !strings.Contains(own.String(), got[1]) {
		t.Errorf("it ran %d times: %s", len(got), got)
	}
	for _, e := range got {
		valid(t, "watch", []byte(e))
	}
	if all := served.String() + watched.String() + own.String() + errs.String(); strings.Contains(all, "printed") || strings.Contains(all, "complained") {
		t.Errorf("what it says is printed: %s", all)
	}
}

// TestAlarmCommandOfACall: a watch runs the command for a call without a recording,
// with the event of the call.
func TestAlarmCommandOfACall(t *testing.T) {
	program, dir := alarmProgram(t, "")
	synctest.Test(t, func(t *testing.T) {
		space := spaceWith()
		space.Call(sim.Line{SID: lackingCall, From: "+13105550142", To: "+13105550199", Ago: 30 * time.Second})
		_, find := attach(t, space, deck.Config{UnrecordedAlarm: time.Minute})
		time.Sleep(3 * time.Second)
		app := App{Environ: []string{"HOME=/nonexistent", "LANG=C.UTF-8", "PATH=" + os.Getenv("PATH")}, Attach: find}
		_, stderr, end := inTime(t, app, "watch", "--json", "--alarm-command", program)
		time.Sleep(2 * time.Minute)
		if end(); stderr.String() != "" {
			t.Errorf("stderr %s", stderr)
		}
	})
	got := inputs(dir)
	if len(got) != 1 || !strings.Contains(got[0], `"event":"alarm"`) || !strings.Contains(got[0], lackingCall) || !strings.Contains(got[0], `"reason":"no recording for 01:0`) {
		t.Errorf("it was given %q", got)
	}
}

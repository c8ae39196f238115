//go:build linux || darwin

package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/local"
	"tapedeck/api/secret"
	"tapedeck/api/serve"
	"tapedeck/api/sim"
)

// The users of [through], by their numbers.
const (
	lead   = 64001 // may all
	looker = 64002 // may look
	nobody = 64003 // has no role
)

// through is a service on a real socket, for the commands.
type through struct {
	t       *testing.T
	space   *sim.Space
	deck    *deck.Deck
	journal string // its folder
	app     App
	server  *serve.Server
	user    atomic.Int64 // who connects
	end     func()       // ends the service, once
}

// unhurried is a journal that waits for the disk of a busy machine, which is not
// what is tested here.
type unhurried struct{ *journal.Journal }

func (j unhurried) Enqueue(e journal.Entry) *journal.Pending {
	p := j.Journal.Enqueue(e)
	return journal.Later(func() error {
		err := p.Wait()
		if errors.Is(err, journal.ErrSlow) || errors.Is(err, journal.ErrLocked) {
			return j.Wait()
		}
		return err
	})
}

// serveThrough serves a space to the commands, and returns when its recordings
// are there.
func serveThrough(t *testing.T, space *sim.Space, c deck.Config) *through {
	t.Helper()
	dir, err := os.MkdirTemp("", "td")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := &through{t: t, space: space, journal: filepath.Join(dir, "journal")}
	s.user.Store(lead)
	j, err := journal.Open(journal.Options{Dir: s.journal})
	must(t, err)
	c.Journal, c.Space, c.Project = unhurried{j}, "https://acme.signalwire.com", space.Project()
	s.deck, err = deck.Open(api.Config{Space: "http://127.0.0.1", Project: space.Project(), Token: secret.New(space.Token()), Transport: space.Transport()}, c)
	must(t, err)
	l, err := serve.Listen(serve.Socket{Paths: []string{filepath.Join(dir, "s")}})
	must(t, err)
	server := serve.New(serve.Options{
		Projects: []*serve.Project{{Profile: "eu", Space: c.Space, ID: c.Project, Deck: s.deck, Journal: j}}, Version: "v1",
		Roles: []serve.Role{
			{Name: "lead", May: serve.Words, Users: []string{fmt.Sprint(lead)}, Keys: []string{"lead"}},
			{Name: "watcher", May: []local.Word{local.WordView}, Users: []string{fmt.Sprint(looker)}, Keys: []string{"looker"}},
		},
		PeerOf: func(net.Conn) (serve.Peer, error) { return serve.Peer{UID: int(s.user.Load()), GID: 1, PID: 1}, nil },
	})
	s.server = server
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { over <- server.Run(ctx, l) }()
	s.end = sync.OnceFunc(func() { cancel(); must(t, <-over); must(t, j.Close()) })
	t.Cleanup(s.end)
	s.app = App{Attach: AttachService, Version: "v1",
		Environ: []string{"HOME=" + dir, "LANG=C.UTF-8", "XDG_STATE_HOME=" + dir, "TAPEDECK_SOCKET=" + filepath.Join(dir, "s"), "SUDO_USER=ann"}}
	if !inPatience(func() bool {
		h := s.deck.Snapshot().Health
		return !h.Complete.IsZero() || !h.Failing.IsZero()
	}) {
		t.Fatal("the service reads nothing")
	}
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// run runs a command as a user.
func (s *through) run(user int64, args string) (code int, stdout, stderr string) {
	s.t.Helper()
	s.user.Store(user)
	return call(s.t, s.app, strings.Fields(args)...)
}

// entries returns what is on record.
func (s *through) entries() (list []journal.Entry) {
	s.t.Helper()
	for e, err := range journal.Read(s.journal, journal.Filter{}) {
		must(s.t, err)
		list = append(list, e)
	}
	return list
}

// TestThroughTheService: each command works through the service, without
// settings of a project, and what it does is on record as that of the user whom
// the kernel names, of a command, with what it claims.
func TestThroughTheService(t *testing.T) {
	const call, ended = "5e4d3c2b-2222-4eee-8fff-000000000201", "5e4d3c2b-2222-4eee-8fff-00000000ebd0"
	space := spaceWith(
		sim.Begin{SID: sidA, From: "+13105550142", To: "+13105550199"}, sim.Begin{SID: sidC, CallSID: call, StartedAgo: time.Minute},
		sim.Begin{SID: ended, Status: "completed", StartedAgo: 48 * time.Hour, DateUpdatedAgo: 47 * time.Hour})
	s := serveThrough(t, space, deck.Config{Interval: deck.MinInterval})
	line := func(cells ...string) string { return strings.Join(cells, "\t") + "\n" }
	steps := []struct {
		args   string
		stdout string // printed, or a part of it
	}{
		{"list --json=sid,tapedeck.who,tapedeck.profile", `{"sid":"` + sidA + `","tapedeck":{"who":"(310) 555-0142 → (310) 555-0199","profile":"eu"}}`},
		{"show 8142", "tapedeck.who\t(310) 555-0142 → (310) 555-0199"},
		{"show " + ended, "status\tcompleted"},
		{"status --timeout 1m", "REC 2 PAUSED 0\n"},
		{"pause 8142 --skip", line(sidA, "pause", "verified", "0", "paused", "")},
		{"pause c07a --resume-after 90s --json=status,recording --jq .[].recording.tapedeck.timer.err", ""},
		{"list --filter status:paused --jq length", "2\n"},
		{"show c07a --jq .[].tapedeck.timer.at", "20"},
		{"ack 8142 --reason card --json=outcome,recording --jq .[].recording.tapedeck.ack.reason", "card\n"},
		{"resume 8142 --yes", line(sidA, "resume", "verified", "0", "in-progress", "")},
		{"start " + call + " --channels dual --json=outcome,status,recording --jq .[].recording.channels", "2\n"},
		{"stop 8142 --yes --yes-stop 8142", line(sidA, "stop", "verified", "0", "stopped", "")},
		{"status --json --timeout 1m", `"from":"service"`},
	}
	for _, step := range steps {
		code, stdout, stderr := s.run(lead, step.args)
		if code != 0 || !strings.Contains(stdout, step.stdout) || stderr != "" {
			t.Errorf("%s: %d %q, want %q; stderr %q", step.args, code, stdout, step.stdout, stderr)
		}
	}
	if n := len(space.Updates()); n != 4 {
		t.Errorf("%d updates were sent: %v", n, space.Updates())
	}
	s.end()
	asked := map[string]int{}
	for _, e := range s.entries() {
		if e.Event == journal.Request || e.Event == journal.Ack {
			asked[string(e.StatusAsked)+string(e.Event)]++
			if e.UID != fmt.Sprint(lead) || !e.Claimed || !e.Command || e.SudoUser != "ann" {
				t.Errorf("on record is %+v", e)
			}
		}
	}
	if len(asked) != 5 {
		t.Errorf("on record are %v", asked)
	}
}

// TestServiceRefuses: what the service refuses has the exit code of its reason,
// and nothing is sent; a role that may look sees.
func TestServiceRefuses(t *testing.T) {
	const call = "5e4d3c2b-2222-4eee-8fff-000000000201"
	tests := []struct {
		name   string
		user   int64
		args   string
		faults string
		config deck.Config
		code   int
		says   string // on one of the outputs
	}{
		{name: "a role that may look lists", user: looker, args: "list", says: sidC},
		{name: "and sees the status", user: looker, args: "status --timeout 1m", says: "REC 1"},
		{name: "and may not pause", user: looker, args: "pause c07a", code: 4, says: "your role, watcher, may not pause"},
		{name: "nor resume", user: looker, args: "resume c07a --yes", code: 4, says: "may not resume"},
		{name: "nor stop", user: looker, args: "stop c07a --yes --yes-stop c07a", code: 4, says: "may not stop"},
		{name: "nor start", user: looker, args: "start " + call, code: 4, says: "may not start"},
		{name: "nor acknowledge", user: looker, args: "ack c07a", code: 4, says: "may not acknowledge"},
		{name: "nor set an auto-resume", user: looker, args: "pause c07a --resume-after 90s", code: 4, says: "may not pause"},
		{name: "one without a role", user: nobody, args: "list", code: 4, says: "no role has you"},
		{name: "who has a status, too", user: nobody, args: "status --timeout 1m", code: 4, says: "STALE"},
		{name: "no such recording", user: lead, args: "pause ffff", code: 5, says: "no recording ffff"},
		{name: "none is called so", user: lead, args: "pause 00000000-0000-4000-8000-000000000000", code: 5, says: "there is no recording"},
		{name: "nor shown", user: lead, args: "show 00000000-0000-4000-8000-000000000000", code: 5, says: "there is no recording"},
		{name: "nor acknowledged", user: lead, args: "ack 00000000-0000-4000-8000-000000000000", code: 5, says: "there is no recording"},
		{name: "no such call", user: lead, args: "start 00000000-0000-4000-8000-000000000000", code: 5, says: "there is no such call"},
		{name: "an acknowledgement of what is not paused", user: lead, args: "ack c07a", code: 1, says: "it is not paused: it is in-progress"},
		{name: "a profile that it has not", user: lead, args: "list --profile jp", code: 2, says: "jp"},
		{name: "read-only", user: lead, args: "pause c07a", config: deck.Config{ReadOnly: true}, code: 2, says: "read-only"},
		{name: "the API refuses", user: lead, args: "pause c07a", faults: "403@update", code: 4, says: "HTTP 403"},
		{name: "the API has not done it", user: lead, args: "pause c07a", faults: "lie@update", code: 10, says: "contradicted"},
		{name: "reads lag behind", user: lead, args: "pause c07a --timeout 300ms", faults: "lag=3s", code: 8, says: "not verified in time"},
		{name: "accepted is enough", user: lead, args: "pause c07a --wait accepted", faults: "lag=3s", says: "accepted"},
		{name: "nothing is waited for", user: lead, args: "pause c07a --wait none", faults: "lag=3s", says: "pause"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := serveThrough(t, spaceWith(sim.Begin{SID: sidC, CallSID: call, StartedAgo: time.Minute}), tt.config)
			if tt.faults != "" {
				fault(t, s.space, tt.faults)
			}
			code, stdout, stderr := s.run(tt.user, tt.args)
			if code != tt.code || !strings.Contains(stdout+stderr, tt.says) {
				t.Errorf("exit code %d, want %d; printed %q and %q, want %q", code, tt.code, stdout, stderr, tt.says)
			}
			if n := len(s.space.Updates()); n > 0 && tt.code != 0 && tt.faults == "" {
				t.Errorf("%d updates were sent", n)
			}
		})
	}
}

// TestServiceGone: what has to be there and is not is said, with the code of
// what cannot be reached, and the token of the settings is not used.
func TestServiceGone(t *testing.T) {
	space := spaceWith(sim.Begin{SID: sidC})
	s := serveThrough(t, space, deck.Config{})
	s.end()
	app := App{Attach: AttachService, Environ: append(reachable(t, space, space), s.app.Environ[3], "TAPEDECK_SERVER="+strings.TrimPrefix(s.app.Environ[3], "TAPEDECK_SOCKET="))}
	for _, args := range []string{"list", "show c07a", "pause c07a", "resume c07a --yes", "stop c07a --yes --yes-stop c07a", "ack c07a", "watch", "status", "start " + sidA} {
		code, _, stderr := call(t, app, strings.Fields(args)...)
		if code != codeUnreachable || !strings.Contains(stderr, "none runs there") {
			t.Errorf("%s: %d %q", args, code, stderr)
		}
	}
	app.Environ = append(app.Environ, "TAPEDECK_SERVER=off")
	if code, stdout, stderr := call(t, app, "list"); code != 0 || !strings.Contains(stdout, sidC) {
		t.Errorf("with the service off: %d %q %q", code, stdout, stderr)
	}
	if len(space.Updates()) != 0 {
		t.Errorf("sent %v", space.Updates())
	}
}

// TestWatchThroughTheService: a watch tells what any session does, in all its
// steps, that the service is gone and is back, and its own end.
func TestWatchThroughTheService(t *testing.T) {
	s := serveThrough(t, spaceWith(sim.Begin{SID: sidC}), deck.Config{Interval: deck.MinInterval})
	var out notes
	ctx, cancel := context.WithCancelCause(t.Context())
	app := s.app
	app.Args, app.Stdout, app.Stderr = []string{"watch", "--json"}, &out, &out
	ended := make(chan int, 1)
	go func() { ended <- Execute(ctx, app) }()
	until := func(what string, want func() bool) {
		t.Helper()
		if !inPatience(want) {
			t.Fatalf("%s: %s", what, out.String())
		}
	}
	until("it sees the recordings", func() bool { return strings.Contains(out.String(), `"event":"synced"`) })
	who := deck.Actor{Actor: "bob", UID: "1002"} // of another session
	if _, err := s.deck.Do(t.Context(), deck.Request{SID: textOf(sidC), Update: api.Update{Status: api.Paused, PauseBehavior: api.Skip}, Actor: who}); err != nil {
		t.Fatal(err)
	}
	must(t, s.deck.Acknowledge(deck.Key{SID: textOf(sidC)}, who, "card", time.Minute))
	until("it sees the acknowledgement", func() bool { return strings.Contains(out.String(), `"event":"acknowledged"`) })
	var steps []string
	for line := range bytes.Lines([]byte(out.String())) {
		valid(t, "watch", line)
		var e struct {
			Event  string      `json:"event"`
			Update *updateJSON `json:"update"`
		}
		must(t, json.Unmarshal(line, &e))
		if e.Event == eventUpdate {
			steps = append(steps, e.Update.Verb+" "+e.Update.Outcome+" by "+e.Update.Actor)
		}
	}
	if got, want := strings.Join(steps, ", "), "pause requested by bob, pause accepted by bob, pause verified by bob"; got != want {
		t.Errorf("the steps are %q, want %q", got, want)
	}
	s.end()
	until("it sees that the service is gone", func() bool {
		return strings.Contains(out.String(), `"event":"stale"`) && strings.Contains(out.String(), "service")
	})
	cancel(&SignalError{syscall.SIGINT})
	if code := <-ended; code != 130 {
		t.Errorf("it ended with %d", code)
	}
}

// TestCompleteThroughTheService: a shell is given the SIDs with who is on the
// line within the limit, also where nobody answers.
func TestCompleteThroughTheService(t *testing.T) {
	space := spaceWith(sim.Begin{SID: sidA, From: "+13105550142", To: "+13105550199"}, sim.Begin{SID: sidC})
	s := serveThrough(t, space, deck.Config{})
	s.app.completeLimit = patience
	code, stdout, _ := s.run(looker, "__complete pause 8142")
	s.app.completeLimit = 0
	if want := sidA + "\t(310) 555-0142 → (310) 555-0199 · REC\n:4\n"; code != 0 || stdout != want {
		t.Errorf("%d %q, want %q", code, stdout, want)
	}
	deaf := s.deaf()
	if !inPatience(func() bool { // a busy machine may take long by itself
		began := time.Now()
		if code, stdout, _ = call(t, deaf, "__complete", "pause", ""); code != 0 || stdout != ":4\n" {
			t.Fatalf("%d %q", code, stdout)
		}
		return time.Since(began) < serviceTime*3/5
	}) {
		t.Error("it waits for a service as long as other commands do")
	}
}

// deaf returns an app that has to use a service that takes connections and says
// nothing.
func (s *through) deaf() App {
	s.t.Helper()
	path := filepath.Join(filepath.Dir(s.journal), "deaf")
	l, err := net.Listen("unix", path)
	must(s.t, err)
	s.t.Cleanup(func() { _ = l.Close() })
	app := s.app
	app.Environ = append(app.Environ[:len(app.Environ):len(app.Environ)], "TAPEDECK_SERVER="+path)
	return app
}

// TestStatusOfADeafService: a service that does not answer within --timeout is
// named, with the next step, and the exit code is that of what cannot be reached.
func TestStatusOfADeafService(t *testing.T) {
	deaf := serveThrough(t, spaceWith(), deck.Config{}).deaf()
	code, stdout, stderr := call(t, deaf, "status", "--timeout", "50ms")
	if code != codeUnreachable || stdout != "STALE\n" {
		t.Errorf("exit code %d, printed %q", code, stdout)
	}
	has(t, "stderr", stderr, "tapedeck: cannot use the service at ", "deaf: it did not answer in time\n  hint: look whether it is well")
}

// TestSessionEnded: a watch whose session somebody ends says so, and ends.
func TestWatchEnded(t *testing.T) {
	s := serveThrough(t, spaceWith(sim.Begin{SID: sidC}), deck.Config{})
	var out notes
	app := s.app
	app.Args, app.Stdout, app.Stderr = []string{"watch"}, &out, &out
	ended := make(chan int, 1)
	go func() { ended <- Execute(t.Context(), app) }()
	inPatience(func() bool { return strings.Contains(out.String(), "live: 1 active") })
	if code, _, stderr := s.run(lead, "sessions end s1"); code != 0 {
		t.Fatalf("end it: %d %s", code, stderr)
	}
	if code := <-ended; code != codeUnauthorized || !strings.Contains(out.String(), "tapedeck: the watch is over: this session was ended by ") {
		t.Errorf("it ended with %d: %s", code, out.String())
	}
}

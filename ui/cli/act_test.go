package cli

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// TestAct: what the commands that update print in a pipe, how they end, and what
// was sent to the API.
func TestAct(t *testing.T) {
	const call = "5e4d3c2b-2222-4eee-8fff-000000000201"
	line := func(cells ...string) string { return strings.Join(cells, "\t") + "\n" }
	tests := []struct {
		name   string
		args   string
		faults string
		code   int
		stdout string
		stderr string // in standard error
		sent   string // the statuses that were asked for
	}{
		{"pause by its end", "pause c07a", "", 0, line(sidC, "pause", "verified", "0", "paused", ""), "", "paused/silence"},
		{"pause as the screen writes it", "pause …C07A --skip", "", 0, line(sidC, "pause", "verified", "0", "paused", ""), "", "paused/skip"},
		{"pause by the setting", "pause c07a --pause-behavior skip", "", 0, line(sidC, "pause", "verified", "0", "paused", ""), "", "paused/skip"},
		{"pause twice named", "pause c07a " + sidC, "", 0, line(sidC, "pause", "verified", "0", "paused", ""), "", "paused/silence"},
		{"the end of two", "pause 8142", "", 2, "", "8142 is the end of 2 SIDs; nothing was sent\n", ""},
		{"the end of two, and of one", "pause c07a 8142", "", 2, "", sidB + "  REC", ""},
		{"who is on the line of the candidates", "stop 8142 --yes --yes-stop 8142", "", 2, "", sidA + "  REC        (310) 555-0142 → (310) 555-0199", ""},
		{"more of it", "pause 08142 b08142", "", 2, "", "08142 is the end of 2 SIDs", ""},
		{"enough of it", "pause b08142", "", 0, line(sidA, "pause", "verified", "0", "paused", ""), "", "paused/silence"},
		{"too short", "pause 142", "", 2, "", `"142" is too short`, ""},
		{"no SID", "pause ../x", "", 2, "", `"../x" is no SID`, ""},
		{"none", "pause", "", 2, "", "needs the SID", ""},
		{"nothing ends so", "pause ffff", "", 5, line("ffff", "pause", "refused", "5", "", "there is no recording ffff that is active"), "", ""},
		{"nothing is called so", "pause 00000000-0000-4000-8000-000000000000", "", 5,
			line("00000000-0000-4000-8000-000000000000", "pause", "refused", "5", "", "signalwire: Recording not found (HTTP 404, code 20404)"), "", ""},
		{"both behaviors", "pause c07a --silence --skip", "", 2, "", "cannot use --silence with --skip", ""},
		{"resume-after without a service", "pause c07a --resume-after 90s", "", 2, "", "nothing that this command uses here would resume it", ""},
		{"resume-after too short", "pause c07a --resume-after 1ms", "", 2, "", "cannot use 1ms for --resume-after", ""},
		{"auto-resume of the settings", "pause c07a", "auto", 0, line(sidC, "pause", "verified", "0", "paused", ""), "auto_resume is not used", "paused/silence"},
		{"if it is as believed", "pause c07a --if-status in-progress", "", 0, line(sidC, "pause", "verified", "0", "paused", ""), "", "paused/silence"},
		{"if it is resumed, which is the same", "pause c07a --if-status resumed", "", 0, line(sidC, "pause", "verified", "0", "paused", ""), "", "paused/silence"},
		{"if it is not as believed", "resume c07a --yes --if-status paused", "", 1, line(sidC, "resume", "refused", "1", "in-progress", "it is in-progress, not paused"), "", ""},
		{"if it is what there is not", "pause c07a --if-status pause", "", 2, "", "it is no status of a recording", ""},
		{"resume without yes", "resume c07a", "", 2, "", "cannot ask whether to resume: standard input is no terminal; nothing was sent", ""},
		{"stop without yes-stop", "stop c07a --yes", "", 2, "", "add --yes-stop", ""},
		{"stop of another", "stop c07a --yes --yes-stop 8142", "", 2, "", "--yes-stop 8142 is not the end of c07a; nothing was sent", ""},
		{"stop with too little", "stop c07a --yes --yes-stop a", "", 2, "", "the last 4 characters", ""},
		{"stop", "stop c07a --yes --yes-stop C07A", "", 0, line(sidC, "stop", "verified", "0", "stopped", ""), "", "stopped/"},
		{"stop several", "stop c07a b08142 --yes --yes-stop c07a", "", 2, "", "one SID at a time", ""},
		{"refused", "pause c07a", "403@update", 4, line(sidC, "pause", "failed", "4", "in-progress",
			"signalwire: The token lacks the permission for this (HTTP 403, code 10003); it is in-progress"), "", "paused/silence"},
		{"no token", "pause c07a", "403", 4, "", "cannot see the recordings: ", ""},
		{"no token, by its SID", "pause " + sidC, "403", 4, line(sidC, "pause", "refused", "4", "", "signalwire: The token lacks the permission for this (HTTP 403, code 10003)"), "", ""},
		{"the API is down", "pause c07a", "503", 6, "", "cannot see the recordings: signalwire: ", ""},
		{"the API is down, by its SID", "pause " + sidC, "503", 6, line(sidC, "pause", "refused", "6", "", "signalwire: Service unavailable (HTTP 503, code 20504)"), "", ""},
		{"it lies", "pause c07a", "lie@update", 10, line(sidC, "pause", "contradicted", "10", "in-progress", "it is in-progress"), "", "paused/silence"},
		{"reads lag behind", "pause c07a --timeout 300ms", "lag=3s", 8, line(sidC, "pause", "accepted", "8", "paused",
			"tapedeck ended before a read could verify it"), "", "paused/silence"},
		{"that it is accepted is enough", "pause c07a --wait accepted", "lag=3s", 0, line(sidC, "pause", "accepted", "0", "paused", ""), "", "paused/silence"},
		{"nothing is waited for", "pause c07a --wait none", "lag=3s", 0, line(sidC, "pause", "accepted", "0", "paused", ""), "", "paused/silence"},
		{"wait for what there is not", "pause c07a --wait done", "", 2, "", `cannot use "done" for --wait`, ""},
		{"no time", "pause c07a --timeout 0s", "", 2, "", `cannot use "0s" for --timeout`, ""},
		{"read-only", "pause c07a --read-only", "", 2, line(sidC, "pause", "refused", "2", "in-progress", "tapedeck is read-only here"), "", ""},
		{"start", "start " + call, "", 0, "", "", ""},
		{"start of the end of a SID", "start 0201", "", 2, "", "is not the whole SID of a call", ""},
		{"start of no call", "start 00000000-0000-4000-8000-000000000000", "", 5, "", "", ""},
		{"start of stereo", "start " + call + " --channels stereo", "", 2, "", `cannot use "stereo" for --channels`, ""},
		{"ack without a service", "ack c07a", "", 2, "", "nothing that this command uses here would keep it", ""},
		{"ack for no time", "ack c07a --for 0s", "", 2, "", "cannot use 0s for --for", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				space := spaceWith(
					sim.Begin{SID: sidA, From: "+13105550142", To: "+13105550199"}, sim.Begin{SID: sidB},
					sim.Begin{SID: sidC, CallSID: call, StartedAgo: time.Minute})
				app := offline(t, space)
				if tt.faults == "auto" {
					app.Environ = append(app.Environ, "TAPEDECK_AUTO_RESUME=5m")
				} else if tt.faults != "" {
					fault(t, space, tt.faults)
				}
				code, stdout, stderr := call2(t, app, strings.Fields(tt.args)...)
				if code != tt.code || tt.stdout != "" && stdout != tt.stdout || tt.stdout == "" && code == 2 && stdout != "" {
					t.Errorf("exit code %d, want %d; printed %q, want %q; stderr %s", code, tt.code, stdout, tt.stdout, stderr)
				}
				if !strings.Contains(stderr, tt.stderr) || tt.stderr == "" && stderr != "" {
					t.Errorf("stderr %q, want %q", stderr, tt.stderr)
				}
				var sent []string
				for _, u := range space.Updates() {
					sent = append(sent, u.Status+"/"+u.PauseBehavior)
				}
				if got := strings.Join(sent, " "); got != tt.sent {
					t.Errorf("sent %q, want %q", got, tt.sent)
				}
			})
		})
	}
}

// call2 is call for tests that run at the same time.
func call2(t *testing.T, app App, args ...string) (int, string, string) {
	t.Helper()
	return call(t, app, args...)
}

// TestActOnEnded: what has ended is not updated, and stopping it is done already.
func TestActOnEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceWith(sim.Begin{SID: sidA, Status: "completed", StartedAgo: time.Hour})
		app := offline(t, space)
		app.Terminal = true
		for args, want := range map[string]string{
			"pause " + sidA:                              "1 cannot pause …8142: it is completed\n",
			"resume " + sidA + " --yes":                  "1 cannot resume …8142: it is completed\n",
			"stop " + sidA + " --yes --yes-stop 8142":    "0 nothing to do for …8142: it is completed\n",
			"pause 8142":                                 "5 cannot pause …8142: there is no recording 8142 that is active\n",
			"pause " + sidA + " --if-status in-progress": "1 cannot pause …8142: it is completed, not in-progress\n",
		} {
			code, stdout, _ := call(t, app, strings.Fields(args)...)
			if got := number(code); code == 0 && "0 "+stdout != want || code != 0 && got+" "+stdout != want {
				t.Errorf("%s: %d %q, want %q", args, code, stdout, want)
			}
		}
		if len(space.Updates()) != 0 {
			t.Errorf("sent %v", space.Updates())
		}
	})
}

// TestActOnSeveral: each recording has a line, at most 8 are under way, and the
// worst counts.
func TestActOnSeveral(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceWith()
		args := []string{"pause", "00000000-0000-4000-8000-000000000000", "--json"}
		for i := range 12 {
			args = append(args, space.Begin(sim.Begin{StartedAgo: time.Duration(i) * time.Minute}))
		}
		var under, most atomic.Int64
		app := offline(t, space)
		transport := app.Transport
		app.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodPost {
				n := under.Add(1)
				defer under.Add(-1)
				for was := most.Load(); n > was && !most.CompareAndSwap(was, n); was = most.Load() {
					continue
				}
				time.Sleep(30 * time.Millisecond) // so that others come meanwhile
			}
			return transport.RoundTrip(r)
		})
		code, stdout, stderr := call(t, app, args...)
		if n := most.Load(); n != 8 {
			t.Errorf("%d updates were under way at once, want 8", n)
		}
		results := decoded[[]struct {
			SID, Verb, Outcome string
			Code               int `json:"exit_code"`
			Took               *float64
			OnRecord           *bool `json:"on_record"`
		}](t, stdout)
		if code != 5 || stderr != "" || len(results) != 13 {
			t.Fatalf("exit code %d, %d results, stderr %q", code, len(results), stderr)
		}
		for _, r := range results {
			missing := strings.HasPrefix(r.SID, "00000000")
			if missing != (r.Code == 5) || !missing && (r.Outcome != "verified" || r.Took == nil || r.OnRecord == nil || !*r.OnRecord) || r.Verb != "pause" {
				t.Errorf("%+v", r)
			}
		}
		valid(t, "pause", []byte(stdout))
	})
}

// TestActIsOnRecord: a command's update is in the journal with who asked, and that
// a command did.
func TestActIsOnRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceWith(sim.Begin{SID: sidA})
		app := offline(t, space)
		dir := t.TempDir()
		if code, _, stderr := call(t, app, "pause", sidA, "--state-dir", dir); code != 0 || stderr != "" {
			t.Fatalf("exit code %d, %s", code, stderr)
		}
		who := journal.WhoFrom(nil)
		var lines []string
		for e, err := range journal.Read(dir, journal.Filter{}) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Actor != who.Actor || e.UID != who.UID || !e.Command || e.Space == "" || e.Project != space.Project() {
				t.Errorf("%+v", e.Who)
			}
			lines = append(lines, strings.TrimSpace(string(e.Event)+" "+e.StatusAsked+" "+e.PauseBehavior+" "+e.Outcome))
		}
		if diff := cmp.Diff([]string{"request paused silence", "outcome paused silence verified"}, lines); diff != "" {
			t.Error(diff)
		}
	})
}

func environSpace(environ []string) string {
	for _, kv := range environ {
		if v, ok := strings.CutPrefix(kv, "SIGNALWIRE_SPACE="); ok {
			return v
		}
	}
	return ""
}

// TestActIsNotOnRecord: a journal that cannot be written is said, and where it is
// required nothing is sent.
func TestActIsNotOnRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceWith(sim.Begin{SID: sidA})
		app := offline(t, space)
		dir := "/dev/null/state" // no folder can be there
		code, stdout, stderr := call(t, app, "pause", sidA, "--state-dir", dir, "--journal-required")
		if code != 1 || len(space.Updates()) != 0 || !strings.Contains(stdout, "\tfailed\t1\tin-progress\tnot sent: it cannot be put on record") {
			t.Errorf("required: exit code %d, sent %v, %q, %s", code, space.Updates(), stdout, stderr)
		}
		code, stdout, stderr = call(t, app, "pause", sidA, "--state-dir", dir)
		if len(space.Updates()) != 1 || !strings.Contains(stdout, "\tverified\t0\tpaused\t") || code != 1 {
			t.Errorf("exit code %d, sent %v, %q", code, space.Updates(), stdout)
		}
		has(t, "stderr", stderr, "warning: pause "+sidA+" is not on record: ")
	})
}

// TestActThroughAService: the service's deck does it, no settings are needed, and
// it goes on when the command has ended.
func TestActThroughAService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceWith(sim.Begin{SID: sidA}, sim.Begin{SID: sidB}, sim.Begin{SID: sidC, StartedAgo: time.Minute})
		service, find := attach(t, space, deck.Config{})
		app := App{Environ: []string{"HOME=/nonexistent", "LANG=C.UTF-8"}, Attach: find}
		run := func(args string) (int, string, string) { return call(t, app, strings.Fields(args)...) }
		if code, stdout, stderr := run("pause c07a --skip --resume-after 90s"); code != 0 || stdout != sidC+"\tpause\tverified\t0\tpaused\t\n" || stderr != "" {
			t.Errorf("exit code %d, %q, %s", code, stdout, stderr)
		}
		r := service.Snapshot().Find(text.New(sidC))
		if r.Timer.At.IsZero() || r.Pause.Behavior != api.Skip || r.Pause.Actor != journal.WhoFrom(nil).Name() {
			t.Errorf("the pause is %+v, its timer %+v", r.Pause, r.Timer)
		}
		if code, _, stderr := run("pause 8142"); code != 2 || !strings.Contains(stderr, "the end of 2 SIDs") {
			t.Errorf("the end of two: exit code %d, %s", code, stderr)
		}
		if code, stdout, _ := run("pause 00000000-0000-4000-8000-000000000000"); code != 5 || !strings.Contains(stdout, "there is no recording") {
			t.Errorf("one that is not there: exit code %d, %s", code, stdout)
		}
		code, stdout, stderr := run("ack c07a --for 2m --reason card --json")
		if code != 0 || stderr != "" {
			t.Errorf("ack: exit code %d, %s", code, stderr)
		}
		valid(t, "ack", []byte(stdout))
		if r := service.Snapshot().Find(text.New(sidC)); r.Ack.Reason != "card" || r.Ack.Actor != journal.WhoFrom(nil).Name() {
			t.Errorf("acknowledged: %+v", r.Ack)
		}
		if code, _, stderr := run("ack b08142"); code != 1 || !strings.Contains(stderr, "cannot acknowledge …8142: it is not paused: it is in-progress") {
			t.Errorf("ack of what is not paused: exit code %d, %s", code, stderr)
		}
		fault(t, space, "slow=2s@update")
		if code, stdout, _ := run("pause b08142 --wait none"); code != 0 || !strings.Contains(stdout, "\tpause\trequested\t0\t") {
			t.Errorf("nothing is waited for: exit code %d, %s", code, stdout)
		}
		time.Sleep(5 * time.Second)
		if r := service.Snapshot().Find(text.New(sidA)); !r.Paused() || r.Update.Outcome != deck.Verified {
			t.Errorf("it did not go on: %+v", r.Update)
		}
		if service.closed == 0 {
			t.Error("the service was not let go of")
		}
	})
}

// TestActUnknown: what nobody can tell has a code of its own, also where the
// command gives up before the service does.
func TestActUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceWith(sim.Begin{SID: sidA})
		_, find := attach(t, space, deck.Config{})
		time.Sleep(time.Second)
		fault(t, space, "silent")
		app := App{Environ: []string{"HOME=/nonexistent"}, Attach: find}
		code, stdout, _ := call(t, app, "pause", sidA, "--timeout", "2s")
		if code != 9 || !strings.Contains(stdout, "\tpause\trequested\t9\t") {
			t.Errorf("exit code %d, %s", code, stdout)
		}
		time.Sleep(time.Minute) // the service gives up, too
		code, stdout, _ = call(t, app, "pause", sidA, "--timeout", "1m")
		if code != 9 || !strings.Contains(stdout, "\tpause\tunknown\t9\t") {
			t.Errorf("exit code %d, %s", code, stdout)
		}
	})
}

// TestAsk: a question names who is on the line, and only its answer counts.
func TestAsk(t *testing.T) {
	tests := []struct {
		name    string
		command string
		lines   []string
		wait    time.Duration
		code    int
		err     string
		sent    int
	}{
		{"yes", "resume c07a", []string{"y"}, time.Second, 0, "resume …c07a  PAUSED  (310) 555-0142 → (310) 555-0199 · ", 1},
		{"no", "resume c07a", []string{"n"}, time.Second, 1, "resume canceled; nothing was sent", 0},
		{"Enter", "resume c07a", []string{""}, time.Second, 1, "resume canceled; nothing was sent", 0},
		{"too soon, then yes", "resume c07a", []string{"y", "y"}, 200 * time.Millisecond, 0, "too soon", 1},
		{"too soon, then nothing", "resume c07a", []string{"y"}, 100 * time.Millisecond, 1, "resume canceled: no answer for 15 s; nothing was sent", 0},
		{"no answer", "resume c07a", nil, time.Second, 1, "resume canceled: no answer for 15 s; nothing was sent", 0},
		{"it changed meanwhile", "resume c07a", []string{"y"}, 8 * time.Second, 1, "resume …c07a canceled: it is now in-progress; nothing was sent", 0},
		{"the end of the SID", "stop c07a", []string{"c07a"}, time.Second, 0, "It cannot be undone", 1},
		{"in capitals, after another", "stop c07a", []string{"y", "C07A"}, time.Second, 0, `nothing was stopped: "y" is not c07a; type it again`, 1},
		{"Enter stops nothing", "stop c07a", []string{""}, time.Second, 1, "stop canceled; nothing was sent", 0},
		{"yes alone stops nothing", "stop c07a --yes", []string{""}, time.Second, 1, "Type c07a and Enter to stop it", 0},
		{"yes", "resume c07a --yes", nil, time.Second, 0, "", 1},
		{"a pause is not asked about", "pause c07a", nil, time.Second, 0, "", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				space := spaceWith(sim.Begin{SID: sidC, Status: "paused", StartedAgo: time.Hour, From: "+13105550142", To: "+13105550199"})
				_, find := attach(t, space, deck.Config{})
				time.Sleep(time.Second)
				if tt.wait > 5*time.Second {
					time.AfterFunc(3*time.Second, func() { space.SetStatus(sidC, "in-progress") })
				}
				in := &typist{lines: tt.lines, wait: tt.wait, over: make(chan struct{})}
				defer close(in.over)
				app := App{Environ: []string{"HOME=/nonexistent", "LANG=C.UTF-8"}, Attach: find, Terminal: true, Keyboard: true, Stdin: in}
				stdout, stderr, end := inTime(t, app, strings.Fields(tt.command)...)
				time.Sleep(20 * time.Second)
				if code := end(); code != tt.code || len(space.Updates()) != tt.sent {
					t.Errorf("exit code %d, sent %v; %s", code, space.Updates(), stdout)
				}
				has(t, "stderr", stderr.String(), tt.err)
			})
		})
	}
}

// TestCodes holds what each end of an update, and each error, ends a command
// with.
func TestCodes(t *testing.T) {
	answer := func(status int) error { return &api.Error{StatusCode: status} }
	for _, tt := range []struct {
		p    deck.Progress
		wait string
		want int
	}{
		{deck.Progress{Outcome: deck.Verified}, waitVerified, 0},
		{deck.Progress{Outcome: deck.Accepted}, waitVerified, 8},
		{deck.Progress{Outcome: deck.Accepted}, waitAccepted, 0},
		{deck.Progress{Outcome: deck.Requested}, waitNone, 0},
		{deck.Progress{Outcome: deck.Requested}, waitVerified, 9},
		{deck.Progress{Outcome: deck.Unknown, Err: answer(503)}, waitNone, 9},
		{deck.Progress{Outcome: deck.Contradicted}, waitNone, 10},
		{deck.Progress{Outcome: deck.Failed, Err: answer(422)}, waitNone, 1},
		{deck.Progress{Outcome: deck.Failed, Err: answer(429)}, waitVerified, 1},
		{deck.Progress{Outcome: deck.Failed, Err: answer(401)}, waitVerified, 4},
		{deck.Progress{Outcome: deck.Failed, Err: answer(403)}, waitVerified, 4},
		{deck.Progress{Outcome: deck.Failed, Err: answer(404)}, waitVerified, 5},
		{deck.Progress{Outcome: deck.Failed, Err: deck.ErrNotOnRecord}, waitVerified, 1},
		{deck.Progress{Outcome: deck.Failed, Err: api.ErrSID}, waitVerified, 1},
	} {
		if got := codeOfUpdate(tt.p, tt.wait); got != tt.want {
			t.Errorf("%s of %v, --wait %s: %d, want %d", tt.p.Outcome, tt.p.Err, tt.wait, got, tt.want)
		}
	}
	for err, want := range map[error]int{
		answer(401): 4, answer(404): 5, answer(422): 1, answer(429): 6, answer(500): 6, http.ErrHandlerTimeout: 6,
		api.ErrPage: 1, api.ErrRows: 1, deck.ErrReadOnly: 2, deck.ErrNotFound: 5, &deck.BusyError{}: 1, usage("x"): 2,
	} {
		if got := codeFor(err); got != want {
			t.Errorf("%v: %d, want %d", err, got, want)
		}
	}
	if worse(0, 8) != 8 || worse(10, 4) != 10 || worse(9, 1) != 1 || worse(5, 6) != 6 || worse(0, 0) != 0 {
		t.Error("the worst of two is another")
	}
	for _, code := range worstFirst {
		if code != 0 && !strings.Contains(aboutCodes, "\n  "+number(code)+" ") {
			t.Errorf("the help has no exit code %d", code)
		}
	}
	if code, stdout, _ := call(t, App{}, "help", "exit-codes"); code != 0 || !strings.Contains(stdout, "contradicted") {
		t.Errorf("tapedeck help exit-codes: %d, %q", code, stdout)
	}
}

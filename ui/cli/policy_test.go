package cli

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/sim"
)

// TestPolicyInPipe: what the commands that update refuse, want and no longer want
// where the policy is evidence, without a terminal and with a deck of their own.
func TestPolicyInPipe(t *testing.T) {
	line := func(cells ...string) string { return strings.Join(cells, "\t") + "\n" }
	const because = `--reason=by\u0020order`
	tests := []struct {
		name   string
		args   string
		paused bool
		code   int
		stdout string
		stderr string
		sent   string
	}{
		{name: "a pause nobody can be asked about", args: "pause c07a", code: 2, stderr: "cannot ask whether to pause: standard input is no terminal; nothing was sent"},
		{name: "a pause with yes", args: "pause c07a --yes", stdout: line(sidC, "pause", "verified", "0", "paused", ""), sent: "paused/silence"},
		{name: "skip by its flag", args: "pause c07a --yes --skip", code: 2, stdout: line(sidC, "pause", "refused", "2", "in-progress", deck.ErrSkip.Error())},
		{name: "skip by the setting", args: "pause c07a --yes --pause-behavior skip", code: 2, stderr: "cannot use skip for pause-behavior (--pause-behavior): the policy is evidence (TAPEDECK_POLICY)"},
		{name: "a resume needs no yes", args: "resume c07a", paused: true, stdout: line(sidC, "resume", "verified", "0", "in-progress", ""), sent: "in-progress/"},
		{name: "a stop without a reason", args: "stop c07a --yes --yes-stop c07a", code: 2, stderr: "cannot stop …c07a: its policy is evidence: a stop needs a reason; nothing was sent\n  hint: add --reason"},
		{name: "a stop with one", args: "stop c07a --yes --yes-stop c07a " + because, stdout: line(sidC, "stop", "verified", "0", "stopped", ""), sent: "stopped/"},
		{name: "a reason is not a yes", args: "stop c07a " + because, code: 2, stderr: "cannot ask whether to stop"},
		{name: "a reason that says nothing", args: `stop c07a --yes --yes-stop c07a --reason=\u0020`, code: 2, stderr: `cannot use " " for --reason: it says nothing`},
		{name: "too much of a reason", args: "stop c07a --yes --yes-stop c07a --reason=" + strings.Repeat("x", deck.MaxReason+1), code: 2, stderr: "it is longer than 1024 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				begin := sim.Begin{SID: sidC, StartedAgo: time.Minute}
				if tt.paused {
					begin.Status = "paused"
				}
				space := spaceWith(begin)
				dir := t.TempDir()
				app := offline(t, space, "TAPEDECK_POLICY=evidence", "TAPEDECK_STATE_DIR="+dir)
				args := strings.Fields(tt.args)
				for i := range args {
					args[i] = strings.ReplaceAll(args[i], `\u0020`, " ")
				}
				code, stdout, stderr := call(t, app, args...)
				if code != tt.code || stdout != tt.stdout || !strings.Contains(stderr, tt.stderr) {
					t.Errorf("exit code %d, want %d; printed %q, want %q; stderr %q, want %q", code, tt.code, stdout, tt.stdout, stderr, tt.stderr)
				}
				var sent []string
				for _, u := range space.Updates() {
					sent = append(sent, u.Status+"/"+u.PauseBehavior)
				}
				if got := strings.Join(sent, " "); got != tt.sent {
					t.Errorf("sent %q, want %q", got, tt.sent)
				}
				if tt.sent == "stopped/" {
					wantReason(t, dir, "by order")
				}
			})
		})
	}
}

// wantReason fails unless the only request on record has that reason, and the list
// of the journal says it.
func wantReason(t *testing.T, dir, want string) {
	t.Helper()
	var got []string
	for e, err := range journal.Read(dir, journal.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Event == journal.Request {
			got = append(got, e.Reason)
		}
	}
	if len(got) != 1 || got[0] != want {
		t.Errorf("on record are the reasons %q, want %q", got, want)
	}
	_, stdout, _ := call(t, App{Environ: []string{"TAPEDECK_STATE_DIR=" + dir}}, "journal")
	if !strings.Contains(stdout, ", reason: "+want+"\n") {
		t.Errorf("the journal is listed without the reason: %s", stdout)
	}
}

// TestPolicyAsks: what the commands ask at a terminal by the policy of the service.
func TestPolicyAsks(t *testing.T) {
	tests := []struct {
		name    string
		command string
		lines   []string
		running bool // else it is paused
		code    int
		err     string
		sent    int
		reason  string
	}{
		{name: "a pause", command: "pause c07a", lines: []string{"y"}, running: true, err: "The policy is evidence: until it is resumed, nothing is recorded. y and Enter pauses", sent: 1},
		{name: "a pause that is not meant", command: "pause c07a", lines: []string{""}, running: true, code: 1, err: "pause canceled; nothing was sent"},
		{name: "a pause with yes", command: "pause c07a --yes", running: true, sent: 1},
		{name: "a resume is not asked about", command: "resume c07a", sent: 1},
		{name: "a stop asks why", command: "stop c07a", lines: []string{"by order", "c07a"}, err: "Why is it stopped? Type c07a and Enter to stop it: ", sent: 1, reason: "by order"},
		{name: "the SID is no reason", command: "stop c07a", lines: []string{"C07A", "by order", "c07a"}, err: "Type why first, then the end of the SID", sent: 1, reason: "by order"},
		{name: "a reason alone stops nothing", command: "stop c07a", lines: []string{"by order", ""}, code: 1, err: "stop canceled; nothing was sent"},
		{name: "no reason", command: "stop c07a", lines: []string{" "}, code: 1, err: "stop canceled; nothing was sent"},
		{name: "a reason by its flag", command: "stop c07a --reason=order", lines: []string{"c07a"}, err: "Type c07a and Enter", sent: 1, reason: "order"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := sim.Begin{SID: sidC, Status: "paused", StartedAgo: time.Hour}
				if tt.running {
					begin.Status = ""
				}
				space := spaceWith(begin)
				service, find := attach(t, space, deck.Config{Policy: deck.Evidence})
				time.Sleep(time.Second)
				in := &typist{lines: tt.lines, wait: time.Second, over: make(chan struct{})}
				defer close(in.over)
				app := App{Environ: []string{"HOME=/nonexistent", "LANG=C.UTF-8"}, Attach: find, Terminal: true, Keyboard: true, Stdin: in}
				stdout, stderr, end := inTime(t, app, strings.Fields(tt.command)...)
				time.Sleep(20 * time.Second)
				if code := end(); code != tt.code || len(space.Updates()) != tt.sent {
					t.Errorf("exit code %d, sent %v; %s%s", code, space.Updates(), stdout, stderr)
				}
				has(t, "stderr", stderr.String(), tt.err)
				if r := service.Snapshot().Recordings[0]; tt.reason != "" && r.Update.Request.Reason != tt.reason {
					t.Errorf("the reason is %q, want %q", r.Update.Request.Reason, tt.reason)
				}
			})
		})
	}
}

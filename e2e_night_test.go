//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"tapedeck/api/sim"
)

// command runs a command of the program with the settings of a session, and
// returns what it has printed and its exit code.
func (p program) command(t *testing.T, env []string, args ...string) (stdout string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.path, args...)
	cmd.Env = env
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return out.String(), exit.ExitCode()
	} else if err != nil {
		t.Fatalf("tapedeck %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return out.String(), 0
}

// shared returns the settings of a space whose state directory is one for all
// the sessions of a test.
func shared(t *testing.T, space *space, more ...string) (env []string) {
	t.Helper()
	return space.env(append(more, "TAPEDECK_STATE_DIR="+filepath.Join(t.TempDir(), "state"))...)
}

// testCrash: a tapedeck is killed while an update is under way. The next one
// finds out what became of it, puts it on record, and offers the pause.
func testCrash(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{})
	mine := space.begin(10)
	env := shared(t, space)
	s := p.start(t, launch{env: env})
	s.selects(mine, "REC")
	space.hold()
	s.keys("p")
	space.waitUpdates(1)
	s.signal(syscall.SIGKILL)
	<-s.ended
	space.release()
	space.SetStatus(mine, "paused") // it had come that far

	next := p.start(t, launch{env: env})
	next.see("paused …a00a at ", " and lost the session", "still paused", "t take it over")
	guard()
	guard()
	next.keys("t")
	next.see("took over …a00a")
	next.keys("q")
	next.see("Quit? 1 recording that you paused")
	guard()
	next.keys("y")
	next.exit(0, patience)
	space.wantUpdates("Calls/" + space.find(mine).CallSID + "/Recordings/" + mine + " PauseBehavior=silence&Status=paused")

	out, code := p.command(t, clean(t.TempDir(), env...), "journal", "--long")
	for _, want := range []string{" request ", "pause with silence: verified", "tapedeck ended before the answer", "taken over from"} {
		if !strings.Contains(out, want) {
			t.Errorf("the journal lacks %q:\n%s", want, out)
		}
	}
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	if out, code = p.command(t, clean(t.TempDir(), env...), "journal", "verify"); code != 0 || !strings.HasPrefix(out, "intact: ") {
		t.Errorf("verify: exit code %d, %s", code, out)
	}
}

// asksToResume begins a pause of the selected recording that is to resume by
// itself, after a time as it is typed and as it is shown.
func (s *terminal) asksToResume(short, typed, shown string) {
	s.t.Helper()
	s.keys("P")
	s.see("Pause …" + short + ": what becomes")
	s.keys("t")
	s.see("Resume after")
	guard()
	s.types(typed + "\r")
	s.see("resume it after " + shown)
}

// testTimerOutlives: the terminal is lost while an auto-resume is to come. The
// process goes on without one until it is done.
func testTimerOutlives(t *testing.T, p program) {
	const after = "8" // seconds: a busy machine has to see it before that
	space := serveSpace(t, sim.Options{})
	mine := space.begin(10)
	env := shared(t, space)
	s := p.start(t, launch{env: env})
	s.selects(mine, "REC")
	s.asksToResume("a00a", after, after+"s")
	s.keys("2")
	s.see("paused …a00a with skip: verified", "resumes in 00:")
	s.check(s.master.Close())
	status := regexp.MustCompile(`^REC 0 PAUSED 1 00:\d\d auto-resume in 00:\d\d, by a copy of tapedeck without a screen \(process \d+\)\n$`)
	out := ""
	for !status.MatchString(out) && space.find(mine).Status == "paused" {
		out, _ = p.command(t, clean(t.TempDir(), env...), "status")
	}
	if !status.MatchString(out) {
		t.Errorf("tapedeck status says %q meanwhile", out)
	}
	s.exit(129, patience)
	if got := space.find(mine).Status; got != "in-progress" {
		t.Errorf("the recording is %s", got)
	}
	out, _ = p.command(t, clean(t.TempDir(), env...), "journal", "--long")
	for _, want := range []string{"auto-resume set", "resume: verified", "by an auto-resume"} {
		if !strings.Contains(out, want) {
			t.Errorf("the journal lacks %q:\n%s", want, out)
		}
	}
	if n := len(space.updates()); n != 2 {
		t.Errorf("%d updates, want the pause and the resume", n)
	}
}

// testLeftBesideTimer: a pause without a timer is offered at once to the next
// session, with the time of the hangup, while the one with a timer is waited
// for.
func testLeftBesideTimer(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{})
	plain, timed := space.begin(10), space.begin(11)
	env := shared(t, space)
	s := p.start(t, launch{env: env})
	s.selects(plain, "REC")
	s.keys("p")
	s.see("paused …a00a with silence: verified")
	s.keys("j")
	s.selects(timed, "REC")
	s.asksToResume("a00b", "10m", "10m")
	s.keys("1")
	s.see("paused …a00b with silence: verified")
	s.signal(syscall.SIGHUP)
	s.waitLeft(soon)
	next := p.start(t, launch{env: env})
	next.see("paused …a00a at ", " and lost the session at ", "its terminal was lost", "t take it over")
	guard()
	next.keys("t")
	next.see("took over …a00a")
	next.gone("paused …a00b at ")
	s.signal(syscall.SIGTERM)
	s.exit(129, soon)
	next.see("paused …a00b at ", "its terminal was lost; its auto-resume was dropped")
	last := p.start(t, launch{env: env})
	last.see("paused …a00b at ", "its terminal was lost; its auto-resume was dropped")
}

// testTerminated: SIGTERM ends at once a process that lives on for a timer, and
// the next session is told of the pause.
func testTerminated(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{})
	mine := space.begin(10)
	env := shared(t, space)
	s := p.start(t, launch{env: env})
	s.selects(mine, "REC")
	s.asksToResume("a00a", "10m", "10m")
	s.keys("1")
	s.see("paused …a00a with silence: verified")
	s.signal(syscall.SIGHUP)
	s.waitLeft(soon)
	select {
	case <-s.ended:
		t.Fatal("the program has not waited for its timer")
	case <-time.After(5 * time.Second):
	}
	s.signal(syscall.SIGTERM)
	s.exit(129, soon)
	next := p.start(t, launch{env: env})
	next.see("paused …a00a at ", " and lost the session at ", "its terminal was lost", "r resume")
	guard()
	next.keys("r")
	next.see("Resume …a00a?")
	guard()
	next.keys("y")
	next.see("resumed …a00a: verified", "PAUSED 0")
}

// testStatus: what a prompt is told, and how fast.
func testStatus(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{})
	space.begin(10)
	space.Begin(sim.Begin{SID: sidOf(20), StartedAgo: 20 * time.Minute, DateUpdatedAgo: time.Minute, Status: "paused"})
	env := shared(t, space)
	ask := func(want string, code int, more ...string) {
		t.Helper()
		out, got := p.command(t, clean(t.TempDir(), append(env, more...)...), "status", "--timeout", "1m")
		if !regexp.MustCompile(want).MatchString(out) || got != code {
			t.Errorf("%q, exit code %d, want %q, %d", out, got, want, code)
		}
	}
	ask(`^REC 1 PAUSED 1 0[1-9]:\d\d\n$`, 0)
	ask(`^REC 1 PAUSED 1 !0[1-9]:\d\d\n$`, 3, "TAPEDECK_PAUSE_ALARM=30s")
	s := p.start(t, launch{env: env})
	s.see("live", "PAUSED 1")
	ask(`^REC 1 PAUSED 1 0[1-9]:\d\d\n$`, 0) // from the one that runs
	session := clean(s.home, env...)         // in whose folder the dashboard keeps what a shell completes
	for out, deadline := "", time.Now().Add(patience); !strings.HasPrefix(out, sidOf(20)+"\t") || !strings.Contains(out, " · PAUSED\n"); {
		if time.Now().After(deadline) {
			t.Errorf("%s is completed to %q", sidOf(20)[:4], out)
			break
		}
		out, _ = p.command(t, session, "__complete", "resume", sidOf(20)[len(sidOf(20))-4:])
		time.Sleep(50 * time.Millisecond)
	}
	space.fault("503")
	s.see("STALE")
	ask(`^STALE\n$`, 6)
}

// testMarks: p acts on what is marked, after a look at the names.
func testMarks(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{})
	for _, m := range []int{10, 20, 30} {
		space.begin(m)
	}
	s := p.start(t, launch{env: space.env()})
	s.selects(sidOf(10), "REC")
	s.keys(" ")
	s.see("* 1 marked")
	s.types("jj")
	s.selects(sidOf(30), "REC")
	s.keys(" ")
	s.see("* 2 marked")
	s.keys("p")
	s.see("Pause 2 recordings with silence?", "…a00a  ", "…a01e  ")
	guard()
	s.keys("y")
	s.see("paused 2 of 2: done", "PAUSED 2")
	s.gone("marked")
	if n := len(space.updates()); n != 2 || space.find(sidOf(20)).Status != "in-progress" {
		t.Errorf("%d updates: %q", n, space.updates())
	}
}

// testJournalBroken: a journal that cannot be written stops no pause, and the
// screen says so; where it is required, nothing is sent.
func testJournalBroken(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{})
	mine := space.begin(10)
	dir := filepath.Join(t.TempDir(), "state")
	if err := os.WriteFile(dir, nil, 0o600); err != nil { // no directory can be made there
		t.Fatal(err)
	}
	env := space.env("TAPEDECK_STATE_DIR=" + dir)
	s := p.start(t, launch{env: append(env, "TAPEDECK_JOURNAL_REQUIRED=true")})
	s.selects(mine, "REC")
	s.keys("p")
	s.see("NOT PAUSED: …a00a is still recording", "not sent: it cannot be put on", "hint: move it away")
	space.wantUpdates()
	s.keys("q")
	s.exit(0, patience)

	s = p.start(t, launch{env: env})
	s.selects(mine, "REC")
	s.keys("p")
	s.see("not on record: ", "PAUSED 1")
	if n := len(space.updates()); n != 1 {
		t.Errorf("%d updates, want 1", n)
	}
	s.keys("q")
	s.see("Quit?")
	guard()
	s.keys("y")
	s.exit(1, patience)
	s.restored()
	if screen := s.text(); !strings.Contains(screen, "of its entries were never written: ") {
		t.Errorf("the program does not say what is not on record:\n%s", screen)
	}
}

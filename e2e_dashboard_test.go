//go:build unix

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"tapedeck/api/sim"
)

// testStart: settings by the environment, a simulator that runs apart.
func testStart(t *testing.T, p program) {
	began := time.Now()
	s := p.start(t, launch{env: p.startSimulator(t, "--churn", "0", "--recordings", "12")})
	screen := s.see("tapedeck", "127.0.0.1:", "REC 9", "STARTING 1", "PAUSED 2, longest ", "live · ", "STATUS", "WHO", "SID",
		" p pause·silence", "q quit")
	t.Logf("live recordings after %v", time.Since(began))
	if n := len(regexp.MustCompile(`(?m)^ +REC  `).FindAllString(screen, -1)); n != 9 {
		t.Errorf("%d rows with REC, want 9\n%s", n, screen)
	}
	short, status := selected(screen)
	if status != "PAUSED" {
		t.Errorf("selected is %q %q, want the longest pause\n%s", short, status, screen)
	}
	s.keys("q")
	s.exit(0, patience)
	s.restored()
}

// testDemo: the demo needs no settings and reads none.
func testDemo(t *testing.T, p program) {
	s := p.start(t, launch{args: []string{"--demo", "--seed", "7"}, env: []string{
		"TAPEDECK_INTERVAL=nonsense", "SIGNALWIRE_SPACE=acme", "TAPEDECK_THEME=none",
	}})
	s.see("DEMO", "live · ", "PAUSED 3, longest ")
	s.keys("G")
	s.selects("", "REC")
	s.keys("p")
	s.see("with silence: verified in ", "was in-progress", "PAUSED 4")
	s.keys("q")
	s.see("Quit?")
	guard()
	s.keys("y")
	s.exit(0, patience)
	s.restored()
	if _, err := os.Stat(filepath.Join(s.home, "config")); !os.IsNotExist(err) {
		t.Errorf("the demo has made a configuration directory: %v", err)
	}
}

// testMove: every key that moves, in a list longer than the screen.
func testMove(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{})
	for m := range 60 {
		space.begin(m + 1)
	}
	s := p.start(t, launch{env: space.env(), w: 80, h: 24})
	s.see("REC 60", "live")
	s.selects(sidOf(1), "REC") // the newest
	for _, step := range []struct {
		keys string
		want int
	}{
		{"j", 2},
		{"jjj", 5},
		{"k", 4},
		{"\x1b[B", 5},
		{"\x1b[B\x1b[B\x1bOB", 8}, // also as a terminal in its other mode sends them
		{"\x1b[A", 7},
		{"G", 60},
		{"j", 60},
		{"\x1b[A", 59},
		{"g", 1},
		{"k", 1},
		{"\x1b[F", 60},
		{"\x1b[H", 1},
	} {
		s.keys(step.keys)
		s.selects(sidOf(step.want), "REC")
	}
	s.keys("\x1b[6~") // a page, however long it is
	s.wait("a page further", func(screen string) bool { short, _ := selected(screen); return short > "a005" })
	s.keys("\x1b[5~")
	s.selects(sidOf(1), "REC")
	s.keys("\x04") // half a page
	s.wait("half a page further", func(screen string) bool { short, _ := selected(screen); return short > "a002" })
	s.keys("\x15")
	s.selects(sidOf(1), "REC")
	space.wantUpdates()
}

// testRowsMove: the selection is on a recording, whatever comes and goes, and a
// key acts on it.
func testRowsMove(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{})
	for m := range 8 {
		space.begin(10 * (m + 1))
	}
	mine := sidOf(40)
	s := p.start(t, launch{env: space.env(), w: 80, h: 24})
	s.selects(sidOf(10), "REC")
	s.keys("jjj")
	s.selects(mine, "REC")

	for range 5 {
		space.begin(len(space.Recordings()) - 7) // newer ones, above it
	}
	s.see("REC 13")
	s.selects(mine, "REC")
	space.SetStatus(sidOf(80), "paused") // goes to the top
	s.see("PAUSED 1")
	s.selects(mine, "REC")
	for m := range 3 {
		space.EndRecording(sidOf(10 * (m + 1)))
	}
	s.see("REC 9")
	s.selects(mine, "REC")
	s.keys("p")
	s.see("…a028 with silence: verified")
	s.selects(mine, "PAUSED")
	space.wantUpdates("Calls/" + space.find(mine).CallSID + "/Recordings/" + mine + " PauseBehavior=silence&Status=paused")

	space.EndRecording(mine) // it stays selected until the user moves
	s.selects(mine, "COMPLETED")
	s.keys("p")
	s.see("cannot pause …a028: it is completed")
	s.keys("X")
	s.see("cannot stop …a028: it is completed")
	s.keys("k")
	s.wait("move on", func(screen string) bool { short, _ := selected(screen); return short != "" && short != "a028" })
	if n := len(space.updates()); n != 1 {
		t.Errorf("%d updates, want 1", n)
	}
}

// wasBeside matches a field in the detail pane with its value and its old one.
func wasBeside(name, value, old string) *regexp.Regexp {
	return regexp.MustCompile(name + ` +` + value + `\b.*was ` + old)
}

// changedTo waits until the detail pane shows a status and the one before.
func (s *terminal) changedTo(status, old string) {
	s.t.Helper()
	re := wasBeside("status", status, old)
	s.wait("see the status "+status+" that was "+old, re.MatchString)
}

// testUpdates: pause with silence, resume and stop of a call's recording. The
// space sees each once, on the right path, and nothing else.
func testUpdates(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{})
	other, mine, third := space.begin(5), space.begin(10), space.begin(15)
	before := space.find(other)
	path := "Calls/" + space.find(mine).CallSID + "/Recordings/" + mine
	s := p.start(t, launch{env: space.env()})
	s.see("REC 3", "PAUSED 0", "live")
	s.selects(other, "REC")
	s.keys("j")
	s.selects(mine, "REC")

	s.keys("r")
	s.see("cannot resume …a00a: it is not paused")
	s.keys("p")
	s.see("paused …a00a with silence: verified in ", "REC 2", "PAUSED 1, longest 00:", "PAUSED 00:", "silence", "by you")
	s.selects(mine, "PAUSED")
	s.changedTo("paused", "in-progress")
	if got := space.find(mine); got.Status != "paused" || got.PauseBehavior != "silence" {
		t.Errorf("recording is %+v, want it paused with silence", got)
	}
	s.keys("p")
	s.see("cannot pause …a00a: it is paused already")

	s.keys("r")
	s.see("Resume …a00a?", space.addr)
	guard()
	s.keys("n")
	s.see("resume …a00a: canceled, nothing was sent")
	s.keys("r")
	s.see("Resume …a00a?")
	guard()
	s.keys("y")
	s.see("resumed …a00a: verified in ", "REC 3", "PAUSED 0")
	s.selects(mine, "REC")
	s.changedTo("in-progress", "paused")

	s.keys("X")
	s.see("Stop …a00a: this cannot be undone", "continues unrecorded", "Type the last 4 of its SID")
	s.types("a005") // that of another one
	s.see("then Enter: a005")
	guard()
	s.keys("\r")
	s.see(`nothing was stopped: "a005" is not a00a`)
	s.types("\x7f\x7f\x7f\x7fa00a")
	s.see("then Enter: a00a")
	s.keys("\r")
	s.see("stopped …a00a: verified in ", "REC 2")
	s.changedTo("stopped", "in-progress")
	s.selects(mine, "")

	space.wantUpdates(path+" PauseBehavior=silence&Status=paused", path+" Status=in-progress", path+" Status=stopped")
	if after := space.find(other); after != before {
		t.Errorf("another recording is %+v, was %+v", after, before)
	}
	if got := space.find(third).Status; got != "in-progress" {
		t.Errorf("the third recording is %s", got)
	}
}

// testConferenceUpdates: pause by choice, and a setting that makes p skip.
func testConferenceUpdates(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{})
	call := space.begin(10)
	conf := space.Begin(sim.Begin{SID: sidOf(20), StartedAgo: 20 * time.Minute, Conference: true, FriendlyName: "Billing escalation"})
	path := "Conferences/" + space.find(conf).ConferenceSID + "/Recordings/" + conf
	s := p.start(t, launch{env: space.env("TAPEDECK_PAUSE_BEHAVIOR=skip")})
	s.see("live", "Billing escalation", "p pause·skip")
	s.keys("G")
	s.selects(conf, "REC")

	s.keys("P")
	s.see("Pause …a014: what becomes of the paused time?", "1 silence", "2 skip", "Billing escalation (conference)")
	s.keys("2")
	s.see("paused …a014 with skip: verified in ", "PAUSED 1")
	s.changedTo("paused", "in-progress")
	s.keys("r")
	s.see("Resume …a014?")
	guard()
	s.keys("y")
	s.see("resumed …a014: verified in ")
	s.keys("P")
	s.see("Pause …a014: what")
	s.keys("1")
	s.see("paused …a014 with silence: verified in ")

	s.keys("j")
	s.selects(call, "REC")
	s.keys("p")
	s.see("paused …a00a with skip: verified in ", "PAUSED 2")
	space.wantUpdates(path+" PauseBehavior=skip&Status=paused", path+" Status=in-progress",
		path+" PauseBehavior=silence&Status=paused",
		"Calls/"+space.find(call).CallSID+"/Recordings/"+call+" PauseBehavior=skip&Status=paused")
}

// testTwoAtOnce: two programs on one simulator; what the first one changes, the
// second one shows within one poll.
func testTwoAtOnce(t *testing.T, p program) {
	env := p.startSimulator(t, "--churn", "0", "--recordings", "4", "--history", "10")
	first := p.start(t, launch{env: env, w: 80, h: 24})
	second := p.start(t, launch{env: env, w: 80, h: 24}) // polls every 2 s
	third := p.start(t, launch{env: append(env, "TAPEDECK_INTERVAL=5m"), w: 80, h: 24})
	for _, s := range []*terminal{first, second, third} {
		s.see("REC 3", "PAUSED 1", "live")
	}
	first.keys("G")
	screen := first.selects("", "REC")
	short, _ := selected(screen)
	second.keys("G")
	third.keys("G")
	for _, s := range []*terminal{second, third} {
		s.wait("select "+short, func(screen string) bool { got, _ := selected(screen); return got == short })
	}

	first.keys("p")
	first.see("Pausing …"+short+". 1 other recording of this conversation is still running", "the same call", "PAUSED 2")
	guard()
	began := time.Now()
	second.wait("show the pause", func(screen string) bool {
		got, status := selected(screen)
		return got == short && status == "PAUSED" && strings.Contains(screen, "PAUSED 2")
	})
	// An interval, and what a busy machine takes for the poll.
	if took := time.Since(began); took > 2*time.Second+soon {
		t.Errorf("the second program shows the pause after %v; it polls every 2 s", took)
	}
	first.keys("n") // not the sibling
	first.see("canceled, nothing was sent")
	third.keys("R") // one poll, now
	third.wait("show the pause", func(screen string) bool {
		got, status := selected(screen)
		return got == short && status == "PAUSED" && strings.Contains(screen, "PAUSED 2")
	})

	second.keys("r")
	second.see("Resume …" + short + "?")
	guard()
	second.keys("y")
	second.see("resumed …"+short+": verified", "PAUSED 1")
	first.wait("show the resume", func(screen string) bool {
		got, status := selected(screen)
		return got == short && status == "REC" && strings.Contains(screen, "PAUSED 1")
	})
	first.keys("q") // what it has paused is going on again: nothing to ask
	first.exit(0, patience)
	second.keys("q")
	second.exit(0, patience)
}

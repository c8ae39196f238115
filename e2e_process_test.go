//go:build unix

package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/hinshun/vt10x"

	"tapedeck/api/sim"
)

// soon is how long what is not waited for may take on a busy machine, such as the
// terminal being restored after a signal: less than an update may take.
const soon = 9 * time.Second

// updateLimit is how long a process waits at most for an update under way, and some
// time for a busy machine.
const updateLimit = 10*time.Second + 3*time.Second

// modeChange matches what sets (h) or resets (l) modes of a terminal.
var modeChange = regexp.MustCompile(`\x1b\[\?([0-9;]+)([hl])`)

// modes returns the modes of a terminal that are set after this output.
func modes(output string) map[string]bool {
	set := map[string]bool{}
	for _, m := range modeChange.FindAllStringSubmatch(output, -1) {
		for mode := range strings.SplitSeq(m[1], ";") {
			set[mode] = m[2] == "h"
		}
	}
	return set
}

// waitLeft waits until the alternate screen is left and the cursor shown.
func (s *terminal) waitLeft(within time.Duration) {
	s.t.Helper()
	began := time.Now()
	s.until("leave the alternate screen", func() bool {
		m := modes(string(s.raw))
		return !m["1049"] && m["25"]
	})
	if took := time.Since(began); took > within {
		s.t.Errorf("the terminal is restored after %v, want %v", took, within)
	}
}

// restored checks that the program, which has ended, has left the terminal as
// it was.
func (s *terminal) restored() {
	s.t.Helper()
	<-s.ended
	after, err := term.GetState(s.slave.Fd())
	s.check(err)
	if *after != *s.before {
		s.t.Errorf("the terminal's settings are %+v, were %+v", *after, *s.before)
	}
	_ = s.slave.Close() // so that the reader comes to the end
	<-s.read
	out := s.output()
	set := modes(out)
	if !strings.Contains(out, "\x1b[?1049h") || !strings.Contains(out, "\x1b[?2004h") {
		s.t.Errorf("the program never took the alternate screen, or bracketed paste:\n%q", out)
	}
	for mode, on := range set {
		switch want := mode == "25" || mode == "7"; { // the cursor is shown, lines wrap
		case on != want:
			s.t.Errorf("mode %s is set: %v, want %v", mode, on, want)
		}
	}
	if s.screen.Mode()&vt10x.ModeAltScreen != 0 || !s.screen.CursorVisible() {
		s.t.Error("the alternate screen is not left, or the cursor is hidden")
	}
	if screen := s.text(); !s.resized && !strings.HasPrefix(screen, shellPrompt+"\n") {
		s.t.Errorf("what the shell has written is gone:\n%s\nafter %q", screen, out[max(0, len(out)-4000):])
	}
	s.keyboardRestored(out)
	if i := strings.LastIndex(out, "\x1b]7501;"); i >= 0 && !strings.HasPrefix(out[i:], "\x1b]7501;state=clear:id=tapedeck\a") {
		s.t.Errorf("the status of the program is left with %q", out[i:min(len(out), i+100)])
	}
}

// keyboardRestored checks that the protocols by which keys come are reset.
func (s *terminal) keyboardRestored(out string) {
	s.t.Helper()
	pushed := len(regexp.MustCompile(`\x1b\[>[0-9]*u`).FindAllString(out, -1))
	popped := len(regexp.MustCompile(`\x1b\[<[0-9]*u`).FindAllString(out, -1))
	if pushed > popped {
		s.t.Errorf("keyboard modes were pushed %d times, and popped %d times", pushed, popped)
	}
	if other := regexp.MustCompile(`\x1b\[>4(;[0-9]+)?m`).FindAllString(out, -1); len(other) > 0 {
		if last := other[len(other)-1]; last != "\x1b[>4m" && last != "\x1b[>4;0m" {
			s.t.Errorf("the keyboard is left with %q", last)
		}
	}
}

// testQuit: q, and ctrl+c twice.
func testQuit(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{Recordings: 3})
	for _, keys := range []string{"q", "\x03\x03"} {
		s := p.start(t, launch{env: space.env()})
		s.see("live")
		s.keys(keys)
		s.exit(0, soon)
		s.restored()
	}
	s := p.start(t, launch{env: space.env()})
	s.see("live")
	s.keys("\x03")
	s.see("ctrl+c again within 2 s quits")
	s.keys("jjk/") // neither these keys nor Esc quit
	s.see("Enter keep")
	s.keys("\x1b")
	s.gone("Enter keep")
	s.keys("q")
	s.exit(0, patience)
	s.restored()
}

// testQuitAsks: q asks while a recording is paused that this session paused.
func testQuitAsks(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{})
	mine, theirs := space.begin(10), space.begin(20)
	s := p.start(t, launch{env: space.env()})
	s.selects(mine, "REC")
	s.keys("p")
	s.see("paused …a00a with silence: verified")
	space.SetStatus(theirs, "paused")
	s.see("PAUSED 2")
	s.keys("q")
	screen := s.see("Quit? 1 recording that you paused is still paused", "…a00a")
	if strings.Contains(screen, "  …a014  ") {
		t.Errorf("quit names a recording that somebody else paused\n%s", screen)
	}
	guard()
	s.keys("n")
	s.gone("Quit?")
	s.keys("q")
	s.see("Quit?")
	guard()
	s.keys("\x03")
	s.gone("Quit?")
	s.keys("q")
	s.see("Quit?")
	guard()
	s.keys("y")
	s.exit(0, soon)
	s.restored()
	if got := space.find(mine).Status; got != "paused" {
		t.Errorf("the recording is %s after quitting, want it left paused", got)
	}
	if n := len(space.updates()); n != 1 {
		t.Errorf("%d updates, want 1", n)
	}
}

// testSuspend: ctrl+z gives the terminal back to the shell, and the screen
// comes back with fg. Without a shell, as with ssh -t HOST tapedeck, it must
// not freeze the screen.
func testSuspend(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{Recordings: 3})
	s := p.start(t, launch{env: space.env()})
	s.see("live")
	s.keys("\x1a")
	s.barrier()
	s.keys("q")
	s.exit(0, patience)
	s.restored()

	s = p.start(t, launch{env: space.env(), shell: `set -m; "$@"; echo suspended; read line; fg; exit $?`})
	s.see("live")
	s.keys("\x1a")
	screen := s.see("suspended")
	if strings.Contains(screen, "PAUSED") || !strings.Contains(screen, shellPrompt) {
		t.Errorf("the terminal is not given back while suspended:\n%s", screen)
	}
	s.keys("\n")
	s.see("live", "PAUSED 1")
	s.barrier()
	s.keys("q")
	s.exit(0, patience)
	s.restored()
}

var endings = []struct {
	signal syscall.Signal
	code   int
}{{syscall.SIGTERM, 143}, {syscall.SIGINT, 130}, {syscall.SIGHUP, 129}}

// testSignals: each ends the program within two seconds, with the terminal
// restored.
func testSignals(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{Recordings: 3})
	for _, e := range endings {
		s := p.start(t, launch{env: space.env()})
		s.see("live")
		s.signal(e.signal)
		s.exit(e.code, soon)
		s.restored()
		if screen := strings.TrimSpace(s.text()); screen != shellPrompt {
			t.Errorf("%v: the program has left words on the screen, which are no news:\n%s", e.signal, screen)
		}
	}
}

// testSignalsDuringUpdate: the screen goes at once, the process when the update
// is answered.
func testSignalsDuringUpdate(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{})
	for i, e := range endings {
		sid := space.begin(i + 1)
		space.hold()
		s := p.start(t, launch{env: space.env()})
		s.see("live")
		s.selects(sid, "REC")
		s.keys("p")
		space.waitUpdates(i + 1)
		s.signal(e.signal)
		s.waitLeft(soon)
		s.see("waiting for its answer")
		select {
		case <-s.ended:
			t.Errorf("%v: the program has ended before the update was answered", e.signal)
		default:
		}
		space.release()
		s.exit(e.code, soon)
		s.restored()
		space.EndRecording(sid)
	}
	if n := len(space.updates()); n != len(endings) {
		t.Errorf("%d updates, want %d", n, len(endings))
	}
	for _, u := range space.Updates() {
		if !u.Applied {
			t.Errorf("the update was not finished: %+v", u)
		}
	}
}

// testSecondSignal: whoever asks twice does not wait for the update.
func testSecondSignal(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{})
	space.begin(1)
	space.hold()
	s := p.start(t, launch{env: space.env()})
	s.selects(sidOf(1), "REC")
	s.keys("p")
	space.waitUpdates(1)
	s.signal(syscall.SIGTERM)
	s.see("waiting for its answer")
	s.signal(syscall.SIGTERM)
	s.exit(143, soon)
	s.restored()
}

// testStuckServer: an update that was done and is never answered holds the
// process until its connection is given up and a read shows it, not for ever.
func testStuckServer(t *testing.T, p program) {
	const most = 5 * time.Second
	took := time.Hour
	for try := 0; try < 3 && took > most; try++ { // a busy machine may need the whole limit
		took = min(took, stuckServer(t, p))
	}
	if took < 500*time.Millisecond || took > most {
		t.Errorf("the program has waited %v for the answer", took)
	}
}

// stuckServer returns how long a program waits for a server that never answers.
func stuckServer(t *testing.T, p program) time.Duration {
	t.Helper()
	space := serveSpace(t, sim.Options{})
	space.begin(1)
	space.hold()
	s := p.start(t, launch{env: space.env()})
	s.selects(sidOf(1), "REC")
	s.keys("p")
	space.waitUpdates(1)
	began := time.Now()
	s.signal(syscall.SIGTERM)
	s.waitLeft(soon)
	s.exit(143, updateLimit)
	took := time.Since(began)
	t.Logf("ended after %v", took)
	s.restored()
	space.wantUpdates("Calls/" + space.find(sidOf(1)).CallSID + "/Recordings/" + sidOf(1) + " PauseBehavior=silence&Status=paused")
	return took
}

// ignoreHangup starts a program as nohup does.
const ignoreHangup = `trap "" HUP; exec "$@"`

// testTerminalDropped: the window is closed, or the connection lost. The
// process is gone, also one that ignores SIGHUP, as under nohup.
func testTerminalDropped(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{Recordings: 3})
	for _, shell := range []string{"", ignoreHangup} {
		s := p.start(t, launch{env: space.env(), shell: shell})
		s.see("live")
		s.check(s.master.Close())
		s.exit(129, soon)
	}
}

// testTerminalDroppedDuringUpdate: the update is finished first.
func testTerminalDroppedDuringUpdate(t *testing.T, p program) {
	for _, shell := range []string{"", ignoreHangup} {
		space := serveSpace(t, sim.Options{})
		sid := space.begin(1)
		space.hold()
		s := p.start(t, launch{env: space.env(), shell: shell})
		s.selects(sid, "REC")
		s.keys("p")
		space.waitUpdates(1)
		s.check(s.master.Close())
		select {
		case <-s.ended:
			t.Error("the program has ended before anybody could know of the update")
		case <-time.After(300 * time.Millisecond):
		}
		s.exit(129, patience)
		space.release()
		if got := space.find(sid).Status; got != "paused" {
			t.Errorf("the recording is %s, want the update finished", got)
		}
		if n := len(space.updates()); n != 1 {
			t.Errorf("%d updates, want 1", n)
		}
	}
}

// testTerminalStuck: a terminal that takes no more bytes, as behind a dead
// connection, does not hold the process.
func testTerminalStuck(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{Recordings: 30})
	s := p.start(t, launch{env: space.env()})
	s.see("live")
	defer s.stick()()
	s.keys("jjj")
	s.signal(syscall.SIGTERM)
	s.exit(143, soon)
	after, err := term.GetState(s.slave.Fd())
	s.check(err)
	if *after != *s.before {
		t.Errorf("the terminal's settings are %+v, were %+v", *after, *s.before)
	}
}

// testTerminalStuckDuringUpdate: nor does it hold what waits for an answer.
func testTerminalStuckDuringUpdate(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{})
	space.begin(1)
	space.hold()
	s := p.start(t, launch{env: space.env()})
	s.selects(sidOf(1), "REC")
	s.keys("p")
	space.waitUpdates(1)
	defer s.stick()()
	s.signal(syscall.SIGTERM)
	guard()
	space.release()
	s.exit(143, 2*soon)
	if got := space.find(sidOf(1)).Status; got != "paused" {
		t.Errorf("the recording is %s, want the update finished", got)
	}
}

// stick lets nobody read from the terminal any more, and fills it up. What it
// returns ends that.
func (s *terminal) stick() (release func()) {
	s.t.Helper()
	s.stall.Lock()
	_, err := s.slave.WriteString("x") // The reader takes it, and waits.
	s.check(err)
	s.until("stick", func() bool { return s.stalled })
	fd, err := syscall.Open(s.slave.Name(), syscall.O_WRONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
	s.check(err)
	defer func() { _ = syscall.Close(fd) }()
	// It is full when it stays so: the kernel moves what has been written on.
	for full := 0; full < 10; {
		switch _, err := syscall.Write(fd, make([]byte, 16)); err {
		case nil:
			full = 0
		case syscall.EAGAIN:
			full++
			time.Sleep(5 * time.Millisecond)
		default:
			s.t.Fatal(err)
		}
	}
	return s.stall.Unlock
}

// testNotATerminal: no screen where nobody can read it, and none without
// settings; a clear line instead, at once.
func testNotATerminal(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{Recordings: 3})
	for _, tt := range []struct {
		name string
		env  []string
		args []string
		want string
	}{
		{"TERM is dumb", space.env("TERM=dumb"), nil, "TERM is dumb"},
		{"no TERM", space.env("TERM="), nil, "TERM is not set"},
		{"demo, TERM is dumb", []string{"TERM=dumb"}, []string{"--demo"}, "TERM is dumb"},
		{"no settings", nil, nil, "SIGNALWIRE_SPACE, SIGNALWIRE_PROJECT_ID and SIGNALWIRE_API_TOKEN"},
		{"no token", []string{"SIGNALWIRE_SPACE=acme", "SIGNALWIRE_PROJECT_ID=p"}, nil, "SIGNALWIRE_API_TOKEN"},
	} {
		began := time.Now()
		s := p.start(t, launch{args: tt.args, env: tt.env})
		s.exit(2, patience)
		// A second, and what a busy machine takes to start a process.
		if took := time.Since(began); took > time.Second+soon {
			t.Errorf("%s: the program has ended after %v, want a second", tt.name, took)
		}
		s.wait("say "+tt.want, func(screen string) bool {
			return strings.Contains(screen, "tapedeck: cannot ") && strings.Contains(strings.ReplaceAll(screen, "\n", ""), tt.want)
		})
		if out := s.output(); strings.Contains(out, "\x1b") {
			t.Errorf("%s: escape sequences were written: %q", tt.name, out)
		}
	}
	cmd := exec.Command(p.path)
	cmd.Env = clean(t.TempDir(), space.env()...)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if cmd.ProcessState.ExitCode() != 2 || out.Len() > 0 || !strings.Contains(errs.String(), "standard output is not a terminal") {
		t.Errorf("into a pipe: %v, stdout %q, stderr %q", err, out.String(), errs.String())
	}
	if n := space.Stats().Requests(); n != 0 {
		t.Errorf("%d requests were sent, want none", n)
	}
}

// testPanic shows that the terminal is as it was before, wherever tapedeck
// breaks down. The end of each looks for the token in the report.
func testPanic(t *testing.T, _ program) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	space := serveSpace(t, sim.Options{Token: "PT+s3cr3t/With&Signs=0123456789"})
	space.begin(3)
	for where, code := range map[string]int{"goroutine": 2, "update": 1, "command": 1} {
		s := program{self}.start(t, launch{env: space.env("GOTRACEBACK=system", breakEnv+"="+where)})
		s.see("REC ")
		s.keys("R")
		s.exit(code, patience)
		s.change(func() { s.resized = true }) // the report is longer than the screen: what the shell wrote is above it
		s.restored()
		want := map[string]string{"goroutine": "panic: broken in a goroutine"}[where]
		if want == "" {
			want = "the screen failed; the terminal is restored"
		}
		if _, after, _ := strings.Cut(s.output(), "\x1b[?1049l"); !strings.Contains(after, want) {
			t.Errorf("%s: after the screen there is %q, want %q in it", where, after, want)
		}
	}
}

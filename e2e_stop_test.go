//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"tapedeck/api/sim"
)

// jobs is a shell that runs the program as a job, and brings it back after each
// line of input.
const jobs = `set -m; "$@"; while [ $? -gt 128 ]; do echo stopped; read line; fg; done; exit 0`

// testStopped: after SIGSTOP, however the shell has left the terminal, fg brings
// back the keyboard, every mode, the size and the whole screen.
func testStopped(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{Recordings: 3})
	for _, sig := range []syscall.Signal{syscall.SIGSTOP, syscall.SIGTSTP} {
		s := p.start(t, launch{env: space.env("TAPEDECK_INTERVAL=5m"), shell: jobs})
		s.see("live", "PAUSED 1")
		pid := child(t, s.cmd.Process.Pid)
		for range 2 { // the second time as well
			before := len(s.output())
			s.check(syscall.Kill(pid, sig))
			s.until("stop", func() bool { return strings.Contains(string(s.raw[before:]), "stopped") })
			// As a shell does that edits its line: it leaves pastes as keys.
			s.change(func() { s.raw = append(s.raw, "\x1b[?2004l"...) })
			s.keys("\n")
			s.until("take the terminal again", func() bool { return strings.Contains(string(s.raw[before:]), "\x1b[?1049h") })
			s.see("tapedeck", "PAUSED 1", "STATUS")
			s.barrier()
			if m := modes(s.output()); !m["2004"] || !m["1049"] || m["25"] {
				t.Errorf("%v: the modes are %v", sig, m)
			}
			if n := len(s.output()) - before; n < 1000 {
				t.Errorf("%v: only %d bytes were written: the screen was not drawn whole", sig, n)
			}
		}
		s.keys("j")
		s.selects("", "")
		s.keys("q")
		s.exit(0, patience)
		s.restored()
	}
}

// testFatalSignals: what the Go runtime ends a process for leaves the terminal
// as it was.
func testFatalSignals(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{Recordings: 3})
	for _, sig := range []syscall.Signal{syscall.SIGQUIT, syscall.SIGABRT, syscall.SIGTRAP, syscall.SIGSEGV, syscall.SIGBUS} {
		s := p.start(t, launch{env: space.env("GOTRACEBACK=none")})
		s.see("live")
		s.signal(sig)
		select {
		case <-s.ended:
		case <-time.After(soon):
			t.Fatalf("%v: the program has not ended within %v", sig, soon)
		}
		s.change(func() { s.resized = true }) // the runtime's report may be longer than the screen
		s.restored()
	}
}

// testTitle: the window's title from before comes back.
func testTitle(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{Recordings: 3})
	s := p.start(t, launch{env: space.env()})
	s.see("live")
	s.keys("q")
	s.exit(0, patience)
	s.restored()
	out := s.output()
	push, pop, last := strings.Index(out, "\x1b[22;2t"), strings.LastIndex(out, "\x1b[23;2t"), strings.LastIndex(out, "\x1b]2;")
	if push < 0 || push > strings.Index(out, "\x1b]2;") || pop < last {
		t.Errorf("the title is pushed at %d and popped at %d, the last one is at %d of %q", push, pop, last, out)
	}
}

// child returns the process that a process has started.
func child(t *testing.T, pid int) int {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/status")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err == nil && strings.Contains(string(b), "\nPPid:\t"+strconv.Itoa(pid)+"\n") {
			n, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Skipf("the child of %d is not to be found", pid)
	return 0
}

//go:build unix

package main

import (
	"strings"
	"syscall"
	"testing"

	"tapedeck/api/sim"
)

// testTerminals: each TERM that people have, and a locale without UTF-8. The
// terminal of the test answers no query.
func testTerminals(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{})
	space.begin(10)
	space.begin(20)
	for _, env := range [][]string{
		{"TERM=vt100"}, {"TERM=linux"}, {"TERM=screen"}, {"TERM=tmux-256color"}, {"TERM=no-such-terminal"},
		{"TERM=vt100", "LANG=C"}, {"TERM=linux", "LANG=C"}, {"TERM=xterm-256color", "LANG=", "COLORTERM=truecolor"},
	} {
		s := p.start(t, launch{env: space.env(env...), w: 80, h: 24})
		s.see("tapedeck", "REC 2", "live", "STATUS", "a00a", "p pause")
		s.keys("j")
		s.barrier()
		s.keys("X")
		s.see("this cannot be undone")
		s.keys("\x1b")
		s.gone("this cannot be undone")
		s.keys("q")
		s.exit(0, patience)
		s.restored()
		ascii := len(env) > 1
		if plain := !strings.ContainsFunc(strings.TrimPrefix(s.output(), shellPrompt), func(r rune) bool { return r > '~' }); plain != ascii {
			t.Errorf("%q: only ASCII is written: %v, want %v", env, plain, ascii)
		}
	}
	space.wantUpdates()
}

// testCrashReport: SIGQUIT lets the runtime write what it writes when a program
// breaks down, the stack of every goroutine. The end of the test looks for the
// token in all of it.
func testCrashReport(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{Token: "PT+s3cr3t/With&Signs=0123456789"})
	space.begin(10)
	space.hold()
	s := p.start(t, launch{env: space.env("GOTRACEBACK=system"), w: 250, h: 60})
	s.selects("", "REC")
	s.keys("p")
	space.waitUpdates(1)
	s.signal(syscall.SIGQUIT)
	s.exit(2, patience)
	_ = s.slave.Close()
	<-s.read
	if out := s.output(); !strings.Contains(out, "goroutine ") || !strings.Contains(out, "net/http") {
		t.Errorf("there is no crash report with a request under way:\n%q", out)
	}
}

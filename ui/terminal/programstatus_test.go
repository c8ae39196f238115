package terminal

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// statuses are what a terminal was told of the status, in order.
func statuses(out string) (list []string) {
	for _, part := range strings.Split(out, "\x1b]7501;")[1:] {
		s, _, _ := strings.Cut(part, "\a")
		list = append(list, s)
	}
	return list
}

// TestStatus: a status is told when it changes, again after the program was
// suspended, and taken away by every end.
func TestStatus(t *testing.T) {
	const (
		idle    = "state=idle:id=tapedeck:app=tapedeck"
		blocked = "state=blocked:id=tapedeck:app=tapedeck:msg=" + "Li4uMSBpcyBzdGlsbCBwYXVzZWQ="
		cleared = "state=clear:id=tapedeck"
	)
	frame := func(content string, state ansi.ProgramState, message string) Frame {
		return Frame{Content: content, Status: ansi.ProgramStatus{State: state, Message: message}}
	}
	synctest.Test(t, func(t *testing.T) {
		out := &sink{}
		s := open(t, out, Options{Terminal: Terminal{Device: &device{w: 20, h: 3}}, Profile: colorprofile.ANSI256})
		told := func(when string, want ...string) {
			t.Helper()
			time.Sleep(frameGap)
			synctest.Wait()
			if got := statuses(out.taken()); strings.Join(got, " ") != strings.Join(want, " ") {
				t.Errorf("%s it is told %q, want %q", when, got, want)
			}
		}
		s.Show(frame("one", ansi.ProgramStateIdle, ""))
		told("at the start", idle)
		s.Show(frame("two", ansi.ProgramStateIdle, ""))
		told("while nothing changes")
		s.Show(frame("two", ansi.ProgramStateBlocked, "...1 is\x1b still paused"))
		told("when something alarms", "state=blocked:id=tapedeck:app=tapedeck:msg=Li4uMSBpcyAgc3RpbGwgcGF1c2Vk")
		s.Show(frame("two", ansi.ProgramStateBlocked, "...1 is still paused"))
		told("of what alarms then", blocked)
		s.Suspend()
		told("when it is suspended", cleared)
		s.Show(frame("three", ansi.ProgramStateBlocked, "...1 is still paused"))
		told("while it is suspended")
		if err := s.Continue(); err != nil {
			t.Fatal(err)
		}
		told("when it goes on", blocked)
		s.Show(Frame{Content: "four"})
		told("where there is none", cleared)
		s.Show(frame("five", ansi.ProgramStateBlocked, "...1 is still paused"))
		told("again", blocked)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		told("at the end", cleared)
	})
	synctest.Test(t, func(t *testing.T) {
		out := &sink{}
		s := open(t, out, Options{Profile: colorprofile.ANSI256})
		s.Show(frame("one", ansi.ProgramStateBlocked, ""))
		synctest.Wait()
		out.taken()
		s.Leave()
		if got := statuses(out.taken()); len(got) != 1 || got[0] != cleared {
			t.Errorf("after a panic it is told %q", got)
		}
		_ = s.Close()
	})
}

// A title comes back with the program that was suspended.
func TestTitleAfterSuspending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &sink{}
		s := open(t, out, Options{Terminal: Terminal{Device: &device{w: 20, h: 3}}, Profile: colorprofile.ANSI256})
		s.Show(Frame{Content: "one", Title: "tapedeck acme"})
		synctest.Wait()
		s.Suspend()
		out.taken()
		if err := s.Continue(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(frameGap)
		synctest.Wait()
		if got := out.taken(); !strings.Contains(got, "\x1b]2;tapedeck acme\a") {
			t.Errorf("the title is not there: %q", got)
		}
		_ = s.Close()
	})
}

// TestStatusIsNotForAll: what could print it is told nothing, and at the end too.
func TestStatusIsNotForAll(t *testing.T) {
	for env, want := range map[string]bool{
		"TERM=xterm-256color":                  true,
		"TERM=tmux-256color TMUX=/tmp/x,1,0":   true,
		"TERM=screen-256color TMUX=/tmp/x,1,0": true,
		"TERM=screen.xterm-256color STY=1.pts": false,
		"TERM=xterm-256color STY=1.pts":        false,
		"TERM=screen":                          false,
		"":                                     true,
	} {
		synctest.Test(t, func(t *testing.T) {
			out := &sink{}
			s := open(t, out, Options{Terminal: Terminal{Environ: strings.Fields(env)}, Profile: colorprofile.ANSI256})
			s.Show(Frame{Content: "one", Status: ansi.ProgramStatus{State: ansi.ProgramStateIdle}})
			_ = s.Close()
			if got := out.taken(); strings.Contains(got, "7501") != want || !strings.Contains(got, "one") || !strings.Contains(got, "\x1b[?1049l") {
				t.Errorf("%q: %q, want a status: %t", env, got, want)
			}
		})
	}
}

//go:build unix

package ui

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"tapedeck/api/deck"
	"tapedeck/ui/terminal"
)

// job is a terminal whose process a shell could bring back.
type job struct{ terminal.Device }

func (job) WhyNotSuspend() string { return "" }

func TestSuspend(t *testing.T) {
	can := Options{Terminal: terminal.Terminal{Device: job{}}}
	suspends := func(t *testing.T, s *session, want bool) {
		t.Helper()
		if s.m.suspended != want {
			t.Errorf("suspended %v, want %v\n%s", !want, want, s.text())
		}
	}
	at120(t, "nothing is owed", can, func(t *testing.T, s *session) {
		s.press("ctrl+z")
		suspends(t, s, true)
	})
	at120(t, "own pauses: asks as q does", can, func(t *testing.T, s *session) {
		s.left()
		s.press("ctrl+z", "ctrl+z", "y")
		s.want("Suspend? 1 recording that you paused is still paused", "tapedeck does not alarm while it is suspended.", "too soon", "y suspend, they stay paused")
		suspends(t, s, false)
		s.wait(time.Second).press("n")
		s.want("still running")
		suspends(t, s, false)
		s.press("ctrl+z").wait(time.Second).press("y")
		suspends(t, s, true)
	})
	at120(t, "an auto-resume", can, func(t *testing.T, s *session) {
		s.show(after(sidPaused, func(r *deck.Recording) { r.Timer = deck.Timer{At: time.Now().Add(time.Minute), Actor: "ana"} }))
		s.press("ctrl+z")
		s.want("cannot suspend: the auto-resume of …8142 at 00:01 would not be done")
		suspends(t, s, false)
	})
	at120(t, "an update under way", can, func(t *testing.T, s *session) {
		s.pick(sidRec).press("p", "ctrl+z")
		s.want("cannot suspend: pausing …91be is under way (requested)")
		suspends(t, s, false)
	})
	at120(t, "a question is open", can, func(t *testing.T, s *session) {
		s.pick(sidPaused).press("r", "ctrl+z")
		s.want("cannot suspend: answer the question first", "Resume …8142?")
		suspends(t, s, false)
	})
	at120(t, "nobody would bring it back", Options{}, func(t *testing.T, s *session) {
		s.press("ctrl+z")
		s.want("cannot suspend: no shell could bring tapedeck back")
		suspends(t, s, false)
	})
	at120(t, "it goes on after a signal", can, func(t *testing.T, s *session) {
		if cmd := s.m.goOn(); cmd == nil {
			t.Error("the terminal is not taken anew after SIGSTOP")
		}
		s.m.stopProcess()
		if cmd := s.m.goOn(); cmd != nil {
			t.Error("the terminal is taken anew twice after ctrl+z")
		}
		if cmd := s.m.goOn(); cmd == nil {
			t.Error("the terminal is not taken anew after SIGSTOP")
		}
	})
}

func TestCopy(t *testing.T) {
	for _, tt := range []struct {
		name string
		env  []string
		load error // what tmux answers
		want string
		hint bool
	}{
		{"a terminal", []string{"TERM=xterm-256color"}, nil, "setClipboard " + sidRec, false},
		{"tmux", []string{"TERM=tmux-256color", "TMUX=/tmp/tmux-1/default,1,0"}, nil, "tmux " + sidRec, false},
		{"a tmux that is too old", []string{"TMUX=/tmp/tmux-1/default,1,0"}, errors.New("unknown flag -w"), "tmux " + sidRec + ", setClipboard " + sidRec, true},
		{"a tmux on another host", []string{"TERM=screen-256color"}, nil, "setClipboard " + sidRec, true},
		{"screen", []string{"TERM=screen", "STY=1.pts"}, nil, "raw", false},
	} {
		var got []string
		o := Options{Terminal: terminal.Terminal{Environ: tt.env}}
		if strings.Contains(strings.Join(tt.env, " "), "TMUX=") {
			o.Terminal.Copy = func(_ context.Context, s string) error {
				got = append(got, "tmux "+s)
				return tt.load
			}
		}
		at120(t, tt.name, o, func(t *testing.T, s *session) {
			s.others, s.bells = nil, 0
			s.pick(sidRec).press("c")
			got = append(got, s.others...)
			if words := strings.Join(got, ", "); words != tt.want {
				t.Errorf("sent %q, want %q", words, tt.want)
			}
			s.want("sent to the terminal's clipboard: " + sidRec)
			if hint := strings.Contains(s.text(), "tmux passes it on with: set -s set-clipboard on"); hint != tt.hint {
				t.Errorf("it names the setting: %v, want %v\n%s", hint, tt.hint, s.text())
			}
		})
	}
}

package ui

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api"
	"tapedeck/api/deck"
)

func TestOneLineScreen(t *testing.T) { // golden: testdata/TestOneLineScreen/<case>.txt
	for _, size := range [][2]int{{30, 3}, {40, 5}, {59, 14}, {120, 4}} {
		at := func(name string, o Options, play func(s *session)) {
			screenCase(t, fmt.Sprintf("%s %dx%d", name, size[0], size[1]), size[0], size[1], o, play)
		}
		at("full", Options{}, func(s *session) { s.show(office()) })
		at("alarm", Options{}, func(s *session) { s.show(pausedFor(192*time.Second, 41*time.Second)).look(sidRec) })
		at("trouble", Options{}, func(s *session) { s.show(troubled()).look(sidRec) })
		at("stale", Options{}, func(s *session) { s.show(failed(office(), httpError(503, ""), 40*time.Second)).press("r") })
		at("pausing", Options{}, func(s *session) { s.show(office()).look(sidRec).press("p") })
		at("asks", Options{}, func(s *session) { s.show(office()).pick(sidOld).hit("x", "x", "p") })
		at("nothing", Options{}, func(s *session) { s.show(nothing(nil)) })
	}
}

// troubled is the office with a recording that was to be paused.
func troubled() *deck.Snapshot {
	s := change(pausedFor(192*time.Second, 41*time.Second), sidRec, func(r *deck.Recording) {
		r.Trouble = deck.Trouble{Kind: deck.NotPaused, Since: time.Now(), Actor: "ana"}
	})
	s.NotPaused = 1
	return s
}

// oneLine runs a test at 30x3.
func oneLine(t *testing.T, name string, o Options, play func(t *testing.T, s *session)) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSession(t, 30, 3, o)
			s.show(office())
			play(t, s)
		})
	})
}

func TestOneLine(t *testing.T) {
	oneLine(t, "the longest pause, the counts, the selected one, the freshness", Options{}, func(t *testing.T, s *session) {
		s.want("PAUSED 2 03:12", "REC 2", "PAUSED …8142 …0142 → …0199", "live · 0s old")
		s.press("j")
		s.want("PAUSED …c07a Billing")
		s.press("j", "j")
		s.want("REC …91be …0123 → agent7")
		s.press("k", "G", "g")
		s.want("PAUSED …8142")
	})
	oneLine(t, "p pauses the one that is named, at once, and only once", Options{}, func(t *testing.T, s *session) {
		s.press("j", "j", "j").wait(time.Second).press("p", "p")
		s.wantVerbs("pause 91be silence")
		s.press("g").wait(time.Second).press("p")
		s.want("cannot pause …8142")
		s.wantVerbs("pause 91be silence")
	})
	oneLine(t, "a burst asks in one line, by name", Options{}, func(t *testing.T, s *session) {
		s.pick(sidPaused).pick(sidRec).wait(time.Second).hit("k", "j", "p")
		s.want("pause …91be (…0123→agent7)? y")
		s.wantVerbs("")
		s.wait(100 * time.Millisecond).press("y")
		s.want("too soon")
		s.wait(time.Second).press("y")
		s.wantVerbs("pause 91be silence")
	})
	oneLine(t, "any other key needs more room", Options{}, func(t *testing.T, s *session) {
		s.pick(sidPaused)
		for _, k := range []string{"r", "X", "P", "t", "a", "?", "/", "space", "h"} {
			s.press(k)
			s.want("needs 60x15")
		}
		s.press("y", "8", "1", "4", "2", "enter")
		s.wantVerbs("")
		s.wantNotes("")
		if s.m.mode != normal || s.m.prompt != nil {
			t.Error("something is open")
		}
	})
	oneLine(t, "read-only", Options{ReadOnly: true}, func(t *testing.T, s *session) {
		s.pick(sidRec).press("p")
		s.want("cannot pause: tapedeck is", "READ-ONLY")
		s.wantVerbs("")
	})
	oneLine(t, "stale data is said whatever else is", Options{}, func(t *testing.T, s *session) {
		s.show(failed(office(), httpError(503, ""), 40*time.Second)).press("r")
		s.want("r needs 60x15", "STALE 00:4")
	})
	oneLine(t, "q asks, y quits", Options{}, func(t *testing.T, s *session) {
		pauseSelected(s, sidRec)
		s.wait(time.Second).press("q")
		s.want("quit? 1 stay paused: y")
		if s.wait(time.Second).press("y"); !s.quit {
			t.Error("it did not quit")
		}
	})
}

func TestOneLineQuestions(t *testing.T) {
	for open, keys := range map[string][]string{"r": {"y"}, "X": {"8", "1", "4", "2", "enter"}, "P": {"1"}, "t": {"9", "0", "enter"}, "a": {"x", "enter", "enter"}} {
		at120(t, open+" is kept and not answered", Options{}, func(t *testing.T, s *session) {
			sid := sidPaused
			if open == "P" {
				sid = sidRec
			}
			s.pick(sid).press(open).wait(time.Second)
			s.send(tea.WindowSizeMsg{Width: 40, Height: 3})
			s.want("the question needs 60x15; Esc")
			s.press(keys...)
			s.wantVerbs("")
			s.wantNotes("")
			if s.m.prompt == nil {
				t.Fatal("it was closed")
			}
			s.press("esc")
			if s.m.prompt != nil {
				t.Error("Esc did not cancel")
			}
		})
	}
	at120(t, "one about several too", Options{}, func(t *testing.T, s *session) {
		s.pick(sidRec).press("space").pick(sidOld).press("space", "p").wait(time.Second)
		s.send(tea.WindowSizeMsg{Width: 59, Height: 14})
		s.want("the question needs 60x15")
		s.press("y")
		s.wantVerbs("")
	})
	oneLine(t, "one that does not fit whole", Options{}, func(t *testing.T, s *session) {
		snap := office()
		alike := recording("f2b7c511-9d0e-4a57-0000-3c9adba291be", api.InProgress, time.Hour) // so that the short SID is long
		s.show(snapshotOf(append(snap.Recordings, alike)...))
		s.pick(sidRec).wait(time.Second).hit("k", "j", "p").wait(time.Second)
		s.want("question needs 60x15")
		s.press("y")
		s.wantVerbs("")
	})
	for _, size := range [][2]int{{29, 3}, {30, 2}, {1, 1}, {29, 40}} {
		at120(t, fmt.Sprintf("no key works at %dx%d", size[0], size[1]), Options{}, func(t *testing.T, s *session) {
			s.pick(sidRec).wait(time.Second)
			s.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			s.press("p", "P", "1", "r", "y", "X")
			s.wantVerbs("")
			if first, _, _ := strings.Cut(s.text(), "\n"); size[0] > 20 && !strings.HasPrefix(first, "tapedeck needs 30x3") {
				t.Errorf("it says %q", first)
			}
		})
	}
}

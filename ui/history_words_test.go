package ui

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"tapedeck/api/deck"
)

// TestHistoryFollows: an acknowledgement and an auto-resume are noted once, for as
// long as they last, and again when somebody changes them.
func TestHistoryFollows(t *testing.T) {
	at120(t, "notes", Options{}, func(t *testing.T, s *session) {
		said := func() string {
			var out []string
			for _, a := range slices.Backward(s.m.history.Own()) {
				out = append(out, a.Actor+" "+a.What)
			}
			return strings.Join(out, ", ")
		}
		until := time.Now().Add(time.Minute)
		acked := func(actor string) *deck.Snapshot {
			return change(office(), sidPaused, func(r *deck.Recording) { r.Ack = deck.Ack{Actor: actor, Reason: "card", Until: until} })
		}
		timed := func(after time.Duration) *deck.Snapshot {
			return change(office(), sidPaused2, func(r *deck.Recording) { r.Timer = deck.Timer{Actor: "bo", At: until.Add(after)} })
		}
		steps := []struct {
			snap *deck.Snapshot
			want string
		}{
			{office(), ""},
			{acked("ana"), "ana acknowledge"},
			{acked("ana"), "ana acknowledge"},
			{acked("cy"), "ana acknowledge, cy acknowledge"},
			{timed(0), "ana acknowledge, cy acknowledge, bo auto-resume"},
			{timed(0), "ana acknowledge, cy acknowledge, bo auto-resume"},
			{timed(time.Second), "ana acknowledge, cy acknowledge, bo auto-resume, bo auto-resume"},
			{acked("cy"), "ana acknowledge, cy acknowledge, bo auto-resume, bo auto-resume, cy acknowledge"},
		}
		for i, step := range steps {
			s.show(step.snap)
			if got := said(); got != step.want {
				t.Errorf("step %d: %q, want %q", i, got, step.want)
			}
		}
	})
}

// TestHistoryKeys: q quits from the history as anywhere, and what was read stays
// when the journal cannot be read any more.
func TestHistoryKeys(t *testing.T) {
	at120(t, "q quits", Options{}, func(t *testing.T, s *session) {
		s.press("h")
		s.want("History")
		if s.press("q"); !s.quit || s.m.mode != normal {
			t.Errorf("quit %t, mode %v", s.quit, s.m.mode)
		}
	})
	at120(t, "q asks while a pause is left", Options{}, func(t *testing.T, s *session) {
		pauseSelected(s, sidRec)
		s.wait(time.Second).press("h", "q")
		if s.quit || s.m.prompt == nil {
			t.Errorf("quit %t, prompt %v", s.quit, s.m.prompt)
		}
	})
	at120(t, "ctrl+c closes it", Options{}, func(t *testing.T, s *session) {
		s.press("h", "ctrl+c")
		s.wantNot("History")
		if s.quit {
			t.Error("it has quit")
		}
	})
	var fail error
	o := Options{History: func(int) ([]Action, error) {
		if fail != nil {
			return nil, fail
		}
		return aNight(time.Now()), nil
	}}
	at120(t, "what was read stays", o, func(t *testing.T, s *session) {
		s.press("h")
		s.want("actions of everybody", "alice")
		fail = errors.New("open /x\x1b[2J: denied")
		s.show(office())
		s.want("the journal cannot be read now: open /x", "alice")
		fail = nil
		s.show(office())
		s.want("actions of everybody", "alice")
		s.wantNot("cannot be read")
	})
}

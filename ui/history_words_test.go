package ui

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/theme"
	"tapedeck/ui/times"
)

// TestActionWords: what the history says of each kind of action, and how loudly.
func TestActionWords(t *testing.T) {
	at120(t, "words", Options{}, func(t *testing.T, s *session) {
		now, rec := s.m.now, text.New(sidRec)
		tests := []struct {
			a    Action
			want string
			role theme.Role
		}{
			{Action{What: "pause", Behavior: "silence", Outcome: "verified"}, "pause …91be with silence: verified", theme.Plain},
			{Action{What: "pause", Behavior: "skip", Outcome: "accepted"}, "pause …91be with skip: accepted", theme.Plain},
			{Action{What: "stop", Outcome: "failed", Reason: "HTTP 422"}, "stop …91be: failed: HTTP 422", theme.Bad},
			{Action{What: "resume", Outcome: "contradicted", Reason: "it is paused"}, "resume …91be: contradicted: it is paused", theme.Bad},
			{Action{What: "resume", Outcome: "unknown", ByTimer: true}, "resume …91be by auto-resume: unknown", theme.Warn},
			{Action{What: "resume", Time: now.Add(-time.Second)}, "resume …91be: no outcome yet", theme.Warn},
			{Action{What: "resume", Time: now.Add(-time.Minute), Outcome: "requested"}, "resume …91be: no outcome yet", theme.Warn},
			{Action{What: "resume", Time: now.Add(-61 * time.Second)}, "resume …91be: no outcome on record", theme.Warn},
			{Action{What: "acknowledge", Reason: "card"}, "acknowledged …91be: card", theme.Plain},
			{Action{What: "acknowledge"}, "acknowledged …91be", theme.Plain},
			{Action{What: "acknowledge", Reason: "card", Until: now.Add(time.Minute)}, "acknowledged …91be until " + times.Minute(now.Add(time.Minute), now) + ": card", theme.Plain},
			{Action{What: "auto-resume", Reason: "another update was under way"}, "auto-resume of …91be: another update was under way", theme.Plain},
			{Action{What: "auto-resume", Reason: "canceled"}, "auto-resume of …91be: canceled", theme.Plain},
			{Action{What: "auto-resume", Until: now}, "auto-resume of …91be at " + now.Format("15:04:05"), theme.Plain},
			{Action{What: "seen"}, "…91be was changed by others", theme.Warn},
			{Action{What: "seen", Reason: "resumed by others\x1b[2J"}, "…91be was changed by others: resumed by others\ufffd[2J", theme.Warn},
		}
		for _, tt := range tests {
			tt.a.Recording = rec
			if got, role := s.m.actionWords(tt.a); got != tt.want || role != tt.role {
				t.Errorf("%+v: %q, %v; want %q, %v", tt.a, got, role, tt.want, tt.role)
			}
		}
	})
}

// TestHistoryIsBounded: the last 20 actions of this session are kept, and one that
// was let go of does not come back as a new one.
func TestHistoryIsBounded(t *testing.T) {
	var h history
	note := func(id uint64, outcome string, err error) {
		h.note(ownAction{id: id, Action: Action{What: "pause", Outcome: outcome, Recording: text.New(fmt.Sprint(id))}}, err)
	}
	for id := uint64(1); id <= historyLen+5; id++ {
		note(id, "requested", nil)
	}
	if len(h.own) != historyLen || h.own[0].id != 6 || h.gone != 5 {
		t.Fatalf("%d kept, the oldest %d; gone up to %d", len(h.own), h.own[0].id, h.gone)
	}
	note(3, "verified", nil)
	if len(h.own) != historyLen || h.own[0].id != 6 {
		t.Error("one that was let go of is back")
	}
	note(7, "failed", &api.Error{StatusCode: 422})
	if a := h.own[1]; a.id != 7 || a.Outcome != "failed" || a.Reason != "HTTP 422" || len(h.own) != historyLen {
		t.Errorf("the seventh is %+v", a)
	}
	note(0, "", nil)
	note(0, "", nil)
	if h.own[len(h.own)-1].id != 0 || h.own[len(h.own)-2].id != 0 || len(h.own) != historyLen {
		t.Error("two actions that are no update are one")
	}
}

// TestHistoryFollows: an acknowledgement and an auto-resume are noted once, for as
// long as they last, and again when somebody changes them.
func TestHistoryFollows(t *testing.T) {
	at120(t, "notes", Options{}, func(t *testing.T, s *session) {
		said := func() string {
			var out []string
			for _, a := range s.m.history.own {
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

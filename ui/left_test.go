package ui

import (
	"context"
	"strings"
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/left"
)

// leftBehind sends all pauses that are left behind by now.
func (s *session) leftBehind(list ...LeftBehind) *session {
	s.t.Helper()
	s.send(left.ChangedMsg{All: list})
	return s
}

// What is left behind while the session runs is offered within seconds, and
// takes neither a key nor a question that is open.
func TestLeftBehindLater(t *testing.T) {
	left := func(sid string) LeftBehind { return LeftBehind{SID: text.New(sid), Actor: "alice"} }
	running := func(sid string) *deck.Snapshot {
		return change(office(), sid, func(r *deck.Recording) { r.Status, r.Pause = api.InProgress, deck.Pause{} })
	}
	at120(t, "nobody is at work", Options{}, func(t *testing.T, s *session) {
		s.leftBehind().pick(sidRec)
		s.leftBehind(left(sidPaused))
		s.want("alice paused …8142 and lost the session", "L 1 left behind")
		if r, _ := s.m.selected(); r.SID.String() != sidRec {
			t.Errorf("it has moved the selection to %s", r.SID)
		}
		s.wait(time.Second).press("t")
		if got := strings.Join(s.d.notes, "; "); got != `ack 8142 ana "taken over from alice" 5m0s` {
			t.Errorf("deck was asked %q", got)
		}
		s.leftBehind() // it is this session's now
		s.wantNot("left behind", "another session has answered it")
	})
	at120(t, "somebody moves", Options{}, func(t *testing.T, s *session) {
		s.leftBehind().press("j").leftBehind(left(sidPaused))
		s.want("L 1 left behind")
		for range 20 {
			s.wait(500 * time.Millisecond).show(office()).press("j")
			s.wantNot("alice")
		}
		s.pick(sidRec).press("p")
		s.wantVerbs("pause 91be silence")
	})
	at120(t, "somebody has stopped to move", Options{}, func(t *testing.T, s *session) {
		s.leftBehind().press("j").leftBehind(left(sidPaused))
		s.wait(2 * time.Second).show(office())
		s.wantNot("alice")
		s.wait(1100 * time.Millisecond).show(office())
		s.want("alice paused …8142")
		s.press("p") // in that moment
		s.want("alice paused …8142")
		s.wantVerbs("")
	})
	at120(t, "an update is under way", Options{}, func(t *testing.T, s *session) {
		s.leftBehind().pick(sidRec).press("p").wait(4 * time.Second).show(office()).leftBehind(left(sidPaused))
		s.want("L 1 left behind")
		s.wantNot("alice")
	})
	at120(t, "another question is open", Options{}, func(t *testing.T, s *session) {
		s.leftBehind().pick(sidRec).press("X").wait(4 * time.Second).show(office()).leftBehind(left(sidPaused))
		s.want("Stop …91be", "L 1 left behind")
		s.press("esc").wait(4 * time.Second).show(office())
		s.want("alice paused …8142")
	})
	at120(t, "a filter is being typed", Options{}, func(t *testing.T, s *session) {
		s.leftBehind().press("/").wait(4 * time.Second).show(office()).leftBehind(left(sidPaused))
		s.wantNot("alice")
		s.press("esc").wait(4 * time.Second).show(office())
		s.want("alice paused …8142")
	})
	at120(t, "it was left as it is, and is not asked about twice", Options{}, func(t *testing.T, s *session) {
		s.leftBehind().leftBehind(left(sidPaused)).wait(time.Second).press("n")
		s.want("…8142 is left as it is")
		s.leftBehind(left(sidPaused), left(sidPaused2)).wait(4 * time.Second).show(office())
		s.want("alice paused …c07a", "L 2 left behind")
		s.press("n").leftBehind(left(sidPaused2), left(sidPaused)).wait(5 * time.Second).show(office())
		s.wantNot("alice")
		s.want("L 2 left behind")
	})
	at120(t, "somebody else answers while it asks", Options{}, func(t *testing.T, s *session) {
		s.leftBehind().leftBehind(left(sidPaused)).leftBehind()
		s.want("the question about …8142 canceled: another session has answered it")
		s.wantNot("left behind")
		s.press("t")
		if len(s.d.notes) > 0 {
			t.Errorf("deck was asked %q", s.d.notes)
		}
		again := left(sidPaused) // and then dies as well
		again.Actor, again.Since = "bob", time.Now()
		s.leftBehind(again).wait(4 * time.Second).show(office())
		s.want("bob paused …8142 and lost the session")
	})
	at120(t, "a question of another kind stays", Options{}, func(t *testing.T, s *session) {
		s.leftBehind().leftBehind(left(sidPaused)).wait(time.Second).press("r").leftBehind()
		s.want("Resume …8142?")
	})
	at120(t, "it is this session's own", Options{}, func(t *testing.T, s *session) {
		s.m.requests.TakeOver(deck.Key{SID: text.New(sidPaused)})
		s.show(office()).leftBehind().leftBehind(left(sidPaused)).wait(4 * time.Second).show(office())
		s.wantNot("alice", "left behind")
	})
	at120(t, "it was killed before its pause was carried out", Options{}, func(t *testing.T, s *session) {
		s.show(running(sidPaused)).leftBehind().leftBehind(left(sidPaused))
		s.wantNot("alice", "left behind")
		s.wait(3 * time.Second).show(running(sidPaused)).show(office())
		s.want("alice paused …8142", "L 1 left behind")
	})
	at120(t, "others have paused it long after", Options{}, func(t *testing.T, s *session) {
		s.show(running(sidPaused)).leftBehind().leftBehind(left(sidPaused))
		s.wait(30 * time.Second).show(running(sidPaused)).show(office()).wait(4 * time.Second).show(office())
		s.wantNot("alice", "left behind")
	})
	at120(t, "it was resumed, and others have paused it", Options{}, func(t *testing.T, s *session) {
		s.leftBehind().press("j").leftBehind(left(sidPaused)).show(running(sidPaused)).show(office()).wait(4 * time.Second).show(office())
		s.wantNot("alice", "left behind")
	})
}

// The screen waits for what is left behind from its start on, and again after
// each change.
func TestLeftBehindWaits(t *testing.T) {
	calls := 0
	wait := func(ctx context.Context) ([]LeftBehind, bool) {
		calls++
		switch calls {
		case 1:
			return nil, true
		case 2:
			select {
			case <-ctx.Done():
			case <-time.After(10 * time.Second):
			}
			return []LeftBehind{{SID: text.New(sidPaused), Actor: "alice"}}, ctx.Err() == nil
		}
		<-ctx.Done()
		return nil, false
	}
	at120(t, "waits", Options{LeftBehind: wait}, func(t *testing.T, s *session) {
		s.wait(9 * time.Second).show(office())
		s.wantNot("alice")
		s.wait(2 * time.Second).show(office())
		s.want("alice paused …8142")
		if calls != 3 {
			t.Errorf("%d calls, want a third one that waits", calls)
		}
	})
}

// A tick that has waited behind what opened a question or rang the bell is of a
// time before that: it closes nothing, and rings nothing again.
func TestTickThatWaited(t *testing.T) {
	waited := func() tickMsg { return tickMsg(time.Now().Add(-time.Millisecond)) }
	for _, k := range []string{"X", "P", "r", "a", "q"} {
		at120(t, "a question that "+k+" opened", Options{}, func(t *testing.T, s *session) {
			s.m.requests.TakeOver(deck.Key{SID: text.New(sidPaused)})
			if s.pick(sidPaused); k == "P" {
				s.pick(sidRec)
			}
			s.send(keyPress(k))
			s.send(waited())
			if s.m.prompt == nil {
				t.Errorf("the question has closed:\n%s", s.text())
			}
		})
	}
	at120(t, "one that opened by itself", Options{}, func(t *testing.T, s *session) {
		s.leftBehind(LeftBehind{SID: text.New(sidPaused), Actor: "alice"})
		s.send(waited())
		s.want("alice paused …8142")
	})
	at120(t, "the bell", Options{}, func(t *testing.T, s *session) {
		alarming := change(office(), sidPaused, func(r *deck.Recording) { r.Pause.Since = time.Now().Add(-time.Hour) })
		alarming.PauseAlarm = time.Minute
		s.show(alarming)
		s.send(waited())
		if s.bells != 1 {
			t.Errorf("the bell has rung %d times, want once", s.bells)
		}
	})
}

package ui

import (
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

// ended marks a recording as ended.
func ended(r *deck.Recording) { r.Ended, r.Status = time.Now(), api.Completed }

// A question about several goes on without those that have changed, and says
// which, and why.
func TestQuestionSurvivesItsParts(t *testing.T) {
	marked := func(s *session) {
		s.show(pausedFor(20*time.Second, 20*time.Second))
		s.d.settle = settled(nil)
		for _, sid := range []string{sidRec, sidOld, sidQueued} {
			s.pick(sid).press("space")
		}
		s.wait(time.Second).press("p").wait(time.Second)
		s.want("Pause 3 recordings with silence?")
	}
	onNight(t, "one ends, one is paused by another, one goes", Options{}, func(t *testing.T, s *session) {
		marked(s)
		snap := change(pausedFor(20*time.Second, 20*time.Second), sidOld, ended)
		s.show(snap)
		s.want("…07d1  has ended: left out", "Pause 2 recordings with silence?", "…91be  ", "…e3f0  ")
		next := *snap
		next.Recordings = append([]*deck.Recording(nil), snap.Recordings...)
		s.show(change(&next, sidQueued, func(r *deck.Recording) { r.Status = api.Paused }))
		s.want("…e3f0  is now PAUSED: left out", "…07d1  has ended: left out", "Pause …91be with silence?")
		s.press("y")
		s.wantVerbs("pause 91be silence")
	})
	onNight(t, "none is left", Options{}, func(t *testing.T, s *session) {
		marked(s)
		s.show(nothing(nil))
		s.want("nothing was sent: pause 3 recordings canceled")
		s.press("y").press("j").press("p").press("esc")
		s.want("nothing was sent: the question had closed")
		if s.m.prompt != nil {
			t.Error("a key has opened another question")
		}
		s.wantVerbs("")
		s.press("ctrl+c")
		s.want("ctrl+c again within 2 s quits")
	})
}

// A key that was meant for a question that has closed by itself does nothing
// for 1.5 s.
func TestClosedByItself(t *testing.T) {
	at120(t, "its recording has changed", Options{}, func(t *testing.T, s *session) {
		s.pick(sidPaused).press("r").wait(time.Second)
		s.show(after(sidPaused, func(r *deck.Recording) { r.Status, r.Pause = api.InProgress, deck.Pause{} }))
		s.want("resume …8142 canceled: it is now REC")
		s.press("p")
		s.wantVerbs("")
		s.want("nothing was sent: the question had closed (resume …8142 canceled: it is now REC)")
		s.wait(closedFor).press("p")
		s.wantVerbs("pause 8142 silence")
	})
	at120(t, "its time is over", Options{}, func(t *testing.T, s *session) {
		s.pick(sidPaused).press("r").wait(15500 * time.Millisecond)
		s.want("resume …8142 canceled: no answer for 15 s")
		s.press("y").press("X")
		s.want("nothing was sent: the question had closed")
		s.wait(closedFor).press("X")
		s.want("Stop …8142: this cannot be undone")
	})
	at120(t, "not one that somebody has canceled", Options{}, func(t *testing.T, s *session) {
		s.pick(sidPaused).press("r").wait(time.Second).press("n").press("r")
		s.want("Resume …8142?")
	})
}

// linked is the office where three recordings are of one conversation.
func linked(sids ...string) *deck.Snapshot {
	snap := pausedFor(20*time.Second, 20*time.Second)
	for _, sid := range sids {
		change(snap, sid, func(r *deck.Recording) {
			for _, o := range sids {
				if o != sid {
					r.Siblings.List = append(r.Siblings.List, deck.Sibling{SID: text.New(o), Why: "the same call"})
				}
			}
		})
	}
	return snap
}

// wantWhy wants a question to be open for a reason, however its lines are cut.
func (s *session) wantWhy(why string) *session {
	s.t.Helper()
	if s.m.prompt == nil || s.m.prompt.Question().Why != why {
		s.t.Errorf("no question says %q\n%s", why, s.text())
	}
	return s
}

func TestSiblingQuestion(t *testing.T) {
	open := func(s *session) *deck.Snapshot {
		s.show(linked(sidRec, sidOld)).pick(sidRec)
		s.d.settle = settled(nil)
		s.press("p").wait(time.Second)
		s.wantWhy("Pausing …91be. 1 other recording of this conversation is still running.").want("the same call: ")
		return change(linked(sidRec, sidOld), sidRec, func(r *deck.Recording) { r.Status = api.Paused })
	}
	for _, over := range []struct {
		name, want string
		do         func(r *deck.Recording)
	}{
		{"resumed", "…91be is now REC", func(r *deck.Recording) { r.Status = api.InProgress }},
		{"ended", "…91be has ended", ended},
	} {
		onNight(t, "closes when the paused one is "+over.name, Options{}, func(t *testing.T, s *session) {
			s.show(open(s)).wait(time.Second)
			s.want("Pausing …91be.")
			s.show(change(linked(sidRec, sidOld), sidRec, over.do))
			s.want("pause …07d1 canceled: " + over.want)
			s.press("y")
			s.want("nothing was sent: the question had closed")
			s.wantVerbs("pause 91be silence")
		})
	}
	onNight(t, "p on the paused one asks for the others again", Options{}, func(t *testing.T, s *session) {
		s.show(change(linked(sidRec, sidOld), sidRec, func(r *deck.Recording) { r.Status = api.Paused })).pick(sidRec)
		s.d.settle = settled(nil)
		s.press("p")
		s.wantWhy("…91be is paused. 1 other recording of this conversation is still running.").want("…07d1  ")
		s.wantVerbs("")
		s.wait(time.Second).press("y")
		s.wantVerbs("pause 07d1 silence")
	})
	onNight(t, "a key that comes as it opens is no answer", Options{}, func(t *testing.T, s *session) {
		s.show(linked(sidRec, sidOld)).pick(sidRec).press("p", "j")
		s.want("too soon: j is ignored for the first 0.3 s", "Pausing …91be.")
	})
	onNight(t, "r asks for the paused ones after its own y", Options{}, func(t *testing.T, s *session) {
		s.show(linked(sidPaused, sidPaused2)).pick(sidPaused)
		s.d.settle = settled(nil)
		s.press("r").wait(time.Second).press("y")
		s.wantVerbs("resume 8142")
		s.wantWhy("Resuming …8142. 1 other recording of this conversation is still paused.").want("…c07a  ")
		s.press("y")
		s.want("too soon")
		s.wait(time.Second).press("y")
		s.wantVerbs("resume 8142, resume c07a")
	})
}

func TestPauseScope(t *testing.T) {
	call := Options{PauseScope: "call"}
	groups := func(t *testing.T, s *session, n int) {
		t.Helper()
		seen := map[uint64]bool{}
		for _, r := range s.d.requests {
			seen[r.Group] = true
		}
		if len(s.d.requests) != n || len(seen) != 1 || seen[0] {
			t.Errorf("%d requests of the groups %v, want %d of one", len(s.d.requests), seen, n)
		}
	}
	onNight(t, "p pauses the whole conversation", call, func(t *testing.T, s *session) {
		s.d.settle = settled(map[string]error{sidOld: &api.Error{StatusCode: 503}})
		s.show(linked(sidRec, sidOld, sidQueued, sidPaused)).pick(sidRec).press("p")
		groups(t, s, 3)
		s.want("paused 2 of 3; not …07d1 (signalwire: service unavailable (HTTP 503))")
		if s.m.prompt != nil {
			t.Error("it asks for siblings that it has paused")
		}
	})
	onNight(t, "P and a doubtful p name all", call, func(t *testing.T, s *session) {
		s.d.settle = settled(nil)
		s.show(linked(sidRec, sidOld)).pick(sidRec).press("P")
		s.want("Pause 2 recordings", "…91be", "…07d1")
		s.wait(time.Second).press("esc").press("p")
		s.want("Pause 2 recordings with silence?", "Asked because p arrived right after an escape.")
		s.wait(time.Second).press("y")
		groups(t, s, 2)
	})
	onNight(t, "one alone is paused as ever", call, func(t *testing.T, s *session) {
		s.show(linked()).pick(sidRec).press("p")
		if len(s.d.requests) != 1 || s.d.requests[0].Group != 0 {
			t.Errorf("requests %+v", s.d.requests)
		}
	})
	onNight(t, "r resumes those that one key has paused", call, func(t *testing.T, s *session) {
		s.d.settle = settled(nil)
		snap := linked(sidPaused, sidPaused2, sidRec)
		for sid, group := range map[string]uint64{sidPaused: 7, sidPaused2: 8, sidRec: 7} {
			change(snap, sid, func(r *deck.Recording) { r.Status, r.Pause.Group = api.Paused, group })
		}
		s.show(snap).pick(sidPaused).press("r")
		s.want("Resume 2 recordings?", "…8142", "…91be")
		s.wait(time.Second).press("y")
		if got := s.verbs(); got != "resume 8142, resume 91be" && got != "resume 91be, resume 8142" {
			t.Errorf("requests %q", got)
		}
		s.wantWhy("Resuming 2 recordings. 1 other recording of this conversation is still paused.").want("…c07a")
	})
}

// A pause that hangs may be sent once more, by hand.
func TestAgain(t *testing.T) {
	at120(t, "p asks after 1.5 s", Options{}, func(t *testing.T, s *session) {
		s.pick(sidRec).press("p").wait(time.Second).press("p")
		s.want("cannot pause …91be: pausing it is under way (requested); one update at a time")
		s.wait(800 * time.Millisecond).press("p")
		s.want("…91be has not been answered for 1.8 s. Send the pause once more?")
		s.wantVerbs("pause 91be silence")
		s.wait(time.Second).press("y")
		s.wantVerbs("pause 91be silence, pause 91be silence")
		if first, second := s.d.requests[0], s.d.requests[1]; first.Again || !second.Again {
			t.Errorf("requests %+v", s.d.requests)
		}
		s.want("pause …91be with silence sent once more: requested")
		s.press("q")
		s.want("Quit? 1 recording")
	})
	at120(t, "no longer where the answer comes meanwhile", Options{}, func(t *testing.T, s *session) {
		s.pick(sidRec).press("p").wait(1600 * time.Millisecond).press("p").wait(time.Second)
		p := deck.Progress{ID: 9, Request: s.d.requests[0], Outcome: deck.Accepted, Asked: time.Now(), Answered: time.Now()}
		s.show(after(sidRec, func(r *deck.Recording) { r.Status, r.Update = api.Paused, &p }))
		s.want("pause …91be canceled: it is now PAUSED")
		s.press("y")
		s.wantVerbs("pause 91be silence")
	})
	at120(t, "not what was answered", Options{}, func(t *testing.T, s *session) {
		s.pick(sidRec).press("p").wait(time.Second)
		p := deck.Progress{ID: 9, Request: s.d.requests[0], Outcome: deck.Unknown, Asked: time.Now()}
		s.show(after(sidRec, func(r *deck.Recording) { r.Update = &p }))
		s.wait(2 * time.Second).press("p")
		s.want("pausing it is under way (unknown)")
	})
}

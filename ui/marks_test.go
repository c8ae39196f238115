package ui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

// settled answers every request at once, some with an error.
func settled(bad map[string]error) func(deck.Request) (deck.Progress, error) {
	return func(req deck.Request) (deck.Progress, error) {
		p := deck.Progress{ID: 1, Request: req, Outcome: deck.Verified, Settled: true, Asked: time.Now(), Done: time.Now()}
		if err := bad[req.SID.String()]; err != nil {
			p.Outcome, p.Err = deck.Failed, err
		}
		return p, nil
	}
}

func TestMarks(t *testing.T) {
	onNight(t, "p asks for all of them by name, and each has its result", Options{}, func(t *testing.T, s *session) {
		s.show(pausedFor(20*time.Second, 20*time.Second))
		s.d.settle = settled(map[string]error{sidOld: &api.Error{StatusCode: 503}})
		s.pick(sidRec).press("space").pick(sidOld).press("space")
		s.want("* 2 marked", "marked …07d1; p P r act on the 2 marked")
		s.pick(sidPaused).wait(time.Second).press("p")
		s.want("Pause 2 recordings with silence?", "…91be  ", "…07d1  ", "sip:agent7@acme", "y pause")
		s.wantVerbs("")
		s.press("p", "y")
		s.want("too soon")
		s.wait(time.Second).press("y")
		if got := strings.Split(s.verbs(), ", "); len(got) != 2 || !slices.Contains(got, "pause 91be silence") || !slices.Contains(got, "pause 07d1 silence") {
			t.Errorf("requests %q", got)
		}
		s.want("paused 1 of 2; not …07d1 (signalwire: service unavailable (HTTP 503))", "still marked", "* 1 marked")
	})
	onNight(t, "P and r too, without those that it makes no sense for; X has no bulk", Options{}, func(t *testing.T, s *session) {
		s.show(pausedFor(20*time.Second, 20*time.Second))
		s.d.settle = settled(nil)
		s.pick(sidPaused).press("space").pick(sidPaused2).press("space").pick(sidRec).press("space").wait(time.Second).press("r")
		s.want("Resume 2 recordings?", "Left out: …91be it is not paused.")
		s.wait(time.Second).press("n")
		s.want("resume 2 recordings: canceled, nothing was sent", "* 3 marked")
		s.press("P")
		s.want("Pause …91be: what becomes", "Left out: ")
		s.wait(time.Second).press("2")
		s.wantVerbs("pause 91be skip")
		s.want("paused 1 of 1: done", "* 2 marked")
		s.pick(sidOld).wait(time.Second).press("X")
		s.want("Stop …07d1: this cannot be undone")
		s.press("esc", "esc")
		s.wantNot("marked")
		s.press("r")
		s.want("cannot resume …07d1")
	})
	onNight(t, "what has ended loses its mark, and cannot get one", Options{}, func(t *testing.T, s *session) {
		snap := pausedFor(20*time.Second, 20*time.Second)
		s.show(snap).pick(sidRec).press("space", "j")
		s.want("* 1 marked")
		after := *snap
		after.Recordings = append([]*deck.Recording(nil), snap.Recordings...)
		change(&after, sidRec, func(r *deck.Recording) { r.Ended, r.Status = time.Now(), api.Completed })
		s.show(&after)
		s.wantNot("* 1 marked")
		s.pick(sidRec).press("space")
		s.want("cannot mark …91be: it has ended")
	})
}

// TestBatch: what one answer asks for goes to the deck as one, which sees to it
// that all of it is on record and not too much is sent at one time.
func TestBatch(t *testing.T) {
	onNight(t, "one batch", Options{}, func(t *testing.T, s *session) {
		s.show(many(30))
		s.d.settle = settled(nil)
		marked := 0
		for _, r := range s.m.live.Recordings {
			if r.Active() && !r.Paused() && r.Status.Running() {
				s.m.list.Select(r.Key())
				s.press("space")
				marked++
			}
		}
		s.press("p").wait(time.Second).press("y").wait(time.Second)
		if s.d.batches != 1 || len(s.d.requests) != marked || marked < 10 {
			t.Errorf("%d batches, %d requests of %d", s.d.batches, len(s.d.requests), marked)
		}
	})
	onNight(t, "what is not on record was done all the same", Options{}, func(t *testing.T, s *session) {
		s.show(pausedFor(20*time.Second, 20*time.Second))
		s.d.settle = func(req deck.Request) (deck.Progress, error) {
			p, err := settled(nil)(req)
			p.OffRecord = errors.New("disk full")
			return p, err
		}
		s.pick(sidRec).press("space").pick(sidOld).press("space").wait(time.Second).press("p").wait(time.Second).press("y")
		s.want("paused 2 of 2; not on record: …")
	})
}

func TestSiblings(t *testing.T) {
	office := func() *deck.Snapshot {
		snap := pausedFor(20*time.Second, 20*time.Second)
		link := func(sid string, others ...string) {
			change(snap, sid, func(r *deck.Recording) {
				r.Siblings.Recording = len(others) + 1
				for _, o := range others {
					r.Siblings.List = append(r.Siblings.List, deck.Sibling{SID: text.New(o), Why: "the same call"})
				}
			})
		}
		link(sidRec, sidOld, sidQueued)
		return snap
	}
	onNight(t, "p pauses the selected one at once, and asks for all others", Options{}, func(t *testing.T, s *session) {
		s.show(office()).pick(sidRec)
		s.d.settle = settled(map[string]error{sidOld: errors.Join(context.DeadlineExceeded)})
		s.press("p")
		s.wantVerbs("pause 91be silence")
		s.want("2 other recordings of this conversation are still running", "the same call: ", "y pause")
		s.wait(time.Second).press("p", "y")
		if got := s.verbs(); !strings.HasPrefix(got, "pause 91be silence, pause ") || len(s.d.requests) != 3 {
			t.Errorf("requests %q, want three pauses", got)
		}
		s.want("paused 1 of 2; not …07d1 (timeout)")
		if strings.Contains(s.text(), "still marked") {
			t.Error("it says that something is marked, and nothing ever was")
		}
	})
	onNight(t, "p asks for all of a call, however many are listed", Options{}, func(t *testing.T, s *session) {
		s.show(crowd(70, 0)).pick(crowdSID(0))
		s.d.settle = settled(nil)
		s.press("p")
		s.want("69 other recordings of this conversation are still running.", " of 69; ")
		s.wantNot("more, not listed here")
		s.wait(time.Second).press("y")
		if len(s.d.requests) != 70 {
			t.Errorf("%d requests, want 70", len(s.d.requests))
		}
	})
	onNight(t, "with the scope call, too", Options{PauseScope: "call"}, func(t *testing.T, s *session) {
		s.show(crowd(70, 0)).pick(crowdSID(0))
		s.d.settle = settled(nil)
		s.press("p")
		if len(s.d.requests) != 70 {
			t.Errorf("%d requests, want 70", len(s.d.requests))
		}
	})
	onNight(t, "what is not to be found is said", Options{}, func(t *testing.T, s *session) {
		s.show(crowd(70, 5)).pick(crowdSID(0))
		s.d.settle = settled(nil)
		s.press("p")
		s.want("69 other recordings of this conversation are still running. It has 5 more, not listed here")
	})
	onNight(t, "any other key leaves them", Options{}, func(t *testing.T, s *session) {
		s.show(office()).pick(sidRec)
		s.d.settle = settled(nil)
		s.press("p").wait(time.Second).press("j")
		s.wantVerbs("pause 91be silence")
	})
}

func crowdSID(i int) string { return fmt.Sprintf("7c1d90aa-0000-4000-8000-0000000c%04x", i) }

// crowd returns a snapshot of a call with n recordings, of which each lists 50
// others, as the deck does, and of more that others have.
func crowd(n, more int) *deck.Snapshot {
	s := limited(office())
	call := s.Recordings[0].CallSID
	for i := range n {
		r := *s.Recordings[0]
		r.SID, r.CallSID, r.ConferenceSID, r.Status, r.Pause = text.New(crowdSID(i)), call, text.Text{}, api.InProgress, deck.Pause{}
		r.Siblings = deck.Siblings{Recording: n + more, More: n - 1 - 50 + more}
		for j := 0; len(r.Siblings.List) < 50; j++ {
			if j != i {
				r.Siblings.List = append(r.Siblings.List, deck.Sibling{SID: text.New(crowdSID(j)), Why: "the same call"})
			}
		}
		s.Recordings = append(s.Recordings, &r)
	}
	s.Recordings = s.Recordings[1:]
	return s
}

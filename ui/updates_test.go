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
	"tapedeck/api/text"
)

// at120 runs a test on a screen of 120x40 that shows the office.
func at120(t *testing.T, name string, o Options, play func(t *testing.T, s *session)) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSession(t, 120, 40, o)
			s.show(office())
			play(t, s)
		})
	})
}

// pick selects a recording, and has it been seen as selected.
func (s *session) pick(sid string) *session {
	s.m.list.Select(deck.Key{SID: text.New(sid)})
	s.m.slips.Seen()
	return s
}

func TestPause(t *testing.T) {
	at120(t, "p sends at once, with what was seen and who asks", Options{}, func(t *testing.T, s *session) {
		s.pick(sidRec).press("p")
		s.wantVerbs("pause 91be silence")
		if r := s.d.requests[0]; r.Actor.Name() != "ana" || r.Seen != api.InProgress {
			t.Errorf("request %+v", r)
		}
		s.want("pausing …91be with silence: requested")
	})
	at120(t, "with the set behavior, which the hint names", Options{PauseBehavior: api.Skip}, func(t *testing.T, s *session) {
		s.want("p pause·skip")
		s.pick(sidRec).press("p")
		s.wantVerbs("pause 91be skip")
	})
	at120(t, "queued may be paused", Options{}, func(t *testing.T, s *session) {
		s.pick(sidQueued).press("p")
		s.wantVerbs("pause e3f0 silence")
	})
	for _, c := range []struct{ keys, want string }{
		{"1", "pause 91be silence"}, {"2", "pause 91be skip"}, {"P", ""}, {"3", ""}, {"esc", ""}, {"y", ""}, {"enter", ""}, {"p", ""},
	} {
		at120(t, "choose "+c.keys, Options{}, func(t *testing.T, s *session) {
			s.pick(sidRec).press("P")
			s.want("silence: the gap stays in the file", "skip: the time is cut out", "…91be", "(415) 555-0123 → sip:agent7@acme", "acme / support-eu")
			s.press(c.keys)
			s.wantVerbs(c.want)
		})
	}
	at120(t, "one update per recording at a time", Options{}, func(t *testing.T, s *session) {
		s.pick(sidRec).press("p", "p")
		s.wantVerbs("pause 91be silence")
		s.want("cannot pause …91be: pausing it is under way (requested); one update at a time")
		s.press("X")
		s.want("cannot stop …91be: pausing it is under way")
		if s.d.insisted != 1 {
			t.Errorf("the deck was told %d times that the pause is asked for again, want 1", s.d.insisted)
		}
	})
	at120(t, "two recordings at once", Options{}, func(t *testing.T, s *session) {
		s.pick(sidRec).press("p").pick(sidOld).press("p")
		s.wantVerbs("pause 91be silence, pause 07d1 silence")
		s.want("2 updates under way")
	})
	at120(t, "somebody else's update is named", Options{}, func(t *testing.T, s *session) {
		snap := office()
		snap.Recordings[1] = with(snap.Recordings[1], deck.Progress{
			ID: 4, Outcome: deck.Accepted, Request: deck.Request{SID: snap.Recordings[1].SID, Update: api.Update{Status: api.Stopped}, Actor: deck.Actor{Actor: "bo"}},
		})
		s.show(snap).pick(sidRec).press("p")
		s.wantVerbs("")
		s.want("cannot pause …91be: stopping it is under way (accepted)")
	})
}

func TestRefusals(t *testing.T) {
	tests := []struct{ sid, key, want string }{
		{sidPaused, "p", "cannot pause …8142: it is paused already; r resumes"},
		{sidRec, "r", "cannot resume …91be: it is not paused"},
		{sidQueued, "r", "cannot resume …e3f0: it is not paused"},
		{sidEnded, "p", "cannot pause …5b6d: it is stopped"},
		{sidEnded, "r", "cannot resume …5b6d: it is stopped"},
		{sidEnded, "X", "cannot stop …5b6d: it is stopped"},
	}
	for _, tt := range tests {
		at120(t, tt.key+" "+tt.sid[32:], Options{}, func(t *testing.T, s *session) {
			s.pick(tt.sid).press(tt.key)
			s.want(tt.want)
			s.wantVerbs("")
			if s.m.prompt != nil {
				t.Error("a prompt is open")
			}
		})
		at120(t, tt.key+" "+tt.sid[32:]+" read-only", Options{ReadOnly: true}, func(t *testing.T, s *session) {
			s.pick(tt.sid).press(tt.key)
			s.want("tapedeck is read-only here", "READ-ONLY")
			s.wantVerbs("")
		})
	}
	doubts := map[string]func(s *session){
		"stale":   func(s *session) { s.show(failed(office(), httpError(503, ""), 40*time.Second)) },
		"loading": func(s *session) { snap := office(); snap.Health = deck.Health{Page: 2}; s.show(snap) },
		"frozen": func(s *session) {
			if s.m.frozen.IsZero() {
				s.press("f")
			}
		},
		"old": func(s *session) { s.wait(8 * time.Second) },
	}
	for name, doubt := range doubts {
		at120(t, "nothing is refused when "+name, Options{}, func(t *testing.T, s *session) {
			doubt(s)
			s.pick(sidPaused).press("p")
			s.wantVerbs("pause 8142 silence")
			doubt(s)
			s.pick(sidRec).press("r")
			s.want("Resume …91be?")
			s.press("esc").pick(sidEnded).press("X")
			s.want("Stop …5b6d: this cannot be undone")
		})
	}
	at120(t, "nothing is refused for an unknown status", Options{}, func(t *testing.T, s *session) {
		s.show(snapshotOf(recording(sidRec, "transmogrified", time.Minute))).pick(sidRec).press("p")
		s.wantVerbs("pause 91be silence")
	})
	at120(t, "the deck refuses", Options{}, func(t *testing.T, s *session) {
		s.d.settle = func(r deck.Request) (deck.Progress, error) {
			return deck.Progress{}, fmt.Errorf("pause: %w", deck.ErrNotFound)
		}
		s.pick(sidRec).press("p")
		s.want("cannot pause …91be: it is no longer known")
		if s.m.requests.Busy().Words != "" || s.m.underWay(deck.Key{SID: text.New(sidRec)}) != "" {
			t.Error("the update is still under way")
		}
	})
}

func TestResume(t *testing.T) {
	at120(t, "asks, and y resumes", Options{}, func(t *testing.T, s *session) {
		s.pick(sidPaused).press("r")
		s.wantVerbs("")
		s.want("Resume …8142?", "(310) 555-0142 → (310) 555-0199 · acme / support-eu")
		s.wait(400 * time.Millisecond).press("y")
		s.wantVerbs("resume 8142")
	})
	at120(t, "y and Enter in the first 300 ms do nothing, and say so", Options{}, func(t *testing.T, s *session) {
		s.pick(sidPaused).press("r", "y")
		s.want("too soon: y is ignored for the first 0.3 s")
		s.press("enter")
		s.want("too soon: enter", "Resume …8142?")
		s.wantVerbs("")
		s.wait(350 * time.Millisecond).press("y")
		s.wantVerbs("resume 8142")
	})
	at120(t, "r in it does nothing at any time", Options{}, func(t *testing.T, s *session) {
		s.pick(sidPaused).press("r", "r", "r").wait(time.Second).press("r", "r")
		s.want("Resume …8142?")
		s.wantVerbs("")
	})
	for _, k := range []string{"n", "enter", "esc", "j", "p", "X", "q", "1", "Y", "[", "O", "A", "ctrl+c", "up"} {
		at120(t, k+" cancels", Options{}, func(t *testing.T, s *session) {
			s.pick(sidPaused).press("r").wait(time.Second).press(k)
			s.wantNot("Resume …8142?")
			s.want("resume …8142: canceled, nothing was sent")
			s.wantVerbs("")
			if s.quit {
				t.Error("it quit")
			}
		})
	}
	at120(t, "pasted text does not answer", Options{}, func(t *testing.T, s *session) {
		s.pick(sidPaused).press("r").wait(time.Second).send(tea.PasteMsg{Content: "y"})
		s.want("Resume …8142?", "pasted text answers nothing")
		s.wantVerbs("")
	})
	at120(t, "closes by itself after 15 s", Options{}, func(t *testing.T, s *session) {
		s.pick(sidPaused).press("r").wait(14 * time.Second)
		s.show(office())
		s.want("Resume …8142?")
		s.wait(2 * time.Second)
		s.wantNot("Resume …8142?")
		s.want("resume …8142 canceled: no answer for 15 s")
	})
	at120(t, "a y after 15 s is too late", Options{}, func(t *testing.T, s *session) {
		s.pick(sidPaused).press("r")
		time.Sleep(15 * time.Second) // without a tick in between
		s.take(keyPress("y"))
		s.settle()
		s.wantVerbs("")
	})
	at120(t, "closes when the status changes", Options{}, func(t *testing.T, s *session) {
		s.pick(sidPaused).press("r").wait(time.Second)
		snap := office()
		snap.Recordings[4] = recording(sidPaused, api.InProgress, time.Minute)
		s.show(snap)
		s.wantNot("Resume …8142?")
		s.want("resume …8142 canceled: it is now REC")
		s.press("y")
		s.wantVerbs("")
	})
	at120(t, "keeps its recording when rows move", Options{}, func(t *testing.T, s *session) {
		s.pick(sidPaused).press("r")
		snap := office()
		newest := paused(recording("ffffffff-0000-0000-0000-00000000abcd", api.Paused, time.Hour), 50*time.Minute, deck.Pause{})
		snap.Recordings = append([]*deck.Recording{newest}, snap.Recordings...)
		s.show(snap).pick(sidPaused2).wait(time.Second).press("y")
		s.wantVerbs("resume 8142")
	})
}

func TestStop(t *testing.T) {
	at120(t, "typed SID and Enter", Options{}, func(t *testing.T, s *session) {
		s.pick(sidRec).press("X")
		s.want("Stop …91be: this cannot be undone", "The call continues unrecorded", "(415) 555-0123", "acme / support-eu")
		s.press("9", "1", "b", "e").wait(400 * time.Millisecond).press("enter")
		s.wantVerbs("stop 91be")
	})
	at120(t, "X does nothing in it", Options{}, func(t *testing.T, s *session) {
		s.pick(sidRec).press("X", "X", "9", "X", "1", "X", "b", "e").wait(time.Second).press("enter")
		s.wantVerbs("stop 91be")
	})
	at120(t, "Enter in the first 300 ms does nothing", Options{}, func(t *testing.T, s *session) {
		s.pick(sidRec).press("X", "9", "1", "b", "e", "enter")
		s.wantVerbs("")
		s.want("too soon")
	})
	at120(t, "a wrong SID does nothing and keeps the prompt", Options{}, func(t *testing.T, s *session) {
		s.pick(sidRec).press("X", "9", "1", "b").wait(time.Second).press("enter")
		s.want(`nothing was stopped: "91b" is not 91be`, "Stop …91be")
		s.wantVerbs("")
		s.press("e", "enter") // it begins anew
		s.want(`nothing was stopped: "e" is not 91be`)
		s.wantVerbs("")
		s.press("9", "1", "b", "e", "enter")
		s.wantVerbs("stop 91be")
	})
	at120(t, "pasted text does not count", Options{}, func(t *testing.T, s *session) {
		s.pick(sidRec).press("X").wait(time.Second)
		s.send(tea.PasteMsg{Content: "91be"})
		s.press("enter")
		s.wantVerbs("")
	})
	at120(t, "in-progress and resumed are one", Options{}, func(t *testing.T, s *session) {
		s.pick(sidRec).press("X")
		snap := office()
		snap.Recordings[1] = recording(sidRec, api.Resumed, time.Minute)
		s.show(snap)
		s.want("Stop …91be")
	})
	at120(t, "as many characters as the list shows", Options{}, func(t *testing.T, s *session) {
		a := recording("11111111-1111-1111-1111-1111111a8142", api.InProgress, time.Minute)
		b := recording("22222222-2222-2222-2222-2222222b8142", api.InProgress, time.Hour)
		s.show(snapshotOf(a, b)).pick(a.SID.String())
		short := s.m.list.ShortSID(a.Key())
		s.press("X", "8", "1", "4", "2").wait(time.Second).press("enter")
		s.wantVerbs("")
		s.press("esc").wait(time.Second).press("X")
		for _, r := range short {
			s.press(string(r))
		}
		s.wait(time.Second).press("enter")
		s.wantVerbs("stop 8142")
	})
	at120(t, "Esc cancels", Options{}, func(t *testing.T, s *session) {
		s.pick(sidRec).press("X", "9", "1", "b", "e", "esc", "enter")
		s.wantVerbs("")
	})
}

func TestProgress(t *testing.T) {
	step := func(s *session, outcome deck.Outcome, change func(*deck.Progress)) {
		req := s.d.requests[0]
		p := deck.Progress{ID: 9, Request: req, Outcome: outcome, Asked: time.Now()}
		p.Done = p.Asked.Add(400 * time.Millisecond)
		if change != nil {
			change(&p)
		}
		snap := office()
		snap.Recordings[1] = with(snap.Recordings[1], p)
		s.show(snap)
	}
	at120(t, "step by step, from the snapshots", Options{}, func(t *testing.T, s *session) {
		s.pick(sidRec).press("p")
		s.want("pausing …91be with silence: requested")
		step(s, deck.Accepted, nil)
		s.want("pausing …91be with silence: accepted")
		s.press("+")
		s.want("poll interval 3 s", "pausing …91be: accepted")
		step(s, deck.Verified, func(p *deck.Progress) { p.Settled = true })
		s.want("paused …91be with silence: verified in 0.4 s")
		s.pick(sidRec).press("X")
		s.want("Stop …91be")
	})
	at120(t, "unknown is loud", Options{}, func(t *testing.T, s *session) {
		s.pick(sidRec).press("p")
		step(s, deck.Unknown, func(p *deck.Progress) { p.Err = fmt.Errorf("post: %w", errTimeout{}) })
		s.want("pause …91be: unknown: it may or may not have been done; checking")
		s.wait(2 * time.Second).press("c")
		s.want("pausing …91be: unknown", "sent to the terminal")
	})
	at120(t, "a failure says why and what to do, and stays until a key", Options{}, func(t *testing.T, s *session) {
		s.pick(sidRec).press("p")
		step(s, deck.Failed, func(p *deck.Progress) {
			p.Settled = true
			p.Err = fmt.Errorf("x: %w", &api.Error{StatusCode: 401, Code: 20003, Message: text.New("Authentication failed")})
		})
		s.want("pause …91be: failed: signalwire: Authentication failed (HTTP 401, code 20003)", "hint: check SIGNALWIRE_PROJECT_ID")
		s.wait(3 * time.Second)
		s.show(office())
		s.want("Authentication failed")
		s.press("j")
		s.wantNot("Authentication failed")
	})
	at120(t, "a key that comes at once does not hide a failure", Options{}, func(t *testing.T, s *session) {
		s.pick(sidRec).press("p")
		step(s, deck.Contradicted, func(p *deck.Progress) { p.Settled, p.Note = true, "it is in-progress" })
		s.press("j", "j")
		s.want("pause …91be with silence: contradicted: it is in-progress")
	})
	at120(t, "the API's text cannot paint the screen", Options{}, func(t *testing.T, s *session) {
		s.pick(sidRec).press("p")
		step(s, deck.Failed, func(p *deck.Progress) {
			p.Settled = true
			p.Err = &api.Error{StatusCode: 400, Message: text.New("a\x1b[31mred\x1b]0;title\a\r\nb\u202e")}
		})
		if v := s.m.View(); strings.Contains(v.Content, "\x1b]0") || strings.Contains(v.Content, "\x1b[31mred") || strings.Contains(v.Content, "\u202e") {
			t.Errorf("frame %q", v.Content)
		}
	})
	at120(t, "two failures at once", Options{}, func(t *testing.T, s *session) {
		s.d.settle = func(r deck.Request) (deck.Progress, error) {
			return deck.Progress{ID: 1, Request: r, Outcome: deck.Failed, Settled: true, Err: httpError(422, "no such status")}, nil
		}
		s.pick(sidRec).press("p").pick(sidOld).press("p")
		s.want("pause …07d1: failed: signalwire: no such status (HTTP 422); before that: pause …91be: failed: signal")
	})
}

type errTimeout struct{}

func (errTimeout) Error() string   { return "timeout" }
func (errTimeout) Timeout() bool   { return true }
func (errTimeout) Temporary() bool { return true }

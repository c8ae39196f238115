package ui

import (
	"context"
	"errors"
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

// limited gives a snapshot the ages at which pauses warn and alarm.
func limited(s *deck.Snapshot) *deck.Snapshot {
	s.PauseWarn, s.PauseAlarm = deck.DefaultPauseWarn, deck.DefaultPauseAlarm
	return s
}

// pausedFor is the office with the two pauses so old.
func pausedFor(a, b time.Duration) *deck.Snapshot {
	s := limited(office())
	for i, ago := range map[int]time.Duration{4: a, 3: b} {
		r := *s.Recordings[i]
		r.Pause.Since = time.Now().Add(-ago).UTC()
		s.Recordings[i] = &r
	}
	s.Longest = s.Recordings[4]
	if b > a {
		s.Longest = s.Recordings[3]
	}
	return s
}

// change returns the snapshot with one recording changed.
func change(s *deck.Snapshot, sid string, do func(*deck.Recording)) *deck.Snapshot {
	for i, r := range s.Recordings {
		if r.SID.String() == sid {
			c := *r
			do(&c)
			s.Recordings[i] = &c
		}
	}
	return s
}

// look selects a recording, and shows it in the detail pane.
func (s *session) look(sid string) *session {
	s.pick(sid).send(drawMsg{})
	return s
}

// onNight runs a test on a screen of 120x40 that shows nothing yet.
func onNight(t *testing.T, name string, o Options, play func(t *testing.T, s *session)) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { play(t, newSession(t, 120, 40, o)) })
	})
}

// rows are the short SIDs of the list, from the top.
func (s *session) rows() string {
	var out []string
	for _, l := range strings.Split(s.text(), "\n") {
		for _, sid := range []string{sidPaused, sidPaused2, sidRec, sidOld, sidQueued, sidEnded} {
			if before, _, ok := strings.Cut(l, "│"); ok && strings.HasSuffix(strings.TrimSpace(before), sid[len(sid)-4:]) {
				out = append(out, sid[len(sid)-4:])
			}
		}
	}
	return strings.Join(out, " ")
}

func TestNightScreen(t *testing.T) { // golden: testdata/TestNightScreen/<case>.txt
	for _, size := range [][2]int{{60, 15}, {80, 24}, {120, 40}, {250, 60}} {
		screenCase(t, fmt.Sprintf("alarm %dx%d", size[0], size[1]), size[0], size[1], Options{}, func(s *session) {
			s.show(pausedFor(192*time.Second, 100*time.Second))
		})
		screenCase(t, fmt.Sprintf("everything %dx%d", size[0], size[1]), size[0], size[1], Options{}, func(s *session) {
			s.show(nightOffice())
		})
	}
	at80 := func(name string, o Options, play func(s *session)) { screenCase(t, name, 80, 24, o, play) }
	at80("acknowledge asks why", Options{}, func(s *session) {
		s.show(pausedFor(192*time.Second, 41*time.Second)).press("a").wait(time.Second).press("c", "a", "r", "d")
	})
	at80("acknowledge asks for how long", Options{}, func(s *session) {
		s.show(pausedFor(192*time.Second, 41*time.Second)).press("a").wait(time.Second).press("c", "a", "r", "d", "enter", "2", "m")
	})
	at80("pause asks for a time", Options{}, func(s *session) { s.show(office()).pick(sidRec).press("P", "t", "9", "0", "s") })
	at80("pause with a time", Options{}, func(s *session) {
		s.show(office()).pick(sidRec).press("P", "t", "9", "0", "s").wait(time.Second).press("enter")
	})
	at80("masked", Options{MaskNumbers: true}, func(s *session) { s.show(office()).press("X") })
	at80("left behind", Options{LeftBehind: leftBy([]LeftBehind{{
		SID: text.New(sidPaused), Actor: "alice", PausedAt: time.Date(2000, 1, 1, 3, 2, 0, 0, time.UTC),
		EndedAt: time.Date(2000, 1, 1, 3, 4, 0, 0, time.UTC), Why: "her terminal is gone, and its process with it",
	}})}, func(s *session) { s.show(office()) })
	screenCase(t, "alarm in ascii 80x24", 80, 24, Options{ASCII: true}, func(s *session) {
		s.show(failed(nightOffice(), httpError(503, ""), 40*time.Second))
	})
}

// leftBy is an [Options.LeftBehind] that finds these pauses, and no others.
func leftBy(list []LeftBehind) func(context.Context) ([]LeftBehind, bool) {
	first := true
	return func(context.Context) ([]LeftBehind, bool) {
		ok := first
		first = false
		return list, ok
	}
}

// nightOffice has every state that a pause can be in.
func nightOffice() *deck.Snapshot {
	s := pausedFor(192*time.Second, 41*time.Second)
	now := time.Now()
	change(s, sidPaused, func(r *deck.Recording) {
		r.Timer = deck.Timer{Actor: "alice", Err: "it was changed since it was paused"}
	})
	change(s, sidPaused2, func(r *deck.Recording) {
		r.Timer = deck.Timer{Actor: "ana", At: now.Add(83 * time.Second)}
		r.Siblings = deck.Siblings{Recording: 1, Paused: 1, List: []deck.Sibling{{SID: text.New(sidRec), Why: "a participant's call"}}}
	})
	change(s, sidRec, func(r *deck.Recording) {
		r.Siblings = deck.Siblings{Recording: 1, Paused: 1, List: []deck.Sibling{{SID: text.New(sidPaused2), Why: "the conference that the call is in"}}}
	})
	change(s, sidOld, func(r *deck.Recording) {
		r.Status = api.Paused
		paused(r, 300*time.Second, deck.Pause{})
		r.Ack = deck.Ack{Actor: "bo", Reason: "the caller looks for the card", Until: now.Add(2 * time.Minute)}
	})
	s.Paused = 3
	return s
}

func TestAlarm(t *testing.T) {
	onNight(t, "warns after 90 s, alarms after 180 s, rings once and then once a minute", Options{}, func(t *testing.T, s *session) {
		s.show(pausedFor(85*time.Second, time.Second))
		s.want("PAUSED 2, longest 01:25")
		s.wantNot("PAUSED long", "!")
		s.wait(6 * time.Second)
		s.want("PAUSED +")
		if n := s.bells; n != 0 {
			t.Errorf("%d bells at a warning", n)
		}
		s.wait(90 * time.Second)
		s.want(" ALARM 1  PAUSED 2, longest 03:0", "!PAUSED")
		if n := s.bells; n != 1 {
			t.Errorf("%d bells when an alarm begins, want 1", n)
		}
		s.wait(58 * time.Second)
		if n := s.bells; n > 2 {
			t.Errorf("%d bells within a minute", n)
		}
		s.wait(4 * time.Minute)
		if n := s.bells; n < 5 || n > 6 {
			t.Errorf("%d bells in five minutes, want one a minute", n)
		}
	})
	onNight(t, "rings once a minute, however often alarms come and go", Options{}, func(t *testing.T, s *session) {
		for range 30 { // one server of several has another time, say
			s.show(pausedFor(181*time.Second, time.Second))
			s.show(pausedFor(time.Second, time.Second)).wait(time.Second)
		}
		if s.bells != 1 {
			t.Errorf("%d bells in 30 s, want 1", s.bells)
		}
		s.wait(30 * time.Second).show(pausedFor(181*time.Second, time.Second))
		if s.bells != 2 {
			t.Errorf("%d bells after a minute, want 2", s.bells)
		}
	})
	onNight(t, "the window title says it, in steps of 10 s", Options{}, func(t *testing.T, s *session) {
		s.show(pausedFor(191*time.Second, time.Second))
		titles := map[string]bool{}
		for range 60 {
			titles[s.m.View().WindowTitle] = true
			s.wait(time.Second)
		}
		if len(titles) > 8 || !titles["!2 PAUSED 03:10 tapedeck acme / support-eu: REC 2 PAUSED 2"] {
			t.Errorf("titles %v", titles)
		}
		s.show(limited(snapshotOf()))
		if got := s.m.View().WindowTitle; strings.Contains(got, "!") {
			t.Errorf("title %q after the alarm", got)
		}
	})
	onNight(t, "alarmed rows go to the top whatever the order, and the selection stays", Options{}, func(t *testing.T, s *session) {
		s.show(pausedFor(175*time.Second, 20*time.Second)).pick(sidRec).press("o", "2")
		if got, want := s.rows(), "07d1 8142 c07a 91be e3f0 5b6d"; got != want {
			t.Errorf("rows %q, want %q\n%s", got, want, s.text())
		}
		s.wait(10 * time.Second)
		if got, want := s.rows(), "8142 07d1 c07a 91be e3f0 5b6d"; got != want {
			t.Errorf("rows %q, want %q\n%s", got, want, s.text())
		}
		s.want("…91be  REC")
		s.press("p")
		s.wantVerbs("pause 91be silence")
	})
	onNight(t, "a frozen display still alarms, and its rows stay", Options{}, func(t *testing.T, s *session) {
		s.show(pausedFor(150*time.Second, 20*time.Second)).press("f").wait(40 * time.Second)
		s.want(" ALARM 1  PAUSED 2, longest 03:", "FROZEN", "PAUSED? +      02:30")
		if s.bells != 1 {
			t.Errorf("%d bells", s.bells)
		}
	})
	onNight(t, "old data still alarms", Options{}, func(t *testing.T, s *session) {
		s.show(failed(pausedFor(170*time.Second, 20*time.Second), httpError(503, ""), 30*time.Second)).wait(20 * time.Second)
		s.want(" ALARM 1  PAUSED 2, longest 03:", "STALE")
	})
	onNight(t, "a small screen too", Options{}, func(t *testing.T, s *session) {
		s.show(pausedFor(192*time.Second, 20*time.Second))
		s.send(tea.WindowSizeMsg{Width: 50, Height: 12})
		s.want("!PAUSED 2 03:12")
	})
	onNight(t, "an acknowledged one is silent until its deadline", Options{}, func(t *testing.T, s *session) {
		snap := pausedFor(192*time.Second, 20*time.Second)
		change(snap, sidPaused, func(r *deck.Recording) {
			r.Ack = deck.Ack{Actor: "bo", Reason: "card", Until: time.Now().Add(30 * time.Second)}
		})
		s.show(snap).pick(sidPaused)
		s.wantNot("!")
		s.want("acknowledged", "by bo, silent until")
		s.wait(32 * time.Second)
		s.want(" ALARM 1  PAUSED 2, longest 03:4", "!PAUSED")
	})
}

func TestAcknowledge(t *testing.T) {
	onNight(t, "asks for a reason and a deadline", Options{}, func(t *testing.T, s *session) {
		s.show(pausedFor(192*time.Second, 20*time.Second)).pick(sidPaused)
		s.want("a acknowledge")
		s.press("a", "a")
		s.want("Acknowledge the pause of …8142")
		s.wait(time.Second).press("enter")
		s.want("type why it is still paused")
		for _, k := range "card ana" {
			s.press(string(k))
		}
		s.press("enter")
		s.want("Reason: card ana", "Silent for how long (5m)")
		s.press("9", "h", "enter")
		s.want("9h is too long: at most 1h")
		s.press("backspace", "backspace", "enter")
		if got, want := strings.Join(s.d.notes, "; "), `ack 8142 ana "card ana" 5m0s`; got != want {
			t.Errorf("deck was asked %q, want %q", got, want)
		}
		s.want("acknowledged …8142: silent until")
		s.wantVerbs("")
	})
	onNight(t, "Esc, pasted text and 15 s without a key do not", Options{}, func(t *testing.T, s *session) {
		s.show(pausedFor(192*time.Second, 20*time.Second)).pick(sidPaused).press("a").wait(time.Second)
		s.send(tea.PasteMsg{Content: "card"})
		s.wantNot("card ")
		s.press("x", "esc")
		s.want("acknowledge …8142: canceled, nothing was changed")
		s.press("a").wait(10 * time.Second).press("x").wait(10 * time.Second)
		s.want("Acknowledge the pause")
		s.wait(6 * time.Second)
		s.want("acknowledge …8142 canceled: no answer for 15 s")
		if len(s.d.notes) > 0 {
			t.Errorf("deck was asked %q", s.d.notes)
		}
	})
	onNight(t, "what is not paused has none, and the deck may refuse", Options{}, func(t *testing.T, s *session) {
		s.show(pausedFor(192*time.Second, 20*time.Second)).pick(sidRec).press("a")
		s.want("cannot acknowledge …91be: it is not paused")
		s.d.refuse = errors.New("it is not paused: it is in-progress")
		s.pick(sidPaused).press("a").wait(time.Second).press("x", "enter", "enter")
		s.want("cannot acknowledge …8142: it is not paused: it is in-progress")
	})
	onNight(t, "on a row with an auto-resume too", Options{}, func(t *testing.T, s *session) {
		s.show(nightOffice()).pick(sidPaused2).press("a").wait(time.Second)
		s.want("Acknowledge the pause of …c07a")
		s.press("x", "enter", "enter")
		if got, want := strings.Join(s.d.notes, "; "), `ack c07a ana "x" 5m0s`; got != want {
			t.Errorf("deck was asked %q, want %q", got, want)
		}
	})
}

func TestAutoResume(t *testing.T) {
	at120(t, "t asks for a time, then 1 or 2 pauses with it", Options{}, func(t *testing.T, s *session) {
		s.pick(sidRec).press("P", "t").wait(time.Second).press("1", "6", "m", "enter")
		s.want("16m is too long: at most 15m")
		s.wantVerbs("")
		s.press("backspace", "backspace", "backspace", "6", "0", "enter")
		s.want("resume it after 1m")
		s.wantVerbs("")
		s.press("2")
		s.wantVerbs("pause 91be skip")
		if got := s.d.requests[0].ResumeAfter; got != time.Minute {
			t.Errorf("resumes after %s", got)
		}
	})
	at120(t, "without it there is none", Options{}, func(t *testing.T, s *session) {
		s.pick(sidRec).press("P", "1")
		if got := s.d.requests[0].ResumeAfter; got != 0 {
			t.Errorf("resumes after %s", got)
		}
	})
	onNight(t, "counts down on the row and in the detail", Options{}, func(t *testing.T, s *session) {
		s.show(nightOffice()).look(sidPaused2)
		s.want("r 01:23", "resumes in 01:23", "auto-resume", "changes it)")
		s.wait(3 * time.Second)
		s.want("r 01:20", "resumes in 01:20")
	})
	onNight(t, "what the timer did is said, and why not", Options{}, func(t *testing.T, s *session) {
		s.show(limited(office()))
		p := verified(deck.Request{SID: text.New(sidPaused), Update: api.Update{Status: api.InProgress}, Actor: deck.Actor{Actor: "alice"}, ByTimer: true})
		s.show(change(limited(office()), sidPaused, func(r *deck.Recording) {
			r.Status, r.Pause, r.Update = api.InProgress, deck.Pause{}, &p
		}))
		s.want("resumed …8142 by the auto-resume of alice: verified in 0.4 s")
		s.show(change(limited(office()), sidPaused, func(r *deck.Recording) {
			r.Timer = deck.Timer{Actor: "alice", Err: "it was changed since it was paused"}
		}))
		s.want("auto-resume of …8142, set by alice, not done: it was changed since it was paused", "!PAUSED")
		if s.bells != 1 { // both alarms are within a minute
			t.Errorf("%d bells", s.bells)
		}
	})
}

func TestMasked(t *testing.T) {
	onNight(t, "numbers are hidden, the filter finds them, v shows one for 10 s", Options{MaskNumbers: true}, func(t *testing.T, s *session) {
		s.show(office()).pick(sidPaused)
		s.want("***-0142 → ***-0199")
		for _, n := range []string{"555", "7946"} {
			s.wantNot(n)
		}
		s.press("v")
		s.want("(310) 555-0142 → (310) 555-0199", "it is journaled", "***-0123 →")
		if got := strings.Join(s.d.notes, "; "); got != "reveal 8142 ana" {
			t.Errorf("deck was asked %q", got)
		}
		s.wait(11 * time.Second)
		s.wantNot("555")
		s.press("/", "5", "5", "5", "-", "0", "1", "0", "7", "enter")
		s.want("***-0107", "1 of 6")
	})
	onNight(t, "prompts and participants too", Options{MaskNumbers: true}, func(t *testing.T, s *session) {
		snap := office()
		change(snap, sidPaused2, func(r *deck.Recording) {
			c := api.Call{From: text.New("+13105550177"), To: text.New("sip:+13105550188@acme"), CallerName: text.New("Bo +13105550177")}
			r.Participants = []deck.Participant{{Call: &c}}
		})
		s.show(snap).look(sidPaused2)
		s.want("***-0177 → sip:***-0188@acme")
		s.pick(sidRec).press("X")
		s.wantNot("5550177", "555-0123")
	})
	at120(t, "v without masks says so", Options{}, func(t *testing.T, s *session) {
		s.press("v")
		s.want("no number is masked")
		if len(s.d.notes) > 0 {
			t.Errorf("deck was asked %q", s.d.notes)
		}
	})
}

func TestLeftBehind(t *testing.T) {
	left := func(sid string) LeftBehind { return LeftBehind{SID: text.New(sid), Actor: "alice"} }
	onNight(t, "t takes it over, and q asks about it", Options{LeftBehind: leftBy([]LeftBehind{left(sidPaused)})}, func(t *testing.T, s *session) {
		s.show(nothing(nil))
		s.wantNot("alice")
		s.show(office())
		s.want("alice paused …8142 and lost the session; still paused")
		s.press("t")
		s.want("too soon: t")
		s.wait(400 * time.Millisecond).press("t")
		if got, want := strings.Join(s.d.notes, "; "), `ack 8142 ana "taken over from alice" 5m0s`; got != want {
			t.Errorf("deck was asked %q, want %q", got, want)
		}
		s.press("q")
		s.want("Quit? 1 recording that you paused is still paused")
		s.wantVerbs("")
	})
	onNight(t, "r and y resumes it", Options{LeftBehind: leftBy([]LeftBehind{left(sidPaused)})}, func(t *testing.T, s *session) {
		s.show(office()).wait(time.Second).press("r")
		s.want("Resume …8142?")
		s.wantVerbs("")
		s.press("y")
		s.want("too soon")
		s.wait(time.Second).press("y")
		s.wantVerbs("resume 8142")
	})
	onNight(t, "one after the other, any other key leaves it", Options{LeftBehind: leftBy([]LeftBehind{left(sidPaused), left(sidRec), left(sidPaused2)})},
		func(t *testing.T, s *session) {
			s.show(office()).wait(time.Second).press("j")
			s.want("…8142 is left as it is")
			s.wait(time.Second)
			s.want("alice paused …c07a")
			s.want("L 2 left behind")
			s.wait(time.Second).press("n").wait(2 * time.Second)
			s.wantNot("alice")
			s.want("L 2 left behind") // the third is not paused any more
			s.wantVerbs("")
			if len(s.d.notes) > 0 {
				t.Errorf("deck was asked %q", s.d.notes)
			}
		})
	onNight(t, "one that is resumed meanwhile is not asked about any more", Options{LeftBehind: leftBy([]LeftBehind{left(sidPaused)})}, func(t *testing.T, s *session) {
		s.show(office()).wait(time.Second)
		s.show(change(office(), sidPaused, func(r *deck.Recording) { r.Status, r.Pause = api.InProgress, deck.Pause{} }))
		s.want("the question about …8142 canceled: it is now REC")
		s.press("t")
		if len(s.d.notes) > 0 {
			t.Errorf("deck was asked %q", s.d.notes)
		}
	})
	onNight(t, "L asks again until each is answered", Options{LeftBehind: leftBy([]LeftBehind{left(sidPaused), left(sidPaused2)})}, func(t *testing.T, s *session) {
		s.show(office()).wait(time.Second).press("esc").wait(2 * time.Second).press("esc").wait(2 * time.Second)
		s.wantNot("alice")
		s.press("L")
		s.want("alice paused …8142 and lost the session")
		s.press("L") // the key that opened it answers nothing
		s.want("alice paused …8142 and lost the session")
		s.press("esc", "L")
		s.want("alice paused …c07a")
		s.wait(20 * time.Second) // the question ends by itself, what it is about does not
		s.wantNot("alice paused")
		s.want("L 2 left behind")
		s.show(office()) // a live screen again
		s.press("L").wait(time.Second).press("t")
		s.want("L 1 left behind")
		s.press("L")
		s.want("alice paused …c07a")
		s.wait(time.Second).press("r").wait(time.Second).press("esc") // the resume is not sent: nothing is answered yet
		s.want("L 1 left behind")
		s.wantVerbs("")
		s.show(change(office(), sidPaused2, func(r *deck.Recording) { r.Status, r.Pause = api.InProgress, deck.Pause{} }))
		s.wantNot("left behind")
		s.press("L")
		s.want("no pause was left behind")
	})
}

package ui

import (
	"strings"
	"testing"
	"time"

	"tapedeck/api/deck"
)

// wantNotes compares what the deck was asked that sends no update.
func (s *session) wantNotes(want string) {
	s.t.Helper()
	if got := strings.Join(s.d.notes, "; "); got != want {
		s.t.Errorf("deck was asked %q, want %q", got, want)
	}
}

// wantAfter compares the auto-resumes of the requests so far.
func (s *session) wantAfter(want ...time.Duration) {
	s.t.Helper()
	var got []string
	for _, r := range s.d.requests {
		got = append(got, r.ResumeAfter.String())
	}
	var all []string
	for _, d := range want {
		all = append(all, d.String())
	}
	if g, w := strings.Join(got, " "), strings.Join(all, " "); g != w {
		s.t.Errorf("the requests resume after %q, want %q", g, w)
	}
}

func TestSetAutoResume(t *testing.T) {
	onNight(t, "t sets, changes and cancels it", Options{}, func(t *testing.T, s *session) {
		s.show(nightOffice()).pick(sidPaused).press("t").wait(time.Second)
		s.want("Change the auto-resume of …8142", "It has none yet.")
		s.press("enter")
		s.want("type a time")
		s.press("9", "0", "enter")
		s.want("auto-resume of …8142 set: resumes in 01:30")
		s.pick(sidPaused2).press("t").wait(time.Second)
		s.want("It is set for 00:01:2")
		s.press("0", "enter")
		s.want("auto-resume of …c07a canceled")
		s.wantNotes("timer 8142 ana 1m30s; timer c07a ana 0s")
		s.wantVerbs("")
	})
	onNight(t, "P on a paused row offers it", Options{}, func(t *testing.T, s *session) {
		s.show(office()).pick(sidPaused2).press("P").wait(time.Second)
		s.want("Change the auto-resume of …c07a", "It is paused already. It has none yet.")
		s.press("2", "m", "enter")
		s.wantNotes("timer c07a ana 2m0s")
		s.wantVerbs("")
	})
	onNight(t, "Esc leaves it, and so does a resume by others", Options{}, func(t *testing.T, s *session) {
		s.show(office()).pick(sidPaused).press("t").wait(time.Second).press("5", "esc")
		s.want("change the auto-resume of …8142: canceled, nothing was changed")
		s.press("t").wait(time.Second)
		s.show(change(office(), sidPaused, func(r *deck.Recording) { r.Status, r.Pause = "in-progress", deck.Pause{} }))
		s.press("9", "enter")
		s.wantNotes("")
	})
	for name, o := range map[string]Options{"read-only": {ReadOnly: true}, "plain": {}} {
		onNight(t, "refusals, "+name, o, func(t *testing.T, s *session) {
			s.press("t")
			s.want("cannot set an auto-resume: no recording is selected")
			s.show(office()).pick(sidRec).press("t")
			if o.ReadOnly {
				s.want("cannot set the auto-resume of …91be: tapedeck is read-only here")
				s.pick(sidPaused).press("P")
				s.want("tapedeck is read-only here")
			} else {
				s.want("cannot set the auto-resume of …91be: it is not paused")
			}
			s.wantNotes("")
		})
	}
}

func TestAutoResumeSetting(t *testing.T) {
	o := Options{AutoResume: 3 * time.Minute}
	at120(t, "every pause has it, also of several", o, func(t *testing.T, s *session) {
		s.want("p pause·silence, resumes in 03:00")
		s.pick(sidRec).press("p")
		s.want("pausing …91be with silence: requested; resumes in 03:00")
		s.pick(sidOld).press("space").pick(sidQueued).press("space", "p").wait(time.Second).press("y")
		s.wantAfter(3*time.Minute, 3*time.Minute, 3*time.Minute)
	})
	at120(t, "P t overrides it, 0 is never, without t it stays", o, func(t *testing.T, s *session) {
		s.pick(sidRec).press("P")
		s.want("Pause …91be, resume it after 3m")
		s.press("t").wait(time.Second).press("9", "0", "enter", "1")
		s.pick(sidOld).press("P", "t").wait(time.Second).press("0", "enter")
		s.wantNot("resume it after")
		s.press("2")
		s.pick(sidQueued).press("P", "1")
		s.wantAfter(90*time.Second, 0, 3*time.Minute)
	})
	at120(t, "resumes and stops have none, and it is at most the deck's longest", Options{AutoResume: time.Hour}, func(t *testing.T, s *session) {
		s.pick(sidPaused).press("r").wait(time.Second).press("y")
		s.pick(sidRec).press("p")
		s.wantAfter(0, deck.MaxResumeAfter)
	})
	at120(t, "off by default", Options{}, func(t *testing.T, s *session) {
		s.wantNot("resumes in")
		s.pick(sidRec).press("p")
		s.wantAfter(0)
	})
}

package ui

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

// aNight is what a journal says of a night, the newest first.
func aNight(now time.Time) []Action {
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	return []Action{
		{Time: ago(2 * time.Second), Actor: "ana", Recording: text.New(sidRec), What: "pause", Behavior: "silence"},
		{Time: ago(30 * time.Second), Actor: "alice", Recording: text.New(sidPaused), What: "pause", Behavior: "skip", Outcome: "verified"},
		{Time: ago(3 * time.Minute), Actor: "bo", Recording: text.New(sidPaused2), What: "resume", Outcome: "failed", Reason: "HTTP 403: Forbidden"},
		{Time: ago(4 * time.Minute), Actor: "bo", Recording: text.New(sidPaused2), What: "acknowledge", Reason: "card", Until: ago(-time.Minute)},
		{Time: ago(5 * time.Minute), Actor: "bo", Recording: text.New(sidPaused2), What: "auto-resume", Until: ago(-2 * time.Minute)},
		{Time: ago(6 * time.Minute), Recording: text.New(sidOld), What: "seen", Reason: "resumed by others"},
		{Time: ago(3 * time.Hour), Actor: "cy as root", Recording: text.New("gone-0000-0000-77aa"), What: "stop", Outcome: "verified"},
		{Time: ago(50 * time.Hour), Actor: "cy as root", Recording: text.New("gone-0000-0000-77aa"), What: "resume", ByTimer: true, Outcome: "unknown"},
	}
}

func TestHistoryScreen(t *testing.T) { // golden: testdata/TestHistoryScreen/<case>.txt
	for _, size := range [][2]int{{60, 15}, {80, 24}, {120, 40}} {
		o := Options{History: func(int) ([]Action, error) { return aNight(time.Now()), nil }}
		screenCase(t, fmt.Sprintf("%dx%d", size[0], size[1]), size[0], size[1], o, func(s *session) {
			s.show(office()).press("h")
		})
	}
}

func TestHistory(t *testing.T) {
	var n int
	journal := Options{History: func(int) ([]Action, error) { n++; return aNight(time.Now()), nil }}
	at120(t, "nothing is sent from it, and Esc closes it", journal, func(t *testing.T, s *session) {
		s.pick(sidRec).press("h")
		s.want("History: the last 20 actions of everybody", "alice", "pause …8142 with skip: verified", "(310) 555-0142",
			"resume …c07a: failed: HTTP 403: Forbidden", "you", "pause …91be with silence: no outcome yet", "3 h ago", "2 days ago")
		for _, k := range []string{"p", "P", "r", "X", "space", "a", "t"} {
			s.press(k)
			if k != "space" {
				s.want("nothing was sent: the history covers the list")
			}
		}
		s.press("y", "enter")
		s.wantNot("History")
		s.wantVerbs("")
		if len(s.d.notes) > 0 || s.m.prompt != nil || len(s.m.list.Marks()) > 0 {
			t.Errorf("notes %q, prompt %v, marks %v", s.d.notes, s.m.prompt, s.m.list.Marks())
		}
	})
	at120(t, "it is read again with each poll while it is open, and only then", journal, func(t *testing.T, s *session) {
		n = 0
		s.show(office())
		if n != 0 {
			t.Errorf("read %d times though it is not open", n)
		}
		s.press("h")
		s.show(office()).show(office())
		if n != 3 {
			t.Errorf("read %d times, want 3", n)
		}
	})
	slow := make(chan struct{})
	at120(t, "a slow disk holds nothing up", Options{History: func(int) ([]Action, error) { <-slow; return nil, nil }}, func(t *testing.T, s *session) {
		slow = make(chan struct{})
		s.press("h")
		s.want("History: reading the journal")
		s.press("esc").wait(time.Second).pick(sidRec).press("p")
		s.wantVerbs("pause 91be silence")
		close(slow)
	})
	at120(t, "a journal that cannot be read", Options{History: func(int) ([]Action, error) { return nil, errors.New("open /x: denied") }}, func(t *testing.T, s *session) {
		s.press("h")
		s.want("no journal: open /x: denied; these are this session's actions")
	})
	at120(t, "none", Options{History: func(int) ([]Action, error) { return nil, fs.ErrNotExist }}, func(t *testing.T, s *session) {
		s.press("h")
		s.want("there is no journal; these are this session's actions", "nothing was done")
	})
}

func TestHistoryOfTheSession(t *testing.T) {
	onNight(t, "the demo shows its own", Options{Demo: true}, func(t *testing.T, s *session) {
		s.show(office()).press("h")
		s.want("the demo keeps no journal; these are this session's actions", "nothing was done")
		p := verified(deck.Request{SID: text.New(sidRec), Update: api.Update{Status: api.Paused, PauseBehavior: api.Silence}, Actor: deck.Actor{Actor: "ana"}})
		p.ID, p.Outcome, p.Settled = 7, deck.Requested, false
		s.show(change(office(), sidRec, func(r *deck.Recording) { q := p; r.Update = &q }))
		s.want("pause …91be with silence: no outcome yet")
		p.Outcome, p.Settled = deck.Verified, true
		snap := change(office(), sidRec, func(r *deck.Recording) { r.Update = &p })
		s.show(change(snap, sidPaused, func(r *deck.Recording) {
			r.Ack = deck.Ack{Actor: "ana", Reason: "card", Until: time.Now().Add(time.Minute)}
		}))
		s.want("you", "pause …91be with silence: verified", "acknowledged …8142 until", ": card")
		s.show(change(office(), sidRec, func(r *deck.Recording) { r.Update = &p }))
		if got := strings.Count(s.text(), "pause …91be"); got != 1 {
			t.Errorf("the pause is there %d times\n%s", got, s.text())
		}
		s.press("j", "j", "G", "g").press("h")
		s.wantNot("History")
	})
}

func TestByWhom(t *testing.T) {
	onPause := func(s *session) {
		s.show(change(office(), sidPaused, func(r *deck.Recording) {
			r.Pause = deck.Pause{Since: time.Now().Add(-125 * time.Second), Actor: "alice", Behavior: api.Skip, Recorded: true}
		}))
	}
	t.Run("wide", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSession(t, 100, 40, Options{})
			onPause(s)
			s.look(sidPaused)
			s.want("(310) 555-0199 by alice", "skip · by alice, 2 min ago")
		})
	})
	t.Run("narrow", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSession(t, 80, 24, Options{})
			onPause(s)
			s.look(sidPaused)
			s.want("(310) 555-0142 → (310) 555-0199")
		})
	})
}

package ui

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/theme"
)

// troubledOffice is the office with a trouble of some recordings, by SID. None of
// its pauses is long.
func troubledOffice(kinds map[string]deck.TroubleKind) *deck.Snapshot {
	s := limited(pausedFor(41*time.Second, 20*time.Second))
	for sid, kind := range kinds {
		change(s, sid, func(r *deck.Recording) {
			r.Trouble = deck.Trouble{Kind: kind, Since: time.Now(), Actor: "ana", Why: "HTTP 422"}
		})
		if kind == deck.NotPaused {
			s.NotPaused++
		} else {
			s.ResumedByOthers++
		}
	}
	return s
}

func TestTrouble(t *testing.T) {
	one := map[string]deck.TroubleKind{sidOld: deck.NotPaused}
	both := map[string]deck.TroubleKind{sidOld: deck.NotPaused, sidRec: deck.ResumedByOthers}
	for _, size := range [][2]int{{60, 15}, {80, 24}, {120, 40}, {250, 60}} {
		synctest.Test(t, func(t *testing.T) {
			s := newSession(t, size[0], size[1], Options{})
			s.show(limited(office())).show(troubledOffice(both))
			rows := strings.Split(s.text(), "\n")
			first := 0
			for i, l := range rows {
				if strings.Contains(l, "STATUS") {
					first = i + 1
				}
			}
			if !strings.Contains(rows[first]+rows[first+1], "!REC") || strings.Contains(rows[first], "PAUSED") {
				t.Errorf("%v: a recording in trouble is not on top:\n%s", size, s.text())
			}
			s.want(" NOT PAUSED 1 ", " RESUMED BY OTHERS 1 ", "PAUSED 2", "NOT PAUSED: …07d1 is still recording (HTTP 422)")
			if size[0] >= 80 {
				s.want("!REC not paused", "!REC ", "by others  ")
			}
			if s.bells != 1 {
				t.Errorf("%v: %d bells", size, s.bells)
			}
			if got, want := s.m.View().WindowTitle, "!NOT PAUSED …07d1 !RESUMED BY OTHERS …91be tapedeck"; !strings.HasPrefix(got, want) {
				t.Errorf("title %q, want %q", got, want)
			}
		})
	}
	onNight(t, "it goes before a pause that is too long, and stays until it is over", Options{}, func(t *testing.T, s *session) {
		snap := troubledOffice(one)
		change(snap, sidPaused, func(r *deck.Recording) { r.Pause.Since = time.Now().Add(-time.Hour) })
		s.show(snap)
		s.want(" NOT PAUSED 1   ALARM 1 ")
		if got, want := s.rows(), "07d1 8142 c07a e3f0 91be 5b6d"; got != want {
			t.Errorf("rows %q, want %q", got, want)
		}
		s.wait(time.Minute).press("j", "k").wait(time.Second)
		s.want("NOT PAUSED: …07d1 is still recording (HTTP 422)")
		if s.bells < 2 || s.bells > 2 {
			t.Errorf("%d bells in a minute, want 2", s.bells)
		}
		s.show(limited(office()))
		s.wantNot("NOT PAUSED", "!REC")
	})
	onNight(t, "the next step is for the recording that is selected", Options{}, func(t *testing.T, s *session) {
		s.show(troubledOffice(one)).look(sidRec)
		s.want("Select it (g), then p tries again", "p pause·silence")
		s.look(sidOld)
		s.want("(HTTP 422). p tries again", "a acknowledge", "p tries again")
		s.show(troubledOffice(map[string]deck.TroubleKind{sidOld: deck.ResumedByOthers}))
		s.want("RESUMED BY OTHERS: …07d1 is recording again (HTTP 422). p pauses it again")
	})
	onNight(t, "the words of the failed pause are not said twice, its hint stays", Options{}, func(t *testing.T, s *session) {
		s.show(limited(office())).look(sidOld)
		s.d.settle = func(r deck.Request) (deck.Progress, error) {
			return deck.Progress{ID: 1, Request: r, Outcome: deck.Failed, Settled: true, Err: &api.Error{StatusCode: 401, Code: 20003, Message: text.New("Authentication failed")}}, nil
		}
		s.press("p")
		s.show(troubledOffice(one))
		s.want("NOT PAUSED: …07d1", "hint: check SIGNALWIRE_PROJECT_ID", "? help")
		s.wantNot("pause …07d1: failed")
	})
	onNight(t, "an answer to a key is still read", Options{}, func(t *testing.T, s *session) {
		s.show(troubledOffice(one)).look(sidRec).press("r")
		s.want("NOT PAUSED: …07d1", "cannot resume …91be: it is not paused", "? help")
	})
	onNight(t, "a asks for the reason only", Options{}, func(t *testing.T, s *session) {
		s.show(troubledOffice(one)).look(sidOld).press("a")
		s.want("Acknowledge that …07d1 is not paused", "Why is it still recording?")
		s.wait(time.Second).press("enter")
		s.want("type why it is still recording")
		s.press("o", "k", "enter")
		if got, want := strings.Join(s.d.notes, "; "), `ack 07d1 ana "ok" 0s`; got != want {
			t.Errorf("deck was asked %q, want %q", got, want)
		}
		s.want("acknowledged: …07d1 is not paused")
	})
	onNight(t, "an acknowledged one alarms no more", Options{}, func(t *testing.T, s *session) {
		snap := troubledOffice(one)
		change(snap, sidOld, func(r *deck.Recording) { r.Trouble.Acked = true })
		s.show(snap)
		s.wantNot("NOT PAUSED", "!REC")
		if s.bells != 0 {
			t.Errorf("%d bells", s.bells)
		}
	})
	onNight(t, "old data and a frozen display too", Options{}, func(t *testing.T, s *session) {
		s.show(limited(office())).press("f")
		s.show(failed(troubledOffice(one), httpError(503, ""), 40*time.Second))
		s.want(" NOT PAUSED 1 ", "NOT PAUSED: …07d1", "STALE", "FROZEN")
	})
}

// A message about one recording goes when the selection leaves it, unless it
// must not be overlooked.
func TestMessageGoesWithTheSelection(t *testing.T) {
	onNight(t, "an answer to a key goes", Options{}, func(t *testing.T, s *session) {
		s.show(office()).look(sidRec).press("r")
		s.want("cannot resume …91be: it is not paused")
		s.press("j").wait(100 * time.Millisecond)
		s.wantNot("cannot resume")
	})
	onNight(t, "what says nothing of it stays", Options{}, func(t *testing.T, s *session) {
		s.show(office()).look(sidRec).press("s", "j").wait(100 * time.Millisecond)
		s.want("stop is X, it asks first")
	})
	onNight(t, "a failure stays", Options{}, func(t *testing.T, s *session) {
		s.show(office()).look(sidRec)
		s.d.settle = func(r deck.Request) (deck.Progress, error) {
			return deck.Progress{ID: 1, Request: r, Outcome: deck.Failed, Settled: true, Err: httpError(422, "no")}, nil
		}
		s.press("p", "j").wait(100 * time.Millisecond)
		s.want("pause …91be: failed")
	})
}

// The hints stay below a message of two lines, which keeps its color.
func TestTwoLines(t *testing.T) {
	for _, size := range [][2]int{{60, 15}, {80, 24}, {120, 40}} {
		synctest.Test(t, func(t *testing.T) {
			s := newSession(t, size[0], size[1], Options{Theme: "dark"})
			s.show(office())
			s.m.complain("pause …91be: failed: "+strings.Repeat("word ", 30), "do this", time.Now())
			s.send(drawMsg{})
			lines := strings.Split(s.text(), "\n")
			if !strings.Contains(lines[len(lines)-1], "? help") || !strings.Contains(lines[len(lines)-2], "word") || !strings.Contains(lines[len(lines)-3], "pause …91be") {
				t.Errorf("%v:\n%s", size, s.text())
			}
			raw := strings.Split(s.m.View().Content, "\n")
			for _, l := range raw[len(raw)-3 : len(raw)-1] {
				if !strings.Contains(l, s.m.th.Begin(theme.Bad)) {
					t.Errorf("%q has lost its color", l)
				}
			}
		})
	}
}

func TestHideEnded(t *testing.T) {
	onNight(t, "e hides them, says how many, and shows them again", Options{}, func(t *testing.T, s *session) {
		s.show(office()).press("e")
		s.want("1 ended recordings are hidden; e shows them", "1 ended hidden (e)")
		s.wantNot("STOPPED")
		s.press("e")
		s.want("STOPPED", "ended recordings are shown")
	})
}

package ui

import (
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

// What was said of a pause or resume is taken back when it is so no more.
func TestPastIsNotSaid(t *testing.T) {
	done := func(s *session, sid string, status api.Status) deck.Progress {
		var p deck.Progress
		s.d.settle = func(r deck.Request) (deck.Progress, error) { p = verified(r); p.ID = 1; return p, nil }
		s.look(sid)
		if status == api.Paused {
			s.press("p").wait(time.Second)
		} else {
			s.press("r").wait(time.Second).press("y").wait(time.Second)
		}
		return p
	}
	onNight(t, "a pause that others ended", Options{}, func(t *testing.T, s *session) {
		s.show(limited(office()))
		p := done(s, sidOld, api.Paused)
		s.show(change(limited(office()), sidOld, func(r *deck.Recording) { r.Status, r.Update = api.Paused, &p }))
		s.want("paused …07d1 with silence: verified")
		snap := troubledOffice(map[string]deck.TroubleKind{sidOld: deck.ResumedByOthers})
		s.show(change(snap, sidOld, func(r *deck.Recording) { r.Update = &p }))
		s.want("RESUMED BY OTHERS: …07d1")
		s.wantNot("paused …07d1 with silence: verified")
	})
	onNight(t, "a resume after which others paused", Options{}, func(t *testing.T, s *session) {
		s.show(limited(office()))
		p := done(s, sidPaused, api.InProgress)
		s.show(change(limited(office()), sidPaused, func(r *deck.Recording) { r.Status, r.Update = api.InProgress, &p }))
		s.want("resumed …8142: verified")
		s.show(change(limited(office()), sidPaused, func(r *deck.Recording) { r.Update = &p }))
		s.wantNot("resumed …8142: verified")
	})
}

// The acknowledgement of a trouble has no deadline, and no snapshot shows it.
func TestTroubleAcknowledgedInHistory(t *testing.T) {
	onNight(t, "by the journal", Options{History: func(int) ([]Action, error) {
		return []Action{{Time: time.Now(), Actor: "ana", Recording: text.New(sidOld), What: "acknowledge", Reason: "on the phone"}}, nil
	}}, func(t *testing.T, s *session) {
		s.show(office()).press("h")
		s.want("acknowledged …07d1: on the phone")
		s.wantNot("until")
	})
	for kind, words := range map[deck.TroubleKind]string{
		deck.NotPaused: "acknowledged: …07d1 is not paused", deck.ResumedByOthers: "acknowledged: …07d1 was resumed by others",
	} {
		onNight(t, "this session's own, "+string(kind), Options{Demo: true}, func(t *testing.T, s *session) {
			s.show(troubledOffice(map[string]deck.TroubleKind{sidOld: kind})).look(sidOld).press("a").wait(time.Second)
			s.press("o", "k", "enter")
			s.want(words)
			s.press("h")
			s.want("you", "acknowledged …07d1: ok")
		})
	}
}

// What was said of a filter goes with it, and does not hide what is typed.
func TestFilterSaid(t *testing.T) {
	s := func(t *testing.T) *session { return newSession(t, 80, 24, Options{}) }
	typeIn := func(s *session, words string) {
		for _, c := range words {
			s.press(string(c))
		}
	}
	t.Run("nothing matches", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := s(t)
			s.show(office()).press("/")
			typeIn(s, "zzz")
			s.press("enter")
			s.want("no recording matches /zzz/")
			s.wait(time.Second).press("esc").press("/")
			s.wantNot("no recording matches")
		})
	})
	t.Run("a wrong one", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := s(t)
			s.show(office()).press("/")
			typeIn(s, "pausd>1m")
			s.want("/ pausd>1m", "pausd> is not a filter term: did you mean paused>?")
		})
	})
}

// A pause that was contradicted, and proves to be done, is red no more.
func TestContradictedThenVerifiedLate(t *testing.T) {
	onNight(t, "the line is taken back", Options{}, func(t *testing.T, s *session) {
		s.show(limited(office())).look(sidOld)
		var p deck.Progress
		s.d.settle = func(r deck.Request) (deck.Progress, error) {
			p = verified(r)
			p.ID, p.Outcome, p.Note = 1, deck.Contradicted, "it is in-progress"
			return p, nil
		}
		s.press("p").wait(time.Second)
		trouble := troubledOffice(map[string]deck.TroubleKind{sidOld: deck.NotPaused})
		s.show(change(trouble, sidOld, func(r *deck.Recording) { q := p; r.Update = &q }))
		s.want("NOT PAUSED: …07d1", "pause …07d1 with silence: contradicted: it is in-progress")
		p.Outcome, p.Note, p.WasLate = deck.Verified, "", true
		late := change(limited(office()), sidOld, func(r *deck.Recording) { r.Status, r.Update = api.Paused, &p })
		s.show(late)
		s.want("paused …07d1 with silence: verified late")
		s.wantNot("contradicted", "NOT PAUSED")
		s.wait(11 * time.Second).show(late)
		s.wantNot("paused …07d1 with silence: verified late")
	})
}

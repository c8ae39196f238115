package ui

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/secret"
	"tapedeck/api/sim"
)

// drill starts a screen on a space of a scenario, with a deck that polls it.
func drill(t *testing.T, sc sim.Scenario) (*session, *sim.Space) {
	space := sim.New(sc.Options())
	d, err := deck.Open(api.Config{
		Space: "https://sim.example", Project: space.Project(), Token: secret.New(space.Token()), Transport: space.Transport(),
	}, deck.Config{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &session{t: t, msgs: make(chan tea.Msg, 100), m: New(ctx, Options{Deck: d, Space: "acme", Actor: deck.Actor{Actor: "ana"}, Theme: "dark"})}
	s.run(s.m.Init())
	s.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	done := make(chan struct{})
	go func() { defer close(done); d.Run(ctx) }()
	t.Cleanup(func() {
		_ = d.Close(context.Background())
		cancel()
		<-done
		s.m.Close()
		time.Sleep(3 * time.Second)
	})
	return s, space
}

// typed presses keys as a person in a hurry does.
func (s *session) typed(keys ...string) *session {
	for _, k := range keys {
		s.press(k).wait(80 * time.Millisecond)
	}
	return s
}

// TestCard has the drill card won ten times of ten by a filter, Enter and p:
// the call of the card is paused within 3 s of the first key, and no other.
func TestCard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, space := drill(t, "card")
		mine := func() (r *deck.Recording) {
			i := slices.IndexFunc(s.m.live.Recordings, func(r *deck.Recording) bool {
				return r.Active() && r.Call != nil && r.Call.From.String() == "client:card-in-8-s"
			})
			if i < 0 {
				return nil
			}
			return s.m.live.Recordings[i]
		}
		for try := range 10 {
			for mine() == nil {
				s.wait(time.Second)
			}
			r := mine()
			s.typed("G", "k") // somebody looks at another one
			began := time.Now()
			s.typed("/")
			for _, c := range lastDigits(r.Call.To.String()) {
				s.typed(string(c))
			}
			s.typed("enter", "p")
			if s.m.prompt != nil { // as the selection has just moved: it has been named
				if q := s.m.prompt.Question(); q.Request.SID != r.SID {
					t.Fatalf("p asks about %s, want %s\n%s", q.Request.SID, r.SID, s.text())
				}
				s.wait(300 * time.Millisecond).typed("y")
			}
			for r = mine(); r != nil && !r.Paused() && time.Since(began) < 5*time.Second; r = mine() {
				s.wait(50 * time.Millisecond)
			}
			if took := time.Since(began); r == nil || !r.Paused() || took > 3*time.Second {
				t.Fatalf("try %d: after %s the call is %v\n%s", try, took, r, s.text())
			}
			s.wait(25 * time.Second).typed("r").wait(time.Second).typed("y").wait(time.Second).typed("esc")
			for mine() != nil {
				s.wait(time.Second)
			}
		}
		story := strings.Join(space.Story(), "\n")
		if n := strings.Count(story, "nothing of the card was recorded"); n != 10 {
			t.Errorf("%d of 10 cards were kept off the tape", n)
		}
		if strings.Contains(story, "of another call") || strings.Contains(story, "still paused") {
			t.Errorf("it went wrong:\n%s", story)
		}
	})
}

// lastDigits returns the last four digits of a number, or the first letters of
// a name.
func lastDigits(s string) string {
	if d := s[max(0, len(s)-4):]; strings.Trim(d, "0123456789") == "" {
		return d
	}
	return "card"
}

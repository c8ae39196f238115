package ui

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/slips"
)

// failed is the health after polls have failed for some time.
func failed(s *deck.Snapshot, err error, ago time.Duration) *deck.Snapshot {
	s.Health.Failing, s.Health.Err = time.Now().Add(-ago), err
	s.Health.Next = time.Now().Add(8 * time.Second)
	if !s.Health.Complete.IsZero() {
		s.Health.Complete = time.Now().Add(-ago - 2*time.Second)
	}
	return s
}

// nothing is a snapshot before anything is known.
func nothing(err error) *deck.Snapshot {
	s := snapshotOf()
	s.Health.Complete = time.Time{}
	if err != nil {
		return failed(s, err, 5*time.Second)
	}
	s.Health.Page = 1
	return s
}

func httpError(status int, message string) error {
	return &api.Error{StatusCode: status, Message: text.New(message)}
}

func TestScreen(t *testing.T) { // golden: testdata/TestScreen/<case>.txt
	sizes := [][2]int{{60, 15}, {80, 24}, {120, 40}, {250, 60}}
	every := func(name string, o Options, play func(s *session)) {
		for _, size := range sizes {
			screenCase(t, fmt.Sprintf("%s %dx%d", name, size[0], size[1]), size[0], size[1], o, play)
		}
	}
	at80 := func(name string, o Options, play func(s *session)) { screenCase(t, name, 80, 24, o, play) }

	every("full", Options{}, func(s *session) { s.show(office()) })
	every("stale", Options{}, func(s *session) {
		s.show(failed(office(), httpError(503, ""), 40*time.Second))
	})
	every("stop asks", Options{}, func(s *session) { s.show(office()).press("X", "8", "1") })
	every("help", Options{}, func(s *session) { s.show(office()).press("?") })
	every("demo", Options{Demo: true}, func(s *session) { s.show(office()) })

	at80("before anything", Options{}, func(*session) {})
	at80("loading", Options{}, func(s *session) { s.show(nothing(nil)) })
	at80("loading with rows", Options{}, func(s *session) {
		snap := office()
		snap.Health = deck.Health{Page: 3}
		s.show(snap)
	})
	at80("empty", Options{}, func(s *session) { s.show(snapshotOf()) })
	at80("empty and stale", Options{}, func(s *session) {
		s.show(failed(snapshotOf(), httpError(503, ""), 40*time.Second))
	})
	at80("unauthorized", Options{}, func(s *session) { s.show(nothing(httpError(401, "Authentication failed"))) })
	at80("rate limited", Options{}, func(s *session) { s.show(nothing(httpError(429, ""))) })
	at80("rate limited with rows", Options{}, func(s *session) { s.show(failed(office(), httpError(429, ""), 10*time.Second)) })
	at80("partial", Options{}, func(s *session) {
		snap := office()
		snap.Health.Partial, snap.Health.Err = true, fmt.Errorf("poll: %w", api.ErrPage)
		s.show(snap)
	})
	at80("frozen", Options{}, func(s *session) { s.show(office()).press("f").wait(10 * time.Second) })
	at80("read-only", Options{ReadOnly: true}, func(s *session) { s.show(office()).press("p") })
	screenCase(t, "everything at once 60x15", 60, 15, Options{ReadOnly: true}, func(s *session) {
		s.show(office()).press("f")
		s.show(failed(office(), httpError(503, ""), 40*time.Second)).wait(time.Second)
	})
	screenCase(t, "everything at once 120x40", 120, 40, Options{ReadOnly: true}, func(s *session) {
		s.show(office()).press("f")
		s.show(failed(office(), httpError(503, ""), 40*time.Second)).wait(time.Second)
	})
	at80("pause asks", Options{}, func(s *session) { s.show(office()).wait(slips.LeadFor).press("G", "k", "P") })
	at80("resume asks", Options{}, func(s *session) { s.show(office()).press("r") })
	at80("quit asks", Options{}, leavePaused)
	at80("filter", Options{}, func(s *session) { s.show(office()).press("/", "5", "5", "5", "-", "0", "1", "9") })
	at80("filter is wrong", Options{}, func(s *session) { s.show(office()).press("/", "a", "g", "e", ">") })
	at80("filter kept", Options{}, func(s *session) {
		s.show(office()).press("/", "p", "a", "u", "s", "e", "d", "enter")
	})
	at80("filter matches nothing", Options{}, func(s *session) { s.show(office()).press("/", "z", "z", "enter") })
	at80("sort menu", Options{}, func(s *session) { s.show(office()).press("o") })
	at80("detail in full", Options{}, func(s *session) { s.show(office()).press("enter") })
	screenCase(t, "detail beside 120x40", 120, 40, Options{}, func(s *session) { s.show(office()).press("tab") })
	screenCase(t, "raw 120x40", 120, 40, Options{}, func(s *session) { s.show(office()).press("J") })
	screenCase(t, "ascii 80x24", 80, 24, Options{ASCII: true}, func(s *session) { s.show(office()).press("P") })
	screenCase(t, "ascii 120x40", 120, 40, Options{ASCII: true, Theme: "mono"}, func(s *session) { s.show(office()) })
	screenCase(t, "too small", 29, 12, Options{}, func(s *session) { s.show(office()).press("p") })
	screenCase(t, "too small with a prompt", 80, 24, Options{}, func(s *session) {
		s.show(office()).press("r")
		s.send(tea.WindowSizeMsg{Width: 50, Height: 2})
		s.press("y")
	})
	at80("update fails", Options{}, func(s *session) {
		s.show(office())
		s.d.settle = func(r deck.Request) (deck.Progress, error) {
			return deck.Progress{
				ID: 1, Request: r, Outcome: deck.Failed, Settled: true,
				Err: fmt.Errorf("update: %w", &api.Error{StatusCode: 401, Code: 20003, Message: text.New("Authentication failed")}),
			}, nil
		}
		s.wait(slips.LeadFor).press("G", "k", "p")
	})
}

func screenCase(t *testing.T, name string, w, h int, o Options, play func(s *session)) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSession(t, w, h, o)
			play(s)
			golden(t, s.text())
		})
	})
}

// leavePaused pauses a recording and quits.
func leavePaused(s *session) {
	s.show(office()).press("g", "down", "down", "down", "down")
	pauseSelected(s, sidRec)
	s.press("q")
}

// pauseSelected pauses the recording, which is to be selected, and shows it
// paused.
func pauseSelected(s *session, sid string) {
	s.t.Helper()
	s.pick(sid)
	s.d.settle = func(r deck.Request) (deck.Progress, error) { return verified(r), nil }
	s.press("p")
	snap := office()
	for i, r := range snap.Recordings {
		if r.SID.String() == sid {
			now := recording(sid, api.Paused, 9*time.Second)
			now.Call, now.Conference = r.Call, r.Conference
			p := verified(s.d.requests[len(s.d.requests)-1])
			now.Update = &p
			snap.Recordings[i] = paused(now, time.Second, deck.Pause{Actor: "ana", Behavior: api.Silence})
		}
	}
	s.show(snapshotOf(snap.Recordings...))
}

func verified(r deck.Request) deck.Progress {
	now := time.Now()
	return deck.Progress{
		ID: 1, Request: r, Outcome: deck.Verified, Settled: true, Asked: now,
		Answered: now.Add(100 * time.Millisecond), Done: now.Add(400 * time.Millisecond),
	}
}

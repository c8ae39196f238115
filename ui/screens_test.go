package ui

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/secret"
	"tapedeck/api/serve"
	"tapedeck/api/sim"
)

// TestHundredScreens: a hundred screens that are attached to a service cost the
// API at most 1.02 times the requests of one.
func TestHundredScreens(t *testing.T) {
	many := 100
	if raceEnabled {
		many = 10
	}
	one, all := apiRequests(t, 1), apiRequests(t, many)
	t.Logf("requests to the API in half a minute: %d with one screen, %d with %d, %.3f times as many", one, all, many, float64(all)/float64(one))
	if float64(all) > 1.02*float64(one) {
		t.Errorf("%d requests with one screen, %d with %d", one, all, many)
	}
}

// someRole is what a service tells of a screen of a test.
type someRole struct{}

func (someRole) Role() Role               { return Role{Name: "operator", May: []string{"all"}} }
func (someRole) Show(Question, time.Time) {}

// TestFirstFrameOfAService: the first frame has the rows, and what the data is
// worth.
func TestFirstFrameOfAService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDeck()
		d.feed <- office()
		m := New(t.Context(), Options{Deck: d, Service: someRole{}, Space: "acme", Actor: deck.Actor{Actor: "ana"}})
		defer m.Close()
		m.Update(tea.WindowSizeMsg{Width: 120, Height: 40})
		text := screenText(m.View(), 120, 40)
		for _, want := range []string{"live", "PAUSED 2", "8142"} {
			if !strings.Contains(text, want) {
				t.Errorf("the first frame has no %q:\n%s", want, text)
			}
		}
		if strings.Contains(text, "LOADING") {
			t.Errorf("the first frame says LOADING:\n%s", text)
		}
	})
}

// apiRequests counts the requests to the API of half a minute, with so many screens
// that look at recordings.
func apiRequests(t *testing.T, screens int) (n int) {
	synctest.Test(t, func(t *testing.T) {
		space := sim.New(sim.Options{Recordings: 20, History: 50, Churn: 2, Seed: 5})
		d, err := deck.Open(api.Config{
			Space: "http://127.0.0.1", Project: space.Project(), Token: secret.New(space.Token()), Transport: distant{space.Transport()},
		}, deck.Config{Interval: 2 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		h := newHost(t)
		h.start(serve.Options{Projects: []*serve.Project{{Space: "acme", ID: space.Project(), Deck: d}}}, func() {})
		ctx, cancel := context.WithCancel(context.Background())
		var running sync.WaitGroup
		for i := range screens {
			c := h.client(1001 + i)
			defer c.Close()
			screen := &soakScreen{msgs: make(chan tea.Msg), m: New(ctx, Options{Deck: c, Space: "acme", Actor: deck.Actor{Actor: "ana"}})}
			defer screen.m.Close()
			running.Go(func() { screen.loop(ctx) })
			running.Go(func() { // it looks around, everybody at the same rows
				for sleep(ctx, 3*time.Second) && screen.hand(ctx, func() []string { return []string{"j"} }) {
				}
			})
		}
		time.Sleep(10 * time.Second)
		began := space.Stats().Requests()
		time.Sleep(30 * time.Second)
		n = int(space.Stats().Requests() - began)
		cancel()
		running.Wait()
		if err := h.end(); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute) // the last timers run out
	})
	return n
}

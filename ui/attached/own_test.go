package attached

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/secret"
	"tapedeck/api/share"
	"tapedeck/api/sim"
	"tapedeck/api/text"
	"tapedeck/ui"
)

// TestOwnWatchLeft: a dashboard of its own is told of the pauses that sessions of
// other hosts have left behind, as soon as there are any, and that they are over.
func TestOwnWatchLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space, server := sim.New(sim.Options{Seed: 1}), share.NewMemory()
		sid := space.Begin(sim.Begin{Status: "in-progress"})
		ctx, cancel := context.WithCancel(t.Context())
		defer synctest.Wait()
		defer cancel()
		host := func(name string) Own {
			h := server.Join(name)
			d, err := deck.Open(api.Config{Space: "http://localhost", Project: space.Project(), Token: secret.New(space.Token()), Transport: space.Transport()},
				deck.Config{Interval: time.Second, Lookback: time.Hour, Share: h, Space: "acme", Project: space.Project(), Watched: true})
			if err != nil {
				t.Fatal(err)
			}
			go func() { _ = h.Run(ctx) }()
			go func() { _ = d.Run(ctx) }()
			return Own{Deck: d, Who: deck.Actor{Actor: name}}
		}
		a, b := host("a"), host("b")
		time.Sleep(5 * time.Second)
		told := make(chan []ui.LeftBehind, 1)
		stop := b.WatchLeft(func(list []ui.LeftBehind) { told <- list })
		if list := <-told; len(list) != 0 {
			t.Fatalf("at first %v", list)
		}
		of := deck.Key{SID: text.New(sid)}
		leaves := func() {
			if _, err := a.Deck.Do(ctx, deck.Request{SID: of.SID, Update: api.Update{Status: api.Paused, PauseBehavior: api.Silence}, Actor: a.Who, Seen: api.InProgress}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Second)
			a.LeaveBehind("it has ended")
		}
		leaves()
		list := <-told
		if len(list) != 1 || list[0].SID != of.SID || list[0].Actor != "a (a)" || list[0].Why != "it has ended" || list[0].EndedAt.IsZero() {
			t.Fatalf("left behind are %+v", list)
		}
		if !b.Deck.Snapshot().OthersThere() {
			t.Error("nobody else is there")
		}
		space.SetStatus(sid, "in-progress")
		if list := <-told; len(list) != 0 {
			t.Errorf("at last %v", list)
		}
		stop()
		leaves()
		time.Sleep(2 * elsewhereEvery)
		if len(told) > 0 {
			t.Error("there are more after the end")
		}
	})
}

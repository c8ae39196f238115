package main

import (
	"os"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/secret"
	"tapedeck/api/sim"
	"tapedeck/api/state"
	"tapedeck/api/text"
	"tapedeck/config"
	"tapedeck/ui/cli"
)

// Whoever holds settle.lock, a stopped process say, keeps nobody from being
// offered the pauses that were left behind.
func TestLookBackWhileAnotherSettles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := config.Config{StateDir: t.TempDir(), Space: "https://acme.example", Project: "p"}
		dir, err := state.Make(c.StateDir)
		if err != nil {
			t.Fatal(err)
		}
		lock, err := dir.Open("settle.lock", os.O_RDWR|os.O_CREATE)
		if err != nil {
			t.Fatal(err)
		}
		defer lock.Close()
		if ok, err := state.TryLock(lock); !ok || err != nil {
			t.Fatal(ok, err)
		}
		s := &session{record: cli.OpenJournal(c), follower: journal.Follow(c.StateDir, c.Space, c.Project)}
		space := sim.New(sim.Options{})
		s.deck, err = deck.Open(api.Config{Space: "http://127.0.0.1", Project: space.Project(), Token: secret.New(space.Token()),
			Transport: space.Transport()}, deck.Config{Journal: s.record.Journal(), Space: c.Space, Project: c.Project})
		if err != nil {
			t.Fatal(err)
		}
		e := journal.Entry{ID: "1", Recording: text.New("rec-8142"), StatusAsked: "paused", Outcome: "verified"}
		for _, event := range []journal.Event{journal.Request, journal.Outcome, journal.Behind} {
			e.Event = event
			s.record.Journal().Enqueue(e)
		}
		synctest.Wait()
		began := time.Now()
		s.parts.Go(s.follower.Run)
		left, ok := s.leftBehind()(t.Context())
		err = s.lookBack()
		if took := time.Since(began); took > time.Second || err != nil || !ok || len(left) != 1 {
			t.Errorf("left behind: %+v, %v, %v, after %s", left, ok, err, took)
		}
		time.Sleep(time.Minute)
		if err := s.parts.Stop(); err != nil {
			t.Error(err)
		}
		if err := s.record.Close(); err != nil {
			t.Error(err)
		}
	})
}

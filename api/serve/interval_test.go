//go:build unix

package serve

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/local"
)

// TestInterval: a session has the service poll more often for as long as it
// lasts, and nobody has it poll less often than its settings say.
func TestInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, setting{pipes: true, deck: deck.Config{Interval: 4 * time.Second}, profiles: []string{"eu", "us"}})
		is := func(what string, eu, us time.Duration) {
			t.Helper()
			synctest.Wait()
			for i, want := range []time.Duration{eu, us} {
				if got := w.server.projects[i].Deck.Snapshot().Interval; got != want {
					t.Errorf("%s: deck %d polls every %s, want %s", what, i, got, want)
				}
			}
		}
		alice, bob := w.as("alice"), w.as("bob")
		alice.post(local.PathInterval, local.Interval{Every: 300})
		is("slower than the settings", 4*time.Second, 4*time.Second)
		alice.post(local.PathInterval, local.Interval{Every: 1})
		bob.post(local.PathInterval, local.Interval{Every: 2})
		is("two ask", time.Second, time.Second)
		bob.post(local.PathInterval, local.Interval{Every: 0.5, Profile: "us"})
		is("for one profile", time.Second, 500*time.Millisecond)
		alice.post(local.PathInterval, local.Interval{Every: 3})
		is("one asks for more again", 2*time.Second, 500*time.Millisecond)
		bob.http.CloseIdleConnections()
		time.Sleep(sessionGrace + time.Second)
		is("one is gone", 3*time.Second, 3*time.Second)
		alice.http.CloseIdleConnections()
		time.Sleep(sessionGrace + time.Second)
		is("all are gone", 4*time.Second, 4*time.Second)
	})
}

// TestIntervalAfterRestart: a screen that comes back asks for its interval again.
func TestIntervalAfterRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, setting{pipes: true, deck: deck.Config{Interval: 4 * time.Second}})
		var now atomic.Pointer[world]
		now.Store(w)
		c, err := local.Dial(t.Context(), local.Options{Version: "1", Dial: func(context.Context) (net.Conn, error) { return now.Load().dial("alice") }})
		check(t, err)
		defer c.Close()
		c.SetInterval(time.Second)
		for range 2 {
			time.Sleep(5 * time.Second)
			if got := now.Load().server.projects[0].Deck.Snapshot().Interval; got != time.Second {
				t.Errorf("it polls every %s, want 1s", got)
			}
			check(t, now.Load().stop())
			now.Store(start(t, setting{pipes: true, deck: deck.Config{Interval: 4 * time.Second}, dir: w.dir, spaces: w.spaces}))
		}
	})
}

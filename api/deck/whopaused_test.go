package deck

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api"
	"tapedeck/api/journal"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// TestWhoPaused pauses a recording without the deck, and has the journal know
// of it.
func TestWhoPaused(t *testing.T) {
	alice := journal.Who{Actor: "alice"}
	tests := []struct {
		name    string
		record  func(at time.Time) journal.Paused // at is when it was paused
		running bool                              // the deck looks before it is paused
		want    string                            // who; empty for nobody
	}{
		{name: "the pause that lasts, found at the start", want: "alice",
			record: func(at time.Time) journal.Paused { return journal.Paused{Who: alice, Behavior: "skip", At: at} }},
		{name: "and seen to begin", want: "alice", running: true,
			record: func(at time.Time) journal.Paused { return journal.Paused{Who: alice, Behavior: "skip", At: at} }},
		{name: "with sudo", want: "alice as root",
			record: func(at time.Time) journal.Paused {
				return journal.Paused{Who: journal.Who{Actor: "root", SudoUser: "alice"}, Behavior: "skip", At: at}
			}},
		{name: "it has ended, so another one lasts",
			record: func(at time.Time) journal.Paused {
				return journal.Paused{Who: alice, At: at, Ended: at.Add(time.Second)}
			}},
		{name: "the API dates another change",
			record: func(at time.Time) journal.Paused { return journal.Paused{Who: alice, At: at.Add(-time.Minute)} }},
		{name: "one to come",
			record: func(at time.Time) journal.Paused { return journal.Paused{Who: alice, At: at.Add(time.Hour)} }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				space := spaceOf(0, 0)
				sid := space.Begin(sim.Begin{StartedAgo: 10 * time.Minute})
				var on atomic.Pointer[journal.Paused]
				tb := open(t, space, Config{WhoPaused: func(s text.Text) (journal.Paused, bool) {
					if p := on.Load(); p != nil && s.Is(sid) {
						return *p, true
					}
					return journal.Paused{}, false
				}})
				if tt.running {
					tb.run()
					after(3 * time.Second)
				}
				space.SetStatus(sid, "paused")
				at := time.Now()
				time.Sleep(30 * time.Second)
				if !tt.running {
					tb.run()
					after(5 * time.Second)
				}
				if p := tb.find(sid).Pause; p.Actor != "" || p.Recorded {
					t.Errorf("before the journal knows: %+v", p)
				}
				p := tt.record(at)
				on.Store(&p)
				after(5 * time.Second)
				got := tb.find(sid).Pause
				if got.Actor != tt.want || got.Recorded != (tt.want != "") {
					t.Errorf("paused by %q, recorded %v; want %q", got.Actor, got.Recorded, tt.want)
				}
				if tt.want != "" && (got.Behavior != api.Skip || got.AtLeast || got.Since.Sub(at).Abs() > 2*time.Second) {
					t.Errorf("pause = %+v, want skip since %s", got, at)
				}
			})
		})
	}
}

// TestWhoPausedUndated is of an API that does not date changes.
func TestWhoPausedUndated(t *testing.T) {
	now := time.Now()
	rec := api.Recording{Created: now.Add(-time.Hour), Updated: now.Add(-time.Hour)}
	d := &Deck{interval: DefaultInterval}
	for _, tt := range []struct {
		name string
		p    Pause
		at   time.Time
		want bool
	}{
		{"older than it was seen", Pause{Since: now, AtLeast: true}, now.Add(-20 * time.Minute), true},
		{"after it was seen", Pause{Since: now.Add(-time.Minute), AtLeast: true}, now, false},
		{"between two polls", Pause{Since: now}, now.Add(-2 * time.Second), true},
		{"long before it was seen to begin", Pause{Since: now}, now.Add(-time.Minute), false},
	} {
		if since, ok := d.lasting(rec, tt.p, tt.at); ok != tt.want || ok && !since.Equal(tt.at) {
			t.Errorf("%s: %s, %v", tt.name, since, ok)
		}
	}
}

// TestWhoPausedOwn has the deck's own pause stay its own.
func TestWhoPausedOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		sid := space.Begin(sim.Begin{StartedAgo: time.Minute})
		tb := open(t, space, Config{WhoPaused: func(text.Text) (journal.Paused, bool) {
			return journal.Paused{Who: journal.Who{Actor: "mallory"}, At: time.Now()}, true
		}})
		tb.run()
		after(time.Second)
		if _, err := tb.deck.Do(t.Context(), pauseOf(sid)); err != nil {
			t.Fatal(err)
		}
		after(10 * time.Second)
		if p := tb.find(sid).Pause; p.Actor != pauseOf(sid).Actor.Name() || p.Recorded {
			t.Errorf("pause = %+v", p)
		}
	})
}

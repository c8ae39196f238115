package local

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
)

// TestChoose: the client shows what was chosen of what the service has, and
// returns why nothing was.
func TestChoose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wires{}
		f := begin(t, w.listen(), "one", Profile{Profile: "eu", Project: "p1"}, Profile{Profile: "us", Project: "p2"})
		defer f.end()
		f.publish(0, rec("a", api.InProgress, 1))
		f.publish(1, rec("b", api.InProgress, 1))
		var had []string
		choose := func(names []string, err error) func(WhoAmI) ([]string, error) {
			return func(who WhoAmI) ([]string, error) {
				had = nil
				for _, p := range who.Profiles {
					had = append(had, p.Profile+" "+p.Project)
				}
				return names, err
			}
		}
		c, err := Dial(t.Context(), Options{Path: "s", Dial: w.dial, Choose: choose([]string{"us"}, nil)})
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Profiles(); len(got) != 1 || got[0].Profile != "us" || !slices.Equal(had, []string{"eu p1", "us p2"}) {
			t.Errorf("of %q it shows %+v", had, got)
		}
		c.Close()
		none := errors.New("none of them")
		if _, err := Dial(t.Context(), Options{Path: "s", Dial: w.dial, Choose: choose(nil, none)}); err != none {
			t.Errorf("error %v", err)
		}
	})
	inTime(t, func(t *testing.T, w *wires, f *fake) {
		defer f.end()
		f.who.Wire = "2.0"
		_, err := Dial(t.Context(), Options{Path: "s", Dial: w.dial, Choose: func(WhoAmI) ([]string, error) { return nil, nil }})
		if err == nil || !strings.Contains(err.Error(), "version") {
			t.Errorf("of another version: %v", err)
		}
	})
}

// TestServiceStarts: a service that starts anew shows what it has when its first
// poll is over, and not an empty list in the place of what was there; what never
// comes is not waited for.
func TestServiceStarts(t *testing.T) {
	for _, ends := range []bool{true, false} {
		inTime(t, func(t *testing.T, w *wires, f *fake) {
			f.publish(0, rec("a", api.InProgress, 1), rec("b", api.Paused, 2))
			c := dialed(t, Options{Path: "s", Dial: w.dial})
			defer c.Close()
			snapshots, cancel := c.Subscribe()
			defer cancel()
			until(t, snapshots, has(2))
			f.end()
			until(t, snapshots, func(s *deck.Snapshot) bool { return !s.Health.Away.IsZero() })
			again := begin(t, w.listen(), "two")
			defer again.end()
			again.feed.Publish(0, &deck.Snapshot{Seq: 1, Interval: 2 * time.Second, Health: deck.Health{Page: 1}})
			time.Sleep(2 * time.Second)
			if s := c.Snapshot(); s.Health.Away.IsZero() || len(s.Recordings) != 2 {
				t.Errorf("while it starts: away %v, %d recordings", s.Health.Away, len(s.Recordings))
			}
			want := 0
			if ends {
				want = 1
				again.publish(0, rec("b", api.Paused, 2))
			}
			began := time.Now()
			s := until(t, snapshots, func(s *deck.Snapshot) bool { return s.Health.Away.IsZero() })
			if took := time.Since(began); len(s.Recordings) != want || ends && took > time.Second || took > startTime+BeatEvery {
				t.Errorf("after %v: %d recordings, want %d", took, len(s.Recordings), want)
			}
		})
	}
}

// TestLeave: the service is told that the user quits, for the session that it
// knows by now.
func TestLeave(t *testing.T) {
	inTime(t, func(t *testing.T, w *wires, f *fake) {
		defer f.end()
		f.who.Session = "s7"
		f.publish(0, rec("a", api.InProgress, 1))
		c := dialed(t, Options{Path: "s", Dial: w.dial})
		defer c.Close()
		if err := c.Leave(t.Context()); err != nil || !slices.ContainsFunc(f.asked(), func(s string) bool { return strings.HasPrefix(s, "DELETE /v1/sessions/s7 ") }) {
			t.Errorf("%v; asked for %q", err, f.asked())
		}
	})
}

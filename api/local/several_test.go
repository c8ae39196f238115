package local

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api"
	"tapedeck/api/deck"
)

// TestSameSIDInTwoProfiles: what is asked for of one recording is asked of its own
// deck, whichever other one has a recording with its SID; and without a profile
// it is refused rather than sent to either.
func TestSameSIDInTwoProfiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wires{}
		f := begin(t, w.listen(), "one", Profile{Profile: "prod", Space: "x", Project: "1"}, Profile{Profile: "test", Space: "y", Project: "1"})
		defer f.end()
		f.publish(0, rec("a", api.Paused, 1))
		f.publish(1, rec("a", api.InProgress, 1))
		c := dialed(t, Options{Path: "s", Dial: w.dial})
		defer c.Close()
		snapshots, cancel := c.Subscribe()
		defer cancel()
		s := until(t, snapshots, has(2))
		in := func(profile string) deck.Key { return deck.Key{Profile: profile, SID: sid("a")} }
		if a, b := s.Lookup(in("prod")), s.Lookup(in("test")); a == nil || b == nil || a.Status != api.Paused || b.Status != api.InProgress || s.Lookup(of("a")) != nil {
			t.Fatalf("%+v, %+v", a, b)
		}
		synctest.Wait()
		f.asked()
		for _, profile := range []string{"test", "prod"} {
			c.Reveal(in(profile), deck.Actor{})
			synctest.Wait()
			c.Look(in(profile))
			synctest.Wait()
			if err := c.Acknowledge(in(profile), deck.Actor{}, "x", time.Minute); err != nil {
				t.Error(err)
			}
			if err := c.SetTimer(in(profile), deck.Actor{}, time.Minute, false); err != nil {
				t.Error(err)
			}
		}
		if RefusalOf(c.Acknowledge(of("a"), deck.Actor{}, "x", time.Minute)).Code != CodeAmbiguous || RefusalOf(c.SetTimer(of("a"), deck.Actor{}, 0, false)).Code != CodeAmbiguous {
			t.Error("without a profile it was sent to one of the two")
		}
		var want []string
		for _, p := range []string{"test", "prod"} {
			want = append(want, `POST /v1/reveal {"sid":"a","profile":"`+p+`"}`, `POST /v1/look {"sid":"a","profile":"`+p+`"}`,
				`POST /v1/acknowledge {"sid":"a","profile":"`+p+`","reason":"x","wait":60}`, `POST /v1/timer {"sid":"a","profile":"`+p+`","after":60}`)
		}
		got := slices.DeleteFunc(f.asked(), func(s string) bool { return s[:len("POST /v1/session")] == "POST /v1/session" })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// TestAskingOthers: the questions of other screens are shown, and not those of
// this one.
func TestAskingOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wires{}
		f := begin(t, w.listen(), "one")
		defer f.end()
		f.who.Session = "s2"
		f.publish(0, rec("a", api.InProgress, 1))
		f.feed.Ask(0, sid("a"), []deck.Asking{{Session: "s1", Actor: "alice\x1b[2J", Verb: "pause"}, {Session: "s2", Actor: "bob", Verb: "stop"}})
		f.publish(0, rec("a", api.InProgress, 1))
		c := dialed(t, Options{Path: "s", Dial: w.dial})
		defer c.Close()
		snapshots, cancel := c.Subscribe()
		defer cancel()
		s := until(t, snapshots, func(s *deck.Snapshot) bool { return len(s.Recordings) == 1 && len(s.Recordings[0].Asking) > 0 })
		if diff := cmp.Diff([]deck.Asking{{Session: "s1", Actor: "alice\ufffd[2J", Verb: "pause"}}, s.Recordings[0].Asking); diff != "" {
			t.Error(diff)
		}
	})
}

package local

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

// lacking makes rows without a recording, by the SIDs of their calls.
func lacking(sids ...string) (rows []*deck.Unrecorded) {
	for i, sid := range sids {
		c := api.DecodeCall(fmt.Appendf(nil, `{"sid":%q,"from":"+13105550142","to":"x","status":"in-progress","parent_call_sid":"p"}`, sid))
		rows = append(rows, &deck.Unrecorded{Call: &c, Since: time.Date(2026, 11, 22, 9, i, 0, 0, time.UTC), Legs: i, Before: i == 1})
	}
	return rows
}

// lacks has a deck publish a snapshot of who has no recording.
func (f *fake) lacks(number int, p deck.InProgress, more int, rows ...*deck.Unrecorded) {
	f.seq++
	s := &deck.Snapshot{Seq: f.seq, Recordings: []*deck.Recording{rec("a", api.InProgress, 1)}, Interval: 2 * time.Second, PauseWarn: 90 * time.Second,
		Health:     deck.Health{Complete: time.Now(), Limit: 7 * time.Second},
		Unrecorded: rows, UnrecordedMore: more, InProgress: p}
	s.Count()
	f.feed.Publish(number, s)
}

func sidsOf(rows []*deck.Unrecorded) (list []string) {
	for _, u := range rows {
		list = append(list, u.SID().String())
	}
	return list
}

// TestUnrecorded: who has no recording is the same at both ends, whether the client
// was there before it changed, comes later, or comes back.
func TestUnrecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wires{}
		f := begin(t, w.listen(), "one")
		defer func() { f.end() }()
		f.publish(0, rec("a", api.InProgress, 1))
		c := dialed(t, Options{Path: "s", Dial: w.dial})
		defer c.Close()
		if s := c.Snapshot(); s.InProgress.Wanted || s.Unrecorded != nil {
			t.Errorf("of a deck that nobody asks: %+v, %v", s.InProgress, s.Unrecorded)
		}
		c.LookForUnrecorded()
		synctest.Wait()
		if got := f.asked(); !slices.Contains(got, `POST /v1/unrecorded {}`) {
			t.Errorf("the service was asked for %q", got)
		}
		rows := lacking("c1", "c2")
		conf := api.DecodeConference([]byte(`{"sid":"r1","friendly_name":"Sales","status":"in-progress"}`))
		p := deck.Progress{ID: 3, Outcome: deck.Unknown, Asked: time.Now(), Request: deck.Request{Update: api.Update{Status: deck.AskedStart}}}
		rows = append(rows, &deck.Unrecorded{Conference: &conf, People: 4, AtLeast: true}, &deck.Unrecorded{Call: rows[0].Call, Conference: &conf, Start: &p})
		state := deck.InProgress{Wanted: true, Listed: time.Now(), Limit: 30 * time.Second, Err: errors.New("HTTP 503")}
		same := func(when string, c *Client) {
			t.Helper()
			synctest.Wait()
			s, now := c.Snapshot(), time.Now()
			if len(s.Unrecorded) != 4 || s.UnrecordedMore != 7 || !s.InProgress.Wanted || s.InProgress.Err.Error() != "HTTP 503" || s.InProgress.Limit != 30*time.Second ||
				!s.InProgress.Listed.Equal(state.Listed) || !s.UnrecordedSure("prod", now) || s.UnrecordedKnown("prod", now) {
				t.Fatalf("%s: %+v, %d and %d", when, s.InProgress, len(s.Unrecorded), s.UnrecordedMore)
			}
			for i, u := range s.Unrecorded {
				want := *rows[i]
				if u.Profile != "prod" || u.SID() != want.SID() || !u.Since.Equal(want.Since) || u.Legs != want.Legs || u.Before != want.Before || u.People != want.People ||
					u.AtLeast != want.AtLeast || (u.Start == nil) != (want.Start == nil) || (u.Conference == nil) != (want.Conference == nil) {
					t.Errorf("%s, row %d is %+v, want %+v", when, i, u, want)
				}
				if u.Call != nil && (u.Call.FromShown() != want.Call.FromShown() || u.Call.ParentCallSID != text.New("p")) {
					t.Errorf("%s, row %d has the call %+v", when, i, u.Call)
				}
			}
		}
		f.lacks(0, state, 7, rows...)
		same("as it changes", c)
		late := dialed(t, Options{Path: "s", Dial: w.dial})
		defer late.Close()
		same("for one who comes later", late)
		before := c.Snapshot().Unrecorded[0]
		state.Listed = time.Now().Add(time.Second)
		f.lacks(0, state, 7, rows...)
		same("with only the time changed", c)
		if c.Snapshot().Unrecorded[0] != before {
			t.Error("a row that did not change came again")
		}
		f.lacks(0, deck.InProgress{}, 0)
		synctest.Wait()
		if s := c.Snapshot(); s.InProgress.Wanted || len(s.Unrecorded) != 0 || s.UnrecordedMore != 0 {
			t.Errorf("when nobody wants to know any longer: %+v, %v", s.InProgress, s.Unrecorded)
		}
	})
}

// TestUnrecordedOfSeveral: the rows of several profiles are one list, and each is
// worth what is known of its own.
func TestUnrecordedOfSeveral(t *testing.T) {
	now := time.Now()
	part := func(name string, p deck.InProgress, more int, rows ...*deck.Unrecorded) deck.Part {
		for _, u := range rows {
			u.Profile = name
		}
		return deck.Part{Profile: name, Snapshot: &deck.Snapshot{Health: deck.Health{Complete: now, Limit: time.Minute}, Unrecorded: rows, UnrecordedMore: more, InProgress: p}}
	}
	eu := lacking("c1", "c2")
	us := lacking("d1", "d2")
	us[0].Since = us[0].Since.Add(30 * time.Second)
	fresh := deck.InProgress{Wanted: true, Listed: now, Limit: time.Minute}
	old := deck.InProgress{Wanted: true, Listed: now.Add(-time.Hour), Limit: time.Minute}
	s := deck.Merge(1, []deck.Part{part("eu", fresh, 1, eu...), part("us", old, 2, us...)}, now)
	if diff := cmp.Diff([]string{"c1", "d1", "c2", "d2"}, sidsOf(s.Unrecorded)); diff != "" || s.UnrecordedMore != 3 || s.InProgress != old {
		t.Errorf("%s%d more, %+v", diff, s.UnrecordedMore, s.InProgress)
	}
	if !s.UnrecordedSure("eu", now) || s.UnrecordedSure("us", now) {
		t.Error("what is known of one is said of the other")
	}
}

package deck

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api"
	"tapedeck/api/sim"
)

// walked returns the SIDs that a walk tells of, in its order.
func (tb *table) walked(w Walk) (sids []string, unnamed, err error) {
	unnamed, err = tb.deck.Each(tb.t.Context(), w, func(r *Recording) bool {
		sids = append(sids, r.SID.String())
		if r.Active() && w.Names && r.Call == nil && r.Conference == nil && unnamed == nil {
			tb.t.Errorf("%s has no name", r.SID)
		}
		return true
	})
	return sids, unnamed, err
}

// TestEach: a walk tells of what the deck would have, in its order, and asks for
// each page once.
func TestEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(40, 1500)
		space.Begin(sim.Begin{StartedAgo: 40 * time.Hour, Status: "paused", DateUpdatedAgo: time.Hour}) // older than the lookback
		space.Begin(sim.Begin{StartedAgo: 41 * time.Hour, Conference: true})
		tb := open(t, space, Config{})
		tb.run()
		after(time.Second)
		var want []string
		for _, r := range tb.deck.Snapshot().Recordings {
			want = append(want, r.SID.String())
		}
		fresh := open(t, space, Config{})
		got, unnamed, err := fresh.walked(Walk{Names: true})
		if err != nil || unnamed != nil || len(want) != 42 {
			t.Fatalf("%v, %v, %d", err, unnamed, len(want))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-deck +walk)\n%s", diff)
		}
		old := fresh.wire.count("GET", "/Recordings.json?C")         // those of a call or a conference that is older than the lookback
		if n := fresh.wire.count("GET", ""); n != 4+old || old < 2 { // two pages, the calls, the conferences
			t.Errorf("%d requests: %v", n, fresh.wire.log)
		}
		ended, _, err := open(t, space, Config{}).walked(Walk{Ended: true})
		if err != nil || len(ended) <= len(want)+1000 {
			t.Errorf("%d with the ended ones, %v", len(ended), err)
		}
		if len(fresh.deck.Snapshot().Recordings) != 0 {
			t.Error("the deck has kept some")
		}
	})
}

// TestEachTellsBeforeTheLastPage: the first is told of when the first page has
// come, and no page is asked for when no more are wanted.
func TestEachTellsBeforeTheLastPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb := open(t, spaceOf(3500, 0), Config{})
		pages, n := 0, 0
		_, err := tb.deck.Each(t.Context(), Walk{Names: true}, func(*Recording) bool {
			if n++; n == 1 {
				pages = tb.wire.count("GET", "/Recordings.json")
			}
			return n < 1200
		})
		if err != nil || pages != 1 || n != 1200 {
			t.Errorf("%v; the first came after %d pages; %d were told of", err, pages, n)
		}
		if all := tb.wire.count("GET", "/Recordings.json"); all > 2 {
			t.Errorf("%d pages were asked for", all)
		}
	})
}

// TestEachFails: what cannot be read is said, and what could be is told of.
func TestEachFails(t *testing.T) {
	tests := []struct {
		name   string
		before func(*http.Request) (*http.Response, error)
		told   int
		is     error // of the list; nil for none
		calls  bool  // who is on the line is not known
	}{
		{"the list", always("GET", "/Recordings.json", 503, "{}"), 0, &api.Error{}, false},
		{"the second page", func(r *http.Request) (*http.Response, error) {
			if strings.Contains(r.URL.RawQuery, "PageToken") && strings.Contains(r.URL.Path, "Recordings") {
				return answer(r, 503, "{}"), nil
			}
			return nil, nil
		}, 1000, &api.Error{}, false},
		{"the address of the next page", func(r *http.Request) (*http.Response, error) {
			if strings.Contains(r.URL.Path, "Recordings") {
				return answer(r, 200, `{"recordings":[{"sid":"x-1","status":"paused"}],"next_page_uri":"https://elsewhere.example/"}`), nil
			}
			return nil, nil
		}, 1, api.ErrPage, false},
		{"a row", func(r *http.Request) (*http.Response, error) {
			if strings.Contains(r.URL.Path, "Recordings") {
				return answer(r, 200, `{"recordings":[{"sid":"x-1","status":"paused"},7],"next_page_uri":null}`), nil
			}
			return nil, nil
		}, 1, api.ErrRows, false},
		{"the calls", always("GET", "/Calls.json", 503, "{}"), 1100, nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tb := open(t, spaceOf(1100, 0), Config{})
				tb.wire.set(tt.before)
				told := 0
				unnamed, err := tb.deck.Each(t.Context(), Walk{Names: true}, func(*Recording) bool { told++; return true })
				_, answered := errors.AsType[*api.Error](err)
				if ok := tt.is == nil && err == nil || errors.Is(err, tt.is) || answered && tt.is != nil; !ok || told != tt.told || tt.calls != (unnamed != nil) {
					t.Errorf("%v, unnamed %v, %d told of, want %d", err, unnamed, told, tt.told)
				}
			})
		})
	}
}

// TestEachEnds: a walk whose context ends does not wait for anything.
func TestEachEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb := open(t, spaceOf(1100, 0), Config{})
		tb.wire.set(func(r *http.Request) (*http.Response, error) {
			if strings.Contains(r.URL.Path, "Calls") {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			return nil, nil
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := tb.deck.Each(ctx, Walk{Names: true}, func(*Recording) bool { return true })
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// TestDescribe: who is on the line of one recording, and in a conference.
func TestDescribe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		call := space.Begin(sim.Begin{From: "+13105550142", To: "+13105550199"})
		room := space.Begin(sim.Begin{Conference: true, FriendlyName: "Billing"})
		over := space.Begin(sim.Begin{Status: "completed", StartedAgo: time.Hour})
		tb := open(t, space, Config{})
		read := func(sid string) *Recording {
			r, err := tb.deck.Reload(t.Context(), pauseOf(sid).SID)
			if err != nil {
				t.Fatal(err)
			}
			named, err := tb.deck.Describe(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			return named
		}
		if r := read(call); r.Call == nil || r.Call.From.String() != "+13105550142" || tb.find(call).Call != r.Call {
			t.Errorf("the call is %+v", r.Call)
		}
		if r := read(room); r.Conference == nil || r.Conference.FriendlyName.String() != "Billing" || len(r.Participants) == 0 || r.Participants[0].Call == nil {
			t.Errorf("the conference is %+v of %+v", r.Conference, r.Participants)
		}
		if r := read(over); r.Active() || r.Call == nil || tb.deck.Snapshot().Find(r.SID) != nil {
			t.Errorf("%+v was kept, or has no call", r)
		}
		if _, err := tb.deck.Reload(t.Context(), pauseOf("00000000-0000-4000-8000-000000000000").SID); !errors.Is(err, api.ErrNotFound) {
			t.Errorf("one that is not there: %v", err)
		}
	})
}

// TestEachAsksForFew: two requests where what is recorded are calls, and a third
// for the conferences where one is recorded, or may be that no page has.
func TestEachAsksForFew(t *testing.T) {
	const call = "5e4d3c2b-2222-4eee-8fff-000000000201"
	old := sim.Begin{StartedAgo: 41 * time.Hour, Conference: true}
	tests := []struct {
		name        string
		begin       []sim.Begin
		walk        Walk
		conferences int
		old         int // requests for what is older than the lookback
	}{
		{name: "nothing", walk: Walk{Names: true}},
		{name: "calls", begin: []sim.Begin{{}, {CallSID: call}, {CallSID: call}}, walk: Walk{Names: true}},
		{name: "calls, without names", begin: []sim.Begin{{}}},
		{name: "a call whose recording has ended", begin: []sim.Begin{{}, {Status: "stopped"}}, walk: Walk{Names: true}, conferences: 1},
		{name: "a conference", begin: []sim.Begin{{Conference: true}}, walk: Walk{Names: true}, conferences: 1},
		{name: "an old conference", begin: []sim.Begin{{}, old}, walk: Walk{Names: true}, conferences: 1, old: 1},
		{name: "an old conference, without names", begin: []sim.Begin{{}, old}, conferences: 1, old: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				space := sim.New(sim.Options{Seed: 3})
				want := 0
				for _, b := range tt.begin {
					if space.Begin(b); b.Status == "" {
						want++
					}
				}
				tb := open(t, space, Config{})
				got, unnamed, err := tb.walked(tt.walk)
				if err != nil || unnamed != nil || len(got) != want {
					t.Errorf("%v, %v, told of %d, want %d", err, unnamed, len(got), want)
				}
				old := tb.wire.count("GET", "/Recordings.json?C")
				if n, all := tb.wire.count("GET", "/Conferences.json"), tb.wire.count("GET", ""); n != tt.conferences || old < tt.old || all != 2+n+old {
					t.Errorf("%d requests, %d for conferences, %d for what is old: %v", all, n, old, tb.wire.log)
				}
			})
		})
	}
}

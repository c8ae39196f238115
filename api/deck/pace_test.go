package deck

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api"
	"tapedeck/api/secret"
	"tapedeck/api/sim"
)

// TestHeldRefresh: holding R cost 10,800 requests in 10 s, 4,800 of them while
// the API asked for less.
func TestHeldRefresh(t *testing.T) {
	tests := []struct {
		fault string
		most  int // polls in 10 s
	}{
		{"", 20}, {"429-bare", 20}, {"503", 20}, {"drop", 40}, {"html", 20}, {"429=5", 2}, {"429=1", 10}, {"429=60", 0},
	}
	for _, tt := range tests {
		t.Run("fault "+tt.fault, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				space := spaceOf(3, 0)
				space.Begin(sim.Begin{Conference: true})
				tb := open(t, space, Config{Interval: MaxInterval})
				tb.run()
				after(time.Second)
				if tt.fault != "" {
					f, err := sim.ParseFault(tt.fault)
					if err != nil {
						t.Fatal(err)
					}
					space.SetFaults(f)
					tb.deck.Refresh()
					after(time.Second)
				}
				space.ResetStats()
				for range 1000 {
					tb.deck.Refresh()
					tb.deck.Look(tb.deck.Snapshot().Recordings[0].Key())
					after(10 * time.Millisecond)
				}
				s := space.Stats()
				if s.RecordingLists > tt.most {
					t.Errorf("%d polls in 10 s", s.RecordingLists)
				}
				if tt.fault == "429=60" && s.Requests() > 0 {
					t.Errorf("%d requests while the API wants none", s.Requests())
				}
			})
		})
	}
}

// TestRefreshIsSoon is that the floor delays no one who asks once.
func TestRefreshIsSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(3, 0)
		tb := open(t, space, Config{Interval: MaxInterval})
		tb.run()
		after(5 * time.Second)
		space.ResetStats()
		tb.deck.Refresh()
		after(2 * latency)
		if space.Stats().RecordingLists == 0 {
			t.Error("nothing was asked for at once")
		}
	})
}

// TestEmptyPages: pages without rows that lead on cost 200 requests a second.
func TestEmptyPages(t *testing.T) {
	for _, rows := range []string{"", "{}", "1,2"} {
		synctest.Test(t, func(t *testing.T) {
			var asked atomic.Int64
			client := api.Config{Space: "http://127.0.0.1", Project: "p", Token: secret.New("PTtesttoken"), Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				n, list := asked.Add(1), strings.ToLower(strings.TrimSuffix(r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:], ".json"))
				time.Sleep(5 * time.Millisecond)
				return answer(r, 200, fmt.Sprintf(`{%q:[%s],"next_page_uri":"%s?Page=%d"}`, list, rows, r.URL.Path, n)), nil
			})}
			d, err := Open(client, Config{})
			if err != nil {
				t.Fatal(err)
			}
			tb := &table{t: t, deck: d}
			tb.run()
			after(10 * time.Second)
			if n := asked.Load(); n < 10 || n > 45 {
				t.Errorf("rows [%s]: %d requests in 10 s", rows, n)
			}
		})
	}
}

// roundTrip is a transport made of a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

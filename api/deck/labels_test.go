package deck

import (
	"bytes"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api"
	"tapedeck/api/sim"
)

// TestLabelsKeepNoPages lists 500 calls each minute, all of them new but for
// one more each time that goes on. What is kept is these, and not the pages
// that they were on, as it once was.
func TestLabelsKeepNoPages(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector has nothing to find here, and takes ten times as long")
	}
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		space.Begin(sim.Begin{StartedAgo: time.Minute})
		tb := open(t, space, Config{})
		lists := 0
		tb.wire.set(func(r *http.Request) (*http.Response, error) {
			if !strings.HasSuffix(r.URL.Path, "/Calls.json") && !strings.HasSuffix(r.URL.Path, "/Calls") {
				return nil, nil
			}
			lists++
			return answer(r, 200, manyCalls(lists)), nil
		})
		tb.run()
		after(5 * time.Minute)
		before := heap()
		after(40 * time.Minute)
		if grown := heap() - before; grown > 2<<20 {
			t.Errorf("the heap has grown by %d kB with %d listings", grown>>10, lists)
		}
		if lists < 40 {
			t.Errorf("the calls were listed %d times", lists)
		}
	})
}

// TestNewCallsAreListed has recordings begin while 2,000 calls are in progress,
// and counts what it takes until everybody is named.
func TestNewCallsAreListed(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector has nothing to find here, and takes ten times as long")
	}
	tests := []struct {
		name        string
		begin       int
		elsewhere   bool // the newest calls are others
		lists, ones int  // requests for calls
	}{
		{"a few", 5, false, 0, 5},
		{"many", 20, false, 1, 0},
		{"some, elsewhere", 20, true, 1, 20},
		{"many, elsewhere", 50, true, 1 + 3, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				space := spaceOf(0, 0)
				for i := range 2000 {
					space.Begin(sim.Begin{StartedAgo: time.Hour + time.Duration(i)*time.Second})
				}
				tb := open(t, space, Config{})
				tb.run()
				after(10 * time.Second)
				tb.wire.forget()
				for range tt.begin {
					space.Begin(sim.Begin{})
				}
				tb.wire.set(func(r *http.Request) (*http.Response, error) {
					if !tt.elsewhere || !strings.HasSuffix(r.URL.Path, "/Calls.json") || r.URL.Query().Get("PageSize") == "1000" {
						return nil, nil
					}
					return answer(r, 200, `{"calls":[],"next_page_uri":null}`), nil
				})
				after(4 * DefaultInterval)
				for _, r := range tb.deck.Snapshot().Recordings {
					if r.Call == nil {
						t.Fatalf("the call of %s is not known", r.SID)
					}
				}
				tb.wantTruth()
				ones := tb.wire.count("GET", "/Calls/")
				if lists := tb.wire.count("GET", "/Calls") - ones; lists != tt.lists || ones != tt.ones {
					t.Errorf("%d pages of calls and %d single ones, want %d and %d", lists, ones, tt.lists, tt.ones)
				}
			})
		})
	}
}

// TestWhyNobodyIsNamed has calls, and conferences, answered with an error: the
// snapshot says which, and when they are asked for again.
func TestWhyNobodyIsNamed(t *testing.T) {
	for _, part := range []string{"/Calls", "/Conferences"} {
		t.Run(part, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				space := spaceOf(1, 0)
				space.Begin(sim.Begin{Conference: true})
				space.Begin(sim.Begin{})
				tb := open(t, space, Config{})
				why := func() (this, other Unnamed) {
					if s := tb.deck.Snapshot(); part == "/Calls" {
						return s.Calls, s.Conferences
					}
					s := tb.deck.Snapshot()
					return s.Conferences, s.Calls
				}
				tb.wire.set(always("GET", part, 429, "", "Retry-After", "7"))
				tb.run()
				after(time.Second)
				this, _ := why()
				if in := time.Until(this.Next); api.Reason(this.Err) != "HTTP 429" || in < 5*time.Second || in > 7*time.Second {
					t.Errorf("they are not known for %v, until in %s", this.Err, in)
				}
				tb.wire.set(nil)
				after(11 * time.Second)
				if this, other := why(); this != (Unnamed{}) || other != (Unnamed{}) {
					t.Errorf("after it they are not known for %v, and %v", this.Err, other.Err)
				}
			})
		})
	}
}

// manyCalls is a page of 500 calls: as many as round were there before.
func manyCalls(round int) string {
	var b bytes.Buffer
	b.WriteString(`{"calls":[`)
	for i := range 500 {
		sid := fmt.Sprintf("new-%d-%d", round, i)
		if i < round {
			sid = fmt.Sprintf("old-%d", i)
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"sid":%q,"status":"in-progress","from":"+13105550142","to":"+13105550199","annotation":%q}`, sid, strings.Repeat("x", 500))
	}
	b.WriteString(`],"next_page_uri":null}`)
	return b.String()
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

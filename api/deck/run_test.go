package deck

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api"
	"tapedeck/api/sim"
)

// TestRunEnds: when its context ends, a deck answers what is under way, polls on
// until then, and says what was never answered.
func TestRunEnds(t *testing.T) {
	tests := []struct {
		name   string
		post   func(*http.Request) (*http.Response, error)
		took   time.Duration // at most
		least  time.Duration
		err    string // begins so; empty for none
		status api.Status
	}{
		{name: "nothing hangs", took: 100 * time.Millisecond, status: api.Paused},
		{name: "the answer takes 8 s", least: 7 * time.Second, took: 9 * time.Second, status: api.Paused,
			post: onPost(func(*http.Request) (*http.Response, error) { time.Sleep(8 * time.Second); return nil, nil })},
		{name: "there is no answer, and no read", least: 9 * time.Second, took: CloseLimit, status: api.InProgress,
			err: "close the deck: an update has not been answered",
			post: func(r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodPost || strings.Contains(r.URL.Path, "/Recordings/") {
					<-r.Context().Done()
					return nil, r.Context().Err()
				}
				return nil, nil
			}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tb := open(t, spaceOf(0, 0), Config{})
				sid := tb.space.Begin(sim.Begin{StartedAgo: time.Minute})
				ctx, end := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() { ended <- tb.deck.Run(ctx) }()
				after(time.Second)
				tb.wire.set(tt.post)
				go func() { _, _ = tb.deck.Do(context.Background(), pauseOf(sid)) }()
				time.Sleep(latency)
				polls := tb.wire.count("GET", "/Recordings.json")
				began := time.Now()
				end()
				err := <-ended
				took := time.Since(began)
				if took < tt.least || took > tt.took {
					t.Errorf("it took %s, want %s to %s", took, tt.least, tt.took)
				}
				if (err == nil) != (tt.err == "") || err != nil && !strings.HasPrefix(err.Error(), tt.err) {
					t.Errorf("%v, want %q", err, tt.err)
				}
				if more := tb.wire.count("GET", "/Recordings.json") - polls; tt.least > 0 && more < 3 {
					t.Errorf("%d polls while it waited", more)
				}
				if got := tb.find(sid).Status; got != tt.status {
					t.Errorf("it is %s", got)
				}
				if _, err := tb.deck.Do(t.Context(), stopOf(sid)); err == nil {
					t.Error("it takes requests after its end")
				}
				all := func() int { return tb.wire.count("GET", "") + tb.wire.count("POST", "") }
				n := all()
				after(time.Minute)
				if more := all() - n; more > 0 || n == 0 {
					t.Errorf("%d requests after its end", more)
				}
			})
		})
	}
}

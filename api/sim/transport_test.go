package sim

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// newRequest makes a request for a resource of the project.
func newRequest(tb testing.TB, s *Space, path string) *http.Request {
	tb.Helper()
	url := "http://space.example/api/laml/2010-04-01/Accounts/" + s.Project() + "/" + path
	req, err := http.NewRequestWithContext(tb.Context(), "GET", url, nil)
	if err != nil {
		tb.Fatal(err)
	}
	req.SetBasicAuth(s.Project(), s.Token())
	return req
}

func TestTransportHonorsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Faults: mustFaults(t, "slow=1m")})
		c := newClient(t, s)
		c.http.Timeout = 10 * time.Second
		r := find(t, s, s.Begin(Begin{}))
		started := time.Now()
		_, err := c.send("POST", c.account(updatePath(r)), url.Values{"Status": {"paused"}})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(started) != 10*time.Second {
			t.Errorf("error %v after %v", err, time.Since(started))
		}
		if got := find(t, s, r.SID); got.Status != "paused" {
			t.Errorf("a slow update was not applied: %+v", got)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.Transport().RoundTrip(newRequest(t, s, "Calls").WithContext(ctx)); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		if n := s.Stats().Requests(); n != 1 {
			t.Errorf("%d requests, want 1: the canceled one never left", n)
		}
	})
}

func TestTransportClosesBody(t *testing.T) {
	s := New(Options{})
	body := &closer{Reader: strings.NewReader("Status=paused")}
	req := newRequest(t, s, "Recordings")
	req.Method, req.Body = "POST", body
	resp, err := s.Transport().RoundTrip(req)
	if err != nil || resp.StatusCode != 405 || !body.closed {
		t.Errorf("%v, %v, closed %v", resp, err, body.closed)
	}
}

type closer struct {
	*strings.Reader
	closed bool
}

func (c *closer) Close() error { c.closed = true; return nil }

// TestTransportIsLikeServer compares the answers in the process to those
// through a socket.
func TestTransportIsLikeServer(t *testing.T) {
	s := New(Options{Recordings: 24, History: 200})
	inside, outside := newClient(t, s), newServer(t, s)
	for _, path := range []string{"Recordings?PageSize=10", "Calls.json", "Conferences?Page=1", "Nothing"} {
		a, b := inside.must("GET", inside.account(path), nil), outside.must("GET", outside.account(path), nil)
		if a.status != b.status || a.body != b.body || a.header.Get("Content-Type") != b.header.Get("Content-Type") {
			t.Errorf("%s: %d %.80s\n%d %.80s", path, a.status, a.body, b.status, b.body)
		}
	}
}

func TestStats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(DefaultOptions())
		c := newClient(t, s)
		r := first(t, s, isConference)
		bytes := 0
		for _, path := range []string{
			"Recordings", "Conferences/" + r.ConferenceSID + "/Recordings", "Recordings/" + r.SID + ".json",
			"Calls", "Conferences", "Conferences/" + r.ConferenceSID, "Conferences/" + r.ConferenceSID + "/Participants", "Nothing",
		} {
			bytes += len(c.must("GET", c.account(path), nil).body)
		}
		bytes += len(c.update(r, url.Values{"Status": {"paused"}}).body)
		want := Stats{RecordingLists: 2, Recordings: 1, Calls: 1, Conferences: 2, Participants: 1, Updates: 1, Other: 1, Bytes: int64(bytes), MaxInFlight: 1}
		if got := s.Stats(); got != want || got.Requests() != 9 {
			t.Errorf("got %+v, want %+v", got, want)
		}
		s.ResetStats()
		if got := s.Stats(); got != (Stats{}) {
			t.Errorf("after the reset: %+v", got)
		}
		s.SetFaults(mustFaults(t, "slow=1s")...)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() { c.must("GET", c.account("Calls"), nil) })
		}
		wg.Wait()
		if got := s.Stats(); got.MaxInFlight != 8 || got.Calls != 8 {
			t.Errorf("eight at once: %+v", got)
		}
	})
}

// TestConcurrentUse is for the race detector.
func TestConcurrentUse(t *testing.T) {
	o := DefaultOptions()
	o.Churn = 600
	s := New(o)
	c := newServer(t, s)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 10 {
				r := first(t, s, func(r Recording) bool { return r.Status == "in-progress" })
				c.update(r, url.Values{"Status": {"paused"}})
				c.all("Recordings?PageSize=200", "recordings")
				s.EndCall(r.CallSID)
				s.Begin(Begin{})
				s.Stats()
			}
		})
	}
	wg.Wait()
}

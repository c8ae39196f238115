package deck

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api"
	"tapedeck/api/sim"
)

// hang keeps the first n POSTs without an answer, as a connection does that the
// network has forgotten, and gives the others to next.
func hang(n int32, next func(*http.Request) (*http.Response, error)) func(*http.Request) (*http.Response, error) {
	var posts atomic.Int32
	return onPost(func(r *http.Request) (*http.Response, error) {
		if posts.Add(1) <= n {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}
		if next == nil {
			return nil, nil
		}
		return next(r)
	})
}

func again(req Request) Request { req.Again = true; return req }

// TestAgain has a person send a pause once more that hangs.
func TestAgain(t *testing.T) {
	status := func(code int) func(*http.Request) (*http.Response, error) {
		return func(r *http.Request) (*http.Response, error) { return answer(r, code, "{}"), nil }
	}
	tests := []struct {
		name    string
		hung    int32
		next    func(*http.Request) (*http.Response, error)
		outcome Outcome
		took    time.Duration // from the first key, at most
	}{
		{name: "the second is answered", hung: 1, outcome: Verified, took: 2 * time.Second},
		{name: "both hang", hung: 2, outcome: Contradicted, took: 14 * time.Second},
		{name: "the second is dropped, the first hangs", hung: 1, took: 14 * time.Second, outcome: Contradicted,
			next: func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }},
		{name: "the second is refused", hung: 1, next: status(422), outcome: Contradicted, took: 6 * time.Second},
		{name: "the second fails", hung: 1, next: status(503), outcome: Contradicted, took: 14 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &paper{}
				tb, sid := begun(t, Config{Journal: p})
				tb.wire.set(hang(tt.hung, tt.next))
				began := time.Now()
				var first Progress
				done := make(chan struct{})
				go func() { defer close(done); first, _ = tb.deck.Do(context.Background(), pauseOf(sid)) }()
				after(1400 * time.Millisecond)
				if _, err := tb.deck.Do(t.Context(), again(pauseOf(sid))); !isBusy(err) {
					t.Errorf("before its time: %v", err)
				}
				after(100 * time.Millisecond)
				if _, err := tb.deck.Do(t.Context(), pauseOf(sid)); !isBusy(err) {
					t.Errorf("without asking for it: %v", err)
				}
				if _, err := tb.deck.Do(t.Context(), again(stopOf(sid))); !isBusy(err) {
					t.Errorf("another verb: %v", err)
				}
				req := again(pauseOf(sid))
				req.Actor = Actor{Actor: "bob"}
				got, err := tb.deck.Do(t.Context(), req)
				if took := time.Since(began); took > tt.took {
					t.Errorf("it took %v, want %v", took, tt.took)
				}
				<-done
				if err != nil || got.ID != first.ID || got.JournalID != first.JournalID || got.Outcome != tt.outcome || first.Outcome != tt.outcome {
					t.Errorf("%s and %s, %v; want %s", first.Outcome, got.Outcome, err, tt.outcome)
				}
				if got.Tries != 2 || got.ByHand != 1 || tb.wire.count("POST", "") != 2 {
					t.Errorf("%d tries, %d by hand, %d POSTs", got.Tries, got.ByHand, tb.wire.count("POST", ""))
				}
				lines := strings.Join(p.lines(), "\n")
				if !strings.Contains(lines, "again i bob in-progress paused skip sent once more by hand\noutcome i ") || strings.Count(lines, "outcome") != 1 {
					t.Errorf("the journal says\n%s", lines)
				}
			})
		})
	}
}

func isBusy(err error) bool {
	_, busy := errors.AsType[*BusyError](err)
	return busy
}

// TestAgainIsShown: the screen can say that it was sent once more while neither
// has been answered.
func TestAgainIsShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb, sid := begun(t, Config{})
		tb.wire.set(hang(2, nil))
		for range 3 {
			go func() { _, _ = tb.deck.Do(context.Background(), again(pauseOf(sid))) }()
			after(1600 * time.Millisecond)
		}
		if p := tb.find(sid).Update; p.Tries != 3 || p.ByHand != 2 || p.Outcome != Verified {
			t.Errorf("%s after %d tries, %d by hand", p.Outcome, p.Tries, p.ByHand)
		}
		// What is done is not sent once more.
		if p, err := tb.deck.Do(t.Context(), again(pauseOf(sid))); err != nil || p.Tries != 3 || p.Outcome != Verified {
			t.Errorf("after it was done: %+v, %v", p, err)
		}
		after(time.Second)
		if n := tb.wire.count("POST", ""); n != 3 {
			t.Errorf("%d POSTs", n)
		}
	})
}

// TestAgainResumeAndStop are sent once more only while a read shows what the
// person saw.
func TestAgainResumeAndStop(t *testing.T) {
	for _, verb := range []string{"resume", "stop"} {
		for _, moved := range []bool{false, true} {
			t.Run(verb+map[bool]string{true: ", moved"}[moved], func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					space := spaceOf(0, 0)
					req, begin := stopOf, sim.Begin{StartedAgo: time.Minute}
					if verb == "resume" {
						req, begin.Status = resumeOf, "paused"
					}
					sid := space.Begin(begin)
					tb := open(t, space, Config{Interval: time.Minute})
					tb.run()
					after(time.Second)
					tb.wire.set(hang(1, nil))
					go func() { _, _ = tb.deck.Do(context.Background(), req(sid)) }()
					after(2 * time.Second)
					if moved {
						space.SetStatus(sid, map[string]string{"stop": "paused", "resume": "in-progress"}[verb])
					}
					got, err := tb.deck.Do(t.Context(), again(req(sid)))
					if moved != (err != nil) || moved && !strings.Contains(err.Error(), "not sent once more: it is ") || !moved && got.Outcome != Verified {
						t.Errorf("%s, %v", got.Outcome, err)
					}
					want := 2
					if moved {
						want = 1
					}
					if n := tb.wire.count("POST", ""); n != want {
						t.Errorf("%d POSTs, want %d", n, want)
					}
					after(30 * time.Second)
				})
			})
		}
	}
}

// TestAgainWithoutARecord: what must be on record is not sent once more without.
func TestAgainWithoutARecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &paper{}
		tb, sid := begun(t, Config{Journal: p, JournalRequired: true})
		tb.wire.set(hang(1, nil))
		go func() { _, _ = tb.deck.Do(context.Background(), pauseOf(sid)) }()
		after(2 * time.Second)
		p.mu.Lock()
		p.fail = errors.New("disk full")
		p.mu.Unlock()
		if _, err := tb.deck.Do(t.Context(), again(pauseOf(sid))); !errors.Is(err, ErrNotOnRecord) {
			t.Errorf("%v", err)
		}
		if n := tb.wire.count("POST", ""); n != 1 {
			t.Errorf("%d POSTs", n)
		}
		after(30 * time.Second)
	})
}

// TestAgainWhenTheLastFailed is a request of its own.
func TestAgainWhenTheLastFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb, sid := begun(t, Config{})
		tb.space.SetFaults(fault(t, "403@update")...)
		first, _ := tb.deck.Do(t.Context(), pauseOf(sid))
		tb.space.SetFaults()
		p, err := tb.deck.Do(t.Context(), again(pauseOf(sid)))
		if err != nil || p.ID == first.ID || p.Outcome != Verified || p.ByHand != 0 {
			t.Errorf("%+v, %v", p, err)
		}
		if got := tb.find(sid).Status; got != api.Paused {
			t.Errorf("it is %s", got)
		}
	})
}

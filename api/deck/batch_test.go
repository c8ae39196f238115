package deck

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/sim"
)

// many makes a deck on a space with n recordings that run, and a request to
// pause each.
func many(t *testing.T, n int, c Config) (*table, []Request) {
	space := spaceOf(0, 0)
	var reqs []Request
	for range n {
		reqs = append(reqs, pauseOf(space.Begin(sim.Begin{StartedAgo: time.Minute})))
	}
	tb := open(t, space, c)
	tb.run()
	after(2 * time.Second)
	return tb, reqs
}

// flying counts the POSTs that are without an answer.
type flying struct {
	mu        sync.Mutex
	now, most int
	order     []string
}

func (f *flying) during(took time.Duration) func(*http.Request) (*http.Response, error) {
	return onPost(func(r *http.Request) (*http.Response, error) {
		f.mu.Lock()
		f.now++
		f.most = max(f.most, f.now)
		f.order = append(f.order, r.URL.Path)
		f.mu.Unlock()
		time.Sleep(took)
		f.mu.Lock()
		f.now--
		f.mu.Unlock()
		return nil, nil
	})
}

// TestBatch: all are on record before the first is sent, eight are unanswered
// at a time, and no verification keeps the others waiting.
func TestBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &paper{}
		tb, reqs := many(t, 30, Config{Journal: p})
		tb.space.SetFaults(fault(t, "lag=2s")...) // a verification takes as long
		var f flying
		early := 0
		posted := f.during(time.Second)
		tb.wire.set(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodPost && strings.Count(strings.Join(p.lines(), "\n"), "request") < 30 {
				early++
			}
			return posted(r)
		})
		reqs = append(reqs, pauseOf("nobody"), reqs[0])
		began := time.Now()
		got := map[int]Outcome{}
		refused := 0
		tb.deck.DoAll(t.Context(), reqs, func(i int, p Progress, err error) {
			if err != nil {
				refused++
				if i < 30 || !errors.Is(err, ErrNotFound) && !isBusy(err) {
					t.Errorf("request %d: %v", i, err)
				}
				return
			}
			if p.Request.SID != reqs[i].SID {
				t.Errorf("request %d is of %s", i, p.Request.SID)
			}
			got[i] = p.Outcome
		})
		if took := time.Since(began); took > 8*time.Second {
			t.Errorf("it took %v; want 4 rounds of a second, and a verification", took)
		}
		for i := range 30 {
			if got[i] != Verified {
				t.Errorf("request %d is %q", i, got[i])
			}
		}
		if f.most != maxUnanswered || early != 0 || refused != 2 || tb.wire.count("POST", "") != 30 {
			t.Errorf("%d at once, %d before all were on record, %d refused, %d POSTs", f.most, early, refused, tb.wire.count("POST", ""))
		}
		first := strings.Join(f.order[:maxUnanswered], " ")
		for _, req := range reqs[:maxUnanswered] {
			if !strings.Contains(first, req.SID.String()) {
				t.Errorf("%s is not among the first", req.SID)
			}
		}
	})
}

// TestBatchGoesOutAtOnce: the first of several is sent when all are on record, and
// not only after they were shown.
func TestBatchGoesOutAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb, reqs := many(t, 3, Config{Journal: &paper{}})
		took := make(chan time.Duration, len(reqs))
		began := time.Now()
		tb.wire.set(onPost(func(*http.Request) (*http.Response, error) { took <- time.Since(began); return nil, nil }))
		tb.deck.DoAll(t.Context(), reqs, func(int, Progress, error) {})
		if first := <-took; first != latency+appearAfter { // which is the test's wire
			t.Errorf("sent after %v", first)
		}
	})
}

// TestBatchOutlivesItsSession: when its screen ends the batch goes on.
func TestBatchOutlivesItsSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb, reqs := many(t, 20, Config{})
		var f flying
		tb.wire.set(f.during(time.Second))
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		tb.deck.DoAll(ctx, reqs, func(i int, _ Progress, err error) { t.Errorf("request %d: %v", i, err) })
		after(10 * time.Second)
		if n := tb.wire.count("POST", ""); n != 20 || tb.deck.Snapshot().Paused != 20 {
			t.Errorf("%d POSTs, %d paused", n, tb.deck.Snapshot().Paused)
		}
	})
}

// TestBatchAtTheEnd: what was not sent when the deck is closed is said by name,
// and on record.
func TestBatchAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &paper{}
		tb, reqs := many(t, 12, Config{Journal: p})
		var f flying
		tb.wire.set(f.during(4 * time.Second))
		results := 0
		go tb.deck.DoAll(context.Background(), reqs, func(_ int, p Progress, err error) {
			results++
			if unsent := errors.Is(p.Err, ErrNotSent); err != nil || unsent != (p.Outcome == Failed) || unsent != (p.Tries == 0) {
				t.Errorf("%+v, %v", p, err)
			}
		})
		after(3500 * time.Millisecond)
		if s := tb.deck.Snapshot(); s.NotPaused != 12 || s.Find(reqs[11].SID).Trouble.Why != "not sent yet" {
			t.Errorf("%d not paused, the last: %q", s.NotPaused, s.Find(reqs[11].SID).Trouble.Why)
		}
		err := tb.deck.Close(context.Background())
		synctest.Wait()
		lines := strings.Join(p.lines(), "\n")
		if n := strings.Count(lines, "failed not sent: tapedeck is ending"); n != 4 || strings.Count(lines, "outcome") != 12 || results != 12 {
			t.Errorf("%d results, the journal says\n%s", results, lines)
		}
		for i, req := range reqs {
			if got := err != nil && strings.Contains(err.Error(), "pause "+req.SID.String()); got != (i >= maxUnanswered) {
				t.Errorf("request %d: %v", i, err)
			}
		}
		tb.deck.unsent = nil // it has been said
	})
}

// TestBatchOffRecord: what must be on record is not sent without.
func TestBatchOffRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb, reqs := many(t, 10, Config{Journal: &oneFails{}, JournalRequired: true})
		n := map[Outcome]int{}
		tb.deck.DoAll(t.Context(), reqs, func(_ int, p Progress, _ error) {
			n[p.Outcome]++
			if p.Outcome == Failed && Reason(p.Err) != "not sent: it cannot be put on record" {
				t.Errorf("%q", Reason(p.Err))
			}
		})
		if n[Verified] != 9 || n[Failed] != 1 || tb.wire.count("POST", "") != 9 {
			t.Errorf("%v, %d POSTs", n, tb.wire.count("POST", ""))
		}
	})
}

// oneFails is a journal that cannot write its first entry.
type oneFails struct {
	paper
	once sync.Once
}

func (j *oneFails) Enqueue(e journal.Entry) *journal.Pending {
	var err error
	j.once.Do(func() { err = fmt.Errorf("disk full") })
	if err != nil {
		return journal.Done(err)
	}
	return j.paper.Enqueue(e)
}

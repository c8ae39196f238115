package deck

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api"
	"tapedeck/api/secret"
	"tapedeck/api/sim"
)

// load is a space of a size, as the budgets name it.
type load struct {
	name     string
	history  int
	active   int
	age      func(*rand.Rand) time.Duration // of an active recording
	requests int                            // of a steady poll, at most
	ratio    float64                        // baseline's bytes to a steady poll's, at least
}

// loads are the budgets: what a steady poll may cost, beside what a client
// costs that lists the whole lookback each time.
var loads = []load{
	{name: "20000-in-the-lookback-50-active", history: 20000, active: 50, requests: 52, ratio: 100,
		age: func(rng *rand.Rand) time.Duration { return time.Duration(rng.Int64N(int64(3 * time.Hour))) }},
	{name: "100000-in-the-lookback-2000-active", history: 98000, active: 2000, requests: 300, ratio: 15,
		age: func(rng *rand.Rand) time.Duration {
			if rng.IntN(200) == 0 {
				return time.Duration(rng.Int64N(int64(20 * time.Hour)))
			}
			return time.Duration(min(rng.ExpFloat64()*30, 600) * float64(time.Minute))
		}},
	{name: "none-active", history: 20000, requests: 1, ratio: 100},
}

func (l load) space() *sim.Space {
	space := sim.New(sim.Options{History: l.history, Seed: 3})
	rng := rand.New(rand.NewPCG(3, 3))
	for range l.active {
		space.Begin(sim.Begin{StartedAgo: l.age(rng), Conference: rng.IntN(6) == 0})
	}
	return space
}

// cost is what some polls cost the API.
type cost struct {
	requests, bytes float64 // a poll
	inFlight        int
	took            time.Duration // a poll
}

func clientOf(space *sim.Space) api.Config {
	return api.Config{Space: "http://127.0.0.1", Project: space.Project(),
		Token: secret.New(space.Token()), Transport: space.Transport()}
}

// baseline lists the whole lookback once, as a plain client does each time.
func baseline(tb testing.TB, space *sim.Space) cost {
	c, err := api.New(clientOf(space))
	if err != nil {
		tb.Fatal(err)
	}
	space.ResetStats()
	pages := c.Recordings(api.RecordingQuery{CreatedAfter: time.Now().Add(-DefaultLookback), PageSize: 1000})
	for pages.More() {
		if _, err := pages.Next(context.Background(), func(api.Row) {}); err != nil {
			tb.Fatal(err)
		}
	}
	s := space.Stats()
	return cost{requests: float64(s.Requests()), bytes: float64(s.Bytes)}
}

// steadyCost runs a deck until it is steady, and then some polls.
func steadyCost(tb testing.TB, space *sim.Space, polls int) cost {
	d, err := Open(clientOf(space), Config{})
	if err != nil {
		tb.Fatal(err)
	}
	ctx := context.Background()
	settle := func() {
		if err := d.poll(ctx); err != nil {
			tb.Fatal(err)
		}
		d.readCalls(ctx)
		d.readConferences(ctx)
	}
	for range 4 {
		settle()
	}
	space.ResetStats()
	began := time.Now()
	for range polls {
		settle()
	}
	s := space.Stats()
	n := float64(polls)
	return cost{float64(s.Requests()) / n, float64(s.Bytes) / n, s.MaxInFlight, time.Since(began) / time.Duration(polls)}
}

// TestSteadyPollBudget fails when a steady poll needs more requests, bytes or
// time than its budget, at 50 ms a request in simulated time.
func TestSteadyPollBudget(t *testing.T) {
	for _, l := range loads {
		t.Run(l.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				space := l.space()
				base := baseline(t, space)
				space.SetFaults(fault(t, "slow=50ms")...)
				got := steadyCost(t, space, 2)
				t.Logf("%.0f requests, %.0f bytes, %v; the baseline %.0f bytes, %.0f times as many; %d in flight",
					got.requests, got.bytes, got.took, base.bytes, base.bytes/got.bytes, got.inFlight)
				if got.requests > float64(l.requests) {
					t.Errorf("%.0f requests, want %d at most", got.requests, l.requests)
				}
				if ratio := base.bytes / got.bytes; ratio < l.ratio {
					t.Errorf("the baseline needs %.1f times the bytes, want %.0f at least", ratio, l.ratio)
				}
				if got.took > 2*time.Second {
					t.Errorf("a poll takes %v, want 2 s at most", got.took)
				}
				if got.inFlight > maxInFlight {
					t.Errorf("%d requests in flight", got.inFlight)
				}
			})
		})
	}
}

// BenchmarkSteadyPoll reports what a steady poll costs, and what a plain
// client's does in the same run: bytes of bodies before compression, and
// requests. These are exact; the time is for comparison only.
func BenchmarkSteadyPoll(b *testing.B) {
	for _, l := range loads {
		b.Run(l.name, func(b *testing.B) {
			space := l.space()
			base := baseline(b, space)
			b.ResetTimer()
			got := steadyCost(b, space, max(b.N, 1))
			b.ReportMetric(got.requests, "requests/poll")
			b.ReportMetric(got.bytes, "bytes/poll")
			b.ReportMetric(base.bytes/got.bytes, "baseline-bytes/poll-bytes")
			b.ReportMetric(base.requests, "baseline-requests")
		})
	}
}

// BenchmarkPublish measures a snapshot of many recordings.
func BenchmarkPublish(b *testing.B) {
	for _, n := range []int{10, 1000, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			d := newDeck(Config{})
			now := time.Now()
			for i := range n {
				d.add(api.DecodeRecording(fmt.Appendf(nil, `{"sid":"r%d","status":"in-progress","date_created":%q}`,
					i, now.Add(-time.Duration(i)*time.Second).Format(time.RFC1123Z))), now)
			}
			b.ReportAllocs()
			for b.Loop() {
				d.publish()
			}
		})
	}
}

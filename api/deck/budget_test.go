package deck

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
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
	was      cost                           // what a steady poll took when this was written
}

// loads are the budgets: what a steady poll may cost, beside what a client
// costs that lists the whole lookback each time.
var loads = []load{
	{name: "20000-in-the-lookback-50-active", history: 20000, active: 50, requests: 52, ratio: 100, was: cost{requests: 49, bytes: 59200},
		age: func(rng *rand.Rand) time.Duration { return time.Duration(rng.Int64N(int64(3 * time.Hour))) }},
	{name: "100000-in-the-lookback-2000-active", history: 98000, active: 2000, requests: 300, ratio: 15, was: cost{requests: 266, bytes: 5398549},
		age: func(rng *rand.Rand) time.Duration {
			if rng.IntN(200) == 0 {
				return time.Duration(rng.Int64N(int64(20 * time.Hour)))
			}
			return time.Duration(min(rng.ExpFloat64()*30, 600) * float64(time.Minute))
		}},
	{name: "none-active", history: 20000, requests: 1, ratio: 100, was: cost{requests: 1, bytes: 18361}},
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
		if err := d.poller.poll(ctx); err != nil {
			tb.Fatal(err)
		}
		d.directory.readCalls(ctx)
		d.directory.readConferences(ctx)
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
			if raceEnabled {
				t.Skip("bytes and requests are the same with the race detector, and take ten times as long")
			}
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
				if got.requests > l.was.requests || got.bytes > 1.01*l.was.bytes {
					t.Errorf("%.0f requests and %.0f bytes, and it was %.0f and %.0f", got.requests, got.bytes, l.was.requests, l.was.bytes)
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

// running returns a recording that is running and not being updated, the older
// ones too.
func running(s *Snapshot, rng *rand.Rand) string {
	for range 1000 {
		r := s.Recordings[rng.IntN(len(s.Recordings))]
		if r.Status == api.InProgress && r.Update == nil {
			return r.SID.String()
		}
	}
	return ""
}

// TestUpdateNeverWaitsInTheLargest sends updates at many moments of the first
// full scan, of steady polls and of later full scans of the largest space, at
// 50 ms a request: each POST is on the wire at once.
func TestUpdateNeverWaitsInTheLargest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		load := loads[1]
		if raceEnabled {
			load = loads[0] // the other one takes ten times as long
		}
		space := load.space()
		tb := open(t, space, Config{FullEvery: 20 * time.Second})
		space.SetFaults(fault(t, "slow=50ms")...)
		tb.run()
		rng := rand.New(rand.NewPCG(8, 8))
		loading, full := 0, 0
		for range 40 {
			after(487 * time.Millisecond)
			s := tb.deck.Snapshot()
			sid := running(s, rng)
			if s.Health.Phase(time.Now()) == Loading {
				loading++
			}
			if len(tb.deck.poller.places) == maxInFlight {
				full++
			}
			tb.wire.forget()
			go func() { _, _ = tb.deck.Do(context.Background(), pauseOf(sid)) }()
			after(time.Millisecond)
			if n := tb.wire.count("POST", sid); n != 1 {
				t.Errorf("%s: the POST is not on the wire; %v, %d reads in flight", sid, s.Health.Phase(time.Now()), len(tb.deck.poller.places))
			}
		}
		if loading < 3 || full < 3 {
			t.Errorf("%d updates during the first scan and %d beside %d reads in flight, want some", loading, full, maxInFlight)
		}
	})
}

// TestFirstScanShowsRowsFromTheFirstPageOn stops in the middle of the first
// scan of the largest space: what is shown is the newest of what there is.
func TestFirstScanShowsRowsFromTheFirstPageOn(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector has nothing to find here, and takes ten times as long")
	}
	synctest.Test(t, func(t *testing.T) {
		space := loads[1].space()
		var newest []sim.Recording
		for _, r := range space.Recordings() {
			if api.Status(r.Status).Active() {
				newest = append(newest, r)
			}
		}
		slices.SortStableFunc(newest, func(a, b sim.Recording) int { return b.Created.Compare(a.Created) })
		tb := open(t, space, Config{})
		space.SetFaults(fault(t, "slow=50ms")...)
		tb.run()
		shown := 0
		for page := range 5 {
			after(latency + 50*time.Millisecond)
			tb.wantPhase(Loading)
			s := tb.deck.Snapshot()
			if len(s.Recordings) <= shown {
				t.Fatalf("%d recordings after %d pages, and %d before", len(s.Recordings), page+1, shown)
			}
			shown = len(s.Recordings)
			for i, r := range s.Recordings {
				if !r.Created.Equal(newest[i].Created.Truncate(time.Second)) {
					t.Fatalf("after %d pages, number %d was created at %v, want %v", page+1, i, r.Created, newest[i].Created)
				}
			}
			t.Logf("%d recordings after %d pages", shown, page+1)
		}
	})
}

// BenchmarkSteadyPoll reports what a steady poll costs, and what a plain
// client's does in the same run: bytes of bodies before compression, and
// requests. These are exact; the time is by the clock, at 50 ms a request.
func BenchmarkSteadyPoll(b *testing.B) {
	for _, l := range loads {
		b.Run(l.name, func(b *testing.B) {
			space := l.space()
			base := baseline(b, space)
			space.SetFaults(fault(b, "slow=50ms")...)
			b.ResetTimer()
			got := steadyCost(b, space, max(b.N, 1))
			b.ReportMetric(got.requests, "requests/poll")
			b.ReportMetric(got.bytes, "bytes/poll")
			b.ReportMetric(base.bytes/got.bytes, "baseline-bytes/poll-bytes")
			b.ReportMetric(base.requests, "baseline-requests")
			b.ReportMetric(float64(got.took)/1e6, "ms/poll")
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

// memory returns how many bytes a deck keeps for n recordings as the simulator
// has them.
func memory(tb testing.TB, n int) int64 {
	space := sim.New(sim.Options{Recordings: n, Seed: 3})
	inUse := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	d, err := Open(clientOf(space), Config{})
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := d.client.Recordings(api.RecordingQuery{PageSize: 1000}).Next(context.Background(), func(api.Row) {}); err != nil {
		tb.Fatal(err) // the space has made its own rows now
	}
	before := inUse()
	if err := d.poller.poll(context.Background()); err != nil {
		tb.Fatal(err)
	}
	d.directory.readCalls(context.Background())
	d.directory.readConferences(context.Background())
	got := inUse() - before
	if a := d.Snapshot().Active; a < n-n/100 { // one or the other has just ended
		tb.Fatalf("%d active, want %d", a, n)
	}
	runtime.KeepAlive(d)
	runtime.KeepAlive(space)
	return got
}

// memoryMost is how many bytes a recording may take in a deck, with its JSON,
// its call and its timeline, which takes 81 of them.
const memoryMost = 5600

// TestMemory fails when a deck keeps more of a recording than it did.
func TestMemory(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates too")
	}
	const n = 10_000
	got := memory(t, n) / n
	t.Logf("%d bytes a recording", got)
	if got > memoryMost {
		t.Errorf("%d bytes a recording, want at most %d", got, memoryMost)
	}
}

// BenchmarkMemory reports what 1,000 recordings take in a deck.
func BenchmarkMemory(b *testing.B) {
	const n = 10_000
	var got int64
	for b.Loop() {
		got = memory(b, n)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(got)/n*1000, "bytes/1000-rows")
}

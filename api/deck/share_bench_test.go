package deck

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/secret"
	"tapedeck/api/share"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// stamped notes when the last POST was sent.
type stamped struct {
	next http.RoundTripper
	at   atomic.Int64 // ns since began
}

var began = time.Now()

func (s *stamped) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost {
		s.at.Store(int64(time.Since(began)))
	}
	return s.next.RoundTrip(r)
}

// BenchmarkRequestToPost measures the time from a request to its POST on a deck of
// 2,000 active recordings that shares 100 pauses, and by turns on one that is alone.
func BenchmarkRequestToPost(b *testing.B) {
	m := share.NewMemory()
	var list [2]struct {
		wire *stamped
		deck *Deck
		sids []text.Text
		took []time.Duration
	}
	for i := range list {
		l := &list[i]
		space := sim.New(sim.Options{Recordings: 2000, Seed: 3})
		l.wire = &stamped{next: space.Transport()}
		c := Config{Interval: time.Minute, Space: "https://example.signalwire.com", Project: space.Project()}
		if i == 1 {
			h := m.Join("host-a")
			go func() { _ = h.Run(b.Context()) }()
			c.Share = h
		}
		var err error
		l.deck, err = Open(api.Config{Space: "http://127.0.0.1", Project: space.Project(), Token: secret.New(space.Token()), Transport: l.wire}, c)
		if err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { defer close(done); _ = l.deck.Run(ctx) }()
		b.Cleanup(func() { cancel(); <-done })
		for end := time.Now().Add(time.Minute); l.deck.Snapshot().Health.Complete.IsZero(); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				b.Fatal("the deck does not poll")
			}
		}
		for _, r := range l.deck.Snapshot().Recordings {
			if r.Status == api.InProgress {
				l.sids = append(l.sids, r.SID)
			}
		}
	}
	other, d := m.Join("host-b"), list[1].deck
	for i, r := range d.Snapshot().Recordings[:100] {
		other.Put(d.sh.key(r.SID), share.Fact{Pause: &share.Pause{Updated: r.Updated, Since: r.Updated, Actor: Actor{Actor: fmt.Sprint("p", i)}}})
	}
	time.Sleep(100 * time.Millisecond)
	b.ResetTimer()
	for n := 0; b.Loop(); n++ {
		for i := range list {
			l := &list[(i+n)%2]
			sid := l.sids[n%len(l.sids)]
			asked := time.Since(began)
			u, err := l.deck.begin(pauseOf(sid.String()))
			if err != nil {
				continue // it has ended meanwhile
			}
			u.carryOut()
			l.took = append(l.took, time.Duration(l.wire.at.Load())-asked)
		}
	}
	b.StopTimer()
	median := func(i int) float64 {
		t := list[i].took
		slices.Sort(t)
		if len(t) == 0 {
			return 0
		}
		return float64(t[len(t)/2].Microseconds())
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(0), "alone-µs")
	b.ReportMetric(median(1), "shared-µs")
	b.ReportMetric(median(1)/max(median(0), 1), "shared/alone")
}

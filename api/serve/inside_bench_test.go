//go:build unix

package serve

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/local"
	"tapedeck/api/sim"
)

// BenchmarkInside has sessions in the process of the service be told of a snapshot,
// of one project and of two: from the deck's to the last session's. Beside it is what
// the same sessions take as subscribers of the deck itself, each with a goroutine that
// waits.
func BenchmarkInside(b *testing.B) {
	for _, profiles := range [][]string{nil, {"eu", "us"}} {
		for _, n := range []int{1, 1000} {
			b.Run(fmt.Sprintf("profiles=%d/sessions=%d", max(1, len(profiles)), n), func(b *testing.B) { benchInside(b, profiles, n) })
		}
	}
	b.Run("baseline/subscribers=1000", func(b *testing.B) { benchSubscribers(b, 1000) })
}

// benchWorld is a service of decks that do not poll by themselves, with 1,000 active
// recordings.
func benchWorld(b *testing.B, profiles []string) *world {
	w := start(b, setting{profiles: profiles, deck: deck.Config{Interval: deck.MaxInterval}, dir: b.TempDir()})
	for range 1000 {
		w.spaces[0].Begin(sim.Begin{Status: "in-progress"})
	}
	w.server.projects[0].Deck.Refresh()
	w.wait("all are there, with who is on the line", func() bool {
		list := w.server.projects[0].Deck.Snapshot().Recordings
		return len(list) == 1000 && !slices.ContainsFunc(list, func(r *deck.Recording) bool { return r.Call == nil && r.Conference == nil })
	})
	return w
}

func benchInside(b *testing.B, profiles []string, n int) {
	w := benchWorld(b, profiles)
	var role Role
	role.Name, role.May = "watcher", []local.Word{"view"}
	for k := range n {
		role.Keys = append(role.Keys, fmt.Sprintf("SHA256:%043d", k))
	}
	w.server.SetRoles([]Role{role})
	heap := heapNow()
	goroutines := runtime.NumGoroutine()
	h := w.server.hub
	var all sync.WaitGroup
	var counted atomic.Bool
	insides := make([]*Inside, n)
	for k := range n {
		i, err := w.server.Enter(Insider{User: "u", Fingerprint: role.Keys[k], Address: "192.0.2.1:1"}, local.Screen{Command: local.Dashboard}, func(string) {})
		check(b, err)
		insides[k] = i
		i.Watch(func(*deck.Snapshot) {
			if counted.Load() {
				all.Done()
			}
		})
	}
	w.wait("all were told", func() bool { return telling() == 0 })
	each, more := float64(heapNow()-heap)/float64(n), runtime.NumGoroutine()-goroutines
	check(b, w.stop()) // its decks tell of nothing more
	w.wait("all were told", func() bool { return telling() == 0 })
	counted.Store(true)
	part := *h.parts[0]
	took := make([]time.Duration, 0, b.N)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		began := time.Now()
		all.Add(n)
		h.mu.Lock()
		s := part
		s.Seq++
		part, h.parts[0] = s, &s
		h.changed()
		h.mu.Unlock()
		all.Wait()
		took = append(took, time.Since(began))
	}
	b.StopTimer()
	b.ReportMetric(each, "B/session")
	b.ReportMetric(float64(more), "goroutines")
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
	for _, i := range insides {
		i.Leave(quit)
	}
}

func benchSubscribers(b *testing.B, n int) {
	w := benchWorld(b, nil)
	heap := heapNow()
	var all sync.WaitGroup
	chans := make([]chan *deck.Snapshot, n)
	for k := range n {
		chans[k] = make(chan *deck.Snapshot, 1)
		go func() {
			for range chans[k] {
				all.Done()
			}
		}()
	}
	each := float64(heapNow()-heap) / float64(n)
	s := w.server.projects[0].Deck.Snapshot()
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		all.Add(n)
		for _, ch := range chans {
			ch <- s
		}
		all.Wait()
	}
	b.StopTimer()
	b.ReportMetric(each, "B/session")
	b.ReportMetric(float64(n), "goroutines")
	for _, ch := range chans {
		close(ch)
	}
}

// heapNow returns how much of the heap is in use.
func heapNow() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

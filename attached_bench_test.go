//go:build linux

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/local"
	"tapedeck/api/sim"
)

// BenchmarkAttachedFrame measures the time from the start of the built program in
// a pseudo-terminal to its first frame: that of a dashboard on the deck of a
// service, which has the rows, beside that of one on a deck of its own, which says
// LOADING, against the same simulated space.
func BenchmarkAttachedFrame(b *testing.B) {
	p := program{path: filepath.Join(b.TempDir(), "tapedeck")}
	build(b, "-o", p.path, ".")
	for _, n := range []int{24, 10_000} {
		b.Run(fmt.Sprintf("%d", n), func(b *testing.B) {
			space := serveSpace(b, sim.Options{Recordings: n})
			host := p.serve(b, space, "interval = \"2s\"\nlookback = \"24h\"\n")
			host.complete()
			var ours, others []float64
			for b.Loop() {
				ours = append(ours, frameIn(b, p.path, clean(b.TempDir(), host.client()...), "PAUSED 1", "PAUSED 2", "PAUSED 3", "PAUSED 4", "PAUSED 5", "PAUSED 6", "PAUSED 7", "PAUSED 8", "PAUSED 9"))
				others = append(others, frameIn(b, p.path, clean(b.TempDir(), space.env("TAPEDECK_SERVER=off")...), "PAUSED"))
			}
			report(b, ours, others)
		})
	}
}

// complete waits until the deck of the service has read everything.
func (h *hosted) complete() {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 2*time.Minute)
	defer cancel()
	c, err := local.Dial(ctx, local.Options{Path: h.socket(), Version: "bench"})
	if err != nil {
		h.t.Fatal(err)
	}
	defer c.Close()
	snapshots, end := c.Subscribe()
	defer end()
	for {
		select {
		case s := <-snapshots:
			if s.Health.Phase(time.Now()) == deck.Live {
				return
			}
		case <-ctx.Done():
			h.t.Fatal("the service has not read everything")
		}
	}
}

package ui

import (
	"runtime"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api/deck"
)

// TestAllocations counts what a tick, a key and a poll allocate until the frame
// is composed. The counts are what they took when this was written, with a
// tenth more; they may not grow with the number of rows.
func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates too")
	}
	tests := []struct {
		name  string
		most  float64 // allocations
		bytes float64
		do    func(m *Model, i int)
	}{
		{"tick", 240, 44_000, func(m *Model, i int) { m.Update(tickMsg(m.now.Add(time.Second))) }},
		{"key", 440, 54_000, func(m *Model, i int) {
			m.Update(keyPress(string("jk"[i%2])))
			m.Update(drawMsg{})
		}},
		{"poll", 230, 49_000, func(m *Model, i int) {
			s := *m.live
			s.Seq++
			m.Update(snapshotMsg{&s})
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, n := range []int{100, 10_000} {
				m := benchModel(t, n)
				i := 0
				once := func() { tt.do(m, i); i++; _ = m.View() }
				got := testing.AllocsPerRun(50, once)
				bytes := bytesPerRun(50, once)
				most := tt.bytes
				if tt.name == "poll" {
					most += 17 * float64(n) // the order, and the rows: pointers
				}
				t.Logf("%d rows: %.0f allocations, %.0f bytes", n, got, bytes)
				if got > tt.most || bytes > most {
					t.Errorf("%d rows: %.0f allocations and %.0f bytes, want at most %.0f and %.0f", n, got, bytes, tt.most, most)
				}
			}
		})
	}
}

// bytesPerRun returns how many bytes a run allocates on average.
func bytesPerRun(runs int, f func()) float64 {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		f()
	}
	runtime.ReadMemStats(&after)
	return float64(after.TotalAlloc-before.TotalAlloc) / float64(runs)
}

// TestMemory counts what the screen keeps for 1,000 rows, beside the snapshot;
// and with a filter, for which it keeps every field once more, in lower case.
func TestMemory(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates too")
	}
	const n = 10_000
	snap := many(n)
	snap.Seq, snap.Health.Limit = 1, time.Hour
	m := benchModel(t, 1)
	before := live()
	snap.Seq = m.live.Seq + 1
	m.Update(snapshotMsg{snap})
	plain := live() - before
	m.Update(keyPress("/"))
	m.Update(keyPress("9"))
	filtered := live() - before
	runtime.KeepAlive(m)
	t.Logf("%d bytes for 1,000 rows, %d with a filter", plain/(n/1000), filtered/(n/1000))
	if plain > n*480 || filtered > n*1400 {
		t.Errorf("%d bytes for 1,000 rows and %d with a filter, want at most 480,000 and 1,400,000", plain/(n/1000), filtered/(n/1000))
	}
	runtime.KeepAlive(snap)
}

// live returns how many bytes are in use.
func live() int64 {
	var s runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}

// TestLargeList shows that no key and no poll makes more than some rows anew,
// also in a list of 10,000.
func TestLargeList(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates too")
	}
	m := benchModel(t, 10_000)
	change := func() {
		s := *m.live
		s.Seq++
		s.Recordings = append([]*deck.Recording(nil), s.Recordings...)
		r := *s.Recordings[4321]
		s.Recordings[4321] = &r
		m.Update(snapshotMsg{&s})
	}
	if n := testing.AllocsPerRun(20, change); n > 250 {
		t.Errorf("a poll that changed one recording allocates %.0f times", n)
	}
	var filter tea.Model = m
	filter.Update(keyPress("/"))
	filter.Update(keyPress("5"))
	if n := testing.AllocsPerRun(20, change); n > 400 {
		t.Errorf("a poll that changed one recording allocates %.0f times with a filter", n)
	}
}

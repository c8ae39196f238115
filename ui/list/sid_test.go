package list

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/ui/theme"
)

// TestHugeSIDs: fifty SIDs of 8 kB that ended alike stopped the event loop for
// 23 s. Each row is kept, and told apart in a few characters.
func TestHugeSIDs(t *testing.T) {
	tail := strings.Repeat("x", 8<<10)
	valid := strings.Repeat("y", 60)
	var recs []*deck.Recording
	for i := range 50 {
		recs = append(recs, rec(fmt.Sprintf("%02d%s", i, tail), api.InProgress, time.Minute),
			rec(fmt.Sprintf("%02d%s", i, valid), api.InProgress, time.Minute), rec(fmt.Sprintf("%02d/%s", i, valid), api.Paused, time.Minute))
	}
	m := New(theme.Theme{})
	m.SetSize(120, 40)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	m.SetSnapshot(&deck.Snapshot{Recordings: recs})
	runtime.ReadMemStats(&after)
	if b := after.TotalAlloc - before.TotalAlloc; b > 4<<20 {
		t.Errorf("%d bytes for %d rows", b, len(recs))
	}
	seen := map[string]bool{}
	for _, r := range recs {
		short := m.ShortSID(r.Key())
		if len(short) > 64 || seen[short] {
			t.Errorf("%.10s… is shown as %q", r.SID, short)
		}
		seen[short] = true
	}
	if shown, all := m.Shown(); shown != len(recs) || all != len(recs) {
		t.Errorf("%d of %d rows are shown", shown, all)
	}
}

// TestManyAlike: thousands of valid SIDs that end alike cost their square when
// they changed, or went: 25 times what others cost.
func TestManyAlike(t *testing.T) {
	const n = 10_000
	took := func(form string) time.Duration {
		m := New(theme.Theme{})
		m.SetSize(120, 40)
		var recs []*deck.Recording
		var spent time.Duration
		for range 3 { // come, and change
			recs = nil
			for i := range n {
				recs = append(recs, rec(fmt.Sprintf(form, i), api.InProgress, time.Minute))
			}
			began := time.Now()
			m.SetSnapshot(&deck.Snapshot{Recordings: recs})
			spent += time.Since(began)
		}
		began := time.Now()
		m.SetSnapshot(&deck.Snapshot{Recordings: recs[:1]})
		return spent + time.Since(began)
	}
	alike, apart := time.Hour, time.Hour
	for range 3 { // the machine may be busy
		alike, apart = min(alike, took("0-4000-8000-%08d8142")), min(apart, took("0-4000-8000-8142%08d"))
	}
	if alike > 10*apart {
		t.Errorf("%d rows that end alike took %v, others %v", n, alike, apart)
	}
}

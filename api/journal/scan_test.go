package journal

import (
	"runtime"
	"strconv"
	"testing"

	"tapedeck/api/text"
)

// TestScanAllocates: a line costs a scan few allocations: its hash, its ID and
// what is new in it. A million lines take seconds for that.
func TestScanAllocates(t *testing.T) {
	dir := t.TempDir()
	s := newStore(Options{Dir: dir})
	if ok, err := s.tryLock(); !ok {
		t.Fatal(err)
	}
	const lines = 2000
	var list []Entry
	for i := range lines {
		e := request("q-" + strconv.Itoa(i/2))
		e.Recording = text.New("rec-" + strconv.Itoa(i/10))
		list = append(list, e)
	}
	_, err := s.append(list)
	check(t, err)
	check(t, s.firstHead())
	s.close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n := 0
	r, err := Scan(dir, func(*Entry, *LineError) { n++ })
	runtime.ReadMemStats(&after)
	check(t, err)
	if !r.Intact() || n != lines {
		t.Fatalf("%d lines, %v", n, r.Problems)
	}
	if each := float64(after.Mallocs-before.Mallocs) / lines; each > 5 {
		t.Errorf("%.1f allocations a line", each)
	}
}

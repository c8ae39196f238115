package deck

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestLatest: a call that takes long misses snapshots and never the newest one,
// calls never overlap, and none begins after the end.
func TestLatest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []uint64
		inside := 0
		l := NewLatest(func(s *Snapshot) {
			if inside++; inside > 1 {
				t.Error("two calls overlap")
			}
			time.Sleep(time.Second)
			got = append(got, s.Seq)
			inside--
		})
		for seq := range uint64(10) {
			l.Offer(&Snapshot{Seq: seq + 1})
			time.Sleep(300 * time.Millisecond)
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if want := []uint64{1, 4, 7, 10}; !slices.Equal(got, want) {
			t.Errorf("calls with %v, want %v", got, want)
		}
		l.Offer(&Snapshot{Seq: 11})
		l.Offer(&Snapshot{Seq: 12})
		synctest.Wait()
		l.Offer(&Snapshot{Seq: 13})
		l.Stop()
		l.Offer(&Snapshot{Seq: 14})
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if last := got[len(got)-1]; last > 12 || len(got) > 5 {
			t.Errorf("calls with %v after the end", got)
		}
	})
}

// TestWatch: whoever watches a deck is called with the current snapshot at once,
// and with the next ones until the end.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &Deck{last: &Snapshot{Seq: 1}, watchers: map[*Latest]struct{}{}}
		var got []uint64
		cancel := d.Watch(func(s *Snapshot) { got = append(got, s.Seq) })
		synctest.Wait()
		for l := range d.watchers {
			l.Offer(&Snapshot{Seq: 2})
		}
		synctest.Wait()
		cancel()
		synctest.Wait()
		if !slices.Equal(got, []uint64{1, 2}) || len(d.watchers) != 0 {
			t.Errorf("called with %v, and %d watch after the end", got, len(d.watchers))
		}
	})
}

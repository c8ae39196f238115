package share

import (
	"context"
	"fmt"
	"testing"
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/text"
)

// TestJournals has two hosts send their journals, one of them by two processes at
// once, over a time when the server is away: each line comes once, in order.
func TestJournals(t *testing.T) {
	t.Parallel()
	store, port := t.TempDir(), freePort(t)
	s := serverOf(t, plain, store, port)
	hosts := together(t, s, "one", "one", "two")
	dirs := []string{t.TempDir(), t.TempDir()}
	var journals []*journal.Journal
	for _, dir := range dirs {
		j, err := journal.Open(journal.Options{Dir: dir, MaxSize: 3000, Space: "s", Project: "p"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = j.Close() })
		journals = append(journals, j)
	}
	for i, h := range hosts {
		h.Journal(dirs[i/2])
	}
	add := func(n int) { // a disk that is slow has them later
		for i := range 2 * n {
			journals[i%2].Enqueue(journal.Entry{Time: time.Now(), Event: journal.Ack, Recording: text.New("RE1")})
			hosts[i%2].JournalChanged()
			hosts[i%2+1].JournalChanged()
		}
	}
	read := func(by Store) map[string]int {
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		n, last := map[string]int{}, map[string]string{}
		err := by.ReadJournals(ctx, func(l JournalLine) bool {
			var e journal.Entry
			if err := e.UnmarshalJSON(l.Line); err != nil || e.Seq != l.Seq || n[l.Host]+1 != int(l.Seq) {
				t.Errorf("host %s: line %d follows on line %d: %v", l.Host, l.Seq, n[l.Host], err)
			}
			if before := last[l.Host]; before != "" && before != e.Prev {
				t.Errorf("host %s: line %d has another line before it", l.Host, l.Seq)
			}
			n[l.Host], last[l.Host] = int(l.Seq), l.Hash
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	add(10)
	eventually(t, "all lines are there", func() bool { return fmt.Sprint(read(hosts[2])) == "map[one:10 two:10]" })
	s.Shutdown()
	s.WaitForShutdown()
	for _, h := range hosts {
		h.isAway()
	}
	add(20)
	if err := hosts[2].ReadJournals(t.Context(), func(JournalLine) bool { return true }); err == nil {
		t.Error("the journals are read while the server is away")
	}
	serverOf(t, plain, store, port)
	for _, h := range hosts {
		h.connected()
	}
	eventually(t, "the lines of meanwhile are there", func() bool { return fmt.Sprint(read(hosts[0])) == "map[one:30 two:30]" })

	alone := NewFiles("one", "v1")
	alone.Journal(dirs[0])
	if got := read(alone); got["one"] != 30 {
		t.Errorf("a host that is alone reads %v", got)
	}
}

package journal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tapedeck/api/text"
)

// TestTail reads a journal while it grows and its files are full, from its first
// line and from a later one.
func TestTail(t *testing.T) {
	dir := t.TempDir()
	tail := NewTail(dir)
	if lines, err := tail.Next(10); len(lines) != 0 || err != nil {
		t.Fatalf("no journal has %d lines, %v", len(lines), err)
	}
	j, err := Open(Options{Dir: dir, MaxSize: 2000, Space: "s", Project: "p"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	add := func(n int) {
		for range n {
			if err := j.Append(Entry{Time: time.Now(), Event: Ack, Recording: text.New("RE1"), Reason: "card"}); err != nil {
				t.Fatal(err)
			}
			check(t, j.Wait())
			rotated(t, j, 2000)
		}
	}
	seq, prev := uint64(0), genesis
	read := func(from *Tail) (n int) {
		for {
			lines, err := from.Next(3)
			if err != nil {
				t.Fatal(err)
			}
			if len(lines) == 0 {
				return n
			}
			for _, l := range lines {
				if from == tail && (l.Seq != seq+1 || l.Prev != prev || !strings.HasPrefix(string(l.Data), `{"seq":`)) {
					t.Fatalf("line %d follows on line %d: %s", l.Seq, seq, l.Data)
				}
				n++
				seq, prev = l.Seq, l.Hash
			}
		}
	}
	add(5)
	if n := read(tail); n != 5 {
		t.Errorf("%d lines", n)
	}
	chain := tail.Chain()
	add(20)
	if n := read(tail); n != 20 || tail.Chain() != chain {
		t.Errorf("%d lines more, of %s", n, tail.Chain())
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "journal-*.jsonl")); len(files) < 2 {
		t.Errorf("%d files are full", len(files))
	}
	later := NewTail(dir)
	later.After(22)
	if n := read(later); n != 3 || later.Chain() != chain {
		t.Errorf("%d lines after line 22, of %s", n, later.Chain())
	}
	f, err := os.OpenFile(filepath.Join(dir, FileName), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("not a line\n{\"seq\":99"); err != nil {
		t.Fatal(err)
	}
	if n := read(tail); n != 0 {
		t.Errorf("%d lines of what is none", n)
	}
}

package journal

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestSpansAreASet: whatever is added and removed, the spans hold these numbers
// and no others, in order and joined.
func TestSpansAreASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u, want := &unsent{}, map[uint64]bool{}
		number := rapid.Uint64Range(0, 20)
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			from, to := number.Draw(t, "from"), number.Draw(t, "to")
			switch rapid.SampledFrom([]string{"add", "add a span", "remove", "forget"}).Draw(t, "step") {
			case "add":
				u.add(from)
				want[from] = from > 0
			case "add a span":
				u.addSpan(span{from, to})
				for n := from; n <= to && from > 0; n++ {
					want[n] = true
				}
			case "remove":
				u.remove(from)
				want[from] = false
			case "forget":
				u.forget(from)
				for n := range from + 1 {
					want[n] = false
				}
			}
			maps.DeleteFunc(want, func(_ uint64, in bool) bool { return !in })
			for n := range uint64(22) {
				if contains(u.spans, n) != want[n] {
					t.Fatalf("%v contains %d: %v", u.spans, n, !want[n])
				}
			}
			for i, s := range u.spans {
				if s.From > s.To || i > 0 && s.From <= u.spans[i-1].To+1 {
					t.Fatalf("%v", u.spans)
				}
			}
			if u.count() != uint64(len(want)) || u.empty() != (len(want) == 0) {
				t.Fatalf("%v: %d of %d, empty %t", u.spans, u.count(), len(want), u.empty())
			}
		}
	})
}

// TestSpansAreBounded: more spans than fit into the file are joined at the old
// end; a line may be sent twice, and none is lost.
func TestSpansAreBounded(t *testing.T) {
	u := &unsent{dir: t.TempDir()}
	for n := range uint64(maxSpans + 100) {
		u.add(2*n + 1)
	}
	if len(u.spans) > maxSpans {
		t.Errorf("%d spans", len(u.spans))
	}
	for n := range uint64(maxSpans + 100) {
		if !contains(u.spans, 2*n+1) {
			t.Fatalf("%d is lost", 2*n+1)
		}
	}
	u.save()
	if st, err := os.Stat(filepath.Join(u.dir, unsentName())); err != nil || st.Size() > maxUnsent {
		t.Errorf("the file is not read again: %v", err)
	}
	if again := openUnsent(u.dir); !slices.Equal(again.spans, u.spans) {
		t.Errorf("%d spans are read again, of %d", len(again.spans), len(u.spans))
	}
}

// TestUnsentOfOthers: the lines of a process that is gone are taken over, those
// of one that may live are its own, and what is no such file stays.
func TestUnsentOfOthers(t *testing.T) {
	dir := t.TempDir()
	host, err := os.Hostname()
	check(t, err)
	put := func(name string, f unsentFile, age time.Duration) {
		t.Helper()
		b, err := json.Marshal(f)
		check(t, err)
		path := filepath.Join(dir, unsentPrefix+name+unsentSuffix)
		check(t, os.WriteFile(path, b, 0o600))
		at := time.Now().Add(-age)
		check(t, os.Chtimes(path, at, at))
	}
	put("far", unsentFile{"elsewhere", 7, "m:b:n:1", []span{{10, 12}}}, 0)
	put("far-old", unsentFile{"elsewhere", 8, "m:b:n:1", []span{{20, 21}, {5, 3}, {0, 9}}}, 2*tooOld)
	put("here", unsentFile{host, os.Getpid(), ownStart(), []span{{30, 30}}}, 2*tooOld)
	check(t, os.WriteFile(filepath.Join(dir, unsentPrefix+"bad"+unsentSuffix), []byte("["), 0o600))
	check(t, os.WriteFile(filepath.Join(dir, unsentPrefix+"huge"+unsentSuffix), make([]byte, maxUnsent+1), 0o600))

	u := openUnsent(dir)
	if got := fmt.Sprint(u.spans); got != "[{20 21}]" {
		t.Errorf("taken over: %s", got)
	}
	list, err := os.ReadDir(dir)
	check(t, err)
	var names []string
	for _, e := range list {
		names = append(names, strings.TrimSuffix(strings.TrimPrefix(e.Name(), unsentPrefix), unsentSuffix))
	}
	slices.Sort(names)
	want := []string{fmt.Sprint(os.Getpid()), "bad", "far", "here", "huge"}
	slices.Sort(want)
	if !slices.Equal(names, want) {
		t.Errorf("files of %q, want %q", names, want)
	}
	u.forget(99)
	u.save()
	if _, err := os.Stat(filepath.Join(dir, unsentName())); err == nil {
		t.Error("the file stays though every line was sent")
	}
	if got := openUnsent(filepath.Join(dir, "none")); !got.empty() {
		t.Errorf("without a directory: %v", got.spans)
	}
}

// TestUnsentLines: the lines are read by their numbers over all files, and a
// number that the journal does not have is asked for once.
func TestUnsentLines(t *testing.T) {
	dir := filled(t, 12, 2000)
	parts, err := openParts(dir)
	check(t, err)
	closeParts(parts)
	if len(parts) < 3 {
		t.Fatalf("%d files only", len(parts))
	}
	tests := []struct {
		name  string
		spans []span
		stop  uint64 // the number at which reading ends; 0 for none
		want  string
		left  string
	}{
		{"some of each file", []span{{2, 3}, {7, 7}, {12, 12}}, 0, "[2 3 7 12]", "[]"},
		{"all", []span{{1, 12}}, 0, "[1 2 3 4 5 6 7 8 9 10 11 12]", "[]"},
		{"none of them is there", []span{{13, 99}}, 0, "[]", "[]"},
		{"one is not there", []span{{11, 11}, {40, 40}}, 0, "[11]", "[]"},
		{"it ends in between", []span{{2, 9}}, 4, "[2 3 4]", "[{2 9}]"},
	}
	for _, tt := range tests {
		u := &unsent{dir: dir, spans: tt.spans}
		got := []uint64{}
		err := u.lines(dir, func(n uint64, line []byte) bool {
			var e Entry
			if err := e.UnmarshalJSON(line); err != nil || e.Seq != n {
				t.Errorf("%s: line %d is %d, %v", tt.name, n, e.Seq, err)
			}
			got = append(got, n)
			return n != tt.stop
		})
		check(t, err)
		if fmt.Sprint(got) != tt.want || fmt.Sprint(u.spans) != tt.left {
			t.Errorf("%s: read %v, left %v; want %s, %s", tt.name, got, u.spans, tt.want, tt.left)
		}
	}
}

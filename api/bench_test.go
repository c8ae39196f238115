package api

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"runtime"
	"testing"
)

// BenchmarkPage reads a page of 1,000 rows: bytes are those of the body. The
// baseline is what a plain client does: it reads the whole body and decodes it
// into maps.
func BenchmarkPage(b *testing.B) {
	body := pageBody(1000)
	client := through(b, roundTrip(func(r *http.Request) (*http.Response, error) {
		return answer(r, 200, bytes.NewReader(body)), nil
	}))
	for _, bb := range []struct {
		name string
		want func(Row) bool
	}{
		{"none wanted", func(Row) bool { return false }},
		{"50 wanted", func(r Row) bool { return r.Status.Active() }},
		{"all wanted", func(Row) bool { return true }},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			kept := make([]Recording, 0, 1000)
			for b.Loop() {
				kept = kept[:0]
				_, err := client.Recordings(RecordingQuery{PageSize: 1000}).Next(b.Context(), func(r Row) {
					if bb.want(r) {
						kept = append(kept, r.Recording())
					}
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("baseline", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			all, err := io.ReadAll(bytes.NewReader(body))
			if err != nil {
				b.Fatal(err)
			}
			var page struct{ Recordings []map[string]any }
			if err := json.Unmarshal(all, &page); err != nil || len(page.Recordings) != 1000 {
				b.Fatal(len(page.Recordings), err)
			}
		}
	})
}

// readPages reads a page of n rows and builds every row or none.
func readPages(tb testing.TB, n int, all bool) func() {
	body := pageBody(n)
	client := through(tb, roundTrip(func(r *http.Request) (*http.Response, error) {
		return answer(r, 200, bytes.NewReader(body)), nil
	}))
	return func() {
		_, err := client.Recordings(RecordingQuery{}).Next(tb.Context(), func(r Row) {
			if all {
				_ = r.Recording()
			}
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
}

// A row that nobody wants costs its SID and nothing else; one that is wanted
// its JSON and a string for each of its six texts.
func TestAllocationsOfARow(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector has nothing to find here, and takes ten times as long")
	}
	for _, tt := range []struct {
		name string
		all  bool
		most float64
	}{{"not wanted", false, 1.1}, {"wanted", true, 8.1}} {
		few := testing.AllocsPerRun(5, readPages(t, 1000, tt.all))
		many := testing.AllocsPerRun(5, readPages(t, 3000, tt.all))
		if row := (many - few) / 2000; row > tt.most {
			t.Errorf("a row that is %s costs %.2f allocations, want at most %.1f", tt.name, row, tt.most)
		}
	}
}

// A page of which nothing is wanted is never held whole.
func TestMemoryOfAPage(t *testing.T) {
	read := readPages(t, 1000, false)
	read()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	read()
	runtime.ReadMemStats(&after)
	got, page := after.TotalAlloc-before.TotalAlloc, uint64(len(pageBody(1000)))
	if got > page/4 {
		t.Errorf("a page of %d bytes takes %d bytes of memory, want at most a quarter", page, got)
	}
}

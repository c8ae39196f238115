package list

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/ui/theme"
)

// bench returns n recordings as a large space has them: one in fifty paused.
func bench(n int) []*deck.Recording {
	rng := rand.New(rand.NewPCG(1, 2))
	recs := make([]*deck.Recording, n)
	for i := range recs {
		sid := fmt.Sprintf("%08x-0000-4000-8000-%012x", rng.Uint32(), rng.Uint64N(1<<48))
		recs[i] = rec(sid, api.InProgress, time.Duration(i)*time.Second,
			"account_sid", `"5b1d7e90-0000-4000-8000-000000000001"`, "uri", `"/api/laml/2010-04-01/Accounts/5b1d7e90/Recordings/`+sid+`.json"`)
		call(recs[i], fmt.Sprintf("(%03d) 555-01%02d", 200+rng.IntN(700), rng.IntN(100)), "(310) 555-0199")
		if i%50 == 7 {
			recs[i] = pause(call(rec(sid, api.Paused, time.Duration(i)*time.Second), "(310) 555-0142", "(310) 555-0199"), time.Duration(rng.IntN(900))*time.Second, false)
		}
	}
	return recs
}

var sizes = []int{10, 1_000, 10_000}

func BenchmarkView(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			m := keys(sized(theme.New(theme.Options{Mode: "dark"}), 120, 40, snapshot(bench(n)...)), "j")
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				m.View(clock.Add(time.Duration(i) * time.Second))
			}
		})
	}
}

// BenchmarkMove is a press of j, with its frame.
func BenchmarkMove(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			m := sized(theme.New(theme.Options{Mode: "dark"}), 120, 40, snapshot(bench(n)...))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if i%n == n-1 {
					m = keys(m, "g")
				}
				m = keys(m, "j")
				m.View(clock)
			}
		})
	}
}

// BenchmarkSetSnapshot is a poll that changed one recording in a hundred,
// brought a new one and ended an old one.
func BenchmarkSetSnapshot(b *testing.B) {
	for _, sort := range []Sort{ByPause, ByWho} {
		for _, n := range sizes {
			b.Run(fmt.Sprintf("%s/%d", sort.Title(), n), func(b *testing.B) {
				recs := bench(n + 2)
				var polls [2]*deck.Snapshot
				for i := range polls {
					some := append([]*deck.Recording{}, recs[i:n+i]...)
					for j := 0; j < n; j += 100 {
						changed := *some[j]
						some[j] = &changed
					}
					polls[i] = snapshot(some...)
				}
				m := New(theme.New(theme.Options{Mode: "dark"}))
				m.SetSize(120, 40)
				m.SetSort(sort, false)
				m.SetSnapshot(polls[1])
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					m.SetSnapshot(polls[i%2])
				}
			})
		}
	}
}

// BenchmarkSetFilter is a word of a filter; first is the first one ever, for
// which every field of every recording is read.
func BenchmarkSetFilter(b *testing.B) {
	words := []Filter{}
	for _, s := range []string{"555014", "status:paused", "age>10m", "zebra"} {
		f, err := ParseFilter(s)
		if err != nil {
			b.Fatal(err)
		}
		words = append(words, f)
	}
	for _, n := range sizes {
		recs := bench(n)
		b.Run(fmt.Sprintf("first/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				m := sized(theme.Theme{}, 120, 40, snapshot(recs...))
				b.StartTimer()
				m.SetFilter(words[0])
			}
		})
		b.Run(fmt.Sprintf("next/%d", n), func(b *testing.B) {
			m := sized(theme.Theme{}, 120, 40, snapshot(recs...))
			m.SetFilter(words[3])
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				m.SetFilter(words[i%len(words)])
			}
		})
	}
}

// BenchmarkSetSort is a choice in the sort menu.
func BenchmarkSetSort(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			m := sized(theme.Theme{}, 120, 40, snapshot(bench(n)...))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				m.SetSort(Sort(i%len(sorts)), false)
			}
		})
	}
}

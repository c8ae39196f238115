package list

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/ui/theme"
)

// state is what a list shows of its rows, apart from the selection.
func state(m Model) (out []string) {
	for _, r := range m.all {
		out = append(out, fmt.Sprintf("%s %s %s %v", r.rec.SID, r.rec.Status, r.shortSID(), m.filter.match(r, m.matching())))
	}
	return out
}

// TestLoad shows that a list that was given snapshot after snapshot is as one
// that was given only the last: recordings come, change, move, end and go, some
// with SIDs that end alike.
func TestLoad(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := New(theme.Theme{})
		m.SetSize(100, 10)
		var recs []*deck.Recording
		made := 0
		one := func(sid string) *deck.Recording {
			made++
			status := rapid.SampledFrom([]api.Status{api.InProgress, api.Paused, api.Queued, api.Completed, "odd"}).Draw(t, "status")
			r := rec(sid, status, time.Duration(rapid.IntRange(0, 9).Draw(t, "age"))*time.Second)
			call(r, fmt.Sprintf("(310) 555-01%02d", made%7), "b")
			if status == api.Paused {
				pause(r, time.Duration(made%5)*time.Second, false)
			}
			return r
		}
		sids := rapid.StringMatching(`[ab]{0,3}-?[ab]{3,6}`)
		filters := []string{"", "0103", "status:paused", "age>5s", "!odd b"}
		for range rapid.IntRange(1, 8).Draw(t, "snapshots") {
			for range rapid.IntRange(0, 12).Draw(t, "changes") {
				at := rapid.IntRange(0, len(recs)).Draw(t, "at")
				switch kind := rapid.IntRange(0, 3).Draw(t, "kind"); {
				case kind == 0 || at == len(recs):
					sid := sids.Draw(t, "sid")
					if !slices.ContainsFunc(recs, func(r *deck.Recording) bool { return r.SID.Is(sid) }) {
						recs = slices.Insert(recs, at, one(sid))
					}
				case kind == 1:
					recs[at] = one(recs[at].SID.String())
				case kind == 2:
					recs = slices.Delete(recs, at, at+1)
				default:
					r := recs[at]
					recs = slices.Delete(recs, at, at+1)
					recs = slices.Insert(recs, rapid.IntRange(0, len(recs)).Draw(t, "to"), r)
				}
			}
			if rapid.Bool().Draw(t, "sorts") {
				m.SetSort(Sort(rapid.IntRange(0, len(sorts)-1).Draw(t, "sort")), rapid.Bool().Draw(t, "reverse"))
			}
			f, err := ParseFilter(rapid.SampledFrom(filters).Draw(t, "filter"))
			if err != nil {
				t.Fatal(err)
			}
			m.SetFilter(f)
			s := snapshot(slices.Clone(recs)...)
			m.SetSnapshot(s)
			fresh := New(theme.Theme{})
			fresh.SetSize(100, 10)
			fresh.SetSort(m.sort, m.rev)
			fresh.SetFilter(f)
			fresh.SetSnapshot(s)
			if diff := cmp.Diff(state(fresh), state(m)); diff != "" {
				t.Fatalf("order, short SIDs, matches (-fresh +grown):\n%s", diff)
			}
			if got, want := m.shown, fresh.shown; got != want {
				t.Fatalf("%d match, want %d", got, want)
			}
			if len(m.index) != len(recs) || len(m.all) != len(recs) {
				t.Fatalf("%d rows, %d by SID, want %d", len(m.all), len(m.index), len(recs))
			}
		}
	})
}

// TestLoadTwice shows a SID that comes twice once.
func TestLoadTwice(t *testing.T) {
	a, b := rec("aaaa", api.InProgress, time.Minute), rec("bbbb", api.InProgress, time.Second)
	m := New(theme.Theme{})
	for _, recs := range [][]*deck.Recording{{a, b, a}, {b, a, b, b}, {a, b, rec("aaaa", api.Paused, time.Minute)}} {
		m.SetSnapshot(snapshot(recs...))
		if len(m.all) != 2 {
			t.Errorf("%d rows, want 2", len(m.all))
		}
	}
}

package header

import (
	"errors"
	"strings"
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/ui/line"
	"tapedeck/ui/theme"
	"tapedeck/ui/times"
)

var now = time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)

// office is a snapshot of two that record, one that starts, one that is paused
// and one with a status of its own, nine seconds old.
func office() *deck.Snapshot {
	s := &deck.Snapshot{Active: 5, Paused: 1, Health: deck.Health{Complete: now.Add(-9 * time.Second), Limit: time.Minute}}
	for _, status := range []api.Status{api.InProgress, api.Resumed, api.Queued, api.Paused, "dreaming"} {
		r := &deck.Recording{Recording: api.Recording{Status: status}}
		if status == api.Paused {
			r.Pause = deck.Pause{Since: now.Add(-192 * time.Second), AtLeast: true}
			s.Longest = r
		}
		s.Recordings = append(s.Recordings, r)
	}
	return s
}

// stale is the office after its polls have failed for a time.
func stale() *deck.Snapshot {
	s := office()
	s.Health.Complete, s.Health.Failing = now.Add(-2*time.Minute), now.Add(-time.Minute)
	s.Health.Err, s.Health.Next = errors.New("a broken connection"), now.Add(8*time.Second)
	return s
}

func lines(view []string) string {
	for i := range view {
		view[i] = strings.TrimRight(view[i], " ")
	}
	return strings.Join(view, "\n")
}

func TestView(t *testing.T) {
	for _, tt := range []struct {
		name string
		w    int
		s    *deck.Snapshot
		is   State
		want []string
		not  []string
	}{
		{name: "wide", w: 120, s: office(), want: []string{"tapedeck  acme / night", "REC 2   STARTING 1   OTHER 1   PAUSED 1, longest ≥03:12", " live · 9s old"}},
		{name: "in two lines", w: 80, s: office(), want: []string{"acme / night", "\n REC 2", "live"}},
		{name: "what is of least rank goes first", w: 40, s: office(), want: []string{"live", "PAUSED 1"}, not: []string{"tapedeck"}},
		{name: "nothing is known", w: 80, s: &deck.Snapshot{}, want: []string{"REC ?", "PAUSED ?", "LOADING"}},
		{name: "alarms and badges", w: 250, s: office(), is: State{Alarms: 1, NotPaused: 2, ResumedByOthers: 3, Left: 4, Marked: 5, ReadOnly: true},
			want: []string{" NOT PAUSED 2   RESUMED BY OTHERS 3   ALARM 1  PAUSED 1", "L 4 left behind", "* 5 marked", "READ-ONLY"}},
		{name: "frozen", w: 120, s: office(), is: State{Frozen: now.Add(-30 * time.Second)}, want: []string{"FROZEN  00:30", "data 9s old"}, not: []string{"live"}},
		{name: "stale", w: 160, s: stale(), is: State{Stale: true}, want: []string{"STALE 02:00", "next try 8s", "as of " + times.Time(now.Add(-2*time.Minute), nil)}, not: []string{"live"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := New(theme.Theme{}, Options{Space: "acme", Profile: "night"})
			m.SetSnapshot(tt.s)
			tt.is.Live, tt.is.Now = tt.s, now
			view := m.View(tt.w, tt.is)
			for _, l := range view {
				if n := (theme.Theme{}).Width(l); n != tt.w {
					t.Errorf("%q has %d cells", l, n)
				}
			}
			got := lines(view)
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("no %q in\n%s", want, got)
				}
			}
			for _, not := range tt.not {
				if strings.Contains(got, not) {
					t.Errorf("%q in\n%s", not, got)
				}
			}
		})
	}
}

// In every size the lines are as wide as the screen, and the pauses and what the
// data is worth are there as soon as there is room for both.
func TestEverySize(t *testing.T) {
	m := New(theme.Theme{}, Options{Space: "acme"})
	for _, s := range []*deck.Snapshot{office(), stale(), {}} {
		m.SetSnapshot(s)
		is := State{Live: s, Now: now, Alarms: 1, NotPaused: 1, Left: 1, Marked: 1, ReadOnly: true}
		for w := range 300 {
			all := append(m.View(w, is), m.Least(w, is), m.Counts(w, is), m.Freshness(w, is, line.Of(theme.Bad, "a message"), false))
			for _, l := range all {
				if n := (theme.Theme{}).Width(l); n != w {
					t.Fatalf("%d cells: %q has %d", w, l, n)
				}
			}
			if got := lines(m.View(w, is)); w >= 60 && (!strings.Contains(got, "PAUSED") || !strings.Contains(got, "live") && !strings.Contains(got, "STALE") && !strings.Contains(got, "LOADING")) {
				t.Errorf("%d cells: %q", w, got)
			}
		}
	}
}

func TestTitle(t *testing.T) {
	m := New(theme.Theme{}, Options{Space: "acme", Profile: "night"})
	check := func(stale bool, want string) {
		t.Helper()
		if got := m.Title(State{Stale: stale}); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	check(false, "tapedeck acme / night")
	m.SetSnapshot(office())
	check(false, "tapedeck acme / night: REC 2 PAUSED 1 OTHER 1")
	check(true, "tapedeck acme / night: STALE")
	m = New(theme.Theme{}, Options{Space: "acme", Demo: true})
	check(false, "tapedeck DEMO")
}

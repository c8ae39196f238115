package header

import (
	"errors"
	"strings"
	"testing"
	"time"

	"tapedeck/api/deck"
	"tapedeck/ui/theme"
)

// profiles are the phases of several profiles, as a snapshot.
func profiles(health map[string]deck.Health) *deck.Snapshot {
	var parts []deck.Part
	for _, name := range []string{"eu", "us", "sales", "night"} {
		if h, ok := health[name]; ok {
			parts = append(parts, deck.Part{Profile: name, Space: "https://acme.example.com", Snapshot: &deck.Snapshot{Health: h}})
		}
	}
	return deck.Merge(1, parts, start)
}

var start = time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)

// Each profile that is not live is named with its word; where all are, there is
// one word for all; where there is no room the number of those that are not.
func TestSeveralProfiles(t *testing.T) {
	live := deck.Health{Complete: start.Add(-time.Second), Limit: time.Minute}
	stale := deck.Health{Complete: start.Add(-42 * time.Second), Failing: start.Add(-40 * time.Second), Err: errors.New("broken"), Limit: time.Minute}
	loading := deck.Health{Page: 3, Limit: time.Minute}
	gone := live
	gone.Away, gone.Err = start.Add(-2*time.Second), errors.New("gone")
	type is = map[string]deck.Health
	for _, tt := range []struct {
		name   string
		health is
		w      int
		want   string
		not    string
	}{
		{"all live", is{"eu": live, "us": live}, 80, "live", "STALE"},
		{"one stale", is{"eu": live, "us": stale}, 80, "us STALE 00:42 · no connection", "eu STALE"},
		{"one loading", is{"eu": loading, "us": live}, 80, "eu LOADING page 3", "us LOADING"},
		{"two", is{"eu": stale, "us": loading, "sales": live}, 80, "eu STALE 00:42  us LOADING page 3", "sales STALE"},
		{"all of four, narrow", is{"eu": stale, "us": stale, "sales": stale, "night": loading}, 60, "4 of 4 not live, at worst STALE", "live ·"},
		{"the service is gone", is{"eu": gone, "us": gone}, 80, "gone", "eu STALE"},
	} {
		m := New(theme.Theme{}, Options{Space: "acme"})
		s := profiles(tt.health)
		m.SetSnapshot(s)
		got := strings.Join(m.View(tt.w, State{Live: s, Now: start}), "\n")
		if !strings.Contains(got, tt.want) || strings.Contains(got, tt.not) {
			t.Errorf("%s: %q", tt.name, got)
		}
		for w := 60; w < 200; w++ {
			if got := lines(m.View(w, State{Live: s, Now: start})); tt.name != "all live" && tt.name != "the service is gone" &&
				!strings.Contains(got, "STALE") && !strings.Contains(got, "LOADING") {
				t.Errorf("%s, %d cells: %q", tt.name, w, got)
			}
		}
	}
}

// The place is the profiles, and of one recording its own.
func TestPlaces(t *testing.T) {
	live := deck.Health{Complete: start, Limit: time.Minute}
	m := New(theme.Theme{}, Options{Space: "acme", Profile: "eu"})
	check := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	check(m.Of("eu"), "acme / eu")
	m.SetSnapshot(profiles(map[string]deck.Health{"eu": live, "us": live}))
	check(m.Place(), "eu, us")
	check(m.Of("us"), "project us at acme.example.com")
	check(m.Of("other"), "project other")
	check(m.Title(State{StaleProfiles: []string{"us"}}), "tapedeck eu, us: us STALE: REC 0 PAUSED 0")
	check(m.Title(State{Stale: true, StaleProfiles: []string{"eu", "us"}}), "tapedeck eu, us: STALE")
	m.SetSnapshot(profiles(map[string]deck.Health{"eu": live, "us": live, "sales": live, "night": live}))
	check(m.Place(), "4 projects")
	check(m.Title(State{StaleProfiles: []string{"us", "sales"}}), "tapedeck 4 projects: us, sales STALE: REC 0 PAUSED 0")
	m.SetSnapshot(profiles(map[string]deck.Health{"eu": live}))
	check(m.Place(), "acme / eu")
}

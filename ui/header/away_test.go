package header

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"tapedeck/api/deck"
	"tapedeck/ui/theme"
	"tapedeck/ui/times"
)

// TestAway: since when the service is gone, at any width and never in the past;
// the role is beside the space where there is room, and drops before the space.
func TestAway(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 30, 0, time.UTC)
	for _, tt := range []struct {
		w      int
		away   time.Duration // how long
		slow   bool
		has    []string
		hasNot []string
	}{
		{120, 2 * time.Second, false, []string{"service gone 2s, reconnecting"}, nil},
		{80, 2 * time.Second, false, []string{"service gone 2s, reconnecting", "acme / eu"}, nil},
		{80, 161 * time.Second, false, []string{"service gone 02:41, reconnecting", "acme / eu"}, nil},
		{80, -time.Second, false, []string{"service gone 0s, reconnecting"}, nil},
		{80, 14 * time.Second, true, []string{"service gone 10s, reconnecting"}, nil},
		{30, 2 * time.Second, false, []string{"service gone 2s"}, []string{"reconnecting", "operator"}},
		{80, 0, false, []string{"acme / eu", "as operator"}, []string{"gone"}},
		{40, 0, false, []string{"acme / eu"}, []string{"as operator", "gone"}},
	} {
		m := New(theme.Theme{}, Options{Space: "acme", Profile: "eu", Clocks: times.Clocks{Slow: tt.slow}})
		m.SetRole("operator")
		s := &deck.Snapshot{Health: deck.Health{Complete: now, Limit: time.Minute}}
		if tt.away != 0 {
			s.Health.Away = now.Add(-tt.away)
		}
		m.SetSnapshot(s)
		got := ansi.Strip(strings.Join(m.View(tt.w, State{Live: s, Now: now, Stale: tt.away != 0}), "\n"))
		for _, word := range tt.has {
			if !strings.Contains(got, word) {
				t.Errorf("%d wide, gone for %v: no %q in\n%s", tt.w, tt.away, word, got)
			}
		}
		for _, word := range tt.hasNot {
			if strings.Contains(got, word) {
				t.Errorf("%d wide, gone for %v: %q in\n%s", tt.w, tt.away, word, got)
			}
		}
	}
}

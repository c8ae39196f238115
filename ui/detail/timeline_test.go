package detail

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tapedeck/api/deck"
	"tapedeck/ui/theme"
)

// A pause that begins now is seen as soon as it has lasted, though nothing else
// changes; and what is not known while the data is stale grows with the time.
func TestTimelineGrows(t *testing.T) {
	r := running()
	r.Timeline = deck.ParseTimeline(fmt.Sprint("r", clock.Add(-60*time.Second).UnixMilli(), "s60000"))
	m := show(theme.Theme{}, 80, 12, r)
	bar := func(after int) string { return linesOf(m, clock.Add(time.Duration(after)*time.Second))[1] }
	if got := bar(0); strings.Contains(got, "░") || !strings.Contains(got, "█ recorded") {
		t.Errorf("at its beginning: %q", got)
	}
	for after := 1; after < 200; after++ {
		if got := bar(after); !strings.Contains(got, "░▏") || !strings.Contains(got, "░ not recorded") {
			t.Fatalf("after %d s: %q", after, got)
		}
	}
	m.SetKnown(clock.Add(100 * time.Second))
	if got := bar(200); !strings.Contains(got, "█░") || !strings.Contains(got, "░·") || !strings.Contains(got, "·▏") || !strings.Contains(got, "· unknown") {
		t.Errorf("stale: %q", got)
	}
	m.SetKnown(time.Time{})
	if got := bar(201); !strings.Contains(got, "░▏") {
		t.Errorf("live again: %q", got)
	}
}

// The line is no wider than the pane, and shows the bar before what its signs
// mean.
func TestTimelineFits(t *testing.T) {
	r := running()
	r.Timeline = deck.ParseTimeline(fmt.Sprint("u", clock.Add(-751*time.Second).UnixMilli(), "r~100000s100000r100000"))
	for w := range 120 {
		m := show(theme.Theme{}, w, 12, r)
		checkBox(t, theme.Theme{}, w, 12, m.View(clock))
		if got := m.View(clock); w >= 44 && !strings.Contains(got, "░ not recorded") || w >= 24 && !strings.Contains(got, "▏ 12:31") || w < 24 && strings.Contains(got, "▕") {
			t.Errorf("%d cells: %s", w, got)
		}
	}
}

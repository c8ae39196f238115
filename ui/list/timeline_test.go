package list

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/ui/theme"
	"tapedeck/ui/timeline"
)

// drawn gives recordings a timeline each.
func drawn(s *deck.Snapshot) *deck.Snapshot {
	for i, r := range s.Recordings {
		began := r.Began().UnixMilli()
		switch now := clock.UnixMilli(); {
		case r.Began().IsZero() || r.Status == api.Queued:
		case r.Status == api.Paused:
			since := r.Pause.Since.UnixMilli()
			r.Timeline = deck.ParseTimeline(fmt.Sprint("u", began, "r~", (since-began)/2, "s", (since-began)/2))
		case i%2 == 0:
			r.Timeline = deck.ParseTimeline(fmt.Sprint("r", began, "k", (now-began)/3, "r", (now-began)/3))
		default:
			r.Timeline = deck.ParseTimeline(fmt.Sprint("r", began))
		}
	}
	return s
}

// The column is there when it was asked for, as far as there is room.
func TestTimelineColumn(t *testing.T) {
	dark := theme.New(theme.Options{Mode: "dark"})
	for _, tt := range []struct {
		name string
		th   theme.Theme
		w    int
	}{
		{"40 columns", dark, 40}, {"60 columns", dark, 60}, {"69 columns", dark, 69}, {"80 columns", dark, 80}, {"120 columns", dark, 120},
		{"ASCII", theme.New(theme.Options{NoColor: true, ASCII: true}), 80},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := sized(tt.th, tt.w, 11, drawn(some()))
			before := m.View(clock)
			if on, fits := m.Timeline(); on || fits || strings.Contains(before, "TIMELINE") {
				t.Errorf("it is there from the start:\n%s", before)
			}
			m.ShowTimeline(true)
			if on, fits := m.Timeline(); !on || fits != (tt.w >= 60) {
				t.Errorf("on %v, there is room: %v", on, fits)
			}
			golden(t, tt.th, tt.w, 11, m.View(clock))
			m.ShowTimeline(false)
			if m.View(clock) != before {
				t.Error("it left something behind")
			}
		})
	}
}

// What was drawn of a row is what would be drawn anew, whatever time passes and
// whether the data is stale or not.
func TestTimelineIsNotOld(t *testing.T) {
	th := theme.Theme{}
	s := drawn(some())
	s.Health = deck.Health{Complete: clock, Limit: 7 * time.Second}
	s.Offset = 0
	m := sized(th, 80, 11, s)
	m.ShowTimeline(true)
	for after := time.Duration(0); after < 20*time.Minute; after += 1700 * time.Millisecond {
		now := clock.Add(after)
		if after/time.Minute%2 == 0 {
			s.Health.Complete = now
		}
		m.touch()
		got := ansi.Strip(m.View(now))
		for _, r := range m.rows {
			if d, ok := timeline.Of(r.rec, timelineWidth(th, size{w: 80})-2, timeline.At(s, now)); ok && !strings.Contains(got, d.Text(th.Symbols())) {
				t.Fatalf("after %v %s is not in\n%s", after, d.Text(th.Symbols()), got)
			}
		}
	}
}

// The menu of orders offers the column.
func TestTimelineInTheMenu(t *testing.T) {
	for _, w := range []int{60, 120} {
		m := sized(theme.Theme{}, w, 11, some())
		lines := len(m.SortMenu(w))
		for _, want := range []string{"t show timelines", "t hide timelines"} {
			menu := m.SortMenu(w)
			if !strings.Contains(menu[0], want) || theme.Theme.Width(theme.Theme{}, menu[0]) != w || len(menu) != lines {
				t.Errorf("%q is not in %q", want, menu[0])
			}
			m.ShowTimeline(true)
		}
	}
}

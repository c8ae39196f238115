package deck

import (
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// TestTimelineRecalls: what the journal has is drawn where the deck knows nothing,
// once the journal has been read, and nowhere else.
func TestTimelineRecalls(t *testing.T) {
	part := func(from, to int, status, behavior string) func(time.Time) journal.Part {
		return func(began time.Time) journal.Part {
			at := func(seconds int) time.Time { return began.Add(time.Duration(seconds) * time.Second) }
			return journal.Part{From: at(from), To: at(to), Status: status, Behavior: behavior, Exact: true}
		}
	}
	tests := []struct {
		name   string
		status string
		parts  []func(time.Time) journal.Part
		want   string
	}{
		{"nothing", "in-progress", nil, "unknown 0, recorded ~100"},
		{"a pause", "in-progress", []func(time.Time) journal.Part{part(20, 40, "paused", "skip"), part(40, 60, "in-progress", "")},
			"unknown 0, skip 20, recorded 40, unknown ~60, recorded ~100"},
		{"until the deck looks", "in-progress", []func(time.Time) journal.Part{part(20, 40, "paused", "silence"), part(50, 300, "resumed", "")},
			"unknown 0, silence 20, unknown ~40, recorded 50"},
		{"before it began", "in-progress", []func(time.Time) journal.Part{part(-20, 40, "paused", "")}, "paused ~0, unknown ~40, recorded ~100"},
		{"what the deck has seen itself", "in-progress", []func(time.Time) journal.Part{part(100, 120, "paused", "skip")}, "unknown 0, recorded ~100"},
		{"paused now", "paused", []func(time.Time) journal.Part{part(20, 40, "paused", "skip"), part(40, 55, "in-progress", "")},
			"unknown 0, skip 20, recorded 40, unknown ~55, paused ~60"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				space, began := spaceOf(0, 0), time.Now().Add(-100*time.Second)
				b := sim.Begin{StartedAgo: 100 * time.Second, Status: tt.status}
				if tt.status == "paused" {
					b.DateUpdatedAgo = 40 * time.Second
				}
				sid := space.Begin(b)
				tb := open(t, space, Config{Past: func(of text.Text) (parts []journal.Part, read bool) {
					if time.Since(began) < 110*time.Second || of.String() != sid {
						return nil, time.Since(began) >= 110*time.Second
					}
					for _, p := range tt.parts {
						parts = append(parts, p(began))
					}
					return parts, true
				}})
				tb.run()
				after(5 * time.Second)
				if got := drawn(tb.find(sid).Timeline); len(tt.parts) > 0 && got == tt.want && tt.want != "unknown 0, recorded ~100" {
					t.Errorf("before the journal was read it is drawn as %s", got)
				}
				after(10 * time.Second)
				if got := drawn(tb.find(sid).Timeline); got != tt.want {
					t.Errorf("drawn as %s\nwant %s", got, tt.want)
				}
			})
		})
	}
}

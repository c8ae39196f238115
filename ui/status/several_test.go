package status

import (
	"errors"
	"strings"
	"testing"
	"time"

	"tapedeck/api/deck"
)

// What is wrong with the polls of one of several projects is said with its name.
func TestHealthOfOneProject(t *testing.T) {
	now := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	live := deck.Health{Complete: now, Limit: time.Minute}
	stale := live
	stale.Failing, stale.Err = now, errors.New("broken")
	part := func(name string, h deck.Health) deck.Part {
		return deck.Part{Profile: name, Snapshot: &deck.Snapshot{Health: h}}
	}
	for name, tt := range map[string]struct {
		s    *deck.Snapshot
		want string
	}{
		"one of two":  {deck.Merge(1, []deck.Part{part("eu", live), part("us\x1b", stale)}, now), "us\ufffd: poll: "},
		"the only":    {deck.Merge(1, []deck.Part{part("us", stale)}, now), "poll: "},
		"both live":   {deck.Merge(1, []deck.Part{part("eu", live), part("us", live)}, now), ""},
		"of one deck": {&deck.Snapshot{Health: stale}, "poll: "},
	} {
		if got := Health(tt.s, now).Text; !strings.HasPrefix(got, tt.want) || (got == "") != (tt.want == "") {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

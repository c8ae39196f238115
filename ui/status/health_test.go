package status

import (
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
)

// TestHealthOfService: a service that is gone is said as that and not as a poll
// that failed, with the next step, such as which of the two to update.
func TestHealthOfService(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 4, 31, 0, time.UTC)
	was := time.Local
	time.Local = time.UTC
	defer func() { time.Local = was }()
	gone := &api.Reported{Text: "the service is gone: it speaks version 2", Word: "service refused", Step: "update this tapedeck"}
	for _, tt := range []struct {
		name string
		away time.Time
		err  error
		want string
	}{
		{"gone", at, gone, "the service is gone: it speaks version 2; showing 12:04:31 UTC; update this tapedeck"},
		{"another's words are safe", at, &api.Reported{Text: "gone\x1b[2J"}, "gone\ufffd[2J; showing 12:04:31 UTC"},
		{"a poll", time.Time{}, &api.Reported{Text: "x", Word: "HTTP 503"}, "poll: HTTP 503; showing 12:04:31 UTC"},
	} {
		s := &deck.Snapshot{Health: deck.Health{Complete: at, Away: tt.away, Err: tt.err, Limit: time.Minute}}
		if tt.away.IsZero() {
			s.Health.Failing = at
		}
		if got := Health(s, at.Add(time.Second)).Text; got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

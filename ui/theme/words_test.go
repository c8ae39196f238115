package theme

import (
	"testing"
	"time"
)

func TestAgo(t *testing.T) {
	tests := []struct {
		d    time.Duration
		want string
	}{
		{-time.Hour, "just now"}, {0, "just now"}, {59 * time.Second, "just now"}, {time.Minute, "1 min ago"},
		{2*time.Minute + 59*time.Second, "2 min ago"}, {time.Hour - time.Second, "59 min ago"}, {time.Hour, "1 h ago"},
		{47*time.Hour + 59*time.Minute, "47 h ago"}, {48 * time.Hour, "2 days ago"}, {400 * 24 * time.Hour, "400 days ago"},
	}
	for _, tt := range tests {
		if got := Ago(tt.d); got != tt.want {
			t.Errorf("%v is %q, want %q", tt.d, got, tt.want)
		}
	}
}

// A countdown in steps is never longer than the time that is left.
func TestCountdown(t *testing.T) {
	tests := []struct {
		d           time.Duration
		each, steps string
	}{
		{0, "00:00", "00:00"}, {-5 * time.Second, "00:00", "00:00"}, {9 * time.Second, "00:09", "00:00"},
		{83 * time.Second, "01:23", "01:20"}, {90 * time.Second, "01:30", "01:30"}, {15 * time.Minute, "15:00", "15:00"},
	}
	for _, tt := range tests {
		if each, steps := Countdown(tt.d, false), Countdown(tt.d, true); each != tt.each || steps != tt.steps {
			t.Errorf("%v is %q and in steps %q, want %q and %q", tt.d, each, steps, tt.each, tt.steps)
		}
	}
}

// From ten minutes on a duration moves once a minute, and keeps its width for as
// long as the clock would.
func TestMinutes(t *testing.T) {
	tests := []struct {
		d    time.Duration
		want string
	}{
		{-time.Second, "00:00"}, {59 * time.Second, "00:59"}, {OldFrom - time.Second, "09:59"}, {OldFrom, "10m"},
		{12*time.Minute + 59*time.Second, "12m"}, {time.Hour, "1h00m"}, {2*time.Hour + 41*time.Minute + 55*time.Second, "2h41m"},
		{100*time.Hour - time.Second, "99h59m"}, {100 * time.Hour, "4d 04h"},
	}
	for _, tt := range tests {
		if got := Minutes(tt.d); got != tt.want {
			t.Errorf("%v is %q, want %q", tt.d, got, tt.want)
		}
	}
	for d := OldFrom; d < 101*time.Hour; d += 59 * time.Second {
		if got, clock := Minutes(d), Clock(d); len(got) > len(clock) {
			t.Fatalf("%v is %q, longer than %q", d, got, clock)
		}
	}
}

// Nothing but what records looks like it: an unknown status, none, or a
// recording that is gone has a role of its own.
func TestStatusRole(t *testing.T) {
	tests := []struct {
		status string
		gone   bool
		want   Role
	}{
		{"in-progress", false, Recording}, {"resumed", false, Recording}, {"paused", false, Paused}, {"queued", false, Starting},
		{"stopped", false, Ended}, {"completed", false, Ended}, {"absent", false, Ended}, {"processing", false, Ended}, {"deleted", false, Ended},
		{"failed", false, Bad}, {"warming-up", false, Unknown}, {"", false, Unknown}, {"In-Progress", false, Unknown},
		{"in-progress", true, Gone}, {"paused", true, Gone}, {"", true, Gone},
	}
	for _, tt := range tests {
		if got := StatusRole(tt.status, tt.gone); got != tt.want {
			t.Errorf("%q, gone %v: role %v, want %v", tt.status, tt.gone, got, tt.want)
		}
	}
}

package times

import (
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	tests := []struct {
		d    time.Duration
		want string
	}{
		{0, "00:00"}, {-time.Hour, "00:00"}, {999 * time.Millisecond, "00:00"},
		{192 * time.Second, "03:12"}, {59*time.Minute + 59*time.Second, "59:59"},
		{2*time.Hour + 41*time.Minute + 55*time.Second, "2:41:55"},
		{100*time.Hour - time.Second, "99:59:59"}, {100 * time.Hour, "4d 04h"}, {103 * time.Hour, "4d 07h"},
		{999 * 24 * time.Hour, "999d 00h"},
	}
	for _, tt := range tests {
		if got := Clock(tt.d); got != tt.want {
			t.Errorf("Clock(%v) = %q, want %q", tt.d, got, tt.want)
		}
	}
}

// A word about the past changes in steps, so that it does not cost a write each
// second.
func TestAgoInSteps(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "just now", 4 * time.Second: "just now", -time.Second: "just now", 47 * time.Second: "45 s ago",
		time.Minute: "1 min ago", 119 * time.Second: "1 min ago", 2 * time.Hour: "2 h ago",
	} {
		if got := AgoInSteps(d); got != want {
			t.Errorf("AgoInSteps(%s) = %q, want %q", d, got, want)
		}
	}
}

// TestMinute names the day of another day only.
func TestMinute(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 30, 0, 0, time.UTC)
	for want, at := range map[string]time.Time{
		"00:30": now, "23:59": now.Add(23*time.Hour + 29*time.Minute), "28 Feb 23:45": now.Add(-45 * time.Minute), "2 Mar 00:30": now.Add(24 * time.Hour),
		"1 Mar 00:30": now.AddDate(-1, 0, 0),
	} {
		if got := Minute(at, now); got != want {
			t.Errorf("%v is %q, want %q", at, got, want)
		}
	}
}

// What [Short] says can be typed again.
func TestShortAndParse(t *testing.T) {
	for d, want := range map[time.Duration]string{
		90 * time.Second: "1m30s", 15 * time.Minute: "15m", time.Hour: "1h", time.Second: "1s", 61 * time.Minute: "1h1m", 0: "0s",
	} {
		if got := Short(d); got != want {
			t.Errorf("%v is %s, want %s", d, got, want)
		}
		if back, ok := Parse(Short(d)); !ok || back != d {
			t.Errorf("%s typed is %v, %t", Short(d), back, ok)
		}
	}
	for in, want := range map[string]time.Duration{"2d": 48 * time.Hour, " 90S ": 90 * time.Second, "0": 0, "-3m": -3 * time.Minute, "0.25h": 15 * time.Minute} {
		if got, ok := Parse(in); !ok || got != want {
			t.Errorf("%q: %v, %t, want %v", in, got, ok, want)
		}
	}
	for _, in := range []string{"", "60", "two", "2 m", "1:30", "٦٠", "65536d", "-1d", "d"} {
		if got, ok := Parse(in); ok {
			t.Errorf("%q: %v, want none", in, got)
		}
	}
}

// Slow clocks move in steps, and no faster.
func TestClocks(t *testing.T) {
	fast, slow := Clocks{}, Clocks{Slow: true}
	age := func(c Clocks, d time.Duration) string { before, words := c.Age(d); return before + words }
	tests := []struct{ what, got, want string }{
		{"clock", fast.Clock(12*time.Minute + 34*time.Second), "12:34"},
		{"slow clock", slow.Clock(12*time.Minute + 34*time.Second), "12m"},
		{"slow clock of hours", slow.Clock(2*time.Hour + 5*time.Minute), "2h05m"},
		{"slow clock before ten minutes", slow.Clock(9*time.Minute + 59*time.Second), "09:59"},
		{"slow clock of days", slow.Clock(103 * time.Hour), "4d 07h"},
		{"countdown", fast.Countdown(47 * time.Second), "00:47"},
		{"slow countdown", slow.Countdown(47 * time.Second), "00:40"},
		{"age", age(fast, 9*time.Second), " 9s"},
		{"age of two digits", age(fast, 10*time.Second), "10s"},
		{"age of minutes", age(fast, 100*time.Second), "01:40"},
		{"slow age", age(slow, 9*time.Second), "<10s"},
		{"slow age of two digits", age(slow, 19*time.Second), "10s"},
		{"wait, rounded up", fast.Wait(7100 * time.Millisecond), "8s"},
		{"slow wait", slow.Wait(9 * time.Second), "<10s"},
		{"slow wait, rounded down", slow.Wait(29 * time.Second), "20s"},
		{"seconds", Seconds(1340 * time.Millisecond), "1.3 s"},
		{"no seconds", Seconds(-time.Second), "0.0 s"},
		{"interval", Interval(500 * time.Millisecond), "0.5 s"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: %q, want %q", tt.what, tt.got, tt.want)
		}
	}
}

// TestHours: hours only where there are some, and never less than nothing.
func TestHours(t *testing.T) {
	for want, list := range map[string][]time.Duration{
		"00:00": {0, -time.Hour, 999 * time.Millisecond}, "03:12": {192 * time.Second}, "59:59": {time.Hour - time.Second},
		"1:00:00": {time.Hour}, "2:41:55": {9715 * time.Second}, "100:00:01": {100*time.Hour + time.Second},
	} {
		for _, d := range list {
			if got := Hours(d); got != want {
				t.Errorf("%v is %q, want %q", d, got, want)
			}
		}
	}
}

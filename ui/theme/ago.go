package theme

import (
	"strconv"
	"time"
)

// Ago returns how long ago something was, as people say it: just now, 2 min ago,
// 3 h ago, 2 days ago. It changes once a minute at most.
func Ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + " min ago"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + " h ago"
	}
	return strconv.Itoa(int(d/(24*time.Hour))) + " days ago"
}

// Countdown returns the time until something happens as [Clock] does. Where the
// clocks move in steps of ten seconds it is rounded down to one.
func Countdown(d time.Duration, steps bool) string {
	if steps {
		d = d.Truncate(10 * time.Second)
	}
	return Clock(d)
}

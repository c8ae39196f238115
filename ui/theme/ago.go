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

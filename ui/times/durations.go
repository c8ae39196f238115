// Package times says times and durations, and reads durations that somebody has
// typed: in one way on the whole screen and in every command.
package times

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Clock returns a duration as 03:12, 2:41:55, or from 100 hours on 4d 07h. A
// negative one is 00:00. It never takes more than 8 cells for what a recording
// can last.
func Clock(d time.Duration) string {
	h := int64(d / time.Hour)
	if h < 100 {
		return Hours(d)
	}
	var buf [16]byte
	b := strconv.AppendInt(buf[:0], h/24, 10)
	b = append(b, 'd', ' ')
	return string(append(two(b, h%24), 'h'))
}

// Hours returns a duration as [Clock] does, but in hours however many they are:
// 100:00:01.
func Hours(d time.Duration) string {
	seconds := int64(max(0, d) / time.Second)
	var buf [16]byte
	b := buf[:0]
	if h := seconds / 3600; h > 0 {
		b = append(strconv.AppendInt(b, h, 10), ':')
	}
	b = append(two(b, seconds/60%60), ':')
	return string(two(b, seconds%60))
}

// oldFrom is from when on minutes shows a duration in whole minutes.
const oldFrom = 10 * time.Minute

// minutes returns a duration as [Clock] does while it is short, and from ten
// minutes on in whole minutes, as 12m, 2h41m or 4d 07h.
func minutes(d time.Duration) string {
	if d < oldFrom || d >= 100*time.Hour {
		return Clock(d)
	}
	var buf [16]byte
	b := buf[:0]
	whole := int64(d / time.Minute)
	if h := whole / 60; h > 0 {
		b = append(strconv.AppendInt(b, h, 10), 'h')
		return string(append(two(b, whole%60), 'm'))
	}
	return string(append(two(b, whole), 'm'))
}

func two(b []byte, n int64) []byte { return append(b, byte('0'+n/10), byte('0'+n%10)) }

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

// AgoInSteps returns how long ago something was, in steps of 5 s for a minute,
// then as [Ago] does.
func AgoInSteps(d time.Duration) string {
	const step = 5 * time.Second
	if d < step || d >= time.Minute {
		return Ago(d)
	}
	return strconv.Itoa(int(d/step*step/time.Second)) + " s ago"
}

// Seconds returns a short duration as 0.4 s. A negative one is 0.0 s.
func Seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", max(0, d).Seconds()) }

// Interval returns the time between two polls as 0.5 s or 60 s.
func Interval(d time.Duration) string { return fmt.Sprintf("%g s", d.Seconds()) }

// Short returns a duration as [Parse] reads it: 1m30s, 15m, 1h.
func Short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// Parse reads a duration as a person types it: 90s, 10m, 1h30m or 2d; 0 needs no
// unit. It may be negative.
func Parse(s string) (d time.Duration, ok bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	if days, cut := strings.CutSuffix(s, "d"); cut {
		if n, err := strconv.ParseUint(days, 10, 16); err == nil {
			return time.Duration(n) * 24 * time.Hour, true
		}
	}
	d, err := time.ParseDuration(s)
	return d, err == nil
}

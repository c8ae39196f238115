package theme

import (
	"strconv"
	"strings"
	"time"
)

// words is the operator's word and the role of each status of the API that is
// known (api/CONTRACT.md section 5).
var words = map[string]struct {
	word string
	role Role
}{
	"queued":      {"STARTING", Starting},
	"in-progress": {"REC", Recording},
	"resumed":     {"REC", Recording},
	"paused":      {"PAUSED", Paused},
	"stopped":     {"STOPPED", Ended},
	"completed":   {"COMPLETED", Ended},
	"absent":      {"ABSENT", Ended},
	"failed":      {"FAILED", Bad},
	"processing":  {"PROCESSING", Ended},
	"deleted":     {"DELETED", Ended},
}

// Word returns the operator's word for a status of the API: REC, PAUSED,
// STARTING, an ended status in capitals, GONE for a recording that is no longer
// to be found, any other value as it came, and ? for none.
func Word(status string, gone bool) string {
	if gone {
		return "GONE"
	}
	if w, ok := words[status]; ok {
		return w.word
	}
	if strings.TrimSpace(status) == "" {
		return "?"
	}
	return status
}

// StatusRole returns the role that a status is shown in.
func StatusRole(status string, gone bool) Role {
	if gone {
		return Gone
	}
	if w, ok := words[status]; ok {
		return w.role
	}
	return Unknown
}

// Clock returns a duration as 03:12, 2:41:55, or from 100 hours on 4d 07h. A
// negative one is 00:00. It never takes more than 8 cells for what a recording
// can last.
func Clock(d time.Duration) string {
	if d < 0 {
		d = 0
	}
	seconds := int64(d / time.Second)
	var buf [16]byte
	b := buf[:0]
	switch h := seconds / 3600; {
	case h >= 100:
		b = strconv.AppendInt(b, h/24, 10)
		b = append(b, 'd', ' ')
		b = append(two(b, h%24), 'h')
		return string(b)
	case h > 0:
		b = append(strconv.AppendInt(b, h, 10), ':')
	}
	b = append(two(b, seconds/60%60), ':')
	return string(two(b, seconds%60))
}

// OldFrom is from when on [Minutes] shows a duration in whole minutes.
const OldFrom = 10 * time.Minute

// Minutes returns a duration as [Clock] does while it is short, and from ten
// minutes on in whole minutes, as 12m, 2h41m or 4d 07h: it then moves once a
// minute, for connections on which every byte counts.
func Minutes(d time.Duration) string {
	if d < OldFrom || d >= 100*time.Hour {
		return Clock(d)
	}
	var buf [16]byte
	b := buf[:0]
	minutes := int64(d / time.Minute)
	if h := minutes / 60; h > 0 {
		b = append(strconv.AppendInt(b, h, 10), 'h')
		return string(append(two(b, minutes%60), 'm'))
	}
	return string(append(two(b, minutes), 'm'))
}

func two(b []byte, n int64) []byte { return append(b, byte('0'+n/10), byte('0'+n%10)) }

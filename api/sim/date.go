package sim

import (
	"strings"
	"time"
)

// span is what a date filter names: the first and the last second of it, since
// 1970. A full time is one second, a date is a day in UTC.
type span struct{ first, last int64 }

// timeLayouts are the full times that are read: RFC 2822 and ISO 8601.
var timeLayouts = []string{
	"Mon, 2 Jan 2006 15:04:05 -0700",
	"Mon, 2 Jan 2006 15:04:05 MST",
	"2 Jan 2006 15:04:05 -0700",
	"2 Jan 2006 15:04:05 MST",
	"2006-01-02T15:04:05Z07:00",
	"2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04:05",
}

// parseSpan reads the value of a date filter; ok is false if it cannot.
func parseSpan(s string) (sp span, ok bool) {
	if day, err := time.Parse(time.DateOnly, s); err == nil {
		return span{day.Unix(), day.AddDate(0, 0, 1).Unix() - 1}, true
	}
	s = strings.Replace(s, " Sept ", " Sep ", 1)
	for _, layout := range timeLayouts {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		// Go reads any abbreviation as a zone, and knows the offset of few.
		if name, offset := t.Zone(); strings.HasSuffix(layout, "MST") && (offset != 0 || !isUTC(name)) {
			return span{}, false
		}
		return span{t.Unix(), t.Unix()}, true
	}
	return span{}, false
}

func isUTC(zone string) bool { return zone == "GMT" || zone == "UTC" || zone == "UT" || zone == "Z" }

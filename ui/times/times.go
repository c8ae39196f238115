package times

import "time"

// Time returns a local time of the day with its zone: 15:04:05 MST.
func Time(t time.Time) string { return t.Local().Format("15:04:05 MST") }

// Minute returns a local time of the day without its seconds, with the day when
// it is another than now's: 15:04, or 2 Jan 15:04.
func Minute(t, now time.Time) string {
	t, now = t.Local(), now.Local()
	if t.YearDay() != now.YearDay() || t.Year() != now.Year() {
		return t.Format("2 Jan 15:04")
	}
	return t.Format("15:04")
}

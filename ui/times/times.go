package times

import "time"

// Time returns a time of the day with its zone: 15:04:05 MST. A nil zone is that of
// this host.
func Time(t time.Time, zone *time.Location) string {
	return t.In(Zone(zone)).Format("15:04:05 MST")
}

// Zone returns a zone; for nil that of this host.
func Zone(zone *time.Location) *time.Location {
	if zone == nil {
		return time.Local
	}
	return zone
}

// Minute returns a time of the day without its seconds, in the zone of now, with the
// day when it is another than now's: 15:04, or 2 Jan 15:04.
func Minute(t, now time.Time) string {
	t = t.In(now.Location())
	if t.YearDay() != now.YearDay() || t.Year() != now.Year() {
		return t.Format("2 Jan 15:04")
	}
	return t.Format("15:04")
}

package cli

import (
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/times"
)

// name names it in a sentence.
func (r *unrecordedRow) name() string {
	return r.Kind + " …" + ending(text.New(r.SID), leastSID) + ", " + r.Who
}

// unrecordedEvent returns the event of a call that alarms for it has no recording.
func unrecordedEvent(l *link, s *deck.Snapshot, u *deck.Unrecorded, now time.Time) *event {
	row := l.unrecordedRow(s, u, now)
	e := &event{Event: eventAlarm, At: *utc(now), Call: &row}
	e.Reason = "no recording for " + times.Clock(time.Duration(row.For))
	if u.AtLeast {
		e.Reason += " or longer"
	}
	return e
}

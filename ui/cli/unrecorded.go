package cli

import (
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/times"
)

// unrecordedJSON is a call or a conference in progress without a recording, as
// tapedeck watch prints it.
type unrecordedJSON struct {
	CallSID       string    `json:"call_sid,omitempty"`
	ConferenceSID string    `json:"conference_sid,omitempty"`
	Profile       string    `json:"profile,omitempty"`
	Who           string    `json:"who"`
	Since         time.Time `json:"since"` // by this machine's clock
	For           seconds   `json:"for"`
	AtLeast       bool      `json:"at_least,omitempty"` // it has been so for longer
	Before        bool      `json:"recorded_before,omitempty"`
}

// unrecordedOf returns what is printed of a call without a recording.
func unrecordedOf(l *link, s *deck.Snapshot, u *deck.Unrecorded, now time.Time) *unrecordedJSON {
	part := s.Of(&deck.Recording{Profile: u.Profile})
	stand := &deck.Recording{Profile: u.Profile, Call: u.Call, Conference: u.Conference}
	out := &unrecordedJSON{Profile: u.Profile, AtLeast: u.AtLeast, Before: u.Before, For: seconds(u.For(part.ServerTime(now)))}
	out.Since = *utc(u.Since.Add(-part.OffsetAt(now)))
	if u.IsConference() {
		out.ConferenceSID, stand.ConferenceSID = u.SID().String(), u.SID()
	} else {
		out.CallSID, stand.CallSID, stand.Conference = u.SID().String(), u.SID(), nil
	}
	out.Who = shownIn(l, s, stand).who()
	return out
}

// name names it in a sentence.
func (u *unrecordedJSON) name() string {
	kind, sid := "call", u.CallSID
	if sid == "" {
		kind, sid = "conference", u.ConferenceSID
	}
	return kind + " …" + ending(text.New(sid), leastSID) + ", " + u.Who
}

// unrecordedEvent returns the event of a call that alarms for it has no recording.
func unrecordedEvent(l *link, s *deck.Snapshot, u *deck.Unrecorded, now time.Time) *event {
	e := &event{Event: eventAlarm, At: *utc(now), Call: unrecordedOf(l, s, u, now)}
	e.Reason = "no recording for " + times.Clock(time.Duration(e.Call.For))
	if u.AtLeast {
		e.Reason += " or longer"
	}
	return e
}

package deck

import (
	"time"

	"tapedeck/api"
	"tapedeck/api/text"
)

// Unrecorded is a call or a conference in progress that no active recording is
// of: neither of itself, nor of the call that it was dialed from, nor of the
// conference that it is in. It never changes, and is no recording: it has no SID
// of one.
type Unrecorded struct {
	Profile string    // whose it is, where a service has several; else empty
	Call    *api.Call // nil for a conference
	// Conference is the one that is meant, or the one that the call is in; nil
	// where it is in none that is known.
	Conference *api.Conference
	// Since is when the call began, or when its last recording ended, by the
	// server's clock.
	Since   time.Time
	AtLeast bool // it has been so for longer: nobody knows since when
	Before  bool // it was recorded before
	// Legs counts the calls that were dialed from it and have no recording
	// either: one of this call is of them, too.
	Legs   int
	People int // in the conference; 0 for a call
	Ack    Ack // its acknowledged alarm; see [Deck.Acknowledge]
	// Start is the last recording that this deck was asked to start; nil for none.
	Start *Progress
}

// IsConference reports whether it is a conference, of which the API cannot start
// a recording.
func (u *Unrecorded) IsConference() bool { return u.Call == nil }

// SID returns the SID of the call, or of the conference.
func (u *Unrecorded) SID() text.Text {
	switch {
	case u.Call != nil:
		return u.Call.SID
	case u.Conference != nil:
		return u.Conference.SID
	}
	return text.Text{}
}

// For returns for how long it has had no recording at the server's time now,
// never less than zero.
func (u *Unrecorded) For(now time.Time) time.Duration {
	if u.Since.IsZero() {
		return 0
	}
	return max(0, now.Sub(u.Since))
}

// InProgress says what the calls and conferences in progress are worth that a
// snapshot's Unrecorded come from. The zero value is that nobody wants to know:
// then there are none, and that says nothing.
type InProgress struct {
	Wanted bool      // somebody wants to know; see [Deck.LookForUnrecorded]
	Listed time.Time // local time when all were last listed; zero for never
	// Limit is the age of Listed from which on it says nothing about now.
	Limit time.Duration
	// Pending is how many calls there are, beyond the grace, of which it is to be
	// read yet whether they have a recording.
	Pending int
	// Err is why it is not known of all whether they are recorded; nil when it
	// is. Those that are in the snapshot are without a recording all the same.
	Err error
}

// Fresh reports whether the list of those in progress says how it is at the local
// time now.
func (p InProgress) Fresh(now time.Time) bool {
	return p.Wanted && !p.Listed.IsZero() && age(p.Listed, now) <= p.Limit
}

// UnrecordedSure reports whether the rows of a profile in the snapshot's
// Unrecorded can be relied on at the local time now: all that was read is fresh.
// While it is false, nothing may alarm for them.
func (s *Snapshot) UnrecordedSure(profile string, now time.Time) bool {
	s = s.PartOf(profile)
	return s.Health.Phase(now) == Live && s.InProgress.Fresh(now)
}

// UnrecordedKnown reports whether these rows are all that there are, at the local
// time now. While it is false, none is not to be shown as all well.
func (s *Snapshot) UnrecordedKnown(profile string, now time.Time) bool {
	return s.UnrecordedSure(profile, now) && s.PartOf(profile).InProgress.Err == nil
}

// AllUnrecordedKnown reports the same of all profiles.
func (s *Snapshot) AllUnrecordedKnown(now time.Time) bool {
	for _, p := range s.Parts {
		if !s.UnrecordedKnown(p.Profile, now) {
			return false
		}
	}
	return s.Parts != nil || s.UnrecordedKnown("", now)
}

// PartOf returns the snapshot of a profile; the snapshot itself unless it is one of
// several.
func (s *Snapshot) PartOf(profile string) *Snapshot {
	for _, p := range s.Parts {
		if p.Profile == profile {
			return p.Snapshot
		}
	}
	return s
}

// FindUnrecorded returns the row of the same call or conference; nil where the
// snapshot has none.
func (s *Snapshot) FindUnrecorded(of *Unrecorded) *Unrecorded {
	for _, u := range s.Unrecorded {
		if u.Profile == of.Profile && u.SID() == of.SID() {
			return u
		}
	}
	return nil
}

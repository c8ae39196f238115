package deck

import "time"

// Alarming is one thing that alarms at a moment.
type Alarming struct {
	Key       Key        // of the recording, else of the call or the conference
	Recording *Recording // as the snapshot has it; nil where there is none
	// Unrecorded is the call or the conference that has no recording; nil for an
	// alarm of a recording.
	Unrecorded *Unrecorded
	// Kind is why it alarms: that of its [Trouble], or one of the words below. An
	// alarm of another kind is another alarm.
	Kind string
}

// The kinds of alarm that are no trouble.
const (
	AlarmPause  = "pause"       // it has been paused for too long
	AlarmResume = "auto-resume" // its auto-resume did not happen
	// AlarmUnrecorded: a call or a conference has been without a recording for too
	// long.
	AlarmUnrecorded = "no recording"
)

// Alarming returns all that alarms at the local time now, in the order of
// [Snapshot.Alarms], then of [Snapshot.UnrecordedAlarms]: on the screen, in tapedeck watch, and by the command of an
// alarm.
func (s *Snapshot) Alarming(now time.Time) (list []Alarming) {
	_, alarm := s.Alarms(now)
	for _, r := range alarm {
		a := Alarming{Key: r.Key(), Recording: r, Kind: AlarmPause}
		switch {
		case r.Trouble.Standing():
			a.Kind = string(r.Trouble.Kind)
		case r.Timer.Err != "":
			a.Kind = AlarmResume
		}
		list = append(list, a)
	}
	for _, u := range s.UnrecordedAlarms(now) {
		list = append(list, Alarming{Key: Key{Profile: u.Profile, SID: u.SID()}, Unrecorded: u, Kind: AlarmUnrecorded})
	}
	return list
}

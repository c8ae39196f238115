package deck

import (
	"errors"
	"fmt"
	"time"

	"tapedeck/api"
	"tapedeck/api/journal"
	"tapedeck/api/text"
)

// The ages at which a pause is warned about, and alarms.
const (
	DefaultPauseWarn  = 90 * time.Second
	DefaultPauseAlarm = 180 * time.Second
)

// Level is how much a recording wants attention.
type Level int

// The levels, in their order.
const (
	Calm  Level = iota
	Warn        // paused for longer than the setting pause_warn
	Alarm       // longer than pause_alarm, its auto-resume did not happen, or a [Trouble] stands
)

// Ack is that somebody knows of a pause: its alarm is silent until a new
// deadline. The zero value is none. It ends with the pause.
type Ack struct {
	Actor  string    // the name of who acknowledged it
	Reason string    // one line
	Until  time.Time // server's clock
}

// Level returns how much a recording wants attention at the local time now, for
// its pause or its trouble. An acknowledged pause wants none until its deadline,
// an acknowledged trouble none at all. A limit of 0 is none.
func (s *Snapshot) Level(r *Recording, now time.Time) Level {
	s = s.Of(r)
	switch {
	case r.Active() && r.Trouble.Standing():
		return Alarm
	case !r.Paused():
		return Calm
	}
	server := s.ServerTime(now)
	switch d := r.Pause.For(server); {
	case server.Before(r.Ack.Until):
		return Calm
	case r.Timer.Err != "" || s.PauseAlarm > 0 && d >= s.PauseAlarm:
		return Alarm
	case s.PauseWarn > 0 && d >= s.PauseWarn:
		return Warn
	}
	return Calm
}

// LevelChanges returns the local time, after now, when the level of a recording
// changes by itself; zero for never.
func (s *Snapshot) LevelChanges(r *Recording, now time.Time) (next time.Time) {
	if !r.Paused() {
		return next
	}
	s = s.Of(r)
	server := s.ServerTime(now)
	at := func(t time.Time) {
		if t.After(server) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	at(r.Ack.Until)
	at(r.Pause.Since.Add(s.PauseWarn))
	at(r.Pause.Since.Add(s.PauseAlarm))
	if next.IsZero() {
		return next
	}
	return next.Add(-s.OffsetAt(now))
}

// Alarms returns the recordings that warn and those that alarm at the local
// time now: those that were to be paused and are not, then the longest pause
// first.
func (s *Snapshot) Alarms(now time.Time) (warn, alarm []*Recording) {
	if s.Paused+s.NotPaused+s.ResumedByOthers == 0 {
		return nil, nil
	}
	for _, r := range s.Recordings {
		switch s.Level(r, now) {
		case Warn:
			warn = append(warn, r)
		case Alarm:
			alarm = append(alarm, r)
		}
	}
	return longestFirst(warn), longestFirst(alarm)
}

// Acknowledge silences the alarm of a pause for a time, with the reason why it
// goes on, or that of a trouble for good, whatever the time; by the SID of a call or
// a conference, that of its having no recording. The error wraps [ErrNotFound], or
// says that nothing is paused.
func (d *Deck) Acknowledge(of Key, actor Actor, reason string, wait time.Duration) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if e := d.find(of.SID); e != nil && e.view.Trouble.Kind != "" {
		e.change(func(r *Recording) { r.Trouble.Acked = true })
		e.ackedBy(actor, d.ackTime(e.known().ackedAt))
		d.publish()
		d.noteEntry(e, journal.Ack, actor, text.New(reason).String(), time.Time{})
		return nil
	}
	e, err := d.paused(of.SID)
	if errors.Is(err, ErrNotFound) && d.acknowledgeUnrecorded(of.SID, actor, reason, wait) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("acknowledge the pause of %s: %w", of.SID, err)
	}
	ack := Ack{Actor: actor.Name(), Reason: text.New(reason).String(), Until: d.serverTime(time.Now()).Add(wait)}
	e.ackedBy(actor, d.ackTime(e.known().ackedAt))
	e.change(func(r *Recording) { r.Ack = ack })
	d.publish()
	d.noteEntry(e, journal.Ack, actor, ack.Reason, ack.Until)
	return nil
}

// paused returns the entry of a recording that is paused. The mutex must be
// held.
func (d *Deck) paused(sid text.Text) (*entry, error) {
	e := d.find(sid)
	switch {
	case e == nil:
		return nil, ErrNotFound
	case !e.view.Paused():
		return nil, fmt.Errorf("it is not paused: %w", errStatus{e.view.Status})
	}
	return e, nil
}

// errStatus is a status that a request does not fit.
type errStatus struct{ status api.Status }

func (e errStatus) Error() string { return itIs(e.status) }

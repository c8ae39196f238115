package deck

import (
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/share"
	"tapedeck/api/text"
)

// UnrecordedLevel returns how much a call or a conference without a recording
// wants attention at the local time now: it alarms from the setting
// unrecorded_alarm on, unless that was acknowledged. It is [Calm] where nobody can
// be sure that it still has none.
func (s *Snapshot) UnrecordedLevel(u *Unrecorded, now time.Time) Level {
	p := s.Of(&Recording{Profile: u.Profile})
	server := p.ServerTime(now)
	if p.UnrecordedAlarm <= 0 || u.Since.IsZero() || u.For(server) < p.UnrecordedAlarm || server.Before(u.Ack.Until) || !s.UnrecordedSure(u.Profile, now) {
		return Calm
	}
	return Alarm
}

// UnrecordedLevelChanges returns the local time, after now, when that level changes
// by itself; zero for never.
func (s *Snapshot) UnrecordedLevelChanges(u *Unrecorded, now time.Time) (next time.Time) {
	p := s.Of(&Recording{Profile: u.Profile})
	if p.UnrecordedAlarm <= 0 || u.Since.IsZero() {
		return next
	}
	for _, at := range []time.Time{u.Since.Add(p.UnrecordedAlarm), u.Ack.Until} {
		if at.After(p.ServerTime(now)) && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	if next.IsZero() {
		return next
	}
	return next.Add(-p.OffsetAt(now))
}

// UnrecordedAlarms returns the calls and conferences without a recording that alarm
// at the local time now, those without for the longest first.
func (s *Snapshot) UnrecordedAlarms(now time.Time) (list []*Unrecorded) {
	if s.UnrecordedAlarm <= 0 {
		return nil
	}
	for _, u := range s.Unrecorded {
		if s.UnrecordedLevel(u, now) == Alarm {
			list = append(list, u)
		}
	}
	return list
}

// UnrecordedWanted reports whether the policy of a project, or a setting, has calls
// without a recording alarm: then the deck looks for them all the time.
func (s *Snapshot) UnrecordedWanted() bool { return s.UnrecordedAlarm > 0 }

// acknowledgeUnrecorded silences the alarm of a call or a conference without a
// recording; ok is false where there is none with that SID. The mutex must be held.
func (d *Deck) acknowledgeUnrecorded(sid text.Text, actor Actor, reason string, wait time.Duration) (ok bool) {
	one := d.coverage.open[sid]
	if one == nil || one.row == nil {
		return false
	}
	d.noteAlarms(time.Now()) // it stands before it is silent
	ack := Ack{Actor: actor.Name(), Reason: text.New(reason).String(), Until: d.serverTime(time.Now()).Add(wait)}
	d.setAckUnrecorded(one, ack)
	if one.ackedAt = d.ackTime(one.ackedAt); d.sh != nil {
		d.sh.say(sid, factAck, share.Fact{Ack: &share.Ack{
			About: aboutUnrecorded, At: plain(one.ackedAt), Until: plain(ack.Until), Actor: actor, Reason: ack.Reason,
		}})
	}
	d.publish()
	e := journal.Entry{Time: time.Now(), Event: journal.Ack, Who: actor, Reason: ack.Reason, Until: ack.Until}
	if one.call != nil {
		e.Call, e.From, e.To = sid, one.call.From, one.call.To
	} else {
		e.Conference = sid
	}
	d.note(e)
	return true
}

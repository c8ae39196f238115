package deck

import (
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/text"
)

// noteAlarms puts on record which calls and conferences without a recording began to
// alarm, each once until it has a recording or ends, whatever is acknowledged. The
// mutex must be held.
func (d *Deck) noteAlarms(now time.Time) {
	c, limit := &d.coverage, d.config.UnrecordedAlarm
	if limit <= 0 || d.config.Journal == nil || d.health.Phase(now) != Live || !c.state.Fresh(now) {
		return
	}
	server := d.serverTime(now)
	for sid, one := range c.open {
		u := one.row
		if u == nil || c.alarmed[sid] == one || u.Since.IsZero() || u.For(server) < limit || server.Before(u.Ack.Until) {
			continue
		}
		if c.alarmed == nil {
			c.alarmed = map[text.Text]*candidate{}
		}
		c.alarmed[sid] = one
		e := one.journalEntry(now, journal.Unrecorded)
		e.Since, e.Reason = now.Add(-u.For(server)), "no recording for over "+limit.String()
		d.note(e)
	}
}

// noteAlarmsOver puts on record which of these alarms are over, and why. The mutex
// must be held.
func (d *Deck) noteAlarmsOver(now time.Time, k *covering) {
	c := &d.coverage
	for sid, one := range c.alarmed {
		if c.open[sid] == one {
			continue
		}
		delete(c.alarmed, sid)
		e := one.journalEntry(now, journal.AlarmOver)
		switch {
		case !c.seen[sid]:
			e.Reason = "it has ended"
		case one.conf != nil && !k.active[sid] && !k.spoken[sid]:
			e.Reason = "nobody is in it"
		default:
			e.Reason = "it is recorded now"
		}
		d.note(e)
	}
}

// journalEntry returns an entry about the candidate, which nobody asked for.
func (one *candidate) journalEntry(now time.Time, event journal.Event) journal.Entry {
	e := journal.Entry{Time: now, Event: event}
	if one.call != nil {
		e.Call, e.From, e.To = one.call.SID, one.call.From, one.call.To
	} else {
		e.Conference = one.conf.SID
	}
	return e
}

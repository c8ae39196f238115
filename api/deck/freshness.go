package deck

import (
	"fmt"
	"time"

	"tapedeck/api/journal"
)

// noteFreshness puts on record that the screens have no current data any more,
// or that they have: who reads the journal knows then when nobody could watch.
// The mutex must be held.
func (d *Deck) noteFreshness(now time.Time) {
	if d.config.Journal == nil || !d.config.Watched {
		return
	}
	e := journal.Entry{Time: now}
	switch phase := d.health.Phase(now); {
	case phase == Loading:
		return
	case phase == Stale:
		e.Event, e.Since = journal.Stale, wall(d.health.Complete)
		e.Reason = fmt.Sprintf("no poll has ended for %.0f s", d.health.Age(now).Seconds())
		if d.health.Err != nil {
			e.Reason = Reason(d.health.Err)
		}
	default:
		e.Event = journal.Live
		if phase == Partial {
			e.Reason = "partial: " + Reason(d.health.Err)
		}
	}
	if e.Event != d.freshness {
		d.freshness = e.Event
		d.note(e)
	}
}

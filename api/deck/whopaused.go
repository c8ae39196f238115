package deck

import (
	"time"

	"tapedeck/api"
)

// samePause is how far the time of an answer on record and the API's date of
// the change may be apart for both to be of one pause.
const samePause = 5 * time.Second

// credit says who made a pause that this deck did not make, and since when it
// lasts, where the journal knows. The mutex must be held; Config.WhoPaused
// answers from memory.
func (d *Deck) credit(e *entry) {
	p := e.view.Pause
	if d.config.WhoPaused == nil || !e.view.Paused() || p.Actor != "" || e.busy() {
		return
	}
	on, ok := d.config.WhoPaused(e.view.SID)
	if !ok || !on.Ended.IsZero() || on.At.IsZero() {
		return
	}
	since, ok := d.lasting(e.view.Recording, p, d.serverTime(on.At))
	if !ok {
		return
	}
	e.whose().paused = on.Who
	e.change(func(r *Recording) {
		r.Pause.Since, r.Pause.AtLeast, r.Pause.looked = since, false, !since.Equal(r.Updated)
		r.Pause.Actor, r.Pause.Behavior, r.Pause.Recorded = on.Name(), api.PauseBehavior(on.Behavior), true
	})
}

// lasting reports whether a pause that was answered at that time, by the
// server's clock, is the one that lasts, and returns since when it does. Where
// the API dates the last change, that decides; else the pause must be as old as
// it was seen to be.
func (d *Deck) lasting(rec api.Recording, p Pause, at time.Time) (since time.Time, ok bool) {
	near := func(t time.Time, most time.Duration) bool { return at.Sub(t).Abs() <= most }
	switch dated := !rec.Created.IsZero() && rec.Updated.After(rec.Created.Add(time.Second)); {
	case dated:
		return rec.Updated, near(rec.Updated, samePause)
	case p.AtLeast:
		return at, !at.After(p.Since.Add(samePause))
	}
	return at, near(p.Since, samePause+staleAfter(d.interval))
}

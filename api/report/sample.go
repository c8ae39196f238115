package report

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"slices"

	"tapedeck/api/journal"
	"tapedeck/api/text"
)

// draw leaves a random sample of the calls that have a pause, with every entry
// of each, and only what is about them. The totals stay those of all.
func (r *Report) draw(o Options) error {
	paused := slices.DeleteFunc(slices.Clone(r.Calls), func(c *Call) bool { return c.Paused() == 0 })
	// By SID, so that the draw does not depend on what else is in the journal's files.
	slices.SortFunc(paused, func(a, b *Call) int { return cmp.Compare(a.SID.String(), b.SID.String()) })
	draw := rand.New(rand.NewPCG(o.Seed, 0)) // a sample that anybody can draw again, no secret
	draw.Shuffle(len(paused), func(i, j int) { paused[i], paused[j] = paused[j], paused[i] })
	paused = paused[:min(o.Sample, len(paused))]
	drawn := map[*Call]bool{}
	of := map[text.Text]*Call{}
	for _, c := range paused {
		drawn[c], of[c.SID] = true, c
	}
	r.leave(drawn)
	for e, err := range journal.Read(o.Dir, journal.Filter{}) {
		if _, bad := errors.AsType[*journal.LineError](err); bad {
			continue
		} else if err != nil {
			return err
		}
		c := of[e.Call]
		if e.Call.IsZero() {
			c = of[e.Conference]
		}
		if c != nil && e.Seq <= r.Source.LastSeq && MomentOf(e.Time) < r.To {
			c.Entries = append(c.Entries, o.masked(e))
		}
	}
	return nil
}

// leave leaves only what is about these calls.
func (r *Report) leave(calls map[*Call]bool) {
	rec := func(rec *Recording) bool { return rec == nil || !calls[rec.Call] }
	r.Calls = slices.DeleteFunc(r.Calls, func(c *Call) bool { return !calls[c] })
	r.Longest = slices.DeleteFunc(r.Longest, func(p *Pause) bool { return rec(p.Recording) })
	r.OverLimit = slices.DeleteFunc(r.OverLimit, func(p *Pause) bool { return rec(p.Recording) })
	update := func(u *Update) bool { return !calls[u.Call] }
	r.Updates = slices.DeleteFunc(r.Updates, update)
	r.Starts = slices.DeleteFunc(r.Starts, update)
	r.Stops = slices.DeleteFunc(r.Stops, update)
	r.Autos = slices.DeleteFunc(r.Autos, func(a *AutoResume) bool { return rec(a.Recording) })
	r.Alarms = slices.DeleteFunc(r.Alarms, func(a *Alarm) bool { return !calls[a.Call] })
	r.Acks = slices.DeleteFunc(r.Acks, func(a *Ack) bool { return !calls[a.Call] })
	r.Reveals = slices.DeleteFunc(r.Reveals, func(v *Reveal) bool { return rec(v.Recording) })
}

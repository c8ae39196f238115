package report

import (
	"cmp"
	"slices"
	"time"
)

// longest is how many pauses Report.Longest holds.
const longest = 10

// keepBefore is for how long before the period a recording is kept without a
// pause: something may be said of it yet.
const keepBefore = Moment(24 * 3600 * 1000)

// purge lets go of what was over before the period began: a report of a night
// keeps nothing of the year before it.
func (b *builder) purge() {
	b.autos = slices.DeleteFunc(b.autos, func(a *AutoResume) bool { return a.Set < b.from && a.Fate != NoFate && a.At < b.from })
	b.r.Acks = slices.DeleteFunc(b.r.Acks, func(a *Ack) bool { return a.At < b.from && (a.Recording == nil || a.Recording.open == nil) })
	b.purgeBare()
	b.r.Calls = slices.DeleteFunc(b.r.Calls, func(c *Call) bool {
		c.Recordings = slices.DeleteFunc(c.Recordings, func(rec *Recording) bool {
			if rec.open != nil {
				rec.Pauses = slices.Clone(rec.Pauses[len(rec.Pauses)-1:])
				return false
			}
			if rec.Last >= b.from-keepBefore {
				return false
			}
			b.recs.delete(rec)
			return true
		})
		if len(c.Recordings) == 0 {
			b.calls.delete(c)
		}
		return len(c.Recordings) == 0
	})
}

// finish returns the report when all entries have been taken in.
func (b *builder) finish() *Report {
	r := b.r
	if b.from == 0 {
		b.from = min(r.Source.First, b.to)
	}
	r.From, r.To = b.from, b.to
	for _, id := range b.settled {
		if q := b.requests[id]; q != nil {
			b.close(q)
			delete(b.requests, id)
		}
	}
	for _, q := range b.requests {
		b.close(q)
	}
	b.endWatches()
	b.choose()
	b.count()
	return r
}

// choose leaves what is of the period.
func (b *builder) choose() {
	r := b.r
	for _, c := range r.Calls {
		if c.First == 0 {
			c.Last = 0
		}
		for _, rec := range c.Recordings {
			rec.Pauses = slices.DeleteFunc(rec.Pauses, func(p *Pause) bool { return !b.pausedIn(p) })
			if rec.First == 0 {
				rec.Last = 0 // before the period
			}
			for _, p := range rec.Pauses {
				rec.First, rec.Last = first(rec.First, p.Began), max(rec.Last, min(max(p.Ended, p.Known), b.to))
			}
			c.First, c.Last = first(c.First, rec.First), max(c.Last, rec.Last)
		}
	}
	r.Calls = slices.DeleteFunc(r.Calls, func(c *Call) bool { return c.First == 0 })
	r.Acks = slices.DeleteFunc(r.Acks, func(a *Ack) bool { return !b.within(a.At) })
	r.Autos = slices.DeleteFunc(b.autos, func(a *AutoResume) bool { return !b.within(a.Set) && !b.within(a.At) })
	slices.SortStableFunc(b.updates, func(x, y *Update) int {
		return cmp.Or(cmp.Compare(x.when(), y.when()), cmp.Compare(x.ID, y.ID))
	})
	for _, u := range b.updates {
		switch u.Verb {
		case DoStart:
			r.Starts = append(r.Starts, u)
		case DoStop:
			r.Stops = append(r.Stops, u)
		}
		if !u.Done() || u.VerifiedLate || u.WrittenLate {
			r.Updates = append(r.Updates, u)
		}
	}
	slices.SortStableFunc(r.OffRecord, func(x, y OffRecord) int { return cmp.Compare(x.At, y.At) })
}

// when returns when an update was asked for, as far as that is known.
func (u *Update) when() Moment { return cmp.Or(u.Asked, u.Answered) }

// pausedIn reports whether a pause is of the period. One without an end counts
// as long as it is known to have lasted.
func (b *builder) pausedIn(p *Pause) bool {
	return p.Began < b.to && (p.Began >= b.from || max(p.Ended, p.Known) > b.from)
}

// count makes the numbers.
func (b *builder) count() {
	r, t := b.r, &b.r.Totals
	for _, c := range r.Calls {
		if c.Paused() > 0 {
			t.Calls++
		}
		for _, rec := range c.Recordings {
			for _, p := range rec.Pauses {
				b.countPause(p)
			}
		}
	}
	for _, u := range r.Updates {
		b.countTrouble(u)
	}
	for _, a := range r.Acks {
		a.By.Acks++
	}
	slices.SortStableFunc(r.Longest, func(x, y *Pause) int { return cmp.Compare(y.lasted(), x.lasted()) })
	r.Longest = r.Longest[:min(longest, len(r.Longest)):min(longest, len(r.Longest))]
	slices.SortStableFunc(r.OverLimit, func(x, y *Pause) int { return cmp.Compare(x.Began, y.Began) })
	b.alarms()
	for _, p := range b.persons {
		if p.Pauses+p.Resumes+p.AutoResumes+p.Starts+p.Stops+p.Trouble+p.Acks > 0 {
			r.Persons = append(r.Persons, p)
		}
	}
	slices.SortFunc(r.Persons, func(x, y *Person) int {
		return cmp.Or(cmp.Compare(y.Pauses, x.Pauses), cmp.Compare(x.Name, y.Name))
	})
	t.MayBeOver = r.MayBeOver()
	t.OverLimit, t.Alarms, t.Acks, t.OffRecord = len(r.OverLimit), len(r.Alarms), len(r.Acks), len(r.OffRecord)
}

// lasted returns how long a pause is known to have lasted; 0 where a clock was set.
func (p *Pause) lasted() time.Duration {
	if d, ok := p.For(); ok {
		return d
	}
	if p.ClockSet || p.Ended != 0 {
		return 0
	}
	return max(0, p.Known.Sub(p.Began))
}

func (b *builder) countPause(p *Pause) {
	t, by := &b.r.Totals, p.By
	if by == nil {
		by = &Person{}
		t.Others++
	}
	t.Pauses++
	by.Pauses++
	switch p.Behavior {
	case Silence:
		t.Silence++
	case Skip:
		t.Skip++
	}
	if p.End == Open {
		p.ClockSet = b.clockSet(p, p.host)
		t.Open++
	}
	if p.Left != 0 {
		t.Left++
	}
	d, ok := p.For()
	if ok {
		within := min(p.Ended, b.to).Sub(max(p.Began, b.from))
		t.Paused += within
		by.Paused += within
		by.Longest = max(by.Longest, d)
	}
	if p.Over(b.o.Limit) {
		by.OverLimit++
		b.r.OverLimit = append(b.r.OverLimit, p)
	}
	b.long(p)
}

// MayBeOver returns how many pauses of the calls here are not known to be longer than Limit and have no
// end on record, though it has passed since.
func (r *Report) MayBeOver() (n int) {
	to := min(r.To, MomentOf(r.Made))
	for _, c := range r.Calls {
		for _, rec := range c.Recordings {
			for _, p := range rec.Pauses {
				if p.End == Open && r.Limit > 0 && !p.Over(r.Limit) && to.Sub(p.Began) > r.Limit {
					n++
				}
			}
		}
	}
	return n
}

// long keeps a pause while it may be among the longest.
func (b *builder) long(p *Pause) {
	if p.lasted() == 0 {
		return
	}
	b.r.Longest = append(b.r.Longest, p)
	if len(b.r.Longest) >= 16*longest {
		slices.SortStableFunc(b.r.Longest, func(x, y *Pause) int { return cmp.Compare(y.lasted(), x.lasted()) })
		b.r.Longest = b.r.Longest[:longest]
	}
}

func (b *builder) countTrouble(u *Update) {
	t := &b.r.Totals
	switch u.Outcome {
	case OutcomeFailed:
		t.Failed++
	case OutcomeContradicted:
		t.Contradicted++
	case OutcomeUnknown, NoOutcome:
		t.Unknown++
	}
	if u.VerifiedLate {
		t.VerifiedLate++
	}
	if u.WrittenLate {
		t.WrittenLate++
	}
}

package report

import (
	"cmp"
	"slices"
	"time"
)

// alarms finds the alarms: the journal has the reasons for them.
func (b *builder) alarms() {
	acks := map[*Recording][]*Ack{}
	for _, a := range b.r.Acks {
		acks[a.Recording] = append(acks[a.Recording], a)
	}
	add := func(a Alarm) {
		if !b.within(a.At) {
			return
		}
		if a.Recording != nil {
			a.Call = a.Recording.Call
		}
		for _, k := range acks[a.Recording] {
			if k.Call == a.Call && k.At >= a.At && (a.Until == 0 || k.At <= a.Until) {
				a.Acks = append(a.Acks, k)
			}
		}
		b.r.Alarms = append(b.r.Alarms, &a)
	}
	for _, p := range b.r.OverLimit {
		if at, ok := p.tooLong(b.o.Limit, acks[p.Recording]); ok {
			add(Alarm{Kind: TooLong, Recording: p.Recording, At: at, Until: p.Ended})
		}
	}
	for _, a := range b.r.Autos {
		if a.Fate == NotDone {
			add(Alarm{Kind: AutoResumeFailed, Recording: a.Recording, At: a.At, Until: a.Recording.endAfter(a.At), Why: a.Why})
		}
	}
	for _, u := range b.r.Updates {
		if u.Verb == DoPause && !u.Done() && u.Outcome != NoOutcome && u.Recording != nil {
			add(Alarm{Kind: NotPaused, Recording: u.Recording, At: cmp.Or(u.Answered, u.Asked), Until: u.Recording.pausedAfter(u.when()), Why: u.Outcome.String()})
		}
	}
	for _, c := range b.r.Calls {
		for _, rec := range c.Recordings {
			for _, s := range rec.Seen {
				if !s.Paused {
					add(Alarm{Kind: OthersResumed, Recording: rec, At: s.At, Until: rec.pausedAfter(s.At)})
				}
			}
		}
	}
	for _, a := range b.bares {
		add(*a)
	}
	slices.SortStableFunc(b.r.Alarms, func(x, y *Alarm) int { return cmp.Compare(x.At, y.At) })
}

// tooLong returns when a pause alarmed for its length: an acknowledgement before
// that is silent until its deadline. ok is false when it ended before.
func (p *Pause) tooLong(limit time.Duration, acks []*Ack) (at Moment, ok bool) {
	at = p.Began + Moment(limit/time.Millisecond)
	for _, a := range acks {
		if a.At >= p.Began && a.At <= at && a.Until > at {
			at = a.Until
		}
	}
	end := max(p.Ended, p.Known)
	return at, at < end
}

// endAfter returns when the pause that lasted at a moment ended; zero without an
// end.
func (rec *Recording) endAfter(at Moment) Moment {
	for _, p := range rec.Pauses {
		if p.Began <= at && p.Ended >= at {
			return p.Ended
		}
	}
	return 0
}

// pausedAfter returns when the recording was paused after a moment; zero for never.
func (rec *Recording) pausedAfter(at Moment) Moment {
	for _, p := range rec.Pauses {
		if p.Began >= at {
			return p.Began
		}
	}
	return 0
}

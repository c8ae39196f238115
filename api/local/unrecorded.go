package local

import (
	"slices"
	"time"

	"tapedeck/api/deck"
)

// diffUnrecorded reports whether two snapshots differ in who has no recording, or
// in how well that is known, and whether it is the former.
func diffUnrecorded(a, b *deck.Snapshot) (any, rows bool) {
	if a == nil {
		return b.InProgress.Wanted, b.InProgress.Wanted
	}
	rows = !slices.Equal(a.Unrecorded, b.Unrecorded)
	x, y := a.InProgress, b.InProgress
	return rows || a.UnrecordedMore != b.UnrecordedMore || x.Wanted != y.Wanted || x.Pending != y.Pending || x.Limit != y.Limit || !sameMoment(x.Listed, y.Listed) ||
		!sameFault(x.Err, y.Err), rows
}

// withUnrecorded adds to a change, which may be nil, what is new since a version
// about who has no recording.
func (d *feedDeck) withUnrecorded(b *batch, from uint64) *batch {
	if d.lack <= from {
		return b
	}
	if b == nil {
		b = &batch{}
	}
	b.tail = appendUnrecorded(b.tail, d.Deck, d.s, d.lackAll > from)
	return b
}

// appendUnrecorded appends the line that says who has no recording. All is whether
// it has the calls, too.
func appendUnrecorded(b []byte, number int, s *deck.Snapshot, all bool) []byte {
	p := s.InProgress
	u := Unrecorded{Deck: number, Wanted: p.Wanted, Listed: stamp(p.Listed), Limit: SecondsOf(p.Limit), Err: FaultOf(p.Err), More: s.UnrecordedMore, Pending: p.Pending}
	if all {
		calls := make([]UnrecordedCall, 0, len(s.Unrecorded))
		for _, one := range s.Unrecorded {
			calls = append(calls, unrecordedCallOf(one))
		}
		u.Calls = &calls
	}
	return appendLine(b, "unrecorded", u)
}

func unrecordedCallOf(u *deck.Unrecorded) UnrecordedCall {
	c := UnrecordedCall{Since: stamp(u.Since), AtLeast: u.AtLeast, Before: u.Before, Legs: u.Legs, People: u.People}
	if u.Call != nil {
		c.Call = appendCall(nil, u.Call)
	}
	if u.Conference != nil {
		c.Conference = appendConference(nil, u.Conference)
	}
	if u.Ack != (deck.Ack{}) {
		c.Ack = &Ack{u.Ack.Actor, u.Ack.Reason, stamp(u.Ack.Until)}
	}
	if u.Start != nil {
		c.Start = ProgressOf(*u.Start)
	}
	return c
}

// take takes in what the service says of who has no recording, at the local time
// now.
func (d *held) takeUnrecorded(u *Unrecorded, now time.Time) {
	s := &d.state
	s.UnrecordedMore = count(u.More)
	s.InProgress = deck.InProgress{Wanted: u.Wanted, Listed: moment(u.Listed, now), Limit: u.Limit.Duration(), Pending: count(u.Pending), Err: u.Err.Err()}
	if u.Calls == nil {
		return
	}
	s.Unrecorded = nil
	for _, c := range (*u.Calls)[:min(len(*u.Calls), maxUnrecorded)] {
		row := &deck.Unrecorded{Profile: d.Profile.Profile, Since: c.Since.UTC(), AtLeast: c.AtLeast, Before: c.Before,
			Legs: count(c.Legs), People: count(c.People)}
		if len(c.Call) > 0 && c.Call[0] == '{' {
			row.Call = decodeCall(c.Call)
		}
		if len(c.Conference) > 0 && c.Conference[0] == '{' {
			row.Conference = decodeConference(c.Conference)
		}
		if row.SID().IsZero() {
			continue // of no use to anybody
		}
		if a := c.Ack; a != nil {
			row.Ack = deck.Ack{Actor: clean(a.Actor), Reason: clean(a.Reason), Until: a.Until.UTC()}
		}
		if c.Start != nil {
			p := c.Start.Deck(now)
			row.Start = &p
		}
		s.Unrecorded = append(s.Unrecorded, row)
	}
}

// maxUnrecorded is how many calls without a recording a client keeps of one deck.
const maxUnrecorded = 10_000

// lacking returns the deck that has a call or a conference without a recording; nil
// for none. The mutex must be held.
func (c *Client) lacking(of deck.Key) *held {
	for _, h := range c.shown {
		if of.Profile != "" && h.Profile.Profile != of.Profile {
			continue
		}
		for _, u := range h.state.Unrecorded {
			if u.SID() == of.SID {
				return h
			}
		}
	}
	return nil
}

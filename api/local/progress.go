package local

import (
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

// ProgressOf returns how far an update has come, as the wire has it.
func ProgressOf(p deck.Progress) *Progress {
	out := &Progress{
		ID: p.ID, Request: RequestOf(p.Request), Actor: p.Request.Actor.Name(), ByTimer: p.Request.ByTimer,
		Outcome: string(p.Outcome), Settled: p.Settled,
		Asked: stamp(p.Asked), Answered: stamp(p.Answered), Done: stamp(p.Done),
		Err: FaultOf(p.Err), Note: p.Note, Tries: p.Tries, ByHand: p.ByHand, WasLate: p.WasLate,
		HTTPStatus: p.HTTPStatus, JournalID: p.JournalID, OffRecord: FaultOf(p.OffRecord),
	}
	for _, c := range p.Changed {
		out.Changed = append(out.Changed, Change{c.Name.String(), c.Old.Value.String(), c.Old.Absent, c.Old.Null})
	}
	if p.Answer != nil {
		out.Answer = AppendRow(nil, &deck.Recording{Recording: *p.Answer})
	}
	return out
}

// Deck returns the progress as the deck has it, at the local time now.
func (p *Progress) Deck(now time.Time) deck.Progress {
	out := deck.Progress{
		ID: p.ID, Outcome: deck.Outcome(clean(p.Outcome)), Settled: p.Settled,
		Asked: moment(p.Asked, now), Answered: moment(p.Answered, now), Done: moment(p.Done, now),
		Err: p.Err.Err(), Note: clean(p.Note), Tries: count(p.Tries), ByHand: count(p.ByHand), WasLate: p.WasLate,
		HTTPStatus: count(p.HTTPStatus), JournalID: clean(p.JournalID), OffRecord: p.OffRecord.Err(),
	}
	q := p.Request
	out.Request = deck.Request{
		SID: text.New(q.SID), Profile: clean(q.Profile), ID: clean(q.ID), Seen: api.Status(clean(q.Seen)), ResumeAfter: q.ResumeAfter.Duration(), ResumeLocal: q.ResumeLocal, Reason: clean(q.Reason),
		Group: q.Group, Again: q.Again, Insist: q.Insist, Snapshot: q.Seq, ByTimer: p.ByTimer,
		Actor: deck.Actor{Actor: clean(p.Actor)}, Update: api.Update{Status: verbs[q.Update], PauseBehavior: api.PauseBehavior(clean(q.Behavior))},
	}
	if out.Request.Update.Status == "" {
		out.Request.Update.Status = api.Status(clean(q.Update))
	}
	for _, c := range p.Changed {
		name := text.New(c.Name)
		out.Changed = append(out.Changed, deck.Change{Name: name,
			Old: api.Field{Name: name, Value: text.New(c.Value), Absent: c.Absent, Null: c.Null}})
	}
	if len(p.Answer) > 0 && p.Answer[0] == '{' {
		answer := DecodeRow(append([]byte(nil), p.Answer...), now).Recording
		out.Answer = &answer
	}
	return out
}

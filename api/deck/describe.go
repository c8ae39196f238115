package deck

import (
	"context"
	"errors"
	"time"

	"tapedeck/api"
	"tapedeck/api/text"
)

// Reload reads a recording of the deck, or one that it has not met, whatever is
// known of it. See [Deck.Load], which does so only for one that the deck has not.
func (d *Deck) Reload(ctx context.Context, sid text.Text) (*Recording, error) {
	ctx, cancel := context.WithTimeout(ctx, verifyRead)
	defer cancel()
	rec, x, err := d.client.Recording(ctx, sid)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.apply(rec, x.Began, now) {
		d.publish()
	}
	if e := d.find(sid); e != nil {
		return e.view, nil
	}
	return d.seen(rec, x.Began, now), nil
}

// seen returns a recording as the deck shows one that it sees for the first
// time, without keeping it. The mutex must be held.
func (d *Deck) seen(rec api.Recording, read, now time.Time) *Recording {
	r := &Recording{Recording: rec, Pause: firstPause(rec, d.serverTime(read))}
	if !rec.Status.Active() {
		r.Ended = now
	}
	return r
}

// Describe reads who is on the line of a recording of [Deck.Load], and returns
// the recording with that. What cannot be read stays unknown; the error is the
// first reason why.
func (d *Deck) Describe(ctx context.Context, r *Recording) (*Recording, error) {
	var people []Participant
	var err error
	dir := d.directory
	if r.IsConference() {
		conferences := nameReader[api.Conference]{
			one: d.client.Conference, says: func(c *api.Conference) bool { return !c.FriendlyName.IsZero() },
			same: func(a, b *api.Conference) bool { return a.Same(*b) },
		}
		err = readName(ctx, dir, &dir.conferences, r.ConferenceSID, conferences)
		people, _, _ = dir.readParticipants(ctx, r.ConferenceSID)
	} else if !r.CallSID.IsZero() {
		err = readName(ctx, dir, &dir.calls, r.CallSID, d.oneCall())
	}
	for i := range people[:min(len(people), 4*labelsOne)] {
		err = errors.Join(err, readName(ctx, dir, &dir.calls, people[i].CallSID, d.oneCall()))
	}
	call, conference := dir.described(r, people)
	d.mu.Lock()
	defer d.mu.Unlock()
	if e := d.find(r.SID); e != nil {
		if d.attach(e) {
			d.publish()
		}
		return e.view, err
	}
	out := *r
	out.Call, out.Conference, out.Participants = call, conference, people
	return &out, err
}

// described returns the call or the conference of a recording, gives people
// their calls, and keeps them.
func (dir *directory) described(r *Recording, people []Participant) (*api.Call, *api.Conference) {
	dir.mu.Lock()
	defer dir.mu.Unlock()
	for i, p := range people {
		people[i].Call = dir.calls.by[p.CallSID].value
	}
	if len(people) > 0 {
		dir.people[r.ConferenceSID] = people
	}
	return dir.calls.by[r.CallSID].value, dir.conferences.by[r.ConferenceSID].value
}

// oneCall returns how a call is read by itself.
func (d *Deck) oneCall() nameReader[api.Call] {
	return nameReader[api.Call]{
		one: d.client.Call, says: func(c *api.Call) bool { return !c.FromShown().IsZero() || !c.ToShown().IsZero() },
		same: func(a, b *api.Call) bool { return a.Same(*b) },
	}
}

package deck

import (
	"context"
	"fmt"
	"time"

	"tapedeck/api/text"
)

// Load returns a recording, and reads it from the API when no poll has met it:
// one that is older than the lookback, say. One that is active is then among
// those of the deck, so that [Deck.Do] takes requests for it and the polls
// follow it. One that has ended is returned as it is, and is not added.
//
// It sends one request, or none for a recording that the deck has. The error
// wraps [api.ErrNotFound] where the API has no such recording, [api.ErrSID]
// where sid is none, and else what the API answered.
//
// GET /Accounts/{AccountSid}/Recordings/{Sid}.
func (d *Deck) Load(ctx context.Context, sid text.Text) (*Recording, error) {
	if r := d.Find(sid); r != nil {
		return r, nil
	}
	ctx, cancel := context.WithTimeout(ctx, verifyRead)
	defer cancel()
	rec, x, err := d.client.Recording(ctx, sid)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", sid.SID(), err)
	}
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.apply(rec, x.Began, now) {
		d.publish()
		d.directory.want() // who is on the line
	}
	if e := d.find(sid); e != nil {
		return e.view, nil
	}
	return &Recording{Recording: rec, Ended: now}, nil
}

// Find returns a recording that the deck has, as it is now; nil for none. The
// snapshots have the same, or follow in a moment.
func (d *Deck) Find(sid text.Text) *Recording {
	d.mu.Lock()
	defer d.mu.Unlock()
	if e := d.find(sid); e != nil {
		return e.view
	}
	return nil
}

package ui

import (
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/prompt"
	"tapedeck/ui/times"
)

// hungPause returns the pause of a recording that has had no answer for so
// long that it may be sent once more; nil for none.
func (m *Model) hungPause(r *deck.Recording, now time.Time) *deck.Progress {
	var p *deck.Progress
	if l := m.live.Find(r.SID); l != nil && l.Update != nil && !l.Update.Settled {
		p = l.Update
	} else {
		for i := range m.updates {
			if u := &m.updates[i]; u.req.SID == r.SID && !u.done {
				p = &u.progress
			}
		}
	}
	if p == nil || p.Request.Update.Status != api.Paused || p.Outcome != deck.Requested || !p.Answered.IsZero() ||
		now.Sub(p.Asked) < deck.AgainAfter {
		return nil
	}
	return p
}

// askAgain asks whether a pause that hangs is sent once more.
func (m *Model) askAgain(a *action, p *deck.Progress, r *deck.Recording, now time.Time) {
	req := p.Request
	req.Actor, req.Again = m.o.Actor, true
	q := m.question(a, req, r)
	q.Kind = prompt.Confirm
	q.Why = fmt.Sprintf("…%s has not been answered for %s. Send the pause once more?", q.Short, times.Seconds(now.Sub(p.Asked)))
	m.open(q, now)
}

// insist tells the deck that a pause under way has been asked for again: it is
// sent once more should its connection be one that the network forgot.
func (m *Model) insist(sid text.Text) tea.Cmd {
	ctx, d := m.ctx, m.deck
	req := deck.Request{SID: sid, Update: api.Update{Status: api.Paused}, Actor: m.o.Actor, Insist: true}
	return func() tea.Msg {
		_, _ = d.Do(ctx, req) // what is under way is on the screen
		return nil
	}
}

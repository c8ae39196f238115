package ui

import (
	"fmt"
	"time"

	"tapedeck/api/deck"
	"tapedeck/ui/prompt"
	"tapedeck/ui/times"
)

// askAgain asks whether a pause that hangs is sent once more.
func (m *Model) askAgain(a *action, p *deck.Progress, r *deck.Recording, now time.Time) {
	req := p.Request
	req.Actor, req.Again = m.o.Actor, true
	q := m.question(a, req, r)
	q.Kind = prompt.Confirm
	q.Why = fmt.Sprintf("…%s has not been answered for %s. Send the pause once more?", q.Short, times.Seconds(now.Sub(p.Asked)))
	m.open(q, now)
}

package serve

import (
	"maps"
	"sync"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/local"
)

// intervals are the times between two polls that sessions ask for. The shortest
// counts, for as long as its session lasts; none is longer than that of the
// settings, so that nobody who may only look makes the data older for others.
type intervals struct {
	mu      sync.Mutex
	setting []time.Duration                         // of each project, by its number
	asked   map[*session]map[*project]time.Duration // by those who are connected
}

// setInterval takes what a session would have the time between two polls be.
func setInterval(c *call, v *local.Interval) (any, *local.Refusal) {
	every := v.Every.Duration()
	if every < deck.MinInterval || every > deck.MaxInterval {
		return nil, refuse(local.CodeBody, "every is between "+deck.MinInterval.String()+" and "+deck.MaxInterval.String()+", in seconds", "")
	}
	list, refusal := c.chosenBy(v.Profile)
	if refusal != nil {
		return nil, refusal
	}
	c.server.intervals.ask(c.session, list, every)
	if c.server.sessions.hasEnded(c.session) { // just now: nobody else forgets it
		c.server.intervals.over(c.session)
	}
	return local.Done{}, nil
}

// newIntervals returns that of projects whose decks have the intervals of the
// settings.
func newIntervals(list []*project) *intervals {
	l := &intervals{asked: map[*session]map[*project]time.Duration{}}
	for _, p := range list {
		l.setting = append(l.setting, p.Deck.Snapshot().Interval)
	}
	return l
}

// ask notes what a session asks for, of these projects.
func (l *intervals) ask(s *session, list []*project, every time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.asked[s] == nil {
		l.asked[s] = map[*project]time.Duration{}
	}
	for _, p := range list {
		l.asked[s][p] = every
		l.apply(p)
	}
}

// over forgets what a session has asked for.
func (l *intervals) over(s *session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	of := l.asked[s]
	delete(l.asked, s)
	for p := range maps.Keys(of) {
		l.apply(p)
	}
}

// apply gives a deck the shortest interval, if it is another one. The mutex must
// be held.
func (l *intervals) apply(p *project) {
	every := l.setting[p.number]
	for _, of := range l.asked {
		if d, ok := of[p]; ok {
			every = min(every, d)
		}
	}
	if p.Deck.Snapshot().Interval != every {
		p.Deck.SetInterval(every)
	}
}

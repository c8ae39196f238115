package serve

import (
	"sync"

	"tapedeck/api/deck"
	"tapedeck/api/journal"
)

// onRecord is which sessions are on record as screens of a project.
type onRecord struct {
	mu sync.Mutex
	of map[*session]map[*project]deck.Actor
}

// began puts on record, once for each project, that a person has a session that
// shows it. That of a command looks at nothing.
func (r *onRecord) began(s *session, list []*project, l *sessions) {
	r.mu.Lock()
	defer r.mu.Unlock()
	who := l.who(s)
	if who.Command || l.hasEnded(s) {
		return
	}
	if r.of == nil {
		r.of = map[*session]map[*project]deck.Actor{}
	}
	if r.of[s] == nil {
		r.of[s] = map[*project]deck.Actor{}
	}
	for _, p := range list {
		if _, known := r.of[s][p]; !known && p.Journal != nil {
			r.of[s][p] = who
			p.Journal.Enqueue(journal.Entry{Event: journal.SessionBegan, Who: who})
		}
	}
}

// ended puts on record that a session is over, and why.
func (r *onRecord) ended(s *session, why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for p, who := range r.of[s] {
		p.Journal.Enqueue(journal.Entry{Event: journal.SessionEnded, Who: who, Reason: why})
	}
	delete(r.of, s)
}

// allEnded puts on record that all sessions are over.
func (r *onRecord) allEnded(why string) {
	r.mu.Lock()
	var all []*session
	for s := range r.of {
		all = append(all, s)
	}
	r.mu.Unlock()
	for _, s := range all {
		r.ended(s, why)
	}
}

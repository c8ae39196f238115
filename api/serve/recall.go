package serve

import (
	"context"
	"iter"
	"strconv"
	"strings"
	"sync"
	"time"

	"tapedeck/api"
	"tapedeck/api/crash"
	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/local"
)

// Recorded returns the entries of a journal since a time, the oldest first.
type Recorded func(since time.Time) iter.Seq2[journal.Entry, error]

// recalled are requests of the last runs of the service, as the journals have
// them: their IDs are taken, and what became of them is told as if it were of
// this run.
type recalled struct {
	done chan struct{} // closed when all are known; a request that may be one of them waits for it

	mu   sync.Mutex
	open map[*project]map[string]*asked // those without an outcome, by their ID in the journal
}

// recall reads what the journals have of the last requests. Those without an
// outcome wait for [deck.Deck.Recover].
func (s *Server) recall(ctx context.Context) {
	defer close(s.recalled.done)
	since := time.Now().Add(-keepSettled)
	for _, p := range s.projects {
		for e, err := range p.recorded(since) {
			if ctx.Err() != nil {
				return
			}
			if err == nil {
				s.recallEntry(p, e)
			}
		}
	}
}

// recorded returns the entries about a project's recordings.
func (p *project) recorded(since time.Time) iter.Seq2[journal.Entry, error] {
	return func(yield func(journal.Entry, error) bool) {
		if p.Recorded == nil {
			return
		}
		for e, err := range p.Recorded(since) {
			if err == nil && (e.Project != p.ID || !journal.SameSpace(e.Space, p.Space)) {
				continue
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// recallEntry takes in an entry of the journal, a request or an outcome. An
// outcome has the request's name, too: a request that was written late may stand
// after it.
func (s *Server) recallEntry(p *project, e journal.Entry) {
	if e.ID == "" || e.Event != journal.Request && e.Event != journal.Outcome && e.Event != journal.Seen {
		return
	}
	s.recalled.mu.Lock()
	a := s.recalled.open[p][e.ID]
	s.recalled.mu.Unlock()
	if a == nil {
		if a = s.recallRequest(p, e); a == nil {
			return
		}
		s.recalled.put(p, e.ID, a)
	}
	if e.Outcome != "" && e.Outcome != string(deck.Requested) {
		s.requests.remind(a, progressOf(a.req, e))
	}
}

func (r *recalled) put(p *project, id string, a *asked) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open[p] == nil {
		r.open[p] = map[string]*asked{}
	}
	r.open[p][id] = a
}

// recallRequest remembers the request of an entry; nil for one that no client
// has made.
func (s *Server) recallRequest(p *project, e journal.Entry) *asked {
	user, id, _ := strings.Cut(e.Ref, " ")
	uid, err := strconv.Atoi(user)
	if err != nil || !local.ValidID(id) || e.Recording.IsZero() && e.StatusAsked != deck.AskedStart {
		return nil
	}
	a := &asked{
		id: id, project: p, at: e.Time, done: make(chan struct{}), more: make(chan struct{}),
		req: deck.Request{
			SID: e.Recording, Actor: e.Who, Seen: api.Status(e.StatusBefore), Ref: e.Ref,
			Update: api.Update{Status: api.Status(e.StatusAsked), PauseBehavior: api.PauseBehavior(e.PauseBehavior)},
		},
	}
	if e.Event == journal.Request {
		a.req.Reason = e.Reason
	}
	progress := deck.Progress{
		Request: a.req, Outcome: deck.Unknown, Asked: e.Time, JournalID: e.ID,
		Note: "the service ended before the answer; it is finding out",
	}
	a.state = local.RequestState{ID: id, Progress: a.wire(progress)}
	if _, fresh := s.requests.begin(uid, []*asked{a}); fresh == nil {
		return nil // its ID was used for another one
	}
	return a
}

// progressOf returns what an outcome of the journal says of a request.
func progressOf(req deck.Request, e journal.Entry) deck.Progress {
	p := deck.Progress{
		Request: req, Outcome: deck.Outcome(e.Outcome), Settled: true, Asked: e.Time.Add(-e.Latency), Done: e.Time, Note: e.Reason,
		HTTPStatus: e.HTTPStatus, JournalID: e.ID,
	}
	if !e.Recording.IsZero() {
		p.Request.SID = e.Recording // of one that was started, it is new
	}
	if e.HTTPStatus != 0 {
		p.Answered = e.Time
	}
	if p.Outcome == deck.Failed {
		p.Err, p.Note = &api.Reported{Text: e.Reason, Word: e.Reason}, ""
	}
	return p
}

// remind takes in what the journal says of a request, also where it has said
// something else before.
func (l *requests) remind(a *asked, p deck.Progress) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if last := a.state.Progress; last != nil {
		p.Asked = last.Asked
	}
	first := a.settledAt.IsZero()
	a.state, a.settledAt = local.RequestState{ID: a.id, Progress: a.wire(p)}, time.Now()
	if first {
		close(a.more)
		close(a.done)
	}
}

// settleRecalled tells those who ask for requests of the last runs what
// [deck.Deck.Recover] has found out about them. Where it has found nothing out,
// nobody does any more.
func (s *Server) settleRecalled(p *project) {
	s.recalled.mu.Lock()
	open := s.recalled.open[p]
	s.recalled.mu.Unlock()
	if len(open) == 0 {
		return
	}
	for e, err := range p.recorded(time.Now().Add(-keepSettled - time.Minute)) {
		if err == nil && open[e.ID] != nil {
			s.recallEntry(p, e)
		}
	}
	s.recalled.mu.Lock()
	delete(s.recalled.open, p)
	s.recalled.mu.Unlock()
	for _, a := range open {
		if _, _, settled := s.requests.now(a); !settled {
			s.requests.remind(a, deck.Progress{Request: a.req, Outcome: deck.Unknown, Settled: true, Done: time.Now(),
				Note: "the service ended before the answer; look whether the recording is " + string(a.req.Update.Status)})
		}
	}
}

// recover finds out what a crash of the last run has left open.
func (s *Server) recover(ctx context.Context, p *project) {
	defer crash.Guard()
	_, err := p.Deck.Recover(ctx)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		s.o.Say("%v", err)
	}
	select {
	case <-s.recalled.done:
		s.settleRecalled(p)
	case <-ctx.Done():
	}
}

// recalledAll waits until the requests of the last runs are known.
func (c *call) recalledAll() {
	select {
	case <-c.server.recalled.done:
	case <-c.r.Context().Done():
	}
}

package serve

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"tapedeck/api"
	"tapedeck/api/crash"
	"tapedeck/api/deck"
	"tapedeck/api/local"
)

const (
	keepSettled   = 10 * time.Minute     // for which a settled request is remembered
	maxRemembered = 4096                 // requests of one user that are remembered
	firstLine     = 5 * time.Millisecond // before the first line of an answer; see [awaitFirst]
)

// verbs are the words for the updates, by their names on the wire.
var verbs = map[string]local.Word{"pause": local.WordPause, "resume": local.WordResume, "stop": local.WordStop}

// wordsOfRequests returns what the role has to have for these requests.
func wordsOfRequests(body any) (words []local.Word) {
	list := body.(*local.Requests).Requests
	if len(list) > 1 {
		words = append(words, local.WordBulk)
	}
	for _, r := range list {
		if word, ok := verbs[r.Update]; ok && !slices.Contains(words, word) {
			words = append(words, word)
		}
		if r.ResumeAfter != 0 && !slices.Contains(words, local.WordTimer) {
			words = append(words, local.WordTimer)
		}
	}
	if len(words) == 0 {
		return []local.Word{local.WordView} // there is nothing in it that can be done
	}
	return words
}

// requests remembers what was asked, so that no request is carried out twice.
type requests struct {
	mu sync.Mutex
	of map[requestKey]*asked
}

// requestKey names a request: the IDs of one user mean nothing to another.
type requestKey struct {
	uid int
	id  string
}

// asked is a request that was asked for.
type asked struct {
	id      string
	project *project
	req     deck.Request
	screen  *deck.Request // as the screen has it that is in this process; nil for that of a client
	start   *starting     // of a start of a recording, which is no update; else nil
	at      time.Time
	done    chan struct{} // closed when it is settled or refused
	more    chan struct{} // closed, and replaced, when it has come further

	// The mutex of [requests] guards what follows.
	begun     bool               // it was remembered, and is carried out
	state     local.RequestState // once done
	settledAt time.Time
	progress  deck.Progress // once it is settled, of one that has a screen
}

func newRequests() *requests { return &requests{of: map[requestKey]*asked{}} }

// begin remembers requests of a user. Those that are known already are returned
// as they are, and not in fresh.
func (l *requests) begin(uid int, list []*asked) (all, fresh []*asked) {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(uid, now)
	for _, a := range list {
		key := requestKey{uid, a.id}
		have := l.of[key]
		if a.begun {
			have = a // known when it was looked up; it may have been forgotten since
		}
		if have != nil {
			all = append(all, have)
			continue
		}
		l.of[key], a.begun = a, true
		all, fresh = append(all, a), append(fresh, a)
	}
	return all, fresh
}

// forget lets go of what was settled long ago, and of the oldest of a user who
// has asked for a lot. What is under way stays. The mutex must be held.
func (l *requests) forget(uid int, now time.Time) {
	var own []requestKey
	for key, a := range l.of {
		switch {
		case a.settledAt.IsZero():
		case now.Sub(a.settledAt) > keepSettled:
			delete(l.of, key)
		case key.uid == uid:
			own = append(own, key)
		}
	}
	if len(own) < maxRemembered {
		return
	}
	slices.SortFunc(own, func(a, b requestKey) int { return l.of[a].settledAt.Compare(l.of[b].settledAt) })
	for _, key := range own[:len(own)/2] {
		delete(l.of, key)
	}
}

// find returns a request of a user; nil for one that is not known.
func (l *requests) find(uid int, id string) *asked {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.of[requestKey{uid, id}]
}

// settle notes what became of a request.
func (l *requests) settle(a *asked, p deck.Progress, err error) {
	state := local.RequestState{ID: a.id}
	if err != nil {
		state.Refused = refusalOf(err)
	} else {
		state.Progress = a.wire(p)
	}
	l.mu.Lock()
	a.state, a.settledAt = state, time.Now()
	if a.screen != nil {
		a.progress = p
	}
	close(a.more)
	l.mu.Unlock()
	close(a.done)
}

// wire returns the progress of a request as its asker is told.
func (a *asked) wire(p deck.Progress) *local.Progress {
	w := local.ProgressOf(p)
	w.Request.ID, w.Request.Profile = a.id, a.project.Profile
	return w
}

// step takes in how far a request has come. That it is settled says whoever
// carries it out: then it is on record, too.
func (l *requests) step(p deck.Progress) {
	uid, id, _ := strings.Cut(p.Request.Ref, " ")
	n, err := strconv.Atoi(uid)
	if err != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.of[requestKey{n, id}]
	if a == nil || !a.settledAt.IsZero() || p.Settled {
		return
	}
	a.state = local.RequestState{ID: a.id, Progress: a.wire(p)}
	close(a.more)
	a.more = make(chan struct{})
}

// now returns how far a request has come, and what is closed when it comes
// further.
func (l *requests) now(a *asked) (state local.RequestState, more <-chan struct{}, settled bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	state = a.state
	if state.ID == "" {
		state = local.RequestState{ID: a.id, Progress: a.wire(deck.Progress{Request: a.req, Outcome: deck.Requested, Asked: a.at})}
	}
	return state, a.more, !a.settledAt.IsZero()
}

// makeRequests carries out requests, and writes a line for each that is settled.
// When the client goes away they go on.
func makeRequests(c *call, body *local.Requests) (any, *local.Refusal) {
	c.recalledAll()
	list, refusal := c.requests(body.Requests)
	if refusal != nil {
		return nil, refusal
	}
	s := c.server
	all, fresh := s.requests.begin(c.session.peer.UID, list)
	s.carryOut(fresh, len(body.Requests) > 1)
	return nil, c.stream(all)
}

// stream writes a line for each step of each request, until all are settled.
func (c *call) stream(all []*asked) *local.Refusal {
	if c.inside {
		c.taken = all
		return nil
	}
	awaitFirst(c.r.Context(), all)
	c.w.Header().Set("Content-Type", "application/x-ndjson")
	c.w.WriteHeader(http.StatusOK)
	rc := http.NewResponseController(c.w)
	write := func(line []byte) bool {
		_ = rc.SetWriteDeadline(time.Now().Add(writeTime))
		_, err := c.w.Write(line)
		_ = rc.Flush()
		return err == nil
	}
	ctx, cancel := context.WithCancel(c.r.Context())
	defer cancel()
	if len(all) == 1 {
		c.server.requests.tell(ctx, all[0], write)
		return nil
	}
	lines := make(chan []byte)
	var each sync.WaitGroup
	for _, a := range all {
		each.Go(func() {
			defer crash.Guard()
			c.server.requests.tell(ctx, a, func(line []byte) bool {
				select {
				case lines <- line:
					return true
				case <-ctx.Done():
					return false
				}
			})
		})
	}
	go func() { defer crash.Guard(); each.Wait(); close(lines) }()
	for line := range lines {
		if !write(line) {
			cancel()
		}
	}
	return nil
}

// awaitFirst waits until what is asked for goes out, before anything is done for
// the answer, which would be in the way of it: until all are settled, or for
// firstLine.
func awaitFirst(ctx context.Context, all []*asked) {
	enough := time.NewTimer(firstLine)
	defer enough.Stop()
	for _, a := range all {
		select {
		case <-a.done:
		case <-enough.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// tell writes a line for each step of a request until it is settled, or ctx ends,
// or write reports false.
func (l *requests) tell(ctx context.Context, a *asked, write func([]byte) bool) {
	for {
		state, more, settled := l.now(a)
		if !write(append(encodeJSON(state), '\n')) || settled {
			return
		}
		select {
		case <-more:
		case <-ctx.Done():
			return
		}
	}
}

// requests checks the requests of a body, and finds their decks.
func (c *call) requests(body []local.Request) ([]*asked, *local.Refusal) {
	switch {
	case len(body) == 0:
		return nil, refuse(local.CodeBody, "there are no requests", "")
	case len(body) > local.MaxRequests:
		return nil, refuse(local.CodeTooMany, "there are more than "+strconv.Itoa(local.MaxRequests)+" requests", "")
	}
	who := c.who()
	list := make([]*asked, 0, len(body))
	for i, w := range body {
		if slices.ContainsFunc(body[:i], func(o local.Request) bool { return o.ID == w.ID }) {
			return nil, refuse(local.CodeID, "two requests have the ID "+quoted(w.ID), "")
		}
		a, refusal := c.request(w, who)
		if refusal != nil {
			return nil, refusal
		}
		list = append(list, a)
	}
	return list, nil
}

// request checks one request, and finds its deck. One that is known already is
// taken as it comes: it is not carried out.
func (c *call) request(w local.Request, who deck.Actor) (*asked, *local.Refusal) {
	req, err := w.Deck()
	if err != nil {
		return nil, refusalOf(err)
	}
	if have := c.server.requests.find(c.session.peer.UID, w.ID); have != nil {
		return have, nil
	}
	if len(w.Seen) > shownBytes {
		return nil, refuse(local.CodeBody, "seen is no status", "")
	}
	p, r, refusal := c.find(w.Profile, w.SID)
	if refusal != nil {
		return nil, refusal
	}
	if req.Update.Status == api.Stopped && p.Deck.Snapshot().Policy.Defaults().StopNamed {
		if refusal := c.may(local.WordStopEvidence); refusal != nil {
			return nil, refusal
		}
	}
	req.SID, req.Profile, req.Actor, req.Ref = r.SID, "", who, refOf(c.session.peer.UID, w.ID)
	return &asked{id: w.ID, project: p, req: req, screen: c.screenOf(w.ID), at: time.Now(), done: make(chan struct{}), more: make(chan struct{})}, nil
}

// screenOf returns a request as the screen in this process has it; nil for that of
// a client.
func (c *call) screenOf(id string) *deck.Request {
	if req, ok := c.asks[id]; ok {
		return &req
	}
	return nil
}

// refOf is the name that a deck has for a request of a user.
func refOf(uid int, id string) string { return strconv.Itoa(uid) + " " + id }

// carryOut has the decks carry out requests, those of one deck together.
func (s *Server) carryOut(fresh []*asked, together bool) {
	if !together {
		for _, a := range fresh {
			go func() {
				defer crash.Guard()
				p, err := a.carryOut(context.Background())
				s.requests.settle(a, p, err)
			}()
		}
		return
	}
	byDeck := map[*project][]*asked{}
	for _, a := range fresh {
		byDeck[a.project] = append(byDeck[a.project], a)
	}
	for p, list := range byDeck {
		reqs := make([]deck.Request, len(list))
		for i, a := range list {
			reqs[i] = a.req
		}
		go func() {
			defer crash.Guard()
			p.Deck.DoAll(context.Background(), reqs, func(i int, progress deck.Progress, err error) { s.requests.settle(list[i], progress, err) })
		}()
	}
}

// requestState answers what became of a request of the asker's.
func requestState(c *call) (any, *local.Refusal) {
	if !local.ValidID(c.id) {
		return nil, refuse(local.CodeID, "the ID of a request has 8 to 64 letters, digits and dashes", "")
	}
	c.recalledAll()
	a := c.server.requests.find(c.session.peer.UID, c.id)
	if a == nil {
		return nil, refuse(local.CodeRequest, "there is no request "+quoted(c.id)+" of yours in the last "+strconv.Itoa(int(keepSettled.Minutes()))+" minutes", "")
	}
	state, _, _ := c.server.requests.now(a)
	return state, nil
}

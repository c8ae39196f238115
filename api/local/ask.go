package local

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/share"
)

// askAgain is how long after one look at a request whose answer was lost the
// next one is made.
const askAgain = 200 * time.Millisecond

// wanted is a request that is being asked for.
type wanted struct {
	i    int // among the screen's
	id   string
	req  deck.Request // as the screen has it
	wire Request
	// start is set for a start of a recording, which has no wire.
	start *Start
	key   recordingKey
	at    time.Time
	last  *deck.Progress // the latest; nil for none
	over  bool           // the screen knows what became of it
	never bool           // the run of the service that it was sent to did not know it
}

// Do carries a request out, and returns when its outcome is settled, or when ctx
// ends; see [deck.Deck.Do]. It is sent once. When the connection breaks before
// its result has come, the recording shows it as unknown until the service tells.
//
// The error is why nothing was sent: a [*GoneError], or a [*RefusalError], which
// is what the deck says of the same.
func (c *Client) Do(ctx context.Context, req deck.Request) (deck.Progress, error) {
	got := deck.Progress{Request: req, Outcome: deck.Requested, Asked: time.Now()}
	var err error
	c.DoAll(ctx, []deck.Request{req}, func(_ int, p deck.Progress, e error) {
		if err = e; e == nil {
			got = p
		}
	})
	if err != nil {
		return deck.Progress{}, err
	}
	return got, nil
}

// DoAll carries several requests out, as [deck.Deck.DoAll] does: all are on
// record before the first is sent. Over [MaxRequests] of them go as several.
func (c *Client) DoAll(ctx context.Context, reqs []deck.Request, result func(i int, p deck.Progress, err error)) {
	l, list := c.want(reqs, result)
	if len(list) <= MaxRequests {
		if len(list) > 0 {
			c.sendAll(ctx, l, list, result)
		}
		return
	}
	var one sync.Mutex
	each := func(i int, p deck.Progress, err error) {
		one.Lock()
		defer one.Unlock()
		result(i, p, err)
	}
	var all sync.WaitGroup
	for some := range slices.Chunk(list, MaxRequests) {
		all.Go(func() { defer c.o.Hook.Guard(); c.sendAll(ctx, l, some, each) })
	}
	all.Wait()
}

// sendAll sends requests, and finds out what became of those whose answer was
// lost.
func (c *Client) sendAll(ctx context.Context, l *link, list []*wanted, result func(i int, p deck.Progress, err error)) {
	lost := c.send(ctx, l, list, result)
	if len(lost) == 0 || ctx.Err() != nil { // no answer was lost where nobody waits for it any more
		return
	}
	c.unclear(lost)
	c.askFor(ctx, l, lost, result)
	for _, w := range lost {
		if !w.over { // the screen ends: nobody waits for it any more
			c.clear(w, nil)
		}
	}
}

// want gives the requests their IDs, and refuses those that cannot be sent now.
func (c *Client) want(reqs []deck.Request, result func(i int, p deck.Progress, err error)) (*link, []*wanted) {
	c.mu.Lock()
	l, why := c.link, c.why
	list := make([]*wanted, 0, len(reqs))
	errs := make([]error, len(reqs))
	for i, req := range reqs {
		d, _, err := c.find(req.Profile, req.SID)
		if _, usable := req.SID.PathSegment(); !usable {
			err = api.ErrSID
		}
		if l == nil {
			err = why
		}
		if errs[i] = err; err != nil {
			continue
		}
		sent := req
		sent.ID, sent.Profile, sent.Snapshot = newID(), d.Profile.Profile, c.seqOf(req.Snapshot, d)
		c.remember(sent.ID, req)
		list = append(list, &wanted{i: i, id: sent.ID, req: req, wire: RequestOf(sent), at: time.Now(),
			key: recordingKey{sent.Profile, req.SID}})
	}
	c.mu.Unlock()
	for i, err := range errs {
		if err != nil {
			result(i, deck.Progress{}, err)
		}
	}
	return l, list
}

// newID returns an ID for a request, in lower case: as a token of the API it is
// hidden nowhere.
func newID() string { return strings.ToLower(rand.Text()) }

// remember keeps a request, so that it is known again. The mutex must be held.
func (c *Client) remember(id string, req deck.Request) {
	if len(c.owns) == keepOwn {
		delete(c.own, c.owns[0])
		c.owns = append(c.owns[:0], c.owns[1:]...)
	}
	c.own[id] = req
	c.owns = append(c.owns, id)
}

// send sends requests, and gives the result of those that the service tells of.
// It returns those whose answer was lost with the connection.
func (c *Client) send(ctx context.Context, l *link, list []*wanted, result func(i int, p deck.Progress, err error)) (lost []*wanted) {
	ctx, done := l.with(ctx)
	defer done()
	body := Requests{}
	by := map[string]*wanted{}
	for _, w := range list {
		body.Requests = append(body.Requests, w.wire)
		by[w.id] = w
	}
	path, in := PathRequests, any(body)
	if start := list[0].start; start != nil {
		path, in = PathStart, start
	}
	resp, err := c.ask(ctx, http.MethodPost, path, in)
	if err != nil {
		if _, refused := errors.AsType[*RefusalError](err); refused || notConnected(err) {
			if !refused {
				err = &GoneError{Path: c.o.Path, Since: time.Now(), Err: becauseOf(ctx, err)}
			}
			for _, w := range list {
				c.tell(w, deck.Progress{}, err, result)
			}
			return nil
		}
		return list
	}
	defer resp.Body.Close()
	c.readStates(resp.Body, func(state RequestState) {
		if w := by[state.ID]; w != nil {
			c.hear(w, state, result)
		}
	})
	for _, w := range list {
		if !w.over {
			lost = append(lost, w)
		}
	}
	return lost
}

// notConnected reports whether there was no connection to send on.
func notConnected(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// readStates reads the lines of an answer until it ends.
func (c *Client) readStates(in io.Reader, each func(RequestState)) {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 4<<10), MaxLine)
	for lines.Scan() {
		var state RequestState
		if json.Unmarshal(lines.Bytes(), &state) != nil {
			return
		}
		each(state)
	}
}

// hear takes in what the service says of a request.
func (c *Client) hear(w *wanted, state RequestState, result func(i int, p deck.Progress, err error)) {
	switch {
	case w.over:
	case state.Refused != nil:
		c.tell(w, deck.Progress{}, &RefusalError{Refusal: *state.Refused}, result)
	case state.Progress != nil:
		p := state.Progress.Deck(time.Now())
		if w.start != nil {
			w.req.SID, w.req.Profile = p.Request.SID, cmp.Or(p.Request.Profile, w.req.Profile) // of the new recording, once there is one
		}
		switch {
		case p.ID > 0:
			p.ID += c.raisedBy(w.key.profile)
		case w.last != nil: // of a request from before a restart, which has no number any more
			p.ID = w.last.ID
		}
		p.Request = w.req
		w.last = &p
		if p.Settled {
			c.tell(w, p, nil, result)
		}
	}
}

// raisedBy returns what is added to the numbers of updates of a profile.
func (c *Client) raisedBy(profile string) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range c.shown {
		if d.Profile.Profile == profile {
			return d.raised
		}
	}
	return 0
}

// tell gives the screen the end of a request.
func (c *Client) tell(w *wanted, p deck.Progress, err error, result func(i int, p deck.Progress, err error)) {
	w.over = true
	c.clear(w, nil)
	result(w.i, p, err)
}

// unclear shows updates as unknown, for their answer was lost.
func (c *Client) unclear(list []*wanted) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range list {
		p := deck.Progress{Request: w.req, Asked: w.at}
		if w.last != nil {
			p = *w.last
		} else if d, _, _ := c.find(w.key.profile, w.key.sid); d != nil {
			if r := d.rows[w.key.sid].rec; r.Update != nil && r.Update.Request == w.req && !r.Update.Asked.Before(w.at) {
				p = *r.Update
			}
		}
		p.Outcome, p.Settled, p.Err = deck.Unknown, false, &GoneError{Path: c.o.Path, Since: time.Now(), Err: errClosed}
		p.Note = "the connection to the service broke; it will tell the result"
		w.last = &p
		c.unsure[w.key] = &p
	}
	c.publish(time.Now())
}

// clear takes an update out of those that are unknown, or shows its end in the
// place of it.
func (c *Client) clear(w *wanted, end *deck.Progress) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.unsure[w.key] == nil {
		return
	}
	if end != nil {
		c.unsure[w.key] = end
	} else {
		delete(c.unsure, w.key)
	}
	c.publish(time.Now())
}

// askFor finds out what became of requests whose answer was lost, from the
// service, which may be another run of it.
func (c *Client) askFor(ctx context.Context, sentBy *link, list []*wanted, result func(i int, p deck.Progress, err error)) {
	for wait := firstRetry; ; wait = askAgain { // what was still on its way has come by then
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		case <-c.ctx.Done():
			return
		}
		l := c.reconnected(ctx)
		if l == nil {
			return
		}
		open := 0
		for _, w := range list {
			if !w.over {
				c.askForOne(ctx, l, sentBy, w, result)
			}
			if !w.over {
				open++
			}
		}
		if open == 0 {
			return
		}
	}
}

// reconnected waits for a connection; it returns nil when ctx or the client
// ends.
func (c *Client) reconnected(ctx context.Context) *link {
	for {
		c.mu.Lock()
		l, back, over := c.link, c.back, c.over
		c.mu.Unlock()
		if l != nil {
			return l
		}
		if over {
			back = nil // it never comes
		}
		select {
		case <-back:
		case <-ctx.Done():
			return nil
		case <-c.ctx.Done():
			return nil
		}
	}
}

// askForOne asks what became of one request.
func (c *Client) askForOne(ctx context.Context, l, sentBy *link, w *wanted, result func(i int, p deck.Progress, err error)) {
	ctx, done := l.with(ctx)
	defer done()
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	var state RequestState
	err := c.into(ctx, http.MethodGet, PathRequests+"/"+w.id, nil, &state)
	r, refused := errors.AsType[*RefusalError](err)
	switch {
	case err == nil:
		c.hear(w, state, result)
	case !refused || r.Code != CodeRequest:
		// nothing is known; it is asked again
	case cmp.Or(r.instance, l.instance) == sentBy.instance && !w.never:
		w.never = true // unless it is still on its way: it is asked once more
	case cmp.Or(r.instance, l.instance) == sentBy.instance:
		c.tell(w, deck.Progress{}, &GoneError{Path: c.o.Path, Since: w.at,
			Err: errors.New("the request did not reach it, and was not sent again")}, result)
	default:
		p := *w.last
		p.Settled, p.Done = true, time.Now()
		p.Note = "the service ended before it told the result; look whether the recording is " + string(w.req.Update.Status)
		if w.start != nil {
			p.Note = startLost
		}
		w.over = true
		c.clear(w, &p)
		result(w.i, p, nil)
	}
}

// with returns a context that ends with ctx, or when the connection breaks.
func (l *link) with(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(l.ctx, func() { cancel(context.Cause(l.ctx)) })
	return ctx, func() { stop(); cancel(nil) }
}

// into asks the service and reads the answer into v; nil for an answer that says
// nothing.
func (c *Client) into(ctx context.Context, method, path string, body, v any) error {
	resp, err := c.ask(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if v == nil {
		_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, MaxBody))
		return err
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, MaxLine)).Decode(v); err != nil {
		return fmt.Errorf("read the answer of the service to %s: %w", path, err)
	}
	_, _ = io.CopyN(io.Discard, resp.Body, maxAnswer) // its end, so that the connection is kept
	return nil
}

// change asks for something that is done at once.
func (c *Client) change(path string, of deck.Key, body func(profile string) any) error {
	c.mu.Lock()
	l, why := c.link, c.why
	d, _, err := c.find(of.Profile, of.SID)
	if lacks := c.lacking(of); errors.Is(err, deck.ErrNotFound) && path == PathAcknowledge && lacks != nil {
		d, err = lacks, nil
	}
	c.mu.Unlock()
	if l == nil {
		return why
	}
	if err != nil {
		return err
	}
	ctx, done := l.with(c.ctx)
	defer done()
	limit := askTime
	if path == PathTimer {
		limit += share.Patience // the service may have to ask a server that its host shares
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err = c.into(ctx, http.MethodPost, path, body(d.Profile.Profile), nil)
	if _, refused := errors.AsType[*RefusalError](err); err == nil || refused {
		return err
	}
	gone := &GoneError{Path: c.o.Path, Since: time.Now(), Err: becauseOf(ctx, err)}
	if notConnected(err) {
		return gone
	}
	return fmt.Errorf("unknown: it may or may not have been done; %w", gone)
}

// Acknowledge silences the alarm of a pause for a time, with the reason why it
// goes on; see [deck.Deck.Acknowledge]. The service knows who asks.
func (c *Client) Acknowledge(of deck.Key, _ deck.Actor, reason string, wait time.Duration) error {
	return c.change(PathAcknowledge, of, func(profile string) any {
		return Acknowledge{SID: of.SID.String(), Profile: profile, Reason: reason, Wait: SecondsOf(wait)}
	})
}

// SetTimer sets when a paused recording is resumed by the service; see
// [deck.Deck.SetTimer].
func (c *Client) SetTimer(of deck.Key, _ deck.Actor, after time.Duration, alone bool) error {
	return c.change(PathTimer, of, func(profile string) any {
		return Timer{SID: of.SID.String(), Profile: profile, After: SecondsOf(after), Local: alone}
	})
}

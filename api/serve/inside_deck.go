package serve

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"tapedeck/api"
	"tapedeck/api/crash"
	"tapedeck/api/deck"
	"tapedeck/api/local"
	"tapedeck/api/text"
)

// Snapshot returns the current snapshot.
func (i *Inside) Snapshot() *deck.Snapshot { return i.server.hub.snapshot(i) }

// Watch calls tell in the background with the current snapshot and then with the
// latest, until cancel is called or the session is over. One call is over before the
// next begins; a slow one misses snapshots and never the newest one, and delays
// nobody. After cancel no call begins, but one may be under way. A panic in one ends
// the session.
func (i *Inside) Watch(tell func(*deck.Snapshot)) (cancel func()) {
	return i.server.hub.watch(i, nil, tell)
}

// Subscribe returns a channel that has the current snapshot and then the latest,
// and what ends the subscription; see [deck.Deck.Subscribe].
func (i *Inside) Subscribe() (snapshots <-chan *deck.Snapshot, cancel func()) {
	ch := make(chan *deck.Snapshot, 1)
	now := i.Snapshot()
	ch <- now
	return ch, i.server.hub.watch(i, now, func(s *deck.Snapshot) {
		select {
		case <-ch: // the stale one, if it was not taken
		default:
		}
		ch <- s // this is the only sender: it has room
	})
}

// newID returns an ID for a request, in lower case: as a token of the API it is
// hidden nowhere.
func newID() string { return strings.ToLower(rand.Text()) }

// Do carries a request out, and returns when its outcome is settled, or when ctx
// ends; see [deck.Deck.Do]. The error is why nothing was sent: a
// [*local.RefusalError], which is what the deck says of the same.
func (i *Inside) Do(ctx context.Context, req deck.Request) (deck.Progress, error) {
	got := deck.Progress{Request: req, Outcome: deck.Requested, Asked: time.Now()}
	var err error
	i.DoAll(ctx, []deck.Request{req}, func(_ int, p deck.Progress, e error) {
		if err = e; e == nil {
			got = p
		}
	})
	if err != nil {
		return deck.Progress{}, err
	}
	return got, nil
}

// DoAll carries several requests out, as [deck.Deck.DoAll] does: all are on record
// before the first is sent. Over [local.MaxRequests] of them go as several.
func (i *Inside) DoAll(ctx context.Context, reqs []deck.Request, result func(n int, p deck.Progress, err error)) {
	var one sync.Mutex
	each := func(n int, p deck.Progress, err error) {
		one.Lock()
		defer one.Unlock()
		result(n, p, err)
	}
	var all sync.WaitGroup
	for first := 0; first < len(reqs); first += local.MaxRequests {
		some := reqs[first:min(first+local.MaxRequests, len(reqs))]
		do := func() {
			i.doSome(ctx, some, func(n int, p deck.Progress, err error) { each(first+n, p, err) })
		}
		if len(reqs) <= local.MaxRequests {
			do()
			return
		}
		all.Go(func() { defer crash.Guard(); do() })
	}
	all.Wait()
}

// doSome carries out as many requests as one body may have.
func (i *Inside) doSome(ctx context.Context, reqs []deck.Request, result func(n int, p deck.Progress, err error)) {
	c, body, place := i.call(ctx, http.MethodPost, local.PathRequests), &local.Requests{}, map[string]int{}
	c.asks = make(map[string]deck.Request, len(reqs))
	for n, req := range reqs {
		p, err := i.projectOf(req.Key())
		if err != nil { // the others are not in its way
			result(n, deck.Progress{}, err)
			continue
		}
		sent := req
		sent.ID, sent.Profile, sent.Snapshot = newID(), p.Profile, i.server.hub.seqOf(req.Snapshot, p)
		c.asks[sent.ID], place[sent.ID] = req, n
		body.Requests = append(body.Requests, local.RequestOf(sent))
	}
	if len(body.Requests) == 0 {
		return
	}
	if _, err := i.run(c, body); err != nil {
		for _, n := range place {
			result(n, deck.Progress{}, err)
		}
		return
	}
	i.await(ctx, c.taken, func(a *asked, p deck.Progress, err error) {
		n := place[a.id]
		p.Request = reqs[n]
		result(n, p, err)
	})
}

// projectOf returns the project whose deck has a recording. The error is that none
// has it, or several.
func (i *Inside) projectOf(of deck.Key) (*project, error) {
	list, refusal := i.server.projects, (*local.Refusal)(nil)
	if _, usable := of.SID.PathSegment(); !usable {
		return nil, api.ErrSID
	}
	if of.Profile != "" {
		list, refusal = i.server.named([]string{of.Profile})
	}
	var p *project
	if refusal == nil {
		p, _, refusal = holding(list, of.SID)
	}
	switch {
	case refusal != nil:
		return nil, refusalError(refusal)
	case p == nil:
		return nil, deck.ErrNotFound
	}
	return p, nil
}

// await waits until requests are settled, or ctx ends, and calls result for each
// that is settled, one call at a time.
func (i *Inside) await(ctx context.Context, all []*asked, result func(a *asked, p deck.Progress, err error)) {
	tell := func(a *asked) {
		l := i.server.requests
		l.mu.Lock()
		p, refusal := a.progress, a.state.Refused
		l.mu.Unlock()
		if refusal != nil {
			result(a, deck.Progress{}, refusalError(refusal))
			return
		}
		result(a, p, nil)
	}
	if len(all) == 1 {
		select {
		case <-all[0].done:
			tell(all[0])
		case <-ctx.Done():
		}
		return
	}
	settled := make(chan *asked)
	for _, a := range all {
		go func() {
			defer crash.Guard()
			select {
			case <-a.done:
			case <-ctx.Done():
				return
			}
			select {
			case settled <- a:
			case <-ctx.Done():
			}
		}()
	}
	for range all {
		select {
		case a := <-settled:
			tell(a)
		case <-ctx.Done():
			return
		}
	}
}

// StartFor begins a recording of a call, and returns when its outcome is settled, or
// when ctx ends; see [deck.Deck.StartFor]. It is sent once. Of the request the Actor,
// the Profile and the Seen count.
func (i *Inside) StartFor(ctx context.Context, callSID text.Text, o api.StartOptions, req deck.Request) (rec *deck.Recording, p deck.Progress, err error) {
	start := &local.Start{ID: newID(), CallSID: callSID.String(), Profile: req.Profile, Channels: o.Channels, Track: o.Track, Seen: string(req.Seen)}
	shown := deck.Request{Update: api.Update{Status: deck.AskedStart}, Actor: req.Actor, Seen: req.Seen, Profile: req.Profile}
	p = deck.Progress{Request: shown, Outcome: deck.Unknown, Asked: time.Now(), Tries: 1,
		Note: "its result is not known: look at the recordings of the call before you start another"}
	c := i.call(ctx, http.MethodPost, local.PathStart)
	c.asks = map[string]deck.Request{start.ID: shown}
	if _, refused := i.run(c, start); refused != nil {
		return nil, deck.Progress{}, refused
	}
	i.await(ctx, c.taken, func(a *asked, end deck.Progress, e error) {
		if err = e; e != nil {
			p = deck.Progress{}
			return
		}
		shown.SID, shown.Profile = end.Request.SID, a.project.Profile
		p, p.Request = end, shown
	})
	if p.Answer != nil {
		if rec = i.Snapshot().Lookup(p.Request.Key()); rec == nil {
			rec = &deck.Recording{Recording: *p.Answer, Profile: p.Request.Profile}
		}
	}
	return rec, p, err
}

// Start is StartFor for an actor; see [deck.Deck.Start].
func (i *Inside) Start(ctx context.Context, callSID text.Text, o api.StartOptions, actor deck.Actor) (*deck.Recording, deck.Progress, error) {
	return i.StartFor(ctx, callSID, o, deck.Request{Actor: actor})
}

// change does one thing that is done at once.
func (i *Inside) change(path string, body any) error {
	_, _, err := i.act(i.ctx, http.MethodPost, path, body)
	return err
}

// Acknowledge silences the alarm of a pause for a time, with the reason why it goes
// on; see [deck.Deck.Acknowledge]. The service knows who asks, as for all of these.
func (i *Inside) Acknowledge(of deck.Key, _ deck.Actor, reason string, wait time.Duration) error {
	return i.change(local.PathAcknowledge, &local.Acknowledge{SID: of.SID.String(), Profile: of.Profile, Reason: reason, Wait: local.SecondsOf(wait)})
}

// SetTimer sets when a paused recording is resumed by the service; see
// [deck.Deck.SetTimer].
func (i *Inside) SetTimer(of deck.Key, _ deck.Actor, after time.Duration, alone bool) error {
	return i.change(local.PathTimer, &local.Timer{SID: of.SID.String(), Profile: of.Profile, After: local.SecondsOf(after), Local: alone})
}

// soon does one thing that nobody waits for.
func (i *Inside) soon(path string, body any) { i.aside.put(func() { _ = i.change(path, body) }) }

// Reveal puts on record that masked numbers of a recording are shown. When it
// returns it is in the journal's queue, whatever becomes of the session.
func (i *Inside) Reveal(of deck.Key, _ deck.Actor) {
	_ = i.change(local.PathReveal, &local.Reveal{SID: of.SID.String(), Profile: of.Profile})
}

// Refresh asks for a poll of every deck now. It returns at once, as do SetInterval,
// Look, LookForUnrecorded and Show.
func (i *Inside) Refresh() { i.soon(local.PathRefresh, &local.Refresh{}) }

// SetInterval asks for a time between two polls of every deck; see [local.Interval].
func (i *Inside) SetInterval(every time.Duration) {
	i.soon(local.PathInterval, &local.Interval{Every: local.SecondsOf(every)})
}

// Look says that a recording is on screen.
func (i *Inside) Look(of deck.Key) {
	i.soon(local.PathLook, &local.Look{SID: of.SID.String(), Profile: of.Profile})
}

// LookForUnrecorded says that somebody wants to know which calls have no recording,
// for the next half minute.
func (i *Inside) LookForUnrecorded() { i.soon(local.PathUnrecorded, &local.LookForUnrecorded{}) }

// Show says what the screen has open, nil for no prompt, and when a key was last
// pressed on it.
func (i *Inside) Show(prompt *local.Prompt, key time.Time) {
	if prompt != nil {
		one := *prompt
		one.More = slices.Clone(one.More[:min(len(one.More), local.MaxPrompt)])
		prompt = &one
	}
	i.aside.put(func() {
		if prompt != nil {
			i.server.hub.setAsks(i, true)
		}
		if err := i.change(local.PathSession, &local.Screen{Command: i.command, Prompt: prompt, Idle: idleSince(key)}); err == nil {
			i.server.hub.setAsks(i, prompt != nil)
		}
	})
}

// Role returns the name of the role that the session has now, and what that may do,
// which is not to be changed. It asks for nothing, and costs next to nothing.
func (i *Inside) Role() (name string, may []string) {
	k := i.server.known(i.conn)
	return k.role, k.words
}

// WhoAmI returns who asks and what the service is, as of now. It asks for nothing.
func (i *Inside) WhoAmI() local.WhoAmI {
	c := i.call(i.ctx, http.MethodGet, local.PathWhoAmI)
	c.session = i.session
	c.permit, _ = i.server.permitOf(i.conn)
	return c.whoAmI(i.server.projects)
}

// Profiles returns the profiles whose recordings are shown.
func (i *Inside) Profiles() []local.Profile { return profilesOf(i.server.projects) }

// ask asks for something that is answered at once.
func ask[T any](ctx context.Context, i *Inside, path string) (out T, err error) {
	_, answer, err := i.act(ctx, http.MethodGet, path, nil)
	if err == nil {
		out, _ = answer.(T)
	}
	return out, err
}

// Status returns the service and its decks.
func (i *Inside) Status(ctx context.Context) (local.Status, error) {
	return ask[local.Status](ctx, i, local.PathStatus)
}

// Sessions returns those who are connected: all of them for a role that may see
// them, else one's own.
func (i *Inside) Sessions(ctx context.Context) ([]local.Session, error) {
	s, err := ask[local.Sessions](ctx, i, local.PathSessions)
	return s.Sessions, err
}

// EndSession ends a session.
func (i *Inside) EndSession(ctx context.Context, id string) error {
	_, _, err := i.act(ctx, http.MethodDelete, local.PathSessions+"/"+id, nil)
	return err
}

// Actions returns the last n actions of everybody, the newest first.
func (i *Inside) Actions(ctx context.Context, n int) ([]local.Action, error) {
	c := i.call(ctx, http.MethodGet, local.PathActions)
	c.r.URL.RawQuery = url.Values{"n": {strconv.Itoa(n)}}.Encode()
	answer, err := i.run(c, nil)
	a, _ := answer.(local.Actions)
	return a.Actions, err
}

// Left returns the pauses left behind that are offered to the one who asks.
func (i *Inside) Left(ctx context.Context) ([]local.LeftPause, error) {
	l, err := ask[local.Left](ctx, i, local.PathLeft)
	return l.Left, err
}

// Load returns a recording that is shown, or asks the API for one that is not, such
// as one that has ended long ago; see [deck.Deck.Load]. The error is a
// [*local.RefusalError], or [api.ErrSID].
func (i *Inside) Load(ctx context.Context, sid text.Text) (*deck.Recording, error) {
	if r := i.Snapshot().Find(sid); r != nil {
		return r, nil
	}
	if _, usable := sid.PathSegment(); !usable {
		return nil, api.ErrSID
	}
	row, err := ask[encodedJSON](ctx, i, local.PathRecordings+"/"+sid.String())
	if err != nil {
		return nil, err
	}
	if len(row) == 0 {
		return nil, errors.New("the service has an answer without a recording")
	}
	return local.DecodeRow(row, time.Now()), nil
}

package local

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"tapedeck/api/deck"
)

// startTime is for how long a service that has started anew may read its first
// recordings, before a client shows what there is of them in the place of those
// that the last run of it had.
const startTime = 10 * time.Second

var (
	errSilent = errors.New("it has said nothing for " + SilentFor.String())
	errClosed = errors.New("the connection was closed")
	errLong   = fmt.Errorf("it sent a line of over %d MB", MaxLine>>20)
)

// run keeps a connection to the service until the client is closed, or the
// service does not want it any more.
func (c *Client) run() {
	wait := firstRetry
	for c.ctx.Err() == nil {
		synced, err := c.watch()
		if c.ctx.Err() != nil {
			return
		}
		if synced {
			wait = firstRetry
		}
		if c.broken(err) {
			return
		}
		select {
		case <-time.After(wait):
		case <-c.ctx.Done():
		}
		wait = min(2*wait, lastRetry)
	}
}

// broken notes that there is no connection, and reports whether there will be
// none.
func (c *Client) broken(err error) (over bool) {
	c.carrier.drop() // those that are kept are to the run of the service that is gone
	c.mu.Lock()
	defer c.mu.Unlock()
	c.link = nil
	r, refused := errors.AsType[*RefusalError](err)
	over = refused && r.Code == CodeEnded
	if c.shown == nil { // it never was there
		select {
		case c.first <- &GoneError{Path: c.o.Path, Err: err}:
		default:
		}
		return true
	}
	now := time.Now()
	if c.away.IsZero() {
		c.away = now
	}
	gone := &GoneError{Path: c.o.Path, Since: c.away, Err: err}
	if said := c.why == nil || c.why.Error() != gone.Error(); said || over {
		c.why, c.over = gone, over
		c.publish(now)
	}
	return over
}

// watch reads one stream until it breaks, and reports whether everything was
// there.
func (c *Client) watch() (synced bool, err error) {
	ctx, cancel := context.WithCancelCause(c.ctx)
	defer cancel(errClosed)
	silence := time.AfterFunc(askTime, func() { cancel(errSilent) })
	defer silence.Stop()
	// Who asks, and for what, is known before anything is asked for.
	if err = c.into(ctx, http.MethodPost, PathSession, Screen{Claims: c.o.Claims, Command: c.o.Command}, nil); err != nil {
		return false, becauseOf(ctx, err)
	}
	resp, err := c.get(ctx, PathWatch, profileQuery(c.o.Profiles))
	if err != nil {
		return false, becauseOf(ctx, err)
	}
	defer resp.Body.Close()
	s := &stream{c: c, ctx: ctx, in: bufio.NewReaderSize(resp.Body, 2*cutAt)}
	for {
		raw, err := s.line()
		if err == nil {
			silence.Reset(SilentFor)
			err = s.take(raw)
		}
		if err != nil {
			return s.synced, becauseOf(ctx, err)
		}
	}
}

// becauseOf returns why something failed: what ended its context, if that did.
func becauseOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errClosed
	}
	return err
}

func profileQuery(profiles []string) string {
	if len(profiles) == 0 {
		return ""
	}
	return "?" + url.Values{"profile": profiles}.Encode()
}

// get asks for a path, and returns an answer that is 2xx.
func (c *Client) get(ctx context.Context, path, query string) (*http.Response, error) {
	return c.ask(ctx, http.MethodGet, path+query, nil)
}

// ask sends a request, and returns an answer that is 2xx. A body is sent as
// JSON; nil is none.
func (c *Client) ask(ctx context.Context, method, path string, body any) (*http.Response, error) {
	b, err := encodeBody(body)
	if err != nil {
		return nil, err
	}
	resp, err := c.carrier.do(ctx, method, path, b)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 == 2 {
		return resp, nil
	}
	defer resp.Body.Close()
	return nil, c.refusal(resp)
}

// refusal returns why an answer is not 2xx.
func (c *Client) refusal(resp *http.Response) error {
	var r Refusal
	b, _ := io.ReadAll(io.LimitReader(resp.Body, MaxBody))
	if json.Unmarshal(b, &r) != nil || r.Code == "" || r.Error == "" {
		return &RefusalError{Refusal: Refusal{Code: CodeVersion, Error: fmt.Sprintf("what answers at %s does not speak %s (HTTP %d)", c.o.Path, Prefix, resp.StatusCode),
			Hint: "is it tapedeck serve? This is tapedeck " + c.o.Version}}
	}
	return &RefusalError{Refusal: r, instance: resp.Header.Get(HeaderInstance)}
}

// stream is one stream that is being read.
type stream struct {
	c      *Client
	ctx    context.Context
	in     *bufio.Reader
	long   []byte // of a line that is longer than the reader's buffer
	decks  []*held
	link   *link
	synced bool
	began  time.Time // when the service said hello
	said   time.Time
}

// line returns the next line, valid until the one after it.
func (s *stream) line() ([]byte, error) {
	s.long = s.long[:0]
	for {
		part, err := s.in.ReadSlice('\n')
		if err == nil && len(s.long) == 0 {
			return part, nil
		}
		s.long = append(s.long, part...)
		if len(s.long) > MaxLine {
			return nil, errLong
		}
		if err == nil {
			return s.long, nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
	}
}

// take takes in a line.
func (s *stream) take(raw []byte) error {
	l, err := parseLine(raw)
	if err != nil {
		return err
	}
	now := time.Now()
	switch l.kind {
	case "hello":
		return s.hello(*l.hello)
	case "bye":
		return &RefusalError{Refusal: *l.bye}
	case "snapshot", "changed", "poll", "synced", "unrecorded":
	case "beat":
		s.c.mu.Lock()
		defer s.c.mu.Unlock()
		if !s.synced && s.link != nil {
			return s.show(now)
		}
		return nil
	default:
		return nil // what a later version says
	}
	if s.link == nil {
		return fmt.Errorf("%w: %q before hello", errLine, l.kind)
	}
	d := s.deck(l.deck)
	if d == nil || (l.kind == "changed" || l.kind == "poll") && (!d.synced || d.next != nil) || l.kind == "synced" && d.next == nil {
		return fmt.Errorf("%w: %q about deck %d", errLine, l.kind, l.deck)
	}
	rows := d.decodeRows(l.rows, now, s.c.isOwn)
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	if err := d.apply(l, rows, now); err != nil {
		return err
	}
	return s.show(now)
}

func (s *stream) deck(number int) *held {
	for _, d := range s.decks {
		if d.Deck == number {
			return d
		}
	}
	return nil
}

// show publishes what is new, unless the next line is there already. The mutex
// must be held.
func (s *stream) show(now time.Time) error {
	c := s.c
	if !s.synced {
		for _, d := range s.decks {
			if !d.synced || c.shown != nil && d.starting() && now.Sub(s.began) < startTime {
				return nil // what is shown stays until all of it is there
			}
		}
		s.synced = true
		c.shown, c.link, c.away, c.why = s.decks, s.link, time.Time{}, nil
		close(c.back)
		c.back = make(chan struct{})
		select {
		case c.first <- nil:
		default:
		}
	}
	for _, d := range s.decks {
		if d.next != nil {
			return nil // a new snapshot of it is on its way
		}
	}
	ready, _ := s.in.Peek(s.in.Buffered())
	if bytes.IndexByte(ready, '\n') >= 0 && now.Sub(s.said) < 50*time.Millisecond {
		return nil
	}
	s.said = now
	c.publish(now)
	return nil
}

// hello takes in what begins a stream.
func (s *stream) hello(h Hello) error {
	if s.link != nil {
		return fmt.Errorf("%w: a second hello", errLine)
	}
	if err := speaks(h.WhoAmI, s.c.o.Version); err != nil {
		return err
	}
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	sameRun := c.who.Instance == h.Instance
	before := map[string]*held{}
	for _, d := range c.shown {
		before[d.Profile.Profile] = d
	}
	c.who = h.WhoAmI
	s.link, s.began = &link{ctx: s.ctx, instance: h.Instance}, time.Now()
	for _, p := range h.Profiles {
		p.Profile, p.Space, p.Project = clean(p.Profile), clean(p.Space), clean(p.Project)
		if s.deck(p.Deck) != nil || len(s.decks) >= maxDecks {
			return fmt.Errorf("%w: decks of the same number, or too many", errLine)
		}
		d := &held{Profile: p, hook: c.o.Hook}
		if old := before[p.Profile]; old != nil && old.Space == p.Space && old.Project == p.Project {
			d.before = old.sums(sameRun)
			if d.raised = old.raised; !sameRun {
				d.raised = old.lastUpdate()
			}
		}
		s.decks = append(s.decks, d)
	}
	if len(s.decks) == 0 {
		return &RefusalError{Refusal: Refusal{Code: CodeProfile, Error: "the service has no such profile, or none at all", Hint: "ask it: tapedeck status"}}
	}
	return nil
}

// maxDecks is how many decks of one service a client takes.
const maxDecks = 64

// speaks returns an error unless the service speaks this version of the wire; it
// says which of the two to update.
func speaks(who WhoAmI, own string) error {
	major, _, _ := strings.Cut(who.Wire, ".")
	n, err := strconv.Atoi(major)
	if err == nil && n == Major {
		return nil
	}
	update := fmt.Sprintf("update the service: it is tapedeck %s, and this one is %s", clean(who.Version), own)
	if err == nil && n > Major {
		update = fmt.Sprintf("update this tapedeck: it is %s, and the service is tapedeck %s", own, clean(who.Version))
	}
	return &RefusalError{Refusal: Refusal{Code: CodeVersion, Error: fmt.Sprintf("the service speaks version %q of the wire, and this tapedeck %d.%d",
		clean(who.Wire), Major, Minor), Hint: update}}
}

// isOwn gives a recording's update the request as this screen made it, if it
// did: so the screen knows it again. Of the questions that are open on it, those
// of this screen are left out.
func (c *Client) isOwn(r *deck.Recording) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r.Asking = slices.DeleteFunc(r.Asking, func(a deck.Asking) bool { return a.Session == c.who.Session })
	if r.Update == nil || r.Update.Request.ID == "" {
		return
	}
	if req, ok := c.own[r.Update.Request.ID]; ok {
		r.Update.Request = req
	}
}

package local

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"tapedeck/api"
	"tapedeck/api/crash"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

const (
	firstRetry = 50 * time.Millisecond  // before the first try to reconnect
	lastRetry  = 500 * time.Millisecond // between two later ones
	askTime    = 5 * time.Second        // for an answer that is not an update's
	keepSeqs   = 1024                   // snapshots whose numbers are remembered
	keepOwn    = 1024                   // requests that are known again
)

// Options say which service a client talks to, and who it is.
type Options struct {
	Path     string   // of the socket
	Profiles []string // which ones are shown; empty for all that the service has
	Version  string   // this build of tapedeck
	Command  string   // what it is: "dashboard", or a command
	Claims   Claims   // what it says of its person
	// Choose returns which of the service's profiles are shown, empty for all that
	// it has by then; nil is Profiles. It is asked once, before the recordings are.
	// [Dial] returns its error as it is.
	Choose func(WhoAmI) (profiles []string, err error)

	// Dial connects to the service; nil connects to the socket. Its error is a
	// [*net.OpError] of "dial" where nothing was sent.
	Dial func(context.Context) (net.Conn, error)
	// Transport carries requests to the service in place of a connection; nil for
	// those over what Dial returns.
	Transport http.RoundTripper
	// Hook is what is done with a panic of the client's goroutines; nil leaves it to
	// the process.
	Hook *crash.Hook
}

// Client is a deck that lives in the service of this host: a screen uses it as
// it uses a deck of its own. It reconnects by itself; while the service is gone
// its snapshot stays, and says so ([deck.Health]). Make one with [Dial] and end
// it with [Client.Close].
type Client struct {
	o       Options
	session string
	carrier *carrier
	ctx     context.Context // until Close
	cancel  context.CancelFunc
	running sync.WaitGroup
	first   chan error // the end of the first try: nil when everything is there
	aside   aside      // what is sent without waiting for it

	mu     sync.Mutex
	link   *link   // the connection; nil while the service is gone
	who    WhoAmI  // what the service said last
	shown  []*held // what is shown: of the link, or of the one before
	last   *deck.Snapshot
	seqs   [keepSeqs]seqs
	seq    uint64
	subs   map[chan *deck.Snapshot]struct{}
	latest map[*deck.Latest]struct{} // see [Client.Watch]
	away   time.Time                 // since when the service is gone; zero while it is there
	why    error                     // why; nil while it is there
	over   bool                      // it is not tried again
	back   chan struct{}
	unsure map[recordingKey]*deck.Progress // updates whose answer was lost
	own    map[string]deck.Request         // by ID, as the screen asked
	owns   []string                        // their IDs, the oldest first
}

// link is one connection to the service, with everything of it there.
type link struct {
	ctx      context.Context // until it breaks
	instance string
}

// seqs are the numbers of a snapshot: of the one of all decks, and of each.
type seqs struct {
	all   uint64
	decks []*held
	of    []uint64
}

// recordingKey names a recording of one profile.
type recordingKey struct {
	profile string
	sid     text.Text
}

// ErrGone is that the service is not to be reached.
var ErrGone = errors.New("the service is gone")

// GoneError says why the service is not to be reached. It is [ErrGone].
type GoneError struct {
	Path  string    // of the socket
	Since time.Time // zero where it never was
	Err   error
}

// Error says what was tried, and why it failed.
func (e *GoneError) Error() string {
	if e.Since.IsZero() {
		return fmt.Sprintf("connect to the service at %s: %s", e.Path, gone(e.Err))
	}
	return "the service is gone: " + gone(e.Err)
}

// Unwrap returns why, and what an [api.Reported] of it says.
func (e *GoneError) Unwrap() error {
	told := &api.Reported{Text: e.Error(), Word: "service gone",
		Step: "look whether tapedeck serve runs (systemctl status tapedeck); the screen reconnects by itself", Cause: e.Err}
	if r, ok := errors.AsType[*RefusalError](e.Err); ok {
		told.Word, told.Step = "service refused", clean(r.Hint)
	}
	return told
}

// Is reports whether target is [ErrGone].
func (e *GoneError) Is(target error) bool { return target == ErrGone }

// gone says why a connection failed in a few words.
func gone(err error) string {
	if r, ok := errors.AsType[*RefusalError](err); ok {
		return r.Error()
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return clean(op.Err.Error())
	}
	return clean(err.Error())
}

// Dial connects to the service, and returns when its recordings are there. The
// error is a [*GoneError] where there is no service, and holds a
// [*RefusalError] where it refused.
func Dial(ctx context.Context, o Options) (*Client, error) {
	c := &Client{
		o: o, session: newSession(), first: make(chan error, 1), subs: map[chan *deck.Snapshot]struct{}{}, latest: map[*deck.Latest]struct{}{},
		back: make(chan struct{}), unsure: map[recordingKey]*deck.Progress{}, own: map[string]deck.Request{},
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.aside.init()
	if c.o.Dial == nil {
		c.o.Dial = func(ctx context.Context) (net.Conn, error) { return new(net.Dialer).DialContext(ctx, "unix", o.Path) }
	}
	c.carrier = newCarrier(c.o.Dial, [2]string{HeaderVersion, o.Version}, [2]string{HeaderSession, c.session})
	c.carrier.via = o.Transport
	c.last = &deck.Snapshot{Health: deck.Health{Page: 1}}
	if o.Choose != nil {
		if err := c.choose(ctx); err != nil {
			c.Close()
			return nil, err
		}
	}
	c.running.Go(func() { defer c.o.Hook.Guard(); c.run() })
	c.running.Go(func() { defer c.o.Hook.Guard(); c.runAside() })
	select {
	case err := <-c.first:
		if err != nil {
			c.Close()
			return nil, err
		}
		return c, nil
	case <-ctx.Done():
		c.Close()
		return nil, &GoneError{Path: o.Path, Err: context.Cause(ctx)}
	}
}

// newSession returns a number for a screen: 32 hexadecimal digits.
func newSession() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	return fmt.Sprintf("%x", b[:])
}

// Close ends the connection. What is under way goes on in the service.
func (c *Client) Close() {
	c.cancel()
	c.running.Wait()
	c.carrier.close()
}

// WhoAmI returns what the service said last of who asks and of itself.
func (c *Client) WhoAmI() WhoAmI {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.who
}

// Profiles returns the profiles whose recordings are shown.
func (c *Client) Profiles() (list []Profile) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range c.shown {
		list = append(list, d.Profile)
	}
	return list
}

// Subscribe returns a channel that has the current snapshot and then the latest,
// and what ends the subscription; see [deck.Deck.Subscribe].
func (c *Client) Subscribe() (snapshots <-chan *deck.Snapshot, cancel func()) {
	ch := make(chan *deck.Snapshot, 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	ch <- c.last
	c.subs[ch] = struct{}{}
	return ch, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.subs, ch)
	}
}

// Watch calls f with the current snapshot and then with the latest, until cancel
// is called; see [deck.Deck.Watch].
func (c *Client) Watch(f func(*deck.Snapshot)) (cancel func()) {
	l := deck.NewLatest(f)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.latest[l] = struct{}{}
	l.Offer(c.last)
	return func() {
		c.mu.Lock()
		delete(c.latest, l)
		c.mu.Unlock()
		l.Stop()
	}
}

// Snapshot returns the current snapshot.
func (c *Client) Snapshot() *deck.Snapshot {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}

// publish makes a snapshot of what is held. The mutex must be held.
func (c *Client) publish(now time.Time) {
	parts := make([]deck.Part, len(c.shown))
	c.seq++
	at := seqs{all: c.seq, decks: c.shown, of: make([]uint64, len(c.shown))}
	for i, d := range c.shown {
		parts[i] = d.part(c.away, c.why, c.unsureOf(d))
		at.of[i] = d.seq
	}
	c.seqs[c.seq%keepSeqs] = at
	c.last = deck.Merge(c.seq, parts, now)
	for ch := range c.subs {
		select {
		case <-ch: // the stale one, if it was not taken
		default:
		}
		ch <- c.last // this is the only sender, under the mutex: it has room
	}
	for l := range c.latest {
		l.Offer(c.last)
	}
}

// unsureOf returns the updates of a deck that are shown as unknown, by their
// recording: those that the service has not told of since. The mutex must be
// held.
func (c *Client) unsureOf(d *held) map[text.Text]*deck.Progress {
	var out map[text.Text]*deck.Progress
	for key, p := range c.unsure {
		if key.profile != d.Profile.Profile {
			continue
		}
		row := d.rows[key.sid]
		told := row != nil && row.rec.Update != nil && !row.rec.Update.Asked.Before(p.Asked)
		if c.away.IsZero() && (row == nil || told) {
			if p.Settled {
				delete(c.unsure, key)
			}
			continue
		}
		if out == nil {
			out = map[text.Text]*deck.Progress{}
		}
		out[key.sid] = p
	}
	return out
}

// find returns the deck of a recording, and the recording; nil for one that is
// not held. Without a profile the recording has to be in one deck only. The
// mutex must be held.
func (c *Client) find(profile string, sid text.Text) (d *held, r *deck.Recording, err error) {
	for _, h := range c.shown {
		row := h.rows[sid]
		if row == nil || profile != "" && h.Profile.Profile != profile {
			continue
		}
		if d != nil && (d.Space != h.Space || d.Project != h.Project) {
			return nil, nil, &RefusalError{Refusal: Refusal{Code: CodeAmbiguous, Error: "two projects have a recording with this SID",
				Hint: "show one of them alone, with --profile"}}
		}
		if d == nil {
			d, r = h, row.rec
		}
	}
	if d == nil {
		return nil, nil, deck.ErrNotFound
	}
	return d, r, nil
}

// seqOf returns the number of a deck's snapshot in one of all decks: 0 for none,
// and 1 for one that is so old that nobody remembers. The mutex must be held.
func (c *Client) seqOf(all uint64, d *held) uint64 {
	if all == 0 {
		return 0
	}
	if at := c.seqs[all%keepSeqs]; at.all == all {
		if i := slices.Index(at.decks, d); i >= 0 {
			return at.of[i]
		}
	}
	return 1
}

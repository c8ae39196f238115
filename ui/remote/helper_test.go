package remote

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/charmbracelet/x/ansi"
	gossh "golang.org/x/crypto/ssh"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/local"
	"tapedeck/api/sshd"
	"tapedeck/api/text"
	"tapedeck/config"
)

// stream is one direction of a connection, which takes all that is written.
type stream struct {
	mu     sync.Mutex
	more   sync.Cond
	b      []byte
	closed bool
}

func newStream() *stream { s := &stream{}; s.more.L = &s.mu; return s }

func (s *stream) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.b) == 0 {
		if s.closed {
			return 0, io.EOF
		}
		s.more.Wait()
	}
	n := copy(p, s.b)
	s.b = s.b[n:]
	return n, nil
}

func (s *stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, net.ErrClosed
	}
	s.b = append(s.b, p...)
	s.more.Broadcast()
	return len(p), nil
}

func (s *stream) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.more.Broadcast()
	return nil
}

// wire is an end of a connection within a test.
type wire struct{ in, out *stream }

func (w wire) Read(p []byte) (int, error)  { return w.in.Read(p) }
func (w wire) Write(p []byte) (int, error) { return w.out.Write(p) }
func (w wire) Close() error                { _ = w.in.Close(); return w.out.Close() }
func (wire) LocalAddr() net.Addr           { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 22} }
func (wire) RemoteAddr() net.Addr          { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 1234} }
func (wire) SetDeadline(time.Time) error   { return nil }
func (wire) SetReadDeadline(time.Time) error {
	return nil
}
func (wire) SetWriteDeadline(time.Time) error { return nil }

// listener takes connections of the test.
type listener struct {
	in   chan net.Conn
	done chan struct{}
	once sync.Once
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.in:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}
func (l *listener) Close() error { l.once.Do(func() { close(l.done) }); return nil }
func (*listener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 22} }

// fakeInside is a session of a service that shows what the test gives it.
type fakeInside struct {
	host *host
	id   sshd.Identity
	end  func(why string)

	mu     sync.Mutex
	done   []string // what it was asked
	left   string   // why it has ended
	breaks bool     // it panics when it is asked for something
}

func (f *fakeInside) note(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.done = append(f.done, fmt.Sprintf(format, args...))
}

func (f *fakeInside) asked() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.done, ", ")
}

func (f *fakeInside) why() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.left
}

func (f *fakeInside) Subscribe() (<-chan *deck.Snapshot, func()) {
	ch := make(chan *deck.Snapshot, 1)
	ch <- f.host.snapshot()
	return ch, func() {}
}
func (f *fakeInside) Watch(tell func(*deck.Snapshot)) (cancel func()) {
	l := deck.NewLatest(tell)
	l.Offer(f.host.snapshot())
	return l.Stop
}
func (f *fakeInside) Do(_ context.Context, req deck.Request) (deck.Progress, error) {
	if f.breaks {
		panic("a deck that breaks")
	}
	f.note("%s", req.Verb())
	return deck.Progress{Request: req, Outcome: deck.Verified, Settled: true, Asked: time.Now(), Done: time.Now()}, nil
}
func (f *fakeInside) DoAll(context.Context, []deck.Request, func(int, deck.Progress, error)) {}
func (f *fakeInside) Refresh() {
	if f.breaks {
		panic("a deck that breaks")
	}
	f.note("refresh")
}
func (f *fakeInside) SetInterval(time.Duration) {}
func (f *fakeInside) Look(deck.Key)             {}
func (f *fakeInside) Acknowledge(deck.Key, deck.Actor, string, time.Duration) error {
	return nil
}
func (f *fakeInside) SetTimer(deck.Key, deck.Actor, time.Duration, bool) error { return nil }
func (f *fakeInside) Reveal(deck.Key, deck.Actor)                              {}
func (f *fakeInside) LookForUnrecorded()                                       {}
func (f *fakeInside) StartFor(context.Context, text.Text, api.StartOptions, deck.Request) (*deck.Recording, deck.Progress, error) {
	return nil, deck.Progress{}, deck.ErrNotFound
}
func (f *fakeInside) WhoAmI() local.WhoAmI {
	return local.WhoAmI{User: f.id.Comment, Role: "operator", May: []local.Word{local.WordView, local.WordPause, local.WordResume}}
}
func (f *fakeInside) Profiles() []local.Profile {
	return []local.Profile{{Space: "https://acme.signalwire.com"}}
}
func (f *fakeInside) Actions(context.Context, int) ([]local.Action, error) { return nil, nil }
func (f *fakeInside) Left(context.Context) ([]local.LeftPause, error)      { return nil, nil }
func (f *fakeInside) Show(*local.Prompt, time.Time)                        {}
func (f *fakeInside) Transport() http.RoundTripper                         { return http.DefaultTransport }
func (f *fakeInside) Leave(why string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left = why
}

// host is a server whose sessions are those of this package, on a service that a
// test makes.
type host struct {
	t     *testing.T
	l     *listener
	stop  context.CancelCauseFunc
	ended chan error
	run   func(ctx context.Context, c Command) int

	mu      sync.Mutex
	refuse  *local.RefusalError
	looks   bool
	nobody  bool // has a role
	breaks  bool
	entered []*fakeInside
	screens []local.Screen
	said    []string
}

func (h *host) Admits(sshd.Identity) (looks, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.looks, !h.nobody
}

func (h *host) Enter(id sshd.Identity, screen local.Screen, end func(string)) (Inside, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.screens = append(h.screens, screen)
	if h.refuse != nil {
		return nil, h.refuse
	}
	f := &fakeInside{host: h, id: id, end: end, breaks: h.breaks}
	h.entered = append(h.entered, f)
	return f, nil
}

// inside returns the session that was entered last.
func (h *host) inside() *fakeInside {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.entered) == 0 {
		h.t.Fatal("no session has begun")
	}
	return h.entered[len(h.entered)-1]
}

// words returns what was told the administrator.
func (h *host) words() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Join(h.said, "\n")
}

// snapshot has one recording that runs.
func (h *host) snapshot() *deck.Snapshot {
	r := &deck.Recording{Recording: api.Recording{SID: text.New("7c1d90aa-4b1e-4c55-9f3e-5e2f61b08142"), Status: api.InProgress, Start: time.Now().Add(-time.Minute)}}
	return &deck.Snapshot{
		Seq: 1, Recordings: []*deck.Recording{r}, Active: 1, PauseWarn: time.Minute, PauseAlarm: 2 * time.Minute, Interval: time.Second,
		Health: deck.Health{Complete: time.Now(), Limit: 1000 * time.Hour, Page: 1},
	}
}

// newKey returns the key with a number.
func newKey(t *testing.T, n byte) gossh.Signer {
	t.Helper()
	s, err := gossh.NewSignerFromKey(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// within runs a test of a server in a bubble.
func within(t *testing.T, settings config.Config, test func(t *testing.T, h *host)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := &host{t: t, l: &listener{in: make(chan net.Conn), done: make(chan struct{})}, ended: make(chan error, 1)}
		say := func(format string, args ...any) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.said = append(h.said, fmt.Sprintf(format, args...))
		}
		keys, wrong := sshd.ParseKeys([]byte(strings.TrimSpace(string(gossh.MarshalAuthorizedKey(newKey(t, 1).PublicKey()))) + " ana\n" +
			"no-pty " + strings.TrimSpace(string(gossh.MarshalAuthorizedKey(newKey(t, 2).PublicKey()))) + " script\n"))
		if wrong != nil {
			t.Fatal(wrong)
		}
		srv, err := sshd.New(sshd.Options{
			HostKey: newKey(t, 100), Gate: func() *sshd.Gate { return &sshd.Gate{Keys: keys} }, Say: say,
			Handler: New(Options{Service: h, Settings: settings, Say: say, Run: func(ctx context.Context, c Command) int { return h.run(ctx, c) }}),
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancelCause(context.Background())
		h.stop = stop
		go func() { h.ended <- srv.Run(ctx, h.l) }()
		test(t, h)
		h.close()
	})
}

// close ends the server, and waits until everything of it has.
func (h *host) close() {
	h.t.Helper()
	h.stop(sshd.ErrEnding)
	if err := <-h.ended; err != nil {
		h.t.Error(err)
	}
	time.Sleep(10 * time.Second)
	synctest.Wait()
}

// login connects with a key.
func (h *host) login(key byte) (*gossh.Client, error) {
	a, b := newStream(), newStream()
	h.l.in <- wire{a, b}
	nc := wire{b, a}
	cc, chans, reqs, err := gossh.NewClientConn(nc, "host", &gossh.ClientConfig{
		User: "alice", Auth: []gossh.AuthMethod{gossh.PublicKeys(newKey(h.t, key))}, HostKeyCallback: gossh.InsecureIgnoreHostKey(),
	})
	if err != nil {
		_ = nc.Close()
		return nil, err
	}
	return gossh.NewClient(cc, chans, reqs), nil
}

// client is a session as its client has it.
type client struct {
	*gossh.Session
	h        *host
	conn     *gossh.Client
	in       io.WriteCloser
	out, err *said
}

// said is what a session has written.
type said struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// open logs in with a key, and opens a session. An empty term is without a terminal.
func (h *host) open(key byte, term string, env ...string) *client {
	h.t.Helper()
	conn, err := h.login(key)
	if err != nil {
		h.t.Fatal(err)
	}
	se, err := conn.NewSession()
	if err != nil {
		h.t.Fatal(err)
	}
	c := &client{Session: se, h: h, conn: conn, out: &said{}, err: &said{}}
	se.Stdout, se.Stderr = c.out, c.err
	if c.in, err = se.StdinPipe(); err != nil {
		h.t.Fatal(err)
	}
	if term != "" {
		if err := se.RequestPty(term, 24, 80, gossh.TerminalModes{}); err != nil && term != noPTY {
			h.t.Fatal(err)
		}
	}
	for i := 0; i < len(env); i += 2 {
		_ = se.Setenv(env[i], env[i+1])
	}
	return c
}

// noPTY is asked for a terminal that will be refused.
const noPTY = "refused"

// shell begins a dashboard, and waits until it is there.
func (c *client) shell() *client {
	c.h.t.Helper()
	if err := c.Shell(); err != nil {
		c.h.t.Fatal(err)
	}
	c.settle()
	return c
}

// settle waits until nothing more happens for a moment.
func (c *client) settle() {
	time.Sleep(500 * time.Millisecond)
	synctest.Wait()
}

// press presses keys, one after the other.
func (c *client) press(keys ...string) *client {
	c.h.t.Helper()
	for _, k := range keys {
		if _, err := io.WriteString(c.in, k); err != nil {
			c.h.t.Fatal(err)
		}
		c.settle()
	}
	return c
}

// exit waits for the end of the session, and returns its exit status; -1 where none
// has come.
func (c *client) exit() int {
	err := c.Wait()
	defer func() { _ = c.conn.Close() }()
	if err == nil {
		return 0
	}
	if e, ok := errors.AsType[*gossh.ExitError](err); ok {
		return e.ExitStatus()
	}
	return -1
}

// text is what is on the terminal, without what moves its cursor.
func (c *client) text() string { return ansi.Strip(c.out.String() + c.err.String()) }

// see checks that the session has shown something.
func (c *client) see(parts ...string) {
	c.h.t.Helper()
	for _, p := range parts {
		if !strings.Contains(c.text(), p) {
			c.h.t.Errorf("%q is not shown:\n%s", p, c.text())
		}
	}
}

// restored checks that the terminal was given back, and that nothing but words came
// after.
func (c *client) restored() {
	c.h.t.Helper()
	_, after, ok := strings.Cut(c.out.String(), "\x1b[?1049l")
	if !ok || !strings.Contains(c.out.String(), "\x1b[?25h") || strings.Contains(after, "\x1b[?1049h") {
		c.h.t.Errorf("the terminal was not given back: %q", after)
	}
}

package ui

import (
	"context"
	"crypto/rand"
	"errors"
	"iter"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/local"
	"tapedeck/api/serve"
)

// host is a service that comes and goes in this process, with clients of it. Its
// socket is made of pipes: time passes in no time.
type host struct {
	t testing.TB

	mu      sync.Mutex
	run     *serviceRun // nil while there is none
	refuses bool        // nobody comes through
	conns   []*hostConn
	silence chan struct{} // closed when the service may be heard again; nil while it may
	dials   int
}

// serviceRun is one run of the service.
type serviceRun struct {
	stop   context.CancelFunc
	die    context.CancelFunc // ends what its deck sends and writes
	ended  chan error
	killed atomic.Bool
	conns  chan net.Conn
	over   chan struct{}
	once   sync.Once
}

func newHost(t testing.TB) *host { return &host{t: t} }

// start starts a run of the service with these projects. When it is killed, die
// ends what their decks send and write.
func (h *host) start(o serve.Options, die context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	r := &serviceRun{stop: cancel, die: die, ended: make(chan error, 1), conns: make(chan net.Conn), over: make(chan struct{})}
	o.Version = "1.2.3"
	o.PeerOf = func(c net.Conn) (serve.Peer, error) {
		uid, err := strconv.Atoi(c.RemoteAddr().String())
		return serve.Peer{UID: uid, GID: uid, PID: uid}, err
	}
	o.Say = func(format string, args ...any) {
		if !r.killed.Load() {
			h.t.Errorf("the service says "+format, args...)
		}
	}
	server := serve.New(o)
	h.mu.Lock()
	h.run = r
	h.mu.Unlock()
	go func() { r.ended <- server.Run(ctx, r) }()
}

// Accept, Close and Addr make a listener of a run.
func (r *serviceRun) Accept() (net.Conn, error) {
	select {
	case c := <-r.conns:
		return c, nil
	case <-r.over:
		return nil, net.ErrClosed
	}
}

func (r *serviceRun) Close() error   { r.once.Do(func() { close(r.over) }); return nil }
func (r *serviceRun) Addr() net.Addr { return hostAddr("service") }

type hostAddr string

func (hostAddr) Network() string  { return "pipe" }
func (a hostAddr) String() string { return string(a) }

// end ends the run as systemctl does, and returns its error.
func (h *host) end() error {
	h.mu.Lock()
	r := h.run
	h.run = nil
	h.mu.Unlock()
	r.stop()
	return <-r.ended
}

// kill ends the run as SIGKILL does, for everybody but itself: it neither sends
// nor says nor writes anything more. What is left of it ends by itself.
func (h *host) kill() {
	h.mu.Lock()
	r := h.run
	h.run = nil
	h.mu.Unlock()
	r.killed.Store(true)
	_ = r.Close()
	h.cut()
	r.die()
	r.stop()
}

// cut closes all connections.
func (h *host) cut() {
	h.mu.Lock()
	list := h.conns
	h.conns = nil
	h.mu.Unlock()
	for _, c := range list {
		_ = c.Close()
	}
}

// refuse has nobody come through, or everybody again.
func (h *host) refuse(on bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.refuses = on
}

// hush has the service be silent, as one that is stopped by SIGSTOP.
func (h *host) hush() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.silence = make(chan struct{})
}

// speak ends the silence.
func (h *host) speak() {
	h.mu.Lock()
	defer h.mu.Unlock()
	close(h.silence)
	h.silence = nil
}

// dial returns what connects as a user.
func (h *host) dial(uid int) func(context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) {
		refused := &net.OpError{Op: "dial", Net: "unix", Err: syscall.ECONNREFUSED}
		h.mu.Lock()
		r, refuses := h.run, h.refuses
		h.dials++
		h.mu.Unlock()
		if r == nil || refuses {
			return nil, refused
		}
		ours, theirs := net.Pipe()
		select {
		case r.conns <- servedConn{theirs, uid}:
		case <-r.over:
			return nil, refused
		case <-ctx.Done():
			return nil, refused
		}
		c := &hostConn{Conn: ours, host: h, over: make(chan struct{})}
		h.mu.Lock()
		h.conns = append(h.conns, c)
		h.mu.Unlock()
		return c, nil
	}
}

// servedConn is the service's end of a connection of a user.
type servedConn struct {
	net.Conn
	uid int
}

func (c servedConn) RemoteAddr() net.Addr { return hostAddr(strconv.Itoa(c.uid)) }

// hostConn is a client's end of a connection. While the service is silent,
// nothing comes and nothing goes.
type hostConn struct {
	net.Conn
	host *host
	over chan struct{}
	once sync.Once
}

func (c *hostConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if late := c.wait(); late != nil {
		return 0, late
	}
	return n, err
}

func (c *hostConn) Write(b []byte) (int, error) {
	if err := c.wait(); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

// wait waits while the service is silent.
func (c *hostConn) wait() error {
	c.host.mu.Lock()
	silence := c.host.silence
	c.host.mu.Unlock()
	if silence == nil {
		return nil
	}
	select {
	case <-silence:
		return nil
	case <-c.over:
		return net.ErrClosed
	}
}

func (c *hostConn) Close() error {
	c.once.Do(func() {
		close(c.over)
		h := c.host
		h.mu.Lock()
		h.conns = slices.DeleteFunc(h.conns, func(o *hostConn) bool { return o == c })
		h.mu.Unlock()
	})
	return c.Conn.Close()
}

// client connects a screen of a user to the service. It ends with the test, or
// by its Close.
func (h *host) client(uid int) *local.Client {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	c, err := local.Dial(ctx, local.Options{Path: "/run/tapedeck.sock", Version: "1.2.3", Command: "dashboard", Dial: h.dial(uid)})
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

// mortal carries requests, until what sends them is killed.
type mortal struct {
	next  http.RoundTripper
	alive context.Context
}

func (m mortal) RoundTrip(r *http.Request) (*http.Response, error) {
	if m.alive.Done() == nil {
		return m.next.RoundTrip(r)
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	context.AfterFunc(m.alive, func() { cancel(errKilled) })
	if ctx.Err() != nil {
		return nil, errKilled
	}
	return m.next.RoundTrip(r.WithContext(ctx))
}

var errKilled = errors.New("it was killed")

// memory is a journal that outlives those who write it.
type memory struct {
	space, project string

	mu      sync.Mutex
	entries []journal.Entry
}

// memoryOf is the journal of one of them, until it is killed.
type memoryOf struct {
	*memory
	run   string
	alive context.Context
}

func (m memoryOf) Enqueue(e journal.Entry) *journal.Pending {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.alive.Err() != nil {
		return journal.Done(errKilled)
	}
	e.Space, e.Project = m.space, m.project
	m.entries = append(m.entries, e)
	return journal.Done(nil)
}

func (m memoryOf) NewID() string { return m.run + "-" + rand.Text() }

// Settle settles what others have left open.
func (m memoryOf) Settle(_ context.Context, settle func(journal.Entry) (journal.Entry, bool)) (n int, err error) {
	m.mu.Lock()
	open := map[string]journal.Entry{}
	for _, e := range m.entries {
		switch {
		case e.Event == journal.Request && !strings.HasPrefix(e.ID, m.run+"-"):
			open[e.ID] = e
		case e.Event == journal.Outcome:
			delete(open, e.ID)
		}
	}
	m.mu.Unlock()
	for _, e := range open {
		if out, ok := settle(e); ok {
			m.Enqueue(out)
			n++
		}
	}
	return n, nil
}

// recorded returns the entries so far.
func (m *memory) recorded(time.Time) iter.Seq2[journal.Entry, error] {
	m.mu.Lock()
	list := slices.Clone(m.entries)
	m.mu.Unlock()
	return func(yield func(journal.Entry, error) bool) {
		for _, e := range list {
			if !yield(e, nil) {
				return
			}
		}
	}
}

package sshd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// pipes is a listener to which a test dials within its bubble of synctest.
type pipes struct {
	in   chan net.Conn
	done chan struct{}
	once sync.Once
}

func newPipes() *pipes { return &pipes{in: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.in:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipes) Addr() net.Addr { return addr("the listener") }

type addr string

func (a addr) Network() string { return "pipe" }
func (a addr) String() string  { return string(a) }

// from is an end of a pipe with an address.
type from struct {
	net.Conn
	address net.Addr
}

func (f from) RemoteAddr() net.Addr { return f.address }

// buffered is an end of a pipe that takes some bytes before they are read, as a
// socket does: both ends of SSH begin by writing.
type buffered struct {
	net.Conn
	queue chan []byte
	done  chan struct{}
	once  *sync.Once
}

func buffer(c net.Conn) buffered {
	b := buffered{c, make(chan []byte, 1<<14), make(chan struct{}), new(sync.Once)}
	go func() {
		for {
			select {
			case p := <-b.queue:
				if _, err := c.Write(p); err != nil {
					return
				}
			case <-b.done:
				return
			}
		}
	}()
	return b
}

func (b buffered) Write(p []byte) (int, error) {
	select {
	case b.queue <- append([]byte(nil), p...):
		return len(p), nil
	case <-b.done:
		return 0, net.ErrClosed
	}
}

// Close closes it, after what was written last has gone out.
func (b buffered) Close() error {
	b.once.Do(func() {
		go func() {
			for limit := time.After(aWhile); len(b.queue) > 0; {
				select {
				case <-limit:
					b.queue = nil
				case <-time.After(time.Millisecond):
				}
			}
			close(b.done)
			_ = b.Conn.Close()
		}()
	})
	return nil
}

// dial returns the client's end of a connection from an address.
func (p *pipes) dial(address string) net.Conn {
	near, far := net.Pipe()
	client, server := buffer(near), buffer(far)
	select {
	case p.in <- from{server, &net.TCPAddr{IP: net.ParseIP(address), Port: 1234}}:
	case <-p.done:
		_ = server.Close()
	}
	return client
}

// host is a server with a handler that a test makes.
type host struct {
	t     *testing.T
	l     *pipes
	srv   *Server
	end   context.CancelCauseFunc
	ended chan error

	mu    sync.Mutex
	gate  *Gate
	admit func(Identity) *Refused
	serve func(ctx context.Context, s *Session) int
	said  []string
	count map[Reason]int
}

func (h *host) Admit(id Identity) *Refused {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.admit == nil {
		return nil
	}
	return h.admit(id)
}

func (h *host) Serve(ctx context.Context, s *Session) int { return h.serve(ctx, s) }

// newHost starts a server that lets the keys in, with options that change may change.
func newHost(t *testing.T, keys string, serve func(context.Context, *Session) int, change ...func(*Options)) *host {
	t.Helper()
	l := newPipes()
	h := newHostOn(t, l, keys, serve, change...)
	h.l = l
	return h
}

// newHostOn starts one that listens elsewhere.
func newHostOn(t *testing.T, l net.Listener, keys string, serve func(context.Context, *Session) int, change ...func(*Options)) *host {
	t.Helper()
	parsed, wrong := ParseKeys([]byte(keys))
	if wrong != nil {
		t.Fatal(wrong)
	}
	h := &host{t: t, gate: &Gate{Keys: parsed}, serve: serve, count: map[Reason]int{}, ended: make(chan error, 1)}
	o := Options{
		HostKey: newKey(t, 100), Handler: h,
		Gate: func() *Gate { h.mu.Lock(); defer h.mu.Unlock(); return h.gate },
		Say: func(format string, args ...any) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.said = append(h.said, fmt.Sprintf(format, args...))
		},
		Count: func(r Reason) { h.mu.Lock(); defer h.mu.Unlock(); h.count[r]++ },
	}
	for _, c := range change {
		c(&o)
	}
	srv, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	h.srv = srv
	ctx, end := context.WithCancelCause(context.Background())
	h.end = end
	go func() { h.ended <- srv.Run(ctx, l) }()
	return h
}

// close ends the server, and waits until it has.
func (h *host) close() {
	h.t.Helper()
	h.end(ErrEnding)
	if err := <-h.ended; err != nil {
		h.t.Error(err)
	}
	time.Sleep(2 * aWhile) // what is closed goes out
	synctest.Wait()
}

// login connects with keys.
func (h *host) login(address string, keys ...gossh.Signer) (*gossh.Client, error) {
	return h.loginBy(h.l.dial(address), keys...)
}

// loginBy logs in over a connection.
func (h *host) loginBy(nc net.Conn, keys ...gossh.Signer) (*gossh.Client, error) {
	cc, chans, reqs, err := gossh.NewClientConn(nc, "host", &gossh.ClientConfig{
		User: "alice", Auth: []gossh.AuthMethod{gossh.PublicKeys(keys...)}, HostKeyCallback: gossh.InsecureIgnoreHostKey(),
	})
	if err != nil {
		_ = nc.Close()
		return nil, err
	}
	return gossh.NewClient(cc, chans, reqs), nil
}

// must logs in with the key 1.
func (h *host) must() *gossh.Client {
	h.t.Helper()
	c, err := h.login("192.0.2.7", newKey(h.t, 1))
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

// reason is why a session has ended.
type reason struct{ v atomic.Value }

func (r *reason) set(ctx context.Context) { r.v.Store(context.Cause(ctx).Error()) }

// is reports whether it has ended by err; nil is that it has not ended.
func (r *reason) is(err error) bool {
	got, _ := r.v.Load().(string)
	return err == nil && got == "" || err != nil && strings.Contains(got, err.Error())
}

// until is a handler that waits for the end of its session, and notes why.
func until(why *reason) func(context.Context, *Session) int {
	return func(ctx context.Context, _ *Session) int {
		<-ctx.Done()
		why.set(ctx)
		return 0
	}
}

// exitOf returns the exit status of a session; -1 where none has come.
func exitOf(err error) int {
	if err == nil {
		return 0
	}
	if e, ok := errors.AsType[*gossh.ExitError](err); ok {
		return e.ExitStatus()
	}
	return -1
}

const aWhile = 100 * time.Millisecond

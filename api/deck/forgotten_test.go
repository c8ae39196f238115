package deck

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api"
	"tapedeck/api/secret"
	"tapedeck/api/sim"
)

// relay is a network without sockets that may forget all connections that there
// are: what is sent on them is lost, and neither side is told.
type relay struct {
	accept chan net.Conn
	closed chan struct{}
	once   sync.Once

	mu        sync.Mutex
	forgotten chan struct{} // closed when the connections of now are forgotten
	posts     []time.Time   // when updates arrived
}

func newRelay() *relay {
	return &relay{accept: make(chan net.Conn), closed: make(chan struct{}), forgotten: make(chan struct{})}
}

func (r *relay) Accept() (net.Conn, error) {
	select {
	case c := <-r.accept:
		return c, nil
	case <-r.closed:
		return nil, net.ErrClosed
	}
}

func (r *relay) Close() error   { r.once.Do(func() { close(r.closed) }); return nil }
func (r *relay) Addr() net.Addr { return &net.TCPAddr{} }

func (r *relay) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.accept <- theirs
	return &relayed{Conn: ours, forgotten: r.forgotten, closed: make(chan struct{})}, nil
}

func (r *relay) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.forgotten)
	r.forgotten = make(chan struct{})
}

// relayed is a connection through a relay.
type relayed struct {
	net.Conn
	forgotten, closed chan struct{}
	once              sync.Once
}

func (c *relayed) Write(b []byte) (int, error) {
	select {
	case <-c.forgotten:
		return len(b), nil
	default:
		return c.Conn.Write(b)
	}
}

func (c *relayed) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	select {
	case <-c.forgotten:
		<-c.closed
		return 0, net.ErrClosed
	default:
		return n, err
	}
}

func (c *relayed) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// throughRelay serves a space through a relay, and returns a deck that polls it
// over HTTP/1.1 or HTTP/2.
func throughRelay(t *testing.T, h2 bool, space *sim.Space, c Config) (*table, *relay) {
	t.Helper()
	r := newRelay()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method == http.MethodPost {
			r.mu.Lock()
			r.posts = append(r.posts, time.Now())
			r.mu.Unlock()
		}
		space.ServeHTTP(w, req)
	}))
	_ = server.Listener.Close()
	server.Listener, server.Config.ErrorLog, server.EnableHTTP2 = r, log.New(io.Discard, "", 0), h2
	transport := &http.Transport{DialContext: r.dial, MaxIdleConnsPerHost: 16, ForceAttemptHTTP2: true}
	address := "http://127.0.0.1"
	if h2 {
		server.StartTLS()
		address = "https://example.com"
		pool := x509.NewCertPool()
		pool.AddCert(server.Certificate())
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	} else {
		server.Start()
	}
	tb := &table{t: t, space: space}
	d, err := Open(api.Config{Space: address, Project: space.Project(), Token: secret.New(space.Token()), Transport: transport}, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { transport.CloseIdleConnections(); server.CloseClientConnections(); server.Close() })
	tb.deck = d
	tb.run() // which ends before that
	return tb, r
}

// overBoth runs a test over HTTP/1.1 and HTTP/2, in simulated time.
func overBoth(t *testing.T, test func(t *testing.T, h2 bool)) {
	t.Helper()
	for name, h2 := range map[string]bool{"HTTP 1.1": false, "HTTP 2": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, h2) })
		})
	}
}

// TestKeyAfterForgottenConnections: after the network forgot its connections a
// pause took 7 to 14 s, and every press in between was refused. A press while it
// has no answer, or after it was found not done, brings it to the space within
// 2 s of the first one.
func TestKeyAfterForgottenConnections(t *testing.T) {
	for _, press := range []time.Duration{200 * time.Millisecond, 700 * time.Millisecond, 1200 * time.Millisecond, 1700 * time.Millisecond} {
		t.Run("again after "+press.String(), func(t *testing.T) {
			overBoth(t, func(t *testing.T, h2 bool) {
				space, p := spaceOf(0, 0), &paper{}
				sid := space.Begin(sim.Begin{StartedAgo: time.Minute})
				tb, r := throughRelay(t, h2, space, Config{Interval: 2 * time.Second, Journal: p})
				after(5 * time.Second)
				r.forget()
				key := time.Now()
				go func() { _, _ = tb.deck.Do(context.Background(), pauseOf(sid)) }()
				after(press)
				req := pauseOf(sid).by(bob)
				if u := tb.find(sid).Update; u != nil && !u.Settled || press < appearAfter {
					req.Insist = true // as a screen says it of a pause under way
				}
				go func() { _, _ = tb.deck.Do(context.Background(), req) }()
				after(3 * time.Second)
				if len(r.posts) != 1 || r.posts[0].Sub(key) > 2*time.Second {
					t.Fatalf("updates arrived at %v, the key was pressed at %v", r.posts, key)
				}
				u := tb.find(sid).Update
				if u.Outcome != Verified || !tb.find(sid).Paused() || tb.find(sid).Trouble.Kind != "" {
					t.Errorf("%+v, %+v", u, tb.find(sid).Trouble)
				}
				if lines := strings.Join(p.lines(), "\n"); req.Insist && !strings.Contains(lines, "again i bob in-progress paused skip sent once more by hand\noutcome i alice in-progress paused skip paused verified") {
					t.Errorf("the journal says\n%s", lines)
				}
			})
		})
	}
}

// TestInsistSendsNothing where it need not, or must not: while the server is only
// slow, without a press, or when others have changed the recording.
func TestInsistSendsNothing(t *testing.T) {
	insist := func(sid string) Request { req := pauseOf(sid); req.Insist = true; return req }
	t.Run("nothing is under way", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			tb, sid := begun(t, Config{})
			if _, err := tb.deck.Do(t.Context(), insist(sid)); !errors.Is(err, ErrNotFound) || tb.wire.count("POST", "") != 0 {
				t.Errorf("%v", err)
			}
		})
	})
	t.Run("a slow server", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			tb, sid := begun(t, Config{})
			tb.wire.set(hang(1, nil))
			go func() { _, _ = tb.deck.Do(context.Background(), pauseOf(sid)) }()
			after(time.Second)
			if _, err := tb.deck.Do(t.Context(), insist(sid)); !isBusy(err) {
				t.Errorf("%v", err)
			}
			after(20 * time.Second)
			if n := tb.wire.count("POST", ""); n != 1 {
				t.Errorf("%d POSTs", n)
			}
		})
	})
	for name, others := range map[string]bool{"nobody insists": false, "others stopped it": true} {
		t.Run(name, func(t *testing.T) {
			overBoth(t, func(t *testing.T, h2 bool) {
				space := spaceOf(0, 0)
				sid := space.Begin(sim.Begin{StartedAgo: time.Minute})
				tb, r := throughRelay(t, h2, space, Config{Interval: 2 * time.Second})
				after(5 * time.Second)
				r.forget()
				go func() { _, _ = tb.deck.Do(context.Background(), pauseOf(sid)) }()
				after(500 * time.Millisecond)
				if others {
					space.SetStatus(sid, "stopped")
					_, _ = tb.deck.Do(t.Context(), insist(sid))
				}
				after(20 * time.Second)
				if len(r.posts) != 0 || tb.find(sid).Update.Outcome != Contradicted {
					t.Errorf("%d POSTs, %s", len(r.posts), tb.find(sid).Update.Outcome)
				}
			})
		})
	}
}

package api

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	stdlog "log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// network is one in which a server and its clients are, without a socket. It may
// forget all connections that there are: what is sent on them is lost, and
// neither side is told.
type network struct {
	accept chan net.Conn
	closed chan struct{}
	once   sync.Once

	mu    sync.Mutex
	conns []*forgettable
}

func (n *network) Accept() (net.Conn, error) {
	select {
	case c := <-n.accept:
		return c, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

func (n *network) Close() error   { n.once.Do(func() { close(n.closed) }); return nil }
func (n *network) Addr() net.Addr { return &net.TCPAddr{} }

func (n *network) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	c := &forgettable{Conn: ours, gone: make(chan struct{}), closed: make(chan struct{})}
	n.mu.Lock()
	n.conns = append(n.conns, c)
	n.mu.Unlock()
	n.accept <- theirs
	return c, nil
}

// forget loses all connections, and returns how many.
func (n *network) forget() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.conns {
		close(c.gone)
	}
	lost := len(n.conns)
	n.conns = nil
	return lost
}

// made returns how many connections there are.
func (n *network) made() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.conns)
}

type forgettable struct {
	net.Conn
	gone, closed chan struct{}
	once         sync.Once
}

func (c *forgettable) Write(b []byte) (int, error) {
	select {
	case <-c.gone:
		return len(b), nil
	default:
		return c.Conn.Write(b)
	}
}

func (c *forgettable) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	select {
	case <-c.gone:
		<-c.closed
		return 0, net.ErrClosed
	default:
		return n, err
	}
}

func (c *forgettable) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// forgetful serves h on a network, over HTTP/1.1 or HTTP/2.
func forgetful(t *testing.T, h2 bool, h http.HandlerFunc) (*Client, *network, *log) {
	t.Helper()
	n := &network{accept: make(chan net.Conn), closed: make(chan struct{})}
	transport := newTransport()
	transport.Proxy, transport.DialContext = nil, n.dial
	srv := httptest.NewUnstartedServer(h)
	_ = srv.Listener.Close()
	srv.Listener, srv.Config.ErrorLog = n, stdlog.New(io.Discard, "", 0)
	space := "http://127.0.0.1"
	if srv.EnableHTTP2 = h2; h2 {
		srv.StartTLS()
		space = "https://example.com"
		pool := x509.NewCertPool()
		pool.AddCert(srv.Certificate())
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	} else {
		srv.Start()
	}
	l := new(log)
	client := newClient(t, Config{Space: space, Transport: transport, Observe: l.add})
	t.Cleanup(func() { client.Close(); srv.CloseClientConnections(); srv.Close() })
	return client, n, l
}

// arrivals notes when updates arrive, and answers everything, late if it is told
// to.
type arrivals struct {
	mu    sync.Mutex
	posts []time.Time
	slow  map[string]time.Duration // by method
}

func (a *arrivals) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	if r.Method == http.MethodPost {
		a.posts = append(a.posts, time.Now())
	}
	wait := a.slow[r.Method]
	a.mu.Unlock()
	time.Sleep(wait)
	_, _ = io.WriteString(w, `{"sid":"s1","status":"paused","recordings":[]}`)
}

var paused = Update{Status: Paused, PauseBehavior: Silence}

// warm uses as many connections as a poll and a read beside it.
func warm(t *testing.T, c *Client) {
	t.Helper()
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if _, _, err := c.Recording(context.Background(), sid("s1")); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// TestForgottenConnection: on a connection that the network forgot, an update
// took 7 to 14 s. It is given up after a second, and the next one arrives.
func TestForgottenConnection(t *testing.T) {
	for name, h2 := range map[string]bool{"HTTP 1.1": false, "HTTP 2": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var a arrivals
				client, n, _ := forgetful(t, h2, a.ServeHTTP)
				warm(t, client)
				time.Sleep(5 * time.Second)
				if n.forget() == 0 {
					t.Fatal("there was no connection to forget")
				}
				key := time.Now()
				_, _, err := client.UpdateRecording(t.Context(), Recording{SID: sid("s1"), CallSID: sid("c1")}, paused)
				if took := time.Since(key); !Forgotten(err) || NotSent(err) || took < forgottenAfter || took > 1100*time.Millisecond {
					t.Fatalf("after %v: %v", took, err)
				}
				if Reason(err) != "connection dropped" {
					t.Errorf("reason %q", Reason(err))
				}
				if len(a.posts) != 0 {
					t.Fatal("the update arrived all the same")
				}
				_, _, err = client.UpdateRecording(t.Context(), Recording{SID: sid("s1"), CallSID: sid("c1")}, paused)
				if err != nil || len(a.posts) != 1 || a.posts[0].Sub(key) > 2*time.Second {
					t.Errorf("the next one: %v, arrivals %v after the key", err, a.posts)
				}
			})
		})
	}
}

// TestForgottenRead: reads find out by themselves, and are read again.
func TestForgottenRead(t *testing.T) {
	for name, h2 := range map[string]bool{"HTTP 1.1": false, "HTTP 2": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var a arrivals
				client, n, _ := forgetful(t, h2, a.ServeHTTP)
				warm(t, client)
				time.Sleep(5 * time.Second)
				n.forget()
				var wg sync.WaitGroup
				for i := range 8 { // as a poll has them in flight, on connections that are all forgotten
					wg.Go(func() {
						time.Sleep(time.Duration(i) * 100 * time.Millisecond)
						began := time.Now()
						_, _, err := client.Recording(t.Context(), sid("s1"))
						if took := time.Since(began); err != nil || took > 1100*time.Millisecond {
							t.Errorf("read %d, after %v: %v", i, took, err)
						}
					})
				}
				wg.Wait()
				began := time.Now()
				if _, _, err := client.Recording(t.Context(), sid("s1")); err != nil || time.Since(began) > 100*time.Millisecond {
					t.Errorf("the next read, after %v: %v", time.Since(began), err)
				}
			})
		})
	}
}

// TestForgottenByOtherReads is that any read that began later tells of an
// update's connection, so that no request is sent for that.
func TestForgottenByOtherReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a arrivals
		client, n, l := forgetful(t, false, a.ServeHTTP)
		warm(t, client)
		n.forget()
		began, done := time.Now(), make(chan error)
		go func() {
			_, _, err := client.UpdateRecording(t.Context(), Recording{SID: sid("s1"), CallSID: sid("c1")}, paused)
			done <- err
		}()
		time.Sleep(500 * time.Millisecond)
		before := len(l.all())
		if _, _, err := client.Recording(FreshConnection(t.Context()), sid("s1")); err != nil {
			t.Error(err)
		}
		if err := <-done; !Forgotten(err) || time.Since(began) > 1010*time.Millisecond {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		if sent := len(l.all()) - before; sent != 2 { // the read and the update
			t.Errorf("%d requests ended", sent)
		}
	})
}

// TestSlowIsNotForgotten: a server that takes its time keeps its connections,
// and is asked one thing more, not twice as much.
func TestSlowIsNotForgotten(t *testing.T) {
	for name, h2 := range map[string]bool{"HTTP 1.1": false, "HTTP 2": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := arrivals{slow: map[string]time.Duration{"GET": 1500 * time.Millisecond}}
				client, n, l := forgetful(t, h2, a.ServeHTTP)
				warm(t, client)
				time.Sleep(probeEvery)
				before, made := len(l.all()), n.made()
				for range 4 {
					began := time.Now()
					if _, _, err := client.Recording(t.Context(), sid("s1")); err != nil || time.Since(began) != 1500*time.Millisecond {
						t.Errorf("after %v: %v", time.Since(began), err)
					}
				}
				synctest.Wait()
				if sent := len(l.all()) - before; sent != 5 {
					t.Errorf("%d requests for 4 reads", sent)
				}
				if n.made()-made != 1 {
					t.Errorf("%d connections more", n.made()-made)
				}
			})
		})
	}
}

// TestFreshUpdateIsNotForgotten: a connection that was just made is no
// forgotten one, however late the answer is.
func TestFreshUpdateIsNotForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := arrivals{slow: map[string]time.Duration{"POST": 4 * time.Second}}
		client, _, _ := forgetful(t, false, a.ServeHTTP)
		go func() {
			for range 4 {
				time.Sleep(900 * time.Millisecond)
				_, _, _ = client.Recording(t.Context(), sid("s1"))
			}
		}()
		if _, _, err := client.UpdateRecording(t.Context(), Recording{SID: sid("s1"), CallSID: sid("c1")}, paused); err != nil {
			t.Error(err)
		}
	})
}

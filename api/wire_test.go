package api

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A rawServer answers each request with a script of bytes, and counts.
type rawServer struct {
	addr     string
	mu       sync.Mutex
	requests []string // method and path
	conns    int
}

// rawServe starts a server that gives the n-th request (from 0) to answer. The
// connection is closed when answer returns false.
func rawServe(t *testing.T, answer func(n int, method string, conn *net.TCPConn) (keep bool)) *rawServer {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &rawServer{addr: ln.Addr().String()}
	var wg sync.WaitGroup
	t.Cleanup(wg.Wait)
	t.Cleanup(func() { _ = ln.Close() })
	wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { s.serve(conn.(*net.TCPConn), answer) })
		}
	})
	return s
}

func (s *rawServer) serve(conn *net.TCPConn, answer func(int, string, *net.TCPConn) bool) {
	defer func() { _ = conn.Close() }()
	s.mu.Lock()
	s.conns++
	s.mu.Unlock()
	r := bufio.NewReader(conn)
	for {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, req.Body)
		s.mu.Lock()
		n := len(s.requests)
		s.requests = append(s.requests, req.Method+" "+req.URL.Path)
		s.mu.Unlock()
		if !answer(n, req.Method, conn) {
			return
		}
	}
}

func (s *rawServer) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

const okRecording = `{"sid":"s1","call_sid":"c1","status":"paused"}`

func response(body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// reset makes closing conn send a reset.
func reset(conn *net.TCPConn) bool {
	_ = conn.SetLinger(0)
	return false
}

// What goes wrong on the wire, and how often a read and an update are sent.
func TestDroppedConnection(t *testing.T) {
	write := func(conn *net.TCPConn, s string) { _, _ = io.WriteString(conn, s) }
	tests := []struct {
		name        string
		answer      func(conn *net.TCPConn) bool
		gets, posts int
		reason      string // of both; empty for success
	}{
		{"closed before the answer", func(*net.TCPConn) bool { return false }, 2, 1, "connection dropped"},
		{"reset before the answer", reset, 2, 1, "connection dropped"},
		{"closed in the headers", func(c *net.TCPConn) bool { write(c, "HTTP/1.1 200 OK\r\nContent-"); return false }, 2, 1, "connection dropped"},
		{"reset in the headers", func(c *net.TCPConn) bool { write(c, "HTTP/1.1 200 OK\r\nContent-"); return reset(c) }, 2, 1, "connection dropped"},
		{"closed in the body", func(c *net.TCPConn) bool { write(c, response(okRecording)[:90]); return false }, 2, 1, "connection dropped"},
		{"closed in a chunk", func(c *net.TCPConn) bool {
			write(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{\"sid\":")
			return false
		}, 2, 1, "connection dropped"},
		{"closed after the resource, chunks open", func(c *net.TCPConn) bool {
			write(c, fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", len(okRecording), okRecording))
			return false
		}, 1, 1, ""},
		{"closed after the body", func(c *net.TCPConn) bool { write(c, response(okRecording)); return false }, 1, 1, ""},
		{"not HTTP", func(c *net.TCPConn) bool { write(c, "SSH-2.0-x\x1b[2J\r\n\r\n"); return false }, 1, 1, "unreadable answer"},
		{"a broken chunk", func(c *net.TCPConn) bool {
			write(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}")
			return false
		}, 1, 1, "unreadable answer"},
		{"not gzip", func(c *net.TCPConn) bool {
			write(c, strings.Replace(response("{} is not gzip"), "Content-Type: application/json", "Content-Encoding: gzip", 1))
			return true
		}, 1, 1, "unreadable answer"},
		{"half a body without a length", func(c *net.TCPConn) bool { write(c, "HTTP/1.1 200 OK\r\n\r\n{\"sid\":"); return false }, 1, 1, "unreadable answer"},
	}
	for _, tt := range tests {
		for _, warm := range []bool{false, true} {
			name := tt.name + map[bool]string{true: ", connection in use before"}[warm]
			t.Run(name, func(t *testing.T) {
				got := map[string]int{}
				var mu sync.Mutex
				srv := rawServe(t, func(n int, method string, conn *net.TCPConn) bool {
					mu.Lock()
					defer mu.Unlock()
					if warm && got[method] == 0 {
						got[method] = 1
						write(conn, response(okRecording))
						return true
					}
					got[method]++
					return tt.answer(conn)
				})
				client := newClient(t, Config{Space: "http://" + srv.addr})
				ask := map[string]func() error{
					"GET": func() error { _, _, err := client.Recording(t.Context(), sid("s1")); return err },
					"POST": func() error {
						_, _, err := client.UpdateRecording(t.Context(), Recording{SID: sid("s1"), CallSID: sid("c1")}, Update{Status: Paused})
						return err
					},
				}
				for method, want := range map[string]int{"GET": tt.gets, "POST": tt.posts} {
					client.Close()
					if warm {
						want++
						checkError(t, ask[method](), "")
					}
					err := ask[method]()
					if (err == nil) != (tt.reason == "") || err != nil && Reason(err) != tt.reason {
						t.Errorf("%s: error %v, reason %q, want %q", method, err, Reason(err), tt.reason)
					}
					if err != nil && strings.ContainsRune(err.Error(), 0x1b) {
						t.Errorf("%s: error %q", method, err)
					}
					mu.Lock()
					if got[method] != want {
						t.Errorf("%s was sent %d times, want %d", method, got[method], want)
					}
					mu.Unlock()
				}
			})
		}
	}
}

func TestDroppedThenGood(t *testing.T) {
	half := `{"next_page_uri":null,"recordings":[{"sid":"a"},`
	whole := half + `{"sid":"b"}]}`
	srv := rawServe(t, func(n int, _ string, conn *net.TCPConn) bool {
		if n == 0 {
			_, _ = io.WriteString(conn, response(whole)[:len(response(whole))-10])
			return false
		}
		_, _ = io.WriteString(conn, response(whole))
		return true
	})
	var l log
	client := newClient(t, Config{Space: "http://" + srv.addr, Observe: l.add})
	rows, infos, err := readAll(t, client.Recordings(RecordingQuery{}))
	checkError(t, err, "")
	if len(rows) != 3 || infos[0].Rows != 2 || infos[0].Bytes != int64(len(whole)) || srv.count() != 2 {
		t.Errorf("%d rows, infos %+v, %d requests; want the first row twice", len(rows), infos, srv.count())
	}
	if x := l.all(); len(x) != 2 || x[0].Err == nil || x[1].Err != nil || x[0].StatusCode != 200 {
		t.Errorf("exchanges %+v", x)
	}
}

func TestNoConnection(t *testing.T) {
	const free = "127.0.0.1:1" // a port that no other test is given
	tls := httptest.NewUnstartedServer(http.NotFoundHandler())
	tls.Config.ErrorLog = stdlog.New(io.Discard, "", 0)
	tls.StartTLS()
	t.Cleanup(tls.Close)
	tests := []struct {
		name, space  string
		rt           http.RoundTripper
		reason, hint string
	}{
		{"refused", "http://" + free, nil, "connection refused", "firewall"},
		{"certificate of nobody", tls.URL, nil, "TLS: unknown authority", "certificates"},
		{"http where https was asked", "https://" + plainHTTP(t), nil, "TLS: no TLS there", "not HTTPS"},
		{"no such host", "https://acme.invalid", failing(&net.DNSError{Err: "no such host", Name: "acme.invalid", IsNotFound: true}), "host name not found", "name server"},
		{"name server is silent", "https://acme.invalid", failing(&net.DNSError{Err: "i/o timeout", Name: "acme.invalid", IsTimeout: true}), "name server failed", "name server"},
		{"HTTP/2 stream reset", "https://acme.invalid", failing(errors.New("stream error: stream ID 1; INTERNAL_ERROR; received from peer")), "connection dropped", "network"},
		{"HTTP/2 connection lost", "https://acme.invalid", failing(errors.New("http2: client connection lost")), "connection dropped", "network"},
		{"TLS alert", "https://acme.invalid", failing(&net.OpError{Op: "remote error", Err: errors.New("tls: handshake failure")}), "TLS: refused there", "certificates"},
		{"something else", "https://acme.invalid", failing(errors.New("\x1b]0;x\x07")), "no connection", "network"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := newClient(t, Config{Space: tt.space, Transport: tt.rt})
			_, _, err := client.Recording(t.Context(), sid("s1"))
			if err == nil || Reason(err) != tt.reason || !strings.Contains(Hint(err), tt.hint) || (tt.hint == "") != (Hint(err) == "") {
				t.Errorf("error %v, reason %q, hint %q", err, Reason(err), Hint(err))
			}
			if strings.ContainsAny(fmt.Sprint(err), "\x1b\x07") {
				t.Errorf("error %q", err)
			}
		})
	}
}

func failing(err error) http.RoundTripper {
	return roundTrip(func(*http.Request) (*http.Response, error) { return nil, err })
}

func plainHTTP(t *testing.T) string {
	srv := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(srv.Close)
	return strings.TrimPrefix(srv.URL, "http://")
}

// overPipe returns a client whose connections go to serve, without a network,
// so that time can be simulated.
func overPipe(t *testing.T, serve func(*http.Request, net.Conn)) (c *Client, stop func()) {
	t.Helper()
	tr := newTransport()
	tr.DialContext = func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go func() {
			defer func() { _ = far.Close() }()
			r := bufio.NewReader(far)
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, req.Body)
			serve(req, far)
			_, _ = r.ReadByte() // until the other side has gone
		}()
		return near, nil
	}
	return newClient(t, Config{Space: "http://127.0.0.1:1", Transport: tr}), func() {
		tr.CloseIdleConnections()
		time.Sleep(2 * time.Second) // until serve has noticed
	}
}

func TestTimeLimits(t *testing.T) {
	slow := func(body string) func(*http.Request, net.Conn) {
		return func(_ *http.Request, conn net.Conn) {
			for i := range body {
				if _, err := io.WriteString(conn, body[i:i+1]); err != nil {
					return
				}
				if i > 40 { // the headers are quick
					time.Sleep(time.Second)
				}
			}
		}
	}
	tests := []struct {
		name      string
		serve     func(*http.Request, net.Conn)
		get, post time.Duration
	}{
		{"no answer", func(*http.Request, net.Conn) {}, headerTimeout, updateTimeout},
		{"an answer of a byte a second", slow("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{\"sid\":\"s1\",\"x\":\"" + strings.Repeat("x", 4000)), readTimeout, updateTimeout},
		{"headers of a byte a second", slow("HTTP/1.1 200 OK\r\nX-Long: " + strings.Repeat("x", 4000)), headerTimeout, updateTimeout},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n atomic.Int32
				client, stop := overPipe(t, func(r *http.Request, c net.Conn) { n.Add(1); tt.serve(r, c) })
				defer stop()
				began := time.Now()
				_, _, err := client.Recording(t.Context(), sid("s1"))
				if took := time.Since(began); took != tt.get || Reason(err) != "timeout" || n.Load() != 1 {
					t.Errorf("GET: %v after %v, %d requests; want a timeout after %v", err, took, n.Load(), tt.get)
				}
				began = time.Now()
				_, _, err = client.UpdateRecording(t.Context(), Recording{SID: sid("s1"), CallSID: sid("c1")}, Update{Status: Paused})
				if took := time.Since(began); took != tt.post || Reason(err) != "timeout" || n.Load() != 2 {
					t.Errorf("POST: %v after %v, %d requests in all; want a timeout after %v", err, took, n.Load(), tt.post)
				}
			})
		})
	}
}

func TestSlowAnswersThatAreInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, stop := overPipe(t, func(_ *http.Request, c net.Conn) {
			time.Sleep(9 * time.Second)
			_, _ = io.WriteString(c, response(okRecording))
		})
		defer stop()
		_, x, err := client.UpdateRecording(t.Context(), Recording{SID: sid("s1"), CallSID: sid("c1")}, Update{Status: Paused})
		checkError(t, err, "")
		if x.Answered.Sub(x.Began) != 9*time.Second {
			t.Errorf("exchange %+v", x)
		}
	})
}

// An answer counts when it is there: a body that then goes on and on does not
// delay it.
func TestBodyThatDoesNotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, stop := overPipe(t, func(_ *http.Request, c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"+okRecording)
			for {
				if _, err := io.WriteString(c, " "); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		})
		defer stop()
		began := time.Now()
		_, _, err := client.UpdateRecording(t.Context(), Recording{SID: sid("s1"), CallSID: sid("c1")}, Update{Status: Paused})
		checkError(t, err, "")
		if took := time.Since(began); took > drainTimeout {
			t.Errorf("took %v", took)
		}
	})
}

func TestCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	client := through(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		n++
		cancel()
		return nil, r.Context().Err()
	}))
	_, _, err := client.Recording(ctx, sid("s1"))
	if Reason(err) != "canceled" || n != 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, %d requests", err, n)
	}
}

func gzipped(s string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, s)
	_ = w.Close()
	return b.Bytes()
}

func TestGzip(t *testing.T) {
	page := string(pageBody(100))
	bomb := gzipped(`{"recordings":[{"x":"` + strings.Repeat("a", 16<<20))
	client, l := served(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "gzip" {
			t.Errorf("Accept-Encoding is %q", r.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("Content-Encoding", "gzip")
		body := map[string][]byte{"c1": gzipped(page), "bomb": bomb, "cut": gzipped(page)[:500]}[r.URL.Query().Get("CallSid")]
		_, _ = w.Write(body)
	})
	rows, infos, err := readAll(t, client.Recordings(RecordingQuery{CallSID: sid("c1")}))
	checkError(t, err, "")
	if len(rows) != 100 || infos[0].Bytes != int64(len(page)) {
		t.Errorf("%d rows, infos %+v; want %d bytes", len(rows), infos, len(page))
	}
	if raceEnabled {
		return // the bomb takes ten times as long
	}
	for name, want := range map[string]string{"bomb": "a value is over 8 MB", "cut": "unexpected EOF"} {
		_, _, err := readAll(t, client.Recordings(RecordingQuery{CallSID: sid(name)}))
		checkError(t, err, want)
	}
	for _, x := range l.all() {
		if x.Bytes > maxValueBytes+1<<20 {
			t.Errorf("%d bytes were read", x.Bytes)
		}
	}
}

// The connection of an answer that was read serves again.
func TestConnectionsAreKept(t *testing.T) {
	srv := rawServe(t, func(n int, _ string, conn *net.TCPConn) bool {
		switch n % 3 {
		case 0:
			_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(okRecording), okRecording)
		case 1:
			_, _ = io.WriteString(conn, response(okRecording+"\n"))
		case 2:
			_, _ = io.WriteString(conn, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}")
		}
		return true
	})
	client := newClient(t, Config{Space: "http://" + srv.addr})
	for range 9 {
		_, _, _ = client.Recording(t.Context(), sid("s1"))
	}
	if srv.count() != 9 || srv.conns != 1 {
		t.Errorf("%d requests on %d connections", srv.count(), srv.conns)
	}
}

// Over HTTP/2 net/http sends a request again after a stream error that a server
// may give after it has acted. An update must not be.
func TestUpdateIsSentOnceOverHTTP2(t *testing.T) {
	var mu sync.Mutex
	n := map[string]int{}
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		n[r.Method]++
		mu.Unlock()
		if r.ProtoMajor != 2 {
			t.Errorf("protocol %s", r.Proto)
		}
		panic(http.ErrAbortHandler)
	}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	t.Cleanup(srv.Close)
	client := newClient(t, Config{Space: srv.URL, Transport: srv.Client().Transport})
	_, _, err := client.UpdateRecording(t.Context(), Recording{SID: sid("s1"), CallSID: sid("c1")}, Update{Status: Paused})
	if Reason(err) != "connection dropped" || n["POST"] != 1 {
		t.Errorf("POST: %v, sent %d times", err, n["POST"])
	}
	_, _, err = client.Recording(t.Context(), sid("s1"))
	if Reason(err) != "connection dropped" || n["GET"] != 2 {
		t.Errorf("GET: %v, sent %d times", err, n["GET"])
	}
}

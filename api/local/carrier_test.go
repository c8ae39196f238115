package local

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// played is connections to a service that a test plays: each is answered by its
// own function, and notes what came on it.
type played struct {
	play []func(net.Conn)

	mu    sync.Mutex
	dials int
	done  sync.WaitGroup
}

func (w *played) dial(context.Context) (net.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.dials == len(w.play) {
		return nil, &net.OpError{Op: "dial", Net: "unix", Err: errors.New("nobody is there")}
	}
	ours, theirs := net.Pipe()
	play := w.play[w.dials]
	w.dials++
	w.done.Go(func() { defer theirs.Close(); play(theirs) })
	return ours, nil
}

// answers reads n requests and answers each, then returns.
func answers(n int, with string) func(net.Conn) {
	return func(c net.Conn) {
		in := bufio.NewReader(c)
		for range n {
			if readRequest(in) == "" {
				return
			}
			_, _ = io.WriteString(c, with)
		}
	}
}

// readRequest reads a request and returns it as one line; empty for none.
func readRequest(in *bufio.Reader) string {
	r, err := http.ReadRequest(in)
	if err != nil {
		return ""
	}
	body, _ := io.ReadAll(r.Body)
	return r.Method + " " + r.URL.Path + " " + string(body)
}

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

// ask asks, and returns what the answer says.
func (c *carrier) ask(ctx context.Context, body string) (string, error) {
	resp, err := c.do(ctx, "POST", "/v1/requests", []byte(body))
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}

// TestCarrierSendsOnce: where a connection that is kept is closed before a byte
// went out, the request goes on another one. Where a byte may have arrived it is
// never sent again.
func TestCarrierSendsOnce(t *testing.T) {
	answered := func(c net.Conn) { answers(1, ok)(c) } // and then it is closed
	half := func(c net.Conn) {
		in := bufio.NewReader(c)
		readRequest(in)
		_, _ = io.WriteString(c, ok)
		_, _ = io.ReadFull(in, make([]byte, 30))
	}
	swallowed := func(c net.Conn) {
		in := bufio.NewReader(c)
		readRequest(in)
		_, _ = io.WriteString(c, ok)
		readRequest(in)
	}
	tests := []struct {
		name  string
		play  []func(net.Conn)
		dials int
		fails bool // the second request
	}{
		{"the connection is kept", []func(net.Conn){answers(2, ok)}, 1, false},
		{"closed before the request", []func(net.Conn){answered, answers(1, ok)}, 2, false},
		{"closed in the middle of it", []func(net.Conn){half, answers(1, ok)}, 1, true},
		{"closed after it", []func(net.Conn){swallowed, answers(1, ok)}, 1, true},
		{"the service closes after an answer", []func(net.Conn){answers(1, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}"), answers(1, ok)}, 2, false},
		{"a new one is closed at once", []func(net.Conn){answered, func(net.Conn) {}, answers(1, ok)}, 2, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &played{play: tt.play}
				c := newCarrier(w.dial)
				if got, err := c.ask(t.Context(), "one"); got != "{}" || err != nil {
					t.Fatalf("%q, %v", got, err)
				}
				synctest.Wait()
				got, err := c.ask(t.Context(), "two "+strings.Repeat("x", 100))
				if failed := err != nil; failed != tt.fails || !failed && got != "{}" {
					t.Errorf("%q, %v", got, err)
				}
				if w.dials != tt.dials {
					t.Errorf("%d connections, want %d", w.dials, tt.dials)
				}
				c.close()
				w.done.Wait()
			})
		})
	}
}

// TestCarrierEnds: when its context ends a request ends at once, with the reason,
// wherever it is; and its connection is not kept.
func TestCarrierEnds(t *testing.T) {
	enough := errors.New("enough")
	for name, play := range map[string]func(net.Conn){
		"nothing is read":     func(c net.Conn) { time.Sleep(time.Hour) },
		"nothing is answered": func(c net.Conn) { _, _ = io.Copy(io.Discard, c) },
		"the answer's body stops": func(c net.Conn) {
			answers(1, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")(c)
			time.Sleep(time.Hour)
		},
		"the answer's headers stop":   func(c net.Conn) { answers(1, "HTTP/1.1 200 OK\r\nConte")(c); time.Sleep(time.Hour) },
		"the answer has no beginning": func(c net.Conn) { answers(1, "HTTP")(c); time.Sleep(time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &played{play: []func(net.Conn){play}}
				c := newCarrier(w.dial)
				ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, enough)
				defer cancel()
				began := time.Now()
				_, err := c.ask(ctx, "one")
				if took := time.Since(began); !errors.Is(err, enough) || took != time.Second || len(c.idle) != 0 {
					t.Errorf("%v after %v, %d kept", err, took, len(c.idle))
				}
				c.close()
				w.done.Wait()
			})
		})
	}
}

// TestCarrierKeeps: a connection is kept when its answer was read to the end, a
// minute at most, and four at most.
func TestCarrierKeeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &played{}
		for range 20 {
			w.play = append(w.play, answers(99, ok))
		}
		c := newCarrier(w.dial)
		var open []*http.Response
		for range maxIdle + 2 {
			resp, err := c.do(t.Context(), "GET", "/", nil)
			if err != nil {
				t.Fatal(err)
			}
			open = append(open, resp)
		}
		for _, resp := range open {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
		if len(c.idle) != maxIdle {
			t.Errorf("%d are kept, want %d", len(c.idle), maxIdle)
		}
		resp, err := c.do(t.Context(), "GET", "/", nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close() // before its end
		if _, err := resp.Body.Read(make([]byte, 1)); err == nil || err == io.EOF {
			t.Errorf("a body that was closed reads %v", err)
		}
		if len(c.idle) != maxIdle-1 || w.dials != maxIdle+2 {
			t.Errorf("%d are kept of %d", len(c.idle), w.dials)
		}
		time.Sleep(idleFor)
		if got, err := c.ask(t.Context(), ""); got != "{}" || err != nil || w.dials != maxIdle+3 || len(c.idle) != 1 {
			t.Errorf("%q, %v; %d are kept of %d", got, err, len(c.idle), w.dials)
		}
		c.close()
		if _, err := c.ask(t.Context(), ""); err != nil || len(c.idle) != 0 {
			t.Errorf("%v, %d are kept", err, len(c.idle))
		}
		w.done.Wait()
	})
}

// TestCarrierBounds: neither the service nor a version can say more than belongs
// there.
func TestCarrierBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got bytes.Buffer
		endless := func(c net.Conn) {
			in := bufio.NewReader(io.TeeReader(c, &got))
			readRequest(in)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n")
			for i := range 1 << 20 {
				if _, err := io.WriteString(c, "H"+strconv.Itoa(i)+": x\r\n"); err != nil {
					return
				}
			}
		}
		w := &played{play: []func(net.Conn){endless}}
		c := newCarrier(w.dial, [2]string{HeaderVersion, "1\r\nHost: evil\r\n\r\né"})
		if _, err := c.ask(t.Context(), ""); !errors.Is(err, errHeaders) {
			t.Errorf("%v, want %v", err, errHeaders)
		}
		w.done.Wait()
		if strings.Count(got.String(), "\r\n\r\n") != 1 || strings.Count(got.String(), "\nHost:") != 1 {
			t.Errorf("it sent %q", got.String())
		}
		for _, path := range []string{"/v1/x y", "/v1/\r\nHost: evil", "/v1/é"} {
			if _, err := c.do(t.Context(), "GET", path, nil); err == nil || w.dials != 1 {
				t.Errorf("%q: %v", path, err)
			}
		}
	})
}

// TestCarrierVia: what carries requests in place of connections is given them with
// the headers of every one, and its answer; when the context ends the error is why.
func TestCarrierVia(t *testing.T) {
	gone := errors.New("the screen ends")
	var got []string
	in, out := io.Pipe()
	c := newCarrier(nil, [2]string{HeaderVersion, "1.2.3\r\nX: y"}, [2]string{HeaderSession, "0a1b"})
	c.via = carriedBy(func(r *http.Request) (*http.Response, error) {
		var b []byte
		if r.Body != nil {
			b, _ = io.ReadAll(r.Body)
		}
		got = append(got, r.Method+" "+r.URL.RequestURI()+" "+r.Header.Get(HeaderVersion)+" "+r.Header.Get(HeaderSession)+" "+string(b))
		if r.URL.Path == PathRefresh {
			return nil, net.ErrClosed
		}
		return &http.Response{StatusCode: 200, Body: in}, nil
	})
	ctx, cancel := context.WithCancelCause(t.Context())
	resp, err := c.do(ctx, "POST", PathLook+"?profile=eu", []byte(`{"sid":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_, _ = out.Write([]byte("half of it"))
		cancel(gone)
		_ = out.CloseWithError(io.ErrUnexpectedEOF)
	}()
	if b, err := io.ReadAll(resp.Body); string(b) != "half of it" || err != gone {
		t.Errorf("it reads %q, %v", b, err)
	}
	if _, err := c.do(t.Context(), "POST", PathRefresh, nil); err != net.ErrClosed {
		t.Errorf("it fails with %v", err)
	}
	if _, err := c.do(ctx, "POST", PathRefresh, nil); err != gone {
		t.Errorf("when the context has ended it fails with %v", err)
	}
	if _, err := c.do(t.Context(), "GET", "/v1/a b", nil); err == nil {
		t.Error("a path with a space is sent")
	}
	want := "POST /v1/look?profile=eu 1.2.3X: y 0a1b {\"sid\":\"x\"}; POST /v1/refresh 1.2.3X: y 0a1b ; POST /v1/refresh 1.2.3X: y 0a1b "
	if s := strings.Join(got, "; "); s != want {
		t.Errorf("it is given %q, want %q", s, want)
	}
}

// carriedBy is what carries requests.
type carriedBy func(*http.Request) (*http.Response, error)

func (f carriedBy) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

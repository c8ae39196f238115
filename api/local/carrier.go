package local

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	maxIdle   = 4           // connections that are kept for the next request
	idleFor   = time.Minute // and for how long: the service closes its end later
	maxAnswer = 64 << 10    // bytes of the headers of an answer
)

// carrier sends requests to the service over connections that it keeps. A request
// is one write by the goroutine that asks, which then reads the answer itself: a
// key waits for no other goroutine, as it would for those of [http.Transport].
type carrier struct {
	dial func(context.Context) (net.Conn, error)
	// via carries requests in place of connections; nil for those.
	via http.RoundTripper
	// headers are those of every request, and head is what every request has after its first line.
	headers [][2]string
	head    string

	mu     sync.Mutex
	idle   []*kept // the one that was used last is the last
	closed bool
}

// kept is a connection, which has one request at a time.
type kept struct {
	net.Conn
	in    *bufio.Reader // of it
	left  int64         // bytes that it may still send
	since time.Time     // when its last answer ended
}

// Read reads what the service sends, which has an end while the headers of an
// answer are read.
func (k *kept) Read(b []byte) (int, error) {
	if k.left <= 0 {
		return 0, errHeaders
	}
	n, err := k.Conn.Read(b[:min(int64(len(b)), k.left)])
	k.left -= int64(n)
	return n, err
}

var errHeaders = fmt.Errorf("it sent headers of over %d kB", maxAnswer>>10)

// newCarrier returns a carrier of requests with these headers, each a name and a
// value.
func newCarrier(dial func(context.Context) (net.Conn, error), headers ...[2]string) *carrier {
	c := &carrier{dial: dial, headers: headers, head: " HTTP/1.1\r\nHost: tapedeck\r\n"}
	for _, h := range headers {
		c.head += h[0] + ": " + printable(h[1]) + "\r\n"
	}
	return c
}

// printable returns s without what ends a line.
func printable(s string) string {
	var out []byte
	for i := range len(s) {
		if ' ' <= s[i] && s[i] <= '~' {
			out = append(out, s[i])
		}
	}
	return string(out)
}

// do sends a request and returns the answer, whose body the caller closes. Body
// is JSON; nil is none. Where the connection that was kept turns out to be closed
// before a byte went out, another one is made; in no other case is anything sent
// twice. When ctx ends the connection is closed, and the error is why it ended.
func (c *carrier) do(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	out, err := c.encode(method, path, body)
	if err != nil {
		return nil, err
	}
	if c.via != nil {
		return c.carry(ctx, method, path, body)
	}
	for {
		k, reused, err := c.take(ctx)
		if err != nil {
			return nil, err
		}
		stop := context.AfterFunc(ctx, func() { _ = k.Close() })
		resp, wrote, err := k.exchange(out)
		if err == nil {
			resp.Body = &answerBody{ReadCloser: resp.Body, ctx: ctx, carrier: c, from: k, stop: stop, again: !resp.Close}
			return resp, nil
		}
		stop()
		_ = k.Close()
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case !reused || wrote:
			return nil, err
		}
	}
}

// carry sends a request by what carries them in place of connections.
func (c *carrier) carry(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	var in io.Reader
	if body != nil {
		in = bytes.NewReader(body)
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://tapedeck"+path, in)
	if err != nil {
		return nil, err
	}
	for _, h := range c.headers {
		r.Header.Set(h[0], printable(h[1]))
	}
	resp, err := c.via.RoundTrip(r)
	switch {
	case err == nil:
		resp.Body = &carriedBody{resp.Body, ctx}
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	}
	return resp, err
}

// carriedBody is the body of an answer that came without a connection. When ctx
// ends, the error is why.
type carriedBody struct {
	io.ReadCloser
	ctx context.Context
}

// Read reads the body.
func (b *carriedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF && b.ctx.Err() != nil {
		err = context.Cause(b.ctx)
	}
	return n, err
}

// encode returns a request as it is sent.
func (c *carrier) encode(method, path string, body []byte) ([]byte, error) {
	for i := range len(path) {
		if path[i] <= ' ' || path[i] > '~' {
			return nil, fmt.Errorf("%q is no path", path)
		}
	}
	out := make([]byte, 0, len(method)+len(path)+len(c.head)+len(body)+80)
	out = append(append(append(append(out, method...), ' '), path...), c.head...)
	if body != nil {
		out = append(out, "Content-Type: application/json\r\nContent-Length: "...)
		out = append(strconv.AppendInt(out, int64(len(body)), 10), "\r\n"...)
	}
	return append(append(out, "\r\n"...), body...), nil
}

// exchange writes a request and reads the headers of its answer. Without one it
// reports whether a byte of the request may have gone out.
func (k *kept) exchange(out []byte) (resp *http.Response, wrote bool, err error) {
	if n, err := k.Write(out); err != nil {
		return nil, n > 0, err
	}
	k.left = maxAnswer
	resp, err = http.ReadResponse(k.in, nil)
	if err != nil && k.left <= 0 {
		err = errHeaders // and not what their cut end looks like
	}
	k.left = math.MaxInt64
	return resp, true, err
}

// take returns a connection: one that is kept, or a new one.
func (c *carrier) take(ctx context.Context) (k *kept, reused bool, err error) {
	if ctx.Err() != nil {
		return nil, false, context.Cause(ctx)
	}
	c.mu.Lock()
	for n := len(c.idle) - 1; n >= 0 && k == nil; n-- {
		last := c.idle[n]
		if c.idle = c.idle[:n]; time.Since(last.since) < idleFor {
			k = last
		} else {
			_ = last.Close()
		}
	}
	c.mu.Unlock()
	if k != nil {
		return k, true, nil
	}
	conn, err := c.dial(ctx)
	if err != nil {
		return nil, false, err
	}
	k = &kept{Conn: conn}
	k.in = bufio.NewReader(k)
	return k, false, nil
}

// put keeps a connection for the next request.
func (c *carrier) put(k *kept) {
	k.since = time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || k.in.Buffered() > 0 || len(c.idle) >= maxIdle {
		_ = k.Close()
		return
	}
	c.idle = append(c.idle, k)
}

// drop closes the connections that are kept.
func (c *carrier) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range c.idle {
		_ = k.Close()
	}
	c.idle = nil
}

// close has no connection kept any more.
func (c *carrier) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.drop()
}

// answerBody is the body of an answer. When it was read to its end, its
// connection is kept; when it is closed before, so is that.
type answerBody struct {
	io.ReadCloser
	ctx     context.Context
	carrier *carrier
	from    *kept
	stop    func() bool // keeps the end of ctx from closing the connection
	again   bool        // the connection may be kept
	over    error       // why nothing is read any more; nil while there may be more
}

// Read reads the body.
func (b *answerBody) Read(p []byte) (int, error) {
	if b.over != nil {
		return 0, b.over
	}
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		if err != io.EOF && b.ctx.Err() != nil {
			err = context.Cause(b.ctx)
		}
		b.end(err)
	}
	return n, err
}

// Close lets go of the connection. It never fails.
func (b *answerBody) Close() error {
	b.end(errClosed)
	return nil
}

// end notes why nothing is read any more; [io.EOF] is the end of the answer.
func (b *answerBody) end(why error) {
	if b.over != nil {
		return
	}
	if b.over = why; b.stop() && why == io.EOF && b.again {
		b.carrier.put(b.from)
		return
	}
	_ = b.from.Close()
}

// Package api is a client of SignalWire's Compatibility REST API: recordings,
// and the calls and conferences that they are of.
//
// It is liberal in what it reads: a field that cannot be understood is kept as
// it came and never costs its row, and an unreadable row never its page. Whatever is not
// 2xx becomes one [*Error]. It is strict in where it sends: the token goes to
// the configured host over https (http only to loopback) and nowhere else,
// whatever a redirect or a page's address says.
//
// One method sends one request. A GET is repeated once, at once, when its
// connection was dropped; an update never is. The client does not wait, back
// off or remember: that is the deck's. The endpoints and what is known of them
// are in api/CONTRACT.md.
package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"tapedeck/api/secret"
	"tapedeck/api/text"
)

// Limits of one request. A page may be large and slow; nothing may be endless.
const (
	connectTimeout = 5 * time.Second
	headerTimeout  = 10 * time.Second
	readTimeout    = 20 * time.Second // a whole GET
	updateTimeout  = 10 * time.Second // a whole POST; then its outcome is unknown

	// drainTimeout is how long a body that said all may go on, before its
	// connection is given up.
	drainTimeout = 100 * time.Millisecond

	maxPageBytes  = 128 << 20 // a page of 1,000 rows, the API's most, is about 1 MB
	maxRows       = 100_000   // of one page
	maxOneBytes   = maxValueBytes
	maxErrorBytes = 1 << 20
	maxDrainBytes = 64 << 10
)

// basePath is the documented prefix of every path (contract section 1).
const basePath = "/api/laml/2010-04-01/Accounts/"

// Config says which space a client speaks to, and as whom.
type Config struct {
	Space     string       // https://example.signalwire.com; http only to loopback
	Project   string       // the project's ID, the API's AccountSid
	Token     secret.Token // the project's API token
	UserAgent string       // "tapedeck" when empty
	// Transport carries the requests; nil for the network. The simulator's
	// answers in-process.
	Transport http.RoundTripper
	// Observe, when set, is told of every request sent, when it has ended. It
	// is called from many goroutines.
	Observe func(Exchange)
}

// Exchange is one request and its answer, as far as it got.
type Exchange struct {
	Method     string
	Path       string // of the URL, without the query, escaped
	StatusCode int    // HTTP status; 0 for no answer
	Bytes      int64  // of the body, before compression
	// HeaderBytes is how long the headers of request and answer are, written
	// as in HTTP/1.1; 0 for no answer.
	HeaderBytes int
	Date        time.Time // the answer's Date header, the server's clock; zero without one
	Began       time.Time
	Answered    time.Time // when the headers had come; zero for no answer
	Ended       time.Time
	Err         error
}

// Format writes which space and project the client is for, for every verb. It
// never goes into Transport, whose buffers hold requests.
func (c Config) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "project %s of %s", text.New(c.Project), text.New(hostOf(c.Space)))
}

// Client sends requests to one project of one space. It is safe for
// concurrent use.
//
// What could lead to the token, or to the buffers of a connection, is behind
// functions: no way of printing a client, or what holds one, gets there.
type Client struct {
	base      url.URL // scheme and host only
	account   string  // the path up to the project, without a slash at the end
	userAgent string
	authorize func(*http.Request)
	do        func(*http.Request) (*http.Response, error)
	doFresh   func(*http.Request) (*http.Response, error) // on a connection of its own
	closeIdle func()
	lines     *lines                                // the requests that are on connections
	proxy     func(*http.Request) (*url.URL, error) // of the transport; nil for none
	observe   func(Exchange)
	// mask takes the token out of a body, in place, should a server repeat it.
	mask func([]byte) bool
	// clean makes what came from outside, in an error, fit to show: safe for
	// the terminal, short, and without the token, should a server repeat it.
	clean func(string) string
}

// New returns a client. The error says which part of c is of no use; it never
// holds the token.
func New(c Config) (*Client, error) {
	u, err := url.Parse(c.Space)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Path != "" && u.Path != "/" ||
		strings.ContainsAny(c.Space, "?#@") {
		return nil, errors.New("use space: want https://HOST, and nothing else") // the rest may be a secret
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
		return nil, fmt.Errorf("use space %s: the token is sent over https only (http to loopback only)", text.New(u.Host))
	}
	project, ok := text.New(c.Project).PathSegment()
	if !ok {
		return nil, errors.New("use project: its ID must be letters, digits and dashes")
	}
	if c.UserAgent == "" {
		c.UserAgent = "tapedeck"
	}
	if c.Transport == nil {
		c.Transport = newTransport()
	}
	if c.Observe == nil {
		c.Observe = func(Exchange) {}
	}
	cl := &Client{
		base:      url.URL{Scheme: u.Scheme, Host: strings.ToLower(u.Host)},
		account:   basePath + project,
		userAgent: c.UserAgent,
		authorize: func(r *http.Request) { r.SetBasicAuth(c.Project, c.Token.Reveal()) },
		observe:   c.Observe,
		lines:     &lines{open: map[*line]struct{}{}},
	}
	redactor := c.Token.Redactor()
	cl.mask, cl.clean = redactor.Mask, cleaner(redactor)
	hc := &http.Client{Transport: c.Transport, CheckRedirect: cl.checkRedirect}
	fresh := &http.Client{Transport: freshTransport(c.Transport), CheckRedirect: cl.checkRedirect}
	cl.do, cl.closeIdle = hc.Do, hc.CloseIdleConnections
	cl.doFresh = fresh.Do
	if t, ok := c.Transport.(*http.Transport); ok {
		cl.proxy = t.Proxy
	}
	return cl, nil
}

// hostOf returns the host in the address of a space, which may hold a password.
func hostOf(space string) string {
	u, err := url.Parse(space)
	if err != nil {
		return "an unreadable space"
	}
	return u.Host
}

// newTransport returns a transport with a limit on each phase. It keeps more
// idle connections than a poll uses, so that an update finds one open.
func newTransport() *http.Transport {
	t := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		OnProxyConnectResponse: proxyAnswered,
		DialContext:            (&net.Dialer{Timeout: connectTimeout, KeepAlive: 15 * time.Second}).DialContext,
		TLSHandshakeTimeout:    connectTimeout,
		ResponseHeaderTimeout:  headerTimeout,
		IdleConnTimeout:        50 * time.Second, // before the other side's, so that no update meets a closed one
		MaxIdleConnsPerHost:    16,
		MaxResponseHeaderBytes: 64 << 10,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 3 * time.Second, PingTimeout: 3 * time.Second},
	}
	if strings.Contains(os.Getenv("GODEBUG"), "http2debug") {
		// net/http would write all that is sent, with the credentials, on standard error.
		t.Protocols, t.ForceAttemptHTTP2, t.HTTP2 = new(http.Protocols), false, nil
		t.Protocols.SetHTTP1(true)
	}
	return t
}

// Close closes the connections that are idle.
func (c *Client) Close() { c.closeIdle() }

// Space returns the host that the client speaks to.
func (c *Client) Space() string { return c.base.Host }

// cleaner returns what [Client.clean] is.
func cleaner(r secret.Redactor) func(string) string {
	return func(s string) string {
		return shorten(text.New(r.Clean(text.New(s).String())).String(), 1000)
	}
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// checkRedirect lets a GET be led elsewhere on the same host, three times at
// most. Anything else would send the token, or an update, somewhere else.
func (c *Client) checkRedirect(req *http.Request, via []*http.Request) error {
	switch {
	case via[0].Method != http.MethodGet:
		return fmt.Errorf("%w: an update is not sent on", ErrRedirect)
	case !sameHost(req.URL, &c.base):
		return fmt.Errorf("%w: it leads to another host, %s", ErrRedirect, shorten(c.clean(req.URL.Host), 80))
	case len(via) > 3:
		return fmt.Errorf("%w: more than 3 in a row", ErrRedirect)
	}
	if t, ok := req.Context().Value(tallyKey{}).(*tally); ok {
		t.hops.Add(1)
	}
	return nil
}

// sameHost reports whether u is on the host, port and scheme of base.
func sameHost(u, base *url.URL) bool {
	port := func(u *url.URL) string {
		if p := u.Port(); p != "" || u.Scheme != "https" {
			return p
		}
		return "443"
	}
	return u.Scheme == base.Scheme && u.User == nil && port(u) == port(base) &&
		strings.EqualFold(u.Hostname(), base.Hostname())
}

// url returns the address of a path below the project.
func (c *Client) url(path string, query url.Values) string {
	u := c.base.String() + c.account + path
	if len(query) > 0 {
		u += "?" + query.Encode()
	}
	return u
}

// path joins literal parts and SIDs, each a segment; a SID that could change
// the path's meaning is refused.
func path(parts ...any) (string, error) {
	var b strings.Builder
	for _, p := range parts {
		b.WriteByte('/')
		switch p := p.(type) {
		case string:
			b.WriteString(p)
		case text.Text:
			seg, ok := p.PathSegment()
			if !ok {
				return "", badSID(p)
			}
			b.WriteString(seg)
		}
	}
	return b.String() + ".json", nil
}

func badSID(sid text.Text) error { return fmt.Errorf("%w: %q", ErrSID, shorten(sid.String(), 40)) }

// get sends a GET and gives its body to read, once more when the connection
// was dropped: before the answer, or in the middle of it.
func (c *Client) get(ctx context.Context, address string, limit int64, read func(io.Reader) error) (Exchange, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	x, err := c.send(ctx, http.MethodGet, address, nil, limit, read)
	if ce, ok := errors.AsType[*connError](err); ok && isDrop(err) && !ce.again && ctx.Err() == nil {
		if Forgotten(err) {
			ctx = FreshConnection(ctx)
		}
		x, err = c.send(ctx, http.MethodGet, address, nil, limit, read)
	}
	return x, err
}

// getOne sends a GET for one resource and returns it as it came.
func (c *Client) getOne(ctx context.Context, path string) (raw value, x Exchange, err error) {
	x, err = c.get(ctx, c.url(path, nil), maxOneBytes, func(r io.Reader) error { return c.readObject(r, &raw) })
	return raw, x, err
}

// request returns a request with the credentials.
func (c *Client) request(ctx context.Context, method, address string, form url.Values) (*http.Request, error) {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	// Without it net/http cannot send a body again, which over HTTP/2 it does
	// after some errors of a server that may have acted already.
	req.GetBody = nil
	guard(req)
	c.authorize(req)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.userAgent)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return req, nil
}

// send sends one request and gives the body of a 2xx answer to read.
func (c *Client) send(ctx context.Context, method, address string, form url.Values, limit int64, read func(io.Reader) error) (x Exchange, err error) {
	ctx, drop := context.WithCancelCause(ctx)
	cancel := func() { drop(nil) }
	defer cancel()
	var sent tally
	sent.line = c.lines.begin(method != http.MethodGet, drop, func(about *line) { c.probe(ctx, method, address, about) })
	defer sent.line.end()
	req, err := c.request(sent.watch(ctx), method, address, form)
	if err != nil {
		return x, fmt.Errorf("%w: %s", ErrPage, c.clean(strip(err).Error()))
	}
	x = Exchange{Method: method, Path: c.clean(req.URL.EscapedPath()), Began: time.Now()}
	defer func() {
		if ce, ok := errors.AsType[*connError](err); ok {
			ce.again, ce.unsent = sent.again(), sent.wanted.Load() && sent.conns.Load() == 0
		}
		if Forgotten(err) {
			c.closeIdle() // the others are as old
		}
		x.Ended, x.Err = time.Now(), err
		c.observe(x)
	}()
	do := c.do
	if isFresh(ctx) || method != http.MethodGet && c.lines.lostOne() {
		do = c.doFresh
	}
	resp, err := do(req)
	if resp != nil { // also with the error of a refused redirect
		defer resp.Body.Close()
		x.Answered, x.StatusCode = time.Now(), resp.StatusCode
		x.Date, _ = http.ParseTime(resp.Header.Get("Date"))
		x.HeaderBytes = headerBytes(req, resp)
	}
	if err != nil {
		switch {
		case Forgotten(context.Cause(ctx)):
			err = errForgotten
		case sent.wanted.Load() && sent.conns.Load() == 0:
			err = c.byProxy(strip(err), req)
		}
		return x, c.connError(err)
	}
	about, _ := ctx.Value(probeKey{}).(*line)
	sent.line.answered(about)
	return x, c.readBody(resp, &x, cancel, limit, read)
}

// headerBytes returns how long the headers of a request and its answer are,
// written as in HTTP/1.1. What net/http adds by itself is counted too.
func headerBytes(req *http.Request, resp *http.Response) int {
	n := len(req.Method) + len(req.URL.RequestURI()) + len("  HTTP/1.1\r\n\r\n") +
		len("Host: \r\nAccept-Encoding: gzip\r\n") + len(req.URL.Host) +
		len("HTTP/1.1 \r\n\r\n") + len(resp.Status)
	for _, h := range []http.Header{req.Header, resp.Header} {
		for name, values := range h {
			for _, v := range values {
				n += len(name) + len(v) + len(": \r\n")
			}
		}
	}
	return n
}

// tally counts the connections that a request was given and the redirects that
// it followed: net/http by itself sends a GET again when a connection that was
// kept open turns out to be closed.
type tally struct {
	conns, hops atomic.Int32
	wanted      atomic.Bool // a connection was asked for
	line        *line
}

type tallyKey struct{}

func (t *tally) watch(ctx context.Context) context.Context {
	ctx = context.WithValue(ctx, tallyKey{}, t)
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { t.wanted.Store(true) },
		GotConn: func(info httptrace.GotConnInfo) { t.conns.Add(1); t.line.got(info) },
	})
}

func (t *tally) again() bool { return t.conns.Load() > t.hops.Load()+1 }

// readBody reads an answer: its resource, or its error. What follows a resource
// is of no interest; a little of it is read, so that the connection serves again.
func (c *Client) readBody(resp *http.Response, x *Exchange, cancel func(), limit int64, read func(io.Reader) error) error {
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		b, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBytes))
		x.Bytes = int64(len(b))
		c.mask(b)
		e := newError(resp, b, x.Answered, c.clean)
		if resp.StatusCode >= 300 && resp.StatusCode <= 399 {
			return fmt.Errorf("%w: %w", ErrRedirect, e)
		}
		return e
	}
	src := &source{r: resp.Body, left: limit}
	err := read(src)
	x.Bytes = src.n
	switch {
	case err == nil:
		defer time.AfterFunc(drainTimeout, cancel).Stop()
		_, _ = io.CopyN(io.Discard, resp.Body, maxDrainBytes)
		return nil
	case errors.Is(src.err, errTooLong):
		return fmt.Errorf("%w: the body is over %d MB", ErrUnreadable, limit>>20)
	case src.err != nil && (isTimeout(src.err) || isDrop(c.connError(src.err)) || errors.Is(src.err, context.Canceled)):
		return c.connError(src.err)
	case src.err != nil:
		return fmt.Errorf("%w: %w", ErrUnreadable, c.connError(src.err)) // compression, or chunks
	}
	if strings.HasPrefix(strings.ToLower(resp.Header.Get("Content-Type")), "text/html") {
		return fmt.Errorf("%w: %w", ErrUnreadable, errWebPage)
	}
	return fmt.Errorf("%w: %w", ErrUnreadable, err)
}

var errTooLong = errors.New("body too long")

// source reads a body, counts it, stops at a limit, and keeps the error of the
// connection apart from what a decoder makes of it.
type source struct {
	r    io.Reader
	n    int64 // bytes read
	left int64
	err  error // not io.EOF
}

func (s *source) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	s.n += int64(n)
	if s.left -= int64(n); s.left < 0 {
		err = errTooLong
	}
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// readObject reads one JSON object, without the token.
func (c *Client) readObject(r io.Reader, raw *value) error {
	err := readObject(r, raw)
	c.mask(*raw)
	return err
}

// readObject reads one JSON object.
func readObject(r io.Reader, raw *value) error {
	s := newScanner(r, 4<<10)
	if err := s.isObject(); err != nil {
		return err
	}
	v, err := s.value()
	*raw = v
	return err
}

// connError makes an error of net/http fit to show. Words that are fit already
// stay as they are.
func (c *Client) connError(err error) error {
	err = strip(err)
	return &connError{err: err, shown: shorten(c.clean(err.Error()), 300)}
}

// strip takes the URL off an error of net/http: who reads it knows what was
// asked, and a query has no place in it.
func strip(err error) error {
	if ue, ok := errors.AsType[*url.Error](err); ok {
		return ue.Err
	}
	return err
}

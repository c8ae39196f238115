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
	"sync"
	"time"
)

const (
	// forgottenAfter is how long a request on a connection that was open already
	// may be without an answer before it is held against another connection.
	forgottenAfter = time.Second
	// probeEvery is the time between two requests that do nothing but that: a
	// server that is slow does not get twice the work.
	probeEvery = 10 * time.Second
)

// errForgotten is that a connection was given up: it had no answer, while a
// request that began later had one on another connection. Its other side may
// have got the request.
var errForgotten = fmt.Errorf("no answer on this connection, and one on another: it was given up: %w", io.ErrUnexpectedEOF)

// Forgotten reports whether err is that the connection of a request was given
// up, for it had no answer for 1 s while another connection had one to a request
// that began later. Whether the request arrived is not known.
func Forgotten(err error) bool { return errors.Is(err, errForgotten) }

// lines are the requests that are on connections. A network may forget a
// connection without a word to either side: what is sent on it is lost, and only
// another connection tells that it is not the server.
type lines struct {
	mu     sync.Mutex
	open   map[*line]struct{}
	probed time.Time // when the last probe was sent
	lost   time.Time // when a connection was given up last
	proven time.Time // when a read was answered only when it was repeated
	newest evidence  // of the answers, that of the request that began last
}

// evidence is a request that was answered.
type evidence struct {
	began time.Time
	conn  net.Conn
}

// line is one request and its connection.
type line struct {
	of     *lines
	update bool // whether any answer counts against it; else only one to the same request
	drop   context.CancelCauseFunc
	probe  func(*line)

	// lines.mu guards what follows.
	conn   net.Conn // nil before there is one
	reused bool     // it was open already
	sent   time.Time
	timer  *time.Timer
}

// begin adds a request. Drop is called when its connection is given up, and
// probe, in a goroutine of its own, to send a request on another one.
func (l *lines) begin(update bool, drop context.CancelCauseFunc, probe func(*line)) *line {
	n := &line{of: l, update: update, drop: drop, probe: probe}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[n] = struct{}{}
	return n
}

// got notes which connection the request goes on, which may be another one than
// before. One that was just made is not forgotten.
func (n *line) got(info httptrace.GotConnInfo) {
	n.of.mu.Lock()
	defer n.of.mu.Unlock()
	n.conn, n.reused, n.sent = info.Conn, info.Reused, time.Now()
	if n.timer != nil {
		n.timer.Stop()
	}
	if n.reused {
		n.timer = time.AfterFunc(forgottenAfter, n.late)
	}
}

// late finds that there is no answer after a second.
func (n *line) late() {
	l := n.of
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, open := l.open[n]; !open {
		return
	}
	if n.update && n.against(l.newest) || l.proven.After(n.sent) {
		n.forget()
		return
	}
	if time.Since(l.probed) >= probeEvery {
		l.probed = time.Now()
		go n.probe(n)
	}
}

// end takes the request away: it has been answered, or never will be.
func (n *line) end() {
	n.of.mu.Lock()
	defer n.of.mu.Unlock()
	delete(n.of.open, n)
	if n.timer != nil {
		n.timer.Stop()
	}
}

// answered notes that the request has an answer, which counts against updates
// that were sent before and have none. That of a probe that repeats a read counts
// against every request that has waited as long.
func (n *line) answered(about *line) {
	l := n.of
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, n)
	if n.conn == nil {
		return
	}
	e := evidence{n.sent, n.conn}
	if e.began.After(l.newest.began) {
		l.newest = e
	}
	if _, open := l.open[about]; open && !about.update && about.against(e) {
		l.proven = time.Now() // of one connection, so of all that are as old
	}
	for o := range l.open {
		if (o.update || l.proven.After(o.sent)) && o.against(e) {
			o.forget()
		}
	}
}

// against reports whether an answer to another request says that this one's
// connection is forgotten. The mutex must be held.
func (n *line) against(e evidence) bool {
	return n.reused && e.conn != nil && e.conn != n.conn && e.began.After(n.sent) && time.Since(n.sent) >= forgottenAfter
}

// forget gives the connection up. What lies in the kernel's buffers must not
// arrive later, when nobody expects it any more. The mutex must be held.
func (n *line) forget() {
	delete(n.of.open, n)
	n.of.lost, n.of.probed = time.Now(), time.Time{}
	conn := n.conn
	if outer, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = outer.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	n.drop(errForgotten)
	_ = conn.Close() // over HTTP/2, with all that is on it
}

// lostOne reports whether a connection was given up a moment ago. The others
// that are open are as old, or are about to be closed.
func (l *lines) lostOne() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.lost.IsZero() && time.Since(l.lost) < forgottenAfter
}

// probeKey is the key of the request that a probe is about, in its context.
type probeKey struct{}

// probe sends a request on a connection of its own, for one that has no answer:
// a GET is repeated, for an update the shortest list is read. Only that there is
// an answer counts.
func (c *Client) probe(ctx context.Context, method, address string, about *line) {
	if method != http.MethodGet {
		address = c.url("/Recordings.json", url.Values{"PageSize": {"1"}})
	}
	ctx = FreshConnection(context.WithValue(ctx, probeKey{}, about))
	_, _ = c.send(ctx, http.MethodGet, address, nil, maxPageBytes, func(io.Reader) error { return nil })
}

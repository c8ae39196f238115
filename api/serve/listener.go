package serve

import (
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"tapedeck/api/crash"
	"tapedeck/api/local"
)

// gated is the service's listener: it finds out who connects before anything is
// read, and turns away those who have too many connections.
type gated struct {
	net.Listener
	peerOf  func(net.Conn) (Peer, error)
	conns   *conns
	own     int                   // the service's user
	refused func(code local.Code) // counts a refusal

	accepted  uint64       // connections; only Accept uses it
	lingering atomic.Int64 // connections that were turned away and are not closed yet
}

const (
	lingerTime   = time.Second
	maxLingering = 32
)

// Accept returns the next connection of somebody who is known.
func (l *gated) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		peer, err := l.peerOf(c)
		switch {
		case err != nil:
			l.turnAway(c, 403, &local.Refusal{Code: local.CodeUser, Error: "the system does not tell who you are"})
		case !l.conns.enter(peer.UID, peer.UID == 0 || peer.UID == l.own):
			l.turnAway(c, 429, &local.Refusal{Code: local.CodeTooMany, Error: "you have too many connections: " + strconv.Itoa(maxConnsPerUser) + " are allowed", Hint: "end some of your sessions; tapedeck sessions lists them"})
		default:
			l.accepted++
			return &conn{Conn: c, peer: peer, number: l.accepted, leave: sync.OnceFunc(func() { l.conns.leave(peer.UID) })}, nil
		}
	}
}

// turnAway answers a connection, and closes it. Nobody is waited for here.
func (l *gated) turnAway(c net.Conn, status int, refusal *local.Refusal) {
	l.refused(refusal.Code)
	body := string(encodeJSON(refusal))
	answer := []byte(strings.Join([]string{
		"HTTP/1.1 " + strconv.Itoa(status) + " " + http.StatusText(status), "Content-Type: application/json", "Connection: close",
		"Content-Length: " + strconv.Itoa(len(body)), "", body,
	}, "\r\n"))
	_ = c.SetDeadline(time.Now().Add(lingerTime))
	if l.lingering.Add(1) > maxLingering {
		l.lingering.Add(-1)
		_, _ = c.Write(answer) // it fits into the socket's buffer
		_ = c.Close()
		return
	}
	// A client takes an answer for one only after its request, and who is still
	// writing would not read that of a connection that is closed.
	go func() {
		defer crash.Guard()
		defer l.lingering.Add(-1)
		_, _ = c.Read(make([]byte, maxHeader))
		_ = c.SetDeadline(time.Now().Add(lingerTime))
		_, _ = c.Write(answer)
		_, _ = io.CopyN(io.Discard, c, local.MaxBody)
		_ = c.Close()
	}()
}

// conn is a connection of somebody who is known.
type conn struct {
	net.Conn
	peer    Peer
	insider *Insider // who came in by SSH: there is no socket, and the peer has a number alone; nil for others
	known   atomic.Pointer[knownPermit]
	number  uint64 // from 1; 0 for an insider's
	leave   func()

	mu     sync.Mutex
	gone   bool
	onGone []func() // what is done when the connection is closed
}

// Close closes the connection.
func (c *conn) Close() error {
	var err error
	if c.Conn != nil {
		err = c.Conn.Close()
	}
	c.leave()
	c.mu.Lock()
	todo := c.onGone
	c.gone, c.onGone = true, nil
	c.mu.Unlock()
	for _, f := range todo {
		f()
	}
	return err
}

// whenGone has f called when the connection is closed. It reports false, and does
// nothing, where it is closed already.
func (c *conn) whenGone(f func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		return false
	}
	c.onGone = append(c.onGone, f)
	return true
}

// isGone reports whether the connection is closed.
func (c *conn) isGone() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gone
}

// name returns what the one at the other end is called.
func (c *conn) name(n *names) string {
	if c.insider != nil {
		return c.insider.Name()
	}
	return n.personName(c.peer.UID)
}

type connKey struct{}

// withConn has a request know its connection; see [http.Server.ConnContext].
func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// connOf returns the connection of a request; nil for one that came by another
// way than the listener.
func connOf(ctx context.Context) *conn {
	c, _ := ctx.Value(connKey{}).(*conn)
	return c
}

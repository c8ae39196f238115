package sshd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"charm.land/ssh"
	"github.com/pires/go-proxyproto"
	gossh "golang.org/x/crypto/ssh"

	"tapedeck/api/crash"
)

const (
	maxConns        = 4096             // at one time
	maxSessions     = 10               // of one connection
	maxKeySessions  = 64               // of one key
	keepaliveEvery  = 15 * time.Second // between two questions whether the client is there
	keepaliveMissed = 3                // that end it
	unusedTime      = 10 * time.Minute // that a connection may have no session
)

// conn is one connection, from its first byte on.
type conn struct {
	server *Server
	ctx    ssh.Context
	net    net.Conn
	slot   *slotConn

	// The mutex of the server guards what follows.
	identity Identity
	key      gossh.PublicKey
	ssh      *gossh.ServerConn // nil until it is proven
	sessions map[*Session]bool
	tried    bool        // a key was refused
	shutting bool        // it ends because its key does not let it in any more
	alive    *time.Timer // of the next keepalive
	missed   int         // keepalives without an answer
	unused   *time.Timer // ends it when it has no session
}

// connKey is where the context of a connection has its *conn.
type connKey struct{}

// enter takes a connection, or returns nil for one that is refused.
func (s *Server) enter(ctx ssh.Context, nc net.Conn) net.Conn {
	from := addressOf(nc.RemoteAddr()) // waits for the header of a proxy
	c := &conn{server: s, ctx: ctx, net: nc, sessions: map[*Session]bool{}}
	switch in := nc.(type) {
	case *slotConn:
		c.slot = in
	case *proxyproto.Conn:
		c.slot, _ = in.Raw().(*slotConn)
	}
	if !s.fails.allow(from, time.Now()) {
		s.o.Count(TooManyFailures)
		s.log.refused("refused %s: %s", from, TooManyFailures)
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended != nil {
		return nil
	}
	if len(s.conns) >= maxConns {
		s.o.Count(TooMany)
		s.log.refused("refused %s: %s", from, TooMany)
		return nil
	}
	s.conns[c] = true
	ctx.SetValue(connKey{}, c)
	context.AfterFunc(ctx, c.drop) // the library ends it with the connection
	return nc
}

func connOf(ctx context.Context) *conn {
	c, _ := ctx.Value(connKey{}).(*conn)
	return c
}

// proven notes that a key was proven: from then on others may come in.
func (c *conn) proven() {
	if c.slot != nil {
		c.slot.proven()
	}
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.alive = time.AfterFunc(keepaliveEvery, c.keepalive)
	c.unused = time.AfterFunc(handshakeTime, c.closeUnused)
}

// established notes what was proven, when the first session wants it.
func (c *conn) established(sc *gossh.ServerConn) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	if c.ssh != nil {
		return
	}
	c.ssh = sc
	c.identity, _ = sc.Permissions.ExtraData[identityKey{}].(Identity)
	c.key, _ = sc.Permissions.ExtraData[publicKey{}].(gossh.PublicKey)
}

// who returns what was proven; a nil key is that nothing is known yet.
func (c *conn) who() (Identity, gossh.PublicKey) {
	if sc, ok := c.ctx.Value(ssh.ContextKeyConn).(*gossh.ServerConn); ok {
		c.established(sc)
	}
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	return c.identity, c.key
}

// failed is called for a connection that has ended before it was proven.
func (s *Server) failed(nc net.Conn, err error) {
	if _, ok := errors.AsType[*gossh.AlgorithmNegotiationError](err); ok {
		s.o.Count(Algorithm)
		s.log.refused("refused %s: %s", addressOf(nc.RemoteAddr()), quoted(err.Error()))
	}
}

// drop forgets a connection that is over.
func (c *conn) drop() {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	for _, t := range []*time.Timer{c.alive, c.unused} {
		if t != nil {
			t.Stop()
		}
	}
	if c.alive == nil && c.tried {
		s.fails.add(addressOf(c.net.RemoteAddr()), time.Now())
	}
}

// keepalive asks whether the client is there. Its answer may be that it does not
// know the question.
func (c *conn) keepalive() {
	defer crash.Guard()
	c.server.mu.Lock()
	sc, _ := c.ctx.Value(ssh.ContextKeyConn).(*gossh.ServerConn)
	c.missed++
	missed := c.missed
	over := !c.server.conns[c]
	if !over {
		c.alive.Reset(keepaliveEvery)
	}
	c.server.mu.Unlock()
	switch {
	case over:
		return
	case missed > keepaliveMissed:
		_ = c.net.Close()
		return
	case sc == nil || missed > 1: // one question at a time
		return
	}
	if _, _, err := sc.SendRequest("keepalive@openssh.com", true, nil); err != nil {
		return
	}
	c.server.mu.Lock()
	c.missed = 0
	c.server.mu.Unlock()
}

// closeUnused ends a connection that has no session.
func (c *conn) closeUnused() {
	c.server.mu.Lock()
	used := len(c.sessions) > 0
	c.server.mu.Unlock()
	if !used {
		_ = c.net.Close()
	}
}

// end ends the sessions of a connection, with the reason, and then the connection:
// when the client has taken what was sent last, the exit status, or has had some
// seconds for it.
func (c *conn) end(why error) {
	c.server.mu.Lock()
	list := make([]*Session, 0, len(c.sessions))
	for s := range c.sessions {
		list = append(list, s)
	}
	c.server.mu.Unlock()
	for _, s := range list {
		s.End(why)
	}
	go func() {
		defer crash.Guard()
		for _, s := range list {
			<-s.over
			<-s.gone // at the latest when its connection is closed; see finish
		}
		_ = c.net.Close()
	}()
}

// add takes one more session, or says why it does not.
func (c *conn) add(s *Session) error {
	srv := c.server
	srv.mu.Lock()
	defer srv.mu.Unlock()
	switch {
	case srv.ended != nil:
		return srv.ended
	case len(c.sessions) >= maxSessions:
		return fmt.Errorf("a connection has %d sessions at most", maxSessions)
	case srv.keys[c.identity.Fingerprint] >= maxKeySessions:
		return fmt.Errorf("a key has %d sessions at most", maxKeySessions)
	}
	c.sessions[s] = true
	srv.keys[c.identity.Fingerprint]++
	srv.running.Add(2) // the session, and its channel
	c.unused.Stop()
	return nil
}

// remove takes a session that is over away.
func (c *conn) remove(s *Session) {
	srv := c.server
	srv.mu.Lock()
	defer srv.mu.Unlock()
	delete(c.sessions, s)
	if srv.keys[c.identity.Fingerprint]--; srv.keys[c.identity.Fingerprint] <= 0 {
		delete(srv.keys, c.identity.Fingerprint)
	}
	if len(c.sessions) == 0 && srv.conns[c] { // one that is over must not be kept for so long
		c.unused.Reset(unusedTime)
	}
	srv.running.Done()
}

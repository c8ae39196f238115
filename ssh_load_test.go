//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// loadOrder is what the process of the clients is told to do.
type loadOrder struct {
	Do   string // connect, bytes, arm, seen, blind, leave or drop
	N    int    // connect: how many clients more
	Addr string // connect
	Keys [][]byte
	Text string // arm: what is waited for on each screen
}

// loadAnswer is what it did.
type loadAnswer struct {
	Seconds float64 // connect: until the last had its screen
	Errors  []string
	Bytes   int64   // bytes: that the sessions have received, in all
	Wire    int64   // bytes: that came by the connections, with all of SSH
	Frames  int64   // bytes: in how many pieces of more than a few bytes
	Seen    []int64 // seen: when each saw it, in ns of the epoch; 0 for not yet
}

// load is many clients in a process of their own, so that what they cost is not
// the server's.
type load struct {
	clients []*loadClient
	armed   atomic.Pointer[[]byte]
	bytes   atomic.Int64
	wire    atomic.Int64
	frames  atomic.Int64
}

// loadClient is one client with one session.
type loadClient struct {
	conn  net.Conn
	ssh   gossh.Conn
	ch    gossh.Channel
	first chan struct{} // closed when it has a screen
	seen  atomic.Int64

	mu   sync.Mutex
	last []byte    // of what it has received
	at   time.Time // when
	err  error     // that has ended it
}

// countedConn counts what is read.
type countedConn struct {
	net.Conn
	n *atomic.Int64
}

func (c countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// runLoad does what stdin says, a line of JSON at a time.
func runLoad() {
	l := &load{}
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var o loadOrder
		if in.Decode(&o) != nil {
			return
		}
		_ = out.Encode(l.do(o))
	}
}

func (l *load) do(o loadOrder) (a loadAnswer) {
	switch o.Do {
	case "connect":
		return l.connect(o)
	case "bytes":
		a.Bytes, a.Wire, a.Frames = l.bytes.Load(), l.wire.Load(), l.frames.Load()
	case "arm":
		text := []byte(o.Text)
		for _, c := range l.clients {
			c.seen.Store(0)
		}
		l.armed.Store(&text)
	case "seen":
		for _, c := range l.clients {
			a.Seen = append(a.Seen, c.seen.Load())
		}
	case "blind": // what those have received last who have not seen it
		for _, c := range l.clients {
			if c.seen.Load() == 0 {
				c.mu.Lock()
				a.Errors = append(a.Errors, fmt.Sprintf("%v, %v ago: %q", c.err, time.Since(c.at), c.last))
				c.mu.Unlock()
			}
		}
	case "leave":
		for _, c := range l.clients {
			_ = c.ssh.Close()
		}
		l.clients = nil
	case "drop": // with keys that nobody has read
		for _, c := range l.clients {
			_, _ = c.ch.Write(bytes.Repeat([]byte("jk"), 500))
			_ = c.conn.Close()
		}
		l.clients = nil
	}
	return a
}

// connect connects clients, 100 at a time, and waits until each has a screen.
func (l *load) connect(o loadOrder) (a loadAnswer) {
	signers := make([]gossh.Signer, len(o.Keys))
	for i, pem := range o.Keys {
		var err error
		if signers[i], err = gossh.ParsePrivateKey(pem); err != nil {
			return loadAnswer{Errors: []string{err.Error()}}
		}
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	room := make(chan struct{}, 100)
	began := time.Now()
	for i := range o.N {
		all.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			c, err := l.dial(o.Addr, signers[i%len(signers)])
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				a.Errors = append(a.Errors, err.Error())
				return
			}
			l.clients = append(l.clients, c)
		})
	}
	all.Wait()
	a.Seconds = time.Since(began).Seconds()
	return a
}

// dial opens one session with a terminal of 80x24.
func (l *load) dial(addr string, key gossh.Signer) (*loadClient, error) {
	nc, err := net.DialTimeout("tcp", addr, time.Minute)
	if err != nil {
		return nil, err
	}
	c := &loadClient{conn: nc, first: make(chan struct{})}
	conn, chans, requests, err := gossh.NewClientConn(countedConn{nc, &l.wire}, addr, &gossh.ClientConfig{
		User: "bench", Auth: []gossh.AuthMethod{gossh.PublicKeys(key)}, HostKeyCallback: gossh.InsecureIgnoreHostKey(), // #nosec G106 -- a benchmark's own server
	})
	if err != nil {
		return nil, err
	}
	c.ssh = conn
	go gossh.DiscardRequests(requests)
	go func() {
		for ch := range chans {
			_ = ch.Reject(gossh.Prohibited, "no")
		}
	}()
	ch, asked, err := conn.OpenChannel("session", nil)
	if err != nil {
		return nil, err
	}
	go gossh.DiscardRequests(asked)
	c.ch = ch
	pty := struct {
		Term       string
		W, H, X, Y uint32
		Modes      string
	}{"xterm-256color", 80, 24, 0, 0, "\x00"}
	if ok, err := ch.SendRequest("pty-req", true, gossh.Marshal(pty)); err != nil || !ok {
		return nil, fmt.Errorf("pty-req: %w", errors.Join(err, errors.New("refused")))
	}
	_, _ = ch.SendRequest("env", false, gossh.Marshal(struct{ Name, Value string }{"LANG", "C.UTF-8"}))
	if ok, err := ch.SendRequest("shell", true, nil); err != nil || !ok {
		return nil, fmt.Errorf("shell: %w", errors.Join(err, errors.New("refused")))
	}
	go c.read(l)
	select {
	case <-c.first:
		return c, nil
	case <-time.After(time.Minute):
		return nil, errors.New("no screen within a minute")
	}
}

// read reads what a terminal would show, answers as one, and looks for what is
// waited for.
func (c *loadClient) read(l *load) {
	b, tail := make([]byte, 16<<10), []byte(nil)
	total, open := 0, true
	for {
		n, err := c.ch.Read(b)
		c.mu.Lock()
		c.last, c.at, c.err = append(c.last, b[:n]...), time.Now(), err
		if over := len(c.last) - 2000; over > 0 {
			c.last = append(c.last[:0], c.last[over:]...)
		}
		c.mu.Unlock()
		if err != nil {
			if open {
				_ = c.ssh.Close()
			}
			return
		}
		now := time.Now().UnixNano()
		l.bytes.Add(int64(n))
		if n > 40 { // more than the age of the data
			l.frames.Add(1)
		}
		if bytes.Contains(b[:n], []byte("\x1b[6n")) {
			_, _ = io.WriteString(c.ch, "\x1b[3;2R")
		}
		if total += n; open && total > 500 { // more than what asks the terminal
			open = false
			close(c.first)
		}
		text := l.armed.Load()
		if text == nil || c.seen.Load() != 0 {
			tail = tail[:0]
			continue
		}
		tail = append(tail, b[:n]...)
		if bytes.Contains(tail, *text) {
			c.seen.Store(now)
		}
		if keep := len(*text); len(tail) > keep {
			tail = append(tail[:0], tail[len(tail)-keep:]...)
		}
	}
}

package share

import (
	"net"
	"sync"
	"testing"
)

// relay is the way between hosts and a server, which can be cut, and stopped so
// that what is sent comes later.
type relay struct {
	t      testing.TB
	listen net.Listener
	to     string
	mu     sync.Mutex
	going  chan struct{} // closed while it goes; else it waits for that
	conns  map[net.Conn]bool
	refuse bool
	bytes  int64 // that went through
}

func relayTo(t testing.TB, server string) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{t: t, listen: l, to: server, going: make(chan struct{}), conns: map[net.Conn]bool{}}
	close(r.going)
	done := make(chan struct{})
	go func() { defer close(done); r.accept() }()
	t.Cleanup(func() {
		_ = l.Close()
		r.pass()
		r.cut()
		<-done
	})
	return r
}

func (r *relay) url() string { return "nats://" + r.listen.Addr().String() }

func (r *relay) accept() {
	var group sync.WaitGroup
	defer group.Wait()
	for {
		c, err := r.listen.Accept()
		if err != nil {
			return
		}
		s, err := net.Dial("tcp", r.to)
		r.mu.Lock()
		if err != nil || r.refuse {
			_ = c.Close()
			if s != nil {
				_ = s.Close()
			}
			r.mu.Unlock()
			continue
		}
		r.conns[c], r.conns[s] = true, true
		r.mu.Unlock()
		group.Go(func() { r.copy(c, s) })
		group.Go(func() { r.copy(s, c) })
	}
}

// copy passes on what one says, once it goes.
func (r *relay) copy(from, to net.Conn) {
	defer from.Close()
	defer to.Close()
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		r.mu.Lock()
		going := r.going
		r.bytes += int64(n)
		r.mu.Unlock()
		<-going
		if n > 0 {
			if _, werr := to.Write(b[:n]); werr != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// through returns how many bytes went through.
func (r *relay) through() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bytes
}

// stop has what is sent wait: nobody is told that it does not arrive.
func (r *relay) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.going:
		r.going = make(chan struct{})
	default: // it is stopped
	}
}

// pass lets everything through that waits, and what comes.
func (r *relay) pass() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuse = false
	select {
	case <-r.going:
	default:
		close(r.going)
	}
}

// cut ends the connections.
func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.conns {
		_ = c.Close()
	}
	clear(r.conns)
}

// close ends the connections, and makes no new ones until pass.
func (r *relay) close() {
	r.mu.Lock()
	r.refuse = true
	r.mu.Unlock()
	r.cut()
}

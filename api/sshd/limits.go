package sshd

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"tapedeck/api/crash"
)

const (
	maxUnproven = 256         // connections that have proven nothing yet, at one time
	evictAfter  = time.Second // that nobody more could come in

	maxFailures  = 10              // failed logins of an address at once
	failureEvery = 6 * time.Second // and on the average
	maxAddresses = 4096            // whose failures are remembered
	maxLogged    = 10              // refused logins in a second that the log has
)

// slots are for connections that have proven nothing yet. Where all are taken the
// next one waits, in the listener's queue; and where that lasts, the address that has
// the most makes room: see evict. So no burst of logins is refused, and nobody who
// only holds connections keeps others out.
type slots struct {
	free chan struct{}
	done chan struct{} // closed when nobody more is to come in
	once sync.Once

	mu   sync.Mutex
	held []*slotConn // the oldest first
}

func newSlots(n int) *slots {
	s := &slots{free: make(chan struct{}, n), done: make(chan struct{})}
	for range n {
		s.free <- struct{}{}
	}
	return s
}

// close has nobody wait for a slot any more.
func (s *slots) close() { s.once.Do(func() { close(s.done) }) }

// take waits for a slot, and makes one where none comes. False is that the server
// has ended.
func (s *slots) take() bool {
	for {
		select {
		case <-s.free:
			return true
		case <-s.done:
			return false
		case <-time.After(evictAfter):
			s.evict()
		}
	}
}

// evict makes room at the address that has the most slots: it closes the connections
// of it that have sent nothing for so long, and where there are none, the oldest one.
func (s *slots) evict() {
	s.mu.Lock()
	count := map[netip.Addr]int{}
	var oldest *slotConn
	for _, c := range s.held {
		count[c.from]++
	}
	for _, c := range s.held {
		if oldest == nil || count[c.from] > count[oldest.from] {
			oldest = c
		}
	}
	var over []*slotConn
	for _, c := range s.held {
		if c.from == oldest.from && !c.heard.Load() && time.Since(c.since) >= evictAfter {
			over = append(over, c)
		}
	}
	s.mu.Unlock()
	if len(over) == 0 && oldest != nil {
		over = append(over, oldest)
	}
	for _, c := range over {
		_ = c.Close()
	}
}

// slotListener gives each connection a slot.
type slotListener struct {
	net.Listener
	slots *slots
}

// Accept waits for a slot, and then for a connection.
func (l *slotListener) Accept() (net.Conn, error) {
	if !l.slots.take() {
		return nil, net.ErrClosed
	}
	nc, err := l.Listener.Accept()
	if err != nil {
		l.slots.free <- struct{}{}
		return nil, err
	}
	c := &slotConn{Conn: nc, slots: l.slots, from: addressOf(nc.RemoteAddr()), since: time.Now()}
	l.slots.mu.Lock()
	l.slots.held = append(l.slots.held, c)
	l.slots.mu.Unlock()
	return c, nil
}

// slotConn is a connection that has a slot until it has proven a key, or is
// closed.
type slotConn struct {
	net.Conn
	slots *slots
	from  netip.Addr
	since time.Time
	heard atomic.Bool // it has sent something
	once  sync.Once
}

// Read notes that the client has sent something.
func (c *slotConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && !c.heard.Load() {
		c.heard.Store(true)
	}
	return n, err
}

// proven gives the slot back.
func (c *slotConn) proven() {
	c.once.Do(func() {
		c.slots.mu.Lock()
		for i, other := range c.slots.held {
			if other == c {
				c.slots.held = append(c.slots.held[:i], c.slots.held[i+1:]...)
				break
			}
		}
		c.slots.mu.Unlock()
		c.slots.free <- struct{}{}
	})
}

// Close closes the connection, and gives its slot back.
func (c *slotConn) Close() error {
	err := c.Conn.Close()
	c.proven()
	return err
}

// failures slow the logins of an address that fails again and again.
type failures struct {
	mu sync.Mutex
	of map[netip.Prefix]*failed
}

// failed is what one address has left.
type failed struct {
	tokens float64
	at     time.Time
}

// network returns what counts as one address: of IPv6 a network, which one client
// may have to itself.
func network(a netip.Addr) netip.Prefix {
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits)
	return p
}

// allow reports whether an address may try now.
func (f *failures) allow(a netip.Addr, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	one := f.of[network(a)]
	if one == nil {
		return true
	}
	one.refill(now)
	return one.tokens >= 1
}

// add notes that a login of an address has failed.
func (f *failures) add(a netip.Addr, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	one := f.of[network(a)]
	if one == nil {
		f.forget(now)
		one = &failed{tokens: maxFailures, at: now}
		f.of[network(a)] = one
	}
	one.refill(now)
	one.tokens = max(0, one.tokens-1)
}

func (o *failed) refill(now time.Time) {
	o.tokens = min(maxFailures, o.tokens+max(0, now.Sub(o.at).Seconds())/failureEvery.Seconds())
	o.at = now
}

// forget makes room for one more: those that have all of their tokens go, and if
// there is none of these, that which has the most.
func (f *failures) forget(now time.Time) {
	if f.of == nil {
		f.of = map[netip.Prefix]*failed{}
	}
	if len(f.of) < maxAddresses {
		return
	}
	var most netip.Prefix
	tokens := -1.0
	for p, o := range f.of {
		if o.refill(now); o.tokens >= maxFailures {
			delete(f.of, p)
		} else if o.tokens > tokens {
			most, tokens = p, o.tokens
		}
	}
	if len(f.of) >= maxAddresses {
		delete(f.of, most)
	}
}

// sayer writes at most maxLogged lines in a second, and how many it has left out,
// when the second is over.
type sayer struct {
	say func(format string, args ...any)

	mu sync.Mutex
	n  int // in the second that lasts; 0 while none does
}

// refused writes a line about somebody who was refused, safe to show.
func (s *sayer) refused(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.n++; s.n == 1 {
		time.AfterFunc(time.Second, s.next)
	}
	if s.n <= maxLogged {
		s.say("ssh: "+format, args...)
	}
}

// next ends a second.
func (s *sayer) next() {
	defer crash.Guard()
	s.mu.Lock()
	defer s.mu.Unlock()
	if left := s.n - maxLogged; left > 0 {
		s.say("ssh: %d more refused logins were not logged", left)
	}
	s.n = 0
}

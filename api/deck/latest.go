package deck

import (
	"sync"

	"tapedeck/api/crash"
)

// Latest gives one function the latest snapshot, in the background: a call that
// takes long misses snapshots and never the newest one, and delays nobody. Calls
// never overlap. While there is no new snapshot it holds no goroutine.
type Latest struct {
	f func(*Snapshot)

	mu      sync.Mutex
	next    *Snapshot // not given yet; nil for none
	giving  bool      // a goroutine is, or will be
	stopped bool
}

// NewLatest returns what gives f each snapshot that it is offered, the latest one
// where f is slow.
func NewLatest(f func(*Snapshot)) *Latest { return &Latest{f: f} }

// Offer has the function be given a snapshot soon. It never blocks.
func (l *Latest) Offer(s *Snapshot) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.next = s; l.giving || l.stopped {
		return
	}
	l.giving = true
	go func() {
		defer crash.Guard()
		l.give()
	}()
}

// Stop ends it: no call begins after it. One that has begun goes on.
func (l *Latest) Stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped, l.next = true, nil
}

// give gives what there is.
func (l *Latest) give() {
	for {
		l.mu.Lock()
		s := l.next
		if l.next = nil; s == nil || l.stopped {
			l.giving = false
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
		l.f(s)
	}
}

// Watch calls f with the current snapshot and then with the latest, as
// [Deck.Subscribe] has them, until cancel is called. Calls come in the background
// and never overlap; one may block, which delays nobody. While nothing happens it
// holds no goroutine.
func (d *Deck) Watch(f func(*Snapshot)) (cancel func()) {
	l := NewLatest(f)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.watchers[l] = struct{}{}
	l.Offer(d.last)
	return func() {
		d.mu.Lock()
		delete(d.watchers, l)
		d.mu.Unlock()
		l.Stop()
	}
}

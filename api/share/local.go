package share

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"tapedeck/api/journal"
)

// localTimers are auto-resumes of this process alone.
type localTimers struct {
	mu   sync.Mutex
	self mover // without a time
	of   map[Key]Timer
	seq  uint64
	tell func(Timer) // called with the mutex held; it must not wait
}

func newLocal(host, instance string, tell func(Timer)) *localTimers {
	return &localTimers{self: mover{host: host, instance: instance}, of: map[Key]Timer{}, tell: tell}
}

// newID returns a text that nobody else makes.
func newID() string { return rand.Text()[:16] }

func (l *localTimers) mover() mover {
	m := l.self
	m.now = time.Now()
	return m
}

// get returns the state of a timer; one with no State where there is none.
func (l *localTimers) get(of Key) Timer {
	of = of.Normal()
	l.mu.Lock()
	defer l.mu.Unlock()
	if t, ok := l.of[of]; ok {
		return t
	}
	return Timer{Key: of}
}

// move moves the timer of a recording by next, which is given the state that it
// has. A caller that knows another state, by seq, gets a ConflictError; seq 0
// knows none.
func (l *localTimers) move(of Key, seq uint64, next func(mover, Timer) (Timer, error)) (Timer, error) {
	of = of.Normal()
	l.mu.Lock()
	defer l.mu.Unlock()
	m := l.mover()
	t, ok := l.of[of]
	if !ok {
		t = Timer{Key: of}
	}
	if seq != 0 && seq != t.Seq {
		return t, &ConflictError{t}
	}
	t, err := next(m, t)
	if err != nil {
		return t, err
	}
	l.seq++
	t.Seq, t.seen, t.write = l.seq, m.now, newID()
	l.of[of] = t
	if t.State.Over() {
		delete(l.of, of)
	}
	l.tell(t)
	return t, nil
}

// The methods of Timers, on timers of this process.

func (l *localTimers) Timer(_ context.Context, of Key) (Timer, error) { return l.get(of), nil }

func (l *localTimers) SetTimer(_ context.Context, of Key, s Setting) (Timer, error) {
	s.Local = true
	return l.move(of, 0, func(m mover, t Timer) (Timer, error) { return m.set(t, s, newID()) })
}

func (l *localTimers) Claim(_ context.Context, t Timer, now time.Time) (Timer, error) {
	return l.move(t.Key, t.Seq, func(m mover, t Timer) (Timer, error) { return m.claim(t, now) })
}

func (l *localTimers) Fire(_ context.Context, t Timer) (Timer, error) {
	return l.move(t.Key, t.Seq, func(m mover, t Timer) (Timer, error) { return m.fire(t) })
}

func (l *localTimers) Finish(_ context.Context, t Timer, outcome string) (Timer, error) {
	return l.move(t.Key, t.Seq, func(m mover, t Timer) (Timer, error) { return m.finish(t, outcome) })
}

func (l *localTimers) Fail(_ context.Context, t Timer, now time.Time, why string) (Timer, error) {
	return l.move(t.Key, t.Seq, func(m mover, t Timer) (Timer, error) { return m.fail(t, now, why) })
}

func (l *localTimers) CancelTimer(_ context.Context, of Key, by journal.Who) (Timer, error) {
	return l.move(of, 0, func(m mover, t Timer) (Timer, error) { return m.cancel(t, by.Name()) })
}

func (l *localTimers) Release(_ context.Context, t Timer) (Timer, error) {
	return l.move(t.Key, t.Seq, func(m mover, t Timer) (Timer, error) { return m.release(t) })
}

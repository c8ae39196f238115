//go:build linux || darwin

package main

import (
	"syscall"
	"time"
)

// ending is when a trouble is over, and what is to be done then.
type ending struct {
	what string
	at   time.Time
	do   func()
}

// trouble has things go wrong at random until a time; then all is well again.
// What is in trouble gets no other one meanwhile.
func (c *chaos) trouble(until time.Time) {
	under := map[any]ending{}
	next := time.Now()
	for time.Now().Before(until) {
		for what, e := range under {
			if !time.Now().Before(e.at) {
				e.do()
				delete(under, what)
			}
		}
		if time.Now().After(next) {
			c.something(under)
			next = time.Now().Add(c.rest())
		}
		time.Sleep(20 * time.Millisecond)
	}
	for _, e := range under {
		e.do()
	}
}

// something makes one more thing go wrong.
func (c *chaos) something(under map[any]ending) {
	h := c.hosts[c.rng.IntN(len(c.hosts))]
	kind, lasts := c.rng.IntN(16), time.Duration(c.rng.IntN(4000))*time.Millisecond
	begin := func(what any, name string, do func() (end func())) {
		if _, already := under[what]; already {
			return
		}
		c.count[name]++
		end := do()
		under[what] = ending{name, time.Now().Add(lasts), end}
	}
	switch {
	case kind < 5:
		begin(h, "hosts killed", func() func() {
			c.killed[h] = append(c.killed[h], time.Now())
			h.kill()
			return h.start
		})
	case kind < 6:
		begin(h, "hosts terminated", func() func() { h.stop(); return h.start })
	case kind < 8:
		lasts += time.Second
		begin(h, "hosts stopped", func() func() {
			h.signal(syscall.SIGSTOP)
			return func() { h.signal(syscall.SIGCONT) }
		})
	case kind < 10:
		begin(c.engine, "server killed", func() func() { c.engine.kill(); return c.engine.start })
	case kind < 12:
		lasts *= 2
		begin(h.way, "forgotten", func() func() { h.way.set(func() { h.way.forgets = true }); return h.way.pass })
	case kind < 15:
		delay := time.Duration(c.rng.IntN(2500)) * time.Millisecond
		begin(h.way, "slow", func() func() { h.way.set(func() { h.way.delay = delay }); return h.way.pass })
	default:
		begin(h.way, "cut", func() func() { h.way.set(func() { h.way.closed = true }); h.way.cut(); return h.way.pass })
	}
}

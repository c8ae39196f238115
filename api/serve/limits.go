package serve

import (
	"sync"
	"time"
)

// The limits that keep one user from being in the way of another.
const (
	maxConnsPerUser    = 256  // connections of one user at one time
	maxConns           = 4096 // of all
	maxSessionsPerUser = 128  // sessions of one user at one time
	maxRate            = 200  // requests of one user in a second, on the average
	maxBurst           = 400  // and at once
	maxLoads           = 2    // recordings of one user that the API is asked for in a second
	maxLoadBurst       = 20   // and at once
	maxUsers           = 1024 // users whose rate is remembered
)

// conns counts the connections of each user.
type conns struct {
	mu    sync.Mutex
	of    map[int]int // by UID
	total int
}

// enter counts a connection of a user in; false where there are too many.
// The connections of root and of the service's own user, who has to be able to
// look, count to no total.
func (c *conns) enter(uid int, owner bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of[uid] >= maxConnsPerUser || c.total >= maxConns && !owner {
		return false
	}
	if c.of == nil {
		c.of = map[int]int{}
	}
	c.of[uid]++
	c.total++
	return true
}

// leave counts a connection out.
func (c *conns) leave(uid int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total--
	if c.of[uid]--; c.of[uid] <= 0 {
		delete(c.of, uid)
	}
}

// rates limits how much each user asks for in a second.
type rates struct {
	rate, burst float64 // in a second on the average, and at once

	mu sync.Mutex
	of map[int]*bucket // by UID
}

// bucket has a token for each request that may be made now.
type bucket struct {
	tokens float64
	at     time.Time // when they were counted
}

// take takes a token of a user. It returns how long to wait for one where there
// is none; 0 where it was taken.
func (r *rates) take(uid int, now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.of[uid]
	if b == nil {
		if r.of == nil || len(r.of) >= maxUsers {
			r.of = map[int]*bucket{}
		}
		b = &bucket{tokens: r.burst, at: now}
		r.of[uid] = b
	}
	b.tokens = min(r.burst, b.tokens+max(0, now.Sub(b.at).Seconds())*r.rate)
	b.at = now
	if b.tokens < 1 {
		return time.Duration((1 - b.tokens) / r.rate * float64(time.Second))
	}
	b.tokens--
	return 0
}

//go:build linux || darwin

package main

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// hostNames are the hosts of the chaos, and how far the clock of each is ahead.
var hostNames = []struct {
	name  string
	shift time.Duration
}{{"one", 0}, {"two", 2 * time.Minute}, {"three", -2 * time.Minute}}

// chaos is three hosts that share, one space and one NATS server, in which
// processes are killed and stopped and connections forgotten, again and again.
type chaos struct {
	t      *testing.T
	space  *space
	engine *engine
	hosts  []*bastion
	rng    *rand.Rand // of what goes wrong
	asks   *rand.Rand // of who is asked for what; by the goroutine of the test alone
	scale  scale
	count  map[string]int
	// refusals are why auto-resumes were not set.
	refusals map[string]int
	killed   map[*bastion][]time.Time
	orders   []*order // of this round
	seen     *streams
}

// scale is how much of it there is.
type scale struct {
	timers int           // auto-resumes of a round
	lead   time.Duration // from the start of a round until the first is due
	within time.Duration // from then until the last is due
	calm   time.Duration // between two troubles, on average
	asking int           // how many requests are under way at once
	rounds time.Duration // how long there are new rounds
}

// chaosScale returns what a test does, or what TAPEDECK_CHAOS says, such as 10m,
// does, with the program to do it.
func chaosScale(t *testing.T, p program) (scale, program) {
	v := os.Getenv("TAPEDECK_CHAOS")
	if v == "" {
		return scale{timers: 60, lead: 4 * time.Second, within: 14 * time.Second, calm: 500 * time.Millisecond, asking: 4}, p
	}
	d, err := time.ParseDuration(v)
	if err != nil {
		t.Fatalf("TAPEDECK_CHAOS: %v", err)
	}
	s := scale{timers: 1000, lead: 20 * time.Second, within: time.Minute, calm: time.Second, asking: 12, rounds: d}
	if v := os.Getenv("TAPEDECK_CHAOS_TIMERS"); v != "" {
		if s.timers, err = strconv.Atoi(v); err != nil {
			t.Fatalf("TAPEDECK_CHAOS_TIMERS: %v", err)
		}
	}
	if os.Getenv("TAPEDECK_CHAOS_RACE") != "" {
		p.path = t.TempDir() + "/tapedeck"
		build(t, "-race", "-o", p.path, ".")
	}
	return s, p
}

// testHosts has three hosts, whose clocks differ, share auto-resumes, while they
// and the NATS server are killed, stopped and cut off at random: each resume is
// sent once at most, and none is lost in silence. The streams, the journals and
// the space agree, one to one. It takes half a minute, or what TAPEDECK_CHAOS
// says; TAPEDECK_SEED repeats what was random.
func testHosts(t *testing.T, p program) {
	sc, p := chaosScale(t, p)
	seed := uint64(time.Now().UnixNano())
	if v := os.Getenv("TAPEDECK_SEED"); v != "" {
		var err error
		if seed, err = strconv.ParseUint(v, 10, 64); err != nil {
			t.Fatalf("TAPEDECK_SEED: %v", err)
		}
	}
	t.Logf("seed %d", seed)
	c := &chaos{
		t: t, space: serveSpace(t, sim.Options{Seed: seed}), rng: rand.New(rand.NewPCG(seed, 0)), asks: rand.New(rand.NewPCG(seed, 1)),
		scale: sc, count: map[string]int{}, refusals: map[string]int{}, killed: map[*bastion][]time.Time{},
	}
	var names []string
	for _, h := range hostNames {
		names = append(names, h.name)
	}
	c.engine = newEngine(t, names...)
	c.seen = newStreams(t, c.engine)
	interval := "500ms"
	if sc.timers > 200 {
		interval = "2s"
	}
	for _, h := range hostNames {
		c.hosts = append(c.hosts, newBastion(t, p, c.space, h.name, c.engine, h.shift, fmt.Sprintf("interval = %q\n", interval)))
	}
	began := time.Now()
	for rounds := 1; ; rounds++ {
		c.round()
		if t.Failed() || time.Since(began)+c.scale.lead+c.scale.within > sc.rounds {
			t.Logf("seed %d: %d rounds, %v; not set for %v; %d updates have come", seed, rounds, c.count, c.refusals, len(c.space.updates()))
			return
		}
	}
}

// round has auto-resumes set, most of them while all is well; then things go wrong
// until the last is due. In the end it counts them.
func (c *chaos) round() {
	c.order()
	most := len(c.orders) * 6 / 7
	c.set(c.orders[:most])()
	wait := c.set(c.orders[most:])
	var group sync.WaitGroup
	for _, o := range c.orders {
		if !o.cancelAt.IsZero() {
			group.Go(func() { o.cancel(c.t.Context()) })
		}
	}
	c.trouble(time.Now().Add(c.scale.lead + c.scale.within))
	wait()
	group.Wait()
	c.settle()
	c.check()
	for _, o := range c.orders {
		c.space.EndRecording(o.sid)
	}
}

// set has hosts asked to set auto-resumes, in the background.
func (c *chaos) set(orders []*order) (wait func()) {
	queue := make(chan *order, len(orders))
	for _, o := range orders {
		queue <- o
	}
	close(queue)
	var group sync.WaitGroup
	for range c.scale.asking {
		group.Go(func() {
			for o := range queue {
				o.set(c.t.Context())
			}
		})
	}
	return group.Wait
}

// order is an auto-resume that somebody asks for, and what they were told.
type order struct {
	sid      string
	asked    []*bastion // who is asked, one after the other
	pause    bool       // it is asked for with the pause; else the recording is paused
	due      time.Time
	cancelAt time.Time // when somebody asks to cancel it; zero for never

	ready    chan struct{} // closed when nobody is asked any more to set it; what follows is known then
	told     string        // what the last one said who was asked to set it
	set_     bool          // it was said to be set
	tries    int
	canceled string // what was said when it was canceled; empty for nothing
}

// order makes the recordings of a round, and, when all hosts know them, what is
// asked for of each.
func (c *chaos) order() {
	c.orders = nil
	for range c.scale.timers {
		o := &order{pause: c.asks.IntN(3) == 0, ready: make(chan struct{})}
		for _, i := range c.asks.Perm(len(c.hosts)) {
			o.asked = append(o.asked, c.hosts[i])
		}
		b := sim.Begin{Status: "paused"} // it began now: a poll does not look for older ones
		if o.pause {
			b.Status = "in-progress"
		}
		o.sid = c.space.Begin(b)
		c.orders = append(c.orders, o)
	}
	for began := time.Now(); !c.known(); time.Sleep(50 * time.Millisecond) {
		if time.Since(began) > patience {
			c.t.Fatal("not all hosts know all recordings")
		}
	}
	now := time.Now()
	for _, o := range c.orders {
		o.due = now.Add(c.scale.lead + time.Duration(c.asks.Int64N(int64(c.scale.within))))
		switch c.asks.IntN(10) {
		case 0: // some time before
			o.cancelAt = now.Add(c.scale.lead / 2).Add(time.Duration(c.asks.Int64N(int64(o.due.Sub(now)))))
		case 1: // at about the time
			o.cancelAt = o.due.Add(time.Duration(c.asks.IntN(2000)-1000) * time.Millisecond)
		}
	}
}

// known reports whether all hosts know all recordings.
func (c *chaos) known() bool {
	for _, h := range c.hosts {
		s := h.client.Snapshot()
		for _, o := range c.orders {
			if s.Find(text.New(o.sid)) == nil {
				return false
			}
		}
	}
	return true
}

// set asks hosts to set it, until one says that it has, or its time has come.
func (o *order) set(ctx context.Context) {
	defer close(o.ready)
	for time.Until(o.due) > time.Second {
		h := o.asked[o.tries%len(o.asked)]
		o.tries++
		after := time.Until(o.due).Seconds()
		ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
		if o.pause {
			id := fmt.Sprintf("%s-%d", o.sid[:8], o.tries)
			o.told = h.post(ctx, "/v1/requests", fmt.Sprintf(`{"requests":[{"id":%q,"sid":%q,"update":"pause","seen":"in-progress","resume_after":%f}]}`, id, o.sid, after))
		} else {
			o.told = h.post(ctx, "/v1/timer", fmt.Sprintf(`{"sid":%q,"after":%f}`, o.sid, after))
		}
		cancel()
		if o.told == done {
			o.set_ = !o.pause
			return
		}
		if refused := regexp.MustCompile(`"code":"(not-found|too-many)"|^dial`); o.pause && !refused.MatchString(o.told) {
			return // it was sent, and maybe done
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// cancel asks hosts to cancel it, until one says what is true.
func (o *order) cancel(ctx context.Context) {
	select {
	case <-time.After(time.Until(o.cancelAt)):
	case <-ctx.Done():
		return
	}
	<-o.ready
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	o.canceled = o.asked[len(o.asked)-1].post(ctx, "/v1/timer", fmt.Sprintf(`{"sid":%q,"after":0}`, o.sid))
}

// Of the time between troubles, half at least.
func (c *chaos) rest() time.Duration {
	return c.scale.calm/2 + time.Duration(c.rng.Int64N(int64(cmp.Or(c.scale.calm, 1))))
}

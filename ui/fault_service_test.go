package ui

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// bear gives the deck that is opened next a life of its own, and a part of the
// journal.
func (c *faultCell) bear() {
	c.alive, c.die = context.WithCancel(context.Background())
	c.op.kept.space, c.op.kept.project = "acme", c.space.Project()
	c.op.record = memoryOf{c.op.kept, rand.Text()[:6], c.alive}
}

// restart starts the service anew, as the next process would.
func (c *faultCell) restart() {
	c.bear()
	c.startService(c.openDeck(c.t.(*testing.T)))
}

// held keeps an update until the fault is over: before the space has it, or its
// answer.
func held(before bool) func(*hit) (*http.Response, error) {
	return func(h *hit) (*http.Response, error) {
		if before {
			if err := pause(h.req.Context(), time.Hour, h.over); err != nil {
				return nil, err
			}
			return h.pass()
		}
		resp, err := h.pass()
		if err == nil {
			err = pause(h.req.Context(), time.Hour, h.over)
		}
		if err != nil {
			return nil, err
		}
		return resp, nil
	}
}

// serviceFault is what happens to the service while an update is under way: it is
// held on its way to the space, or its answer is.
type serviceFault struct {
	name   string
	before bool             // the space does not have the update yet
	do     func(*faultCell) // until the update's answer may come
	steps  string           // of the update; see [faultCell.steps]
	done   bool             // the space has carried it out, once; else it has not got it
}

var serviceFaults = []serviceFault{
	{name: "its connections are cut", do: func(c *faultCell) { c.host.cut(); c.pass(time.Second) }, steps: "requested, verified", done: true},
	{name: "its connections are cut, before it is sent", before: true, do: func(c *faultCell) { c.host.cut(); c.pass(time.Second) }, steps: "requested, verified", done: true},
	{name: "it is not to be reached", do: func(c *faultCell) {
		c.host.refuse(true)
		c.host.cut()
		c.pass(4 * time.Second)
		c.host.refuse(false)
	}, steps: "requested, unknown service gone, verified", done: true},
	{name: "it is silent", do: func(c *faultCell) {
		c.host.hush()
		c.pass(20 * time.Second)
		c.host.speak()
	}, steps: "requested, unknown service gone, verified", done: true},
	{name: "it is restarted", do: func(c *faultCell) {
		ended := make(chan error, 1)
		go func() { ended <- c.host.end() }()
		c.pass(500 * time.Millisecond)
		c.end()
		c.pass(500 * time.Millisecond)
		if err := <-ended; err != nil {
			c.t.Errorf("it ends with %v", err)
		}
		c.pass(2 * time.Second)
		c.restart()
	}, steps: "requested, accepted: tapedeck ended before a read could verify it", done: true},
	{name: "it is killed when the space has it", do: func(c *faultCell) {
		c.host.kill()
		c.pass(2 * time.Second)
		c.restart()
	}, steps: "requested, unknown service gone, verified", done: true},
	{name: "it is killed before the space has it", before: true, do: func(c *faultCell) {
		c.host.kill()
		c.pass(2 * time.Second)
		c.restart()
	}, steps: "requested, unknown service gone, contradicted"},
}

// TestServiceFaults has the updates of a screen meet what may happen to the
// service that has its deck: none is sent twice, each has its result as soon as
// the service is there again, and the screen is true then.
func TestServiceFaults(t *testing.T) {
	for _, f := range serviceFaults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			for i, op := range operations {
				if op.keys == "" || op.name == "retrieve" || raceEnabled && i%3 != 0 {
					continue
				}
				op.behind, op.kept = true, &memory{}
				t.Run(op.name, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { meetServiceFault(t, op, f) })
				})
			}
		})
	}
}

// meetServiceFault has one update meet what happens to the service.
func meetServiceFault(t *testing.T, op operation, f serviceFault) {
	var heap gauge
	c := openCell(t, op, fault{name: f.name, do: held(f.before), post: f.steps}, &heap)
	c.pass(3 * time.Second)
	c.begin()
	c.update()
	c.pass(300 * time.Millisecond)
	f.do(c)
	if strings.Contains(f.steps, "service gone") && !strings.Contains(strings.Join(c.headers, "\n"), "service gone") {
		t.Errorf("the header has not said that the service is gone, but %q", c.headers)
	}
	select {
	case <-c.wire.over:
	default:
		c.end()
	}
	took, ok := c.until(4*time.Second, func() bool { return strings.HasPrefix(c.worth(), "live") && len(c.untrue()) == 0 })
	if !ok {
		t.Errorf("%s after it the header says %q, untrue: %s\n%s", took, c.worth(), strings.Join(c.untrue(), "; "), c.text())
	}
	c.pass(2 * time.Second)
	c.checkUpdate()
	var posts int
	for _, q := range c.wire.requests() {
		if q.method == http.MethodPost {
			posts++
		}
	}
	updates := c.space.Updates()
	if posts != 1 || f.done && len(updates) != 1 || !f.done && len(updates) != 0 {
		t.Errorf("%d updates were sent, and these have come: %+v", posts, updates)
	}
}

// Package background starts and stops what runs in the background.
//
// Each part that does has one method, Run(ctx) error. It returns when ctx has
// ended and nothing of the part is under way any more, or when the part cannot
// go on; the error says what could not be done. [Group] runs several: they are
// stopped in the reverse order of their start, so that a part may use those that
// were started before it until its end.
package background

import (
	"context"
	"errors"
	"sync"

	"tapedeck/api/crash"
)

// Group is parts that run. The zero value has none. It is safe for concurrent
// use.
type Group struct {
	mu      sync.Mutex
	parts   []*part
	stopped bool
	broken  chan struct{} // closed when a part has ended by itself with an error; made when it is asked for
	failed  bool
	errs    []error // of the parts that have ended
}

type part struct {
	cancel context.CancelFunc
	done   chan struct{} // closed when it has ended
}

// Go starts a part, and reports false when the group was stopped before.
func (g *Group) Go(run func(ctx context.Context) error) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stopped {
		return false
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &part{cancel, make(chan struct{})}
	g.parts = append(g.parts, p)
	go func() {
		defer crash.Guard()
		defer close(p.done)
		g.ended(run(ctx), ctx.Err() == nil)
	}()
	return true
}

// ended notes that a part has ended, by itself or because it was stopped.
func (g *Group) ended(err error, byItself bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err == nil {
		return
	}
	g.errs = append(g.errs, err)
	if byItself && !g.failed {
		g.failed = true
		close(g.brokenLocked())
	}
}

// Broken returns a channel that is closed when a part has ended by itself with
// an error, which [Group.Stop] returns.
func (g *Group) Broken() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.brokenLocked()
}

func (g *Group) brokenLocked() chan struct{} {
	if g.broken == nil {
		g.broken = make(chan struct{})
	}
	return g.broken
}

// Stop stops the parts, the last one that was started first, each when the one
// before it has ended, and returns their errors in the order of their ends. Stopped a
// second time, it waits for the same and returns nil.
func (g *Group) Stop() error {
	g.mu.Lock()
	g.stopped = true
	parts := g.parts
	g.mu.Unlock()
	for i := len(parts) - 1; i >= 0; i-- {
		parts[i].cancel()
		<-parts[i].done
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	errs := g.errs
	g.errs = nil
	return errors.Join(errs...)
}

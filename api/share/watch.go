package share

import (
	"context"
	"slices"
	"sync"

	"tapedeck/api/crash"
)

// watchers are those who watch a Store. They are called by the goroutine of
// [watchers.run] alone, so that whoever changes something may hold any lock.
type watchers struct {
	mu    sync.Mutex
	list  []*watcher
	queue []notice
	kick  chan struct{} // of capacity one: there is something in the queue
}

type watcher struct{ f func(Event) }

// notice is events for all, or for one who has just begun to watch.
type notice struct {
	to     []*watcher
	events []Event
}

func newWatchers() *watchers { return &watchers{kick: make(chan struct{}, 1)} }

// add has f called with what is known now, and from then on with every event,
// until cancel is called. The lock that guards what is known must be held, as
// with tell.
func (w *watchers) add(f func(Event), known []Event) (cancel func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	one := &watcher{f}
	w.put([]*watcher{one}, known)
	w.list = append(slices.Clone(w.list), one)
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.list = slices.DeleteFunc(slices.Clone(w.list), func(o *watcher) bool { return o == one })
	}
}

// tell has all called with events, in the order of the calls of tell.
func (w *watchers) tell(events ...Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(events) > 0 && len(w.list) > 0 {
		w.put(w.list, events)
	}
}

func (w *watchers) put(to []*watcher, events []Event) {
	w.queue = append(w.queue, notice{to, events})
	select {
	case w.kick <- struct{}{}:
	default:
	}
}

// run calls who watches, until ctx ends.
func (w *watchers) run(ctx context.Context) {
	defer crash.Guard()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.kick:
		}
		for _, n := range w.take() {
			for _, e := range n.events {
				for _, one := range n.to {
					if w.watches(one) {
						one.f(e)
					}
				}
			}
		}
	}
}

func (w *watchers) take() []notice {
	w.mu.Lock()
	defer w.mu.Unlock()
	q := w.queue
	w.queue = nil
	return q
}

func (w *watchers) watches(one *watcher) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Contains(w.list, one)
}

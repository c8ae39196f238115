// Package crash keeps a panic from leaving a terminal unusable: what has to be
// put right is put right first, whichever goroutine breaks.
//
// A goroutine that belongs to the process, such as one of the deck, has [Guard]:
// its panic ends the process, after what every session has registered by
// [Before]. A goroutine of one session has the [Hook] of that session: its panic
// ends that session, and the others go on.
package crash

import (
	"sync"
	"sync/atomic"
)

// registry is what is done before a panic ends the process. A list in it is
// replaced, never changed, so that a process that breaks down reads it without a
// lock.
type registry struct {
	mu   sync.Mutex
	list atomic.Pointer[[]*func()]
}

var process registry

// Before adds f to what is done before a panic ends the process, and returns
// what takes it back. It must not wait for anything for long: the process is
// broken, and may hold any lock.
func Before(f func()) (forget func()) {
	p := &f
	process.change(func(list []*func()) []*func() { return append(list, p) })
	return func() {
		process.change(func(list []*func()) []*func() {
			kept := list[:0]
			for _, q := range list {
				if q != p {
					kept = append(kept, q)
				}
			}
			return kept
		})
	}
}

// change replaces the list by what f makes of a copy of it.
func (r *registry) change(f func([]*func()) []*func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []*func()
	if old := r.list.Load(); old != nil {
		list = append(list, *old...)
	}
	list = f(list)
	r.list.Store(&list)
}

// Guard, deferred as the first thing in a goroutine, does all that [Before] has
// added when the goroutine panics, once in a process and all of it at the same
// time, and panics on: the report is that of the first panic.
func Guard() {
	r := recover()
	if r == nil {
		return
	}
	down(r)
}

// down does what is registered, and panics on.
func down(r any) {
	if list := process.list.Swap(nil); list != nil {
		var wg sync.WaitGroup
		for _, f := range *list {
			wg.Go(*f)
		}
		wg.Wait()
	}
	panic(r)
}

// Package crash keeps a panic from leaving a terminal unusable: what has to be
// put right before the process ends is put right, whichever goroutine breaks.
package crash

import "sync/atomic"

// last is what is done before a panic ends the process.
var last atomic.Pointer[func()]

// Before sets what is done before a panic ends the process, in the place of
// what was set before, and returns what takes it back. It must not wait for
// anything for long: the process is broken, and may hold any lock.
func Before(f func()) (forget func()) {
	p := &f
	last.Store(p)
	return func() { last.CompareAndSwap(p, nil) }
}

// Guard, deferred as the first thing in a goroutine, does what [Before] has set
// when the goroutine panics, once in a process, and panics on: the report is
// that of the first panic.
func Guard() {
	r := recover()
	if r == nil {
		return
	}
	if f := last.Swap(nil); f != nil {
		(*f)()
	}
	panic(r)
}

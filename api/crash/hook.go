package crash

import (
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// Error is a panic that has ended a session.
type Error struct {
	Value any    // what it panicked with
	Stack []byte // of the goroutine
}

func (e *Error) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Hook is what is done with a panic in a goroutine of one session. A nil Hook
// leaves it to the process, as [Guard] does.
type Hook struct {
	end   func(err error)
	leave atomic.Pointer[func()]
	once  sync.Once
}

// New returns the hook of a session. At the first panic end is called with an
// [*Error], after what [Hook.Before] has set; it must not wait.
func New(end func(err error)) *Hook { return &Hook{end: end} }

// Before sets what is done first at a panic: the terminal is given back. It must
// not wait for a lock that the goroutine may hold.
func (h *Hook) Before(leave func()) { h.leave.Store(&leave) }

// Guard, deferred as the first thing in a goroutine of the session, ends the
// session when the goroutine panics. The goroutine then ends; a second panic
// does nothing more.
func (h *Hook) Guard() {
	r := recover()
	switch {
	case r == nil:
		return
	case h == nil:
		down(r)
	}
	stack := debug.Stack()
	h.once.Do(func() {
		if leave := h.leave.Load(); leave != nil {
			(*leave)()
		}
		h.end(&Error{r, stack})
	})
}

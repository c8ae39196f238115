package serve

import "fmt"

// Error is why the service cannot begin, or go on: what was tried, on what, and
// why, and the next step.
type Error struct {
	What string
	Next string // empty for none
	Err  error  // the cause; nil for most
}

// Error returns what went wrong, without the next step.
func (e *Error) Error() string { return e.What }

// Hint returns the next step.
func (e *Error) Hint() string { return e.Next }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// cannotListen says why a socket's path cannot be used.
func cannotListen(path string, err error, next string) *Error {
	return &Error{What: fmt.Sprintf("cannot listen on %s: %v", path, err), Next: next, Err: err}
}

package api

import "errors"

// Reported is an error that another process met and tells of, with the words
// that it has for it: what it was made of stays there. Cause has what can be
// asked for by [errors.Is] and [errors.AsType].
type Reported struct {
	Text  string // the whole of it
	Word  string // what [Reason] says of it
	Step  string // what [Hint] says of it; may be empty
	Cause error  // nil for none
}

// Error returns the words of the process that met it.
func (e *Reported) Error() string { return e.Text }

// Unwrap returns the cause.
func (e *Reported) Unwrap() error { return e.Cause }

// reported returns what another process tells of in err; nil for none.
func reported(err error) *Reported {
	e, _ := errors.AsType[*Reported](err)
	return e
}

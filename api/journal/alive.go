package journal

import (
	"os"
	"sync"
)

// life says whether the process that wrote an entry still runs.
type life int

const (
	gone    life = iota // it does not
	alive               // it does
	unknown             // this system, or this machine, cannot tell
)

// ownStart returns what tells this process from every other one with its
// number, in the form that running reads.
var ownStart = sync.OnceValue(func() string { return startOf(os.Getpid()) })

// lives says whether the writer of e still runs, as this machine, host, can
// tell. What cannot be known is unknown, and never gone: a session that lives
// would lose its pauses.
func (e Entry) lives(host string) life {
	switch {
	case e.PID <= 0:
		return unknown
	case e.PID == os.Getpid() && e.Started == ownStart():
		return alive
	}
	return running(e.PID, e.Started, e.Host != host)
}

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

// ownStart returns when this process started, in the form of startOf.
var ownStart = sync.OnceValue(func() string { return startOf(os.Getpid()) })

// lives says whether the writer of e still runs.
func (e Entry) lives(host string) life {
	switch {
	case e.PID <= 0, e.Host != host:
		return unknown
	case e.PID == os.Getpid() && e.Started == ownStart():
		return alive
	}
	return running(e.PID, e.Started)
}

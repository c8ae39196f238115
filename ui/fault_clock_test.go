//go:build linux || darwin

package ui

import (
	"time"

	"golang.org/x/sys/unix"
)

// threadTime is how long the thread has been computing, by the clock of the
// system: that of a synctest is simulated, and that on the wall counts what
// other programs do. The goroutine must be locked to its thread.
func threadTime() time.Duration {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts) != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}

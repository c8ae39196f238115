//go:build unix && !linux

package journal

import (
	"errors"
	"strconv"
	"syscall"
	"time"
)

// startOf tells this process from others with its number; this system has no
// simple way to ask for the start of another one.
func startOf(int) string { return strconv.FormatInt(time.Now().UnixNano(), 36) }

// running knows that a process of this host is gone when none has its number.
// Else it may be another one.
func running(pid int, _ string, elsewhere bool) life {
	if elsewhere {
		return unknown
	}
	if err := syscall.Kill(pid, 0); errors.Is(err, syscall.ESRCH) {
		return gone
	}
	return unknown
}

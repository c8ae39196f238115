//go:build unix

package ui

import "golang.org/x/sys/unix"

// canSuspend reports whether a shell can bring this process back after it was
// suspended. In the process group of the session's leader, as after ssh -t HOST
// tapedeck, there is none: the kernel ignores the stop, and the screen would
// wait for ever to be continued.
func canSuspend() bool {
	sid, err := unix.Getsid(0)
	return err == nil && sid != unix.Getpgrp()
}

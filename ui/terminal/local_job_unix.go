//go:build unix

package terminal

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	noStop    = "the signal that stops a process is ignored here"
	ancestors = 32 // looked at, at most
)

// WhyNotSuspend says why nothing would stop this process, or nobody bring it
// back; empty where a shell does both. In the process group of the session's
// leader, as after ssh -t HOST tapedeck, and in an orphaned one the kernel
// ignores the stop, and the screen would wait for ever to be continued.
func (l Local) WhyNotSuspend() string {
	sid, err := unix.Getsid(0)
	group := unix.Getpgrp()
	switch {
	case err != nil || sid == group || orphaned(sid, group):
		return NoShell
	case ignores(unix.SIGTSTP):
		return noStop
	}
	return ""
}

// orphaned reports whether nobody outside of the process group, but in its
// session, is the parent of one in it: of this process or one before it.
func orphaned(sid, group int) bool {
	for pid, n := os.Getppid(), 0; pid > 1 && n < ancestors; pid, n = parent(pid), n+1 {
		g, err := unix.Getpgid(pid)
		if err != nil {
			return true
		}
		if g != group {
			s, err := unix.Getsid(pid)
			return err != nil || s != sid
		}
	}
	return true
}

// parent returns the parent of a process; 0 where that is not known.
func parent(pid int) int {
	n, _ := strconv.Atoi(procStatus(pid, "PPid"))
	return n
}

// ignores reports whether the process was started with a signal ignored. Where
// that is not known it reports false.
func ignores(sig unix.Signal) bool {
	mask, err := strconv.ParseUint(procStatus(os.Getpid(), "SigIgn"), 16, 64)
	return err == nil && mask>>(uint(sig)-1)&1 == 1
}

// procStatus returns a field of the status of a process, where the system has
// them; else it is empty.
func procStatus(pid int, field string) string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(b)) {
		if name, value, ok := strings.Cut(line, ":"); ok && name == field {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"syscall"
)

// bootID tells one run of the machine from the next.
var bootID = sync.OnceValue(func() string {
	b, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	id, _, _ := strings.Cut(strings.TrimSpace(string(b)), "-")
	return id
})

// stat returns the state of a process and when it started, in the machine's
// ticks since its boot.
func stat(pid int) (state, start string, err error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", "", err
	}
	// The name, in parentheses, may hold anything.
	s := string(b)
	f := strings.Fields(s[strings.LastIndexByte(s, ')')+1:])
	if len(f) < 20 {
		return "", "", errors.New("unknown form of /proc/PID/stat")
	}
	return f[0], f[19], nil
}

// startOf returns what tells the process with this number from an earlier or a
// later one; empty if it cannot be told.
func startOf(pid int) string {
	_, start, err := stat(pid)
	if err != nil {
		return ""
	}
	return bootID() + ":" + start
}

func running(pid int, started string) life {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		return unknown // /proc is not mounted
	}
	state, _, err := stat(pid)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		// With hidepid the processes of others are not in /proc.
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return gone
		}
		return unknown
	case err != nil || started == "":
		return unknown
	case state == "Z" || state == "X" || startOf(pid) != started:
		return gone
	}
	return alive
}

package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// identity is where a process runs. It tells whether the number of another
// process means anything here. What is not known is empty.
type identity struct {
	machine   string // a hash of the machine's ID
	boot      string // one run of the machine
	namespace string // of process numbers
}

// here is the identity of this process.
var here = sync.OnceValue(func() identity {
	var id identity
	for _, name := range []string{"/etc/machine-id", "/var/lib/dbus/machine-id"} {
		if b, err := os.ReadFile(name); err == nil && len(strings.TrimSpace(string(b))) >= 32 {
			sum := sha256.Sum256([]byte("tapedeck " + strings.TrimSpace(string(b))))
			id.machine = hex.EncodeToString(sum[:4])
			break
		}
	}
	b, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	id.boot, _, _ = strings.Cut(strings.TrimSpace(string(b)), "-")
	if link, err := os.Readlink("/proc/self/ns/pid"); err == nil {
		id.namespace = strings.Trim(strings.TrimPrefix(link, "pid:"), "[]")
	}
	return id
})

// procIsOurs reports whether /proc shows the processes by the numbers that they
// have for this one: it may be missing, or that of another namespace.
func procIsOurs() bool {
	self, err := os.Readlink("/proc/self")
	return err == nil && self == strconv.Itoa(os.Getpid())
}

// stat returns the state of a process and when it started, in the machine's
// ticks since its boot.
func stat(pid int) (state, start string, err error) {
	if !procIsOurs() {
		return "", "", errors.New("/proc is not that of this namespace")
	}
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

// startOf returns where and when the process with this number started:
// machine:boot:namespace:ticks. Where /proc does not tell the ticks, it is a
// time that is good for this process alone, and can be compared with nothing.
func startOf(pid int) string {
	id := here()
	_, ticks, err := stat(pid)
	if err != nil {
		ticks = "t" + strconv.FormatInt(time.Now().UnixNano(), 36)
	}
	return strings.Join([]string{id.machine, id.boot, id.namespace, ticks}, ":")
}

// running says whether the process with this number, which started so, runs.
// elsewhere is that it gave another host name.
func running(pid int, started string, elsewhere bool) life {
	f := strings.Split(started, ":")
	if len(f) != 4 { // as older files have it: nothing tells in which namespace
		return unknown
	}
	then, ticks, now := identity{f[0], f[1], f[2]}, f[3], here()
	switch {
	case then.boot == "" || now.boot == "":
		return unknown
	case then.boot != now.boot:
		// This machine was started anew since, or it was another one.
		if then.machine != "" && then.machine == now.machine && !elsewhere {
			return gone
		}
		return unknown
	case then.namespace == "" || then.namespace != now.namespace:
		return unknown
	case errors.Is(syscall.Kill(pid, 0), syscall.ESRCH):
		return gone
	}
	state, start, err := stat(pid)
	switch {
	case err != nil || strings.HasPrefix(ticks, "t"): // with hidepid, say
		return unknown
	case state == "Z" || state == "X" || start != ticks:
		return gone
	}
	return alive
}

//go:build unix

package terminal

import (
	"io"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"tapedeck/api/crash"
)

// maxHeld is how much of what is written to standard error is kept while a
// screen is up.
const maxHeld = 64 << 10

// heldLimit is how long the terminal may take for it.
const heldLimit = 500 * time.Millisecond

// HoldStderr keeps what anything writes to standard error away from the screen
// on the same terminal. release, which may be called again, takes that back and
// writes what was held. Only a crash report of the runtime goes to the terminal
// meanwhile. Standard error that is no terminal is left alone.
func HoldStderr(file *os.File) (release func()) {
	fd := int(file.Fd())
	if _, err := unix.IoctlGetTermios(fd, getTermios); err != nil {
		return func() {}
	}
	back, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return func() {}
	}
	r, w, err := os.Pipe()
	if err != nil {
		_ = unix.Close(back)
		return func() {}
	}
	// A writer never waits: a process that breaks down must come to its end.
	if err = unix.SetNonblock(int(w.Fd()), true); err == nil {
		err = dup2(int(w.Fd()), fd)
	}
	_ = w.Close()
	terminal := os.NewFile(uintptr(back), file.Name())
	if err != nil {
		_, _ = r.Close(), terminal.Close()
		return func() {}
	}
	_ = debug.SetCrashOutput(terminal, debug.CrashOptions{})
	held := make(chan []byte, 1)
	go func() {
		defer crash.Guard()
		b, _ := io.ReadAll(io.LimitReader(r, maxHeld))
		_, _ = io.Copy(io.Discard, r)
		held <- b
	}()
	return sync.OnceFunc(func() {
		_ = debug.SetCrashOutput(nil, debug.CrashOptions{})
		if dup2(back, fd) == nil { // which closes the pipe's last end, unless a child has it
			select {
			case b := <-held:
				_, _ = TimeoutWriter{W: file, Limit: heldLimit}.Write(b)
			case <-time.After(heldLimit):
			}
		}
		_, _ = terminal.Close(), r.Close()
	})
}

//go:build unix

package ui

import (
	"os"
	"os/signal"
	"runtime"

	"golang.org/x/sys/unix"

	"tapedeck/api/crash"
)

// fatal are the signals beside those that end the context after which the Go
// runtime ends the process at once, with the terminal as it is then.
func fatal() []os.Signal {
	list := []os.Signal{unix.SIGQUIT, unix.SIGABRT, unix.SIGILL, unix.SIGTRAP, unix.SIGSYS, unix.SIGSEGV, unix.SIGBUS, unix.SIGFPE}
	if runtime.GOOS == "linux" {
		list = append(list, unix.Signal(16)) // SIGSTKFLT
	}
	return list
}

// watchSignals calls continued after each SIGCONT, and restore before a fatal
// signal does what it does without it. What it returns ends that.
func watchSignals(continued, restore func()) (stop func()) {
	cont, deadly, done := make(chan os.Signal, 1), make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(cont, unix.SIGCONT)
	signal.Notify(deadly, fatal()...)
	go func() {
		defer crash.Guard()
		for {
			select {
			case <-done:
				return
			case <-cont:
				continued()
			}
		}
	}()
	go func() {
		defer crash.Guard()
		select {
		case <-done:
		case sig := <-deadly:
			restore()
			signal.Reset(sig)
			_ = unix.Kill(unix.Getpid(), sig.(unix.Signal))
		}
	}()
	return func() {
		signal.Stop(cont)
		signal.Stop(deadly)
		close(done)
	}
}

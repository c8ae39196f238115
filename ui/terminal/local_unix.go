//go:build unix

package terminal

import (
	"os"
	"os/signal"
	"runtime"

	"github.com/charmbracelet/x/term"
	"golang.org/x/sys/unix"

	"tapedeck/api/crash"
)

func makeRaw(in, _ *os.File) (*term.State, error) { return term.MakeRaw(in.Fd()) }

// sizes calls changed with the size after each SIGWINCH.
func (l Local) sizes(changed func(w, h int)) (stop func()) {
	return onSignal(func(os.Signal) { changed(l.Size()) }, unix.SIGWINCH)
}

// Suspend stops the process and those that were started with it, as a shell does
// with ctrl+z, and returns when it goes on.
func (l Local) Suspend() {
	cont := make(chan os.Signal, 1)
	signal.Notify(cont, unix.SIGCONT)
	defer signal.Stop(cont)
	_ = unix.Kill(0, unix.SIGTSTP)
	<-cont
}

// fatal are the signals beside those that end the context after which the Go
// runtime ends the process at once, with the terminal as it is then.
func fatal() []os.Signal {
	list := []os.Signal{unix.SIGQUIT, unix.SIGABRT, unix.SIGILL, unix.SIGTRAP, unix.SIGSYS, unix.SIGSEGV, unix.SIGBUS, unix.SIGFPE}
	if runtime.GOOS == "linux" {
		list = append(list, unix.Signal(16)) // SIGSTKFLT
	}
	return list
}

// Watch calls continued after each SIGCONT, and leave before a fatal signal does
// what it does without it. What it returns ends that.
func (l Local) Watch(continued, leave func()) (stop func()) {
	cont := onSignal(func(os.Signal) { continued() }, unix.SIGCONT)
	deadly := onSignal(func(sig os.Signal) {
		leave()
		signal.Reset(sig)
		_ = unix.Kill(unix.Getpid(), sig.(unix.Signal))
	}, fatal()...)
	return func() { cont(); deadly() }
}

// onSignal calls f after each of these signals. What it returns ends that.
func onSignal(f func(os.Signal), list ...os.Signal) (stop func()) {
	came, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(came, list...)
	go func() {
		defer crash.Guard()
		for {
			select {
			case <-done:
				return
			case sig := <-came:
				f(sig)
			}
		}
	}()
	return func() { signal.Stop(came); close(done) }
}

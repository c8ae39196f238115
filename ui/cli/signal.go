package cli

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// SignalError is why a context ended: a signal was received.
type SignalError struct{ Signal syscall.Signal }

// Error names the signal.
func (e *SignalError) Error() string { return fmt.Sprintf("stopped by a signal: %v", e.Signal) }

// ExitCode returns the exit code after the signal: 128 and its number.
func (e *SignalError) ExitCode() int { return 128 + int(e.Signal) }

// NotifyContext returns a context that ends when SIGHUP, SIGINT or SIGTERM
// comes, with a [*SignalError] as its cause. SIGHUP stays ignored where it was,
// as under nohup.
//
// A second SIGINT or SIGTERM calls exit at once. A second SIGHUP does not: a
// window that closes often sends two, and what is under way is to be finished.
// What goes on for a while after a SIGHUP ends with [Terminated].
//
// A reader that leaves does not end the process by SIGPIPE: what was sent to the
// API is to be answered and put on record. The write fails, and a command ends by
// that.
//
// stop ends the watch and releases what it holds.
func NotifyContext(parent context.Context, exit func(code int)) (ctx context.Context, stop func()) {
	terminated := make(chan struct{})
	ctx, cancel := context.WithCancelCause(context.WithValue(parent, terminatedKey{}, terminated))
	signals := []os.Signal{syscall.SIGINT, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	received := make(chan os.Signal, 8)
	done := make(chan struct{})
	signal.Notify(received, signals...)
	readerLeft := make(chan os.Signal, 1) // nobody receives from it
	signal.Notify(readerLeft, syscall.SIGPIPE)
	go watch(received, done, terminated, cancel, exit)
	return ctx, func() {
		signal.Stop(received)
		signal.Stop(readerLeft)
		close(done)
		cancel(nil)
	}
}

type terminatedKey struct{}

// Terminated returns a channel that is closed when SIGINT or SIGTERM comes, also
// after a SIGHUP has ended ctx. It is nil for a context that is not of
// [NotifyContext].
func Terminated(ctx context.Context) <-chan struct{} {
	c, _ := ctx.Value(terminatedKey{}).(chan struct{})
	return c
}

// watch cancels at the first signal, and exits at the second that is no SIGHUP.
func watch(received <-chan os.Signal, done <-chan struct{}, terminated chan<- struct{}, cancel context.CancelCauseFunc, exit func(int)) {
	for first := true; ; {
		select {
		case <-done:
			return
		case s := <-received:
			sig, _ := s.(syscall.Signal)
			e := &SignalError{Signal: sig}
			cancel(e) // the first one counts
			if sig == syscall.SIGHUP {
				continue
			}
			if !first {
				exit(e.ExitCode())
				continue
			}
			first = false
			close(terminated)
		}
	}
}

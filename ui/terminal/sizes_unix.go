//go:build unix

package terminal

import (
	"os"
	"os/signal"

	"golang.org/x/sys/unix"

	"tapedeck/api/crash"
)

// WatchSize calls changed with the size of the terminal after each change of
// it. What it returns ends that.
func (s *Screen) WatchSize(changed func(w, h int)) (stop func()) {
	winch, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(winch, unix.SIGWINCH)
	go func() {
		defer crash.Guard()
		for {
			select {
			case <-done:
				return
			case <-winch:
				changed(s.Size())
			}
		}
	}()
	return func() { signal.Stop(winch); close(done) }
}

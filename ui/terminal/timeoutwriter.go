package terminal

import (
	"bytes"
	"io"
	"os"
	"time"

	"tapedeck/api/crash"
)

// TimeoutWriter writes to a terminal that may not take any more bytes: it gives up
// after the limit, with [os.ErrDeadlineExceeded], for nothing is worth to hang
// on a line that is dead. The write goes on by itself.
type TimeoutWriter struct {
	W     io.Writer
	Limit time.Duration
}

func (p TimeoutWriter) Write(b []byte) (int, error) {
	type written struct {
		n   int
		err error
	}
	done := make(chan written, 1)
	go func(b []byte) {
		defer crash.Guard()
		n, err := p.W.Write(b)
		done <- written{n, err}
	}(bytes.Clone(b))
	select {
	case w := <-done:
		return w.n, w.err
	case <-time.After(p.Limit):
		return 0, os.ErrDeadlineExceeded
	}
}

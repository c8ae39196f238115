package ui

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
	done := make(chan error, 1)
	go func(b []byte) {
		defer crash.Guard()
		_, err := p.W.Write(b)
		done <- err
	}(bytes.Clone(b))
	select {
	case err := <-done:
		return len(b), err
	case <-time.After(p.Limit):
		return 0, os.ErrDeadlineExceeded
	}
}

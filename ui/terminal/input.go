package terminal

import (
	"io"
	"time"

	"tapedeck/api/crash"
)

// Input reads what a terminal sends, for a library that makes keys of it: a
// control sequence that comes in pieces is put together, what some terminals
// send in a form of their own is put in that of all, and the time of each read
// is noted.
type Input struct {
	r      io.Reader
	reads  *Reads
	pieces pieces
	ended  func()
	hook   *crash.Hook
}

// NewInput returns the input of a terminal, which notes its reads in reads. It
// calls ended when there is nothing more to come. Where r is a file, so is what
// it returns: then a read that waits can be broken off.
func NewInput(r io.Reader, reads *Reads, ended func(), hook *crash.Hook) io.Reader {
	in := &Input{r: r, reads: reads, ended: ended, hook: hook}
	if f, ok := r.(file); ok {
		return fileInput{f, in}
	}
	return in
}

// file is what a reader has that waits by the system's means, beside Read.
type file interface {
	io.WriteCloser
	Fd() uintptr
	Name() string
}

// fileInput is the input of a terminal that is a file.
type fileInput struct {
	file
	*Input
}

// Read reads from the terminal. It may return nothing, while a sequence is not
// complete.
func (in *Input) Read(b []byte) (int, error) {
	defer in.hook.Guard() // the library's goroutine that reads has none
	n, err := in.r.Read(b)
	now := time.Now()
	in.reads.saw(b[:n], now)
	if err != nil || n == 0 && len(b) > 0 {
		in.ended()
		return n, err
	}
	return in.pieces.take(b, n, now), nil
}

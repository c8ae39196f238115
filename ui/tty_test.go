//go:build linux || darwin

package ui

import (
	"io"
	"testing"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/creack/pty"
)

// rawTerminal is a terminal's input whose bytes come from a pipe: Bubble Tea
// takes it for a terminal, with all that this makes cheaper on the wire, and
// yet it waits as the bubble of a synctest wants.
type rawTerminal struct {
	io.Reader
	fd uintptr // of the slave; asked for once, for a program may still ask as the file is closed
}

var _ term.File = rawTerminal{}

func newRawTerminal(t testing.TB, in io.Reader) rawTerminal {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	t.Cleanup(func() { _, _ = master.Close(), slave.Close() })
	return rawTerminal{in, slave.Fd()}
}

func (r rawTerminal) Write(p []byte) (int, error) { return len(p), nil }
func (r rawTerminal) Close() error                { return nil }
func (r rawTerminal) Fd() uintptr                 { return r.fd }

// watched is a terminal's input whose reads are watched, as [Run] does.
type watched struct {
	rawTerminal
	reads  *reads
	pieces *pieces
}

func (w watched) Read(b []byte) (int, error) {
	n, err := w.rawTerminal.Read(b)
	w.reads.saw(b[:n], time.Now())
	return w.pieces.take(b, n, time.Now()), err
}

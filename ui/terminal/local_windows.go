package terminal

import (
	"os"

	"github.com/charmbracelet/x/term"
	"golang.org/x/sys/windows"
)

// makeRaw makes a console raw, with sequences for what it writes and reads, and
// returns how its input was.
func makeRaw(in, out *os.File) (*term.State, error) {
	state, err := term.MakeRaw(in.Fd())
	if err != nil {
		return nil, err
	}
	var mode uint32
	if h := windows.Handle(out.Fd()); windows.GetConsoleMode(h, &mode) == nil {
		_ = windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING|windows.DISABLE_NEWLINE_AUTO_RETURN)
	}
	return state, nil
}

// sizes watches nothing: a console tells its size by its input.
func (l Local) sizes(func(w, h int)) (stop func()) { return func() {} }

// WhyNotSuspend says that there are no jobs here to come back to.
func (l Local) WhyNotSuspend() string { return "this system has no job control" }

// Suspend does nothing.
func (l Local) Suspend() {}

// Watch watches nothing: there are no such signals here.
func (l Local) Watch(_, _ func()) (stop func()) { return func() {} }

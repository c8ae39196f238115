package terminal

import (
	"io"
	"os"

	"github.com/charmbracelet/x/term"
	"golang.org/x/sys/windows"
)

// makeRaw makes a console raw, with sequences for what it writes and reads, and
// returns how its input was.
func makeRaw(in *os.File, out io.Writer) (*term.State, error) {
	state, err := term.MakeRaw(in.Fd())
	if err != nil {
		return nil, err
	}
	if f, ok := out.(term.File); ok {
		var mode uint32
		if h := windows.Handle(f.Fd()); windows.GetConsoleMode(h, &mode) == nil {
			_ = windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING|windows.DISABLE_NEWLINE_AUTO_RETURN)
		}
	}
	return state, nil
}

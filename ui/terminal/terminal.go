// Package terminal is what stands between a screen and its terminal, in and
// out. It knows no model and no message of ours.
//
// A [Terminal] is given to a session as values, so that many sessions with
// different terminals run in one process: [Local] makes one of the terminal that
// the process was started on. A [Screen] takes it, shows frames on it, and gives
// it back. What it sends is made messages of by an [Input], which keeps its
// answers apart from keys, and [Key] makes one key of all the forms that terminals
// have for it.
//
// A [Painter] keeps what the terminal shows as cells, and writes what turns it
// into the next frame, in the cheapest of the ways it knows: row by row, column
// by column for clocks that tick, or after scrolling a part of the screen. It
// counts on a terminal that does not wrap lines (mode 7 off), and trusts no
// terminal to agree on how wide text beyond ASCII is: after each run of it the
// cursor is moved to a column. So no row can move another, and in a row nothing
// but the text that is disputed.
package terminal

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
)

// errSlow is why a painter was left before its terminal had taken all.
var errSlow = errors.New("the terminal takes no more bytes")

// Terminal is the terminal of one session. Nothing of it is the process's.
type Terminal struct {
	// In is what the terminal sends; its end, or an error, is the end of the
	// session. Nil is a terminal that sends nothing. A read that waits at the end
	// of a session is only broken off where In is a file.
	In io.Reader
	// Out is what the terminal takes. Only one write is made at a time, by a
	// goroutine that may wait. Nil takes everything and shows nothing.
	Out io.Writer
	// Raw: a line feed keeps the column, for nothing on the way to the terminal
	// adds a carriage return.
	Raw bool
	// Environ is the session's environment, as os.Environ has the process's.
	Environ []string
	// Width and Height are the size at the start, in cells. Where one is not
	// positive, COLUMNS or LINES of Environ counts, or 80x24.
	Width, Height int
	// Sizes calls changed after each change of the size, until stop is called;
	// nil for a size that never changes. A call may wait for the session.
	Sizes func(changed func(w, h int)) (stop func())
	// Copy gives a text to the clipboard by the program that the terminal is in,
	// as tmux is; nil where there is none. It runs beside the event loop.
	Copy func(ctx context.Context, s string) error
	// Device is the terminal as its own process can handle it; nil for one that
	// is elsewhere, which is raw already and cannot be suspended.
	Device Device
}

// Device is a terminal of this machine that this process runs on.
type Device interface {
	// Size returns the size now, in cells; 0 where that is not known.
	Size() (w, h int)
	// MakeRaw makes it raw. What it returns puts the modes of before back.
	MakeRaw() (restore func(), err error)
	// WhyNotSuspend says why Suspend would lose the process; empty when somebody
	// can bring it back.
	WhyNotSuspend() string
	// Suspend stops the process, and returns when it goes on.
	Suspend()
	// Watch calls continued each time that the process goes on after it was
	// stopped, and leave before a signal ends it at once. What it returns ends
	// that.
	Watch(continued, leave func()) (stop func())
}

// NoShell is why a terminal that is elsewhere cannot be suspended.
const NoShell = "no shell could bring tapedeck back"

// WhyNotSuspend says why the session cannot be suspended; empty when it can.
func (t Terminal) WhyNotSuspend() string {
	if t.Device == nil {
		return NoShell
	}
	return t.Device.WhyNotSuspend()
}

// variable returns a variable of an environment; empty for none. The first one
// counts.
func variable(environ []string, name string) string {
	for _, kv := range environ {
		if k, v, _ := strings.Cut(kv, "="); k == name {
			return v
		}
	}
	return ""
}

// sized returns a size as it is painted: what is not known from the environment,
// and no more than a painter takes.
func (t Terminal) sized(w, h int) (int, int) {
	side := func(n int, name string, other, most int) int {
		if n <= 0 {
			n, _ = strconv.Atoi(variable(t.Environ, name))
		}
		if n <= 0 {
			n = other
		}
		return min(n, most)
	}
	return side(w, "COLUMNS", 80, MaxWidth), side(h, "LINES", 24, MaxHeight)
}

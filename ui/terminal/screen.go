package terminal

import (
	"bytes"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"
)

// Options say which terminal a [Screen] is on, and what it is like.
type Options struct {
	In      *os.File // the terminal that is made raw, and whose size counts; nil for none
	Out     io.Writer
	Environ []string
	NoColor bool // no color at all; weight and reverse stay
	// AskBackground has the terminal tell its background, and AskWidth how wide it
	// takes a character for that terminals do not agree on.
	AskBackground, AskWidth bool

	Profile       colorprofile.Profile // of the colors; found out where it is zero
	Raw           bool                 // without In: a line feed keeps the column
	Width, Height int                  // without In: the size
}

// Screen is a terminal in the state that a screen needs: raw, on the alternate
// screen, painted by its [Painter]. [Screen.Close] gives it back.
type Screen struct {
	*Painter
	o     Options
	enter string

	mu    sync.Mutex // guards what follows
	state *term.State
	taken bool
}

// leaveLimit is how long a terminal may take for what gives it back: nothing is
// worth to hang on a line that is dead.
const leaveLimit = time.Second

// What a screen turns on, and off again. Lines are not wrapped: a row that a
// terminal takes for longer than it is must not move the others. The window's
// title is kept by the terminal meanwhile; where it cannot, a neutral one stays.
const (
	enterScreen = "\x1b[22;2t\x1b[?1049h\x1b[?7l\x1b[?25l\x1b[?2004h\x1b[?1004h"
	leaveScreen = "\x1b[?2026l\x1b[m\x1b[r\x1b[H\x1b[2J\x1b[?7h\x1b[?1004l\x1b[?2004l\x1b[?25h\x1b[?1049l" +
		"\x1b]2;terminal\a\x1b[23;2t"
	// askModes asks whether frames can be drawn as one, and text counted by
	// graphemes. It is asked on the alternate screen, for some terminals print
	// a part of it.
	askModes = "\x1b[?2026$p\x1b[?2027$p"
	// askWidth writes a character that some terminals take for two cells wide,
	// and asks where the cursor is then; see [Agrees].
	askWidth = "\x1b[3;1H─\x1b[6n"
)

// Open takes the terminal. The error is that it cannot be made raw.
func Open(o Options) (*Screen, error) {
	if o.In != nil {
		o.Raw = term.IsTerminal(o.In.Fd())
	}
	s := &Screen{o: o, enter: enterScreen + askModes}
	if o.AskWidth {
		s.enter += askWidth
	}
	if o.AskBackground {
		s.enter += ansi.RequestBackgroundColor
	}
	if err := s.takeModes(); err != nil {
		return nil, err
	}
	s.Painter = NewPainter(PainterOptions{W: o.Out, Raw: o.Raw, Convert: converter(o)})
	s.Painter.Resume(s.enter)
	s.Painter.Resize(s.Size())
	return s, nil
}

// Agrees reports whether a cursor report, column and row from 0, is the answer
// to what a [Screen] asks at the start, and if so whether the terminal takes
// characters of ambiguous width for one cell wide.
func Agrees(x, y int) (narrow, answer bool) { return x == 1, y == 2 && (x == 1 || x == 2) }

// takeModes makes the terminal raw, and keeps how it was.
func (s *Screen) takeModes() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken || s.o.In == nil || !s.o.Raw {
		s.taken = true
		return nil
	}
	state, err := makeRaw(s.o.In, s.o.Out)
	if err != nil {
		return err
	}
	if s.state == nil {
		s.state = state
	}
	s.taken = true
	return nil
}

// giveModes puts the terminal's modes back as they were.
func (s *Screen) giveModes() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken && s.state != nil {
		_ = term.Restore(s.o.In.Fd(), s.state)
	}
	s.taken = false
}

// Size returns the size of the terminal now, each side at least 1. Where the
// terminal does not know it, COLUMNS and LINES or 80x24 count.
func (s *Screen) Size() (w, h int) {
	w, h = s.o.Width, s.o.Height
	if f, ok := s.o.Out.(term.File); ok && s.o.In != nil {
		w, h, _ = term.GetSize(f.Fd())
	}
	if w <= 0 {
		w = s.number("COLUMNS", 80)
	}
	if h <= 0 {
		h = s.number("LINES", 24)
	}
	return min(w, MaxWidth), min(h, MaxHeight)
}

// number returns a variable that is a size, or other where it is none.
func (s *Screen) number(name string, other int) int {
	for _, kv := range s.o.Environ {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			if n, err := strconv.Atoi(v); err == nil && n > 0 {
				return n
			}
		}
	}
	return other
}

// Suspend gives the terminal back until [Screen.Continue].
func (s *Screen) Suspend() {
	s.Painter.Pause(leaveScreen, leaveLimit)
	s.giveModes()
}

// Continue takes the terminal again, and paints everything anew: after
// [Screen.Suspend], and after the process was stopped without being asked, when
// the shell has changed the terminal's modes.
func (s *Screen) Continue() error {
	s.mu.Lock()
	s.taken = false
	s.mu.Unlock()
	err := s.takeModes()
	s.Painter.Resume(s.enter)
	s.Painter.Resize(s.Size())
	return err
}

// Leave gives the terminal back at once, beside the painter, for a process that
// is about to break down: it takes no lock that such a process may hold.
func (s *Screen) Leave() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.WriteString(s.o.Out, leaveScreen)
	}()
	select {
	case <-done:
	case <-time.After(leaveLimit):
	}
	if s.mu.TryLock() {
		defer s.mu.Unlock()
		if s.taken && s.state != nil {
			_ = term.Restore(s.o.In.Fd(), s.state)
		}
		s.taken = false
	}
}

// Close paints what is left and gives the terminal back. It waits for it for a
// second at most.
func (s *Screen) Close() error {
	err := s.Painter.Close(leaveScreen, leaveLimit)
	s.giveModes()
	return err
}

// converter returns what makes styles those of the terminal's colors; nil where
// it has all that there are.
func converter(o Options) func(sgr string) string {
	profile := o.Profile
	switch {
	case o.NoColor:
		profile = colorprofile.ASCII
	case profile == 0:
		profile = colorprofile.Detect(o.Out, o.Environ)
	}
	if profile >= colorprofile.ANSI256 {
		return nil
	}
	return func(sgr string) string {
		if profile == colorprofile.ANSI {
			sgr = InSixteen(sgr)
		}
		var b bytes.Buffer
		w := colorprofile.Writer{Forward: &b, Profile: profile}
		_, _ = w.Write([]byte(sgr))
		return b.String()
	}
}

package terminal

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"tapedeck/api/crash"
)

// Options say which terminal a [Screen] is on, and what it is like.
type Options struct {
	Terminal
	NoColor bool // no color at all; weight and reverse stay
	// AskBackground has the terminal tell its background, and AskWidth how wide it
	// takes a character for that terminals do not agree on.
	AskBackground, AskWidth bool

	Profile colorprofile.Profile // of the colors; found out where it is zero
	// Hook is what is done with a panic of the screen's own goroutines; nil leaves
	// it to the process.
	Hook *crash.Hook
}

// Screen is a terminal in the state that a screen needs: raw, on the alternate
// screen, painted by its [Painter]. [Screen.Close] gives it back.
type Screen struct {
	*Painter
	o     Options
	enter string
	leave string
	left  atomic.Bool // by [Screen.Leave], which takes no lock

	mu      sync.Mutex // guards what follows
	restore func()     // puts the modes of before back; nil where they are not ours
	taken   bool
	w, h    int // as told last
}

// leaveLimit is how long a terminal may take for what gives it back: nothing is
// worth to hang on a line that is dead.
const leaveLimit = time.Second

// What a screen turns on, and off again. Lines are not wrapped: a row that a
// terminal takes for longer than it is must not move the others. The window's
// title is kept by the terminal meanwhile; where it cannot, a neutral one stays. The
// status of the program is taken away while a part of it that was printed would be
// cleared, too.
const (
	enterScreen = "\x1b[22;2t\x1b[?1049h\x1b[?7l\x1b[?25l\x1b[?2004h\x1b[?1004h"
	leaveScreen = clearStatus + "\x1b[?2026l\x1b[m\x1b[r\x1b[H\x1b[2J\x1b[?7h\x1b[?1004l\x1b[?2004l\x1b[?25h\x1b[?1049l" +
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
	if o.Out == nil {
		o.Out = io.Discard
	}
	s := &Screen{o: o, enter: enterScreen + askModes, leave: leaveScreen, w: o.Width, h: o.Height}
	if !o.takesStatus() {
		s.leave = strings.TrimPrefix(leaveScreen, clearStatus)
	}
	if o.AskWidth {
		s.enter += askWidth
	}
	if o.AskBackground {
		s.enter += ansi.RequestBackgroundColor
	}
	if err := s.takeModes(); err != nil {
		return nil, err
	}
	s.Painter = NewPainter(PainterOptions{W: o.Out, Raw: o.Raw, NoStatus: !o.takesStatus(), Convert: converter(o), Hook: o.Hook})
	s.Painter.Resume(s.enter)
	s.Painter.Resize(s.Size())
	return s, nil
}

// Agrees reports whether a cursor report, column and row from 0, is the answer
// to what a [Screen] asks at the start, and if so whether the terminal takes
// characters of ambiguous width for one cell wide.
func Agrees(x, y int) (narrow, answer bool) { return x == 1, y == 2 && (x == 1 || x == 2) }

// takeModes makes the terminal raw, and keeps how it was the first time.
func (s *Screen) takeModes() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken || s.o.Device == nil {
		s.taken = true
		return nil
	}
	restore, err := s.o.Device.MakeRaw()
	if err != nil {
		return err
	}
	if s.restore == nil {
		s.restore = restore
	}
	s.taken = true
	return nil
}

// giveModes puts the terminal's modes back as they were.
func (s *Screen) giveModes() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.giveLocked()
}

func (s *Screen) giveLocked() {
	if s.taken && s.restore != nil {
		s.restore()
	}
	s.taken = false
}

// Size returns the size of the terminal now, each side at least 1. Where that is
// not known, COLUMNS and LINES or 80x24 count.
func (s *Screen) Size() (w, h int) {
	if s.o.Device != nil {
		return s.o.sized(s.o.Device.Size())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.o.sized(s.w, s.h)
}

// WatchSize calls changed with the size of the terminal after each change of
// it. What it returns ends that.
func (s *Screen) WatchSize(changed func(w, h int)) (stop func()) {
	if s.o.Sizes == nil {
		return func() {}
	}
	return s.o.Sizes(func(w, h int) {
		s.mu.Lock()
		s.w, s.h = w, h
		s.mu.Unlock()
		changed(s.o.sized(w, h))
	})
}

// WatchProcess calls continued when the process goes on after it was stopped by
// somebody else, and gives the terminal back before a signal ends the process at
// once. What it returns ends that.
func (s *Screen) WatchProcess(continued func()) (stop func()) {
	if s.o.Device == nil {
		return func() {}
	}
	return s.o.Device.Watch(continued, s.Leave)
}

// Suspend gives the terminal back, and stops the process until it goes on;
// [Screen.Continue] takes the terminal again. One that is elsewhere is left as it
// is.
func (s *Screen) Suspend() {
	if s.o.Device == nil {
		return
	}
	s.Painter.Pause(s.leave, leaveLimit)
	s.giveModes()
	s.o.Device.Suspend()
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

// Leave gives the terminal back at once and for good, beside the painter, for a
// session that has broken down: it takes no lock that its goroutines may hold.
func (s *Screen) Leave() {
	if s.left.Swap(true) {
		return
	}
	s.Painter.stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { _ = recover() }() // it may be the writer that has broken down
		_, _ = io.WriteString(s.o.Out, s.leave)
	}()
	select {
	case <-done:
	case <-time.After(leaveLimit):
	}
	if s.mu.TryLock() {
		defer s.mu.Unlock()
		s.giveLocked()
	}
}

// Close paints what is left and gives the terminal back, unless that was done. It
// waits for it for a second at most.
func (s *Screen) Close() error {
	err := s.Painter.Close(s.leave, leaveLimit)
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
		profile = profileOf(o.Terminal)
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

// profileOf returns the colors of a terminal, by its environment; for one of this
// machine by its description and its tmux, too.
func profileOf(t Terminal) colorprofile.Profile {
	if t.Device != nil {
		return colorprofile.Detect(t.Out, t.Environ)
	}
	return colorprofile.Env(t.Environ)
}

package terminal

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/charmbracelet/colorprofile"

	"tapedeck/api/crash"
)

// sink is a terminal's output that keeps what it takes.
type sink struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *sink) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *sink) taken() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.b.Reset()
	return s.b.String()
}

// device is a terminal of this machine that notes what is done to it.
type device struct {
	mu   sync.Mutex
	did  []string
	w, h int
}

func (d *device) note(s string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.did = append(d.did, s)
}

func (d *device) Size() (w, h int) { return d.w, d.h }
func (d *device) MakeRaw() (func(), error) {
	d.note("raw")
	return func() { d.note("restore") }, nil
}
func (d *device) WhyNotSuspend() string { return "" }
func (d *device) Suspend()              { d.note("suspend") }
func (d *device) Watch(_, _ func()) func() {
	d.note("watch")
	return func() { d.note("unwatch") }
}

func open(t *testing.T, out io.Writer, o Options) *Screen {
	t.Helper()
	o.Out, o.Raw, o.Width, o.Height = out, true, 20, 3
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
	return s
}

// What is turned on at the start is turned off at the end, in the middle of a
// frame too, and the title from before comes back.
func TestScreenGivesAllBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &sink{}
		s := open(t, out, Options{AskWidth: true, AskBackground: true, Profile: colorprofile.ANSI256})
		s.Show(Frame{Content: "hello", Title: "a\x1b]2;b\ac"})
		synctest.Wait()
		entered := out.taken()
		for _, want := range []string{"\x1b[22;2t", "\x1b[?1049h", "\x1b[?7l", "\x1b[?2004h", "\x1b[?1004h", "\x1b[?2026$p", "\x1b[6n", "\x1b]11;?", "hello", "\x1b]2;a]2;bc\a"} {
			if !strings.Contains(entered, want) {
				t.Errorf("%q was not written: %q", want, entered)
			}
		}
		if alt, ask := strings.Index(entered, "\x1b[?1049h"), strings.Index(entered, "\x1b[?2026$p"); ask < alt {
			t.Error("it asks before the alternate screen is on")
		}
		s.Show(Frame{Content: "bye"})
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if left := out.taken(); !strings.HasSuffix(left, leaveScreen) || !strings.Contains(left, "bye") {
			t.Errorf("at the end: %q", left)
		}
	})
}

// While it is suspended nothing is written; after that everything is new, the
// newest frame too.
func TestScreenSuspends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &sink{}
		d := &device{w: 20, h: 3}
		s := open(t, out, Options{Terminal: Terminal{Device: d}, Profile: colorprofile.ANSI256})
		s.Show(Frame{Content: "before"})
		synctest.Wait()
		out.taken()
		s.Suspend()
		if got := out.taken(); got != leaveScreen {
			t.Errorf("it leaves with %q", got)
		}
		if got := strings.Join(d.did, ", "); got != "raw, restore, suspend" {
			t.Errorf("done to the terminal: %s", got)
		}
		s.Show(Frame{Content: "meanwhile"})
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := out.taken(); got != "" {
			t.Errorf("while it is suspended: %q", got)
		}
		if err := s.Continue(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		time.Sleep(frameGap)
		synctest.Wait()
		if got := out.taken(); !strings.HasPrefix(got, enterScreen) || !strings.Contains(got, "\x1b[2J") || !strings.Contains(got, "meanwhile") {
			t.Errorf("afterwards: %q", got)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if got := strings.Join(d.did, ", "); got != "raw, restore, suspend, raw, restore" {
			t.Errorf("done to the terminal: %s", got)
		}
	})
}

// A terminal that is elsewhere has no process that could be stopped, and its
// size is what was told last.
func TestScreenElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &sink{}
		var tell func(w, h int)
		stopped := false
		s := open(t, out, Options{Profile: colorprofile.ANSI256, Terminal: Terminal{Sizes: func(changed func(w, h int)) func() {
			tell = changed
			return func() { stopped = true }
		}}})
		defer s.Close()
		var got [2]int
		stop := s.WatchSize(func(w, h int) { got = [2]int{w, h} })
		for _, size := range [][4]int{{60, 15, 60, 15}, {0, 0, 80, 24}, {9999, 9999, MaxWidth, MaxHeight}, {70, 20, 70, 20}} {
			tell(size[0], size[1])
			if w, h := s.Size(); got != [2]int{size[2], size[3]} || [2]int{w, h} != got {
				t.Errorf("told %v: %v is passed on, and %dx%d the size", size[:2], got, w, h)
			}
		}
		stop()
		s.WatchProcess(nil)()
		out.taken()
		s.Suspend()
		if got := out.taken(); got != "" || !stopped {
			t.Errorf("it is suspended with %q; sizes watched no more: %t", got, stopped)
		}
		if s.o.WhyNotSuspend() != NoShell {
			t.Errorf("it can be suspended: %q", s.o.WhyNotSuspend())
		}
	})
}

// When a session breaks down its terminal is given back once, and nothing is
// written after that.
func TestLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out, d := &sink{}, &device{w: 20, h: 3}
		s := open(t, out, Options{Terminal: Terminal{Device: d}, Profile: colorprofile.ANSI256})
		s.Show(Frame{Content: "before"})
		synctest.Wait()
		out.taken()
		s.Leave()
		s.Show(Frame{Content: "after"})
		s.Leave()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if got := out.taken(); got != leaveScreen {
			t.Errorf("written: %q", got)
		}
		if got := strings.Join(d.did, ", "); got != "raw, restore" {
			t.Errorf("done to the terminal: %s", got)
		}
	})
}

// A panic of the painter ends its own session, with the terminal given back.
func TestPainterPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out, d := &sink{}, &device{w: 20, h: 3}
		var why error
		hook := crash.New(func(err error) { why = err })
		s := open(t, out, Options{Terminal: Terminal{Device: d}, Profile: colorprofile.ANSI256, Hook: hook})
		hook.Before(s.Leave)
		out.taken()
		s.Show(Frame{Content: "x"})
		synctest.Wait()
		out.taken()
		s.change(func() { s.canvas.lines = nil; s.next, s.dirty = Frame{Content: "y"}, true })
		time.Sleep(frameGap)
		synctest.Wait()
		if why == nil {
			t.Error("it goes on")
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if got := out.taken(); got != leaveScreen {
			t.Errorf("written: %q", got)
		}
	})
}

// Without color weight and reverse stay; with 16 colors there are no others.
func TestConverter(t *testing.T) {
	const styled = "\x1b[1;7;38;5;203m"
	for _, tt := range []struct {
		o    Options
		same bool
		has  []string
		not  string
	}{
		{Options{Profile: colorprofile.TrueColor}, true, nil, ""},
		{Options{Profile: colorprofile.ANSI256}, true, nil, ""},
		{Options{Profile: colorprofile.ANSI}, false, []string{"1", "7", "91"}, "38;5"},
		{Options{Profile: colorprofile.ANSI256, NoColor: true}, false, []string{"1", "7"}, "203"},
	} {
		convert := converter(tt.o)
		if tt.same {
			if convert != nil {
				t.Errorf("%+v changes styles", tt.o)
			}
			continue
		}
		got := convert(styled)
		for _, want := range tt.has {
			if !strings.Contains(got, want) {
				t.Errorf("%+v: %q has no %s", tt.o, got, want)
			}
		}
		if strings.Contains(got, tt.not) {
			t.Errorf("%+v: %q has %s", tt.o, got, tt.not)
		}
	}
}

// A terminal that is gone, or takes nothing, does not hold the end up.
func TestCloseDoesNotHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &slowWriter{allow: make(chan struct{})}
		s := open(t, w, Options{Profile: colorprofile.ANSI256})
		began := time.Now()
		if err := s.Close(); !errors.Is(err, errSlow) || time.Since(began) > leaveLimit {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		close(w.allow)
		synctest.Wait()
	})
}

// Bells and texts for the clipboard go out in their order, at once, and are
// dropped where nothing is taken for long.
func TestSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &sink{}
		s := open(t, out, Options{Profile: colorprofile.ANSI256})
		out.taken()
		s.Send("\a")
		s.Send("\x1b]52;c;eA==\a")
		synctest.Wait()
		if got := out.taken(); got != "\a\x1b]52;c;eA==\a" {
			t.Errorf("%q", got)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		w := &slowWriter{allow: make(chan struct{})}
		slow := open(t, w, Options{Profile: colorprofile.ANSI256})
		for range 2 * maxPending {
			slow.Send("\a")
		}
		if n := len(slow.pending); n > maxPending {
			t.Errorf("%d bytes wait", n)
		}
		close(w.allow)
		if err := slow.Close(); err != nil {
			t.Error(err)
		}
	})
}

// The answer to what is asked at the start is told from other cursor reports.
func TestAgrees(t *testing.T) {
	for _, tt := range []struct {
		x, y           int
		narrow, answer bool
	}{{1, 2, true, true}, {2, 2, false, true}, {0, 2, false, false}, {3, 2, false, false}, {1, 0, true, false}} {
		if narrow, answer := Agrees(tt.x, tt.y); answer != tt.answer || answer && narrow != tt.narrow {
			t.Errorf("%d,%d: %v %v", tt.x, tt.y, narrow, answer)
		}
	}
}

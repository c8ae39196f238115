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
		s := open(t, out, Options{Profile: colorprofile.ANSI256})
		s.Show(Frame{Content: "before"})
		synctest.Wait()
		out.taken()
		s.Suspend()
		if got := out.taken(); got != leaveScreen {
			t.Errorf("it leaves with %q", got)
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

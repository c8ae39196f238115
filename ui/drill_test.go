//go:build linux || darwin

package ui

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api/deck"
	"tapedeck/ui/help"
	"tapedeck/ui/theme"
)

// drillSays returns a drill whose line always says the same.
func drillSays(l DrillLine) *Drill { return &Drill{Look: func(time.Time) DrillLine { return l }} }

// TestDrillInEveryFrame: whatever is open, at whatever size, the word DRILL is on
// the screen in a color that nothing else has, and the frame is no larger than the
// terminal.
func TestDrillInEveryFrame(t *testing.T) {
	opens := map[string][]string{
		"list": nil, "help": {"?"}, "history": {"h"}, "resume": {"g", "r"}, "choose": {"G", "P"}, "stop": {"X"}, "filter": {"/", "a"},
		"sort": {"o"}, "detail": {"enter"}, "json": {"J"}, "frozen": {"f"}, "marks": {"space"}, "auto-resume": {"g", "t"}, "quit": {"q"},
	}
	sizes := [][2]int{{5, 1}, {6, 2}, {29, 2}, {29, 9}, {30, 3}, {30, 4}, {44, 5}, {59, 24}, {60, 14}, {60, 15}, {60, 16}, {80, 24}, {99, 24}, {100, 24}, {118, 17}, {120, 40}}
	for name, keys := range opens {
		synctest.Test(t, func(t *testing.T) {
			s := newSession(t, 80, 24, Options{Theme: "dark", Drill: drillSays(DrillLine{Name: "2 of 8 refused", Asks: "pause it", Clock: "00:12 of 00:45"})})
			s.show(office())
			s.press(keys...)
			for _, size := range sizes {
				s.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
				s.show(office())
				content := s.m.View().Content
				if !strings.Contains(s.text(), drillWord) || !strings.Contains(content, s.m.th.Begin(theme.Drill)) {
					t.Errorf("%s at %v:\n%s", name, size, s.text())
				}
				if got := s.m.h + s.m.bar; got != size[1] || s.m.bar > 1 {
					t.Errorf("%s at %v: %d lines and %d for the drill", name, size, s.m.h, s.m.bar)
				}
			}
		})
	}
}

// The line of the drill takes a row only where there is as much on the screen
// without it, and the word goes into the first line elsewhere.
func TestDrillRoom(t *testing.T) {
	for _, tt := range []struct {
		w, h, bar int
		first     string
	}{
		{80, 24, 1, " DRILL  2 of 8 refused: pause it                                 00:12 of 00:45"},
		{60, 16, 1, " DRILL  2 of 8 refused: pause it             00:12 of 00:45"},
		{60, 15, 0, " tapedeck   DRILL   a simulated space"},
		{30, 4, 1, " DRILL  2 of 8 refused"},
		{30, 3, 0, "DRILL PAUSED 2 03:12 REC 2"},
		{20, 2, 1, " DRILL"},
		{40, 1, 0, "DRILL tapedeck needs 30x3"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newSession(t, tt.w, tt.h, Options{Drill: drillSays(DrillLine{Name: "2 of 8 refused", Asks: "pause it", Clock: "00:12 of 00:45"})})
			s.show(office())
			first, _, _ := strings.Cut(s.text(), "\n")
			if s.m.bar != tt.bar || !strings.HasPrefix(first, tt.first) {
				t.Errorf("%dx%d: %d lines for the drill, %q", tt.w, tt.h, s.m.bar, first)
			}
		})
	}
}

// A question that is typed into has its cursor where it is drawn.
func TestDrillCursor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSession(t, 80, 24, Options{})
		s.show(office()).press("/", "a")
		want := *s.m.View().Cursor
		d := newSession(t, 80, 25, Options{Drill: drillSays(DrillLine{})})
		d.show(office()).press("/", "a")
		if got := d.m.View().Cursor; got == nil || got.X != want.X || got.Y != want.Y+1 {
			t.Errorf("the cursor is at %+v, want %+v and a line below", got, want)
		}
	})
}

// Every prompt names the drill as the place that it is about, and so does the
// title of the window; nothing says DEMO.
func TestDrillIsThePlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSession(t, 80, 24, Options{Demo: true, Drill: drillSays(DrillLine{})})
		s.show(office()).press("X")
		s.want("DRILL")
		s.wantNot("DEMO")
		if title := s.m.View().WindowTitle; !strings.Contains(title, "tapedeck DRILL") {
			t.Errorf("the title is %q", title)
		}
	})
}

// TestDrillCountsRefusedKeys: keys that are refused, and keys that mean nothing,
// are told to the drill; one that is held down once, and one that works not at
// all.
func TestDrillCountsRefusedKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		d := drillSays(DrillLine{})
		d.Refused = func(key string) { got = append(got, key) }
		s := newSession(t, 80, 24, Options{Drill: d})
		s.show(office())
		s.press("j", "k", "G", "ctrl+d", "?", "esc", "/", "x", "esc", "f", "f", "o", "esc").wait(time.Second)
		if len(got) != 0 {
			t.Errorf("keys that work are counted: %q", got)
		}
		s.press("g", "w").wait(time.Second) // it means nothing
		s.press("p").wait(time.Second)      // it is paused already
		for range 20 {
			s.press("p")
		}
		if want := []string{"w", "p", "p"}; !slices.Equal(got, want) {
			t.Errorf("counted %q, want %q", got, want)
		}
	})
}

// The screen ends when the drill says that it is over, by itself.
func TestDrillEndsTheScreen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		over := false
		s := newSession(t, 80, 24, Options{Drill: &Drill{Look: func(time.Time) DrillLine { return DrillLine{Over: over} }}})
		s.show(office())
		s.press("X").wait(2 * time.Second)
		if s.quit {
			t.Error("it ends before it is over")
		}
		over = true
		s.run(s.m.tick())
		s.wait(1100 * time.Millisecond)
		if !s.quit {
			t.Error("it does not end when it is over")
		}
	})
}

// stage is a stage in the bubble of a synctest, and somebody who types.
type stage struct {
	*Stage
	in  *io.PipeWriter
	out *wire
}

func newStage(t *testing.T, w, h int) *stage {
	t.Helper()
	in, typing := io.Pipe()
	s := &stage{in: typing, out: &wire{}}
	o := Options{Theme: "dark"}
	o.Terminal.In, o.Terminal.Out, o.Terminal.Raw, o.Terminal.Width, o.Terminal.Height = in, s.out, true, w, h
	o.Terminal.Environ = []string{"TERM=xterm-256color", "SSH_TTY=/dev/pts/1"}
	var err error
	if s.Stage, err = OpenStage(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = typing.Close()
		s.Close()
		time.Sleep(5 * time.Second) // the last tick, and the clock of the library
	})
	return s
}

// keys types keys, each by itself, a while after the one before.
func (s *stage) keys(after time.Duration, keys ...string) {
	go func() {
		for _, k := range keys {
			time.Sleep(after)
			_, _ = io.WriteString(s.in, k)
		}
	}()
}

// TestStage: one terminal shows screens one after the other without being given
// back in between; each has what the terminal has answered the first, takes its own
// keys, and none that was typed before it could be seen.
func TestStage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, 80, 24)
		page := Page{Title: "Read this", Sections: []help.Section{{Title: "Part", Signs: []theme.Sign{{Sign: "sign", Means: "what it means"}}}},
			Keys: []PageKey{{"enter", "begin"}, {"s", "skip"}, {"q", "quit"}}}
		s.keys(100*time.Millisecond, "\x1b]11;rgb:ffff/ffff/ffff\x1b\\", "s", "x", "j", "\r", "y", "y", "y", "y", "\r")
		key, err := s.Page(Options{Drill: drillSays(DrillLine{Name: "1 of 2"})}, page)
		if key != "enter" || err != nil {
			t.Errorf("the page is left by %q, %v", key, err)
		}
		if out := s.out.taken(); !strings.Contains(out, "Read this") || !strings.Contains(out, "what it means") || strings.Contains(out, "\x1b[?1049l") {
			t.Errorf("the page: %q", out)
		}
		d := newFakeDeck()
		snap := office()
		snap.Seq = 1
		d.feed <- snap
		s.keys(time.Second, "p", "q", "y")
		if err := s.Dashboard(Options{Deck: d, Space: "acme", Actor: deck.Actor{Actor: "ana"}}); err != nil {
			t.Error(err)
		}
		if len(d.requests) != 0 || !d.ended {
			t.Errorf("requests %+v, ended %v", d.requests, d.ended)
		}
		s.keys(time.Second, "q")
		if key, err = s.Page(Options{Drill: drillSays(DrillLine{})}, page); key != "q" || err != nil {
			t.Errorf("the page is left by %q, %v", key, err)
		}
		if n := len(s.told); n != 1 {
			t.Errorf("%d answers of the terminal are kept, want 1", n)
		}
		s.Close()
		if out := s.out.taken(); strings.Count(out, "\x1b[?1049l") != 1 {
			t.Errorf("the terminal was not given back once: %q", out[max(0, len(out)-200):])
		}
	})
}

// The keys of each screen are told apart as the first one's are: one that is typed
// calmly is no burst, however many others had before it.
func TestStageKeysAreNoBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, 80, 24)
		for i := range 3 {
			d := newFakeDeck()
			d.settle = func(r deck.Request) (deck.Progress, error) {
				return deck.Progress{Request: r, Outcome: deck.Verified, Settled: true}, nil
			}
			snap := office()
			snap.Seq = 1
			d.feed <- snap
			s.keys(time.Second, "G", "k", "p", "\x03", "\x03")
			if err := s.Dashboard(Options{Deck: d, Space: "acme", Actor: deck.Actor{Actor: "ana"}}); err != nil {
				t.Error(err)
			}
			if len(d.requests) != 1 {
				t.Errorf("screen %d: a p has sent %+v", i+1, d.requests)
			}
		}
	})
}

// A stage whose terminal is gone ends the screen that is shown, and whose context
// ends too.
func TestStageEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, 80, 24)
		go func() { time.Sleep(time.Second); _ = s.in.Close() }()
		if _, err := s.Page(Options{}, Page{Title: "x"}); err != ErrHangup {
			t.Errorf("the terminal is gone: %v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, 80, 24)
		cause := fmt.Errorf("SIGTERM")
		go func() { time.Sleep(time.Second); s.cancel(cause) }()
		if _, err := s.Page(Options{}, Page{Title: "x"}); err != cause {
			t.Errorf("the context ended: %v", err)
		}
	})
}

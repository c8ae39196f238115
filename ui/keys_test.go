package ui

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"tapedeck/api"
	"tapedeck/ui/slips"
)

func TestKeys(t *testing.T) {
	at120(t, "reserved keys do nothing", Options{}, func(t *testing.T, s *session) {
		s.pick(sidRec)
		for _, k := range []string{"s", "x", "delete"} {
			s.press(k)
			s.want("stop is X, it asks first")
		}
		s.press("S", "D", "K", "[", "]", "A", "B", "C", "y", "y")
		s.wantVerbs("")
	})
	at120(t, "a split arrow key is harmless", Options{}, func(t *testing.T, s *session) {
		s.pick(sidRec)
		for _, k := range []string{"A", "B", "C", "D"} {
			s.press("esc", "[", k, "esc", "O", k)
		}
		s.wantVerbs("")
		if s.quit || s.m.prompt != nil {
			t.Error("it did something")
		}
	})
	at120(t, "interval", Options{}, func(t *testing.T, s *session) {
		s.press("+", "+", "-", "-", "-", "-", "-", "-")
		want := "[3s 5s 3s 2s 1s 500ms]"
		if got := fmt.Sprint(s.d.intervals); got != want {
			t.Errorf("intervals %s, want %s", got, want)
		}
		s.want("poll interval 0.5 s, the shortest")
	})
	at120(t, "refresh", Options{}, func(t *testing.T, s *session) {
		s.press("R", "f5")
		if s.d.refreshed != 2 {
			t.Errorf("%d refreshes", s.d.refreshed)
		}
	})
	at120(t, "copy", Options{}, func(t *testing.T, s *session) {
		s.pick(sidRec).press("c", "C")
		want := "setClipboard " + sidRec + ", setClipboard call-" + sidRec
		if got := strings.Join(s.others, ", "); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		s.want("sent to the terminal's clipboard: call-" + sidRec)
		s.pick(sidPaused2).press("C")
		s.want("sent to the terminal's clipboard: conf-1")
	})
	at120(t, "redraw and suspend, also in a prompt", Options{}, func(t *testing.T, s *session) {
		s.pick(sidPaused).press("r", "ctrl+l", "ctrl+z")
		if got := fmt.Sprintf("%v", s.others); got != "[redraw]" {
			t.Errorf("%v", got)
		}
		s.want("Resume …8142?")
	})
}

func TestViewKeys(t *testing.T) {
	at120(t, "freeze holds the display, an update thaws it", Options{}, func(t *testing.T, s *session) {
		s.press("f").wait(3 * time.Second)
		s.show(snapshotOf(recording(sidRec, api.InProgress, time.Minute)))
		s.want("FROZEN  00:03", "…8142", "STOPPED", "03:12")
		s.pick(sidRec).press("p")
		s.wantNot("FROZEN", "STOPPED")
		s.press("f").press("f")
		s.wantNot("FROZEN")
	})
	at120(t, "Enter, Tab, Esc and J", Options{}, func(t *testing.T, s *session) {
		s.press("enter")
		s.wantNot("RUNNING")
		s.press("esc")
		s.want("RUNNING")
		s.press("tab")
		if !s.m.onDetail() {
			t.Error("the detail pane has no focus")
		}
		before, _ := s.m.selected()
		s.press("j")
		if r, _ := s.m.selected(); r.SID != before.SID {
			t.Error("j moved the selection while the detail pane has the focus")
		}
		s.press("tab", "J")
		s.want(`"sid": "7c1d90aa`)
		s.press("esc")
		s.wantNot(`"sid": "7c1d90aa`)
		s.press("esc", "esc", "esc")
		if s.quit {
			t.Error("Esc quit")
		}
	})
	at120(t, "sort and reverse", Options{}, func(t *testing.T, s *session) {
		s.press("o")
		s.want("Sort by")
		s.press("2")
		s.wantNot("Sort by")
		s.want("sorted by")
		s.press("O")
		s.want("reversed")
		s.press("o", "p")
		s.wantVerbs("")
	})
	at120(t, "help", Options{}, func(t *testing.T, s *session) {
		for _, k := range []string{"?", "f1"} {
			s.press(k)
			s.want("line 1-", "pause now, with silence")
			s.press("p")
			s.wantVerbs("")
			s.press("esc")
			s.wantNot("line 1-")
		}
	})
	at120(t, "look is told when the selection has rested", Options{}, func(t *testing.T, s *session) {
		s.wait(200 * time.Millisecond)
		s.d.looked = nil
		s.press("j", "j", "j", "j").wait(500 * time.Millisecond)
		if got := fmt.Sprint(s.d.looked); got != "["+sidOld+"]" {
			t.Errorf("looked at %s", got)
		}
	})
	at120(t, "pasted text does nothing", Options{}, func(t *testing.T, s *session) {
		s.pick(sidRec).send(tea.PasteMsg{Content: "pppX91be\nry"})
		s.wantVerbs("")
		s.want("pasted text does nothing here")
	})
}

func TestFilter(t *testing.T) {
	at120(t, "live, kept, cleared", Options{}, func(t *testing.T, s *session) {
		s.press("/", "p", "a", "u", "s", "e", "d")
		s.want("2 of 6")
		s.press("X", "backspace", "enter")
		s.want("/ paused", "2 of 6", "p pause·silence")
		s.wantVerbs("")
		s.press("esc")
		s.wantNot("2 of 6")
	})
	at120(t, "what is wrong with it is said while it is typed", Options{}, func(t *testing.T, s *session) {
		s.press("/", "a", "g", "e", ">", "enter")
		s.want("filter: ", "/ age>")
		s.press("1", "h", "enter")
		s.want("1 of 6")
	})
	at120(t, "a paste goes in, on one line", Options{}, func(t *testing.T, s *session) {
		s.press("/").send(tea.PasteMsg{Content: "pau\x1b[31msed\r\n"})
		if strings.ContainsAny(s.m.filter.Typed(), "\x1b\r\n") {
			t.Errorf("filter %q", s.m.filter.Typed())
		}
	})
	at120(t, "survives a resize", Options{}, func(t *testing.T, s *session) {
		s.press("/", "p", "a", "u", "s", "e", "d", "enter")
		s.send(tea.WindowSizeMsg{Width: 40, Height: 5})
		s.send(tea.WindowSizeMsg{Width: 80, Height: 24})
		s.want("/ paused", "2 of 6")
	})
}

func (s *session) left() {
	pauseSelected(s, sidRec)
}

func TestQuit(t *testing.T) {
	at120(t, "q", Options{}, func(t *testing.T, s *session) {
		if s.press("q"); !s.quit {
			t.Error("it did not quit")
		}
	})
	at120(t, "q asks when this session has left a recording paused", Options{}, func(t *testing.T, s *session) {
		s.left()
		s.press("q")
		s.want("Quit? 1 recording that you paused is still paused", "…91be  (415) 555-0123")
		if s.press("y"); s.quit {
			t.Error("y quit within 300 ms")
		}
		if s.wait(time.Second).press("q", "q"); s.quit {
			t.Error("q answered its own prompt")
		}
		s.press("n")
		s.wantNot("Quit?")
		if s.press("q").wait(time.Second).press("y"); !s.quit {
			t.Error("y did not quit")
		}
	})
	at120(t, "not for what goes on again", Options{}, func(t *testing.T, s *session) {
		s.left()
		s.show(office())
		s.show(office())
		if s.press("q"); !s.quit {
			t.Error("it did not quit")
		}
	})
	at120(t, "a pause under way counts", Options{}, func(t *testing.T, s *session) {
		s.pick(sidRec).press("p", "q")
		s.want("…91be  the pause is under way")
	})
	at120(t, "ctrl+c twice in 2 s", Options{}, func(t *testing.T, s *session) {
		if s.press("ctrl+c").wait(3 * time.Second).press("ctrl+c"); s.quit {
			t.Error("two that are 3 s apart quit")
		}
		if s.wait(time.Second).press("ctrl+c"); !s.quit {
			t.Error("it did not quit")
		}
	})
	for _, open := range []string{"r", "X", "/", "o", "?"} {
		at120(t, "ctrl+c cancels what "+open+" opened", Options{}, func(t *testing.T, s *session) {
			s.pick(sidPaused).press(open, "ctrl+c")
			if s.m.prompt != nil || s.m.mode != normal || s.quit {
				t.Error("something is open, or it quit")
			}
		})
	}
}

func TestSmallScreen(t *testing.T) {
	at120(t, "no updating key works", Options{}, func(t *testing.T, s *session) {
		s.pick(sidRec)
		s.send(tea.WindowSizeMsg{Width: 29, Height: 15})
		s.want("tapedeck needs 30x3")
		s.press("p", "P", "1", "r", "y", "X", "9", "1", "b", "e", "enter")
		s.wantVerbs("")
		s.send(tea.WindowSizeMsg{Width: 60, Height: 15})
		s.wait(slips.LeadFor)
		if r, _ := s.m.selected(); r.SID.String() != sidRec {
			t.Error("the selection was lost")
		}
		s.press("p")
		s.wantVerbs("pause 91be silence")
	})
	at120(t, "an open prompt is kept, and not answered", Options{}, func(t *testing.T, s *session) {
		s.pick(sidPaused).press("r").wait(time.Second)
		s.send(tea.WindowSizeMsg{Width: 120, Height: 14})
		s.press("y")
		s.wantVerbs("")
		s.send(tea.WindowSizeMsg{Width: 120, Height: 40})
		s.want("Resume …8142?")
		s.press("y")
		s.wantVerbs("resume 8142")
	})
	at120(t, "every size", Options{}, func(t *testing.T, s *session) {
		for _, open := range []string{"", "r", "X", "P", "/", "o", "?", "J"} {
			s.pick(sidPaused)
			if open == "P" {
				s.pick(sidRec)
			}
			if open != "" {
				s.press(open)
			}
			for w := 0; w < 130; w += 7 {
				for h := 0; h < 45; h += 4 {
					s.m.Update(tea.WindowSizeMsg{Width: w, Height: h})
					checkFrame(t, s.m)
				}
			}
			s.send(tea.WindowSizeMsg{Width: 120, Height: 40})
			s.press("esc", "esc")
		}
	})
}

func TestTerminal(t *testing.T) {
	at120(t, "the background and the width of graphemes come late", Options{Theme: "auto"}, func(t *testing.T, s *session) {
		before := s.m.View().Content
		s.send(tea.BackgroundColorMsg{})
		s.send(tea.ModeReportMsg{Mode: ansi.ModeUnicodeCore, Value: ansi.ModeReset})
		if !s.m.themeOf.Graphemes || s.m.View().Content == "" || before == "" {
			t.Error("not taken")
		}
		s.wantVerbs("")
	})
	at120(t, "the title says the counts, and that they are old or not all", Options{}, func(t *testing.T, s *session) {
		if got := s.m.View().WindowTitle; got != "tapedeck acme / support-eu: REC 2 PAUSED 2" {
			t.Errorf("title %q", got)
		}
		s.show(failed(office(), httpError(503, ""), time.Minute))
		if got := s.m.View().WindowTitle; got != "tapedeck acme / support-eu: STALE" {
			t.Errorf("title %q", got)
		}
		s.show(snapshotOf(recording(sidRec, "transmogrified", time.Minute), recording(sidOld, "", time.Minute), recording(sidQueued, api.Queued, time.Second),
			recording(sidPaused2, api.Resumed, time.Minute)))
		s.want("REC 1 ", "STARTING 1", "OTHER 2", "PAUSED 0")
		if got := s.m.View().WindowTitle; got != "tapedeck acme / support-eu: REC 1 PAUSED 0 OTHER 2" {
			t.Errorf("title %q", got)
		}
		s.send(tea.WindowSizeMsg{Width: 60, Height: 3})
		s.want("REC 1 ", "OTHER 2")
		s.send(tea.WindowSizeMsg{Width: 120, Height: 40})
		partial := office()
		partial.Health.Partial, partial.Health.Err = true, api.ErrPage
		s.show(partial)
		if got := s.m.View().WindowTitle; got != "tapedeck acme / support-eu: PARTIAL: REC 2 PAUSED 2" {
			t.Errorf("title %q", got)
		}
	})
	t.Run("nothing changes in a second in which nothing changes", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSession(t, 120, 40, Options{Theme: "dark"})
			s.show(nothing(nil))
			before := s.m.View().Content
			s.wait(3 * time.Second)
			if s.m.View().Content != before {
				t.Error("the frame changed")
			}
		})
	})
}

package terminal

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/vt"
	"github.com/hinshun/vt10x"
)

// session is what a session writes: at the start, with its frame, and at the end.
func session(t *testing.T) (entered, left string) {
	t.Helper()
	out := &sink{}
	s := open(t, out, Options{AskWidth: true, AskBackground: true, Profile: colorprofile.ANSI256})
	s.Show(Frame{Content: "+1 310 555 0142\n\x1b[7msecond\x1b[m", Title: "tapedeck acme", Cursor: &Position{X: 3, Y: 1}})
	synctest.Wait()
	entered = out.taken()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	return entered, out.taken()
}

// What is written at the start and at the end comes in the order in which no
// terminal shows a part of it.
func TestOrderOfEnteringAndLeaving(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		entered, left := session(t)
		for what, order := range map[string][]string{
			"the title is kept before it is set":             {"\x1b[22;2t", "\x1b]2;tapedeck"},
			"it asks for modes on the alternate screen":      {"\x1b[?1049h", "\x1b[?2026$p"},
			"it asks for widths on the alternate screen":     {"\x1b[?1049h", "\x1b[6n"},
			"it asks for the background there":               {"\x1b[?1049h", "\x1b]11;?"},
			"lines are not wrapped before one is written":    {"\x1b[?7l", "+1 310"},
			"the screen is cleared of what it asked with":    {"\x1b[6n", "\x1b[2J", "+1 310"},
			"the cursor is hidden before anything is shown ": {"\x1b[?25l", "+1 310"},
		} {
			checkOrder(t, what, entered, order)
		}
		for what, order := range map[string][]string{
			"it clears, from the first cell, before the alternate screen goes": {"\x1b[m", "\x1b[r", "\x1b[H", "\x1b[2J", "\x1b[?1049l"},
			"lines are wrapped again":                   {"\x1b[?7h"},
			"pastes, focus and the cursor are restored": {"\x1b[?1004l", "\x1b[?2004l", "\x1b[?25h"},
			"a neutral title stays where none was kept": {"\x1b]2;terminal\a", "\x1b[23;2t"},
		} {
			checkOrder(t, what, left, order)
		}
		if strings.ContainsRune(entered+left, '\t') {
			t.Error("a tab was written")
		}
	})
}

// checkOrder fails unless these are in a text, one behind the other.
func checkOrder(t *testing.T, what, in string, order []string) {
	t.Helper()
	at := 0
	for _, s := range order {
		i := strings.Index(in[at:], s)
		if i < 0 {
			t.Errorf("%s: there is no %q behind what is before it: %q", what, s, in)
			return
		}
		at += i + len(s)
	}
}

// Where a terminal has no alternate screen nothing of the session stays on it, and
// what comes next stands at the top.
func TestLeavingWithoutAlternateScreen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		entered, left := session(t)
		written := strings.NewReplacer("\x1b[?1049h", "", "\x1b[?1049l", "", "\x1b[22;2t", "", "\x1b[23;2t", "", "\x1b[6n", "", "\x1b]11;?\a", "",
			"\x1b[?2026$p", "", "\x1b[?2027$p", "").Replace(entered+left) + "$ next"
		one := vt10x.New(vt10x.WithSize(20, 3))
		_, _ = one.Write([]byte(strings.ReplaceAll(written, "\n", "\r\n")))
		other := vt.NewEmulator(20, 3)
		_, _ = other.WriteString(written)
		for name, got := range map[string]string{"vt10x": one.String(), "x/vt": other.String()} {
			if got = strings.Join(strings.Fields(got), " "); got != "$ next" {
				t.Errorf("%s: %q is left", name, got)
			}
			if name == "x/vt" && !strings.HasPrefix(other.String(), "$ next") {
				t.Errorf("what comes next stands at %q", other.String())
			}
		}
	})
}

package detail

import (
	"strings"
	"testing"

	"tapedeck/api/deck"
	"tapedeck/ui/theme"
)

// The pane names the project where there are several, in its title and in a line,
// and says whose question about the recording is open elsewhere.
func TestProjectAndOthers(t *testing.T) {
	for _, h := range []int{6, 40} {
		m := show(theme.Theme{}, 80, h, paused(deck.Verified))
		if view := m.View(clock); strings.Contains(view, "project  ") {
			t.Errorf("one project:\n%s", view)
		}
		r := *m.rec
		r.Asking = []deck.Asking{{Actor: "alice\x1b[2J", Verb: "stop"}}
		m.SetRecording(&r, 0, "8142", "acme")
		m.SetProject("a-very-long-name-of-a-project\x1b")
		view := m.View(clock)
		if title, _, _ := strings.Cut(view, "\n"); !strings.Contains(title, "a-very-long-nam…") || !strings.Contains(title, "PAUSED") || strings.Contains(view, "\x1b") {
			t.Errorf("%d lines: %q", h, title)
		}
		if !strings.Contains(view, "alice�[2J is stopping") {
			t.Errorf("%d lines:\n%s", h, view)
		}
		if h == 40 && !strings.Contains(view, "project             a-very-long-name-of-a-project") {
			t.Errorf("there is no line for it:\n%s", view)
		}
	}
}

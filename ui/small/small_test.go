package small

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/ui/line"
	"tapedeck/ui/theme"
)

var now = time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)

// lines is a screen as text, without the spaces at the end of its lines. It holds
// that no line is wider than the screen, and that there are no more than it has.
func lines(t *testing.T, view string, w, h int) []string {
	t.Helper()
	out := strings.Split(ansi.Strip(view), "\n")
	if len(out) > h {
		t.Errorf("%d lines on a screen of %d: %q", len(out), h, out)
	}
	for i, l := range out {
		if ansi.StringWidth(l) > w {
			t.Errorf("%q is wider than %d", l, w)
		}
		out[i] = strings.TrimRight(l, " ")
	}
	return out
}

// state is a screen with a paused recording.
func state() State {
	r := &deck.Recording{Recording: api.Recording{Status: api.Paused}, Pause: deck.Pause{Since: now.Add(-192 * time.Second)}}
	return State{
		Theme: theme.New(theme.Options{}), Counts: "PAUSED 1", Pause: "pause·silence",
		Freshness: func(said line.Span, whole bool) string {
			if whole {
				return said.Text
			}
			return said.Text + "|live"
		},
		Selected: Selected{Recording: r, Short: "8142", Who: "…0142 → …0199", Now: now},
	}
}

func TestView(t *testing.T) {
	tests := []struct {
		name   string
		h      int
		change func(s *State)
		want   []string
	}{
		{"nothing is said", 3, func(*State) {}, []string{"PAUSED 1", "PAUSED …8142 …0142 → …0199 03:12", "|live"}},
		{"a trouble", 3, func(s *State) { s.Selected.Troubled = true }, []string{"PAUSED 1", "!PAUSED …8142 …0142 → …0199", "|live"}},
		{"nothing is selected", 3, func(s *State) { s.Selected = Selected{} }, []string{"PAUSED 1", "no recording is selected", "|live"}},
		{"a message", 3, func(s *State) { s.Info = line.Of(theme.Plain, "thawed") }, []string{"PAUSED 1", "PAUSED …8142 …0142 → …0199 03:12", "thawed|live"}},
		{"what must not be overlooked comes before it", 3, func(s *State) { s.Info, s.Bad = line.Of(theme.Plain, "thawed"), "failed" },
			[]string{"PAUSED 1", "PAUSED …8142 …0142 → …0199 03:12", "failed|live"}},
		{"a question names the recording, whole", 3, func(s *State) { s.Question, s.Bad = Question{true, "pause …8142? y"}, "failed" },
			[]string{"PAUSED 1", "|live", "pause …8142? y"}},
		{"and what is said stays", 3, func(s *State) {
			s.Question, s.Info = Question{true, "pause …8142? y"}, line.Of(theme.Plain, "too soon")
		},
			[]string{"PAUSED 1", "too soon|live", "pause …8142? y"}},
		{"a question without room", 3, func(s *State) { s.Question.Open = true }, []string{"PAUSED 1", "|live", "the question needs 60x15; Esc"}},
		{"room for the keys", 6, func(*State) {}, []string{"PAUSED 1", "PAUSED …8142 …0142 → …0199 03:12", "j k move, p pause·silence, q", "quit; 60x15 shows the list", "", "|live"}},
		{"room for a message", 4, func(s *State) { s.Info = line.Of(theme.Plain, "a message that takes more than a line of the screen") },
			[]string{"PAUSED 1", "PAUSED …8142 …0142 → …0199 03:12", "a message that takes more than a", "|live"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := state()
			tt.change(&s)
			if diff := cmp.Diff(tt.want, lines(t, s.View(32, tt.h), 32, tt.h)); diff != "" {
				t.Errorf("screen (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNoRoom(t *testing.T) {
	tests := []struct {
		name string
		n    NoRoom
		h    int
		want []string
	}{
		{"nothing is open", NoRoom{}, 5, []string{"tapedeck needs 30x3, this is 29x5", "q quits", "status", "header"}},
		{"a question", NoRoom{Open: true, Question: []string{"never shown"}}, 5, []string{"tapedeck needs 30x3, this is 29x5", "a prompt is open; Esc cancels it", "status", "header"}},
		{"one that can be answered", NoRoom{Open: true, Answered: true, Question: []string{"Quit?"}}, 5, []string{"tapedeck needs 30x3, this is 29x5", "Quit?", "status", "header"}},
		{"two lines", NoRoom{}, 2, []string{"tapedeck needs 30x3, this is 29x2", "q quits"}},
		{"one", NoRoom{}, 1, []string{"tapedeck needs 30x3, this is 29x1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.n.Theme, tt.n.Status, tt.n.Header = theme.New(theme.Options{}), "status", "header"
			for i, l := range tt.want {
				tt.want[i] = strings.TrimRight(ansi.Truncate(l, 29, "…"), " ")
			}
			if diff := cmp.Diff(tt.want, lines(t, tt.n.View(29, tt.h), 29, tt.h)); diff != "" {
				t.Errorf("screen (-want +got):\n%s", diff)
			}
		})
	}
}

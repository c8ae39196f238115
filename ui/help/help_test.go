package help

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"tapedeck/ui/theme"
)

func press(s string) tea.KeyPressMsg {
	switch s {
	case "tab":
		return tea.KeyPressMsg{Code: tea.KeyTab}
	case "shift+tab":
		return tea.KeyPressMsg{Code: tea.KeyTab, Mod: tea.ModShift}
	case "down":
		return tea.KeyPressMsg{Code: tea.KeyDown}
	}
	return tea.KeyPressMsg{Code: []rune(s)[0], Text: s}
}

// sections are so many sections of three signs each.
func sections(n int) (out []Section) {
	for i := range n {
		s := Section{Title: fmt.Sprintf("Part %d", i)}
		for j := range 3 {
			s.Signs = append(s.Signs, theme.Sign{Sign: strings.Repeat("s", j+1), Means: "what it means"})
		}
		out = append(out, s)
	}
	return out
}

func opened(n, w, h int) Model {
	m := New(theme.Theme{})
	m.Open(sections(n))
	m.SetSize(w, h)
	return m
}

func trimmed(lines []string) string {
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// The signs of a section stand in a column; what one means goes on below itself,
// and a sign too long for the column has a line of its own.
func TestText(t *testing.T) {
	lines, starts := Text(theme.Theme{}, []Section{
		{"Keys", []theme.Sign{{Sign: "p", Means: "pause now"}, {Sign: "ctrl+c", Means: "cancels what is open"}}},
		{"Filter", []theme.Sign{{Sign: "a very long example of one", Means: "what it finds"}}},
	}, 24)
	want := " Keys\n  p       pause now\n  ctrl+c  cancels what\n          is open\n\n Filter\n  a very long example of one\n    what it finds"
	if got := trimmed(lines); got != want {
		t.Errorf("\n%s\nwant\n%s", got, want)
	}
	if fmt.Sprint(starts) != "[0 5]" {
		t.Errorf("the sections start at %v, want 0 and 5", starts)
	}
}

func TestScroll(t *testing.T) {
	m := opened(4, 60, 9) // 19 lines, 8 of them at a time
	title := func(want string) {
		t.Helper()
		if got := m.View()[0]; !strings.Contains(got, want) {
			t.Errorf("%q, want %s", got, want)
		}
	}
	title("line 1-8 of 19")
	m = m.Update(press("down"))
	title("line 2-9 of 19")
	m = m.Update(press("tab"))
	title("line 6-13 of 19")
	m = m.Update(press("shift+tab"))
	title("line 1-8 of 19")
	m = m.Update(press("G"))
	title("line 12-19 of 19")
	m = m.Update(press("shift+tab"))
	title("line 11-18 of 19")
	m = m.Update(press("G"))
	m = m.Update(press("tab"))
	title("line 1-8 of 19")
	m.SetSize(60, 30)
	if got := m.View()[0]; strings.Contains(got, "line") {
		t.Errorf("%q though all of it is shown", got)
	}
	m.SetSize(60, 9)
	m = m.Update(press("G"))
	m.Open(sections(4))
	title("line 1-8 of 19")
}

// Every size has its lines, without sections too.
func TestEverySize(t *testing.T) {
	for _, n := range []int{0, 3} {
		for w := range 40 {
			for h := range 12 {
				m := opened(n, w, h)
				m = m.Update(press("tab")).Update(press("G"))
				view := m.View()
				if len(view) != h {
					t.Fatalf("%dx%d: %d lines", w, h, len(view))
				}
				for _, l := range view {
					if (theme.Theme{}).Width(l) > w {
						t.Fatalf("%dx%d: %q is too wide", w, h, l)
					}
				}
			}
		}
	}
}

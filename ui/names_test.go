package ui

import (
	"strings"
	"testing"
	"time"

	"tapedeck/ui/list"
)

// One name for a number: in the row, in the pane with the number beside it, in
// a question, and found by the filter; numbers that are masked do not hide it.
func TestNamesForNumbers(t *testing.T) {
	for _, masked := range []bool{false, true} {
		o := Options{MaskNumbers: masked, Names: map[string]string{"+13105550199": "Front desk", "sip:agent7@acme": "Agent seven"}}
		onNight(t, map[bool]string{false: "shown", true: "masked"}[masked], o, func(t *testing.T, s *session) {
			s.show(office()).look(sidPaused).wait(time.Second)
			beside := "Front desk  (310) 555-0199"
			line := "(310) 555-0142 → Front desk"
			if masked {
				line, beside = "***-0142 → Front desk", "Front desk  ***-0199"
			}
			for _, want := range []string{line, beside, "→ Agent seven"} {
				if !strings.Contains(s.text(), want) {
					t.Errorf("no %q in\n%s", want, s.text())
				}
			}
			s.press("r")
			if got := s.m.prompt.Question().Who; got != line {
				t.Errorf("the question names %q, want %q", got, line)
			}
			s.press("esc", "/", "a", "g", "e", "n", "t", " ", "s", "e", "v")
			if shown, _ := s.m.list.Shown(); shown != 1 {
				t.Errorf("the filter finds %d by name", shown)
			}
			s.press("esc", "/", "f", "r", "o", "m", ":", "0", "1", "2", "3")
			if shown, _ := s.m.list.Shown(); shown != 1 {
				t.Errorf("the filter finds %d by number", shown)
			}
		})
	}
}

// by:me is whoever sits here.
func TestFilterByMe(t *testing.T) {
	onNight(t, "by me", Options{}, func(t *testing.T, s *session) {
		s.show(office())
		f, err := list.ParseFilter("by:me")
		if err != nil {
			t.Fatal(err)
		}
		s.m.list.SetFilter(f)
		if shown, _ := s.m.list.Shown(); shown != 1 {
			t.Errorf("ana has paused 1 here, by:me shows %d", shown)
		}
	})
}

// Where the row has no room to say in which hidden field a word was found, the
// filter's line says it of the selected one.
func TestFoundInHiddenField(t *testing.T) {
	screenCase(t, "found in a hidden field", 80, 24, Options{}, func(s *session) {
		s.show(office()).press("/", "i", "n", "b", "o", "u", "n", "d")
	})
	onNight(t, "found", Options{}, func(t *testing.T, s *session) {
		s.show(office()).press("/", "a", "g", "e", "n", "t", "7")
		s.wantNot("found in")
		s.press("esc", "/", "i", "n", "b", "o", "u", "n", "d")
		s.want("found in direction")
	})
}

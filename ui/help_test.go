package ui

import (
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/help"
	"tapedeck/ui/list"
)

// help returns the whole help as text, wide enough for nothing to be wrapped.
func (s *session) help() string {
	lines, _ := help.Text(s.m.th, s.m.helpSections(), 400)
	return ansi.Strip(strings.Join(lines, "\n"))
}

// Whatever can be pressed or read on the screen is in the help.
func TestHelpHasEverything(t *testing.T) {
	for _, ascii := range []bool{false, true} {
		onNight(t, map[bool]string{false: "unicode", true: "ascii"}[ascii], Options{ASCII: ascii, NoColor: true}, func(t *testing.T, s *session) {
			text := s.help()
			has := func(sign, means string) {
				t.Helper()
				sign, means = s.m.th.Plain(sign), s.m.th.Plain(means)
				for line := range strings.SplitSeq(text, "\n") {
					if rest, ok := strings.CutPrefix(line, "  "+sign); ok && strings.TrimSpace(rest) == means {
						return
					}
				}
				if !strings.Contains(text, "  "+sign+"\n") || !strings.Contains(text, "  "+means+"\n") {
					t.Errorf("the help has no %q with %q", sign, means)
				}
			}
			for _, a := range s.m.keys.list {
				has(a.key.Help().Key, a.key.Help().Desc)
			}
			for _, l := range list.Legends(s.m.th.Symbols()) {
				if !strings.Contains(text, " "+l.Title+"\n") {
					t.Errorf("the help has no part %s", l.Title)
				}
				for _, sign := range l.Signs {
					has(sign.Sign, sign.Means)
				}
			}
			for _, l := range terminalLegend {
				has(l.Sign, l.Means)
			}
			for _, term := range list.FilterTerms() {
				has(term.Example, term.Does)
			}
			for _, o := range []deck.Outcome{deck.Requested, deck.Accepted, deck.Verified, deck.Contradicted, deck.Failed, deck.Unknown} {
				if !strings.Contains(text, "\n  "+string(o)) {
					t.Errorf("the help has no outcome %s", o)
				}
			}
			for _, e := range list.FilterLegend() {
				if _, err := list.ParseFilter(e.Sign); err != nil {
					t.Errorf("the help's filter %s is none: %v", e.Sign, err)
				}
			}
		})
	}
}

// Every word that the header shows is explained.
func TestHelpHasTheHeader(t *testing.T) {
	check := func(t *testing.T, s *session, text string) {
		t.Helper()
		shown := ansi.Strip(strings.Join(s.m.header.View(400, s.m.headerState()), " "))
		for _, w := range strings.FieldsFunc(shown, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' }) {
			if w == strings.ToUpper(w) && len(w) > 2 && w != "UTC" && w != "HTTP" && !strings.Contains(text, w) {
				t.Errorf("the header shows %q, which the help does not explain", w)
			}
		}
	}
	o := Options{ReadOnly: true, LeftBehind: leftBy([]LeftBehind{{SID: text.New(sidPaused)}})}
	onNight(t, "header", o, func(t *testing.T, s *session) {
		text := s.help()
		check(t, s, text)
		s.show(nightOffice())
		s.press("esc", " ", "f")
		check(t, s, text)
		s.press("f").show(failed(nightOffice(), httpError(503, ""), 40e9))
		check(t, s, text)
	})
}

func TestHelpScrolls(t *testing.T) {
	onNight(t, "scrolls", Options{}, func(t *testing.T, s *session) {
		s.show(office()).press("?")
		s.want("line 1-36 of ")
		s.press("j")
		s.want("line 2-37 of ")
		titles := []string{}
		for range len(s.m.helpSections()) {
			s.press("tab")
			line := strings.TrimSpace(strings.Split(s.text(), "\n")[2])
			titles = append(titles, line)
		}
		got := strings.Join(titles, ", ")
		for _, want := range []string{"Keys about pauses and marks, Keys for what is shown, Keys for the session, Status, Beside the status", "Columns, Timeline, Filter"} {
			if !strings.Contains(got, want) {
				t.Errorf("tab goes to %s, want %s", got, want)
			}
		}
		s.press("G")
		lines, _ := help.Text(s.m.th, s.m.helpSections(), 118)
		if !strings.Contains(s.text(), "of "+strconv.Itoa(len(lines))) || !strings.Contains(s.text(), "-"+strconv.Itoa(len(lines))+" of") {
			t.Errorf("at the end the position is not that of line %d:\n%s", len(lines), s.text())
		}
		s.press("tab")
		s.want("line 1-36 of ")
		s.press("esc")
		s.wantNot("line 1-36")
	})
	onNight(t, "a key that no group has is there all the same", Options{}, func(t *testing.T, s *session) {
		s.m.keys.list = append(s.m.keys.list, action{key: bind("Z", "does something new", "Z")})
		if text := s.help(); !strings.Contains(text, "Other keys") || !strings.Contains(text, "does something new") {
			t.Errorf("no Z in\n%s", text)
		}
	})
}

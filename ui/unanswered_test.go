//go:build linux || darwin

package ui

import (
	"image/color"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/hinshun/vt10x"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/terminal"
	"tapedeck/ui/theme"
)

// What the terminal does not answer within half a second is supposed, and a late
// answer counts.
func TestUnanswered(t *testing.T) {
	light, dark := tea.BackgroundColorMsg{Color: color.White}, tea.BackgroundColorMsg{Color: color.Black}
	for _, tt := range []struct {
		name    string
		o       Options
		environ []string
		answers []tea.Msg // at once
		late    []tea.Msg
		at      [3]theme.Options // at the start, after 0.6 s, after a late answer
	}{
		{name: "no answer", at: [3]theme.Options{{Dark: true}, {Dark: true, Unknown: true}, {Dark: true, Unknown: true}}},
		{name: "an answer", answers: []tea.Msg{light}},
		{name: "a late answer", late: []tea.Msg{light}, at: [3]theme.Options{{Dark: true}, {Dark: true, Unknown: true}, {}}},
		{name: "a dark one, late", late: []tea.Msg{dark}, at: [3]theme.Options{{Dark: true}, {Dark: true, Unknown: true}, {Dark: true}}},
		{name: "COLORFGBG", environ: []string{"COLORFGBG=0;15"}},
		{name: "COLORFGBG, and an answer", environ: []string{"COLORFGBG=0;15"}, answers: []tea.Msg{dark}, at: [3]theme.Options{{Dark: true}, {Dark: true}, {Dark: true}}},
		{name: "a chosen theme", o: Options{Theme: "light"}, at: [3]theme.Options{{Dark: true}, {Dark: true}, {Dark: true}}},
		{name: "wide by its answer", environ: []string{"COLORFGBG=0;15"}, answers: []tea.Msg{widthMsg{true}}, at: [3]theme.Options{{Wide: true}, {Wide: true}, {Wide: true}}},
		{name: "wide by the user", environ: []string{"COLORFGBG=0;15", "RUNEWIDTH_EASTASIAN=1"}, answers: []tea.Msg{widthMsg{false}},
			at: [3]theme.Options{{Wide: true}, {Wide: true}, {Wide: true}}},
		{name: "narrow by the user", environ: []string{"COLORFGBG=0;15", "RUNEWIDTH_EASTASIAN=0", "LANG=ja_JP.UTF-8"}, answers: []tea.Msg{widthMsg{true}}},
		{name: "a locale, and no answer", environ: []string{"COLORFGBG=0;15", "LANG=ja_JP.UTF-8"}, at: [3]theme.Options{{}, {Wide: true}, {Wide: true}}},
		{name: "a locale, and a late answer", environ: []string{"COLORFGBG=0;15", "LANG=ja_JP.UTF-8"}, late: []tea.Msg{widthMsg{false}},
			at: [3]theme.Options{{}, {Wide: true}, {}}},
		{name: "a locale, and an answer", environ: []string{"COLORFGBG=0;15", "LANG=zh_CN.UTF-8"}, answers: []tea.Msg{widthMsg{false}}},
		{name: "only ASCII", o: Options{ASCII: true}, environ: []string{"COLORFGBG=0;15", "LANG=zh_CN.UTF-8"}, answers: []tea.Msg{widthMsg{true}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tt.o.Terminal = terminal.Terminal{Environ: tt.environ}
				s := newSession(t, 120, 40, tt.o)
				s.show(office())
				for i, step := range []func(){
					func() {
						for _, msg := range tt.answers {
							s.send(msg)
						}
					},
					func() { s.wait(answerWait + 100*time.Millisecond) },
					func() {
						for _, msg := range tt.late {
							s.send(msg)
						}
					},
				} {
					step()
					want := tt.at[i]
					want.Mode, want.ASCII = tt.o.Theme, tt.o.ASCII
					if diff := cmp.Diff(want, s.m.themeOf); diff != "" {
						t.Errorf("step %d (-want +got):\n%s", i, diff)
					}
				}
				if ours := strings.Trim("→≥…·│─▌⋯↑↓", " "); s.m.themeOf.Wide && strings.ContainsAny(s.m.View().Content, ours) {
					t.Errorf("a sign of ours is of ambiguous width:\n%s", s.text())
				}
			})
		})
	}
}

// ambiguousNames is the office with names that have characters of ambiguous
// width, and others.
func ambiguousNames() *deck.Snapshot {
	snap := office()
	for i, name := range []string{"Справка → 2", "東京 ± 窓口", "αβγ · δ", "Отдел…"} {
		r := *snap.Recordings[i]
		r.CallSID, r.ConferenceSID, r.Call = text.Text{}, text.New("c"), nil
		r.Conference = &api.Conference{SID: text.New("c"), FriendlyName: text.New(name)}
		snap.Recordings[i] = &r
	}
	return snap
}

// wideSteps are what is done on a screen to see all of it.
var wideSteps = []string{"k", "j", "j", "\r", "\x1b", "?", "\x1b", "X", "\x1b", "o", "\x1b", "/да", "\x1b", "\x1b", "h", "\x1b", "J", "J"}

// TestWideTerminal is a program on a terminal that takes ambiguous characters for
// wide, as the emulator does in a process with RUNEWIDTH_EASTASIAN: what is on it
// is the frame.
func TestWideTerminal(t *testing.T) {
	const inner = "TAPEDECK_TEST_WIDE"
	if os.Getenv(inner) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestWideTerminal$", "-test.v")
		cmd.Env = append(os.Environ(), inner+"=1", "RUNEWIDTH_EASTASIAN=1")
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestWideTerminal") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	for name, environ := range map[string][]string{"by the user": {"RUNEWIDTH_EASTASIAN=1"}, "by its answer": nil} {
		t.Run(name, func(t *testing.T) {
			screen := newScreen(t, 100, 30)
			synctest.Test(t, func(t *testing.T) {
				p := startProgramWith(t, 100, 30, ambiguousNames(), Options{Terminal: terminal.Terminal{Environ: append(environ, "TERM=xterm-256color")}})
				p.typeKeys("\x1b[3;3R")
				if !p.m.themeOf.Wide {
					t.Fatal("it is not known that the terminal is wide")
				}
				for _, keys := range wideSteps {
					p.typeKeys(keys)
					p.midSecond()
					p.out.draw(screen)
					if diff := cmp.Diff(screenText(p.m.View(), 100, 30), trimmed(screen.String(), 30)); diff != "" {
						t.Fatalf("after %q (-frame +terminal):\n%s", keys, diff)
					}
				}
			})
		})
	}
}

// TestWideOnNarrow is the same program on terminals that take them for one cell
// wide, or all for one: the rest of the row stays in its columns.
func TestWideOnNarrow(t *testing.T) {
	o := Options{Terminal: terminal.Terminal{Environ: []string{"RUNEWIDTH_EASTASIAN=1", "TERM=xterm-256color"}}}
	for name, snap := range map[string]func() *deck.Snapshot{"names in ASCII": office, "names of ambiguous width": ambiguousNames} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := startProgramWith(t, 100, 30, snap(), o)
				one := vt10x.New(vt10x.WithSize(100, 30))
				for _, keys := range wideSteps {
					p.typeKeys(keys)
					p.midSecond()
					p.out.draw(one)
					got := strings.Split(trimmed(one.String(), 30), "\n")
					for y, line := range strings.Split(screenText(p.m.View(), 100, 30), "\n") {
						before, _, _ := cutLast(got[y], "|") // a cell of this terminal is a character
						want, _, _ := cutLast(line, "|")
						if isASCII(line) && got[y] != line || utf8.RuneCountInString(before) != p.m.th.Width(want) {
							t.Fatalf("after %q: row %d is\n%q, want\n%q", keys, y, got[y], line)
						}
					}
				}
			})
		})
	}
}

// cutLast cuts a text around the last such sign.
func cutLast(s, sign string) (before, after string, found bool) {
	if at := strings.LastIndex(s, sign); at >= 0 {
		return s[:at], s[at+len(sign):], true
	}
	return "", s, false
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// trimmed returns the first lines of a terminal without the spaces at their ends.
func trimmed(s string, h int) string {
	lines := strings.Split(strings.ReplaceAll(s, "\x00", " "), "\n")[:h]
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

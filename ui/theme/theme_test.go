package theme

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"tapedeck/api"
	"tapedeck/api/text"
)

var themes = []Theme{
	{}, New(Options{Mode: "dark"}), New(Options{Mode: "light"}), New(Options{Mode: "mono"}),
	New(Options{Dark: true, Graphemes: true}), New(Options{ASCII: true, NoColor: true}), New(Options{Wide: true}),
	New(Options{Wide: true, Graphemes: true}), New(Options{Unknown: true}),
}

func TestWord(t *testing.T) {
	tests := []struct {
		status string
		gone   bool
		want   string
	}{
		{"in-progress", false, "REC"}, {"resumed", false, "REC"}, {"paused", false, "PAUSED"},
		{"queued", false, "STARTING"}, {"stopped", false, "STOPPED"}, {"completed", false, "COMPLETED"},
		{"absent", false, "ABSENT"}, {"failed", false, "FAILED"}, {"processing", false, "PROCESSING"},
		{"deleted", false, "DELETED"}, {"warming-up", false, "warming-up"}, {"", false, "?"}, {" ", false, "?"},
		{"in-progress", true, "GONE"}, {"", true, "GONE"},
	}
	for _, tt := range tests {
		if got := Word(tt.status, tt.gone); got != tt.want {
			t.Errorf("Word(%q, %v) = %q, want %q", tt.status, tt.gone, got, tt.want)
		}
	}
}

// Every status that api knows has a word of its own here.
func TestEveryKnownStatusHasAWord(t *testing.T) {
	for status := range words {
		if !api.Status(status).Known() {
			t.Errorf("%s has a word, and api does not know it", status)
		}
	}
	for _, s := range []api.Status{api.Queued, api.InProgress, api.Resumed, api.Paused, api.Stopped, api.Completed,
		api.Absent, api.Failed, api.Processing, api.Deleted} {
		if Word(string(s), false) == string(s) {
			t.Errorf("%s has no word", s)
		}
	}
}

func TestFit(t *testing.T) {
	uni, asc := New(Options{}), New(Options{ASCII: true})
	tests := []struct {
		th    Theme
		s     string
		w     int
		want  string
		right string
	}{
		{uni, "abc", 5, "abc  ", "  abc"}, {uni, "abcdef", 5, "abcd…", "abcd…"}, {uni, "abc", 0, "", ""},
		{uni, "abc", -1, "", ""}, {uni, "会議室", 5, "会議…", "会議…"}, {uni, "会議室", 4, "会… ", " 会…"},
		{uni, "会", 1, "…", "…"}, {asc, "abcdef", 5, "abc..", "abc.."}, {asc, "abcdef", 1, ".", "."},
		{uni, "नमस्ते", 3, "नम…", "नम…"}, {uni, "e\u0301e\u0301e\u0301", 2, "e\u0301…", "e\u0301…"},
	}
	for _, tt := range tests {
		if got := tt.th.Fit(tt.s, tt.w); got != tt.want {
			t.Errorf("Fit(%q, %d) = %q, want %q", tt.s, tt.w, got, tt.want)
		}
		if got := tt.th.FitRight(tt.s, tt.w); got != tt.right {
			t.Errorf("FitRight(%q, %d) = %q, want %q", tt.s, tt.w, got, tt.right)
		}
	}
}

func TestTruncateKeepsStyles(t *testing.T) {
	th := New(Options{Mode: "dark"})
	s := th.Truncate(th.Paint(Bad, "abcdef")+th.Paint(Dim, "ghi"), 4)
	if ansi.Strip(s) != "abc…" || strings.Count(s, reset) != 2 {
		t.Errorf("%q", s)
	}
}

func TestPlain(t *testing.T) {
	th := New(Options{ASCII: true})
	if got, want := th.Plain("a → b ≥1… · é会"), "a -> b >=1.. - ??"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := New(Options{}).Plain("é会"); got != "é会" {
		t.Errorf("%q, want it as it is", got)
	}
	th = New(Options{Wide: true})
	if got, want := th.Plain("é → 会 ≥1… · ⋯"), "é -> 会 >=1.. - .."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Where a terminal takes ambiguous characters for wide, what is wrapped has all
// of its text, in lines that fit by that count.
func TestWrapWide(t *testing.T) {
	th := New(Options{Wide: true})
	for _, tt := range []struct {
		s     string
		w     int
		wrap  string
		broke string
	}{
		{"Müller & Söhne", 7, "Müller|& Söhne", "Müller| & Söhn|e"},
		{"ééééé", 4, "éé|éé|é", "éé|éé|é"},
		{"東京 é b", 5, "東京|é b", "東京 |é b"},
		{"one two three", 8, "one two|three", "one two |three"},
		{"a  b", 20, "a  b", "a  b"},
		{"é\nü", 3, "é|ü", "é|ü"},
	} {
		if got := strings.Join(th.Wrap(tt.s, tt.w), "|"); got != tt.wrap {
			t.Errorf("Wrap(%q, %d) = %q, want %q", tt.s, tt.w, got, tt.wrap)
		}
		if got := strings.Join(th.Break(tt.s, tt.w), "|"); got != tt.broke {
			t.Errorf("Break(%q, %d) = %q, want %q", tt.s, tt.w, got, tt.broke)
		}
	}
}

// Every sign of the frame is as wide as its columns are made for, and in ASCII
// nothing else is.
func TestSymbols(t *testing.T) {
	for _, th := range themes {
		s := th.Symbols()
		for _, one := range []string{s.Pointer, s.Bar, s.Rule, s.Up, s.Down, s.Dot} {
			if th.Width(one) != 1 {
				t.Errorf("%q takes %d cells", one, th.Width(one))
			}
		}
		for _, sign := range []string{s.Arrow, s.AtLeast, s.Ellipsis, s.Dot, s.Bar, s.Rule, s.Pointer, s.Busy, s.Up, s.Down} {
			if th.Plain(sign) != sign || (th.ASCII() || th.wide) && !isASCII(sign) {
				t.Errorf("%q is not fit for the theme", sign)
			}
		}
	}
}

// Without color, roles may differ in weight only.
func TestMonoHasNoColor(t *testing.T) {
	for _, o := range []Options{{Mode: "mono"}, {NoColor: true}, {Mode: "dark", NoColor: true}} {
		th := New(o)
		for r := range roles {
			if strings.Contains(th.Begin(r), "8;5;") {
				t.Errorf("%+v: role %d begins with %q", o, r, th.Begin(r))
			}
		}
	}
	for r := range roles {
		if s := New(Options{Mode: "dark"}).Paint(r, "x"); ansi.Strip(s) != "x" {
			t.Errorf("role %d paints %q", r, s)
		}
		if (Theme{}).Paint(r, "x") != "x" {
			t.Error("the zero theme paints")
		}
	}
}

func TestAutoFollowsTheBackground(t *testing.T) {
	for _, mode := range []string{"", "auto"} {
		if New(Options{Mode: mode, Dark: true}).Begin(Paused) != New(Options{Mode: "dark"}).Begin(Paused) ||
			New(Options{Mode: mode}).Begin(Paused) != New(Options{Mode: "light"}).Begin(Paused) {
			t.Errorf("mode %q does not follow the background", mode)
		}
	}
}

// No letter of a name swallows the space that fills up its column.
func TestEveryRuneFits(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector has nothing to find here, and takes ten times as long")
	}
	for _, th := range themes {
		for r := ' '; r < 0x20000; r++ {
			if s := th.Plain(text.New("a" + string(r)).String()); th.Width(th.Fit(s, 5)+"b") != 6 {
				t.Errorf("%U is shown as %q, which does not fill its column", r, s)
			}
		}
	}
}

func FuzzFit(f *testing.F) {
	for _, s := range []string{"plain", "会議室 東京", "👨‍👩‍👧", "e\u0301", "नमस्ते สวัสดี", "مكالمة", "a\xffb", strings.Repeat("long ", 50)} {
		f.Add(s, 7)
	}
	f.Fuzz(func(t *testing.T, s string, w int) {
		if w < -1 || w > 500 || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }) {
			return
		}
		for _, th := range themes {
			s := th.Plain(text.New(s).String())
			if got := th.Width(th.Fit(s, w)); got != max(0, w) {
				t.Fatalf("Fit(%q, %d) takes %d cells", s, w, got)
			}
			for _, lines := range [][]string{th.Wrap(s, w), th.Break(s, w)} {
				for _, line := range lines {
					if th.Width(line) > w {
						t.Fatalf("%q wrapped to %d has a line of %d: %q", s, w, th.Width(line), line)
					}
				}
			}
		}
	})
}

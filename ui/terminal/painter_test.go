package terminal

import (
	"bytes"
	"fmt"
	"math/rand"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
)

// screen is a terminal that is painted in tests, step by step.
type screen struct {
	p    *Painter
	emu  *vt.Emulator
	raw  bool
	out  bytes.Buffer
	w, h int
}

func newScreen(w, h int, raw bool) *screen {
	s := &screen{emu: vt.NewEmulator(w, h), raw: raw, w: w, h: h}
	s.emu.WriteString("\x1b[?7l")
	s.p = &Painter{o: PainterOptions{W: &s.out, Raw: raw}, wake: make(chan struct{}, 1), method: ansi.WcWidth, working: true} // the test is
	s.p.canvas.t = newTables(nil)
	s.p.Resize(w, h)
	return s
}

// resize makes the terminal another size, with what was on it.
func (s *screen) resize(w, h int) {
	s.w, s.h = w, h
	s.emu.Resize(w, h)
	s.p.Resize(w, h)
}

// show paints a frame, and returns the bytes it took.
func (s *screen) show(f string) int {
	s.out.Reset()
	s.p.Show(Frame{Content: f})
	s.p.flush(true)
	out := s.out.String()
	if !s.raw {
		out = strings.ReplaceAll(out, "\n", "\r\n")
	}
	s.emu.WriteString(out)
	return s.out.Len()
}

// fresh is what a frame looks like where nothing was before.
func (s *screen) fresh(f string) string {
	s.p.Redraw()
	s.show(f)
	return shows(s.emu, s.w)
}

// written is what a frame looks like in w columns where its lines are written as
// they are, to a terminal that is wider than each of them.
func written(emu *vt.Emulator, f string, w int) string {
	emu.WriteString("\x1b[m\x1b[2J")
	for y, line := range strings.Split(f, "\n") {
		fmt.Fprintf(emu, "\x1b[m\x1b[%dH%s", y+1, line)
	}
	return shows(emu, w)
}

// shows is what is seen in the first w columns of a terminal: each cell with its
// style. Neither the color nor the weight of a space is seen, unless the style
// shows it.
func shows(emu *vt.Emulator, w int) string {
	var b strings.Builder
	for y := range emu.Height() {
		var last uv.Style
		for x := range w {
			c := emu.CellAt(x, y)
			if c.Width > w-x { // half of a wide character
				c = &uv.EmptyCell
			}
			style := c.Style
			if c.Content == " " && style.Attrs&^(uv.AttrBold|uv.AttrFaint|uv.AttrItalic) == 0 && style.Underline == 0 {
				style = uv.Style{Bg: style.Bg}
			}
			if !style.Equal(&last) {
				b.WriteString("\x1b[m" + style.String())
				last = style
			}
			b.WriteString(c.Content)
		}
		b.WriteString("\x1b[m\n")
	}
	return b.String()
}

var (
	someNames  = []string{"Ann", "東京窓口", "Support desk", "株式会社 A", "→ x …", "e\u0301", "", "ก็ดี", "🙂", "👍🏽", "a\u0301\u0302b", "\u0e33", "한국"}
	someStyles = []string{
		"", "\x1b[1;38;5;231;48;5;57m", "\x1b[38;5;203m", "\x1b[1m", "\x1b[7m", "\x1b[48;5;57m", "\x1b[38;5;203;48;5;57m", "\x1b[2;4m",
		"\x1b[1m\x1b[38;2;1;2;3m", "\x1b[91;44m", "\x1b[1;2;3m\x1b[22m", "\x1b[4:3m", "\x1b[1;7;31m\x1b[39;27m",
	}
)

func randomFrame(r *rand.Rand, h int) []string {
	lines := make([]string, h)
	for y := range lines {
		var b strings.Builder
		for n := r.Intn(6); n > 0; n-- {
			s := someStyles[r.Intn(len(someStyles))]
			fmt.Fprintf(&b, "%s%s %d  ", s, someNames[r.Intn(len(someNames))], r.Intn(100))
			if s != "" {
				b.WriteString("\x1b[m")
			}
			b.WriteString(strings.Repeat(" ", r.Intn(20)*r.Intn(2)))
		}
		lines[y] = b.String()
	}
	return lines
}

// next changes a frame in one of the ways that screens change.
func next(r *rand.Rand, last []string) []string {
	h := len(last)
	out, other := append([]string{}, last...), randomFrame(r, h)
	switch r.Intn(5) {
	case 0:
		return other
	case 1: // a few rows change
		for range 1 + r.Intn(3) {
			out[r.Intn(h)] = other[r.Intn(h)]
		}
	case 2: // rows move up or down
		if k := 1 + r.Intn(min(3, h-1)); r.Intn(2) == 0 {
			out = append(out[k:], other[:k]...)
		} else {
			out = append(append([]string{}, other[:k]...), out[:h-k]...)
		}
	case 3: // a row is put in, or taken out
		at := r.Intn(h)
		if r.Intn(2) == 0 {
			copy(out[at+1:], last[at:h-1])
			out[at] = other[0]
		} else {
			copy(out[at:], last[at+1:])
		}
	case 4: // digits change in many rows
		for y := range out {
			out[y] = strings.Map(func(c rune) rune {
				if c >= '0' && c < '9' && !strings.Contains(out[y], "\x1b") {
					return c + 1
				}
				return c
			}, out[y])
		}
	}
	return out
}

// firstDifference returns the first line that two screens do not share.
func firstDifference(got, want string) string {
	w := strings.Split(want, "\n")
	for y, line := range strings.Split(got, "\n") {
		if y < len(w) && line != w[y] {
			return fmt.Sprintf("line %d:\n got %q\nwant %q", y, line, w[y])
		}
	}
	return ""
}

func checkHistory(t *testing.T, seed int64, frames int) {
	t.Helper()
	r := rand.New(rand.NewSource(seed))
	w, h := 14+r.Intn(70), 3+r.Intn(16)
	clean := newScreen(w, h, true)
	for _, raw := range []bool{true, false} {
		s := newScreen(w, h, raw)
		lines := randomFrame(r, h)
		for i := range frames {
			f := strings.Join(lines, "\n")
			s.show(f)
			if got, want := shows(s.emu, w), clean.fresh(f); got != want {
				t.Fatalf("seed %d, frame %d, %dx%d, raw %v\n%q\n%s", seed, i, w, h, raw, s.out.String(), firstDifference(got, want))
			}
			lines = next(r, lines)
			if r.Intn(6) == 0 {
				w, h = 14+r.Intn(70), 3+r.Intn(16)
				s.resize(w, h)
				clean.resize(w, h)
				lines = append(lines, randomFrame(r, h)...)[:h]
			}
		}
	}
}

// histories is how many are looked at: n, or what TAPEDECK_HISTORIES says: 1,500
// take a minute.
func histories(t *testing.T, n int64) int64 {
	t.Helper()
	if s := os.Getenv("TAPEDECK_HISTORIES"); s != "" {
		var err error
		if n, err = strconv.ParseInt(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// What the painter makes of a frame after others is what it makes of it on an
// empty screen, also after the terminal has become another size.
func TestHistories(t *testing.T) {
	for seed := range histories(t, 120) {
		checkHistory(t, seed, 14)
	}
}

func FuzzHistories(f *testing.F) {
	f.Add(int64(1))
	f.Fuzz(func(t *testing.T, seed int64) {
		checkHistory(t, seed, 20)
		checkWritten(t, seed, 20)
	})
}

// checkWritten compares what the painter makes of frames with what a terminal
// makes of their lines. It has no character that the two count otherwise.
func checkWritten(t *testing.T, seed int64, frames int) {
	t.Helper()
	r := rand.New(rand.NewSource(seed))
	w, h := 14+r.Intn(70), 3+r.Intn(16)
	s, emu := newScreen(w, h, true), vt.NewEmulator(280, h)
	lines := randomFrame(r, h)
	agreed := strings.NewReplacer("👍🏽", "🙂", "\u0e33", "\u0e2d")
	for i := range frames {
		f := agreed.Replace(strings.Join(lines, "\n"))
		s.show(f)
		if got, want := shows(s.emu, w), written(emu, f, w); got != want {
			t.Fatalf("seed %d, frame %d, %dx%d\n%q\n%s", seed, i, w, h, s.out.String(), firstDifference(got, want))
		}
		lines = next(r, lines)
	}
}

// What the painter makes of a frame is what its lines say.
func TestWritten(t *testing.T) {
	for seed := range histories(t, 40) {
		checkWritten(t, seed, 14)
	}
}

// On an empty screen it shows what the text says.
func TestText(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"text and styles", "\x1b[1mREC\x1b[m  00:01", "REC  00:01"},
		{"what is no character is left out", "a\x1b[2Jb\x1b]2;title\ac\x1bPq\x1b\\d\x1b_x\x1b\\e\tf\rg\x00h\u0085i", "abcdefghi"},
		{"too long", strings.Repeat("x", 30), strings.Repeat("x", 20)},
		{"a wide character is never split", strings.Repeat("x", 19) + "東", strings.Repeat("x", 19)},
		{"wide", "東京 1", "東京 1"},
		{"combining", "e\u0301a", "e\u0301a"},
		{"invalid", "a\xffb", "ab"},
		{"what stands for something else", "a\ufffdb", "a\ufffdb"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newScreen(20, 2, true)
			s.show(tt.in)
			if got := strings.TrimRight(strings.Split(s.emu.String(), "\n")[0], " \r"); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// A column of clocks costs a digit, a line feed and a backspace a row, whatever
// the names in the row.
func TestTickBytes(t *testing.T) {
	for _, name := range []string{"Ann Lee", "東京サポート窓口"} {
		for _, two := range []bool{false, true} {
			frame := func(n int) string {
				lines := make([]string, 38)
				for i := range lines {
					lines[i] = fmt.Sprintf("  REC   00:%02d  ", (i+n)%10)
					if two {
						lines[i] += fmt.Sprintf("00:%02d  ", (i+n+3)%10)
					}
					lines[i] += name
				}
				return strings.Join(lines, "\n")
			}
			s, columns := newScreen(120, 40, true), 1
			if two {
				columns = 2
			}
			s.show(frame(0))
			if got, most := s.show(frame(1)), columns*(38*3+10); got > most {
				t.Errorf("%s, %d columns: %d bytes, want at most %d", name, columns, got, most)
			}
		}
	}
}

// A row that comes in on top scrolls the others.
func TestInsertBytes(t *testing.T) {
	frame := func(first int) string {
		lines := make([]string, 38)
		for i := range lines {
			lines[i] = fmt.Sprintf("  REC   (310) 555-%04d to (415) 555-%04d  sid %04x", (i-first)*37+200, (i-first)*91+300, (i-first)*7919+70000)
		}
		return strings.Join(lines, "\n")
	}
	s := newScreen(120, 40, true)
	s.show(frame(0))
	if got := s.show(frame(1)); got > 100 {
		t.Errorf("%d bytes, want at most 100", got)
	}
}

// slowWriter takes bytes only when it is let.
type slowWriter struct {
	mu    sync.Mutex
	took  []string
	allow chan struct{}
}

func (w *slowWriter) Write(b []byte) (int, error) {
	<-w.allow
	w.mu.Lock()
	defer w.mu.Unlock()
	w.took = append(w.took, string(b))
	return len(b), nil
}

// taken returns what the writer took since it was last asked.
func (w *slowWriter) taken() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer func() { w.took = nil }()
	return w.took
}

// A terminal that takes no bytes delays nobody, and then gets the newest frame
// only.
func TestSlowTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &slowWriter{allow: make(chan struct{}, 10)}
		p := NewPainter(PainterOptions{W: w, Raw: true})
		p.Resize(20, 2)
		for i := range 100 {
			p.Show(Frame{Content: fmt.Sprint("frame ", i)})
			time.Sleep(10 * time.Millisecond)
		}
		for range 10 {
			w.allow <- struct{}{}
		}
		time.Sleep(time.Second)
		if took := w.taken(); len(took) != 2 || !strings.Contains(took[1], "99") {
			t.Errorf("it took %q", took)
		}
		if err := p.Close("bye", time.Second); err != nil {
			t.Error(err)
		}
	})
}

// The first frame after a rest is painted at once, then one every 8 ms.
func TestFrameGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &slowWriter{allow: make(chan struct{}, 100)}
		for range 100 {
			w.allow <- struct{}{}
		}
		p := NewPainter(PainterOptions{W: w, Raw: true})
		p.Resize(20, 2)
		synctest.Wait()
		time.Sleep(time.Second)
		w.taken()
		p.Show(Frame{Content: "a"})
		synctest.Wait()
		if took := w.taken(); len(took) != 1 {
			t.Fatalf("not painted at once: %q", took)
		}
		for i := range 8 {
			p.Show(Frame{Content: fmt.Sprint(i)})
			time.Sleep(time.Millisecond)
		}
		synctest.Wait()
		if took := w.taken(); len(took) != 1 || !strings.Contains(took[0], "7") {
			t.Errorf("within 8 ms: %q", took)
		}
		if err := p.Close("", time.Second); err != nil {
			t.Error(err)
		}
	})
}

func BenchmarkTick(b *testing.B) {
	frames := make([]string, 2)
	for n := range frames {
		var f strings.Builder
		for i := range 40 {
			fmt.Fprintf(&f, "  REC  %d  東京サポート窓口 %d  some more text in the row to the right\n", (i+n)%10, i)
		}
		frames[n] = f.String()
	}
	s := newScreen(120, 40, true)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.out.Reset()
		s.p.Show(Frame{Content: frames[i&1]})
		s.p.flush(true)
	}
}

// A terminal that knows one side of its size only has the other one of COLUMNS
// and LINES, or of 80x24.
func TestSize(t *testing.T) {
	for _, tt := range []struct {
		w, h, wantW, wantH int
		env                []string
	}{
		{0, 0, 80, 24, nil}, {80, 0, 80, 24, nil}, {0, 24, 80, 24, nil}, {120, 0, 120, 24, nil}, {0, 40, 80, 40, nil}, {1, 32, 1, 32, nil},
		{0, 0, 100, 30, []string{"COLUMNS=100", "LINES=30"}}, {0, 50, 80, 50, []string{"COLUMNS=-3"}}, {9999, 9999, MaxWidth, MaxHeight, nil},
	} {
		s := &Screen{o: Options{Terminal: Terminal{Environ: tt.env}}, w: tt.w, h: tt.h}
		if w, h := s.Size(); w != tt.wantW || h != tt.wantH {
			t.Errorf("%dx%d %v is taken for %dx%d, want %dx%d", tt.w, tt.h, tt.env, w, h, tt.wantW, tt.wantH)
		}
	}
}

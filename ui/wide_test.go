//go:build linux || darwin

package ui

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	"github.com/google/go-cmp/cmp"
	"github.com/hinshun/vt10x"
)

// twins are two terminals: one gets what the renderer writes, the other what
// wideRows leave of it. Their screens are the same at all times.
type twins struct {
	t        *testing.T
	buf      bytes.Buffer
	render   *uv.TerminalRenderer
	cells    uv.ScreenBuffer
	w, h     int
	all      *vt.Emulator
	left     *vt.Emulator
	rows     *wideRows
	size     terminalSize
	wrote    int // bytes of the renderer
	leftOver int // and of wideRows
	shown    bool
	// Two more, which take every character for one column wide: what the renderer
	// believes of them is wrong, and their screens are still the same.
	narrowAll, narrowLeft vt10x.Terminal
}

// newScreen returns a terminal that knows which characters are wide. Nobody
// reads what it answers.
func newScreen(t *testing.T, w, h int) *vt.Emulator {
	e := vt.NewEmulator(w, h)
	done := make(chan struct{})
	go func() { defer close(done); _, _ = io.Copy(io.Discard, e) }()
	t.Cleanup(func() {
		_ = e.InputPipe().(io.Closer).Close() // its own Close races with a read
		<-done
	})
	return e
}

func newTwins(t *testing.T, w, h int, backspace, mapNewline, unicode, tabs bool, term string) *twins {
	tw := &twins{t: t, w: w, h: h, all: newScreen(t, w, h), left: newScreen(t, w, h), cells: uv.NewScreenBuffer(w, h)}
	tw.narrowAll, tw.narrowLeft = vt10x.New(vt10x.WithSize(w, h)), vt10x.New(vt10x.WithSize(w, h))
	for _, e := range []io.Writer{tw.all, tw.left, tw.narrowAll, tw.narrowLeft} {
		_, _ = io.WriteString(e, "the shell was here"+ansi.SetModeAltScreenSaveCursor)
		if mapNewline {
			_, _ = io.WriteString(e, "\x1b[20h") // a line feed goes to the first column
		}
	}
	tw.size.set(w, h)
	tw.rows = newWideRows(tw.left, &tw.size, !mapNewline)
	tw.render = uv.NewTerminalRenderer(&tw.buf, []string{"TERM=" + term})
	tw.render.SetFullscreen(true)
	tw.render.SetRelativeCursor(false)
	tw.render.SetScrollOptim(true)
	tw.render.SetBackspace(backspace)
	tw.render.SetMapNewline(mapNewline)
	tw.render.SetTabStops(-1)
	if tabs {
		tw.render.SetTabStops(w)
	}
	if unicode {
		tw.render.SetWidthMethod(ansi.GraphemeWidth)
		tw.cells.Method = ansi.GraphemeWidth
		tw.send(ansi.SetModeUnicodeCore)
	}
	tw.send(ansi.ResetModeTextCursorEnable)
	tw.render.Erase()
	return tw
}

// send writes to both terminals, and compares them.
func (tw *twins) send(s string) {
	tw.t.Helper()
	tw.wrote += len(s)
	_, _ = tw.all.WriteString(s)
	if _, err := tw.rows.Write([]byte(s)); err != nil {
		tw.t.Fatal(err)
	}
	tw.leftOver += len(tw.rows.out)
	if diff := cmp.Diff(tw.all.Render(), tw.left.Render()); diff != "" {
		tw.t.Fatalf("after %q, of which %q was left (-all +left):\n%s", s, tw.rows.out, diff)
	}
	_, _ = io.WriteString(tw.narrowAll, s)
	_, _ = tw.narrowLeft.Write(tw.rows.out)
	if diff := cmp.Diff(tw.narrowAll.String(), tw.narrowLeft.String()); diff != "" {
		tw.t.Fatalf("narrow, after %q, of which %q was left (-all +left):\n%s", s, tw.rows.out, diff)
	}
	if a, b := tw.all.CursorPosition(), tw.left.CursorPosition(); a != b && !tw.all.CursorHidden() {
		tw.t.Fatalf("the cursor is at %v, want %v, after %q, of which %q was left", b, a, s, tw.rows.out)
	}
}

// frame has the renderer write a frame.
func (tw *twins) frame(content string, cursor *uv.Position) {
	tw.t.Helper()
	tw.cells.Clear()
	uv.NewStyledString(content).Draw(tw.cells, tw.cells.Bounds())
	tw.render.Render(tw.cells.RenderBuffer)
	if cursor != nil {
		tw.render.MoveTo(cursor.X, cursor.Y)
	}
	if err := tw.render.Flush(); err != nil {
		tw.t.Fatal(err)
	}
	out := tw.buf.String()
	tw.buf.Reset()
	switch {
	case cursor != nil:
		out, tw.shown = ansi.ResetModeTextCursorEnable+out+ansi.SetModeTextCursorEnable, true
	case tw.shown:
		out, tw.shown = ansi.ResetModeTextCursorEnable+out, false
	case out != "":
		out = ansi.SetModeSynchronizedOutput + out + ansi.ResetModeSynchronizedOutput
	}
	tw.send(out)
}

func (tw *twins) resize(w, h int) {
	tw.w, tw.h = w, h
	tw.size.set(w, h)
	tw.all.Resize(w, h)
	tw.left.Resize(w, h)
	tw.narrowAll.Resize(w, h)
	tw.narrowLeft.Resize(w, h)
	tw.cells.Touched = nil
	tw.cells.Resize(w, h)
	tw.render.Erase()
	tw.render.Resize(w, h)
}

var wideNames = []string{
	"会議室", "Müller", "(310) 555-0142", "👍 ok", "日本語の長い名前です", "한국어", "e\u0301", "👩‍👩‍👧", "⚠️", "", "ｱｲｳ", "\u0e01\u0e33",
}

var wideTerms = []string{"xterm-256color", "tmux-256color", "xterm-ghostty", "alacritty", "linux", "screen", "vt100"}

// FuzzWideRows renders lists whose rows have all kinds of names, lets their
// clocks tick and their rows change, move, scroll and be styled, and looks at
// what wideRows leave of it.
func FuzzWideRows(f *testing.F) {
	f.Add([]byte("\x00ttttttttt"), uint8(0))
	f.Add([]byte("n\x01n\x02n\x03tttSttsStttt"), uint8(3))
	f.Add([]byte("aaattbbttcct\x80\x90tttuttdtt"), uint8(5))
	f.Add([]byte("rttRttkkttKttccccc"), uint8(7))
	f.Add([]byte("rttRttkkttKttcc\x06\x06ccc"), uint8(0x29))
	f.Add([]byte("tt\x04\x05\x06tt\x06t"), uint8(0x48))
	f.Fuzz(wideOps)
}

// wideOps does to a list on twins what its bytes say.
func wideOps(t *testing.T, ops []byte, flags uint8) {
	if len(ops) > 200 {
		return
	}
	tw := newTwins(t, 60, 12, flags&1 != 0, flags&2 != 0, flags&4 != 0, flags&8 != 0, wideTerms[int(flags>>4)%len(wideTerms)])
	list := newWideList(12)
	for i, op := range ops {
		list.change(op, i)
		var cursor *uv.Position
		switch op % 16 {
		case 13:
			cursor = &uv.Position{X: i % tw.w, Y: i % tw.h}
		case 14:
			tw.resize(40+i%40, 8+i%8)
		case 15:
			tw.render.Erase()
		case 12:
			tw.send([]string{"\x1b]2;title\a", "\x1b[?25h", "\x1b[6n", "\x1b[m", "x", "\x1b[2;3H", "\x1b[3S", "\x1bM", "\x1b[?1049h", "\x1b[2J",
				strings.Repeat("\x1b[38;5;12m", 30), "\t\b", "\x1b[4;8r\x1b[8;1H\n\x1b[r", "\x1b[2L", "\x1b["}[i%15])
			if i%3 == 0 {
				tw.render.Erase()
			}
		}
		tw.frame(list.content(tw.w, tw.h), cursor)
	}
}

// wideList is a list with clocks, names, and a pane beside it.
type wideList struct {
	names    []string
	clocks   []int
	selected int
	top      int
	pane     int
}

func newWideList(n int) *wideList {
	l := &wideList{}
	for i := range n {
		l.names, l.clocks = append(l.names, wideNames[i%len(wideNames)]), append(l.clocks, 57+i*i*31)
	}
	return l
}

// change changes a list as a byte says.
func (l *wideList) change(op byte, i int) {
	switch n := len(l.names); op % 8 {
	case 0, 1, 2, 3: // a tick
		for i := range l.clocks {
			l.clocks[i]++
		}
	case 4:
		l.selected = i % n
	case 5:
		l.names[int(op>>3)%n] = wideNames[i%len(wideNames)]
	case 6:
		l.top = (l.top + 1 + i%3) % n
	case 7:
		l.pane = i
	}
}

func (l *wideList) content(w, h int) string {
	lines := make([]string, h)
	for y := range lines {
		i := (l.top + y) % len(l.names)
		mark, style := "  ", ""
		if i == l.selected {
			mark, style = "\x1b[1;38;5;117m▌\x1b[m ", "\x1b[1m"
		}
		line := fmt.Sprintf("%sREC %02d:%02d  %3d %s%s\x1b[m", mark, l.clocks[i]/60, l.clocks[i]%60, l.clocks[i]%97, style, l.names[i])
		line = ansi.Truncate(line, 30, "…")
		line += strings.Repeat(" ", max(0, 30-ansi.StringWidth(line))) + "\x1b[38;5;240m│\x1b[m " + wideNames[(l.pane+y/3)%len(wideNames)]
		lines[y] = ansi.Truncate(line, w, "")
	}
	return strings.Join(lines, "\n")
}

// TestWideRowsLeaveLittle has the clocks of a list of wide names tick, and
// names each thing that makes a row go through as it came.
func TestWideRowsLeaveLittle(t *testing.T) {
	tw := newTwins(t, 60, 12, true, false, false, true, "xterm-256color")
	list := newWideList(12)
	for i := range list.names {
		list.names[i] = "会議室"
	}
	tw.frame(list.content(60, 12), nil)
	tw.wrote, tw.leftOver = 0, 0
	for range 30 {
		list.change(0, 0)
		tw.frame(list.content(60, 12), nil)
	}
	t.Logf("%d bytes of %d", tw.leftOver, tw.wrote)
	if tw.leftOver*3 > tw.wrote {
		t.Errorf("%d bytes are left of %d", tw.leftOver, tw.wrote)
	}
}

// TestWideRowsOfAnyKind renders frames of random pieces and styles on terminals
// that are raw, scrolls, resizes and changes them, and looks at what wideRows
// leave of it.
func TestWideRowsOfAnyKind(t *testing.T) {
	runs := uint64(25)
	if raceEnabled {
		runs = 2
	}
	for seed := range runs {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { anyRows(t, rand.New(rand.NewPCG(seed, 1))) })
	}
}

func anyRows(t *testing.T, rng *rand.Rand) {
	flags := rng.IntN(256)
	tw := newTwins(t, 50, 10, flags&1 != 0, false, flags&4 != 0, false, wideTerms[(flags>>4)%len(wideTerms)])
	pieces := []string{
		"会", "議室", "x", "abc", "   ", strings.Repeat(" ", 20), "1", "23", ":", "é", "│", "👍", "⚠️", "👩‍👩‍👧",
		strings.Repeat("─", 21), strings.Repeat("a", 17),
	}
	styles := []string{"", "\x1b[1m", "\x1b[m", "\x1b[38;5;117m", "\x1b[48;5;203m", "\x1b[7m", "\x1b[4;31m", "\x1b[m"}
	line := func() string {
		var b strings.Builder
		for range rng.IntN(12) {
			b.WriteString(styles[rng.IntN(len(styles))] + pieces[rng.IntN(len(pieces))])
		}
		return b.String() + "\x1b[m"
	}
	lines := make([]string, 14)
	for i := range lines {
		lines[i] = line()
	}
	for range 60 {
		switch at := rng.IntN(len(lines)); rng.IntN(10) {
		case 0:
			lines[at] = line()
		case 1:
			lines = slices.Concat(lines[at:], lines[:at])
		case 2:
			lines = slices.Insert(lines, at, line())[:len(lines)]
		case 3:
			tw.resize(20+rng.IntN(50), 3+rng.IntN(12))
		default: // a tick
			for range 1 + rng.IntN(8) {
				at := rng.IntN(len(lines))
				lines[at] = strings.Map(func(r rune) rune {
					if r == 'x' || r == 'y' {
						return 'x' + rune(rng.IntN(2))
					}
					return r
				}, lines[at])
			}
		}
		var cursor *uv.Position
		if rng.IntN(6) == 0 {
			cursor = &uv.Position{X: rng.IntN(tw.w), Y: rng.IntN(tw.h)}
		}
		screen := make([]string, tw.h)
		for y := range screen {
			screen[y] = ansi.Truncate(lines[y%len(lines)], tw.w, "")
		}
		tw.frame(strings.Join(screen, "\n"), cursor)
	}
}

package ui

import (
	"bytes"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// wideRows is what the renderer writes to. It is for rows with wide characters,
// which the renderer writes anew in every frame, from the first cell to the
// last, whether they have changed or not: with names in Chinese that is 10 kB a
// tick and 5 kB a key. Where such a row is as it was, or only cells left of the
// first wide character are not, no more than these is written.
//
// What a row shows is known from when it was last written from its first cell
// on, until it is touched otherwise. Whatever is not understood makes all of
// that forgotten, and what is not known goes through as it came: rows without
// wide characters, to the byte.
type wideRows struct {
	w    io.Writer
	size *terminalSize
	mu   sync.Mutex
	p    *ansi.Parser

	rows map[int][]wideCell // by row, what it shows
	line *wideLine          // the row that is being written; nil for none
	out  []byte             // what is to be written

	// has is where the terminal's cursor is, and its pen; want is where the
	// renderer takes them to be. Where they differ, that is because of moves and
	// styles that were held back: held has them as they came, unless something was
	// left out before them.
	has, want pen
	held      []byte
	leftOut   bool
	absolute  bool // one of the moves is to a column, wherever it was before

	shows bool // the cursor is shown
	wary  int  // frames in which all goes through, for the screen was cleared
	raw   bool // the terminal is: a line feed stays in its column
}

// pen is a cursor with its style. Row and column are -1 when they are not known.
type pen struct {
	row, col int
	style    string // the sequences that have made it, since the last reset
}

const (
	noStyle  = "?" // the style is not known
	maxStyle = 200
)

// nowhere is a cursor of which nothing is known but that it has no style, as
// the renderer takes it to be.
var nowhere = pen{row: -1, col: -1}

// terminalSize is how large the terminal is; 0 while that is not known.
type terminalSize struct{ w, h atomic.Int64 }

func (s *terminalSize) set(w, h int) { s.w.Store(int64(w)); s.h.Store(int64(h)) }

func newWideRows(w io.Writer, size *terminalSize, raw bool) *wideRows {
	return &wideRows{
		w: w, size: size, raw: raw, p: ansi.NewParser(),
		rows: map[int][]wideCell{}, has: nowhere, want: nowhere, shows: true,
	}
}

// Write writes a frame, or less of it that comes to the same.
func (r *wideRows) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.out = r.out[:0]
	if r.wary > 0 {
		r.wary--
		clear(r.rows)
	}
	for rest := b; len(rest) > 0; {
		seq, width, n, state := ansi.DecodeSequence(rest, ansi.NormalState, r.p)
		if state != ansi.NormalState { // it goes on in the next write
			n = len(rest)
			r.endLine()
			r.unknown(rest)
		} else {
			r.take(seq, width)
		}
		rest = rest[n:]
	}
	r.endLine()
	if r.shows || !r.leftOut {
		r.sync()
	}
	if len(r.out) == 0 {
		return len(b), nil
	}
	if _, err := r.w.Write(r.out); err != nil {
		r.held, r.leftOut = r.held[:0], false // who knows where the cursor is
		r.forget()
		return 0, err
	}
	return len(b), nil
}

// take takes in one character, control or sequence.
func (r *wideRows) take(seq []byte, width int) {
	isCSI := len(seq) > 2 && seq[0] == '\x1b' && seq[1] == '['
	switch {
	case width > 0:
		r.text(seq, width)
	case seq[0] >= utf8.RuneSelf && utf8.Valid(seq):
		r.joined(seq)
	case isCSI && ansi.Cmd(r.p.Command()) == 'm':
		r.restyle(seq)
	default:
		r.endLine() // only these three go on in a row
		r.control(seq, isCSI)
	}
}

// control takes in a control or a sequence that is no style.
func (r *wideRows) control(seq []byte, isCSI bool) {
	switch c := seq[0]; {
	case c == '\r':
		r.move(seq, r.want.row, 0)
		r.absolute = true
	case c == '\n':
		r.lineFeed(seq)
	case c == '\b':
		r.move(seq, r.want.row, moved(r.want.col, -1))
	case c == '\t':
		r.move(seq, r.want.row, r.nextTab())
	case isCSI:
		r.csi(seq, ansi.Cmd(r.p.Command()))
	case len(seq) > 1 && c == '\x1b' && strings.IndexByte("]P_^X", seq[1]) >= 0, c == '\a':
		r.other(seq) // a title, or something else that is not on the screen
	default:
		r.unknown(seq)
	}
}

func (r *wideRows) csi(seq []byte, cmd ansi.Cmd) {
	n, _ := r.p.Param(0, 1)
	n = max(n, 1)
	switch {
	case cmd.Intermediate() != 0:
		r.other(seq)
	case cmd.Prefix() == '?' && (cmd.Final() == 'h' || cmd.Final() == 'l'):
		r.mode(seq, cmd.Final() == 'h')
	case cmd.Prefix() != 0:
		r.other(seq) // keyboards, queries
	default:
		r.plainCSI(seq, cmd.Final(), n)
	}
}

func (r *wideRows) plainCSI(seq []byte, final byte, n int) {
	row, col := r.want.row, r.want.col
	switch final {
	case 'A':
		r.move(seq, moved(row, -n), col)
	case 'B':
		r.move(seq, moved(row, n), col)
	case 'C':
		r.move(seq, row, moved(col, n))
	case 'D':
		r.move(seq, row, moved(col, -n))
	case 'G', '`':
		r.move(seq, row, n-1)
		r.absolute = true
	case 'd':
		r.move(seq, n-1, col)
	case 'H', 'f':
		m, _ := r.p.Param(1, 1)
		r.move(seq, n-1, max(m, 1)-1)
		r.absolute = true
	case 'K':
		if how, _ := r.p.Param(0, 0); how == 0 && col == 0 && row >= 0 && r.want.style == "" {
			r.line = &wideLine{raw: bytes.Clone(seq)}
			return
		}
		r.touch(seq)
	case 'X', 'P', '@':
		r.touch(seq)
	case 'b': // the last character again, n times
		r.touch(seq)
		r.has.col, r.want.col = -1, moved(r.want.col, n)
	case 'n', 'c', 't', 'h', 'l':
		r.other(seq)
	case 'J', 'L', 'M', 'S', 'T': // what rows show moves, or goes
		r.touch(seq)
		clear(r.rows)
		if final == 'J' {
			r.wary = 2 // a terminal that was resized may not be as the renderer believes
		}
	default:
		r.unknown(seq)
	}
}

// mode takes in that a private mode is set or reset.
func (r *wideRows) mode(seq []byte, on bool) {
	for i := range r.p.Params() {
		switch n, _ := r.p.Param(i, 0); n {
		case 25:
			r.shows = on
		case 47, 1047, 1048, 1049: // the other screen
			r.unknown(seq)
			return
		}
	}
	r.other(seq)
}

// lineFeed takes in a line feed. In the last row it moves all others.
func (r *wideRows) lineFeed(seq []byte) {
	row, col := r.want.row, r.want.col
	if !r.raw {
		col = 0
	}
	if row < 0 || int64(row) >= r.size.h.Load()-1 {
		r.touch(seq)
		clear(r.rows)
		r.has.col, r.want.col = min(r.has.col, col), col
		return
	}
	r.move(seq, row+1, col)
	r.absolute = r.absolute || !r.raw
}

// nextTab returns where a tab goes: the renderer sets a stop every eight
// columns.
func (r *wideRows) nextTab() int {
	if r.want.col < 0 {
		return -1
	}
	return min((r.want.col/8+1)*8, int(r.size.w.Load())-1)
}

// moved returns a row or a column moved by n; an unknown one stays unknown.
func moved(at, n int) int {
	if at < 0 {
		return at
	}
	return max(0, at+n)
}

// move holds a move of the cursor back.
func (r *wideRows) move(seq []byte, row, col int) {
	r.want.row, r.want.col = row, col
	r.held = append(r.held, seq...)
}

// restyle holds a change of the style back.
func (r *wideRows) restyle(seq []byte) {
	style := &r.want.style
	if r.line != nil {
		r.line.raw = append(r.line.raw, seq...)
		style = &r.line.style
	} else {
		if _, ok := foldStyle(*style, string(seq)); r.leftOut && !ok && len(*style)+len(seq) > maxStyle {
			r.sync() // it will not be known any more
		}
		r.held = append(r.held, seq...)
	}
	first, _ := r.p.Param(0, 0)
	folded, plain := foldStyle(*style, string(seq))
	switch {
	case first == 0 && len(r.p.Params()) <= 1:
		*style = ""
	case first == 0:
		*style = string(seq)
	case plain:
		*style = folded
	case *style == noStyle || len(*style)+len(seq) > maxStyle:
		*style = noStyle
		if r.line != nil {
			r.line.odd = true
		}
	default:
		*style += string(seq)
	}
}

// text takes in a character.
func (r *wideRows) text(seq []byte, width int) {
	if l := r.line; l != nil {
		l.raw = append(l.raw, seq...)
		l.cells = append(l.cells, wideCell{string(seq), width, l.style})
		l.at, l.most = l.at+width, l.most+width
		if odd(seq, width) {
			l.odd, l.most = true, l.most+2*utf8.RuneCount(seq)
		}
		return
	}
	r.touch(seq)
	switch {
	case odd(seq, width):
		r.forget()
	case width > 1:
		r.has.col, r.want.col = -1, moved(r.want.col, width) // terminals do not agree about it
	default:
		r.has.col, r.want.col = moved(r.has.col, width), moved(r.want.col, width)
	}
}

// joined takes in a character without a width, which joins the one before.
func (r *wideRows) joined(seq []byte) {
	if l := r.line; l != nil {
		l.raw, l.odd, l.most = append(l.raw, seq...), true, l.most+2*utf8.RuneCount(seq)
		return
	}
	r.touch(seq)
	r.forget()
}

// touch writes what changes the row that the cursor is in.
func (r *wideRows) touch(seq []byte) {
	r.sync()
	r.out = append(r.out, seq...)
	if r.has.row < 0 {
		clear(r.rows)
	}
	delete(r.rows, r.has.row)
}

// other writes what changes nothing on the screen, and moves nothing.
func (r *wideRows) other(seq []byte) {
	r.out = append(r.out, seq...)
}

// unknown writes what may do anything, and forgets where the cursor is and what
// is on the screen.
func (r *wideRows) unknown(seq []byte) {
	r.sync()
	r.out = append(r.out, seq...)
	r.forget()
}

func (r *wideRows) forget() {
	r.has.row, r.has.col = -1, -1
	r.want.row, r.want.col = -1, -1
	clear(r.rows)
}

// sync brings the cursor and its style to where the renderer takes them to be.
func (r *wideRows) sync() {
	sure := r.leftOut || r.absolute || r.has.col >= 0
	if !r.leftOut {
		r.out = append(r.out, r.held...)
	} else {
		r.out = append(r.out, r.way(r.has, r.want)...)
		if r.has.style != r.want.style {
			if r.has.style != "" {
				r.out = append(r.out, ansi.ResetStyle...)
			}
			r.out = append(r.out, r.want.style...)
		}
	}
	r.has, r.held, r.leftOut, r.absolute = r.want, r.held[:0], false, false
	if !sure {
		r.has.col = -1
	}
}

// way returns a short way from one place to another, which is known.
func (r *wideRows) way(from, to pen) string {
	if from.row == to.row && from.col == to.col && from.col >= 0 {
		return ""
	}
	best := ansi.CursorPosition(to.col+1, to.row+1)
	if from.row < 0 {
		return best
	}
	lines := ""
	switch n := to.row - from.row; {
	case n > 0 && r.raw:
		lines = strings.Repeat("\n", n)
	case n > 0:
		lines = ansi.CursorDown(n)
	case n < 0:
		lines = ansi.CursorUp(-n)
	}
	ways := []string{lines + ansi.CursorHorizontalAbsolute(to.col+1)}
	if to.col == 0 {
		ways = append(ways, "\r"+lines)
	}
	// In the last column, it may be about to go to the next row.
	if n := to.col - from.col; from.col >= 0 && int64(from.col) < r.size.w.Load()-1 {
		switch {
		case n == 0:
			ways = append(ways, lines)
		case n > 0:
			ways = append(ways, lines+ansi.CursorForward(n))
		default:
			ways = append(ways, lines+ansi.CursorBackward(-n), lines+strings.Repeat("\b", -n))
		}
	}
	for _, w := range ways {
		if len(w) < len(best) {
			best = w
		}
	}
	return best
}

// endLine writes the row that was being written, or what of it has changed.
func (r *wideRows) endLine() {
	l := r.line
	if l == nil {
		return
	}
	r.line = nil
	row := r.want.row
	end := pen{row, l.at, l.style}
	if changed, ok := changedCells(r.rows[row], l.cells); ok && !l.odd {
		for _, c := range changed {
			r.want, r.leftOut = pen{row, c.from, l.cells[c.from].style}, true
			r.sync()
			for _, cell := range l.cells[c.from:c.to] {
				r.out = append(r.out, cell.text...)
			}
			r.has.col += c.to - c.from
		}
		r.want, r.held, r.leftOut, r.absolute = end, r.held[:0], true, false
		r.rows[row] = l.cells
		return
	}
	r.sync()
	r.out = append(r.out, l.raw...)
	r.has, r.want = end, end
	delete(r.rows, row)
	if l.odd {
		r.has.col, r.want.col = -1, -1
		if int64(l.most) > r.size.w.Load() {
			r.forget() // it may have gone on in the next row, and have moved all others
		}
		return
	}
	r.rows[row] = l.cells
	for _, c := range l.cells {
		if c.width > 1 {
			r.has.col = -1 // terminals do not agree about it
		}
	}
}

// terminalOutput is a terminal that wide rows are written to. It is still a
// file, so that its size can be had; not an embedded one, whose other ways to
// write would go around the rows.
type terminalOutput struct {
	f    *os.File
	rows *wideRows
}

func (t *terminalOutput) Read(b []byte) (int, error) { return t.f.Read(b) }

func (t *terminalOutput) Write(b []byte) (int, error) { return t.rows.Write(b) }

func (t *terminalOutput) Close() error { return t.f.Close() }

// Fd returns the file's descriptor.
func (t *terminalOutput) Fd() uintptr { return t.f.Fd() }

// thrifty returns a writer to w, a terminal of a size, that saves what wideRows
// save. It is raw when its input is one's.
func thrifty(w io.Writer, size *terminalSize, raw bool) io.Writer {
	if f, ok := w.(*os.File); ok {
		return &terminalOutput{f, newWideRows(f, size, raw)}
	}
	return newWideRows(w, size, raw)
}

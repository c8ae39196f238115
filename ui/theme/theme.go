// Package theme holds how the screen looks: colors by role, the symbols of the
// frame, the words and clocks that several parts print, and the width of text
// in cells. A [Theme] is a value made once by [New]; nothing in it changes.
//
// Every color has a meaning that a word carries too, so that the screen reads
// the same without color.
package theme

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"tapedeck/ui/cells"
)

// Options says what kind of terminal the screen is on.
type Options struct {
	Mode      string // auto, dark, light or mono; empty means auto
	Dark      bool   // for auto: whether the terminal's background is dark
	Unknown   bool   // for auto: nobody knows that, and the colors are to be seen on any
	NoColor   bool   // no color at all, as mono
	ASCII     bool   // only ASCII in the frame
	Graphemes bool   // the terminal confirmed mode 2027: it counts widths by grapheme
	// Wide: the terminal takes characters of ambiguous width for two cells wide.
	// The signs of the frame are then ASCII, and names stay as they are.
	Wide bool
}

// Theme is how the screen looks. The zero value is plain: no color, Unicode.
type Theme struct {
	sgr    *[2][roles]string // what begins each role, elsewhere and in the selected row; nil for plain
	row    int               // 1 in the selected row
	ascii  bool
	wide   bool // no sign of the frame is of ambiguous width
	method ansi.Method
}

const reset = "\x1b[m"

// New returns the theme for a terminal.
func New(o Options) Theme {
	t := Theme{sgr: prefixes(o), ascii: o.ASCII, wide: o.Wide, method: ansi.WcWidth}
	if o.Graphemes {
		t.method = ansi.GraphemeWidth
	}
	if o.Wide {
		t.method |= cells.Wide
	}
	return t
}

// Method returns how the cells of text are counted, for the painter.
func (t Theme) Method() ansi.Method { return t.method }

// Selected returns the theme as it is in the selected row: every role on its
// tint, or inverted where there is no color.
func (t Theme) Selected() Theme {
	t.row = 1
	return t
}

// ASCII reports whether only ASCII may be printed.
func (t Theme) ASCII() bool { return t.ascii }

// Paint returns s in the style of a role. It is the same width as s.
func (t Theme) Paint(role Role, s string) string {
	begin := t.Begin(role)
	if begin == "" || s == "" {
		return s
	}
	return begin + s + reset
}

// Write adds s to b in the style of a role, as [Theme.Paint] does.
func (t Theme) Write(b *strings.Builder, role Role, s string) {
	begin := t.Begin(role)
	if begin == "" || s == "" {
		b.WriteString(s)
		return
	}
	b.WriteString(begin)
	b.WriteString(s)
	b.WriteString(reset)
}

// Begin returns the sequence that begins a role's style; empty when the role
// has none. What it begins ends with [Theme.End].
func (t Theme) Begin(role Role) string {
	if t.sgr == nil || role < 0 || role >= roles {
		return ""
	}
	return t.sgr[t.row][role]
}

// End returns the sequence that ends a role's style; empty when it has none.
func (t Theme) End(role Role) string {
	if t.Begin(role) == "" {
		return ""
	}
	return reset
}

// Width returns how many cells s takes. Style sequences take none. Here and
// below s is valid UTF-8 without control characters, as text.Text gives it.
func (t Theme) Width(s string) int {
	if isASCII(s) {
		return len(s)
	}
	return cells.Width(t.method, s)
}

// Truncate returns s cut to at most w cells; what was cut shows as an ellipsis.
func (t Theme) Truncate(s string, w int) string {
	if w <= 0 {
		return ""
	}
	if isASCII(s) {
		if len(s) <= w {
			return s
		}
		tail := t.tail(w)
		return s[:w-t.Width(tail)] + tail
	}
	if cells.Width(t.method, s) <= w {
		return s
	}
	return t.cut(s, w, t.tail(w))
}

// cut cuts s to w cells and adds tail. Style sequences all stay. It is our own
// because ansi.TruncateWc counts by graphemes whether there is anything to cut.
func (t Theme) cut(s string, w int, tail string) string {
	var b strings.Builder
	b.Grow(min(len(s), 4*w) + len(tail))
	left, full, state := w-t.Width(tail), false, byte(0)
	for len(s) > 0 {
		seq, width, n, next := cells.Decode(t.method, s, state)
		switch {
		case width == 0:
			if !full || strings.HasPrefix(seq, "\x1b[") {
				b.WriteString(seq)
			}
		case !full && width <= left:
			b.WriteString(seq)
			left -= width
		case !full:
			full = true
			b.WriteString(tail)
		}
		s, state = s[n:], next
	}
	return b.String()
}

// tail returns the ellipsis that fits into w cells.
func (t Theme) tail(w int) string {
	if t.ascii || t.wide {
		return ".."[:min(2, w)]
	}
	const tail = "…"
	if t.Width(tail) > w { // two cells where East Asian widths are set
		return ""
	}
	return tail
}

// Fit returns s in exactly w cells: cut, or filled up with spaces on the right.
func (t Theme) Fit(s string, w int) string {
	s = t.Truncate(s, w)
	return s + t.Pad(w-t.Width(s))
}

// FitRight returns s in exactly w cells: cut, or filled up on the left.
func (t Theme) FitRight(s string, w int) string {
	s = t.Truncate(s, w)
	return t.Pad(w-t.Width(s)) + s
}

const blanks = "                                                                                                                                "

// Pad returns n spaces; none when n is negative.
func (t Theme) Pad(n int) string {
	if n <= 0 {
		return ""
	}
	if n <= len(blanks) {
		return blanks[:n]
	}
	return strings.Repeat(" ", n)
}

// isASCII reports whether s is printable ASCII: one cell a byte, no sequences.
func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// Sign is a word or a sign of the screen, and what it means.
type Sign struct{ Sign, Means string }

// Symbols are the signs of the frame.
type Symbols struct {
	Arrow    string // from → to
	AtLeast  string // the duration is at least this
	Ellipsis string // something was cut
	Dot      string // between two facts
	Bar      string // between two panes
	Rule     string // between two parts, repeated
	Pointer  string // before the selected row, one cell
	Busy     string // an update is under way
	Up       string // more above; a reversed order
	Down     string // more below; the sorted column

	// Those of a timeline, one cell each, and what begins and ends it.
	Recorded, WithSilence, WithSkip, PausedSomehow, NotKnown string
	AboutHere                                                string // recorded, and the edge beside it is not exact
	From, To                                                 string
}

// Symbols returns the signs of the frame, in ASCII where only that is allowed, or
// where they would be wide.
func (t Theme) Symbols() Symbols {
	if t.ascii || t.wide {
		return Symbols{
			Arrow: "->", AtLeast: ">=", Ellipsis: "..", Dot: "-", Bar: "|", Rule: "-",
			Pointer: ">", Busy: "..", Up: "^", Down: "v",
			Recorded: "#", WithSilence: ".", WithSkip: "_", PausedSomehow: "~", NotKnown: "?", AboutHere: "+", From: "|", To: "|",
		}
	}
	return Symbols{
		Arrow: "→", AtLeast: "≥", Ellipsis: "…", Dot: "·", Bar: "│", Rule: "─",
		Pointer: "▌", Busy: "⋯", Up: "↑", Down: "↓",
		Recorded: "█", WithSilence: "░", WithSkip: "▁", PausedSomehow: "▒", NotKnown: "·", AboutHere: "▓", From: "▕", To: "▏",
	}
}

var toASCII = map[rune]string{
	'→': "->", '≥': ">=", '…': "..", '·': "-", '│': "|", '─': "-",
	'▌': ">", '⋯': "..", '↑': "^", '↓': "v",
	'█': "#", '░': ".", '▁': "_", '▒': "~", '▓': "+", '▕': "|", '▏': "|",
}

// Plain returns s as it may be printed: in ASCII mode the signs of the frame
// become their ASCII forms and every other character that is not printable
// ASCII a question mark; where they would be wide only those signs change; else
// it returns s.
func (t Theme) Plain(s string) string {
	if !t.ascii && !t.wide || isASCII(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		switch {
		case toASCII[r] != "":
			b.WriteString(toASCII[r])
		case ' ' <= r && r <= '~', !t.ascii:
			b.WriteRune(r)
		default:
			b.WriteByte('?')
		}
	}
	return b.String()
}

// Wrap returns s in lines of at most w cells, broken between words where that
// is possible.
func (t Theme) Wrap(s string, w int) []string {
	if w <= 0 || s == "" {
		return nil
	}
	if t.Width(s) <= w {
		return []string{s}
	}
	if t.wide {
		return t.wrap(s, w)
	}
	return t.lines(t.method.Wrap(s, w, ""), w)
}

// Break returns s in lines of w cells, broken wherever a line is full, with all
// of its spaces.
func (t Theme) Break(s string, w int) []string {
	if w <= 0 || s == "" {
		return nil
	}
	if t.Width(s) <= w {
		return []string{s}
	}
	if t.wide {
		return t.hardwrap(s, w)
	}
	return t.lines(t.method.Hardwrap(s, w, true), w)
}

// lines splits what was wrapped. A character wider than a line is cut.
func (t Theme) lines(s string, w int) []string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = t.Truncate(lines[i], w)
	}
	return lines
}

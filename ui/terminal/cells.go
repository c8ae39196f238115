package terminal

import (
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"tapedeck/ui/cells"
)

// cell is what one cell of the screen shows, packed so that two are compared at
// once: a character or the number of a cluster, the number of a style, how many
// cells it takes.
type cell uint64

const (
	charBits  = 24
	clusters  = 1 << 23 // the character is the number of a cluster
	charMask  = 1<<charBits - 1
	styleBits = 16
	styleMask = 1<<styleBits - 1
	widthAt   = charBits + styleBits
)

// blank is an empty cell, as an erase leaves it.
const blank = cell(' ') | 1<<widthAt

func newCell(char uint32, style uint16, width int) cell {
	return cell(char) | cell(style)<<charBits | cell(width)<<widthAt
}

func (c cell) char() uint32  { return uint32(c & charMask) }
func (c cell) style() uint16 { return uint16(c >> charBits & styleMask) }

// width is 1 or 2, and 0 for a cell that the wide character before it takes.
func (c cell) width() int { return int(c >> widthAt & 3) }

// plain reports whether every terminal agrees on how wide the cell is.
func (c cell) plain() bool { return c.char() < utf8.RuneSelf && c.width() == 1 }

// disputed reports whether a terminal may take the cell for narrower than it is
// here, so that it would leave what was behind it. Where one takes a character
// for wider, that covers the next cell until something is written there.
func (c cell) disputed() bool {
	switch char := c.char(); {
	case char < 0x300, 0x370 <= char && char < 0x483, 0x2010 <= char && char < 0x2600:
		return c.width() > 1 // which not every terminal that takes some of them for wide does of all
	case 0x3041 <= char && char <= 0x9fff, 0xac00 <= char && char <= 0xd7a3, 0xff01 <= char && char <= 0xff60:
		return false
	}
	return true
}

// tables give clusters and styles their numbers.
type tables struct {
	clusters  []string
	clusterOf map[string]uint32
	styles    []string // as they are written; the first one is none
	looks     []look   // of the styles
	grounds   []uint16 // of the styles: that of a space in it
	styleOf   map[string]uint16
	numberOf  map[string]uint16       // by a style as it is written
	changes   map[uint32]string       // of styles; see [tables.change]
	convert   func(sgr string) string // to the colors of the terminal; nil for none
}

// The tables are begun anew when they have grown so large.
const (
	maxClusters = 1 << 14
	maxStyles   = 1 << 12
)

func newTables(convert func(string) string) tables {
	return tables{
		clusterOf: map[string]uint32{}, styleOf: map[string]uint16{"": 0}, styles: []string{""}, convert: convert,
		looks: make([]look, 1), grounds: make([]uint16, 1), changes: map[uint32]string{}, numberOf: map[string]uint16{},
	}
}

// full reports whether the tables should be begun anew.
func (t *tables) full() bool { return len(t.clusters) >= maxClusters || len(t.styles) >= maxStyles }

func (t *tables) cluster(s string) uint32 {
	if r, n := utf8.DecodeRuneInString(s); n == len(s) && r != utf8.RuneError {
		return uint32(r)
	}
	n, ok := t.clusterOf[s]
	if !ok {
		if len(t.clusters) >= clusters-1 {
			return '?'
		}
		n = uint32(len(t.clusters)) | clusters
		t.clusters = append(t.clusters, s)
		t.clusterOf[s] = n
	}
	return n
}

// style returns the number of the style that a sequence of SGR makes.
func (t *tables) style(sgr string) uint16 {
	n, ok := t.styleOf[sgr]
	if !ok {
		if len(t.styles) > styleMask {
			return 0
		}
		out := sgr
		if t.convert != nil {
			out = t.convert(sgr)
		}
		n = t.number(out, lookOf(out))
		t.styleOf[sgr] = n
	}
	return n
}

// number returns the number of a style as it is written; 0 where nothing is left
// of it on this terminal.
func (t *tables) number(out string, l look) uint16 {
	if l == (look{}) {
		return 0
	}
	if !l.odd {
		b := l.params([]byte("\x1b["))
		b[len(b)-1] = 'm'
		out = string(b)
	}
	if n, ok := t.numberOf[out]; ok {
		return n
	}
	n := uint16(len(t.styles))
	t.numberOf[out] = n
	t.styles, t.looks, t.grounds = append(t.styles, out), append(t.looks, l), append(t.grounds, n)
	if g := l.ground(); g != l {
		t.grounds[n] = t.number("", g)
	}
	return n
}

// change returns what is written to make one style of another.
func (t *tables) change(was, now uint16) string {
	if was == now {
		return ""
	}
	pair := uint32(was)<<16 | uint32(now)
	s, ok := t.changes[pair]
	if !ok {
		s = t.makeChange(was, now)
		if len(t.changes) > maxStyles {
			clear(t.changes)
		}
		t.changes[pair] = s
	}
	return s
}

func (t *tables) makeChange(was, now uint16) string {
	switch w, n := t.looks[was], t.looks[now]; {
	case !w.odd && !n.odd:
		return change(w, n, t.convert == nil)
	case was == 0:
		return t.styles[now]
	}
	return "\x1b[m" + t.styles[now]
}

// ahead returns the style to write the first of some cells in: for a space, that
// of the text behind it, where a space looks the same in that.
func (t *tables) ahead(row []cell) uint16 {
	style := row[0].style()
	for _, c := range row {
		switch {
		case c.char() == ' ' && c.style() == style:
		case c.width() > 0 && t.grounds[c.style()] == style && c.char() != ' ':
			return c.style()
		default:
			return style
		}
	}
	return style
}

// appendChar appends what a cell shows.
func (t *tables) appendChar(b []byte, c cell) []byte {
	switch char := c.char(); {
	case char < utf8.RuneSelf:
		return append(b, byte(char))
	case char&clusters != 0:
		return append(b, t.clusters[char&^clusters]...)
	default:
		return utf8.AppendRune(b, rune(char))
	}
}

// parse makes the cells of a line of text and SGR sequences in row, which it
// fills up with blanks. All other sequences and controls are left out, so that
// nothing but characters and styles reaches the terminal by a frame.
func (t *tables) parse(line string, row []cell, method ansi.Method) {
	at, style, last, sgr := 0, uint16(0), uint16(0), "" // last is the style of the last character
	for i := 0; i < len(line); {
		if b := line[i]; at < len(row) && b >= ' ' && b < 0x7f && (i+1 == len(line) || line[i+1] < utf8.RuneSelf) {
			if last = style; b == ' ' {
				row[at] = newCell(' ', t.grounds[style], 1)
			} else {
				row[at] = newCell(uint32(b), style, 1)
			}
			at++
			i++
			continue
		}
		if n := sgrLen(line[i:]); n > 0 {
			switch arg := line[i+2 : i+n-1]; {
			case arg == "" || arg == "0":
				sgr = ""
			case sgr == "":
				sgr = line[i : i+n]
			default:
				sgr += line[i : i+n]
			}
			style = t.style(sgr)
			i += n
			continue
		}
		seq, width, n, _ := cells.Decode(method, line[i:], ansi.NormalState)
		i += max(n, 1)
		switch {
		case width == 0 && at > 0 && n > 0 && seq[0] >= utf8.RuneSelf && printable(seq):
			t.join(row[:at], seq, last)
		case width <= 0 || !printable(seq):
		case at+width > len(row):
			i = len(line) // a wide character is never split
		default:
			at += t.put(row[at:], seq, style, width)
			last = style
		}
	}
	for ; at < len(row); at++ {
		row[at] = blank
	}
}

// put puts a character into the first cells of row, and returns how many. One
// that takes more than two has blanks behind it.
func (t *tables) put(row []cell, seq string, style uint16, width int) int {
	char := t.cluster(seq)
	if char == ' ' {
		row[0] = newCell(char, t.grounds[style], 1)
		return 1
	}
	row[0] = newCell(char, style, min(width, 2))
	if width > 1 {
		row[1] = newCell(0, style, 0)
	}
	for i := 2; i < width; i++ {
		row[i] = blank
	}
	return width
}

// join adds a character of no width to the last one, which is in a style.
func (t *tables) join(row []cell, seq string, style uint16) {
	i := len(row) - 1
	for i > 0 && row[i].width() == 0 {
		i--
	}
	if row[i].width() == 0 {
		return
	}
	s := string(t.appendChar(nil, row[i])) + seq
	if len(s) > maxCluster {
		return
	}
	row[i] = newCell(t.cluster(s), style, row[i].width())
}

// maxCluster is how many bytes one character may have with all that is joined
// to it.
const maxCluster = 64

// printable reports whether a decoded piece of text is no control and no
// sequence.
func printable(seq string) bool {
	r, n := utf8.DecodeRuneInString(seq)
	return r >= ' ' && r != 0x7f && (r < 0x80 || r > 0x9f) && (r != utf8.RuneError || n > 1)
}

// sgrLen returns the length of the SGR sequence that s begins with; 0 for none.
func sgrLen(s string) int {
	if len(s) < 3 || s[0] != 0x1b || s[1] != '[' {
		return 0
	}
	for i := 2; i < len(s); i++ {
		switch c := s[i]; {
		case c == 'm':
			return i + 1
		case c >= '0' && c <= '9', c == ';', c == ':':
		default:
			return 0
		}
	}
	return 0
}

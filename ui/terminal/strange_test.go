package terminal

import (
	"fmt"
	"math/rand"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// strange is a terminal that counts the cells of characters in its own way. It
// knows what the painter writes, and fails the test for anything else.
type strange struct {
	t     testing.TB
	width func(r rune) int
	grid  [][]rune
	x, y  int
	wrap  bool // lines are wrapped, as they are before the painter begins
	top   int
	end   int // the last line of the region that scrolls
}

func newStrange(t testing.TB, w, h int, width func(rune) int) *strange {
	s := &strange{t: t, width: width, wrap: true, end: h - 1}
	for range h {
		s.grid = append(s.grid, []rune(strings.Repeat(" ", w)))
	}
	return s
}

// write takes what the painter has written.
func (s *strange) write(out string) {
	for len(out) > 0 {
		seq, _, n, _ := ansi.DecodeSequence(out, ansi.NormalState, nil)
		switch {
		case strings.HasPrefix(seq, "\x1b["):
			s.csi(seq[2:len(seq)-1], seq[len(seq)-1])
		case seq == "\x1bM" && s.y == s.top:
			s.scroll(-1)
		case seq == "\x1bM":
			s.y--
		case seq == "\r":
			s.x = 0
		case seq == "\b":
			s.x = max(0, s.x-1)
		case seq == "\n", seq == "\v":
			if s.y == s.end {
				s.scroll(1)
			} else {
				s.y = min(s.y+1, len(s.grid)-1)
			}
		case strings.HasPrefix(seq, "\x1b]"):
		case seq < " ":
			s.t.Fatalf("it is not written for a terminal: %q", seq)
		default:
			r, size := utf8.DecodeRuneInString(out)
			s.print(r)
			n = size
		}
		out = out[n:]
	}
}

func (s *strange) print(r rune) {
	w := s.width(r)
	if w == 0 {
		return
	}
	if s.x+w > len(s.grid[s.y]) {
		if s.wrap {
			s.t.Fatalf("a line would wrap at row %d", s.y)
		}
		s.x = max(0, len(s.grid[s.y])-w)
	}
	s.grid[s.y][s.x] = r
	for i := 1; i < w && s.x+i < len(s.grid[s.y]); i++ {
		s.grid[s.y][s.x+i] = 0
	}
	s.x = min(s.x+w, len(s.grid[s.y])-1)
}

// scroll moves the lines of the region up, or down where by is negative.
func (s *strange) scroll(by int) {
	blank := []rune(strings.Repeat(" ", len(s.grid[0])))
	if by > 0 {
		copy(s.grid[s.top:s.end], s.grid[s.top+1:s.end+1])
		s.grid[s.end] = blank
		return
	}
	copy(s.grid[s.top+1:s.end+1], s.grid[s.top:s.end])
	s.grid[s.top] = blank
}

func (s *strange) csi(args string, final byte) {
	n := make([]int, 2)
	for i, p := range strings.SplitN(args, ";", 2) {
		n[i], _ = strconv.Atoi(p)
	}
	by, row := max(n[0], 1), s.grid[s.y]
	switch final {
	case 'H':
		s.y, s.x = by-1, max(n[1], 1)-1
	case 'G':
		s.x = by - 1
	case 'A':
		s.y -= by
	case 'B':
		s.y += by
	case 'C':
		s.x += by
	case 'D':
		s.x -= by
	case 'K':
		for i := s.x; i < len(row); i++ {
			row[i] = ' '
		}
	case 'X':
		for i := s.x; i < min(s.x+by, len(row)); i++ {
			row[i] = ' '
		}
	case 'J':
		for _, row := range s.grid {
			for i := range row {
				row[i] = ' '
			}
		}
	case 'r':
		s.top, s.end, s.x, s.y = max(n[0], 1)-1, len(s.grid)-1, 0, 0
		if n[1] > 0 {
			s.end = n[1] - 1
		}
	case 'l':
		s.wrap = s.wrap && args != "?7"
	case 'h', 'm', 'n', 'p', 't':
	default:
		s.t.Fatalf("CSI %s %c is not for every terminal", args, final)
	}
	if s.y < 0 || s.y >= len(s.grid) || s.x < 0 || s.x >= len(row) {
		s.t.Fatalf("CSI %s %c leaves the screen", args, final)
	}
}

// widths are the ways in which terminals are known to count.
var widths = map[string]func(r rune) int{
	"ambiguous ones wide": func(r rune) int {
		if w := ansi.StringWidthWc(string(r)); w != 1 || r < 0xa0 {
			return w
		}
		return 2
	},
	"wide ones narrow": func(r rune) int { return min(1, ansi.StringWidthWc(string(r))) },
	"all of one cell":  func(r rune) int { return 1 },
	"disputed ones of none": func(r rune) int {
		if newCell(uint32(r), 0, 1).disputed() {
			return 0
		}
		return ansi.StringWidthWc(string(r))
	},
}

// Where a terminal counts a character otherwise than we do, no row moves another,
// and in a row nothing moves but the character: the text behind the next space
// is in its column.
func TestStrangeTerminals(t *testing.T) {
	for name, width := range widths {
		t.Run(name, func(t *testing.T) {
			for seed := range int64(40) {
				r := rand.New(rand.NewSource(seed))
				w, h := 40+r.Intn(60), 4+r.Intn(12)
				s := newScreen(w, h, true)
				emu := newStrange(t, w, h, width)
				emu.write("\x1b[?7l")
				lines := randomFrame(r, h)
				for range 10 {
					s.show(strings.Join(lines, "\n"))
					emu.write(s.out.String())
					checkColumns(t, s.p.canvas.cells, emu.grid, fmt.Sprintf("seed %d, %dx%d", seed, w, h))
					lines = next(r, lines)
				}
			}
		})
	}
}

// checkColumns compares what every terminal agrees on, from the second cell after
// anything else on, up to the last two columns, into which a character may be
// pushed.
func checkColumns(t *testing.T, want [][]cell, got [][]rune, where string) {
	t.Helper()
	for y, row := range want {
		for x, c := range row {
			if x < 2 || x >= len(row)-2 || !c.plain() || c == blank || !row[x-1].plain() || !row[x-2].plain() {
				continue
			}
			if got[y][x] != rune(c.char()) {
				t.Fatalf("%s: row %d has %q in column %d, want %q\n%q", where, y, got[y][x], x, rune(c.char()), string(got[y]))
			}
		}
	}
}

// A character that a terminal takes for narrower leaves no hole in a row with a
// tint: its cells were written in the tint before.
func TestNoHoleInATint(t *testing.T) {
	s := newScreen(20, 2, true)
	s.show("\x1b[48;5;57mก็ดี 🙂 x\x1b[m")
	if out := s.out.String(); strings.Contains(out, "X") || !strings.Contains(out, "  \b\b🙂") || strings.Contains(out, "\x1b[m \b") {
		t.Errorf("%q", out)
	}
	s.show("\x1b[48;5;57m" + strings.Repeat("x", 18) + "🙂\x1b[m") // up to the last column
	if got := s.emu.CellAt(18, 0); got.Content != "🙂" || got.Style.Bg == nil {
		t.Errorf("in the last columns: %q %v", got.Content, got.Style)
	}
}

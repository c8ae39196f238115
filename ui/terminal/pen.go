package terminal

import "strconv"

// pen writes to a terminal whose cursor and style it knows.
type pen struct {
	t    *tables
	out  []byte
	w    int
	x, y int    // the cursor; -1 where it is not known
	now  uint16 // the style
	// agreed: the terminal counts the cells of a character that others do not
	// agree on as they are counted here.
	agreed bool
	feed   string // what moves down by a line and keeps the column
}

// style makes the style that text is written in.
func (p *pen) style(n uint16) {
	if n != p.now {
		p.out = append(p.out, p.t.change(p.now, n)...)
		p.now = n
	}
}

// suits reports whether a cell that is written now looks as it is to.
func (p *pen) suits(c cell) bool {
	return c.style() == p.now || c.char() == ' ' && c.style() == p.t.grounds[p.now]
}

// put writes the first of some cells of a row at the cursor. After text that not
// every terminal takes for as wide, the column is not known any more: the next
// cell is gone to.
func (p *pen) put(row []cell, x, y int) {
	c := row[0]
	if c.width() == 0 {
		return
	}
	if p.x < 0 {
		p.move(x, y)
	}
	if !p.suits(c) {
		p.style(p.t.ahead(row))
	}
	if c.disputed() && !p.empty(c.width()) && !p.suits(c) {
		p.style(p.t.ahead(row))
	}
	p.out = p.t.appendChar(p.out, c)
	if p.x += c.width(); p.x >= p.w || !p.sure(c) {
		p.x = -1
	}
}

// empty makes the n cells of a character empty that a terminal may take for
// narrower: in the style of the character, so that what it leaves shows a tint,
// too. It reports false where it has changed the style.
func (p *pen) empty(n int) (styled bool) {
	if p.x+n >= p.w { // a space in the last column does not move the cursor behind it
		p.clear()
		p.out = append(strconv.AppendInt(append(p.out, "\x1b["...), int64(n), 10), 'X')
		return false
	}
	p.out = append(p.out, "  "[:n]...)
	p.out = append(p.out, "\b\b"[:n]...)
	return true
}

// sure reports whether the cursor is known to be right behind a cell after it
// was written.
func (p *pen) sure(c cell) bool { return c.plain() || p.agreed && !c.disputed() }

// reach goes to x, over cells that stay as they are where that is shorter.
func (p *pen) reach(row []cell, x, y int) {
	if p.reaches(row, x, y) {
		for ; p.x < x; p.x++ {
			p.out = append(p.out, byte(row[p.x].char()))
		}
		return
	}
	p.move(x, y)
}

// farOver is how many cells are written again at most to get to the next one.
const farOver = 4

// reaches reports whether what leads to x is few cells that are written now as
// they are.
func (p *pen) reaches(row []cell, x, y int) bool {
	if p.y != y || p.x < 0 || p.x >= x || x-p.x > farOver {
		return false
	}
	for i := p.x; i < x; i++ {
		if !p.suits(row[i]) || !row[i].plain() {
			return false
		}
	}
	return true
}

// erase makes n cells from the cursor on blank, the rest of the row where that
// is all of it.
func (p *pen) erase(n int) {
	p.clear()
	if p.x+n >= p.w {
		p.out = append(p.out, "\x1b[K"...)
		return
	}
	p.out = append(strconv.AppendInt(append(p.out, "\x1b["...), int64(n), 10), 'X')
}

// clear makes a style in which what is erased is blank.
func (p *pen) clear() {
	if p.t.grounds[p.now] != 0 {
		p.style(0)
	}
}

// move takes the shortest of the ways to a cell.
func (p *pen) move(x, y int) {
	if p.x == x && p.y == y {
		return
	}
	p.out = p.shortest(x, y).append(p.out, p.feed)
	p.x, p.y = x, y
}

// way is a way from one cell to another: to the first column where home says so,
// then down by some lines, then along the row.
type way struct {
	home  bool
	down  int
	final byte // of the sequence that leads along the row, '\b' for backspaces; 0 for none
	n     int  // its parameter

	to   bool // the way is CUP instead
	x, y int
}

// shortest returns the shortest way to a cell from where the cursor is.
func (p *pen) shortest(x, y int) way {
	best := way{to: true, x: x, y: y}
	if p.y < 0 {
		return best
	}
	least, down := best.bytes(), y-p.y
	try := func(home bool, final byte, n int) {
		w := way{home: home, down: down, final: final, n: n}
		if n := w.bytes(); n < least {
			best, least = w, n
		}
	}
	switch d := x - p.x; {
	case x == 0:
		try(true, 0, 0)
	case p.x < 0:
		try(false, 'G', x+1)
	case d == 0:
		try(false, 0, 0)
	case d > 0:
		try(false, 'C', d)
		try(false, 'G', x+1)
		try(true, 'C', x)
	case d >= -4:
		try(false, '\b', -d)
		try(false, 'D', -d)
	default:
		try(false, 'D', -d)
		try(false, 'G', x+1)
		try(true, 'C', x)
	}
	return best
}

// bytes returns how long a way is.
func (w way) bytes() (n int) {
	if w.to {
		switch {
		case w.x > 0:
			return 4 + digits(w.y+1) + digits(w.x+1)
		case w.y > 0:
			return 3 + digits(w.y+1)
		}
		return 3
	}
	if w.home {
		n++
	}
	switch {
	case w.down == -1:
		n += 2
	case w.down < 0:
		n += csiLen(-w.down)
	case w.down <= 4:
		n += w.down
	default:
		n += csiLen(w.down)
	}
	switch {
	case w.final == '\b':
		n += w.n
	case w.final != 0:
		n += csiLen(w.n)
	}
	return n
}

// append appends a way, in which feed moves down by a line.
func (w way) append(b []byte, feed string) []byte {
	if w.to {
		b = append(b, "\x1b["...)
		if w.y > 0 || w.x > 0 {
			b = strconv.AppendInt(b, int64(w.y+1), 10)
		}
		if w.x > 0 {
			b = strconv.AppendInt(append(b, ';'), int64(w.x+1), 10)
		}
		return append(b, 'H')
	}
	if w.home {
		b, feed = append(b, '\r'), "\n" // from the first column a line feed leads to the first column, however it is taken
	}
	switch {
	case w.down == -1:
		b = append(b, "\x1bM"...)
	case w.down < 0:
		b = csi(b, -w.down, 'A')
	case w.down <= 4:
		for range w.down {
			b = append(b, feed...)
		}
	default:
		b = csi(b, w.down, 'B')
	}
	switch {
	case w.final == '\b':
		for range w.n {
			b = append(b, '\b')
		}
	case w.final != 0:
		b = csi(b, w.n, w.final)
	}
	return b
}

func csi(b []byte, n int, final byte) []byte {
	b = append(b, "\x1b["...)
	if n != 1 {
		b = strconv.AppendInt(b, int64(n), 10)
	}
	return append(b, final)
}

// csiLen is the length of what csi appends.
func csiLen(n int) int {
	if n == 1 {
		return 3
	}
	return 3 + digits(n)
}

// digits is how many digits a number of at most three has.
func digits(n int) int {
	switch {
	case n < 10:
		return 1
	case n < 100:
		return 2
	}
	return 3
}

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
	if n == p.now {
		return
	}
	if p.now != 0 {
		p.out = append(p.out, "\x1b[m"...)
	}
	p.out = append(p.out, p.t.styles[n]...)
	p.now = n
}

// put writes a cell at the cursor. After text that not every terminal takes for
// as wide, the column is not known any more: the next cell is gone to.
func (p *pen) put(c cell, x, y int) {
	if c.width() == 0 {
		return
	}
	if p.x < 0 {
		p.move(x, y)
	}
	if c.disputed() {
		p.style(0)
		p.out = append(strconv.AppendInt(append(p.out, "\x1b["...), int64(c.width()), 10), 'X')
	}
	p.style(c.style())
	p.out = p.t.appendChar(p.out, c)
	if p.x += c.width(); p.x >= p.w || !p.sure(c) {
		p.x = -1
	}
}

// sure reports whether the cursor is known to be right behind a cell after it
// was written.
func (p *pen) sure(c cell) bool { return c.plain() || p.agreed && !c.disputed() }

// reach goes to x, over cells that stay as they are where that is shorter.
func (p *pen) reach(row []cell, x, y int) {
	if p.y == y && p.x >= 0 && p.x < x && x-p.x <= 4 {
		same := true
		for i := p.x; i < x && same; i++ {
			same = row[i].style() == p.now && row[i].plain()
		}
		if same {
			for ; p.x < x; p.x++ {
				p.out = append(p.out, byte(row[p.x].char()))
			}
			return
		}
	}
	p.move(x, y)
}

// erase makes n cells from the cursor on blank, the rest of the row where that
// is all of it.
func (p *pen) erase(n int) {
	p.style(0)
	if p.x+n >= p.w {
		p.out = append(p.out, "\x1b[K"...)
		return
	}
	p.out = append(strconv.AppendInt(append(p.out, "\x1b["...), int64(n), 10), 'X')
}

// move takes the shortest of the ways to a cell.
func (p *pen) move(x, y int) {
	if p.x == x && p.y == y {
		return
	}
	var room [24]byte
	best := append(room[:0], "\x1b["...)
	if y > 0 || x > 0 {
		best = strconv.AppendInt(best, int64(y+1), 10)
	}
	if x > 0 {
		best = strconv.AppendInt(append(best, ';'), int64(x+1), 10)
	}
	best = append(best, 'H')
	if p.y >= 0 {
		best = p.shortest(best, x, y)
	}
	p.out = append(p.out, best...)
	p.x, p.y = x, y
}

// shortest returns the shortest way to a cell from where the cursor is, or best
// where none is shorter.
func (p *pen) shortest(best []byte, x, y int) []byte {
	var room [24]byte
	try := func(home bool, final byte, n int) {
		way := p.vertical(room[:0], home, y-p.y)
		switch {
		case final == '\b':
			for range n {
				way = append(way, '\b')
			}
		case final != 0:
			way = csi(way, n, final)
		}
		if len(way) < len(best) {
			best = append(best[:0], way...)
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

// vertical appends a way down or up by some lines, from the first column where
// home says so.
func (p *pen) vertical(way []byte, home bool, by int) []byte {
	feed := p.feed
	if home {
		way, feed = append(way, '\r'), "\n" // from the first column a line feed leads to the first column, however it is taken
	}
	switch {
	case by < 0:
		return csi(way, -by, 'A')
	case by > 0 && by <= 4:
		for range by {
			way = append(way, feed...)
		}
		return way
	case by > 0:
		return csi(way, by, 'B')
	}
	return way
}

func csi(b []byte, n int, final byte) []byte {
	b = append(b, "\x1b["...)
	if n != 1 {
		b = strconv.AppendInt(b, int64(n), 10)
	}
	return append(b, final)
}

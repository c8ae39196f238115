package terminal

import (
	"slices"
	"strconv"
)

// run is a piece of a row that changes.
type run struct {
	y, x, end int
	erase     bool // from x on the row is blank
}

// canvas is what the terminal shows, and what it is to show.
type canvas struct {
	t    tables
	w, h int

	lines []string // by row, the text that it was painted from
	cells [][]cell
	next  [][]cell // the next frame's; a row is that of cells where it has not changed
	spare [][]cell // rows to parse into

	runs    []run
	changed int // cells in them
	tour    tour
}

// resize makes all rows blank.
func (c *canvas) resize(w, h int) {
	c.w, c.h = w, h
	c.lines, c.cells, c.next = make([]string, h), make([][]cell, h), make([][]cell, h)
	c.spare = make([][]cell, h)
	all := make([]cell, 2*w*h)
	for i := range all {
		all[i] = blank
	}
	for y := range h {
		c.cells[y], all = all[:w:w], all[w:]
		c.spare[y], all = all[:w:w], all[w:]
	}
}

// wipe makes all rows blank, as the terminal is after it was cleared.
func (c *canvas) wipe() {
	for y := range c.cells {
		c.lines[y] = ""
		for x := range c.cells[y] {
			c.cells[y][x] = blank
		}
	}
}

// take parses the lines of the next frame that have changed.
func (c *canvas) take(lines []string, p parser) {
	for y := range c.h {
		line := ""
		if y < len(lines) {
			line = lines[y]
		}
		if line == c.lines[y] {
			c.next[y] = c.cells[y]
			continue
		}
		p(line, c.spare[y])
		c.next[y], c.lines[y] = c.spare[y], line
	}
}

// parser makes the cells of a line.
type parser func(line string, row []cell)

// accept takes the next frame for what the terminal shows.
func (c *canvas) accept() {
	for y := range c.h {
		if &c.next[y][0] == &c.spare[y][0] {
			c.cells[y], c.spare[y] = c.spare[y], c.cells[y]
		}
	}
}

// compare finds the runs that turn old into the next frame.
func (c *canvas) compare(old [][]cell) {
	c.runs, c.changed = c.runs[:0], 0
	for y := range c.h {
		now, was := c.next[y], old[y]
		if &now[0] == &was[0] {
			continue
		}
		end := c.w // from here on the row is blank
		for end > 0 && now[end-1] == blank {
			end--
		}
		for x := 0; x < c.w; {
			switch {
			case now[x] == was[x]:
				x++
			case x >= end:
				c.runs = append(c.runs, run{y, x, c.w, true})
				x = c.w
			default:
				x = c.add(now, was, y, x, end)
			}
		}
	}
}

// add adds the run that begins at x, and returns where to look on.
func (c *canvas) add(now, was []cell, y, x, end int) int {
	for now[x].width() == 0 && x > 0 { // never from the middle of a wide character
		x--
	}
	from := x
	for x < end && (x == from || now[x] != was[x] || now[x].width() == 0) {
		x++
	}
	c.runs = append(c.runs, run{y, from, x, false})
	c.changed += x - from
	return x
}

// longBlank is from how many blank cells on they are erased, not written.
const longBlank = 10

// draw writes one run.
func (c *canvas) draw(p *pen, r run) {
	row := c.next[r.y]
	if r.erase {
		p.move(r.x, r.y)
		p.erase(c.w - r.x)
		return
	}
	for x := r.x; x < r.end; {
		if n := blanks(row[x:r.end]); n >= longBlank {
			p.reach(row, x, r.y)
			p.erase(n)
			x += n
			continue
		}
		if row[x].width() > 0 {
			p.reach(row, x, r.y)
			p.put(row[x:r.end], x, r.y)
		}
		x++
	}
}

func blanks(row []cell) int {
	n := 0
	for n < len(row) && row[n] == blank {
		n++
	}
	return n
}

// paint writes what turns the terminal into the next frame, in the cheapest of
// the ways it knows: by rows, by columns, by styles, or after a part was scrolled.
func (c *canvas) paint(p *pen) {
	c.compare(c.cells)
	if len(c.runs) == 0 {
		return
	}
	start := *p
	best := c.cheapest(start)
	if c.changed >= scrollFrom {
		for _, s := range c.scrolls() {
			if way := c.scrolled(start, s); len(way.out) < len(best.out) {
				best = way
			}
		}
	}
	*p = best
}

// A frame in which so many cells change may be one whose rows have moved, by so
// many lines at most.
const (
	scrollFrom = 120
	farthest   = 5
	tried      = 2 // of the best, by cells that fit
)

// scroll is a block of rows that moves: those of the region from top to bottom
// go up by some lines, down where that is negative.
type scroll struct {
	top, bottom, by int
	gain            int // cells that need not be written
}

// scrolls returns the moves of a block that save the most.
func (c *canvas) scrolls() []scroll {
	var best []scroll
	for by := -farthest; by <= farthest; by++ {
		if s := c.bestBlock(by); by != 0 && s.gain > scrollFrom/2 {
			best = append(best, s)
		}
	}
	slices.SortStableFunc(best, func(a, b scroll) int { return b.gain - a.gain })
	return best[:min(tried, len(best))]
}

// bestBlock returns the block of rows for which it saves the most that they come
// from by lines further down.
func (c *canvas) bestBlock(by int) (best scroll) {
	from, sum := -1, 0
	for y := range c.h {
		o := y + by
		if o < 0 || o >= c.h {
			from, sum = -1, 0
			continue
		}
		gain := alike(c.next[y], c.cells[o]) - alike(c.next[y], c.cells[y])
		if from < 0 || sum < 0 {
			from, sum = y, 0
		}
		if sum += gain; sum > best.gain {
			best = scroll{top: from, bottom: y, by: by, gain: sum}
		}
	}
	if best.gain > 0 { // the region has the rows where the block was, too
		best.top, best.bottom = best.top+min(by, 0), best.bottom+max(by, 0)
	}
	return best
}

// alike counts the cells of two rows that are the same and not blank.
func alike(a, b []cell) int {
	n := 0
	for i := range a {
		if a[i] == b[i] && a[i] != blank {
			n++
		}
	}
	return n
}

// scrolled writes the frame after a block was scrolled.
func (c *canvas) scrolled(p pen, s scroll) pen {
	p.out = slices.Clone(p.out)
	p.region(s)
	old := slices.Clone(c.cells)
	for y := s.top; y <= s.bottom; y++ {
		if o := y + s.by; o < s.top || o > s.bottom {
			old[y] = c.blankRow()
		} else {
			old[y] = c.cells[o]
		}
	}
	runs, changed := slices.Clone(c.runs), c.changed
	c.compare(old)
	p = c.cheapest(p)
	c.runs, c.changed = runs, changed
	return p
}

func (c *canvas) blankRow() []cell {
	row := make([]cell, c.w)
	for i := range row {
		row[i] = blank
	}
	return row
}

// region scrolls the lines of a region, and makes the whole screen scroll again.
func (p *pen) region(s scroll) {
	p.clear()
	p.out = append(strconv.AppendInt(append(p.out, "\x1b["...), int64(s.top+1), 10), ';')
	p.out = append(strconv.AppendInt(p.out, int64(s.bottom+1), 10), 'r')
	p.x, p.y = -1, -1
	step := "\n"
	if s.by > 0 {
		p.move(0, s.bottom)
	} else {
		p.move(0, s.top)
		step = "\x1bM"
	}
	for range max(s.by, -s.by) {
		p.out = append(p.out, step...)
	}
	p.out = append(p.out, "\x1b[r"...)
	p.x, p.y = -1, -1 // the cursor goes to a place that terminals do not agree on
}

package terminal

import (
	"cmp"
	"slices"
)

// What changes is written in the order that takes the fewest bytes: a column of
// clocks from top to bottom, with a line feed between two, and what has one style
// together. It is found as the way of a salesman is: the runs, cut where the
// style changes, are the places, and the bytes from one to the next the distance.

// A frame in which more changes is written by rows: it is no tick of clocks, and
// its own text is most of it.
const (
	maxCells  = 800
	maxPlaces = 120
)

// place is a run, and how the terminal is after it was written.
type place struct {
	run
	style     uint16 // that its first cell needs
	ground    uint16 // that of a space in that style, where the first cell is a space
	space     bool   // the first cell is one, or is erased
	endX      int    // of the cursor behind it; -1 where nobody knows
	end       uint16 // the style behind it
	downwards int    // its place in the order of the rows
}

// tour is what the search for an order needs, kept from frame to frame.
type tour struct {
	places []place
	costs  []int16 // from a place to another; see [canvas.cost]
	order  []int
	best   []int
	text   []byte
}

// keptCosts is how many costs are kept for the next frame: those of a tick. What a
// key changes is more, and a session waits for its next key for long.
const keptCosts = 2048

// cheapest writes the runs in the cheapest order that is found, and returns the
// pen as it is then.
func (c *canvas) cheapest(p pen) pen {
	best := c.write(p, c.runs)
	if len(c.runs) == 0 || c.changed > maxCells || !c.cut(p) {
		return best
	}
	c.measure(p)
	least := 0
	for i, before := range starts {
		c.tour.line(before)
		c.tour.improve()
		if cost := c.tour.length(); i == 0 || cost < least {
			least = cost
			c.tour.best = append(c.tour.best[:0], c.tour.order...)
		}
	}
	if cap(c.tour.costs) > keptCosts {
		c.tour.costs = nil
	}
	var runs []run
	for _, at := range c.tour.best[1:] {
		runs = append(runs, c.tour.places[at].run)
	}
	if way := c.write(p, runs); len(way.out) <= len(best.out) {
		best = way
	}
	return best
}

// write writes runs in their order.
func (c *canvas) write(p pen, runs []run) pen {
	p.out = slices.Clone(p.out)
	for _, r := range runs {
		c.draw(&p, r)
	}
	return p
}

// cut makes places of the runs. It reports false where there are too many, or
// only one.
func (c *canvas) cut(p pen) bool {
	t := &c.tour
	t.places = append(t.places[:0], place{endX: p.x, end: p.now, run: run{y: p.y}}) // where the pen is
	for _, r := range c.runs {
		for r.x < r.end {
			next := c.styleEnds(p, r)
			c.addPlace(p, run{r.y, r.x, next, r.erase})
			r.x = next
		}
		if len(t.places) > maxPlaces {
			return false
		}
	}
	return len(t.places) > 2
}

// styleEnds returns where the style of a run's beginning ends. It is never right
// behind a character that a terminal may take for wider: what it covers is written
// after it.
func (c *canvas) styleEnds(p pen, r run) int {
	if r.erase {
		return r.end
	}
	row := c.next[r.y][:r.end]
	style := c.t.ahead(row[r.x:])
	for x := r.x + 1; x < r.end; x++ {
		now := row[x]
		fits := now.style() == style || now.char() == ' ' && now.style() == c.t.grounds[style]
		if !fits && now.width() > 0 && p.sure(row[x-1]) && row[x-1].width() > 0 {
			return x
		}
		if !fits && now.width() > 0 {
			style = c.t.ahead(row[x:])
		}
	}
	return r.end
}

func (c *canvas) addPlace(p pen, r run) {
	first := c.next[r.y][r.x]
	at := place{run: r, style: c.t.ahead(c.next[r.y][r.x:r.end]), space: r.erase || first.char() == ' ', downwards: len(c.tour.places)}
	at.ground = c.t.grounds[at.style]
	if r.erase {
		at.style, at.ground = 0, 0
	}
	p.out, p.x, p.y, p.now = c.tour.text[:0], r.x, r.y, at.style
	c.draw(&p, r)
	c.tour.text = p.out
	at.endX, at.end = p.x, p.now
	c.tour.places = append(c.tour.places, at)
}

// measure fills in what it costs from each place to each other one.
func (c *canvas) measure(p pen) {
	t := &c.tour
	n := len(t.places)
	t.costs = slices.Grow(t.costs[:0], n*n)[:n*n]
	for i := range n {
		for j := 1; j < n; j++ {
			t.costs[i*n+j] = int16(c.cost(p, &t.places[i], &t.places[j], i == 0))
		}
	}
}

// cost returns what it costs to go from one place to another: twice the bytes,
// and once those of the style on the way back, for the next frame begins where
// this one ends and mostly changes the same places.
func (c *canvas) cost(p pen, from, to *place, first bool) int {
	p.x, p.y, p.now = from.endX, from.y, from.end
	bytes := p.shortest(to.x, to.y).bytes()
	if p.x == to.x && p.y == to.y {
		bytes = 0
	}
	if !to.erase && p.reaches(c.next[to.y], to.x, to.y) {
		bytes = min(bytes, to.x-p.x)
	}
	if to.space && c.t.grounds[p.now] == to.ground {
		return 2 * bytes
	}
	bytes = 2 * (bytes + len(c.t.change(p.now, to.style)))
	if !first {
		bytes += len(c.t.change(to.style, p.now))
	}
	return bytes
}

// starts are the orders from which the search begins: by rows, by columns, by
// styles.
var starts = []func(a, b place) int{
	func(a, b place) int { return a.downwards - b.downwards },
	func(a, b place) int { return cmp.Or(a.run.end-b.run.end, a.y-b.y) },
	func(a, b place) int {
		return cmp.Or(int(a.style)-int(b.style), a.run.end-b.run.end, a.y-b.y)
	},
}

// line sets an order to begin with.
func (t *tour) line(before func(a, b place) int) {
	t.order = t.order[:0]
	for i := range t.places {
		t.order = append(t.order, i)
	}
	slices.SortStableFunc(t.order[1:], func(a, b int) int { return before(t.places[a], t.places[b]) })
}

func (t *tour) cost(from, to int) int { return int(t.costs[from*len(t.places)+to]) }

// length is what the whole order costs.
func (t *tour) length() (sum int) {
	for i := 1; i < len(t.order); i++ {
		sum += t.cost(t.order[i-1], t.order[i])
	}
	return sum
}

// Each step of the search moves a piece of the order to where it costs less: up
// to so many places, or what hangs together by steps that cost at most near.
const (
	maxPiece  = 3
	near      = 2 * 4
	maxChains = 3
	maxPasses = 8
)

// improve moves pieces of the order until none costs less elsewhere.
func (t *tour) improve() {
	for range maxPasses {
		moved := false
		for i := 1; i < len(t.order); i++ {
			for n := 1; n <= maxPiece && i+n <= len(t.order); n++ {
				moved = t.move(i, i+n) || moved
			}
			if t.cost(t.order[i-1], t.order[i]) <= near {
				continue
			}
			end := i
			for range maxChains {
				for end++; end < len(t.order) && t.cost(t.order[end-1], t.order[end]) <= near; end++ {
				}
				if end > len(t.order) {
					break
				}
				moved = t.move(i, end) || moved
			}
		}
		if !moved {
			return
		}
	}
}

// move moves the places from one to before another to where they cost least. It
// reports whether that is elsewhere.
func (t *tour) move(from, end int) bool {
	o := t.order
	first, last := o[from], o[end-1]
	saves := t.cost(o[from-1], first)
	if end < len(o) {
		saves += t.cost(last, o[end]) - t.cost(o[from-1], o[end])
	}
	to, most := 0, 0
	for i := 1; i <= len(o); i++ { // before the place i
		if i >= from && i <= end {
			continue
		}
		costs := t.cost(o[i-1], first)
		if i < len(o) {
			costs += t.cost(last, o[i]) - t.cost(o[i-1], o[i])
		}
		if saves-costs > most {
			to, most = i, saves-costs
		}
	}
	if most == 0 {
		return false
	}
	piece := append([]int(nil), o[from:end]...)
	if to > end {
		copy(o[from:], o[end:to])
		copy(o[to-len(piece):], piece)
	} else {
		copy(o[to+len(piece):end], o[to:from])
		copy(o[to:], piece)
	}
	return true
}

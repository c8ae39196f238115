//go:build linux || darwin

package ui

import (
	"math"
	"strconv"

	uv "github.com/charmbracelet/ultraviolet"
)

// floor works out what a change of the screen costs at least on the wire: the
// text of the cells that change, and the cheapest moves of the cursor between
// them that any terminal understands. Styles are free, so it is a little too
// strict. Rows are visited downward or upward, the runs of changed cells of a
// row in the best order, all columns at once or those left and right of one
// after the other; the cursor stays where the change before left it.
type floor struct {
	w, h  int
	x, y  int // of the cursor; x is -1 while nobody knows
	moves map[[2]int][]int
}

func newFloor(w, h int) *floor { return &floor{w: w, h: h, x: -1} }

// grid is a screen as cells.
func grid(content string, w, h int) uv.ScreenBuffer {
	b := uv.NewScreenBuffer(w, h)
	uv.NewStyledString(content).Draw(b, b.Bounds())
	return b
}

// run is a row's cells that change, next to each other: from x up to end.
type run struct{ x, end, text int }

// place is a place of the cursor, and what it took to get there.
type place struct{ x, y, cost int }

// cost returns the floor of the change, and moves the cursor.
func (f *floor) cost(before, after uv.ScreenBuffer) int {
	f.moves = map[[2]int][]int{}
	start := place{x: f.x, y: f.y}
	best := f.sweeps(before, after, start, 0, f.w)
	if best == start {
		return 0
	}
	splits := f.columns(before, after)
	if len(splits) > 12 { // not a tick
		clear(splits)
	}
	for split := range splits {
		left := f.sweeps(before, after, start, 0, split)
		if end := f.sweeps(before, after, left, split, f.w); end.cost < best.cost {
			best = end
		}
	}
	f.x, f.y = best.x, best.y
	return best.cost
}

// columns returns where runs begin.
func (f *floor) columns(before, after uv.ScreenBuffer) map[int]bool {
	at := map[int]bool{}
	for y := range f.h {
		for _, r := range f.runs(before, after, y, 0, f.w) {
			at[r.x] = true
		}
	}
	return at
}

// sweeps visits the rows in the better direction, in the columns from x up to
// end.
func (f *floor) sweeps(before, after uv.ScreenBuffer, from place, x, end int) place {
	down, up := f.sweep(before, after, from, false, x, end), f.sweep(before, after, from, true, x, end)
	if up.cost < down.cost {
		return up
	}
	return down
}

// sweep visits the rows in one direction.
func (f *floor) sweep(before, after uv.ScreenBuffer, from place, up bool, x, end int) place {
	at := []place{from}
	for i := range f.h {
		y := i
		if up {
			y = f.h - 1 - i
		}
		runs := f.runs(before, after, y, x, end)
		if len(runs) == 0 {
			continue
		}
		var next []place
		for last, from := range f.orders(after, at, runs, y) {
			next = append(next, place{x: min(runs[last].end, f.w-1), y: y, cost: from})
		}
		at = next
	}
	best := at[0]
	for _, p := range at {
		if p.cost < best.cost {
			best = p
		}
	}
	return best
}

// orders visits the runs of a row in every order, and returns the least cost of
// each to be the last one. A row with many is visited from either end.
func (f *floor) orders(after uv.ScreenBuffer, from []place, runs []run, y int) []int {
	last := make([]int, len(runs))
	for i := range last {
		last[i] = math.MaxInt / 2
	}
	var visit func(at []place, left []int)
	visit = func(at []place, left []int) {
		for n, i := range left {
			if len(left) > 4 && n > 0 && n < len(left)-1 {
				continue
			}
			cost := math.MaxInt / 2
			for _, p := range at {
				cost = min(cost, p.cost+f.move(after, p.x, p.y, runs[i].x, y))
			}
			cost += runs[i].text
			if len(left) == 1 {
				last[i] = min(last[i], cost)
				continue
			}
			rest := append(append([]int(nil), left[:n]...), left[n+1:]...)
			visit([]place{{min(runs[i].end, f.w-1), y, cost}}, rest)
		}
	}
	all := make([]int, len(runs))
	for i := range all {
		all[i] = i
	}
	visit(from, all)
	return last
}

// runs returns the cells of a row that change, in the columns from x up to end.
func (f *floor) runs(before, after uv.ScreenBuffer, y, x, end int) (runs []run) {
	for ; x < end; x++ {
		a, b := before.CellAt(x, y), after.CellAt(x, y)
		if a.Equal(b) || b.Width == 0 {
			continue
		}
		if n := len(runs); n == 0 || runs[n-1].end != x {
			runs = append(runs, run{x: x, end: x})
		}
		r := &runs[len(runs)-1]
		r.end, r.text = x+b.Width, r.text+len(b.Content)
	}
	return runs
}

// csi is the length of a control sequence with these parameters.
func csi(params ...int) int {
	n := 3
	for i, p := range params {
		n += min(i, 1)
		if p != 1 || len(params) > 1 {
			n += len(strconv.Itoa(p))
		}
	}
	return n
}

// move returns what it takes to get from one cell to another.
func (f *floor) move(s uv.ScreenBuffer, x, y, toX, toY int) int {
	cost := csi(toY+1, toX+1) // CUP
	home := csi() + f.vertical(0, toY) + f.along(s, 0, toY)[toX]
	if cost = min(cost, home); x < 0 {
		return cost
	}
	v := f.vertical(y, toY)
	return min(cost, v+f.along(s, x, toY)[toX], v+f.along(s, x, y)[toX])
}

// vertical returns what it takes to get from one row to another: line feeds,
// reverse indexes, CUD, CUU, VPA.
func (f *floor) vertical(y, to int) int {
	switch {
	case to > y:
		return min(to-y, csi(to-y), csi(to+1))
	case to < y:
		return min(2*(y-to), csi(y-to), csi(to+1))
	}
	return 0
}

// along returns what it takes to get from a cell to each one of its row: by
// backspaces, tabs, carriage returns, CUF, CUB, CHA, and by writing cells of
// the terminal's own style anew.
func (f *floor) along(s uv.ScreenBuffer, x, y int) []int {
	if d := f.moves[[2]int{x, y}]; d != nil {
		return d
	}
	dist, done := make([]int, f.w), make([]bool, f.w)
	for i := range dist {
		dist[i] = csi(i + 1) // CHA
		if i > x {
			dist[i] = min(dist[i], csi(i-x)) // CUF
		} else if i < x {
			dist[i] = min(dist[i], csi(x-i)) // CUB
		}
	}
	dist[x], dist[0] = 0, min(dist[0], 1)
	for {
		at := -1
		for i := range dist {
			if !done[i] && (at < 0 || dist[i] < dist[at]) {
				at = i
			}
		}
		if at < 0 {
			break
		}
		done[at] = true
		try := func(to, cost int) {
			if to >= 0 && to < f.w {
				dist[to] = min(dist[to], dist[at]+cost)
			}
		}
		try(at-1, 1)
		try(at/8*8+8, 1)
		if c := s.CellAt(at, y); c.Style.IsZero() && c.Width > 0 {
			try(at+c.Width, len(c.Content))
		}
		for to := at + 1; to < f.w; to++ {
			try(to, csi(to-at))
		}
	}
	f.moves[[2]int{x, y}] = dist
	return dist
}

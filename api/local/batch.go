package local

import (
	"slices"

	"tapedeck/api/text"
)

// leftAtOnce is how many departures one line has at most.
const leftAtOnce = 1000

// batch is what is told of one deck to all who were told the same before. Its
// lines are made as they are taken, of the rows as they are by then: who takes
// none holds one line and the order of the rows, however much there is. A line
// is kept for others only until something changes. The mutex of the [Feed] must
// be held.
type batch struct {
	kind  string // "snapshot", "changed"; empty where there is only a tail
	deck  int
	seq   uint64
	state *State // nil where it is not told
	left  []text.Text
	rows  []*feedRow
	most  int    // how many rows the first line has at most
	tail  []byte // what follows the last line

	kept map[int]piece // by where they begin; nil when something has changed
}

// piece is one line of a batch, and what follows it.
type piece struct {
	line []byte
	next int // where the next one begins; see [batch.size]
}

// size is how much a batch tells of: its departures, and after them its rows.
func (b *batch) size() int { return len(b.left) + len(b.rows) }

// take returns the line that begins at a place, and where the next one begins.
func (b *batch) take(at int) piece {
	p, ok := b.kept[at]
	if !ok {
		p = b.line(at)
		if b.kept != nil {
			b.kept[at] = p
		}
	}
	return p
}

// line makes the line that begins at a place.
func (b *batch) line(at int) piece {
	if b.kind == "" {
		return piece{b.tail, b.size()}
	}
	left := b.left[min(at, len(b.left)):]
	left = left[:min(len(left), leftAtOnce)]
	next := at + len(left)
	var rows []*feedRow
	size := 40 * len(left)
	if next >= len(b.left) {
		first := next - len(b.left)
		rows = b.rows[first : first+b.fit(first, size, at == 0)]
		next += len(rows)
	}
	for _, row := range rows {
		size += len(row.line) + 1
	}
	l := rowLine{b: make([]byte, 0, size+len(b.tail)+1024)}
	if at == 0 {
		l.begin(b, len(b.rows), b.state)
	} else {
		l.begin(b, 0, nil)
	}
	l.left(left)
	l.rows(rows)
	l.end()
	if next == b.size() {
		l.b = append(l.b, b.tail...)
	}
	return piece{l.b, next}
}

// fit returns how many of the rows from the first on go into a line that has
// size bytes already: one at least, if there is one.
func (b *batch) fit(first, size int, firstLine bool) (n int) {
	for _, row := range b.rows[first:] {
		if n > 0 && (size+len(row.line) > cutAt || firstLine && n == b.most) {
			break
		}
		size += len(row.line) + 1
		n++
	}
	return n
}

// news returns the next line of what is new to one who watches, and what it is
// told by that; nil for nothing.
func (f *Feed) news(s *sub) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(s.todo) == 0 {
		f.plan(s)
	}
	if len(s.todo) == 0 {
		return nil
	}
	b := s.todo[0]
	p := b.take(s.at)
	if s.at = p.next; s.at == b.size() {
		s.todo, s.at = slices.Delete(s.todo, 0, 1), 0
	}
	return p.line
}

// plan finds out what is new to one who watches. The mutex must be held.
func (f *Feed) plan(s *sub) {
	told := s.ver
	s.ver = f.ver
	for i, d := range f.decks {
		if !s.decks[i] || d.s == nil || d.ver <= told {
			continue
		}
		from := told
		if from < d.leftAll {
			from = 0 // it gets all, as one who was told nothing
		}
		b, ok := f.made[madeFor{i, from}]
		if !ok {
			b = d.since(from)
			f.keep(i, from, b)
		}
		if b != nil {
			s.todo = append(s.todo, b)
		}
	}
}

// madeFor is what a batch was made for: a deck, and what was told before.
type madeFor struct {
	deck int
	from uint64 // the version; 0 for nothing
}

// keep keeps a batch for others, until something changes.
func (f *Feed) keep(number int, from uint64, b *batch) {
	if b != nil {
		b.kept = map[int]piece{}
	}
	f.made[madeFor{number, from}] = b
}

// forget keeps nothing any more: something has changed.
func (f *Feed) forget() {
	for _, b := range f.made {
		if b != nil {
			b.kept = nil
		}
	}
	clear(f.made)
}

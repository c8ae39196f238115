package report

import (
	"strings"

	"tapedeck/api/text"
)

// slabSize is how many values are made at once.
const slabSize = 128

// slab makes values many at a time: each takes the room that it needs and no
// more. None is freed before all of its slab are unused.
type slab[T any] struct{ free []T }

// new returns a zero value.
func (s *slab[T]) new() *T {
	if len(s.free) == 0 {
		s.free = make([]T, slabSize)
	}
	v := &s.free[0]
	s.free = s.free[1:]
	return v
}

// arena keeps SIDs, many in one piece of memory.
type arena struct{ b strings.Builder }

// arenaSize is the size of a piece, in bytes.
const arenaSize = 16 << 10

// keep returns the same text in the arena.
func (a *arena) keep(t text.Text) text.Text {
	s := t.String()
	if len(s) > arenaSize/16 || !t.Is(s) {
		return t
	}
	if a.b.Cap()-a.b.Len() < len(s) {
		a.b = strings.Builder{}
		a.b.Grow(arenaSize)
	}
	from := a.b.Len()
	a.b.WriteString(s)
	return text.New(a.b.String()[from:])
}

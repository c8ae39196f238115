package report

import (
	"hash/maphash"
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

// index finds values by their SIDs. It keeps no SID of its own.
type index[T any] struct {
	seed maphash.Seed
	sid  func(*T) text.Text
	of   map[uint64]*T
	same map[text.Text]*T // those whose hash another has
}

func newIndex[T any](sid func(*T) text.Text) index[T] {
	return index[T]{maphash.MakeSeed(), sid, map[uint64]*T{}, map[text.Text]*T{}}
}

func (x *index[T]) hash(sid text.Text) uint64 { return maphash.Comparable(x.seed, sid) }

// get returns the value with a SID; nil for none.
func (x *index[T]) get(sid text.Text) *T {
	if v := x.of[x.hash(sid)]; v == nil || x.sid(v) == sid {
		return v
	}
	return x.same[sid]
}

// put adds a value whose SID is new.
func (x *index[T]) put(v *T) {
	sid := x.sid(v)
	if h := x.hash(sid); x.of[h] == nil {
		x.of[h] = v
	} else {
		x.same[sid] = v
	}
}

// delete takes a value out.
func (x *index[T]) delete(v *T) {
	sid := x.sid(v)
	if h := x.hash(sid); x.of[h] == v {
		delete(x.of, h)
	}
	delete(x.same, sid)
}

// len returns how many there are.
func (x *index[T]) len() int { return len(x.of) + len(x.same) }

func (c *Call) sid() text.Text        { return c.SID }
func (rec *Recording) sid() text.Text { return rec.SID }

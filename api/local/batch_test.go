package local

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

// large returns a recording whose row is large, with its version.
func large(i, version int) *deck.Recording {
	r := rec(fmt.Sprint("r", i), api.InProgress, i%60)
	r.Profile = "prod"
	r.Ack = deck.Ack{Actor: "alice", Reason: fmt.Sprint(version, " ", strings.Repeat("x", 1200))}
	return r
}

// checkHas fails unless a reader has what the deck has.
func (r *reader) checkHas(now map[int]*deck.Recording) {
	r.t.Helper()
	var want, got []string
	for _, as := range now {
		want = append(want, as.SID.String()+" "+as.Ack.Reason[:10])
	}
	for _, as := range r.d.list {
		got = append(got, as.SID.String()+" "+as.Ack.Reason[:10])
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		r.t.Fatalf("the client has %d recordings, the deck %d, or others: %.200q, want %.200q", len(got), len(want), got, want)
	}
}

// TestTakenSlowly: whoever takes one line at a time, of a snapshot or of what has
// changed since, while recordings change, leave and come back, has in the end
// what the deck has; no line is longer than it has to be.
func TestTakenSlowly(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 1))
			f := NewFeed(people)
			now := map[int]*deck.Recording{}
			for i := range 600 {
				now[i] = large(i, 0)
			}
			version := 0
			publish := func(changes int) {
				version++
				for range changes {
					if i := rnd.IntN(600); rnd.IntN(3) == 0 {
						delete(now, i)
					} else {
						now[i] = large(i, version)
					}
				}
				s := &deck.Snapshot{Seq: uint64(version)}
				for _, r := range now {
					s.Recordings = append(s.Recordings, r)
				}
				s.Recordings = sorted(s.Recordings)
				f.Publish(0, s)
			}
			publish(0)
			one, other := newReader(t, f), newReader(t, f)
			for step := range 60 {
				for _, r := range []*reader{one, other} {
					if size := r.readLine(f); size > cutAt+4096 {
						t.Fatalf("a line of %d bytes", size)
					}
				}
				if step < 2 && f.made[madeFor{0, 0}] == nil {
					t.Fatal("the snapshot is not shared")
				}
				if step > 2 && step < 50 {
					publish(rnd.IntN(200))
				}
			}
			one.read(f)
			other.read(f)
			one.checkHas(now)
			other.checkHas(now)
			if len(one.s.todo) != 0 || one.s.at != 0 {
				t.Errorf("who has all still holds %d batches", len(one.s.todo))
			}
		})
	}
}

// TestLineIsShared: those who are told the same between two changes get one line
// between them, of which nothing is kept when something has changed.
func TestLineIsShared(t *testing.T) {
	f := NewFeed(people)
	var list []*deck.Recording
	for i := range 500 {
		list = append(list, large(i, 0))
	}
	s := &deck.Snapshot{Seq: 1, Recordings: sorted(list)}
	f.Publish(0, s)
	one, other := newReader(t, f), newReader(t, f)
	if a, b := f.news(one.s), f.news(other.s); &a[0] != &b[0] {
		t.Error("each has a copy of its own of the snapshot")
	}
	held := one.s.todo[0]
	as := *s
	as.Seq, as.Interval = 2, time.Second
	f.Publish(0, &as)
	if held.kept != nil {
		t.Errorf("%d lines are kept that nobody needs", len(held.kept))
	}
	before := one.s.at
	if f.news(one.s); held.kept != nil || one.s.at <= before {
		t.Errorf("who is slow goes on at %d of %d, and its lines are kept", one.s.at, held.size())
	}
	for _, r := range []*reader{one, other} {
		for f.news(r.s) != nil {
		}
	}
	f.Ask(0, list[3].SID, []deck.Asking{{Session: "s1", Actor: "alice", Verb: "pause"}})
	if a, b := f.news(one.s), f.news(other.s); len(a) == 0 || &a[0] != &b[0] {
		t.Error("each has a copy of its own of a change")
	}
}

// TestManyLeave: many departures at once are told in lines that are not long.
func TestManyLeave(t *testing.T) {
	f := NewFeed(people)
	var list []*deck.Recording
	for i := range 3000 {
		r := rec(fmt.Sprint("r", i), api.InProgress, i)
		r.SID = text.New(fmt.Sprintf("%036d", i))
		list = append(list, r)
	}
	f.Publish(0, &deck.Snapshot{Seq: 1, Recordings: sorted(list)})
	r := newReader(t, f)
	r.read(f)
	f.Publish(0, &deck.Snapshot{Seq: 2, Recordings: sorted(list[:10])})
	lines := 0
	for n := r.readLine(f); n > 0; n = r.readLine(f) {
		if lines++; n > 64<<10 {
			t.Errorf("a line of %d bytes", n)
		}
	}
	if lines != 3 || len(r.d.list) != 10 {
		t.Errorf("%d lines came, and %d recordings are left", lines, len(r.d.list))
	}
}

package requests

import (
	"fmt"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
)

// UnderWay returns what is being done to a recording already, by whomever, by a
// snapshot; empty for nothing.
func (m *Model) UnderWay(s *deck.Snapshot, of deck.Key) string {
	for _, u := range m.updates {
		if u.Request.Key() == of && u.done {
			return "the result of the last update is not on screen yet"
		}
		if u.Request.Key() == of && !u.progress.Settled {
			return underWay(u.progress)
		}
	}
	if r := s.Lookup(of); r != nil && r.Update != nil && !r.Update.Settled {
		return underWay(*r.Update)
	}
	return ""
}

func underWay(p deck.Progress) string {
	return Doing(p.Request) + " it is under way (" + string(p.Outcome) + "); one update at a time"
}

// Hung returns the pause of a recording that has had no answer for so long that
// it may be sent once more; nil for none.
func (m *Model) Hung(s *deck.Snapshot, of deck.Key, now time.Time) *deck.Progress {
	var p *deck.Progress
	if l := s.Lookup(of); l != nil && l.Update != nil && !l.Update.Settled {
		p = l.Update
	} else {
		for i := range m.updates {
			if u := &m.updates[i]; u.Request.Key() == of && !u.done {
				p = &u.progress
			}
		}
	}
	if p == nil || p.Request.Update.Status != api.Paused || p.Outcome != deck.Requested || !p.Answered.IsZero() ||
		now.Sub(p.Asked) < deck.AgainAfter {
		return nil
	}
	return p
}

// Since returns how far the last update of a recording has come that was asked
// for since; one that is settled and nothing else where there is none.
func (m *Model) Since(s *deck.Snapshot, of deck.Key, since time.Time) deck.Progress {
	p := deck.Progress{Settled: true}
	if l := s.Lookup(of); l != nil && l.Update != nil && !l.Update.Asked.Before(since) {
		p = *l.Update
	}
	for _, u := range m.updates {
		if u.Request.Key() == of {
			p = u.progress
		}
	}
	return p
}

// Busy is what a session has under way.
type Busy struct {
	Words   string // in short; empty for nothing
	Said    string // what [News] said of it, where it is one; empty for several
	Unknown bool   // of one of them nobody knows whether it was done
}

// Busy says what is under way.
func (m *Model) Busy() Busy {
	n, unknown := 0, 0
	var last update
	for _, u := range m.updates {
		if u.progress.Settled {
			continue
		}
		n, last = n+1, u
		if u.progress.Outcome == deck.Unknown {
			unknown++
		}
	}
	b := Busy{Unknown: unknown > 0}
	switch {
	case n == 0:
	case n == 1:
		b.Said, _, _ = Words(last.progress, last.Short)
		b.Words = Doing(last.Request) + " …" + last.Short + ": " + string(last.progress.Outcome)
	case unknown > 0:
		b.Words = fmt.Sprintf("%d updates under way, %d unknown", n, unknown)
	default:
		b.Words = fmt.Sprintf("%d updates under way", n)
	}
	return b
}

// First names the first request that is under way; empty for none.
func (m *Model) First() string {
	for _, u := range m.updates {
		if !u.progress.Settled {
			return fmt.Sprintf("%s …%s is under way (%s)", Doing(u.Request), u.Short, u.progress.Outcome)
		}
	}
	return ""
}

package share

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
)

// maxWaiting is how much that is new waits while the stream is read.
const maxWaiting = 20_000

// heard takes what the server sends as new.
func (n *NATS) heard(msg *nats.Msg) {
	m, ok := storedOf(msg)
	if !ok || msg.Subject != liveRoot+"."+m.subject || msg.Header.Get("Nats-Stream") != stateStream {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.reading || n.unread || n.gap {
		if len(n.waiting) >= maxWaiting {
			n.waiting, n.unread = nil, true
		}
		n.waiting = append(n.waiting, m)
		return
	}
	n.follow(m)
}

// follow takes what comes after the last that is known; where something is
// missing before it, the stream is to be read. The mutex must be held.
func (n *NATS) follow(m stored) {
	switch {
	case m.seq <= n.last:
	case m.seq == n.last+1:
		n.last = m.seq
		n.take(m)
	default:
		n.gap = true
		n.waiting = append(n.waiting, m)
		n.nudge()
	}
}

// readAnew reads what is not known: all of the stream, or its end.
func (n *NATS) readAnew(ctx context.Context) error {
	n.mu.Lock()
	unread, gap, from := n.unread, n.gap, n.last+1
	n.unread, n.gap, n.reading = false, false, unread || gap
	if unread {
		n.waiting = nil
	}
	n.mu.Unlock()
	if !unread && !gap {
		return nil
	}
	err := n.readFrom(ctx, unread, from)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.reading = false
	if err != nil {
		n.unread = true
		return err
	}
	waiting := n.waiting
	n.waiting = nil
	for i, m := range waiting {
		if n.follow(m); n.gap {
			n.waiting = append(n.waiting, waiting[i+1:]...)
			break
		}
	}
	return nil
}

// readFrom reads the stream, all of it or from a sequence on.
func (n *NATS) readFrom(ctx context.Context, all bool, from uint64) error {
	info, err := n.findStreams(ctx)
	if err != nil {
		return err
	}
	if all {
		from = 1
	}
	list, err := n.readUntil(ctx, from, info.State.Last)
	if err != nil {
		return err
	}
	for i, m := range list {
		list[i].age = max(0, info.Now.Sub(m.at))
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if all {
		n.forget(list)
		n.last = info.State.Last
	}
	for _, m := range list {
		n.last = max(n.last, m.seq)
		n.take(m)
	}
	n.last = max(n.last, info.State.Last)
	if all {
		n.repeatMine()
	}
	return nil
}

// readUntil returns the last message of each subject, in their order. A server
// that has not got the message with the sequence until yet is asked again: what
// one stores comes to the others somewhat later.
func (n *NATS) readUntil(ctx context.Context, from, until uint64) (list []stored, err error) {
	if until < from {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 10*answerTimeout)
	defer cancel()
	bySubject := map[string]stored{}
	for next := from; ; {
		err := n.js.read(ctx, stateStream, next, func(m stored) bool {
			bySubject[m.subject] = m
			next = m.seq + 1
			return true
		})
		if err != nil && !errors.Is(err, nats.ErrNoResponders) {
			return nil, err
		}
		if next > until {
			break
		}
		if more, err := n.js.has(ctx, stateStream, next); err == nil && !more {
			break // what was the last has expired
		}
		select {
		case <-ctx.Done():
			return nil, errors.New("the server does not give all that it has")
		case <-time.After(50 * time.Millisecond):
		}
	}
	return slices.SortedFunc(maps.Values(bySubject), func(a, b stored) int { return cmp.Compare(a.seq, b.seq) }), nil
}

// forget takes back what the stream does not have any more. The mutex must be
// held.
func (n *NATS) forget(list []stored) {
	there := map[string]uint64{}
	for _, m := range list {
		there[m.subject] = m.seq
	}
	for subject, k := range n.subjects {
		seq, ok := there[subject]
		if ok && seq >= k.seq {
			continue
		}
		delete(n.subjects, subject) // what it has is taken as new
		if ok {
			continue
		}
		if t, told := n.facts[subject]; told {
			delete(n.facts, subject)
			t.Fact.Over = true
			n.watches.tell(Event{Told: &t})
		}
	}
	n.forgetTimers(there)
}

// forgetTimers does it with auto-resumes. The mutex must be held.
func (n *NATS) forgetTimers(there map[string]uint64) {
	for key, t := range n.timers {
		seq, ok := there[timerSubject(t.Host, key)]
		if ok && seq >= t.Seq {
			continue
		}
		delete(n.timers, key)
		if !t.State.Over() && !ok {
			n.watches.tell(Event{Timer: &Timer{Key: key, Host: t.Host}})
		}
	}
}

// take takes a message that the stream has. The mutex must be held.
func (n *NATS) take(m stored) {
	at, ok := parseSubject(m.subject)
	if !ok || at.class == "journal" {
		n.odd("something on the shared server is not of a tapedeck: %s", m.subject)
		return
	}
	if k := n.subjects[m.subject]; m.seq <= k.seq {
		return
	}
	v, err := decode(at, m.data)
	n.subjects[m.subject] = known{seq: m.seq, foreign: errors.Is(err, ErrForeign)}
	if err != nil {
		n.odd("what host %s says (%s) is not used: %s", at.host, at.class, err)
	}
	switch at.class {
	case "state":
		n.takeFact(m, at, v, err)
	case "timer":
		n.takeTimer(m, at, v, err)
	case "host":
		if err == nil {
			n.takeHost(m, at, v)
		}
	}
}

// takeFact takes what a host says of a recording. What cannot be understood
// takes back what was said before. The mutex must be held.
func (n *NATS) takeFact(m stored, at address, v value, err error) {
	own := at.host == n.o.Host
	if own && err == nil && v.Instance == n.self.instance {
		n.noteMine(m)
		return
	}
	before, was := n.facts[m.subject]
	t := Told{Key: at.key, Host: at.host, Own: own, Seq: m.seq}
	if err != nil {
		t.Fact, _ = overFact(at.last)
	} else {
		t.Fact = v.fact(at.last)
	}
	if t.Over {
		delete(n.facts, m.subject)
		if !was {
			return
		}
		t.Fact = before.Fact
		t.Fact.Over = true
	} else {
		n.facts[m.subject] = t
	}
	n.watches.tell(Event{Told: &t})
}

// takeTimer takes the state of an auto-resume. The mutex must be held.
func (n *NATS) takeTimer(m stored, at address, v value, err error) {
	if before, ok := n.timers[at.key]; ok && m.seq <= before.Seq {
		return
	}
	t := Timer{Key: at.key, Host: at.host, Seq: m.seq, seen: time.Now(), Foreign: errors.Is(err, ErrForeign)}
	if err == nil {
		t = v.timer(at, m.seq, t.seen)
	}
	n.putTimer(t)
}

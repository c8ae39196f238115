package share

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// maxWaiting is how much that is new waits while the stream is read.
const maxWaiting = 20_000

// heard takes what the server sends as new.
func (n *NATS) heard(msg *nats.Msg) {
	m, ok := storedOf(msg)
	if !ok || msg.Subject != liveRoot+"."+m.subject || lastHeader(msg, "Nats-Stream") != stateStream {
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
	for next, before := from, uint64(0); ; {
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
		m, ok, err := n.js.next(ctx, stateStream, next)
		if err == nil && !ok {
			break // what was the last has expired
		} else if err == nil && m.seq == before {
			bySubject[m.subject], next = m, m.seq+1 // it cannot be read in the other way
			continue
		}
		before = m.seq
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
		n.drop(subject, hostOf(subject)) // what it has is taken as new
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
		if t.State.Over() && !t.Foreign {
			continue
		}
		seq, ok := there[timerSubject(t.Host, key)]
		if ok && seq >= t.Seq {
			continue
		}
		delete(n.timers, key)
		if !ok {
			n.watches.tell(Event{Timer: &Timer{Key: key, Host: t.Host}})
		}
	}
}

// take takes a message that the stream has. The mutex must be held.
func (n *NATS) take(m stored) {
	at, ok := parseSubject(m.subject)
	if !ok || at.class == "journal" {
		n.odd("something that host %s says is not of a tapedeck", short(hostOf(m.subject)))
		return
	}
	v, err := decode(at, m.data)
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

// hostOf returns the host that a subject names, as it stands there.
func hostOf(subject string) string {
	_, rest, _ := strings.Cut(subject, ".")
	host, _, _ := strings.Cut(rest, ".")
	return host
}

// How much is kept: facts of one host, auto-resumes of all.
const (
	maxFacts  = 20_000
	maxTimers = 50_000
)

// note notes what the stream has of a subject that is not over; it reports false
// for what is not newer, or too much. The mutex must be held.
func (n *NATS) note(m stored, at address, v value, err error) bool {
	k, was := n.subjects[m.subject]
	foreign := errors.Is(err, ErrForeign)
	switch {
	case m.seq <= k.seq:
		return false
	case v.Over, err != nil && !foreign:
		n.drop(m.subject, hostOf(m.subject))
	case was:
		n.subjects[m.subject] = known{seq: m.seq, foreign: foreign}
	case n.counts[hostOf(m.subject)] >= maxFacts:
		n.odd("host %s says more than %d things: the rest is not used", at.host, maxFacts)
		return false
	default:
		n.counts[hostOf(m.subject)]++
		n.subjects[m.subject] = known{seq: m.seq, foreign: foreign}
	}
	return true
}

// drop forgets a subject. The mutex must be held.
func (n *NATS) drop(subject, host string) {
	if _, ok := n.subjects[subject]; !ok {
		return
	}
	delete(n.subjects, subject)
	if n.counts[host]--; n.counts[host] == 0 {
		delete(n.counts, host)
	}
}

// takeFact takes what a host says of a recording. What cannot be understood
// takes back what was said before. The mutex must be held.
func (n *NATS) takeFact(m stored, at address, v value, err error) {
	if !n.note(m, at, v, err) {
		return
	}
	own := at.host == n.o.Host
	if own && err == nil && v.Instance == n.self.instance {
		n.noteMine(m)
		return
	}
	if mine := n.mine[m.subject]; mine != nil {
		mine.sent = nil // another process of this host has said something since
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
	before, ok := n.timers[at.key]
	switch {
	case ok && m.seq <= before.Seq:
		return
	case !ok && len(n.timers) >= maxTimers:
		n.odd("there are more than %d auto-resumes: the rest is not used", maxTimers)
		return
	}
	t := Timer{Key: at.key, Host: at.host, Seq: m.seq, seen: time.Now(), Foreign: errors.Is(err, ErrForeign)}
	if err == nil {
		t = v.timer(at, m.seq, t.seen)
	}
	n.putTimer(t)
}

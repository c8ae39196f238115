package share

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
)

// Put says something about a recording.
func (n *NATS) Put(of Key, f Fact) {
	of = of.Normal()
	kind, ok := f.kind()
	n.mu.Lock()
	defer n.mu.Unlock()
	if !ok || !of.fits() {
		n.odd("what is to be shared of %s is not shared: it is not about one recording, or of no kind", short(of.SID))
		return
	}
	v := value{Host: n.o.Host, Instance: n.self.instance, Over: f.Over}
	if !f.Over {
		v.Pause, v.Ack, v.Left = copied(f.Pause), copied(f.Ack), copied(f.Left)
	}
	b, err := v.encode()
	if err != nil {
		n.odd("the %s of %s is not shared: %s", kind, short(of.SID), err)
		return
	}
	subject := factSubject(n.o.Host, of, kind)
	own := n.mine[subject]
	if own == nil {
		if f.Over && n.state.Connected && n.subjects[subject].seq == 0 {
			return // nothing was said
		}
		own = &ownFact{subject: subject}
		n.mine[subject] = own
	}
	own.data, own.over = b, f.Over
	n.queueMine(own)
}

func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	c := *p
	return &c
}

// queueMine has something sent. The mutex must be held.
func (n *NATS) queueMine(own *ownFact) {
	if own.queued || bytes.Equal(own.data, own.sent) {
		return
	}
	own.queued = true
	n.order = append(n.order, own.subject)
	n.nudge()
}

// noteMine notes that what this process said is in the stream. The mutex must be
// held.
func (n *NATS) noteMine(m stored) {
	own := n.mine[m.subject]
	if own == nil {
		return
	}
	own.sent = m.data
	if own.over && bytes.Equal(own.sent, own.data) {
		delete(n.mine, m.subject)
	}
}

// repeatMine has said again what this process said and the server has lost. The
// mutex must be held.
func (n *NATS) repeatMine() {
	for subject, own := range n.mine {
		switch {
		case n.subjects[subject].seq != 0:
		case own.over:
			delete(n.mine, subject)
		default:
			own.sent = nil
			n.queueMine(own)
		}
	}
}

// sendBatch is how many facts are under way at once.
const sendBatch = 64

// send sends what is to be said.
func (n *NATS) send(ctx context.Context) error {
	for tries := 0; ; tries++ {
		batch, msgs := n.toSend()
		if len(batch) == 0 {
			return nil
		}
		seqs, errs := n.js.publishAll(ctx, msgs)
		conflicts, err := n.sent(batch, msgs, seqs, errs)
		if err != nil {
			return err
		}
		for _, subject := range conflicts {
			if err := n.lookAgain(ctx, subject); err != nil {
				return err
			}
		}
		if tries > 100 {
			return errors.New("other processes of this host say something else all the time")
		}
	}
}

// toSend returns the next facts, as messages that follow on what the stream has
// of the same subject: one that the server gets late follows on nothing any more.
func (n *NATS) toSend() (batch []*ownFact, msgs []*nats.Msg) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for len(n.order) > 0 && len(batch) < sendBatch {
		own := n.mine[n.order[0]]
		n.order = n.order[1:]
		if own == nil {
			continue
		}
		own.queued = false
		k := n.subjects[own.subject]
		k.seq = max(k.seq, n.follows[own.subject])
		if k.foreign {
			n.odd("something is not shared, for a newer tapedeck of this host said something else of it")
			continue
		}
		msg := expect(nats.NewMsg(own.subject), k.seq, own.subject)
		if msg.Data = own.data; own.over {
			msg.Header.Set(ttlHeader, expiry)
		}
		batch, msgs = append(batch, own), append(msgs, msg)
	}
	if len(n.order) == 0 {
		n.order = nil
	}
	clear(n.follows)
	return batch, msgs
}

// sent notes which of the facts were stored; the others are sent again. It
// returns the subjects of those that did not follow on what the stream has.
func (n *NATS) sent(batch []*ownFact, msgs []*nats.Msg, seqs []uint64, errs []error) (conflicts []string, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i, own := range batch {
		switch {
		case errs[i] == nil:
			n.stored(own.subject, seqs[i], msgs[i])
			n.noteMine(stored{subject: own.subject, data: msgs[i].Data})
			continue
		case errors.Is(errs[i], errConflict):
			conflicts = append(conflicts, own.subject)
		default:
			if e, ok := errors.AsType[*apiError](errs[i]); ok && e.Status == 400 {
				n.odd("something is not shared, for the server does not take it: %s", e)
				continue
			}
			err = errs[i]
		}
		if !own.queued {
			own.queued = true
			n.order = append(n.order, own.subject)
		}
	}
	return conflicts, err
}

// stored notes what this process has said, before it comes back. The mutex must
// be held.
func (n *NATS) stored(subject string, seq uint64, msg *nats.Msg) {
	if at, ok := parseSubject(subject); ok {
		if v, err := decode(at, msg.Data); err == nil {
			n.note(stored{seq: seq, subject: subject}, at, v, nil)
		}
	}
}

// lookAgain reads what the stream has of a subject.
func (n *NATS) lookAgain(ctx context.Context, subject string) error {
	m, ok, err := n.js.last(ctx, stateStream, subject)
	if err != nil {
		return fmt.Errorf("read it again: %w", err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if !ok {
		n.drop(subject, hostOf(subject))
		return nil
	}
	n.take(m)
	n.follows[subject] = m.seq
	return nil
}

package share

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"tapedeck/api/crash"
	"tapedeck/api/journal"
)

// maxJournalLine is the length of the longest line of a journal, in bytes.
const maxJournalLine = 64 << 10

// copying is the journal that is sent.
type copying struct {
	mu   sync.Mutex
	dir  string
	kick chan struct{} // of capacity one
}

func newCopying() *copying { return &copying{kick: make(chan struct{}, 1)} }

// Journal has the host's journal sent.
func (n *NATS) Journal(dir string) {
	n.copying.mu.Lock()
	n.copying.dir = dir
	n.copying.mu.Unlock()
	n.JournalChanged()
}

// JournalChanged has the journal looked at.
func (n *NATS) JournalChanged() {
	select {
	case n.copying.kick <- struct{}{}:
	default:
	}
}

// copyJournal sends the journal until ctx ends.
func (n *NATS) copyJournal(ctx context.Context) {
	defer crash.Guard()
	var tail *journal.Tail
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.copying.kick:
		case <-tick.C:
		}
		n.copying.mu.Lock()
		dir := n.copying.dir
		n.copying.mu.Unlock()
		if dir == "" || !n.State().Connected {
			continue
		}
		if tail == nil {
			tail = journal.NewTail(dir)
		}
		if err := n.copyLines(ctx, tail); err != nil {
			tail = nil // what the stream has is read again
		}
	}
}

// copyLines sends the lines that were appended.
func (n *NATS) copyLines(ctx context.Context, tail *journal.Tail) error {
	js := n.asked()
	var last uint64 // the sequence of the last line in the stream
	asked := false
	for ctx.Err() == nil {
		lines, err := tail.Next(journalBatch)
		if err != nil || len(lines) == 0 {
			return err
		}
		subject := journalSubject(n.o.Host, chainName(tail.Chain()))
		for _, l := range lines {
			if !asked {
				have, seq, err := js.lastLine(ctx, subject)
				if err != nil {
					return err
				}
				if last, asked = seq, true; have >= l.Seq {
					tail.After(have)
					break
				}
			}
			msg := expect(nats.NewMsg(subject), last, subject)
			msg.Data = l.Data
			if last, err = js.publish(ctx, msg); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// lastLine returns the number of the last line of a journal that the stream has,
// and its sequence there; 0 for none.
func (j jetStream) lastLine(ctx context.Context, subject string) (line, seq uint64, err error) {
	m, ok, err := j.last(ctx, journalStream, subject)
	if err != nil || !ok {
		return 0, 0, err
	}
	var head struct {
		Seq uint64 `json:"seq"`
	}
	if json.Unmarshal(m.data, &head) != nil {
		return 0, 0, errNotValue
	}
	return head.Seq, m.seq, nil
}

// ReadJournals reads what all hosts have sent of their journals.
func (n *NATS) ReadJournals(ctx context.Context, f func(JournalLine) bool) error {
	js := n.asked()
	if js.nc == nil {
		return ErrAway
	}
	err := js.read(ctx, journalStream, 1, func(m stored) bool {
		at, ok := parseSubject(m.subject)
		if !ok || at.class != "journal" {
			return true
		}
		var head struct {
			Seq uint64 `json:"seq"`
		}
		if json.Unmarshal(m.data, &head) != nil {
			head.Seq = 0
		}
		return f(JournalLine{Host: at.host, Chain: at.last, Seq: head.Seq, Hash: hashOf(m.data), Line: m.data})
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		return errors.New("read the journals of all hosts: " + n.access.clean(err.Error()))
	}
	return err
}

// hashOf returns the SHA-256 of a line, in hex.
func hashOf(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}

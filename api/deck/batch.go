package deck

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"tapedeck/api/crash"
)

// maxUnanswered is how many POSTs of batches are without an answer at one time.
const maxUnanswered = 8

// DoAll carries out several requests, each as [Deck.Do] does: every one is on
// record before the first is sent, they are sent in their order, at most 8 at a
// time without an answer, and a verification keeps none of them waiting. The
// deck owns them: when ctx ends DoAll returns, and they go on. One that has not
// been sent when the deck is closed has failed with [ErrNotSent].
//
// It calls result, one call at a time, for each request that is settled or
// refused, by its index; see [Deck.Do] for the error.
func (d *Deck) DoAll(ctx context.Context, reqs []Request, result func(i int, p Progress, err error)) {
	var batch []*update
	settled := make(chan int, len(reqs))
	place := make([]int, 0, len(reqs)) // in reqs, of each in batch
	for i, req := range reqs {
		u, err := d.begin(req)
		if err != nil {
			result(i, Progress{}, d.refused(req, fmt.Errorf("%s %s: %w", req.Verb(), req.SID, err)))
			continue
		}
		batch, place = append(batch, u), append(place, i)
	}
	d.carryOut(batch, func(n int) { settled <- n })
	for range batch {
		select {
		case n := <-settled:
			result(place[n], batch[n].progress(), nil)
		case <-ctx.Done():
			return
		}
	}
}

// carryOut sends the updates of a batch in the background. It calls settled
// with the index of each that is settled and on record.
func (d *Deck) carryOut(batch []*update, settled func(n int)) {
	if len(batch) == 0 {
		return
	}
	turns := make([]chan bool, len(batch))
	var onRecord sync.WaitGroup
	onRecord.Add(len(batch))
	for n, u := range batch {
		turns[n] = make(chan bool, 1)
		go func() {
			defer crash.Guard()
			defer settled(n)
			defer u.end()
			u.runInTurn(&onRecord, turns[n])
		}()
	}
	go func() {
		defer crash.Guard()
		onRecord.Wait()
		for _, turn := range turns {
			turn <- d.take()
		}
	}()
}

// take waits for a place among the POSTs without an answer. It reports false
// when the deck is closed before.
func (d *Deck) take() bool {
	if d.closing.Err() != nil {
		return false
	}
	select {
	case d.places <- struct{}{}:
		return true
	case <-d.closing.Done():
		return false
	}
}

// runInTurn is what [update.run] is to one of a batch: it waits until all are on
// record and its turn has come.
func (u *update) runInTurn(onRecord *sync.WaitGroup, turn <-chan bool) {
	err := u.putRequest()
	onRecord.Done()
	sent := <-turn
	if sent && err == nil {
		u.from = time.Now()
		rec, perr := u.post()
		<-u.d.places
		u.finish(rec, perr)
	} else {
		if sent {
			<-u.d.places
		} else if err == nil {
			err = ErrNotSent
		}
		u.fail(err)
	}
	if errors.Is(err, ErrNotSent) {
		u.d.mu.Lock()
		u.d.unsent = append(u.d.unsent, *u.p)
		u.d.mu.Unlock()
	}
	u.outcomeWritten()
}

// notSent returns an error that names the requests that were not sent because
// the deck was closed; nil for none.
func (d *Deck) notSent() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.unsent) == 0 {
		return nil
	}
	names := make([]string, len(d.unsent))
	for i, p := range d.unsent {
		names[i] = p.Request.Verb() + " " + p.Request.SID.String()
	}
	return fmt.Errorf("not sent, for tapedeck is ending: %s", strings.Join(names, ", "))
}

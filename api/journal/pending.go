package journal

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Pending is an entry that was put in the queue and may not be written yet.
type Pending struct {
	j     *Journal
	entry Entry
	at    time.Time // when it was queued
	err   error     // why it is not queued

	claimed bool          // it is being written
	written bool          // it has been
	landed  chan struct{} // closed when it has been
	done    chan error    // has the result of the first try; of capacity 1
	sent    chan error    // has what syslog came to; of capacity 1

	wait func() error // what Wait does, for one that is not a journal's
}

// Done returns an entry whose result is known: for journals that are no
// [Journal], such as those of tests.
func Done(err error) *Pending { return Later(func() error { return err }) }

// Later returns an entry whose Wait is wait, for the same.
func Later(wait func() error) *Pending { return &Pending{wait: wait} }

// Enqueue puts an entry in the queue, and never blocks: entries are written in
// the order in which they are queued. It fills in what the entry lacks: the
// time, the process, space, project and profile; Seq, Prev and Late are its own.
// Who asked is for the caller to say.
//
// A request of this journal, by [Journal.NewID], has one outcome at most: what
// comes after its first [Outcome] is written as [Seen].
func (j *Journal) Enqueue(e Entry) *Pending {
	p := &Pending{j: j, entry: j.fill(e), at: time.Now(),
		landed: make(chan struct{}), done: make(chan error, 1), sent: make(chan error, 1)}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.count(&p.entry)
	switch {
	case j.closed:
		p.err = &Error{Op: "write", Path: j.store.path(FileName), Err: ErrClosed}
	case len(j.queue) >= maxQueue:
		j.dropped++
		p.err = &Error{Op: "write", Path: j.store.path(FileName), Err: full(j.failed)}
	default:
		j.queue = append(j.queue, p)
		signal(j.wake)
	}
	return p
}

// full is ErrFull with why entries wait, as far as that is known.
func full(why error) error {
	if why == nil {
		return ErrFull
	}
	if e, ok := errors.AsType[*Error](why); ok {
		why = reason(e.Err)
	}
	return fmt.Errorf("%w (%w)", ErrFull, why)
}

// count sees to it that no request has two outcomes. The mutex must be held.
func (j *Journal) count(e *Entry) {
	switch {
	case !strings.HasPrefix(e.ID, j.prefix):
	case e.Event == Request:
		j.asked[e.ID] = true
	case e.Event == Outcome && e.Outcome != "requested":
		if !j.asked[e.ID] {
			e.Event = Seen
		}
		delete(j.asked, e.ID)
	}
}

// Wait waits for the entry, once. It returns when the line is written, with its
// fsync running in the background, and for an [Outcome] when the line is on
// disk. It returns an error, an [*Error], when the line could not be written
// within 50 ms, or at all, or did not get to syslog where it has to. The entry
// is then kept and written later, marked late, if [Error.Kept] says so; with
// [ErrFull] and [ErrClosed] it is lost.
func (p *Pending) Wait() error {
	switch {
	case p.wait != nil:
		return p.wait()
	case p.err != nil:
		return p.err
	}
	timer := time.NewTimer(time.Until(p.at.Add(appendLimit)))
	defer timer.Stop()
	select {
	case err := <-p.done:
		if err != nil {
			return err
		}
	case <-timer.C:
		if err := p.j.late(p); err != nil {
			return err
		}
	}
	if p.j.syslog != nil {
		if err := p.j.syslog.wait(p); err != nil {
			return err
		}
	}
	if p.entry.Event == Outcome {
		return p.j.Wait()
	}
	return nil
}

// late gives up waiting for p: it will be marked late, unless it is being
// written at this moment. It returns nil if it has just been written.
func (j *Journal) late(p *Pending) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if p.written {
		return nil
	}
	select {
	case err := <-p.done:
		return err
	default:
	}
	err := &Error{Op: "lock", Path: j.store.path(LockName), Err: ErrLocked, Kept: true}
	if p.claimed {
		err = &Error{Op: "write", Path: j.store.path(FileName), Err: ErrSlow, Kept: true}
	} else {
		p.entry.Late = true
	}
	if j.failed == nil {
		j.failed = err
	}
	return err
}

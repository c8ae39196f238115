package journal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"tapedeck/api/crash"
)

const (
	closeLimit  = 1900 * time.Millisecond // for which Close tries to write what is queued
	closeGrace  = 100 * time.Millisecond  // for a write or an fsync that is under way then
	closeLocked = 8 * time.Second         // for which it tries on while another process has the lock
	maxNamed    = 3                       // entries that the error of Close names
)

// Run waits until ctx ends, and closes the journal, which [Open] and [Begin]
// have started. The error is that of [Journal.Close].
func (j *Journal) Run(ctx context.Context) error {
	<-ctx.Done()
	return j.Close()
}

// Close writes what is queued, waits for the disk and closes the files. It
// takes two seconds at most, also on a disk that hangs, and ten while another
// process has the lock. The error says what is not on record. That a session
// watched is not missed: its screen has said all the while that the journal is
// not written.
func (j *Journal) Close() error {
	j.mu.Lock()
	if j.closed {
		j.mu.Unlock()
		return nil
	}
	j.closed = true
	limit := closeLimit
	if j.failed != nil && len(j.missed()) == 0 {
		limit = closeGrace
	}
	j.mu.Unlock()
	timer := time.AfterFunc(limit, j.endWriting)
	defer timer.Stop()
	close(j.closing)
	finished := make(chan struct{})
	go func() {
		defer crash.Guard()
		j.done.Wait()
		close(finished)
	}()
	hangs := !j.finishes(finished)
	unsent := j.sending.Stop()
	if !hangs {
		j.disk.Lock()
		j.store.close()
		j.disk.Unlock()
	}
	return cmp.Or(j.unrecorded(hangs), unsent)
}

// finishes waits for the writer, and reports whether it has ended.
func (j *Journal) finishes(finished <-chan struct{}) bool {
	select {
	case <-finished:
		return true
	case <-j.giveUp:
	}
	select {
	case <-finished:
		return true
	case <-time.After(closeGrace):
		return false
	}
}

// endWriting ends the writing of what is queued at the end. A lock is let go of
// some time, a full disk is not made empty.
func (j *Journal) endWriting() {
	defer crash.Guard()
	j.mu.Lock()
	locked := errors.Is(j.failed, ErrLocked) && len(j.missed()) > 0
	j.mu.Unlock()
	if locked {
		select {
		case <-time.After(closeLocked):
		case <-j.ended:
		}
	}
	close(j.giveUp)
}

// unrecorded returns what is not on record at the end, and why.
func (j *Journal) unrecorded(hangs bool) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	why := j.failed
	if hangs && why == nil {
		why = &Error{Op: "write", Path: j.store.path(FileName), Err: ErrSlow}
	}
	if e, ok := errors.AsType[*Error](why); ok && e.Kept {
		lost := *e
		lost.Kept = false // it does not follow any more
		why = &lost
	}
	missed := j.missed()
	switch n := len(missed); {
	case n > 0:
		return fmt.Errorf("%d of its entries were never written: %w (%s)", n, why, named(missed))
	case hangs && j.synced < j.written:
		return fmt.Errorf("its last lines may not be on disk: %w", why)
	}
	return j.syncErr
}

// missed returns what is queued and must not be lost in silence: all but that
// people watched. The mutex must be held.
func (j *Journal) missed() (list []*Pending) {
	for _, p := range j.queue {
		if !p.entry.Event.AboutWatching() {
			list = append(list, p)
		}
	}
	return list
}

// named names the first of some entries.
func named(list []*Pending) string {
	var names []string
	for _, p := range list[:min(len(list), maxNamed)] {
		name := string(p.entry.Event)
		if p.entry.StatusAsked != "" {
			name += " " + p.entry.StatusAsked
		}
		if !p.entry.Recording.IsZero() {
			name += " of " + clean(p.entry.Recording.String())
		}
		names = append(names, name)
	}
	if more := len(list) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}

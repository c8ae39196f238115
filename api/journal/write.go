package journal

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"tapedeck/api/crash"
)

// How long the writer waits before it tries again.
const (
	lockPause  = 200 * time.Microsecond // doubles up to maxPause
	maxPause   = 5 * time.Millisecond
	firstRetry = 100 * time.Millisecond // doubles up to maxRetry
	maxRetry   = 5 * time.Second
)

// writeAll is the one writer of this process: it writes what is queued, in
// order, until Close.
func (j *Journal) writeAll() {
	defer crash.Guard()
	defer close(j.ended)
	wait := firstRetry
	for {
		err := j.flush()
		var retry <-chan time.Time
		if err != nil {
			retry = time.After(wait)
			wait = min(2*wait, maxRetry)
		} else {
			wait = firstRetry
		}
		select {
		case <-j.wake:
		case <-retry:
		case <-j.closing:
			j.flushLast()
			return
		}
	}
}

// flushLast writes what is queued when the journal is closed, as long as there
// is time.
func (j *Journal) flushLast() {
	for j.flush() != nil {
		select {
		case <-time.After(firstRetry):
		case <-j.giveUp:
			return
		}
	}
}

// flush writes all that is queued.
func (j *Journal) flush() error {
	for {
		j.mu.Lock()
		n := len(j.queue)
		j.mu.Unlock()
		if n == 0 {
			return nil
		}
		if err := j.writeBatch(); err != nil {
			return err
		}
	}
}

// lockDisk takes the store and the lock of the journal, however long that
// takes; false when it was given up.
func (j *Journal) lockDisk() (bool, error) {
	began := time.Now()
	for wait := lockPause; ; wait = min(2*wait, maxPause) {
		j.disk.Lock()
		ok, err := j.store.tryLock()
		if ok {
			return true, nil
		}
		j.disk.Unlock()
		if err != nil {
			return false, err
		}
		if time.Since(began) >= appendLimit {
			j.isLocked()
		}
		select {
		case <-time.After(wait):
		case <-j.giveUp:
			return false, nil
		}
	}
}

// isLocked notes that what is queued waits for another process.
func (j *Journal) isLocked() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.queue) > 0 && j.failed == nil {
		j.failed = &Error{Op: "lock", Path: j.store.path(LockName), Err: ErrLocked, Kept: true}
	}
}

func (j *Journal) unlockDisk() {
	j.store.unlock()
	j.disk.Unlock()
}

// writeBatch writes the first of the queue in one write.
func (j *Journal) writeBatch() error {
	ok, err := j.lockDisk()
	if err != nil {
		j.fail(j.claim(), err)
		return err
	}
	if !ok {
		return &Error{Op: "lock", Path: j.store.path(LockName), Err: ErrLocked}
	}
	batch := j.claim()
	if n := j.takeDropped(); n > 0 {
		j.store.note(fmt.Sprintf("%d entries could not be kept while the journal could not be written", n))
	}
	entries := make([]Entry, len(batch))
	for i, p := range batch {
		entries[i] = p.entry
	}
	lines, err := j.store.append(entries)
	last := j.store.tail.Count // of lines
	if err == nil {
		j.wrote(batch)
	}
	j.unlockDisk()
	if err != nil {
		j.fail(batch, err)
		return err
	}
	if j.syslog != nil {
		j.syslog.send(last+1-uint64(len(lines)), lines, batch)
	}
	for _, p := range batch {
		answer(p, nil)
	}
	// Who waits for the line goes on next, before the fsync: an update is sent. The
	// fsync would hold the processor on which they are waiting.
	runtime.Gosched()
	signal(j.dirty)
	return nil
}

// claim returns the first of the queue, to be written as they are now.
func (j *Journal) claim() []*Pending {
	j.mu.Lock()
	defer j.mu.Unlock()
	batch := j.queue[:min(len(j.queue), maxBatch)]
	for _, p := range batch {
		p.claimed = true
	}
	return batch
}

func (j *Journal) takeDropped() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := j.dropped
	j.dropped = 0
	return n
}

// fail tells everybody who waits that the journal cannot be written. Their
// entries stay queued: those of batch, and those that came meanwhile, which
// will be tried again at once.
func (j *Journal) fail(batch []*Pending, err error) {
	kept := *asError(err, j.store.path(FileName))
	kept.Kept = true
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, p := range batch {
		p.claimed, p.entry.Late = false, true
		answer(p, &kept)
	}
	j.failed = &kept
}

// wrote takes the batch off the queue.
func (j *Journal) wrote(batch []*Pending) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.queue = j.queue[len(batch):]
	if len(j.queue) == 0 {
		j.queue, j.failed = nil, nil
	}
	j.written++
	for _, p := range batch {
		p.written = true
		close(p.landed)
	}
}

// answer tells who appended p the result of the first try.
func answer(p *Pending, err error) {
	select {
	case p.done <- err:
	default:
	}
}

// asError returns err as an [*Error] about a file, if it is none yet.
func asError(err error, path string) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Op: "write", Path: path, Err: err}
}

// syncAll fsyncs what was written, beside the writer, until that has ended.
func (j *Journal) syncAll() {
	defer crash.Guard()
	for {
		select {
		case <-j.dirty:
			j.sync()
		case <-j.ended:
			j.sync()
			return
		}
	}
}

// sync makes everything that was written last, then says so in the head, and
// rotates a full file. The lock is not held while the disk works, and the names
// of new files last before the head knows of them.
func (j *Journal) sync() {
	j.mu.Lock()
	written, synced := j.written, j.synced
	j.mu.Unlock()
	if written == synced {
		return
	}
	w := j.takeUnsynced()
	err := j.syncFiles(w)
	j.synchronized(written, err)
	if ok, _ := j.lockDisk(); !ok {
		return
	}
	defer j.unlockDisk()
	if err != nil {
		j.store.noteOnce("lines may not be on disk: " + err.Error())
		return
	}
	if w.known && !j.store.renamed {
		err = j.store.advanceHead(w.end)
	}
	if err == nil && j.store.full() {
		err = j.store.rotate()
	}
	if err != nil {
		j.store.noteOnce(err.Error())
	}
}

// unsynced is what the disk has to make last.
type unsynced struct {
	files   []*os.File
	old     int  // of files, those that are not written to any more
	renamed bool // the names of files have changed
	end     mark
	known   bool
}

func (j *Journal) takeUnsynced() unsynced {
	j.disk.Lock()
	defer j.disk.Unlock()
	s := j.store
	w := unsynced{files: s.old, old: len(s.old), renamed: s.renamed, end: s.tail, known: s.known}
	if s.file != nil {
		w.files = append(w.files, s.file)
	}
	s.old, s.renamed = nil, false
	return w
}

// syncFiles waits for the disk. What has failed is tried again the next time.
func (j *Journal) syncFiles(w unsynced) (err error) {
	for i, f := range w.files {
		if e := f.Sync(); e != nil && err == nil {
			err = problem("sync", f.Name(), e)
		}
		if i < w.old {
			_ = f.Close()
		}
	}
	if !w.renamed {
		return err
	}
	if e := j.syncDir(); e != nil {
		j.disk.Lock()
		j.store.renamed = true
		j.disk.Unlock()
		err = cmp.Or(err, problem("sync", j.o.Dir, e))
	}
	return err
}

// synchronized tells everybody who waits for the disk.
func (j *Journal) synchronized(written uint64, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.synced, j.syncErr = written, err
	close(j.progress)
	j.progress = make(chan struct{})
}

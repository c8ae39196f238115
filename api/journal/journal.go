// Package journal keeps the audit log: which update was asked for, by whom, on
// what, and the result.
//
// The log is journal.jsonl in the state directory, one JSON object a line, an
// [Entry]. The request is appended before the update is sent and the outcome
// after it, so a crash between the two leaves a request without an outcome, which the
// next start finds with [Journal.Settle]. Full files are renamed to
// journal-000001.jsonl and so on; none is ever deleted.
//
// Each line holds its number and the SHA-256 of the line before it, across all
// files, and journal.head holds the number and the hash of the last line that
// is known to be on disk. [Verify] finds by them a line that was changed, taken
// out, swapped or cut off. The lines are the truth of what happened, the head
// only says how many there must be at least: it is written after them, so a
// head that is behind is what a crash leaves, and a head that is ahead is not.
//
// What it is evidence of: that sessions of tapedeck wrote these lines, in
// this order, unless somebody who may write the files took the trouble to
// compute every hash again. What it is not evidence of: who the person was, for
// the environment that names an actor can be set by that person; what anybody
// did without tapedeck; and anything at all against an administrator of the
// machine, or the owner of the files, who can rewrite the whole chain, its end
// and its head. Who needs more sends the lines elsewhere as they are written
// (Options.Syslog). The journal does not by itself make you
// compliant with anything.
//
// Several processes write the same journal: an advisory lock on journal.lock is
// held while lines are appended, and never while waiting for the disk. Nothing
// here holds up an update for longer than 50 ms, and no entry is lost in
// silence: what cannot be written now is queued, retried and marked late, and
// [Journal.Close] names what was never written.
package journal

import (
	"io"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"tapedeck/api/background"
)

// The names of the journal's files in its directory. A full FileName becomes
// journal-NNNNNN.jsonl.
const (
	FileName = "journal.jsonl"
	HeadName = "journal.head"
	LockName = "journal.lock"
)

const (
	appendLimit    = 50 * time.Millisecond // for which Append waits at most until its line is written
	syncLimit      = 5 * time.Second       // for which Wait waits at most for the disk
	maxQueue       = 10_000                // entries that wait to be written
	maxBatch       = 256                   // entries in one write
	defaultMaxSize = 10 << 20
)

// Options says where a journal is and what goes into each of its entries.
type Options struct {
	// Dir is the state directory. It is made, 0700, if it does not exist.
	// One that is shared, which is group-writable and setgid, gets files that
	// the group may write, 0660; any other gets 0600.
	Dir     string
	Numbers bool  // keep phone numbers, Entry.From and Entry.To
	Syslog  bool  // also send each line to the local syslog, where there is one
	MaxSize int64 // the size in bytes from which a file is rotated; 0 for 10 MB
	// Space, Project and Profile are those of entries that name none.
	Space, Project, Profile string
	// Hide, if set, takes out of a text what must not be in the journal, such
	// as a token. What looks like a token of SignalWire is taken out anyway.
	Hide func(string) string
}

// Journal appends entries. It is safe for concurrent use. Entries are written
// in the order of the calls of Append and Enqueue.
type Journal struct {
	o       Options
	own     Who    // this process, in each entry
	prefix  string // of the IDs of this journal's requests
	ids     atomic.Uint64
	syslog  *syslogger       // nil without
	sending background.Group // the syslog, which ends after the writer

	disk  sync.Mutex // guards store; never held while waiting for another process or an fsync
	store *store

	syncDir func() error // makes the names of the files last; a test's may fail

	wake    chan struct{} // there is something to write
	dirty   chan struct{} // there is something to fsync
	closing chan struct{} // closed by Close
	ended   chan struct{} // closed when the writer has ended
	giveUp  chan struct{} // closed when what is queued has had its time
	done    sync.WaitGroup

	mu       sync.Mutex // guards what follows
	closed   bool
	queue    []*Pending
	asked    map[string]bool // requests of this journal that have no outcome yet
	dropped  int             // entries that the full queue refused, not yet noted
	written  uint64          // batches written
	synced   uint64          // of these, batches fsynced or failed to
	progress chan struct{}   // closed and replaced when synced grows
	failed   error           // why what is queued is not written; nil when nothing is wrong
	syncErr  error           // of the last fsync
}

// Open opens the journal in o.Dir, or begins one. It repairs what a crash has
// left, and notes it in the journal. The error says what cannot be done on
// which file; its hint is in [*Error].
//
// A journal that another process has locked is no error: what has to be
// written waits.
func Open(o Options) (*Journal, error) {
	j := newJournal(o)
	if err := j.prepare(); err != nil {
		j.store.close()
		return nil, err
	}
	j.start()
	return j, nil
}

// Begin is Open for a journal that has to be: one that cannot be opened now is
// tried again with each entry, and while entries wait. [Journal.Trouble] says
// what is wrong.
func Begin(o Options) *Journal {
	j := newJournal(o)
	if err := j.prepare(); err != nil {
		j.failed = err
	}
	j.start()
	return j
}

func newJournal(o Options) *Journal {
	if o.MaxSize <= 0 {
		o.MaxSize = defaultMaxSize
	}
	return &Journal{
		o: o, own: thisProcess(), store: newStore(o), asked: map[string]bool{}, syncDir: func() error { return syncDir(o.Dir) },
		prefix: strconv.FormatInt(time.Now().UnixNano(), 36) + "-" + strconv.Itoa(os.Getpid()) + "-",
		wake:   make(chan struct{}, 1), dirty: make(chan struct{}, 1),
		closing: make(chan struct{}), ended: make(chan struct{}), giveUp: make(chan struct{}), progress: make(chan struct{}),
	}
}

func (j *Journal) start() {
	if j.o.Syslog {
		j.sendTo(dialSyslog)
	}
	j.done.Go(j.writeAll)
	j.done.Go(j.syncAll)
}

// sendTo has lines sent to the syslog that dial connects to, until Close.
func (j *Journal) sendTo(dial func() (io.WriteCloser, error)) {
	j.syslog = newSyslog(j.o.Dir, dial)
	j.sending.Go(j.syslog.Run)
}

// prepare opens the files now, so that what is wrong with them is known at the
// start and not at the first update.
func (j *Journal) prepare() error {
	deadline := time.Now().Add(appendLimit)
	for {
		locked, err := j.store.tryLock()
		if err != nil {
			return err
		}
		if locked {
			break
		}
		if time.Now().After(deadline) {
			return nil
		}
		time.Sleep(time.Millisecond)
	}
	defer j.store.unlock()
	if err := j.store.ready(); err != nil {
		return err
	}
	return j.store.firstHead()
}

// NewID returns an ID for a request, unique over all processes of the machine:
// the start of this one, its number, and a counter.
func (j *Journal) NewID() string { return j.prefix + strconv.FormatUint(j.ids.Add(1), 10) }

// Append appends an entry and waits for it: [Journal.Enqueue] and
// [Pending.Wait] in one.
func (j *Journal) Append(e Entry) error { return j.Enqueue(e).Wait() }

// fill fills in what e lacks.
func (j *Journal) fill(e Entry) Entry {
	e.Seq, e.Prev, e.Late = 0, "", false
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	e.Who = e.writtenBy(j.own)
	if e.Space == "" && e.Project == "" {
		e.Space, e.Project, e.Profile = j.o.Space, j.o.Project, j.o.Profile
	}
	if !j.o.Numbers {
		e.From, e.To = noText, noText
	}
	return e
}

// Trouble returns why lines are not written, or not sent to syslog, at this
// moment; nil when nothing is known to be wrong.
func (j *Journal) Trouble() error {
	if _, why := j.Pending(); why != nil {
		return why
	}
	if j.syslog != nil {
		return j.syslog.trouble()
	}
	return nil
}

// Began reports whether anything was written.
func (j *Journal) Began() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.written > 0
}

// Pending returns how many entries wait to be written, and why.
func (j *Journal) Pending() (n int, why error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.queue), j.failed
}

// Wait waits until everything that was written so far is on disk, for at most
// five seconds. Entries that could not be written yet are not waited for; see
// [Journal.Pending].
func (j *Journal) Wait() error {
	limit := time.NewTimer(syncLimit)
	defer limit.Stop()
	j.mu.Lock()
	want := j.written
	for j.synced < want {
		progress := j.progress
		j.mu.Unlock()
		select {
		case <-progress:
		case <-limit.C:
			return &Error{Op: "sync", Path: j.store.path(FileName), Err: ErrSlow}
		}
		j.mu.Lock()
	}
	defer j.mu.Unlock()
	return j.syncErr
}

// signal wakes who waits on c; once is enough.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

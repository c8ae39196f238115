package share

import (
	"context"
	"sync"
	"time"

	"tapedeck/api/journal"
)

// Files is the Store of a host that is alone: what it has to know is in the
// files of its state directory, which others read and write. There is nobody to
// tell anything, and its auto-resumes are those of this process.
type Files struct {
	*localTimers
	host    Host
	began   time.Time
	mu      sync.Mutex
	dir     string
	watches *watchers
}

// NewFiles returns the Store of a host that is alone.
func NewFiles(host, version string) *Files {
	f := &Files{watches: newWatchers(), began: time.Now(), host: Host{Name: host, Version: version, Self: true}}
	f.localTimers = newLocal(host, newID(), func(t Timer) { f.watches.tell(Event{Timer: &t}) })
	return f
}

// Run calls who watches, until ctx ends.
func (f *Files) Run(ctx context.Context) error { f.watches.run(ctx); return nil }

// Host returns the name of this host.
func (f *Files) Host() string { return f.host.Name }

// State returns that it is connected, and that there are no others.
func (f *Files) State() State { return State{Connected: true, Since: f.began} }

// Wait returns at once.
func (f *Files) Wait(context.Context) error { return nil }

// Put does nothing: nobody is told.
func (f *Files) Put(Key, Fact) {}

// Watch calls g with the auto-resumes of this process and their changes.
func (f *Files) Watch(g func(Event)) (cancel func()) {
	f.localTimers.mu.Lock()
	defer f.localTimers.mu.Unlock()
	var known []Event
	for _, t := range f.of {
		known = append(known, Event{Timer: &t})
	}
	s := f.State()
	return f.watches.add(g, append(known, Event{State: &s}))
}

// Hosts returns this host.
func (f *Files) Hosts() []Host {
	f.mu.Lock()
	defer f.mu.Unlock()
	h := f.host
	h.Heard = time.Now()
	return []Host{h}
}

// SetSessions says how many sessions this host has.
func (f *Files) SetSessions(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.host.Sessions = n
}

// Journal says where the journal is that [Files.ReadJournals] reads.
func (f *Files) Journal(dir string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dir = dir
}

// JournalChanged does nothing.
func (f *Files) JournalChanged() {}

// ReadJournals reads the journal of this host.
func (f *Files) ReadJournals(ctx context.Context, g func(JournalLine) bool) error {
	f.mu.Lock()
	dir := f.dir
	f.mu.Unlock()
	if dir == "" {
		return nil
	}
	tail := journal.NewTail(dir)
	for ctx.Err() == nil {
		lines, err := tail.Next(journalBatch)
		if err != nil || len(lines) == 0 {
			return err
		}
		for _, l := range lines {
			if !g(JournalLine{Host: f.host.Name, Chain: chainName(tail.Chain()), Seq: l.Seq, Hash: l.Hash, Line: l.Data}) {
				return nil
			}
		}
	}
	return ctx.Err()
}

// journalBatch is how many lines of a journal are read at once.
const journalBatch = 256

// chainName returns the name of a journal, by the hash of its first line.
func chainName(hash string) string { return hash[:min(len(hash), 16)] }

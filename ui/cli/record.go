package cli

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/text"
	"tapedeck/config"
)

// Record is the journal of one dashboard. One that could not be opened says so
// for every entry: updates go out all the same, unless the journal is
// required. The demo has none.
type Record struct {
	dir            string
	space, project string
	journal        *journal.Journal
	broken         *brokenJournal     // where it could not be opened; nil where it could
	left           map[text.Text]bool // what Leave has put on record
}

// OpenJournal opens the journal in the state directory.
func OpenJournal(c config.Config, who journal.Who) *Record {
	r := &Record{dir: c.StateDir, space: c.Space, project: c.Project, left: map[text.Text]bool{}}
	if c.StateDir == "" {
		return r
	}
	var err error
	r.journal, err = journal.Open(journal.Options{
		Dir: c.StateDir, Numbers: c.JournalNumbers, Syslog: c.JournalSyslog, Who: who,
		Space: c.Space, Project: c.Project, Profile: c.Profile,
		Hide: c.Token.Redactor().Clean,
	})
	if err != nil {
		r.broken = &brokenJournal{err: err, required: c.JournalRequired}
	}
	return r
}

// Journal returns what the deck writes to; nil for nothing.
func (r *Record) Journal() deck.Journal {
	switch {
	case r.journal != nil:
		return r.journal
	case r.broken != nil:
		return r.broken
	}
	return nil
}

// brokenJournal is a journal that could not be opened.
type brokenJournal struct {
	err      error
	required bool // without it, nothing is sent
	lost     atomic.Int64
}

func (b *brokenJournal) Append(journal.Entry) error {
	b.lost.Add(1)
	return b.err
}

func (b *brokenJournal) NewID() string { return "" }

func (b *brokenJournal) Settle(context.Context, func(journal.Entry) (journal.Entry, bool)) (int, error) {
	return 0, b.err
}

// Left returns the pauses of this project that sessions left which are gone.
// What cannot be read of the journal is no reason not to start.
func (r *Record) Left() []journal.Abandoned {
	if r.journal == nil {
		return nil
	}
	list, _ := journal.LeftBehind(r.dir, r.space, r.project, time.Now())
	return list
}

// Leave puts on record which pauses of actor last beyond the session, once for
// each. Those that are timed have an auto-resume, which goes on, so that they
// are looked after, or is dropped now.
func (r *Record) Leave(s *deck.Snapshot, actor, why string, timed []*deck.Recording, goesOn bool) {
	if r.journal == nil {
		return
	}
	timers := map[text.Text]bool{}
	for _, rec := range timed {
		timers[rec.SID] = true
	}
	for _, rec := range s.Recordings {
		if !rec.Paused() || rec.Pause.Actor != actor || rec.Pause.Recorded || r.left[rec.SID] || goesOn && timers[rec.SID] {
			continue
		}
		r.left[rec.SID] = true
		reason := why
		if timers[rec.SID] {
			reason += "; its auto-resume was dropped"
		}
		_ = r.journal.Append(journal.Entry{ // it is queued when it can't be written now
			Event: journal.Left, Recording: rec.SID, Call: rec.CallSID, Conference: rec.ConferenceSID, Reason: reason,
		})
	}
}

// Close writes what is queued and closes the journal. The error says how much
// is not on record for want of one.
func (r *Record) Close() error {
	if b := r.broken; b != nil && !b.required && b.lost.Load() > 0 {
		return fmt.Errorf("close the journal: it was never open, and %d entries are not on record: %w", b.lost.Load(), b.err)
	}
	if r.journal == nil {
		return nil
	}
	if err := r.journal.Close(); err != nil {
		return fmt.Errorf("close the journal: %w", err)
	}
	return nil
}

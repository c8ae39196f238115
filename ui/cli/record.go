package cli

import (
	"context"
	"fmt"

	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/text"
	"tapedeck/config"
)

// Record is the journal of one dashboard. One that cannot be opened is tried
// again while there is something to write: updates go out all the same, unless
// the journal is required. The demo has none.
type Record struct {
	journal    *journal.Journal   // nil for the demo
	required   bool               // without it, nothing is sent
	leftBehind map[text.Text]bool // what RecordLeftBehind has put on record
}

// OpenJournal opens the journal in the state directory.
func OpenJournal(c config.Config) *Record {
	r := &Record{required: c.JournalRequired, leftBehind: map[text.Text]bool{}}
	if c.StateDir != "" {
		r.journal = journal.Begin(journal.Options{
			Dir: c.StateDir, Numbers: c.JournalNumbers, Syslog: c.JournalSyslog,
			Space: c.Space, Project: c.Project, Profile: c.Profile,
			Hide: c.Token.Redactor().Clean,
		})
	}
	return r
}

// Journal returns what the deck writes to; nil for nothing.
func (r *Record) Journal() deck.Journal {
	if r.journal == nil {
		return nil
	}
	return r.journal
}

// Trouble returns why nothing can be put on record at this moment; nil when
// nothing is known to be wrong.
func (r *Record) Trouble() error {
	if r.journal == nil {
		return nil
	}
	if err := r.journal.Trouble(); err != nil {
		return fmt.Errorf("open the journal: %w", err)
	}
	return nil
}

// SessionBegan puts on record that actor has a screen before them.
func (r *Record) SessionBegan(actor deck.Actor) {
	if r.journal != nil {
		r.journal.Enqueue(journal.Entry{Event: journal.SessionBegan, Who: actor})
	}
}

// SessionEnded puts on record that this screen is over, and why.
func (r *Record) SessionEnded(actor deck.Actor, why string) {
	if r.journal != nil {
		r.journal.Enqueue(journal.Entry{Event: journal.SessionEnded, Who: actor, Reason: why})
	}
}

// RecordLeftBehind puts on record which pauses of actor last beyond the
// session, once for each, also those that actor has taken over. Those that are
// timed have an auto-resume, which goes on, so that they are looked after, or is
// dropped now.
func (r *Record) RecordLeftBehind(s *deck.Snapshot, actor deck.Actor, why string, timed []*deck.Recording, goesOn bool) {
	if r.journal == nil {
		return
	}
	timers := map[text.Text]bool{}
	for _, rec := range timed {
		timers[rec.SID] = true
	}
	for _, rec := range s.Recordings {
		own := rec.Pause.Actor == actor.Name() && !rec.Pause.Recorded || rec.Ack.Actor == actor.Name()
		if !rec.Paused() || !own || r.leftBehind[rec.SID] || goesOn && timers[rec.SID] {
			continue
		}
		r.leftBehind[rec.SID] = true
		reason := why
		if timers[rec.SID] {
			reason += "; its auto-resume was dropped"
		}
		r.journal.Enqueue(journal.Entry{ // Close says so when it is never written
			Event: journal.Behind, Who: actor, Recording: rec.SID, Call: rec.CallSID, Conference: rec.ConferenceSID, Reason: reason,
		})
	}
}

// Run waits until ctx ends, and closes the journal; see [Record.Close].
func (r *Record) Run(ctx context.Context) error {
	<-ctx.Done()
	return r.Close()
}

// Close writes what is queued and closes the journal. The error says what is
// not on record.
func (r *Record) Close() error {
	if r.journal == nil {
		return nil
	}
	err := r.journal.Close()
	if r.required && !r.journal.Began() {
		return nil // nothing was sent for want of a record
	}
	if err != nil {
		return fmt.Errorf("close the journal: %w", err)
	}
	return nil
}

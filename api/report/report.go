// Package report tells from a journal what happened in a period: which calls
// were paused, by whom, for how long and how each pause was verified, what went
// wrong, and when nobody watched.
//
// It says what is on record and nothing else: a pause without an end on record
// has none, and time in which no session ran is not known. Everything is made of
// the entries of [journal.Scan], in one pass and in memory that grows with the
// calls of the period only.
//
// A [Report] is made by [Read] and is not changed after that. It may be read by
// several goroutines.
package report

import (
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/text"
)

// Moment is a time as the journal has it: milliseconds since 1970, UTC, by the
// clock of the machine that wrote the entry. Zero is none, or not known.
type Moment int64

// MomentOf returns t as a Moment; zero for the zero time.
func MomentOf(t time.Time) Moment {
	if t.IsZero() {
		return 0
	}
	return Moment(t.UnixMilli())
}

// IsZero reports whether there is no such moment.
func (m Moment) IsZero() bool { return m == 0 }

// Time returns the moment in UTC; the zero time for none.
func (m Moment) Time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(m)).UTC()
}

// Sub returns how long before m another moment was; 0 when either is none.
func (m Moment) Sub(earlier Moment) time.Duration {
	if m == 0 || earlier == 0 {
		return 0
	}
	return time.Duration(m-earlier) * time.Millisecond
}

// Report is what a journal has about a period.
type Report struct {
	// From and To are the period, the shift: from the first moment on, and
	// before the last. They are never zero in a report that has an entry.
	From, To Moment
	Made     time.Time     // when the report was made, UTC
	Limit    time.Duration // the pause_alarm of the settings, from which a pause is over the limit; 0 for none
	Call     string        // the SID, or its end, that the report was asked for; empty for all calls
	Profile  string        // the profile that it was asked for; empty for all
	Seed     uint64        // of the sample, with Sampled
	Sampled  int           // how many paused calls were to be drawn; 0 without a sample

	Source  Source
	Totals  Totals
	Calls   []*Call   // those with an update, an auto-resume or an alarm in the period, in the order of their first entry
	Persons []*Person // who asked for something in the period, the most pauses first, then by name
	// Longest holds the longest pauses of the period, the longest first; ten at most.
	Longest []*Pause
	// OverLimit holds the pauses that were longer than Limit, in the order of
	// their beginning. One without an end on record is among them when it was
	// known to be paused for so long.
	OverLimit []*Pause
	// Updates holds what a person has to look at, in the order of the requests:
	// updates that failed, were contradicted, verified or written late, or have
	// no known result; starts and stops are in Starts and Stops as well.
	Updates       []*Update
	Starts, Stops []*Update     // carried out or not, in the order in which they were asked for
	Autos         []*AutoResume // in the order in which they were set
	Alarms        []*Alarm      // in the order of their beginning
	Acks          []*Ack        // in the order of the journal
	Watches       []*Watch      // one for each project, in the order of their first entry
	OffRecord     []OffRecord   // requests that the journal does not have, or not whole, in its order
	Reveals       []*Reveal     // masked numbers that were shown, in the order of the journal
}

// Source is what was read.
type Source struct {
	Dir         string // the state directory
	Files       []File // the oldest first
	Lines       int
	Unreadable  int    // lines that are no entry
	First, Last Moment // of the first and the last entry of all files
	LastSeq     uint64 // number of the last line; 0 without one
	LastHash    string // SHA-256 of the last line, in hex, by which a later reader finds it again; empty without one
	// Intact: each line continues the one before it, and the last one agrees with
	// the head, as journal verify says it. Problems says what is wrong otherwise,
	// Remarks what is no damage by itself; at most 100 of each.
	Intact            bool
	Problems, Remarks []string
}

// File is one file of the journal.
type File struct {
	Name  string // without the directory
	Lines int
}

// Totals are numbers over all of the period, also of a report with a sample.
type Totals struct {
	Calls        int           // with a pause
	Pauses       int           // that were carried out, those of others among them
	Others       int           // pauses that others made, as reads showed them
	Paused       time.Duration // the sum of the pauses whose end is on record, within the period
	Open         int           // pauses without an end on record
	Left         int           // pauses that a session left behind
	OverLimit    int
	MayBeOver    int // pauses without an end on record, not known to be over the limit, that may be
	Silence      int // pauses by their behavior
	Skip         int
	Resumes      int // by persons
	AutoResumes  int // that were done
	Starts       int // that were carried out
	Stops        int
	Failed       int // updates by their result
	Contradicted int
	Unknown      int // without a known result, those without an outcome on record among them
	VerifiedLate int
	WrittenLate  int
	Alarms       int
	Acks         int
	OffRecord    int
	Unwatched    time.Duration // of all projects, the gaps of Watches
}

// Person is somebody who asked for something, by the name that the journal has:
// alice, or alice as root.
type Person struct {
	Name        string
	Pauses      int           // that were carried out
	Paused      time.Duration // the sum of those whose end is on record, within the period
	Longest     time.Duration
	OverLimit   int
	Resumes     int // by hand
	AutoResumes int // done for this person
	Starts      int
	Stops       int
	Trouble     int // updates that failed, were contradicted or have no known result
	Acks        int
}

// Call is a call or a conference with what is on record of it.
type Call struct {
	SID                     text.Text // of the call, or of the conference
	Conference              bool      // it is a conference
	Space, Project, Profile string
	// Numbers are those of the call, masked as the settings say; empty unless
	// the journal keeps them.
	Numbers     Numbers
	First, Last Moment       // of its entries in the period, and of its pauses
	Recordings  []*Recording // in the order of their first entry
	// Entries holds every entry about the call; only for a report of one call,
	// and for a sample.
	Entries []journal.Entry
}

// Numbers are who called whom.
type Numbers struct{ From, To text.Text }

// Paused returns the pauses of all recordings, counted.
func (c *Call) Paused() (n int) {
	for _, r := range c.Recordings {
		n += len(r.Pauses)
	}
	return n
}

// Recording is a recording of a call. One that a start without a known result
// may have begun has no SID.
type Recording struct {
	SID         text.Text
	Call        *Call
	Pauses      []*Pause // in the order of their beginning; those of the period
	First, Last Moment   // of its entries in the period, and of its pauses
	Started     *Update  // that began it; nil where tapedeck did not start it, or that is not on record
	Stopped     *Update  // that ended it; nil likewise
	Seen        []Seen   // what others did to it, as reads showed it

	open *Pause // the one that lasts, while the journal is read; nil for none
}

// Seen is that others have paused or resumed a recording, by whom is not known.
type Seen struct {
	At     Moment // when a read showed it; it happened before that
	Paused bool   // they paused it; else they resumed it
}

// Pause is a pause that was carried out.
type Pause struct {
	Recording *Recording
	By        *Person // nil for others: a read showed it
	Asked     Moment  // when it was asked for; zero where that is not on record
	Began     Moment  // when the API answered, by the clock of the machine that asked
	Behavior  Behavior
	How       How   // its beginning is known
	Again     uint8 // how often the pause was asked for again while it lasted

	End      End
	EndedBy  *Person // who resumed or stopped it, or had set its auto-resume; nil for others, and without an end
	EndAsked Moment  // zero where nobody of tapedeck ended it
	Ended    Moment  // when the API answered, or when a read showed that it is over; zero without an end
	EndHow   How
	// Found: another session found out about its beginning, or its end, after
	// the one that asked had ended in a crash: it began between Asked and Began,
	// or ended between EndAsked and Ended.
	Found, EndFound bool
	// ClockSet: the clock of the machine was set back while it lasted, so that
	// nobody can say how long it was.
	ClockSet bool
	// Of its beginning: the machine, and how many clocks had been set back.
	host, steps uint16
	Known       Moment      // the last moment at which an entry knew that it was paused; Began or later
	Auto        *AutoResume // the last auto-resume that was set for it; nil for none
	Left        Moment      // when the session that had made it, or had acknowledged it, ended and left it paused; zero for never
}

// For returns how long it lasted; ok is false without an end on record, and
// where a clock was set.
func (p *Pause) For() (d time.Duration, ok bool) {
	if p.Ended == 0 || p.ClockSet || p.Ended < p.Began {
		return 0, false
	}
	return p.Ended.Sub(p.Began), true
}

// Over reports whether it lasted for longer than a limit, or is known to have
// lasted so long; a limit of 0 is none.
func (p *Pause) Over(limit time.Duration) bool { return limit > 0 && p.lasted() > limit }

// Exact reports whether both ends are those of tapedeck's own updates. An end
// that a read showed happened before it.
func (p *Pause) Exact() bool { return p.BeganExact() && p.EndExact() && !p.ClockSet }

// BeganExact reports whether Began is the time of an answer to tapedeck.
func (p *Pause) BeganExact() bool { return p.How != SeenByRead && !p.Found }

// EndExact reports whether Ended is the time of an answer to tapedeck.
func (p *Pause) EndExact() bool { return p.End != Open && p.End != ByOthers && !p.EndFound }

// Behavior is what a recording does while it is paused.
type Behavior uint8

// The behaviors.
const (
	NoBehavior Behavior = iota // it is not on record
	Silence                    // silence takes the place of what is said
	Skip                       // what is said is left out
)

// How is how a change is known.
type How uint8

// The ways, from none.
const (
	NotKnown     How = iota
	Accepted         // the API answered so
	Verified         // a read showed it as well
	VerifiedLate     // a read showed it after its result had been unknown or another one
	SeenByRead       // a read showed it, and nobody had asked tapedeck for it
)

// End is how a pause ended.
type End uint8

// The ends.
const (
	Open        End = iota // no end on record
	Resumed                // by a person
	AutoResumed            // by its auto-resume
	Stopped                // the recording was stopped
	ByOthers               // somebody else resumed it, without tapedeck
)

// Update is an update that somebody asked for.
type Update struct {
	Recording    *Recording // nil for a start that began none that is known
	Call         *Call
	By           *Person
	ID           string
	Verb         Verb
	Behavior     Behavior
	Asked        Moment // zero where the request is not on record
	Answered     Moment // when the API answered; zero without an answer
	Outcome      Outcome
	Reason       string // why, or what a person gave as reason; empty without
	ByTimer      bool   // an auto-resume asked for it
	Again        uint8  // how often a person had it sent once more
	VerifiedLate bool   // it was verified after its result had been unknown or another one
	WrittenLate  bool   // its line was written after it had gone out
	HTTPStatus   int16  // of the answer; 0 without one
}

// Done reports whether the update was carried out.
func (u *Update) Done() bool { return u.Outcome == OutcomeAccepted || u.Outcome == OutcomeVerified }

// Verb is what an update asks for.
type Verb uint8

// The verbs.
const (
	OtherVerb Verb = iota
	DoPause
	DoResume
	DoStop
	DoStart
)

// Outcome is the result of an update.
type Outcome uint8

// The outcomes, in the journal's words but for the first.
const (
	NoOutcome Outcome = iota // none on record
	OutcomeAccepted
	OutcomeVerified
	OutcomeContradicted
	OutcomeFailed
	OutcomeUnknown
)

// AutoResume is a resume that the deck was to do by itself.
type AutoResume struct {
	Recording *Recording
	By        *Person
	Set       Moment
	Due       Moment // when it was to come
	Fate      Fate
	At        Moment // when that was; zero for none
	Why       string // it was not done; empty otherwise
}

// Fate is what became of an auto-resume.
type Fate uint8

// The fates.
const (
	NoFate      Fate = iota // nothing is on record
	Done                    // it resumed the recording
	NotDone                 // it was due and was not done: Why
	Canceled                // a person took it away
	Replaced                // a person set another one
	EndedBefore             // the pause ended before it was due
)

// Alarm is that the screens alarmed, as far as the journal tells: but for that of a
// call without a recording it has the reasons for alarms and not the alarms.
type Alarm struct {
	Kind      AlarmKind
	Recording *Recording // nil for NoRecording
	Call      *Call
	At        Moment // when it began
	Since     Moment // NoRecording: since when there was none; else zero
	Until     Moment // when the reason for it ended; zero without an end on record
	Why       string // more about it; may be empty
	Acks      []*Ack // of it, in their order
}

// AlarmKind is the reason for an alarm.
type AlarmKind uint8

// The kinds.
const (
	TooLong          AlarmKind = iota // a pause was longer than the limit
	AutoResumeFailed                  // an auto-resume was not done
	NotPaused                         // a pause failed, was contradicted or had no known result
	OthersResumed                     // somebody else resumed what a person had paused
	NoRecording                       // a call or a conference had no recording
)

// Ack is that somebody acknowledged an alarm.
type Ack struct {
	Recording *Recording // nil where it was of a call without a recording
	Call      *Call
	By        *Person
	At        Moment
	Until     Moment // until when the alarm is silent; zero for good
	Reason    string
}

// Reveal is that somebody was shown a masked number.
type Reveal struct {
	Recording *Recording
	By        *Person
	At        Moment
}

// Watch is when sessions watched one project, and when none did.
type Watch struct {
	Space, Project string
	// Known is from when on sessions are on record: the first that the journal
	// has, of an older tapedeck it has none; zero for never.
	Known    Moment
	Sessions []*Session // that were open in the period, in the order of their beginning
	Gaps     []Gap      // in the period, in order; they do not overlap
}

// Unwatched returns the sum of the gaps.
func (w *Watch) Unwatched() (d time.Duration) {
	for _, g := range w.Gaps {
		d += g.To.Sub(g.From)
	}
	return d
}

// Session is a dashboard, or a screen of a service, that was open.
type Session struct {
	By     string // the name of who was there
	Host   string
	PID    int
	ID     string // of the session within its process; empty for the only one
	Began  Moment // zero: its beginning is not on record, and From is its first entry
	Ended  Moment // zero: no end on record
	From   Moment // the first moment at which it is known to have been open
	To     Moment // the last one; that of the report for one that still runs
	Runs   bool   // it still runs, as this machine can tell
	Reason string // why it ended, where that is on record
}

// Gap is a time in which nobody watched, or of which nobody can tell.
type Gap struct {
	From, To Moment
	Why      GapKind
}

// GapKind is why nobody watched.
type GapKind uint8

// The kinds. Where several are true, it is the first of StaleData, EndNotOnRecord
// and NoSession.
const (
	NoSession      GapKind = iota // no session was open
	StaleData                     // all that were open had stale data
	EndNotOnRecord                // a session has no end on record: it crashed, was killed, or the journal was off
	NotRecorded                   // sessions were not on record yet, or never: an older tapedeck wrote the journal
)

// OffRecord is something that the journal does not have, as it tells itself.
type OffRecord struct {
	At        Moment // of the entry that tells; zero where there is none
	Kind      OffRecordKind
	Recording *Recording // nil where it is not about one
	By        *Person    // nil likewise
	What      string     // in words
}

// OffRecordKind is what is not on record.
type OffRecordKind uint8

// The kinds.
const (
	NoRequest    OffRecordKind = iota // an outcome without its request
	LostEntries                       // entries that could not be kept while the journal could not be written
	BrokenLine                        // a line that is no entry
	MissingLines                      // lines that are missing in the chain
)

// Span is a part of the timeline of a recording, as far as is on record.
type Span struct {
	From Moment
	// To is where it ends; zero where its end is not on record: it may have
	// ended at any time after From.
	To   Moment
	Kind SpanKind
	// FromExact and ToExact tell an edge that an answer to tapedeck's own
	// update gives from one that a read showed later, or the end of knowledge.
	FromExact, ToExact bool
	Pause              *Pause // of a paused span; nil otherwise
}

// SpanKind is what a recording did.
type SpanKind uint8

// The kinds.
const (
	SpanUnknown  SpanKind = iota // nobody watched, or nobody can tell
	SpanRecorded                 // nothing on record says that it was paused
	SpanSilence                  // paused with silence
	SpanSkip                     // paused with skip
	SpanPaused                   // paused, with a behavior that is not on record
)

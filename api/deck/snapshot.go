package deck

import (
	"slices"
	"time"

	"tapedeck/api"
	"tapedeck/api/share"
	"tapedeck/api/text"
)

// Snapshot is the project at one moment, as the API last told it. It is shared
// between sessions and never changes: read it, clone before sorting. Two
// snapshots share the recordings that are the same in both, so a pointer that
// is equal means that nothing about the recording has changed.
type Snapshot struct {
	Seq        uint64       // grows by one with each snapshot
	Recordings []*Recording // active and lately ended ones, newest first
	Active     int          // how many of them are active
	Paused     int          // how many of them are paused
	// NotPaused and ResumedByOthers count the active ones with that trouble,
	// also where it was acknowledged.
	NotPaused, ResumedByOthers int
	Longest                    *Recording // the active one paused for longest; nil without a pause
	Health                     Health
	// Offset is what to add to the local clock to have the server's, by the
	// Date header of its answers; 0 until one has come.
	Offset   time.Duration
	Heard    time.Time     // local time when an answer last told of the server's clock
	Interval time.Duration // between two polls, as set now
	ReadOnly bool          // the deck refuses updates
	// PauseWarn and PauseAlarm are the ages at which a pause warns and alarms.
	PauseWarn, PauseAlarm time.Duration
	// Policy is what the recordings are for; of several profiles, the strictest.
	// [Snapshot.PolicyOf] has that of one recording.
	Policy Policy
	// UnrecordedAlarm is how long a call in progress may be without a recording
	// before it alarms; 0 for ever.
	UnrecordedAlarm time.Duration
	// Calls and Conferences say why those are not known that are not.
	Calls, Conferences Unnamed
	// Unrecorded are the calls and conferences in progress that no active recording
	// is of, those without for the longest first, at most 1,000; UnrecordedMore is
	// how many there are beside them, as far as the list of recordings says.
	// InProgress says what both are worth; see [Snapshot.UnrecordedKnown].
	Unrecorded     []*Unrecorded
	UnrecordedMore int
	InProgress     InProgress
	// Share says whether the other hosts can be heard, and Hosts which there are; see
	// [Config.Share]. Both are zero where nothing is shared.
	Share share.State
	Hosts []HostInfo
	// Parts are the profiles that the snapshot is of, each with its own; nil for
	// that of one deck in this process. See [Merge].
	Parts []Part
}

// Unnamed is why calls, or conferences, could not be read. The zero value is
// that they could.
type Unnamed struct {
	Err  error
	Next time.Time // not before this will they be asked for, as the API wants; else zero
}

// Same reports whether both say the same.
func (u Unnamed) Same(v Unnamed) bool {
	return (u.Err == nil) == (v.Err == nil) && u.Next.Equal(v.Next) &&
		(u.Err == nil || api.Reason(u.Err) == api.Reason(v.Err))
}

// stepGrace is how long after an answer a step of the local clock is not
// believed: it may have been set, and only the next answer tells.
const stepGrace = 10 * time.Second

// OffsetAt returns what to add to the local time now to have the server's: a
// local clock that was set a moment ago has not moved the server's. Nor may it
// have moved while the machine slept, until an answer tells, or none comes for
// so long that it may have.
func (s *Snapshot) OffsetAt(now time.Time) time.Duration {
	if step := stepped(s.Heard, now); !s.Heard.IsZero() && step.Abs() > maxDrift && now.Sub(s.Heard) < stepGrace {
		return s.Offset - step
	}
	return s.Offset
}

// ServerTime returns the server's time at the local time now.
func (s *Snapshot) ServerTime(now time.Time) time.Time { return now.Add(s.OffsetAt(now)) }

// ServerSecond returns the server's time at the beginning of the local second
// that now is in. What counts from there moves once in each.
func (s *Snapshot) ServerSecond(now time.Time) time.Time {
	return wall(now).Truncate(time.Second).Add(s.OffsetAt(now))
}

// Find returns the recording with a SID; nil when the snapshot has none.
func (s *Snapshot) Find(sid text.Text) *Recording {
	for _, r := range s.Recordings {
		if r.SID == sid {
			return r
		}
	}
	return nil
}

// Recording is a recording as the API last reported it, and what the deck
// knows beside it. It never changes.
type Recording struct {
	api.Recording
	Profile      string          // whose it is, where a service has several; else empty
	Call         *api.Call       // nil for a conference's, and while unknown
	Conference   *api.Conference // nil for a call's, and while unknown
	Participants []Participant   // of the conference; see [Deck.Look]
	Pause        Pause           // the zero value when it is not paused
	Timeline     Timeline        // what it did, as far as it was seen; see there
	Ack          Ack             // the acknowledged alarm of the pause; see [Deck.Acknowledge]
	Timer        Timer           // the auto-resume of the pause; see [Deck.SetTimer]
	Trouble      Trouble         // why it records though a pause of it was asked for; the zero value is none
	Siblings     Siblings        // other active recordings of the same conversation
	Update       *Progress       // the last update that this deck made; nil for none
	Ended        time.Time       // local time when the deck learned that it ended; zero while active
	Gone         bool            // it is no longer to be found, and never ended
	Asking       []Asking        // questions about it that are open on other screens; not to be changed
}

// Participant is one who is in a conference, and the call, when it is known.
type Participant struct {
	api.Participant
	Call *api.Call
}

// Active reports whether the recording can still change.
func (r *Recording) Active() bool { return r.Ended.IsZero() }

// Paused reports whether the recording is active and paused.
func (r *Recording) Paused() bool { return r.Active() && r.Status == api.Paused }

// Pause is what is known of the pause that a recording is in.
type Pause struct {
	Since time.Time // server's clock, without a monotonic reading; zero when not paused
	// AtLeast: the pause is older than Since, which is when it was first seen
	// or last known to be paused. It is shown as ≥.
	AtLeast bool
	// Recorded: this deck did not make the pause; Behavior and Actor are what the
	// journal says of another session's.
	Recorded bool
	Behavior api.PauseBehavior // empty unless this deck made the pause, or the journal knows it
	Actor    string            // the name of who asked for it; empty unless this deck made the pause, or the journal knows it
	// Group is that of the request that made the pause; see [Request.Group].
	Group uint64

	looked bool // Since is when it was seen, and not dated by the API
}

// For returns for how long the pause lasts at the server's time now, never
// less than zero.
func (p Pause) For(now time.Time) time.Duration {
	if p.Since.IsZero() {
		return 0
	}
	return max(0, now.Sub(p.Since))
}

// Outcome is what became of a request. The words are the same in code, on the
// screen and in the journal.
type Outcome string

// The six outcomes.
const (
	Requested    Outcome = "requested"    // sent, no answer yet
	Accepted     Outcome = "accepted"     // answered 2xx, with the status asked for
	Verified     Outcome = "verified"     // a later, separate read agrees
	Contradicted Outcome = "contradicted" // the answer or a later read says otherwise
	Failed       Outcome = "failed"       // refused: not done
	Unknown      Outcome = "unknown"      // nobody can tell yet whether it was done
)

// Request is what a person asks the deck to do with a recording.
type Request struct {
	SID text.Text
	// Profile is whose recording it is, where a service has several; empty where
	// that is clear.
	Profile string
	ID      string // of the one who asks, to know it again; may be empty
	Update  api.Update
	Actor   Actor      // who asks
	Seen    api.Status // the status that the person saw; empty when unknown
	// Reason is why, in the person's words; a stop needs one where the policy is
	// [Evidence].
	Reason string
	// ResumeAfter, with a pause, has the deck resume it after that time; 0 for
	// no auto-resume.
	ResumeAfter time.Duration
	// ResumeLocal, with ResumeAfter, has this host alone do it where the other hosts
	// cannot be told of it. Else the pause is made all the same, and alarms that it
	// has no auto-resume.
	ResumeLocal bool
	ByTimer     bool // it is an auto-resume that the actor had asked for
	// Group, with a pause, is a number of the session's for all pauses that one
	// key asked for, so that a resume finds those that belong together; 0 for a
	// pause of its own.
	Group uint64
	// Again asks for the update that is under way, and has had no answer for
	// [AgainAfter], to be sent once more: which a person asks for, and no repetition by
	// itself.
	Again bool
	// Insist asks for the pause under way, and begins none: it is sent once more
	// as soon as its connection turns out to be one that the network forgot, and
	// a read shows the recording as it was. [Deck.Do] returns at once, with the
	// [*BusyError] that says what is under way.
	Insist bool
	// Ref is the asker's own name for the request. The deck passes it on with
	// each Progress and to the journal, and does nothing else with it.
	Ref string
	// Snapshot is the Seq of the snapshot that the person saw; 0 when unknown.
	// A request from before the recording's last update was shown is refused:
	// it is the repetition of a key.
	Snapshot uint64
}

// Verb returns what is asked for in one word: pause, resume or stop.
func (r Request) Verb() string {
	switch r.Update.Status {
	case api.Paused:
		return "pause"
	case api.InProgress:
		return "resume"
	case api.Stopped:
		return "stop"
	}
	return string(r.Update.Status)
}

// Progress is how far a request has come. It never changes: the next step is
// another Progress with the same ID.
type Progress struct {
	ID      uint64 // of the request, ascending
	Request Request
	Outcome Outcome
	// Settled: the outcome is final. Until then no other update of the
	// recording is sent.
	Settled  bool
	Asked    time.Time // local time of the request
	Answered time.Time // local time of the answer to the POST; zero before, or without one
	Done     time.Time // local time when the outcome was settled; zero before
	Err      error     // why, for failed and unknown; nil otherwise
	Note     string    // what is being waited for, or what a read said; may be empty
	Tries    int       // POSTs sent; more than 1 after HTTP 429 and by hand
	ByHand   int       // of these, those that a person asked for once more; see [Request.Again]
	// WasLate: the outcome had been settled otherwise, until a later read showed
	// what was asked for. It is said as "verified late".
	WasLate    bool
	Changed    []Change       // the fields that the returned resource changed
	Answer     *api.Recording // the resource that the update returned; nil without one
	HTTPStatus int            // of the answer; 0 without one
	JournalID  string         // of the request in the journal; empty without one
	// OffRecord is why the update is not in the journal, or not yet; nil when
	// it is, or when there is no journal.
	OffRecord error
}

// lateFor is how long after a request a later read may still show that it was
// carried out.
const lateFor = time.Minute

// Late reports whether an update that was settled as not done may still be seen
// to be carried out at the local time now: not long after the request, unless
// the API refused it clearly.
func (p *Progress) Late(now time.Time) bool {
	return p.Settled && age(p.Asked, now) < lateFor &&
		(p.Outcome == Contradicted || p.Outcome == Failed && ambiguous(p.Err))
}

// Change is a field of a recording that an update changed.
type Change struct {
	Name text.Text
	Old  api.Field // as it was before; see [api.Field] for absent and null
}

// changes returns the fields that differ between two looks at a recording.
func changes(old, now api.Recording) []Change {
	before := map[text.Text]api.Field{}
	for _, f := range old.Fields() {
		before[f.Name] = f
	}
	var out []Change
	for _, f := range now.Fields() {
		if b, ok := before[f.Name]; !ok && !f.Absent {
			out = append(out, Change{Name: f.Name, Old: api.Field{Name: f.Name, Absent: true}})
		} else if ok && b != f {
			out = append(out, Change{Name: f.Name, Old: b})
		}
	}
	return out
}

// Phase is what the data is worth.
type Phase int

// The phases, in the words of the screen's header.
const (
	Loading Phase = iota // LOADING: the first full scan has not ended
	Live                 // live: the last poll was complete
	Stale                // STALE: a poll failed, or none has ended for too long
	Partial              // PARTIAL: a page was refused, or there were too many
)

// Health says what the data of a snapshot is worth. All times are local.
type Health struct {
	Page     int       // the page of the first full scan that is being read, from 1; 0 after it
	Complete time.Time // when the last complete poll ended; zero before the first
	// Away is since when the service that holds the deck is not to be reached;
	// zero while it is, and for a deck of this process.
	Away    time.Time
	Failing time.Time // when the first of the failed polls in a row ended; zero when none failed
	Err     error     // why the last poll failed, or why it is partial; nil otherwise
	Next    time.Time // when the next try begins, while failing; zero while it is under way
	Partial bool      // the last poll that ended was partial
	// Limit is the age at which the data is stale though no poll has failed:
	// two intervals and 3 s.
	Limit time.Duration
}

// Phase returns what the data is worth at the local time now.
func (h Health) Phase(now time.Time) Phase {
	switch {
	case !h.Failing.IsZero(), !h.Away.IsZero():
		return Stale
	case h.Complete.IsZero():
		return Loading
	case age(h.Complete, now) > h.Limit:
		return Stale
	case h.Partial:
		return Partial
	}
	return Live
}

// Age returns how old the data is at the local time now: the time since the
// last complete poll, or, before there was one, since polls fail or the service
// is away.
func (h Health) Age(now time.Time) time.Duration {
	if h.Complete.IsZero() {
		return max(age(h.Failing, now), age(h.Away, now))
	}
	return age(h.Complete, now)
}

// longestFirst sorts recordings that want attention: those that were to be
// paused and are not, then the longest pause first.
func longestFirst(list []*Recording) []*Recording {
	slices.SortStableFunc(list, func(a, b *Recording) int {
		x, y := a.Trouble.Standing(), b.Trouble.Standing()
		switch {
		case x && y:
			return a.Trouble.Since.Compare(b.Trouble.Since)
		case x:
			return -1
		case y:
			return 1
		}
		return a.Pause.Since.Compare(b.Pause.Since)
	})
	return list
}

// age returns the time from t to now by the clock that says more: the
// monotonic one stands still while a machine sleeps, the wall clock may be set
// back.
func age(t, now time.Time) time.Duration {
	if t.IsZero() {
		return 0
	}
	return max(0, now.Sub(t), now.Round(0).Sub(t.Round(0)))
}

// Known reports whether anything is known of the project: whether a page of
// its recordings has been read.
func (s *Snapshot) Known() bool { return !s.Health.Complete.IsZero() || len(s.Recordings) > 0 }

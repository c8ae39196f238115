package local

import (
	"encoding/json"
	"time"
)

// State is what a snapshot of a deck says beside its recordings; see
// [deck.Snapshot].
type State struct {
	Page     int       `json:"page,omitempty"`
	Complete time.Time `json:"complete,omitzero"` // when the last complete poll ended
	Failing  time.Time `json:"failing,omitzero"`
	Err      *Fault    `json:"err,omitempty"`
	Next     time.Time `json:"next,omitzero"`
	Partial  bool      `json:"partial,omitempty"`
	Limit    Seconds   `json:"limit"`
	Offset   Seconds   `json:"offset"`         // to add to the local clock to have the server's
	Heard    time.Time `json:"heard,omitzero"` // when an answer last told of that
	Interval Seconds   `json:"interval"`
	ReadOnly bool      `json:"read_only,omitempty"`
	// Policy is what the recordings are for: privacy, also where it is missing, or
	// evidence.
	Policy          string  `json:"policy,omitempty"`
	UnrecordedAlarm Seconds `json:"unrecorded_alarm,omitempty"` // 0 for none
	Warn            Seconds `json:"pause_warn"`
	Alarm           Seconds `json:"pause_alarm"`
	// Calls and Conferences say why those are not known that are not.
	Calls       *Unnamed `json:"calls,omitempty"`
	Conferences *Unnamed `json:"conferences,omitempty"`
	Sharing     *Sharing `json:"sharing,omitempty"` // nil where nothing is shared with other hosts
}

// Unnamed is why calls, or conferences, could not be read.
type Unnamed struct {
	Err  *Fault    `json:"err,omitempty"`
	Next time.Time `json:"next,omitzero"`
}

// Action is one thing that somebody did, by the journal, with its outcome.
type Action struct {
	Profile string    `json:"profile,omitempty"`
	Time    time.Time `json:"time"`
	Event   string    `json:"event"`
	ID      string    `json:"id,omitempty"` // of the request in the journal
	Actor   string    `json:"actor"`        // the name, as it is shown
	ByTimer bool      `json:"by_timer,omitempty"`
	SID     string    `json:"sid,omitempty"`
	Asked   string    `json:"status_asked,omitempty"`
	Before  string    `json:"status_before,omitempty"`
	Status  string    `json:"status_answered,omitempty"`
	// Behavior is silence or skip, of a pause.
	Behavior string `json:"pause_behavior,omitempty"`
	Outcome  string `json:"outcome,omitempty"`
	Reason   string `json:"reason,omitempty"`
	// Given is why it was asked for, in the person's words.
	Given   string    `json:"given,omitempty"`
	HTTP    int       `json:"http_status,omitempty"`
	Code    string    `json:"code,omitempty"`
	Latency Seconds   `json:"latency,omitempty"`
	Until   time.Time `json:"until,omitzero"`
	From    string    `json:"from,omitempty"`
	To      string    `json:"to,omitempty"`
}

// Actions are the last ones of everybody, the newest first.
type Actions struct {
	Actions []Action `json:"actions"`
}

// LeftPause is a pause left behind: its session has ended, and it lasts.
type LeftPause struct {
	Profile string    `json:"profile,omitempty"`
	SID     string    `json:"sid"`
	Actor   string    `json:"actor"` // who paused it, or acknowledged it last
	Paused  time.Time `json:"paused"`
	Ended   time.Time `json:"ended,omitzero"` // when the session ended; zero when it ended without a word
	Why     string    `json:"why,omitempty"`
	Until   time.Time `json:"until,omitzero"` // when the service resumes it; zero for never
}

// Left are the pauses left behind that are offered to the one who asks.
type Left struct {
	Left []LeftPause `json:"left"`
}

// Hello begins a watch.
type Hello struct {
	WhoAmI
}

// Rows are recordings of one deck: what "snapshot" and "changed" hold in the
// lines of a watch.
type Rows struct {
	Deck int    `json:"deck"`
	Seq  uint64 `json:"seq"` // of the deck's snapshot; see [deck.Snapshot]
	// Of is how many rows the snapshot has, in its first line.
	Of    int    `json:"of,omitempty"`
	State *State `json:"state,omitempty"` // nil where it has not changed
	// Recordings are the API's resources as they came, each with a [Beside] as
	// its first key, "tapedeck".
	Recordings []json.RawMessage `json:"recordings,omitempty"`
	Left       []string          `json:"left,omitempty"` // the SIDs of those that are no longer shown
}

// Poll is a line that says that a poll has ended in which nothing changed.
type Poll struct {
	Poll  int       `json:"poll"` // the deck
	Seq   uint64    `json:"seq"`
	At    time.Time `json:"at"`              // when the poll ended: [State.Complete]
	Heard Seconds   `json:"heard,omitempty"` // what to add to At to have [State.Heard]
}

// Synced says that a snapshot is complete.
type Synced struct {
	Deck int    `json:"deck"`
	Seq  uint64 `json:"seq"`
}

// Unrecorded says which calls and conferences in progress of one deck have no
// recording; see [deck.Snapshot]. It comes whenever any of it changes, and with
// each snapshot.
type Unrecorded struct {
	Deck   int       `json:"deck"`
	Wanted bool      `json:"wanted,omitempty"` // somebody wants to know: while it is false, nobody looks
	Listed time.Time `json:"listed,omitzero"`  // when those in progress were last listed
	Limit  Seconds   `json:"limit,omitempty"`  // the age of that from which on it says nothing about now
	Err    *Fault    `json:"err,omitempty"`    // why it is not known of all
	More   int       `json:"more,omitempty"`   // how many there are beside the calls
	// Pending is of how many calls it is to be read yet.
	Pending int `json:"pending,omitempty"`
	// Calls are those that are known, without one for the longest first; nil where
	// they have not changed.
	Calls *[]UnrecordedCall `json:"calls,omitempty"`
}

// UnrecordedCall is a call or a conference without a recording; see
// [deck.Unrecorded].
type UnrecordedCall struct {
	Call       json.RawMessage `json:"call,omitempty"` // with the API's names; absent for a conference
	Conference json.RawMessage `json:"conference,omitempty"`
	Since      time.Time       `json:"since,omitzero"` // server's clock
	AtLeast    bool            `json:"at_least,omitempty"`
	Before     bool            `json:"before,omitempty"` // it was recorded before
	Legs       int             `json:"legs,omitempty"`   // calls that were dialed from it
	People     int             `json:"people,omitempty"` // in the conference
	Ack        *Ack            `json:"ack,omitempty"`    // its acknowledged alarm
	Start      *Progress       `json:"start,omitempty"`  // the last start that was asked for
}

// Beside is what tapedeck knows of a recording beside the API's resource; see
// [deck.Recording]. Call and Conference have the API's names.
type Beside struct {
	Profile string `json:"profile,omitempty"`
	// SID, CallSID and ConferenceSID are set, all three, where the deck knows
	// better than the resource, which did not say.
	SID           string          `json:"sid,omitempty"`
	CallSID       string          `json:"call_sid,omitempty"`
	ConferenceSID string          `json:"conference_sid,omitempty"`
	Call          json.RawMessage `json:"call,omitempty"`
	Conference    json.RawMessage `json:"conference,omitempty"`
	// Timeline is what the recording did, by the server's clock: for each change a
	// letter (r recorded, s paused with silence, k with skip, p paused, u unknown,
	// e ended), ~ where it is not exact, and the milliseconds since the one before,
	// or since 1970; see [deck.Timeline.String].
	Timeline string `json:"timeline,omitempty"`
	Known
}

// Known is the part of [Beside] that few recordings have.
type Known struct {
	Participants []Participant `json:"participants,omitempty"`
	Pause        *Pause        `json:"pause,omitempty"`
	Ack          *Ack          `json:"ack,omitempty"`
	Timer        *AutoResume   `json:"timer,omitempty"`
	Trouble      *Trouble      `json:"trouble,omitempty"`
	Siblings     *Siblings     `json:"siblings,omitempty"`
	Update       *Progress     `json:"update,omitempty"` // the last one
	Ended        time.Time     `json:"ended,omitzero"`   // when the deck learned that it ended
	Gone         bool          `json:"gone,omitempty"`   // it is no longer to be found, and never ended
	Asking       []Asking      `json:"asking,omitempty"` // questions that are open on it
}

// Participant is one who is in a recorded conference.
type Participant struct {
	CallSID string          `json:"call_sid,omitempty"`
	Label   string          `json:"label,omitempty"`
	Muted   bool            `json:"muted,omitempty"`
	Hold    bool            `json:"hold,omitempty"`
	Call    json.RawMessage `json:"call,omitempty"` // with the API's names
}

// Pause is the pause that a recording is in.
type Pause struct {
	Since    time.Time `json:"since,omitzero"`     // server's clock
	AtLeast  bool      `json:"at_least,omitempty"` // it is older than that
	Recorded bool      `json:"recorded,omitempty"` // who made it is what the journal says
	Behavior string    `json:"behavior,omitempty"`
	Actor    string    `json:"actor,omitempty"`
	Group    uint64    `json:"group,omitempty"`
}

// Ack is an acknowledged pause.
type Ack struct {
	Actor  string    `json:"actor,omitempty"`
	Reason string    `json:"reason,omitempty"`
	Until  time.Time `json:"until,omitzero"` // server's clock
}

// AutoResume is a resume that the service does by itself, or has failed to do.
type AutoResume struct {
	At    time.Time `json:"at,omitzero"`
	Actor string    `json:"actor,omitempty"`
	Err   string    `json:"err,omitempty"`
	Local bool      `json:"local,omitempty"` // this host alone does it, though there are others
}

// Trouble is that a recording still records though a pause of it was asked for.
type Trouble struct {
	Kind  string    `json:"kind"`
	Since time.Time `json:"since,omitzero"`
	Actor string    `json:"actor,omitempty"`
	Why   string    `json:"why,omitempty"`
	Acked bool      `json:"acked,omitempty"`
}

// Siblings are the other active recordings of the same conversation.
type Siblings struct {
	List      []Sibling `json:"list,omitempty"`
	More      int       `json:"more,omitempty"`
	Recording int       `json:"recording,omitempty"`
	Paused    int       `json:"paused,omitempty"`
}

// Sibling is one of them.
type Sibling struct {
	SID       string `json:"sid"`
	Why       string `json:"why,omitempty"`
	Recording bool   `json:"recording,omitempty"`
}

// Asking is a question that is open on a recording.
type Asking struct {
	Session string `json:"session,omitempty"` // as in [Session]
	Actor   string `json:"actor,omitempty"`
	Verb    string `json:"verb,omitempty"`
}

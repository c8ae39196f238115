// Package share holds what hosts that watch the same project tell each other:
// what the API cannot tell, which is who paused and how, who acknowledged, which
// pauses were left behind, which hosts there are, and the auto-resumes that are
// due. There is one interface, [Store], with two implementations: [Files], for a
// host that is alone, and [NATS], for several that share a NATS server with
// JetStream. Who uses a Store does not know which one it is.
//
// Nothing that another host says is the truth about a recording: the API's
// status and date_updated are. Whoever takes something from here checks that it
// fits what the API says, and acts on a recording only after a read of it.
//
// Rules that hold throughout:
//   - Which host says something is taken from the subject of its message, which
//     the server lets that host alone write, never from the message.
//   - Local clocks of two hosts are never compared. Times are by the clock of the
//     space, which each host knows by the API's answers; how long ago something
//     was heard is by the hearer's own monotonic clock.
//   - An auto-resume moves from one state to the next by compare-and-set alone.
//     The sequence of its last message in the stream is its fencing number.
//   - A TTL of the server tidies up; nothing depends on it.
package share

import (
	"context"
	"errors"
	"time"

	"tapedeck/api/journal"
)

// Store is what this host shares with others. It is safe for concurrent use.
//
// No method but the ones with a context waits for anything. Those return by the
// end of the context, and by themselves within [Patience].
type Store interface {
	// Run keeps in touch with the other hosts until ctx ends; then it says that
	// this host leaves, which takes two seconds at most. Before Run nothing is
	// heard or told. It is to be called once. The error says what cannot be
	// used at all; that a server is away is none.
	Run(ctx context.Context) error

	// Host returns the name of this host, as the others see it.
	Host() string

	// State returns whether the others can be heard, and since when.
	State() State

	// Wait waits until [State.Connected], and returns nil then; else the error
	// says why not, and wraps [ErrAway] or that of ctx.
	Wait(ctx context.Context) error

	// Put says something about a recording, in place of what this host said of
	// the same kind before; a Fact that is Over takes it back. What cannot be
	// told now is told when the server is back, the last one of each kind.
	Put(of Key, f Fact)

	// Watch calls f for all that is known now and for what changes from then
	// on, one event after another, until cancel is called. f must return soon,
	// and may call every method of the Store but Watch; cancel does not wait
	// for a call of f that is under way.
	//
	// The first events are what is known, then a State. A State that is Connected
	// follows on all that the other hosts have said until then, also after the
	// server was away: what has gone meanwhile was taken back before.
	Watch(f func(Event)) (cancel func())

	// Hosts returns the hosts that are known, by name, this one among them.
	Hosts() []Host

	// SetSessions says how many sessions this host has.
	SetSessions(n int)

	Timers

	// Journal has the host's journal sent to the others from now on: dir is its
	// state directory. What was appended while the server was away is sent when
	// it is back.
	Journal(dir string)

	// JournalChanged says that a line was appended, which is then sent at once;
	// without it within two seconds.
	JournalChanged()

	// ReadJournals calls f with each journal line that any host has sent, each
	// host's in its order, until f returns false.
	ReadJournals(ctx context.Context, f func(JournalLine) bool) error
}

// Timers are the auto-resumes. One recording has one at most. Each method but
// Timer moves it to another state if it is still in the state that the caller
// knows, and returns the new one.
//
// The errors, besides that of ctx: [ErrAway] when nothing was written, for the
// server is away; [ErrUnknown] when it may have been written; a [*ConflictError]
// when it is in another state by now; [ErrForeign] when its state was written by
// a newer tapedeck; [ErrEarly], [ErrLate], [ErrHeld], [ErrWindow], [ErrFiring],
// [ErrFired] and [ErrNoTimer] as each says.
type Timers interface {
	// Timer reads the auto-resume of a recording from the server; one with no
	// State where there is none.
	Timer(ctx context.Context, of Key) (Timer, error)

	// SetTimer sets the auto-resume of a recording, or changes it. One that may
	// be firing cannot be changed: ErrFiring. After ErrUnknown it counts as not
	// set: it is canceled as soon as it turns up, unless it has fired by then.
	SetTimer(ctx context.Context, of Key, s Setting) (Timer, error)

	// Claim takes an auto-resume that is due at now, the space's clock, so that
	// this host alone may fire it. One that another host has claimed is taken
	// over [TakeOver] after it was heard of here.
	Claim(ctx context.Context, t Timer, now time.Time) (Timer, error)

	// Fire says that this host is about to resume the recording. Only when it
	// returns without an error may the POST be sent, and only before
	// [Timer.FireBy]. From then on no host claims it again.
	Fire(ctx context.Context, t Timer) (Timer, error)

	// Finish says that the recording was resumed: outcome is the result of the
	// request, or how it was seen. It is for the one who fired it, and for any
	// host that finds by the API what became of one that fired.
	Finish(ctx context.Context, t Timer, outcome string) (Timer, error)

	// Fail says that it was not done, or may not have been, and why. It is for
	// one that is too late at now, the space's clock, for the one who claimed or
	// fired it, and for one that fired and of which its host says nothing more.
	Fail(ctx context.Context, t Timer, now time.Time, why string) (Timer, error)

	// CancelTimer cancels the auto-resume of a recording, whatever its state is
	// by now. ErrFiring: it may have fired. ErrFired: it has. ErrNoTimer: there
	// is none.
	CancelTimer(ctx context.Context, of Key, by journal.Who) (Timer, error)

	// Release gives back a claim: any host may claim it at once.
	Release(ctx context.Context, t Timer) (Timer, error)
}

// Patience is how long a method with a context waits for the server.
const Patience = 5 * time.Second

// Why something was not done; test with errors.Is.
var (
	// ErrAway: the server is away, and nothing was written.
	ErrAway = errors.New("the shared server is away")
	// ErrUnknown: the server did not answer, and it may have been written.
	ErrUnknown = errors.New("the shared server did not answer: it may or may not have been written")
	// ErrForeign: a newer tapedeck wrote it. It is left as it is.
	ErrForeign = errors.New("a newer tapedeck wrote it")
	// ErrTooLarge: it has more text than is shared.
	ErrTooLarge = errors.New("it is too large to be shared")
)

// Key says which recording, or which call or conference without one.
type Key struct {
	// Space is the space's host, or its URL as in the settings. What a Store
	// returns has the host, in lower case; a URL that is not https:// stays one.
	Space   string
	Project string
	SID     string // as it came from the API
}

// State says whether the others can be heard.
type State struct {
	// Shared: there may be others. It is false for [Files], always.
	Shared bool
	// Connected: the server answers, and all that the others have said is known.
	// It is true for [Files].
	Connected bool
	Since     time.Time // since when it is as it is, local
	Why       string    // why it is not connected, without passwords; empty when it is
}

// Host is a host that shares.
type Host struct {
	Name     string
	Version  string // of its tapedeck
	Sessions int    // of all its processes
	Self     bool   // it is this one
	// Gone: nothing was heard of it for [GoneAfter], or Left.
	Gone bool
	// Left: it said that it leaves.
	Left bool
	// Heard is when it was last heard of: local, with a monotonic reading. It
	// does not change with each sign of life in an [Event], but with what Hosts
	// returns.
	Heard time.Time
}

// How soon a host counts as gone.
const (
	// Beat is how often a host gives a sign of life.
	Beat = 4 * time.Second
	// GoneAfter is how long a host is not heard of until it counts as gone.
	GoneAfter = 12 * time.Second
)

// Event is something that has changed: one of its fields is set.
type Event struct {
	Told  *Told  // a host says something of a recording, or takes it back
	Timer *Timer // an auto-resume is in another state; no State: it has vanished
	Host  *Host  // a host has come, gone, left, or has another version or number of sessions
	State *State // the server is away, or back
	// Odd is something that cannot be understood and is left alone, as a
	// sentence for a person. Each kind of it is said once.
	Odd string
}

// Told is a [Fact], by a host.
type Told struct {
	Key
	Fact
	Host string // who says it, by the server's permissions
	// Own: a process of this host said it; not this one, or before a restart.
	Own bool
	// Seq is its fencing number: what has a higher one was said later.
	Seq uint64
}

// Fact is what a host says of a recording. One of Pause, Ack and Left is set;
// of one that is Over, to its zero value.
type Fact struct {
	Pause *Pause
	Ack   *Ack
	Left  *Left
	Over  bool // it does not count any more
}

// Pause is a pause as the one who made it, or first saw it, knows it.
type Pause struct {
	Updated  time.Time   `json:"updated,omitzero"` // date_updated of the recording during it; zero where the API has none
	Since    time.Time   `json:"since,omitzero"`   // the space's clock
	AtLeast  bool        `json:"at_least,omitempty"`
	Looked   bool        `json:"looked,omitempty"`   // Since is when it was seen, and not dated by the API
	Behavior string      `json:"behavior,omitempty"` // silence or skip; empty where it is not known
	Actor    journal.Who `json:"actor,omitzero"`     // zero where nobody is known
	Group    uint64      `json:"group,omitempty"`
	Request  string      `json:"request,omitempty"` // its ID in the host's journal
}

// Ack is an acknowledgement.
type Ack struct {
	Updated time.Time   `json:"updated,omitzero"` // date_updated of the recording when it was given
	About   string      `json:"about,omitempty"`  // pause, trouble or unrecorded; empty for pause
	At      time.Time   `json:"at,omitzero"`      // the space's clock
	Until   time.Time   `json:"until,omitzero"`   // the space's clock; zero for no end
	Actor   journal.Who `json:"actor,omitzero"`
	Reason  string      `json:"reason,omitempty"`
}

// Left is a pause that a session of the host left behind.
type Left struct {
	Updated time.Time   `json:"updated,omitzero"` // date_updated of the recording during the pause
	Paused  time.Time   `json:"paused,omitzero"`  // the space's clock
	Ended   time.Time   `json:"ended,omitzero"`   // when the session ended, the space's clock; zero when that is not known
	Actor   journal.Who `json:"actor,omitzero"`
	Role    string      `json:"role,omitempty"` // that the actor had on the host; empty for none
	Why     string      `json:"why,omitempty"`
	Until   time.Time   `json:"until,omitzero"` // when it was to be resumed, the space's clock; zero for never
}

// JournalLine is a line of a host's journal.
type JournalLine struct {
	Host  string
	Chain string // which of the host's journals it is of
	Seq   uint64 // the number of the line
	Hash  string // SHA-256 of the line, in hex
	Line  []byte // as it is in the file, without its end; good until f returns
}

// Package policy has what a project's policy moves: what asks first, what is
// refused, what alarms. One table has all of it; the deck, the settings, the
// screen and the README take it from there.
package policy

import (
	"strconv"
	"time"
)

// Policy says what the recordings of a project are for. The zero value is
// [Privacy].
type Policy string

// The policies.
const (
	Privacy  Policy = "privacy"  // what must not be recorded can be kept out with one key
	Evidence Policy = "evidence" // recording is mandated: every gap is meant, and somebody answers for it
)

// Words are the policies as the settings have them, the default first.
func Words() []string { return []string{string(Privacy), string(Evidence)} }

// Defaults are what a policy moves.
type Defaults struct {
	PauseAsks  bool // a pause of one recording asks for y
	ResumeAsks bool // a resume of one recording asks for y
	Skip       bool // a pause may cut its time out of the recording
	StopReason bool // a stop needs a reason
	// StopNamed: where there are roles, one needs a word of its own to stop, which
	// "all" does not stand for.
	StopNamed bool
	// UnrecordedAlarm is how long a call in progress may be without a recording
	// before it alarms; 0 for ever.
	UnrecordedAlarm time.Duration
}

// table is what each policy moves: the one place for it.
var table = map[Policy]Defaults{
	Privacy:  {ResumeAsks: true, Skip: true},
	Evidence: {PauseAsks: true, StopReason: true, StopNamed: true, UnrecordedAlarm: time.Minute},
}

// Defaults returns what the policy moves; of one that is not known, what
// [Evidence] does.
func (p Policy) Defaults() Defaults {
	if p == "" {
		p = Privacy
	}
	if d, ok := table[p]; ok {
		return d
	}
	return table[Evidence]
}

// Name returns the policy's word, also for the zero value.
func (p Policy) Name() string {
	if p == "" {
		return string(Privacy)
	}
	return string(p)
}

// Strictest returns the policy of things that several policies hold for: the one
// that refuses more.
func Strictest(a, b Policy) Policy {
	if a.Defaults() == table[Privacy] {
		return b
	}
	return a
}

// StopWord is the word that a role needs to stop recordings where the policy
// names stops; see [Defaults].
const StopWord = "stop-evidence"

// Row is a line of the table in words.
type Row struct {
	Name string // of what is moved, as a setting is named
	What string // what it is about
	Is   string // what it is by default
}

// UnrecordedAlarm is the name of the row that is a setting of its own.
const UnrecordedAlarm = "unrecorded-alarm"

// Rows returns what the policy moves, in words and in the order of the README.
func (p Policy) Rows() []Row {
	d := p.Defaults()
	return []Row{
		{"pause", "pausing a recording", either(d.PauseAsks, "asks", "one key")},
		{"skip", "a pause that cuts its time out", either(d.Skip, "allowed", "refused")},
		{"resume", "resuming a recording", either(d.ResumeAsks, "asks", "one key")},
		{"stop", "what is typed to stop a recording", either(d.StopReason, "a reason, then the end of the SID", "the end of the SID")},
		{"stop-word", "the word of a role that may stop", either(d.StopNamed, StopWord+", beside stop", "stop")},
		{UnrecordedAlarm, "a call without a recording alarms after", alarm(d.UnrecordedAlarm)},
	}
}

// alarm says after which time something alarms; 0 is for ever.
func alarm(d time.Duration) string {
	if d == 0 {
		return "never"
	}
	return strconv.Itoa(int(d.Seconds())) + " s"
}

func either(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}

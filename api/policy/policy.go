// Package policy has what a project's policy moves: what asks first, what is
// refused, what alarms. One table has all of it; the deck, the settings, the
// screen and the README take it from there.
package policy

import "time"

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
	Is   string // what it is by default
}

// Rows returns what the policy moves, in words and in the order of the README.
func (p Policy) Rows() []Row {
	d := p.Defaults()
	return []Row{
		{"pausing", either(d.PauseAsks, "asks for y", "is one key")},
		{"skip", either(d.Skip, "may cut the time out", "is refused: silence keeps the timeline")},
		{"resuming", either(d.ResumeAsks, "asks for y", "is one key")},
		{"stopping", either(d.StopReason, "asks for a reason and the end of the SID", "asks for the end of the SID")},
		{"stopping by role", either(d.StopNamed, "needs the word "+StopWord+", which all does not stand for", "needs the word stop")},
		{UnrecordedAlarm, alarm(d.UnrecordedAlarm)},
	}
}

// UnrecordedAlarm is the name of the row that is a setting of its own.
const UnrecordedAlarm = "unrecorded-alarm"

func alarm(d time.Duration) string {
	if d == 0 {
		return "never"
	}
	return d.Truncate(time.Second).String()
}

func either(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}

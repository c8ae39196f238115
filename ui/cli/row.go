package cli

import (
	"strconv"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/names"
	"tapedeck/ui/theme"
)

// row is a recording as a command shows it at one moment.
type row struct {
	*deck.Recording
	snapshot *deck.Snapshot // whose clock and limits hold
	now      time.Time      // local
	view     names.View
	profile  string // of the settings; empty for none
}

// beside is what tapedeck knows of a recording beside the API's resource, as
// JSON has it under "tapedeck". schema/recording.json describes it.
type beside struct {
	Profile    string       `json:"profile,omitempty"`
	Short      string       `json:"short_sid"`
	Word       string       `json:"word"`
	Active     bool         `json:"active"`
	Gone       bool         `json:"gone"`
	Kind       string       `json:"kind"`
	Who        string       `json:"who"`
	From       *string      `json:"from"`
	To         *string      `json:"to"`
	Conference *string      `json:"conference"`
	Began      *time.Time   `json:"began"`
	Running    *seconds     `json:"running_for"`
	Level      string       `json:"level"`
	Timeline   []edgeJSON   `json:"timeline"`
	Pause      *pauseJSON   `json:"pause"`
	Ack        *ackJSON     `json:"ack"`
	Timer      *timerJSON   `json:"timer"`
	Trouble    *troubleJSON `json:"trouble"`
	Update     *updateJSON  `json:"update"`
	Ended      *time.Time   `json:"ended"`
}

type pauseJSON struct {
	Since    time.Time `json:"since"`
	AtLeast  bool      `json:"at_least"`
	For      seconds   `json:"for"`
	Behavior string    `json:"behavior,omitempty"`
	Actor    string    `json:"actor,omitempty"`
}

type ackJSON struct {
	Actor  string    `json:"actor"`
	Reason string    `json:"reason"`
	Until  time.Time `json:"until"`
}

type timerJSON struct {
	At  *time.Time `json:"at"`
	Err string     `json:"err,omitempty"`
}

type troubleJSON struct {
	Kind  string    `json:"kind"`
	Since time.Time `json:"since"`
	Actor string    `json:"actor,omitempty"`
	Why   string    `json:"why,omitempty"`
	Acked bool      `json:"acked"`
}

// updateJSON is a step of an update.
type updateJSON struct {
	Verb     string    `json:"verb"`
	Behavior string    `json:"behavior,omitempty"`
	Outcome  string    `json:"outcome"`
	Settled  bool      `json:"settled"`
	Actor    string    `json:"actor,omitempty"`
	ByTimer  bool      `json:"by_timer,omitempty"`
	Asked    time.Time `json:"asked"`
	Reason   string    `json:"reason,omitempty"`
	ID       string    `json:"journal_id,omitempty"`
}

// seconds is a duration as JSON has it: a number of seconds, to the millisecond.
type seconds time.Duration

// MarshalJSON writes the number of seconds.
func (s seconds) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, time.Duration(s).Round(time.Millisecond).Seconds(), 'f', -1, 64), nil
}

// utc returns a time for JSON, in UTC and to the millisecond; nil for none.
func utc(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Millisecond)
	return &t
}

// short returns the SID's last characters.
func (s row) short() string { return ending(text.New(s.SID.SID()), leastSID) }

// word returns the operator's word for the status.
func (s row) word() string { return text.New(theme.Word(string(s.Status), s.Gone)).String() }

// who returns who is on the line, as the dashboard names it.
func (s row) who() string { return s.view.Who(s.Recording) }

func (s row) kind() string {
	if s.IsConference() {
		return "conference"
	}
	return "call"
}

// pausedFor returns for how long the recording has been paused.
func (s row) pausedFor() (time.Duration, bool) {
	return s.Pause.For(s.snapshot.ServerTime(s.now)), s.Paused() && !s.Pause.Since.IsZero()
}

// runningFor returns for how long the recording has run; once it has ended, how
// long it was. ok is false where nobody knows.
func (s row) runningFor() (d time.Duration, ok bool) {
	began := s.Began()
	switch {
	case s.Active():
		return max(0, s.snapshot.ServerTime(s.now).Sub(began)), !began.IsZero()
	case !began.IsZero() && !s.End.IsZero() && !s.End.Before(began):
		return s.End.Sub(began), true
	}
	return s.Duration, s.HasDuration && !s.Gone
}

// level returns how much the recording wants attention.
func (s row) level() string {
	switch s.snapshot.Level(s.Recording, s.now) {
	case deck.Alarm:
		return "alarm"
	case deck.Warn:
		return "warn"
	}
	return "calm"
}

// beside returns what tapedeck knows of the recording.
func (s row) beside() beside {
	b := beside{
		Profile: s.profile, Short: s.short(), Word: s.word(), Active: s.Active(), Gone: s.Gone, Kind: s.kind(), Who: s.who(),
		Began: utc(s.Began()), Level: s.level(), Ended: utc(s.Ended), Timeline: s.timeline(),
	}
	if c := s.Call; c != nil {
		from, to := s.view.Party(s.SID, c.From, c.FromShown()), s.view.Party(s.SID, c.To, c.ToShown())
		b.From, b.To = &from, &to
	}
	if c := s.Conference; c != nil && !c.FriendlyName.IsZero() {
		name := s.view.Line(s.Recording)
		b.Conference = &name
	}
	if d, ok := s.runningFor(); ok {
		b.Running = (*seconds)(&d)
	}
	if d, ok := s.pausedFor(); ok {
		b.Pause = &pauseJSON{*utc(s.Pause.Since), s.Pause.AtLeast, seconds(d), string(s.Pause.Behavior), s.Pause.Actor}
	}
	if !s.Ack.Until.IsZero() {
		b.Ack = &ackJSON{s.Ack.Actor, s.Ack.Reason, *utc(s.Ack.Until)}
	}
	if t := s.Recording.Timer; !t.At.IsZero() || t.Err != "" {
		b.Timer = &timerJSON{utc(t.At), t.Err}
	}
	if t := s.Trouble; t.Kind != "" {
		b.Trouble = &troubleJSON{string(t.Kind), *utc(t.Since), t.Actor, t.Why, t.Acked}
	}
	if s.Recording.Update != nil {
		b.Update = updateOf(*s.Recording.Update)
	}
	return b
}

// updateOf returns an update as JSON has it.
func updateOf(p deck.Progress) *updateJSON {
	return &updateJSON{
		Verb: p.Request.Verb(), Behavior: string(p.Request.Update.PauseBehavior), Outcome: string(p.Outcome), Settled: p.Settled,
		Actor: p.Request.Actor.Name(), ByTimer: p.Request.ByTimer, Asked: *utc(p.Asked), Reason: reasonFor(p), ID: p.JournalID,
	}
}

// reasonFor says why an update has the outcome that it has; empty where there is
// nothing to say.
func reasonFor(p deck.Progress) string {
	why := ""
	if p.Err != nil {
		why = deck.Reason(p.Err)
		if _, answered := asAnswer(p.Err); answered {
			why = api.Words(p.Err)
		}
	}
	switch {
	case why == "":
		return p.Note
	case p.Note == "":
		return why
	}
	return why + "; " + p.Note
}

// appendJSON appends the recording as one JSON object: the API's fields as they
// came, and what tapedeck knows of it.
func (s row) appendJSON(dst []byte) []byte {
	return appendResource(dst, s.Recording.Recording, marshal(s.beside()))
}

// appendResource appends a resource as it came, with more as its last field,
// "tapedeck".
func appendResource(dst []byte, rec api.Recording, more []byte) []byte {
	at := len(dst)
	dst = rec.AppendSafe(dst)
	if len(dst) == at { // no resource: it is known by its SID alone
		dst = append(dst, "{}"...)
	}
	dst = dst[:len(dst)-1]
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	dst = append(dst, `"tapedeck":`...)
	dst = append(dst, more...)
	return append(dst, '}')
}

package share

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/text"
)

// version is that of the values that this tapedeck writes and understands.
const version = 1

// Sizes, in bytes.
const (
	maxValue = 8 << 10 // of a value
	maxText  = 512     // of one text in it
)

// value is a message: what it says is in the one of its parts that fits its
// subject.
type value struct {
	Version  int    `json:"v"`
	Host     string `json:"host"`     // as in the subject
	Instance string `json:"instance"` // the process that wrote it
	// Fence is the last sequence of the stream that the writer knew of its
	// subject, for an auto-resume of all hosts'.
	Fence uint64 `json:"fence"`

	Over     bool          `json:"over,omitempty"`
	Pause    *Pause        `json:"pause,omitempty"`
	Ack      *Ack          `json:"ack,omitempty"`
	Left     *Left         `json:"left,omitempty"`
	Timer    *timerValue   `json:"timer,omitempty"`
	Presence *presenceHere `json:"here,omitempty"`
}

// timerValue is a [Timer].
type timerValue struct {
	State   TimerState  `json:"state"`
	ID      string      `json:"id"`
	Write   string      `json:"write"`
	Pause   time.Time   `json:"pause,omitzero"`
	At      time.Time   `json:"at,omitzero"`
	Due     time.Time   `json:"due"`
	Actor   journal.Who `json:"actor,omitzero"`
	SetBy   string      `json:"set_by"`
	Outcome string      `json:"outcome,omitempty"`
	Why     string      `json:"why,omitempty"`
	By      string      `json:"by,omitempty"`
}

// presenceHere is a sign of life of a process.
type presenceHere struct {
	Version  string `json:"version"`
	Sessions int    `json:"sessions"`
	Left     bool   `json:"left,omitempty"`
}

// errNewer is of a value of another version.
type errNewer struct{ version int }

func (e errNewer) Error() string {
	return fmt.Sprintf("it is of version %d, and this tapedeck knows version %d", e.version, version)
}

func (e errNewer) Is(target error) bool { return target == ErrForeign }

var errNotValue = errors.New("it is not what a tapedeck writes")

// encode returns a value as it is sent. Texts are made safe and short. The error
// is ErrTooLarge.
func (v value) encode() ([]byte, error) {
	v.Version = version
	b, err := json.Marshal(v.normal())
	if err == nil {
		b, err = cleaned(b)
	}
	if err == nil && len(b) > maxValue {
		err = ErrTooLarge
	}
	return b, err
}

// decode reads the value of a subject. The error is errNewer for one of another
// version, and else errNotValue or says what contradicts the subject.
func decode(at address, b []byte) (v value, err error) {
	if len(b) > maxValue {
		return v, errNotValue
	}
	var head struct {
		Version int `json:"v"`
	}
	if json.Unmarshal(b, &head) != nil || head.Version < 1 {
		return v, errNotValue
	}
	if head.Version != version {
		return v, errNewer{head.Version}
	}
	if b, err = cleaned(b); err != nil || json.Unmarshal(b, &v) != nil {
		return value{}, errNotValue
	}
	if v.Host != at.host {
		return value{}, errors.New("it names another host than its subject")
	}
	if v = v.normal(); !v.fits(at) {
		return value{}, errNotValue
	}
	return v, nil
}

// fits reports whether a value has what its subject says, and nothing else.
func (v *value) fits(at address) bool {
	parts := 0
	for _, there := range []bool{v.Pause != nil, v.Ack != nil, v.Left != nil, v.Timer != nil, v.Presence != nil} {
		if there {
			parts++
		}
	}
	switch at.class {
	case "state":
		if v.Over {
			return parts == 0
		}
		kind, ok := Fact{Pause: v.Pause, Ack: v.Ack, Left: v.Left}.kind()
		return ok && parts == 1 && kind == at.last
	case "timer":
		return parts == 1 && v.Timer != nil && v.Timer.fits()
	case "host":
		return parts == 1 && v.Presence != nil && v.Instance == at.last
	}
	return false
}

// fits reports whether it is a state that a timer can have.
func (t *timerValue) fits() bool {
	switch t.State {
	case TimerSet, TimerClaimed, TimerFiring, TimerDone, TimerFailed, TimerCanceled:
		return t.ID != "" && !t.Due.IsZero()
	}
	return false
}

// fact returns what the value says, of a kind.
func (v *value) fact(kind string) Fact {
	if v.Over {
		f, _ := overFact(kind)
		return f
	}
	return Fact{Pause: v.Pause, Ack: v.Ack, Left: v.Left}
}

// cleaned returns JSON with each text in it made safe to show, and short.
func cleaned(b []byte) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return json.Marshal(cleanedValue(v))
}

func cleanedValue(v any) any {
	switch v := v.(type) {
	case string:
		return short(v)
	case []any:
		for i := range v {
			v[i] = cleanedValue(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = cleanedValue(v[name])
		}
	}
	return v
}

// normal returns a value with its times as they are written; what v points to
// stays as it is.
func (v value) normal() value {
	if v.Pause != nil {
		p := *v.Pause
		p.Updated, p.Since = sane(p.Updated), sane(p.Since)
		v.Pause = &p
	}
	if v.Ack != nil {
		a := *v.Ack
		a.Updated, a.At, a.Until = sane(a.Updated), sane(a.At), sane(a.Until)
		v.Ack = &a
	}
	if v.Left != nil {
		l := *v.Left
		l.Updated, l.Paused, l.Ended, l.Until = sane(l.Updated), sane(l.Paused), sane(l.Ended), sane(l.Until)
		v.Left = &l
	}
	if v.Timer != nil {
		t := *v.Timer
		t.Pause, t.At, t.Due = sane(t.Pause), sane(t.At), sane(t.Due)
		v.Timer = &t
	}
	return v
}

// sane returns a time in UTC without a monotonic reading; one that JSON cannot
// hold, or that is in another century, is none.
func sane(t time.Time) time.Time {
	if t = t.Round(0).UTC(); t.Year() < 2000 || t.Year() > 2199 {
		return time.Time{}
	}
	return t
}

// short returns s made safe to show, of maxText bytes at most.
func short(s string) string {
	s = text.New(s).String()
	if len(s) <= maxText {
		return s
	}
	cut := maxText - len("…")
	for cut > 0 && s[cut]&0xC0 == 0x80 { // not within a character
		cut--
	}
	return s[:cut] + "…"
}

// timer returns the state that the value of a subject says.
func (v *value) timer(at address, seq uint64, seen time.Time) Timer {
	w := v.Timer
	return Timer{
		Key: at.key, State: w.State, ID: w.ID, SetBy: w.SetBy, Host: at.host, Instance: v.Instance,
		Setting: Setting{Pause: w.Pause, At: w.At, Due: w.Due, Actor: w.Actor},
		Outcome: w.Outcome, Why: w.Why, By: w.By, Seq: seq, write: w.Write, seen: seen,
	}
}

// valueOf returns a timer as it is written; fence is the sequence of the state
// that it follows on.
func (t Timer) valueOf(fence uint64) value {
	return value{
		Host: t.Host, Instance: t.Instance, Fence: fence,
		Timer: &timerValue{
			State: t.State, ID: t.ID, Write: t.write, SetBy: t.SetBy,
			Pause: t.Pause, At: t.At, Due: t.Due, Actor: t.Actor,
			Outcome: t.Outcome, Why: t.Why, By: t.By,
		},
	}
}

package deck

import (
	"errors"
	"strings"
	"time"

	"tapedeck/api"
	"tapedeck/api/policy"
	"tapedeck/api/text"
)

// Policy says what the recordings of a project are for; see [policy.Policy].
type Policy = policy.Policy

// The policies.
const (
	Privacy  = policy.Privacy
	Evidence = policy.Evidence
)

// Why a request is refused without being sent, by the policy of its project; test
// with errors.Is.
var (
	ErrSkip     = errors.New("its policy is evidence: skip is refused, and silence keeps the timeline")
	ErrNoReason = errors.New("its policy is evidence: a stop needs a reason")
)

// MaxReason is how long the reason of a request is at most, in bytes; what is
// longer is cut.
const MaxReason = 1 << 10

// allow returns a request as the policy has it, or why it does not allow it: the
// one place where it is kept, whatever way a request comes in.
func (c Config) allow(req Request) (Request, error) {
	if req.Update.Status == api.Paused && req.Update.PauseBehavior == "" {
		req.Update.PauseBehavior = api.Silence
	}
	req.Reason = CleanReason(req.Reason)
	d := c.Policy.Defaults()
	switch {
	case req.Update.PauseBehavior == api.Skip && !d.Skip:
		return req, ErrSkip
	case req.Update.Status == api.Stopped && req.Reason == "" && d.StopReason:
		return req, ErrNoReason
	}
	return req, nil
}

// CleanReason returns a reason that a person gave on one line, safe to show; empty
// for one that says nothing.
func CleanReason(reason string) string {
	reason = strings.TrimSpace(text.New(reason).String())
	if len(reason) > MaxReason {
		reason = strings.ToValidUTF8(reason[:MaxReason], "")
	}
	return reason
}

// PolicyOf returns the policy of a recording's project; r may be nil, for that of
// the snapshot.
func (s *Snapshot) PolicyOf(r *Recording) Policy {
	if r == nil {
		return s.Policy
	}
	return s.Of(r).Policy
}

// Mandated returns the profiles whose policy is not [Privacy], of several; all is
// that every one is, or that of one profile.
func (s *Snapshot) Mandated() (names []string, all bool) {
	mandated := func(s *Snapshot) bool { return s.Policy.Defaults() != Privacy.Defaults() }
	if !s.Several() {
		return nil, mandated(s)
	}
	for _, p := range s.Parts {
		if mandated(p.Snapshot) {
			names = append(names, p.Profile)
		}
	}
	return names, len(names) == len(s.Parts)
}

// mergePolicy takes in the policy of one of several parts: the strictest counts
// for what is of no one part.
func (s *Snapshot) mergePolicy(p *Snapshot) {
	s.Policy = policy.Strictest(s.Policy, p.Policy)
	if s.UnrecordedAlarm = shortest(s.UnrecordedAlarm, p.UnrecordedAlarm); s.Policy == "" {
		s.Policy = p.Policy
	}
}

// shortest returns the shorter time, where 0 is for ever.
func shortest(a, b time.Duration) time.Duration {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

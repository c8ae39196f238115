package ui

import (
	"strings"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/policy"
	"tapedeck/ui/prompt"
)

// asks reports whether an action opens a question about one recording: what the
// table of actions says, but for a pause and a resume, which the policy of its
// project decides.
func (m *Model) asks(a *action, r *deck.Recording) bool {
	switch d := m.live.PolicyOf(r).Defaults(); {
	case a.update.Status == api.Paused && !a.ask:
		return d.PauseAsks
	case a.update.Status == api.InProgress:
		return d.ResumeAsks
	}
	return a.ask
}

// updateOf returns what an action asks of a recording: where the policy of its
// project refuses skip, a pause is with silence, whatever the setting of this
// screen is.
func (m *Model) updateOf(a *action, r *deck.Recording) api.Update {
	u := a.update
	if u.PauseBehavior == api.Skip && !m.live.PolicyOf(r).Defaults().Skip {
		u.PauseBehavior = api.Silence
	}
	return u
}

// roleRefuses says why the role does not allow an action on a recording, though it
// has the action's word; empty where it does. r may be nil.
func (m *Model) roleRefuses(a *action, r *deck.Recording) string {
	if a.update.Status != api.Stopped || r == nil || !m.live.PolicyOf(r).Defaults().StopNamed {
		return ""
	}
	return m.mayNot(mayStop, mayStopNamed)
}

// policyOfAll returns the strictest policy of what a question is about.
func (m *Model) policyOfAll(many []prompt.One) (p deck.Policy) {
	for _, o := range many {
		p = policy.Strictest(p, m.live.PolicyOf(&deck.Recording{Profile: o.Request.Profile}))
	}
	return p
}

// byPolicy says what a key does by the policies of what is shown: of several, both.
func (m *Model) byPolicy(a *action) string {
	words := a.key.Help().Desc
	some, all := m.live.Mandated()
	switch {
	case a.mandated == "" || !all && len(some) == 0:
	case all:
		return a.mandated
	default:
		words = strings.TrimSuffix(words, timerOfChoice) + "; where the policy is evidence: " + a.mandated
	}
	return words
}

// hintOf returns the hint of an action for the selected recording; r may be nil.
func (m *Model) hintOf(a *action, r *deck.Recording) string {
	if a.hinted != "" && m.live.PolicyOf(r) == deck.Evidence {
		return a.hinted
	}
	return a.hint
}

// resumesHere reports whether resuming the selected recording is one key.
func (m *Model) resumesHere() bool {
	r, ok := m.selected()
	return ok && !m.live.PolicyOf(r).Defaults().ResumeAsks
}

// pauseHint is the hint of p for the selected recording.
func (m *Model) pauseHint() string {
	r, _ := m.selected()
	return m.hintOf(m.keys.find("p"), r)
}

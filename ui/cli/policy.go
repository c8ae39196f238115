package cli

import (
	"slices"
	"strconv"
	"strings"

	"tapedeck/api"
	"tapedeck/api/deck"
)

// asks reports whether the command asks about these recordings: about a stop
// always, about a pause or a resume where the policy of one of them says so.
func (a *act) asks(l *link, reqs []deck.Request) bool {
	return a.verb == "stop" || slices.ContainsFunc(reqs, func(req deck.Request) bool {
		d := l.policyOf(req).Defaults()
		return a.verb == "pause" && d.PauseAsks || a.verb == "resume" && d.ResumeAsks
	})
}

// policyOf returns the policy of the project that a request is about.
func (l *link) policyOf(req deck.Request) deck.Policy {
	return l.Snapshot().PolicyOf(&deck.Recording{Profile: req.Profile})
}

// updateOf returns what is asked of a recording. A skip that only the settings ask
// for is silence where the policy refuses skip; one by a flag is refused.
func (a *act) updateOf(l *link, rec *deck.Recording) api.Update {
	u := a.update
	if u.PauseBehavior == api.Skip && !a.skipSet && !l.Snapshot().PolicyOf(rec).Defaults().Skip {
		u.PauseBehavior = api.Silence
	}
	return u
}

// reasonMissing reports whether a stop needs a reason that was not given.
func (a *act) reasonMissing(l *link, reqs []deck.Request) bool {
	return a.verb == "stop" && a.reason == "" && slices.ContainsFunc(reqs, func(req deck.Request) bool { return l.policyOf(req).Defaults().StopReason })
}

// checkReason refuses a reason that says nothing, or too much.
func (a *act) checkReason(given bool) error {
	switch {
	case len(a.reason) > deck.MaxReason:
		return usage("cannot use the text for --reason: it is longer than " + strconv.Itoa(deck.MaxReason) + " bytes")
	case given && strings.TrimSpace(a.reason) == "":
		return usage("cannot use "+strconv.Quote(a.reason)+" for --reason: it says nothing", "leave --reason out, or say why")
	}
	a.reason = deck.CleanReason(a.reason)
	return nil
}

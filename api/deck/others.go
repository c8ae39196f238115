package deck

import (
	"strings"

	"tapedeck/api/text"
)

// Label names a profile on a screen: by its name in the settings, else by its
// space. It is clean.
func (p Part) Label() string {
	if p.Profile == "" {
		return p.SpaceName()
	}
	return text.New(p.Profile).String()
}

// SpaceName is the host of the space. It is clean.
func (p Part) SpaceName() string {
	_, host, ok := strings.Cut(p.Space, "://")
	if !ok {
		host = p.Space
	}
	return text.New(strings.TrimSuffix(host, "/")).String()
}

// Words says who is about to do what: "alice is pausing".
func (a Asking) Words() string { return text.New(a.Actor).String() + " is " + a.Doing() }

// Doing is what somebody is about to do: pausing, resuming or stopping.
func (a Asking) Doing() string {
	switch a.Verb {
	case "pause":
		return "pausing"
	case "resume":
		return "resuming"
	case "stop":
		return "stopping"
	}
	return "at work"
}

// Others returns who else is at work on a recording: the questions that are open
// on other screens, and an update under way that somebody other than me has
// asked for.
func (r *Recording) Others(me string) []Asking {
	p := r.Update
	if p == nil || p.Settled || p.Request.ByTimer {
		return r.Asking
	}
	by := p.Request.Actor.Name()
	if by == "" || by == me {
		return r.Asking
	}
	return append(r.Asking[:len(r.Asking):len(r.Asking)], Asking{Actor: by, Verb: p.Request.Verb()})
}

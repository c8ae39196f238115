package ui

import (
	"fmt"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/ui/prompt"
)

// doOne sends a request about one recording. After a pause it asks for those
// that still record the same conversation: the one that was meant is paused at
// once, the others only with a y. The key that sent it does nothing in the
// question, unless it is y.
func (m *Model) doOne(req deck.Request, short, key string, now time.Time) tea.Cmd {
	cmd := m.do(req, short, now)
	if key == "y" {
		key = ""
	}
	if req.Update.Status == api.Paused {
		m.askSiblings(req, short, key, now)
	}
	return cmd
}

// askSiblings opens the question whether the siblings that can be paused are
// paused as well, each with the reason why it is one.
func (m *Model) askSiblings(req deck.Request, short, key string, now time.Time) {
	r := m.live.Find(req.SID)
	if r == nil || m.prompt != nil {
		return
	}
	var many []prompt.One
	for _, s := range r.Siblings.List {
		o := m.live.Find(s.SID)
		if o == nil || !o.Active() || !slices.Contains(pausable, o.Status) || m.underWay(o.SID) != "" {
			continue
		}
		other := req
		other.SID, other.Seen = o.SID, o.Status
		many = append(many, prompt.One{
			Request: other, Short: m.list.ShortSID(o.SID), State: prompt.State(o),
			Who: s.Why + ": " + m.who(o),
		})
	}
	if len(many) == 0 {
		return
	}
	m.open(prompt.Question{
		Kind: prompt.Confirm, Opener: key, Request: many[0].Request, Short: many[0].Short, Profile: m.place(), Many: many,
		Why: fmt.Sprintf("…%s is being paused; what it records goes on in %d more.", short, len(many)),
	}, now)
}

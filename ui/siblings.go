package ui

import (
	"fmt"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/prompt"
)

// doOne sends a request about one recording. After a pause it asks for those
// that still record the same conversation: the one that was meant is paused at
// once, the others only with a y. The key that sent it does nothing in the
// question, unless it is y.
func (m *Model) doOne(req deck.Request, short, key string, now time.Time) tea.Cmd {
	cmd := m.do(req, short, now)
	if req.Update.Status == api.Paused {
		m.askSiblings([]deck.Request{req}, key, now)
	}
	return cmd
}

// askSiblings opens the question whether the siblings that can be paused are
// paused as well, each with the reason why it is one.
func (m *Model) askSiblings(reqs []deck.Request, key string, now time.Time) {
	if m.prompt != nil {
		return
	}
	asked := map[text.Text]bool{}
	for _, req := range reqs {
		asked[req.SID] = true
	}
	var many []prompt.One
	for _, req := range reqs {
		r := m.live.Find(req.SID)
		if r == nil {
			continue
		}
		for _, s := range r.Siblings.List {
			o := m.live.Find(s.SID)
			if asked[s.SID] || o == nil || !o.Active() || !slices.Contains(pausable, o.Status) || m.underWay(o.SID) != "" {
				continue
			}
			asked[s.SID] = true
			other := req
			other.SID, other.Seen = o.SID, o.Status
			many = append(many, prompt.One{
				Request: other, Short: m.list.ShortSID(o.SID), State: prompt.State(o), Who: s.Why + ": " + m.who(o),
			})
		}
	}
	if len(many) == 0 {
		return
	}
	if key == "y" {
		key = ""
	}
	what := "What " + fmt.Sprintf("the %d record", len(reqs))
	if len(reqs) == 1 {
		what = "…" + m.list.ShortSID(reqs[0].SID) + " is being paused; what it records"
	}
	m.open(prompt.Question{
		Kind: prompt.Confirm, Opener: key, Request: many[0].Request, Short: many[0].Short, Profile: m.place(), Many: many,
		Why: fmt.Sprintf("%s goes on in %d more.", what, len(many)),
	}, now)
}

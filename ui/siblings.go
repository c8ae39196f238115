package ui

import (
	"math/rand/v2"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/ui/prompt"
	"tapedeck/ui/requests"
)

// scopeCall is the pause scope with which p pauses a whole conversation.
const scopeCall = "call"

// doOne sends a request about one recording. After a pause or a resume it asks
// for the others of the same conversation: the one that was meant is updated at
// once, the others only with a y. The key that sent it does nothing in the
// question, unless it is y.
func (m *Model) doOne(req deck.Request, short, key string, now time.Time) tea.Cmd {
	cmd := m.do(req, short, now)
	m.askSiblings([]deck.Request{req}, key, now)
	return cmd
}

// one is a sibling as a question names it; req is what is asked of the
// recording whose sibling it is.
func (m *Model) one(s requests.Sibling, req deck.Request) prompt.One {
	req.SID, req.Profile, req.Seen = s.Recording.SID, s.Recording.Profile, s.Recording.Status
	return prompt.One{Request: req, Short: m.list.ShortSID(s.Recording.Key()), Project: m.list.Project(s.Recording.Key()), State: prompt.State(s.Recording), Who: s.Why + ": " + m.who(s.Recording)}
}

// askSiblings opens the question whether the siblings are updated as well, each
// with the link. It closes when what was done to the first ones is over.
func (m *Model) askSiblings(reqs []deck.Request, key string, now time.Time) (asked bool) {
	if m.prompt != nil {
		return false
	}
	seen := map[deck.Key]bool{}
	for _, req := range reqs {
		seen[req.Key()] = true
	}
	var many []prompt.One
	var reasons []reason
	var first []requests.Named
	more := 0
	for _, req := range reqs {
		r := m.live.Lookup(req.Key())
		if r == nil {
			continue
		}
		first = append(first, requests.Named{Request: req, Short: m.called(req.Key())})
		reasons = append(reasons, reason{req: req, short: m.called(req.Key()), reached: req.Update.Reached(r.Status)})
		more = max(more, requests.Unlisted(m.live, r))
		for _, s := range m.requests.Siblings(m.live, r, req.Update) {
			if !seen[s.Recording.Key()] {
				seen[s.Recording.Key()] = true
				many = append(many, m.one(s, req))
			}
		}
	}
	if len(many) == 0 {
		return false
	}
	if m.mayNot(mayBulk) != "" { // it asks for one after the other
		many, more = many[:1], more+len(many)-1
	}
	if key == "y" {
		key = ""
	}
	m.open(prompt.Question{
		Policy: m.policyOfAll(many), Kind: prompt.Confirm, Opener: key, Unasked: true, Request: many[0].Request, Short: many[0].Short, Profile: m.placeOfAll(many), Many: many,
		Why: requests.SiblingWords(first, reasons[0].reached, len(many), more),
	}, now)
	m.reasons = reasons
	return true
}

// together returns the recordings that a key is about where it is about the
// selected one: with the scope call, p is about all of its conversation that
// can be paused, and r about all that one key has paused. The selected one is
// the first. It is nil for one recording.
func (m *Model) together(a *action, req deck.Request, r *deck.Recording) []prompt.One {
	live := m.live.Lookup(r.Key())
	if live == nil {
		return nil
	}
	pause := a.update.Status == api.Paused
	if pause && m.o.PauseScope != scopeCall || !pause && (a.update.Status != api.InProgress || live.Pause.Group == 0) {
		return nil
	}
	if pause {
		req.Group = rand.Uint64() | 1
	}
	many := []prompt.One{{Request: req, Short: m.list.ShortSID(r.Key()), Project: m.list.Project(r.Key()), State: prompt.State(live), Who: m.who(r)}}
	for _, s := range m.requests.Siblings(m.live, live, a.update) {
		if pause || s.Recording.Pause.Group == live.Pause.Group {
			many = append(many, m.one(s, req))
		}
	}
	if len(many) == 1 || m.mayNot(mayBulk) != "" {
		return nil
	}
	return many
}

// requestsOf returns the requests of several.
func requestsOf(many []prompt.One) []deck.Request {
	out := make([]deck.Request, len(many))
	for i, o := range many {
		out[i] = o.Request
	}
	return out
}

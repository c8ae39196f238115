package ui

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/prompt"
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

// sibling is another recording of a conversation, with the link in words.
type sibling struct {
	rec *deck.Recording
	why string
}

// siblingsFor returns the siblings of a recording that an update makes sense
// for, and that none is under way of.
func (m *Model) siblingsFor(r *deck.Recording, u api.Update) (list []sibling) {
	when := pausable
	switch u.Status {
	case api.Paused:
	case api.InProgress:
		when = []api.Status{api.Paused}
	default:
		return nil
	}
	for _, s := range m.allSiblings(r) {
		if o := s.rec; o.Active() && slices.Contains(when, o.Status) && m.underWay(o.SID) == "" {
			list = append(list, s)
		}
	}
	return list
}

// allSiblings returns the siblings of a recording: those that are listed, and,
// where that is not all of them, the others of the same call or conference.
func (m *Model) allSiblings(r *deck.Recording) (all []sibling) {
	listed := map[text.Text]bool{r.SID: true}
	for _, s := range r.Siblings.List {
		listed[s.SID] = true
		if o := m.live.Find(s.SID); o != nil {
			all = append(all, sibling{o, s.Why})
		}
	}
	if r.Siblings.More == 0 {
		return all
	}
	why := "the same call"
	if r.IsConference() {
		why = "the same conference"
	}
	for _, o := range m.live.Recordings {
		if o.Active() && o.ParentSID() == r.ParentSID() && !listed[o.SID] {
			all = append(all, sibling{o, why})
		}
	}
	return all
}

// unlisted returns how many siblings of a recording are not to be found: those
// of a participant's call beyond the ones that are listed.
func (m *Model) unlisted(r *deck.Recording) int {
	if r.Siblings.More == 0 {
		return 0
	}
	return max(0, r.Siblings.Of()-1-len(m.allSiblings(r)))
}

// one is a sibling as a question names it; req is what is asked of the
// recording whose sibling it is.
func (m *Model) one(s sibling, req deck.Request) prompt.One {
	req.SID, req.Seen = s.rec.SID, s.rec.Status
	return prompt.One{Request: req, Short: m.list.ShortSID(s.rec.SID), State: prompt.State(s.rec), Who: s.why + ": " + m.who(s.rec)}
}

// askSiblings opens the question whether the siblings are updated as well, each
// with the link. It closes when what was done to the first ones is over.
func (m *Model) askSiblings(reqs []deck.Request, key string, now time.Time) (asked bool) {
	if m.prompt != nil {
		return false
	}
	seen := map[text.Text]bool{}
	for _, req := range reqs {
		seen[req.SID] = true
	}
	var many []prompt.One
	var reasons []reason
	more := 0
	for _, req := range reqs {
		r := m.live.Find(req.SID)
		if r == nil {
			continue
		}
		reasons = append(reasons, reason{req: req, short: m.list.ShortSID(req.SID), reached: req.Update.Reached(r.Status)})
		more = max(more, m.unlisted(r))
		for _, s := range m.siblingsFor(r, req.Update) {
			if !seen[s.rec.SID] {
				seen[s.rec.SID] = true
				many = append(many, m.one(s, req))
			}
		}
	}
	if len(many) == 0 {
		return false
	}
	if key == "y" {
		key = ""
	}
	m.open(prompt.Question{
		Kind: prompt.Confirm, Opener: key, Unasked: true, Request: many[0].Request, Short: many[0].Short, Profile: m.place(), Many: many,
		Why: siblingWords(reasons, len(many)) + moreWords(more),
	}, now)
	m.reasons = reasons
	return true
}

// siblingWords says why a question about so many siblings is open.
func siblingWords(reasons []reason, n int) string {
	update, what := reasons[0].req, fmt.Sprintf("%d recordings", len(reasons))
	if len(reasons) == 1 {
		what = "…" + reasons[0].short
	}
	head := doing(update) + " " + what
	head = string(head[0]-'a'+'A') + head[1:]
	left := "running"
	if update.Update.Status == api.InProgress {
		left = "paused"
	} else if len(reasons) == 1 && reasons[0].reached {
		head = what + " is paused"
	}
	if n == 1 {
		return head + ". 1 other recording of this conversation is still " + left + "."
	}
	return fmt.Sprintf("%s. %d other recordings of this conversation are still %s.", head, n, left)
}

// moreWords says that a question is not about all of a conversation.
func moreWords(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" It has %d more, not listed here: look at them afterwards.", n)
}

// together returns the recordings that a key is about where it is about the
// selected one: with the scope call, p is about all of its conversation that
// can be paused, and r about all that one key has paused. The selected one is
// the first. It is nil for one recording.
func (m *Model) together(a *action, req deck.Request, r *deck.Recording) []prompt.One {
	live := m.live.Find(r.SID)
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
	many := []prompt.One{{Request: req, Short: m.list.ShortSID(r.SID), State: prompt.State(live), Who: m.who(r)}}
	for _, s := range m.siblingsFor(live, a.update) {
		if pause || s.rec.Pause.Group == live.Pause.Group {
			many = append(many, m.one(s, req))
		}
	}
	if len(many) == 1 {
		return nil
	}
	return many
}

// requests returns the requests of several.
func requests(many []prompt.One) []deck.Request {
	out := make([]deck.Request, len(many))
	for i, o := range many {
		out[i] = o.Request
	}
	return out
}

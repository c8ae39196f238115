package serve

import (
	"context"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/local"
	"tapedeck/api/text"
)

// starting is what a start of a recording is about.
type starting struct {
	call    text.Text // its SID
	options api.StartOptions
}

// makeStart begins one more recording of a call, and writes a line for each step
// until that is settled. One whose ID is known is not carried out.
func makeStart(c *call, body *local.Start) (any, *local.Refusal) {
	options, err := body.Options()
	if err != nil {
		return nil, refusalOf(err)
	}
	c.recalledAll()
	s, uid := c.server, c.session.peer.UID
	a := s.requests.find(uid, body.ID)
	if a == nil {
		p, refusal := c.projectOfCall(body.Profile, text.New(body.CallSID))
		if refusal != nil {
			return nil, refusal
		}
		req := deck.Request{Update: api.Update{Status: deck.AskedStart}, Actor: c.who(), Seen: api.Status(body.Seen), Ref: refOf(uid, body.ID)}
		a = &asked{id: body.ID, project: p, req: req, screen: c.screenOf(body.ID), start: &starting{text.New(body.CallSID), options}, at: time.Now(),
			done: make(chan struct{}), more: make(chan struct{})}
	}
	all, fresh := s.requests.begin(uid, []*asked{a})
	s.carryOut(fresh, false)
	return nil, c.stream(all)
}

// projectOfCall returns the project of a call: the one that is named, the only
// one, or the only one with a recording of the call.
func (c *call) projectOfCall(profile string, callSID text.Text) (*project, *local.Refusal) {
	list, refusal := c.chosenBy(profile)
	if refusal != nil {
		return nil, refusal
	}
	if len(list) == 1 {
		return list[0], nil
	}
	var found *project
	for _, p := range list {
		for _, r := range p.Deck.Snapshot().Recordings {
			if r.CallSID != callSID || p == found {
				continue
			}
			if found != nil {
				return nil, refuse(local.CodeAmbiguous, "several profiles have recordings of the call "+quoted(callSID.String()), "name the profile")
			}
			found = p
		}
	}
	if found == nil {
		return nil, refuse(local.CodeAmbiguous, "no recording tells which profile has the call "+quoted(callSID.String()), "name the profile")
	}
	return found, nil
}

// carryOut has the deck carry the request out.
func (a *asked) carryOut(ctx context.Context) (deck.Progress, error) {
	if a.start == nil {
		return a.project.Deck.Do(ctx, a.req)
	}
	_, p, err := a.project.Deck.StartFor(ctx, a.start.call, a.start.options, a.req)
	return p, err
}

package serve

import (
	"slices"

	"tapedeck/api/deck"
	"tapedeck/api/local"
	"tapedeck/api/text"
)

// watch streams what the decks show, until the client or the service ends.
func watch(c *call) (any, *local.Refusal) {
	list, refusal := c.chosen()
	if refusal != nil {
		return nil, refusal
	}
	s := c.server
	end := make(chan local.Refusal, 1)
	done, ok := s.sessions.watch(c.session, func(why string) {
		select {
		case end <- *refuse(local.CodeEnded, "this session was "+why, "start tapedeck again"):
		default:
		}
	})
	if !ok {
		return nil, refuse(local.CodeEnded, "this session was ended", "start tapedeck again")
	}
	defer done()
	s.onRecord.began(c.session, list, s.sessions)
	what := local.Watching{Hello: local.Hello{WhoAmI: c.whoAmI(list)}, End: end}
	for _, p := range list {
		what.Decks = append(what.Decks, p.number)
	}
	_ = s.feed.Watch(c.w, c.r, what) // who is gone needs no answer
	return nil, nil
}

// promptChanged shows on a recording who has a question about it open.
func (s *Server) promptChanged(profile string, sid text.Text, list []local.Asking) {
	i := slices.IndexFunc(s.projects, func(p *project) bool { return p.Profile == profile })
	if i < 0 {
		return
	}
	asking := make([]deck.Asking, 0, len(list))
	for _, a := range list {
		asking = append(asking, deck.Asking(a))
	}
	s.feed.Ask(i, sid, asking)
	s.hub.ask(i, sid, asking)
}

package serve

import (
	"tapedeck/api/deck"
	"tapedeck/api/local"
	"tapedeck/api/text"
)

// acknowledgeUnrecorded silences the alarm of a call or a conference without a
// recording, where the SID is of one; done is false where it is not.
func (c *call) acknowledgeUnrecorded(a *local.Acknowledge) (done bool, refusal *local.Refusal) {
	list, refusal := c.chosenBy(a.Profile)
	if refusal != nil {
		return false, refusal
	}
	sid, found := text.New(a.SID), []*project(nil)
	for _, p := range list {
		for _, u := range p.Deck.Snapshot().Unrecorded {
			if u.SID() == sid {
				found = append(found, p)
			}
		}
	}
	switch len(found) {
	case 0:
		return false, nil
	case 1:
	default:
		return false, severalHave(sid)
	}
	if err := found[0].Deck.Acknowledge(deck.Key{SID: sid}, c.who(), a.Reason, a.Wait.Duration()); err != nil {
		return false, refusalOf(err)
	}
	return true, nil
}

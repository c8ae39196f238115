package requests

import (
	"fmt"
	"slices"

	"tapedeck/api"
	"tapedeck/api/deck"
)

// Pausable are the statuses that a pause makes sense in.
var Pausable = []api.Status{api.InProgress, api.Resumed, api.Queued}

// Sibling is another recording of a conversation, with the link in words.
type Sibling struct {
	Recording *deck.Recording
	Why       string
}

// Siblings returns the siblings of a recording in a snapshot that an update
// makes sense for, and that none is under way of. A stop has none.
func (m *Model) Siblings(s *deck.Snapshot, r *deck.Recording, u api.Update) (list []Sibling) {
	when := Pausable
	switch u.Status {
	case api.Paused:
	case api.InProgress:
		when = []api.Status{api.Paused}
	default:
		return nil
	}
	for _, other := range siblings(s, r) {
		if o := other.Recording; o.Active() && slices.Contains(when, o.Status) && m.UnderWay(s, o.Key()) == "" {
			list = append(list, other)
		}
	}
	return list
}

// siblings returns the siblings of a recording: those that are listed, and,
// where that is not all of them, the others of the same call or conference.
func siblings(s *deck.Snapshot, r *deck.Recording) (all []Sibling) {
	listed := map[deck.Key]bool{r.Key(): true}
	for _, other := range r.Siblings.List {
		of := deck.Key{Profile: r.Profile, SID: other.SID}
		listed[of] = true
		if o := s.Lookup(of); o != nil {
			all = append(all, Sibling{o, other.Why})
		}
	}
	if r.Siblings.More == 0 {
		return all
	}
	why := "the same call"
	if r.IsConference() {
		why = "the same conference"
	}
	for _, o := range s.Recordings {
		if o.Active() && o.Profile == r.Profile && o.ParentSID() == r.ParentSID() && !listed[o.Key()] {
			all = append(all, Sibling{o, why})
		}
	}
	return all
}

// Unlisted returns how many siblings of a recording are not to be found in a
// snapshot: those of a participant's call beyond the ones that are listed.
func Unlisted(s *deck.Snapshot, r *deck.Recording) int {
	if r.Siblings.More == 0 {
		return 0
	}
	return max(0, r.Siblings.Of()-1-len(siblings(s, r)))
}

// SiblingWords says why a question about so many siblings is open: what is being
// done to the first ones. Reached is that the first is so already. More is how
// many siblings the question is not about.
func SiblingWords(first []Named, reached bool, siblings, more int) string {
	update, what := first[0].Request, fmt.Sprintf("%d recordings", len(first))
	if len(first) == 1 {
		what = "…" + first[0].Short
	}
	head := Doing(update) + " " + what
	head = string(head[0]-'a'+'A') + head[1:]
	left := "running"
	if update.Update.Status == api.InProgress {
		left = "paused"
	} else if len(first) == 1 && reached {
		head = what + " is paused"
	}
	words := fmt.Sprintf("%s. %d other recordings of this conversation are still %s.", head, siblings, left)
	if siblings == 1 {
		words = head + ". 1 other recording of this conversation is still " + left + "."
	}
	if more > 0 {
		words += fmt.Sprintf(" It has %d more, not listed here: look at them afterwards.", more)
	}
	return words
}

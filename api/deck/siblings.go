package deck

import (
	"slices"

	"tapedeck/api/text"
)

// Sibling is another active recording of the same conversation.
type Sibling struct {
	SID text.Text
	Why string // the link, in words: "the same call", "a participant's call"
}

// Siblings is what a recording has to do with others. The zero value is that
// it is the only one.
type Siblings struct {
	List      []Sibling // newest first
	Recording int       // how many of all of them, this one too, record now
	Paused    int       // how many of all of them, this one too, are paused
}

// Of returns how many active recordings the conversation has; 1 without
// siblings.
func (s Siblings) Of() int { return len(s.List) + 1 }

// equal reports whether both say the same.
func (s Siblings) equal(t Siblings) bool {
	return s.Recording == t.Recording && s.Paused == t.Paused && slices.Equal(s.List, t.List)
}

// relate finds the siblings of every active recording: those of the same call,
// those of the same conference, and a conference's and those of its
// participants' calls, by exact SIDs only. The mutex must be held.
func (d *Deck) relate() {
	if d.last != nil && slices.EqualFunc(d.order, d.last.Recordings, func(e *entry, r *Recording) bool { return e.view == r }) {
		return // nothing has changed since the last snapshot
	}
	byParent := map[text.Text][]*entry{}
	for _, e := range d.order {
		if e.view.Active() {
			byParent[e.view.ParentSID()] = append(byParent[e.view.ParentSID()], e)
		}
	}
	host := map[text.Text]text.Text{} // a call's conference
	for conf, people := range d.labels.people {
		if len(byParent[conf]) == 0 {
			continue
		}
		for _, p := range people {
			host[p.CallSID] = conf
		}
	}
	for _, e := range d.order {
		s := d.siblingsOf(e, byParent, host)
		if !s.equal(e.view.Siblings) {
			e.change(func(r *Recording) { r.Siblings = s })
		}
	}
}

// siblingsOf returns the siblings of one recording.
func (d *Deck) siblingsOf(e *entry, byParent map[text.Text][]*entry, host map[text.Text]text.Text) (s Siblings) {
	parent := e.view.ParentSID()
	if !e.view.Active() || parent.IsZero() {
		return Siblings{}
	}
	count := func(x *entry) {
		if x.view.Status.Running() {
			s.Recording++
		}
		if x.view.Paused() {
			s.Paused++
		}
	}
	add := func(list []*entry, why string) {
		for _, x := range list {
			if x != e {
				s.List = append(s.List, Sibling{x.view.SID, why})
				count(x)
			}
		}
	}
	if e.view.IsConference() {
		add(byParent[parent], "the same conference")
		for _, p := range d.labels.people[parent] {
			add(byParent[p.CallSID], "a participant's call")
		}
	} else {
		add(byParent[parent], "the same call")
		if conf, ok := host[parent]; ok {
			add(byParent[conf], "the conference that the call is in")
		}
	}
	if len(s.List) == 0 {
		return Siblings{}
	}
	count(e)
	return s
}

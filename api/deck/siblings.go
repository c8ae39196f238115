package deck

import (
	"slices"

	"tapedeck/api/text"
)

// Sibling is another active recording of the same conversation.
type Sibling struct {
	SID       text.Text
	Why       string // the link, in words: "the same call", "a participant's call"
	Recording bool   // whether it records now
}

// maxSiblings is how many siblings of a recording are listed. A conversation
// has a few; a server that names thousands must not cost their square.
const maxSiblings = 50

// Siblings is what a recording has to do with others. The zero value is that
// it is the only one.
type Siblings struct {
	List      []Sibling // newest first, at most 50; shared, not to be changed
	More      int       // how many there are beside those in List
	Recording int       // how many of all of them, this one too, record now
	Paused    int       // how many of all of them, this one too, are paused
}

// Of returns how many active recordings the conversation has; 1 without
// siblings.
func (s Siblings) Of() int { return len(s.List) + s.More + 1 }

// equal reports whether both say the same.
func (s Siblings) equal(t Siblings) bool {
	return s.More == t.More && s.Recording == t.Recording && s.Paused == t.Paused && slices.Equal(s.List, t.List)
}

// relate finds the siblings of every active recording: those of the same call,
// those of the same conference, and a conference's and those of its
// participants' calls, by exact SIDs only. It works a conversation out once for
// all of its recordings. The mutex must be held.
func (d *Deck) relate() {
	if d.last != nil && slices.EqualFunc(d.order, d.last.Recordings, func(e *entry, r *Recording) bool { return e.view == r }) {
		return // nothing has changed since the last snapshot
	}
	byParent := map[text.Text]*owned{}
	for _, e := range d.order {
		if parent := e.view.ParentSID(); e.view.Active() && !parent.IsZero() {
			if byParent[parent] == nil {
				byParent[parent] = &owned{}
			}
			byParent[parent].add(e.view)
		}
	}
	host := d.directory.hosts(func(conf text.Text) bool { return byParent[conf] != nil })
	talks := make(map[text.Text]*conversation, len(byParent))
	for _, e := range d.order {
		s := Siblings{}
		if parent := e.view.ParentSID(); e.view.Active() && !parent.IsZero() {
			if talks[parent] == nil {
				talks[parent] = d.conversation(e.view, byParent, host)
			}
			s = talks[parent].without(e.view.SID)
		}
		if !s.equal(e.view.Siblings) {
			e.change(func(r *Recording) { r.Siblings = s })
		}
	}
}

// owned is what a call, or a conference, has of active recordings.
type owned struct {
	first             []Sibling // the newest, one more than are listed, without the link
	n                 int
	recording, paused int
}

func (o *owned) add(r *Recording) {
	o.n++
	if len(o.first) <= maxSiblings {
		o.first = append(o.first, Sibling{SID: r.SID, Recording: r.Status.Running()})
	}
	if r.Status.Running() {
		o.recording++
	}
	if r.Paused() {
		o.paused++
	}
}

// conversation is all active recordings of one, as one of its calls, or its
// conference, sees them.
type conversation struct {
	owned
	list []Sibling         // one more than are listed
	in   map[text.Text]int // the place of each in list
}

// conversation returns the one that a recording is of.
func (d *Deck) conversation(r *Recording, byParent map[text.Text]*owned, host map[text.Text]text.Text) *conversation {
	c := &conversation{in: map[text.Text]int{}}
	parent := r.ParentSID()
	if !r.IsConference() {
		c.join(byParent[parent], "the same call")
		if conf, ok := host[parent]; ok {
			c.join(byParent[conf], "the conference that the call is in")
		}
		return c
	}
	c.join(byParent[parent], "the same conference")
	joined := map[text.Text]bool{}
	for _, p := range d.directory.participants(parent) {
		if !joined[p.CallSID] {
			joined[p.CallSID] = true
			c.join(byParent[p.CallSID], "a participant's call")
		}
	}
	return c
}

// join adds what a call or a conference has, which may be nil.
func (c *conversation) join(o *owned, why string) {
	if o == nil {
		return
	}
	c.n, c.recording, c.paused = c.n+o.n, c.recording+o.recording, c.paused+o.paused
	for _, s := range o.first {
		if len(c.list) > maxSiblings {
			return
		}
		c.in[s.SID], s.Why = len(c.list), why
		c.list = append(c.list, s)
	}
}

// without returns the siblings of one recording of the conversation. All that
// are not listed themselves share one list.
func (c *conversation) without(sid text.Text) Siblings {
	if c.n < 2 {
		return Siblings{}
	}
	list := c.list[:min(len(c.list), maxSiblings)]
	if at, ok := c.in[sid]; ok {
		list = slices.Concat(c.list[:at], c.list[at+1:])
	}
	return Siblings{List: slices.Clip(list), More: c.n - 1 - len(list), Recording: c.recording, Paused: c.paused}
}

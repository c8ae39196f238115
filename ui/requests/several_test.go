package requests

import (
	"context"
	"testing"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

// Two projects may have a call of the same SID: their recordings are no siblings,
// and what is under way of one is not of the other.
func TestSiblingsOfOneProject(t *testing.T) {
	rec := func(profile, sid string) *deck.Recording {
		r := &deck.Recording{Profile: profile, Recording: api.Recording{SID: text.New(sid), CallSID: text.New("call"), Status: api.InProgress}}
		r.Siblings = deck.Siblings{List: []deck.Sibling{{SID: text.New("b"), Why: "the same call"}}, More: 1, Recording: 2}
		return r
	}
	s := &deck.Snapshot{Recordings: []*deck.Recording{rec("eu", "a"), rec("us", "a"), rec("us", "b"), rec("eu", "b"), rec("us", "c"), rec("eu", "c")}}
	m := New(context.Background(), &fakeDeck{answer: verified(1)})
	for _, r := range s.Recordings[:2] {
		var got string
		for _, o := range m.Siblings(s, r, api.Update{Status: api.Paused}) {
			got += o.Recording.Profile + "/" + o.Recording.SID.String() + " "
		}
		if want := r.Profile + "/b " + r.Profile + "/c "; got != want {
			t.Errorf("siblings of %s/a: %q, want %q", r.Profile, got, want)
		}
	}
	n := pause("a")
	n.Request.Profile = "eu"
	_, cmd := m.Send(n, s, start)
	if m.UnderWay(s, s.Recordings[0].Key()) == "" || m.UnderWay(s, s.Recordings[1].Key()) != "" {
		t.Error("what is under way is of both projects")
	}
	m.Done(ends(cmd)[0], s)
	if !m.Own(s.Recordings[0].Key()) || m.Own(s.Recordings[1].Key()) {
		t.Error("the pause is of both projects")
	}
}

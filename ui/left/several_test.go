package left

import (
	"testing"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/text"
)

// A pause that was left behind is that of its project: another project may have a
// recording of the same SID, or data that is old.
func TestLeftInOneProject(t *testing.T) {
	eu, us := around(0, "A").Live, around(0, "A").Live
	for _, r := range eu.Recordings {
		r.Profile = "eu"
	}
	for _, r := range us.Recordings {
		r.Profile = "us"
	}
	eu.Health.Limit, us.Health.Limit = time.Minute, time.Minute
	eu.Health.Failing = start // stale
	a := Around{Live: deck.Merge(1, []deck.Part{{Profile: "eu", Snapshot: eu}, {Profile: "us", Snapshot: us}}, start), Now: start,
		Own: func(deck.Key) bool { return false }}
	var m Model
	m.Take(ChangedMsg{[]Pause{{Profile: "eu", SID: text.New("A")}, {Profile: "us", SID: text.New("A")}}}, start)
	ask, ok := m.Next(a)
	if !ok || ask.Recording != us.Recordings[0] || m.Count() != 1 {
		t.Fatalf("asked about %+v, %v; %d counted", ask.Recording, ok, m.Count())
	}
	if _, ok := m.Next(a); ok {
		t.Error("asked about a project whose data is old")
	}
	eu.Health.Failing = time.Time{}
	if ask, ok = m.Next(a); !ok || ask.Recording != eu.Recordings[0] {
		t.Errorf("asked about %+v, %v", ask.Recording, ok)
	}
	a.Own = func(of deck.Key) bool { return of.Profile == "us" }
	if m.Follow(a); m.Count() != 1 {
		t.Errorf("%d are left once one is this session's", m.Count())
	}
}

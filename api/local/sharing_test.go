package local

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api/deck"
	"tapedeck/api/share"
	"tapedeck/api/text"
)

// sharing is a snapshot of a deck whose other host is gone.
func sharing(now time.Time) *deck.Snapshot {
	return &deck.Snapshot{
		Seq:   1,
		Share: share.State{Shared: true, Connected: true, Since: now.Add(-time.Minute)},
		Hosts: []deck.HostInfo{
			{Host: share.Host{Name: "host-a", Version: "1.6.0", Sessions: 2, Self: true, Heard: now}, Pauses: 1},
			{Host: share.Host{Name: "host-b", Gone: true, Heard: now.Add(-20 * time.Second)}, Pauses: 2, Timers: 1},
		},
	}
}

// TestSharing: a screen is told which hosts there are, and whether they are heard.
func TestSharing(t *testing.T) {
	now := time.Now()
	away := sharing(now)
	away.Share = share.State{Shared: true, Since: now.Add(-42 * time.Second), Why: "the connection was lost"}
	for name, want := range map[string]*deck.Snapshot{"connected": sharing(now), "away": away, "alone": {}} {
		raw, err := json.Marshal(StateOf(want))
		if err != nil {
			t.Fatal(err)
		}
		var state State
		if err := json.Unmarshal(raw, &state); err != nil {
			t.Fatal(err)
		}
		got := deck.Snapshot{Hosts: []deck.HostInfo{{}}}
		state.Into(&got, now)
		if diff := cmp.Diff(want.Share, got.Share, shown); diff != "" {
			t.Errorf("%s (-sent +came):\n%s", name, diff)
		}
		if diff := cmp.Diff(want.Hosts, got.Hosts, shown); diff != "" {
			t.Errorf("%s (-sent +came):\n%s", name, diff)
		}
	}
}

// TestSharingChanges: a screen is told of each change of the hosts, and of no sign
// of life.
func TestSharingChanges(t *testing.T) {
	now := time.Now()
	for _, tt := range []struct {
		name   string
		change func(*deck.Snapshot)
		same   bool
	}{
		{"a sign of life", func(s *deck.Snapshot) { s.Hosts[0].Heard = now.Add(time.Second) }, true},
		{"another time that it went", func(s *deck.Snapshot) { s.Hosts[1].Heard = now }, false},
		{"it is back", func(s *deck.Snapshot) { s.Hosts[1].Gone = false }, false},
		{"another pause", func(s *deck.Snapshot) { s.Hosts[0].Pauses++ }, false},
		{"another timer", func(s *deck.Snapshot) { s.Hosts[0].Timers++ }, false},
		{"one less", func(s *deck.Snapshot) { s.Hosts = s.Hosts[:1] }, false},
		{"away", func(s *deck.Snapshot) { s.Share.Connected, s.Share.Since = false, now }, false},
		{"another reason", func(s *deck.Snapshot) { s.Share.Why = "why" }, false},
		{"alone", func(s *deck.Snapshot) { s.Share, s.Hosts = share.State{}, nil }, false},
	} {
		s := sharing(now)
		if tt.change(s); sameState(sharing(now), s) != tt.same {
			t.Errorf("%s: the same is %t", tt.name, !tt.same)
		}
	}
}

// TestResumeLocal: that one host alone resumes is asked for over the wire.
func TestResumeLocal(t *testing.T) {
	req := deck.Request{SID: text.New("RE1"), ID: "12345678", ResumeAfter: time.Minute, ResumeLocal: true}
	req.Update.Status = "paused"
	body, err := encodeBody(Requests{Requests: []Request{RequestOf(req)}})
	if err != nil {
		t.Fatal(err)
	}
	list, ok := ParseRequests(body)
	if !ok || !list.Requests[0].ResumeLocal {
		t.Fatalf("%t: %s", ok, body)
	}
	if got, err := list.Requests[0].Deck(); err != nil || !got.ResumeLocal {
		t.Errorf("%+v: %v", got, err)
	}
}

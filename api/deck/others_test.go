package deck

import (
	"slices"
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/text"
)

// A recording is found by its profile and SID where several have the SID, and
// only those profiles are stale whose data is.
func TestSeveralInOneSnapshot(t *testing.T) {
	now := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	part := func(profile string, ago time.Duration) Part {
		r := &Recording{Profile: profile, Recording: api.Recording{SID: text.New("a"), Status: api.InProgress}}
		return Part{Profile: profile, Space: "https://" + profile + ".example.com/", Snapshot: &Snapshot{
			Recordings: []*Recording{r}, Health: Health{Complete: now.Add(-ago), Limit: 7 * time.Second},
		}}
	}
	s := Merge(1, []Part{part("eu", time.Second), part("us", time.Minute)}, now)
	for _, profile := range []string{"eu", "us"} {
		k := Key{profile, text.New("a")}
		if r := s.Lookup(k); r == nil || r.Key() != k || k != (Request{SID: r.SID, Profile: r.Profile}).Key() {
			t.Errorf("%v: %+v", k, r)
		}
	}
	if s.Lookup(Key{SID: text.New("a")}) != nil || !(Key{}).IsZero() || s.Active != 2 {
		t.Errorf("without a profile there is one, or %d are active", s.Active)
	}
	if names, all := s.StaleProfiles(now); !slices.Equal(names, []string{"us"}) || all {
		t.Errorf("stale: %v, all %v", names, all)
	}
	if names, all := s.StaleProfiles(now.Add(time.Hour)); len(names) != 2 || !all {
		t.Errorf("an hour later: %v, all %v", names, all)
	}
	one := Merge(1, []Part{part("us", time.Minute)}, now)
	if names, all := one.StaleProfiles(now); names != nil || !all || one.Several() || !s.Several() {
		t.Errorf("one profile: %v, all %v", names, all)
	}
	if got := (Part{Space: "https://x\x1b.example.com/"}).Label(); got != "x\ufffd.example.com" {
		t.Errorf("a profile without a name is called %q", got)
	}
}

// Who else is at work: whoever has a question open elsewhere, and whoever's update
// is under way, but for oneself and an auto-resume.
func TestOthers(t *testing.T) {
	update := func(by string, status api.Status, settled, byTimer bool) *Progress {
		return &Progress{Settled: settled, Request: Request{Actor: Actor{Actor: by}, Update: api.Update{Status: status}, ByTimer: byTimer}}
	}
	ask := []Asking{{Session: "s1", Actor: "alice", Verb: "pause"}}
	for _, tt := range []struct {
		name string
		r    Recording
		want []string
	}{
		{"nobody", Recording{}, nil},
		{"a question", Recording{Asking: ask}, []string{"alice is pausing"}},
		{"an update", Recording{Update: update("bob", api.Stopped, false, false)}, []string{"bob is stopping"}},
		{"both", Recording{Asking: ask, Update: update("bob", api.InProgress, false, false)}, []string{"alice is pausing", "bob is resuming"}},
		{"one's own", Recording{Update: update("me", api.Paused, false, false)}, nil},
		{"settled", Recording{Update: update("bob", api.Paused, true, false)}, nil},
		{"an auto-resume", Recording{Update: update("bob", api.InProgress, false, true)}, nil},
		{"a word that nobody knows", Recording{Asking: []Asking{{Actor: "eve\x1b[2J", Verb: "x\x1b"}}}, []string{"eve\ufffd[2J is at work"}},
	} {
		var got []string
		for _, o := range tt.r.Others("me") {
			got = append(got, o.Words())
		}
		if !slices.Equal(got, tt.want) || len(tt.r.Asking) > 1 {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

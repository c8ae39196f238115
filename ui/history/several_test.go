package history

import (
	"strings"
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/theme"
)

// Two decks number their updates each for itself: none takes the place of
// another's, and each line names its project.
func TestActionsOfTwoProjects(t *testing.T) {
	now := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	m := New(theme.Theme{}, Options{Actor: "me"})
	s := &deck.Snapshot{}
	for _, profile := range []string{"eu", "us"} {
		r := &deck.Recording{Profile: profile, Recording: api.Recording{SID: text.New("91be"), Status: api.Paused}}
		r.Update = &deck.Progress{ID: 1, Asked: now, Outcome: deck.Verified, Settled: true, Request: deck.Request{
			SID: r.SID, Profile: profile, Actor: deck.Actor{Actor: "me"}, Update: api.Update{Status: api.Paused}}}
		r.Ack = deck.Ack{Actor: "ann", Reason: profile, Until: now.Add(time.Hour)}
		s.Recordings = append(s.Recordings, r)
	}
	m.Follow(s, now)
	m.Follow(s, now)
	if n := len(m.Own()); n != 4 {
		t.Errorf("%d actions of two updates and two acknowledgements", n)
	}
	m.Fit(100, 20, Around{Now: now, Short: func(k deck.Key) string { return k.SID.String() + " (" + k.Profile + ")" }, Who: func(deck.Key) string { return "" }})
	view := strings.Join(m.View(), "\n")
	for _, want := range []string{"pause …91be (eu): verified", "pause …91be (us): verified", "acknowledged …91be (eu)", "acknowledged …91be (us)"} {
		if !strings.Contains(view, want) {
			t.Errorf("%q is not in\n%s", want, view)
		}
	}
}

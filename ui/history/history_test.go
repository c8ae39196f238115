package history

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/theme"
	"tapedeck/ui/times"
)

// TestActionWords: what the history says of each kind of action, and how loudly.
func TestActionWords(t *testing.T) {
	now, rec := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC), text.New("a-91be")
	around := Around{Now: now, Short: func(of deck.Key) string { return strings.TrimPrefix(of.SID.String(), "a-") }}
	tests := []struct {
		a    Action
		want string
		role theme.Role
	}{
		{Action{What: "pause", Behavior: "silence", Outcome: "verified"}, "pause …91be with silence: verified", theme.Plain},
		{Action{What: "pause", Behavior: "skip", Outcome: "accepted"}, "pause …91be with skip: accepted", theme.Plain},
		{Action{What: "stop", Outcome: "failed", Reason: "HTTP 422"}, "stop …91be: failed: HTTP 422", theme.Bad},
		{Action{What: "resume", Outcome: "contradicted", Reason: "it is paused"}, "resume …91be: contradicted: it is paused", theme.Bad},
		{Action{What: "resume", Outcome: "unknown", ByTimer: true}, "resume …91be by auto-resume: unknown", theme.Warn},
		{Action{What: "resume", Time: now.Add(-time.Second)}, "resume …91be: no outcome yet", theme.Warn},
		{Action{What: "resume", Time: now.Add(-time.Minute), Outcome: "requested"}, "resume …91be: no outcome yet", theme.Warn},
		{Action{What: "resume", Time: now.Add(-61 * time.Second)}, "resume …91be: no outcome on record", theme.Warn},
		{Action{What: "acknowledge", Reason: "card"}, "acknowledged …91be: card", theme.Plain},
		{Action{What: "acknowledge"}, "acknowledged …91be", theme.Plain},
		{Action{What: "acknowledge", Reason: "card", Until: now.Add(time.Minute)}, "acknowledged …91be until " + times.Minute(now.Add(time.Minute), now) + ": card", theme.Plain},
		{Action{What: "auto-resume", Reason: "another update was under way"}, "auto-resume of …91be: another update was under way", theme.Plain},
		{Action{What: "auto-resume", Reason: "canceled"}, "auto-resume of …91be: canceled", theme.Plain},
		{Action{What: "auto-resume", Until: now}, "auto-resume of …91be at " + now.Local().Format("15:04:05"), theme.Plain},
		{Action{What: deck.AlarmWord, Reason: "no recording for over 1m0s"}, "alarm of …91be: no recording for over 1m0s", theme.Bad},
		{Action{What: "seen"}, "…91be was changed by others", theme.Warn},
		{Action{What: "seen", Reason: "resumed by others\x1b[2J"}, "…91be was changed by others: resumed by others\ufffd[2J", theme.Warn},
	}
	for _, tt := range tests {
		tt.a.Recording = rec
		if got, role := (Model{}).words(tt.a, around); got != tt.want || role != tt.role {
			t.Errorf("%+v: %q, %v; want %q, %v", tt.a, got, role, tt.want, tt.role)
		}
	}
}

// TestHistoryIsBounded: the last 20 actions of this session are kept, and one that
// was let go of does not come back as a new one.
func TestHistoryIsBounded(t *testing.T) {
	var h Model
	note := func(id uint64, outcome string, err error) {
		h.note(ownAction{id: id, Action: Action{What: "pause", Outcome: outcome, Recording: text.New(fmt.Sprint(id))}}, err)
	}
	for id := uint64(1); id <= kept+5; id++ {
		note(id, "requested", nil)
	}
	if len(h.own) != kept || h.own[0].id != 6 || h.gone[""] != 5 {
		t.Fatalf("%d kept, the oldest %d; gone up to %d", len(h.own), h.own[0].id, h.gone[""])
	}
	note(3, "verified", nil)
	if len(h.own) != kept || h.own[0].id != 6 {
		t.Error("one that was let go of is back")
	}
	note(7, "failed", &api.Error{StatusCode: 422})
	if a := h.own[1]; a.id != 7 || a.Outcome != "failed" || a.Reason != "HTTP 422" || len(h.own) != kept {
		t.Errorf("the seventh is %+v", a)
	}
	note(0, "", nil)
	note(0, "", nil)
	if h.own[len(h.own)-1].id != 0 || h.own[len(h.own)-2].id != 0 || len(h.own) != kept {
		t.Error("two actions that are no update are one")
	}
}

package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api/journal"
	"tapedeck/api/text"
	"tapedeck/ui"
)

func TestActionOf(t *testing.T) {
	at, sid := time.Unix(1000, 0), text.New("rec-8142")
	root := journal.Who{Actor: "root", SudoUser: "alice"}
	entry := func(e journal.Entry) journal.Action {
		e.Time, e.Recording, e.Who = at, sid, root
		return journal.Action{Entry: e}
	}
	tests := []struct {
		name string
		in   journal.Action
		want ui.Action
	}{
		{"a pause", entry(journal.Entry{Event: journal.Request, StatusAsked: "paused", PauseBehavior: "skip", Outcome: "verified"}),
			ui.Action{Actor: "alice as root", What: "pause", Behavior: "skip", Outcome: "verified"}},
		{"an auto-resume that was done", entry(journal.Entry{Event: journal.Outcome, StatusAsked: "in-progress", ByTimer: true, Outcome: "failed", Reason: "HTTP 403"}),
			ui.Action{Actor: "alice as root", What: "resume", ByTimer: true, Outcome: "failed", Reason: "HTTP 403"}},
		{"an acknowledgement", entry(journal.Entry{Event: journal.Ack, Reason: "card", Until: at}),
			ui.Action{Actor: "alice as root", What: "acknowledge", Reason: "card", Until: at}},
		{"an auto-resume that was set", entry(journal.Entry{Event: journal.Timer, Until: at}),
			ui.Action{Actor: "alice as root", What: "auto-resume", Until: at}},
		{"what others did", entry(journal.Entry{Event: "seen", StatusAsked: "paused", Reason: "resumed by others"}),
			ui.Action{What: "seen", Reason: "resumed by others"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.want.Time, tt.want.Recording = at, sid
			if diff := cmp.Diff(tt.want, actionOf(tt.in), cmp.Comparer(func(a, b text.Text) bool { return a == b })); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

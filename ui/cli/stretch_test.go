package cli

import (
	"strings"
	"testing"
	"time"

	"tapedeck/api/journal"
)

// TestStretches: between which times a recording was paused, by whom, and how
// that ended, for every order of requests and outcomes that a journal may have.
func TestStretches(t *testing.T) {
	const second = time.Second
	do := func(at time.Duration, id, status, outcome string) []journal.Entry {
		out := entry(at+second, journal.Outcome, id, "rec-1", status, outcome, "")
		out.PauseBehavior = map[string]string{"paused": "skip"}[status]
		request := entry(at, journal.Request, id, "rec-1", status, "", "")
		request.PauseBehavior = out.PauseBehavior
		return []journal.Entry{request, out}
	}
	seen := func(at time.Duration, id, asked, answered string) []journal.Entry {
		e := entry(at, journal.Seen, id, "rec-1", asked, "", "")
		e.StatusAnswered = answered
		return []journal.Entry{e}
	}
	tests := []struct {
		name string
		list [][]journal.Entry
		want string // without the day and the zone
	}{
		{"a pause and its resume", [][]journal.Entry{do(0, "1", "paused", "verified"), do(60*second, "2", "in-progress", "verified")},
			"  paused from 03:00:01.000 (asked 03:00:00.000), skip, by alice, verified\n    resumed     03:01:01.000 (asked 03:01:00.000), after 1m0s, by alice, verified\n"},
		{"one that still lasts", [][]journal.Entry{do(0, "1", "paused", "accepted")},
			"  paused from 03:00:01.000 (asked 03:00:00.000), skip, by alice, accepted\n    no end of it on record\n"},
		{"stopped while paused", [][]journal.Entry{do(0, "1", "paused", "verified"), do(5*second, "2", "stopped", "verified")},
			"  paused from 03:00:01.000 (asked 03:00:00.000), skip, by alice, verified\n    stopped     03:00:06.000 (asked 03:00:05.000), after 5s, by alice, verified\n"},
		{"stopped", [][]journal.Entry{do(0, "1", "stopped", "verified")}, "  stopped at 03:00:01.000 by alice, verified\n"},
		{"a resume of a pause from elsewhere", [][]journal.Entry{do(0, "1", "in-progress", "verified")},
			"  resumed at 03:00:01.000 by alice, verified; no pause before it on record\n"},
		{"paused twice", [][]journal.Entry{do(0, "1", "paused", "verified"), do(2*second, "2", "paused", "verified"), do(4*second, "3", "in-progress", "verified")},
			"  paused from 03:00:01.000 (asked 03:00:00.000), skip, by alice, verified\n    paused again at 03:00:03.000 by alice, verified\n    resumed     03:00:05.000 (asked 03:00:04.000), after 4s, by alice, verified\n"},
		{"a resume that failed in between", [][]journal.Entry{do(0, "1", "paused", "verified"), do(2*second, "2", "in-progress", "failed"), do(4*second, "3", "in-progress", "accepted")},
			"  paused from 03:00:01.000 (asked 03:00:00.000), skip, by alice, verified\n  resume asked at 03:00:02.000 by alice: failed\n    resumed     03:00:05.000 (asked 03:00:04.000), after 4s, by alice, accepted\n"},
		{"resumed by others", [][]journal.Entry{do(0, "1", "paused", "verified"), seen(9*second, "1", "paused", "in-progress")},
			"  paused from 03:00:01.000 (asked 03:00:00.000), skip, by alice, verified\n    resumed by others, seen at 03:00:09.000, after 8s\n"},
		{"resumed by others, which was seen twice", [][]journal.Entry{do(0, "1", "paused", "verified"), seen(9*second, "1", "paused", "in-progress"), seen(10*second, "1", "paused", "in-progress")},
			"  paused from 03:00:01.000 (asked 03:00:00.000), skip, by alice, verified\n    resumed by others, seen at 03:00:09.000, after 8s\n  resumed by others, seen at 03:00:10.000\n"},
		{"paused by others after a resume", [][]journal.Entry{do(0, "1", "in-progress", "verified"), seen(9*second, "1", "in-progress", "paused")},
			"  resumed at 03:00:01.000 by alice, verified; no pause before it on record\n  paused by others, seen at 03:00:09.000\n"},
		{"not known", [][]journal.Entry{do(0, "1", "paused", "unknown"), do(3*second, "2", "paused", "verified")},
			"  pause asked at 03:00:00.000 by alice: unknown\n  paused from 03:00:04.000 (asked 03:00:03.000), skip, by alice, verified\n    no end of it on record\n"},
		{"no outcome", [][]journal.Entry{do(0, "1", "paused", "verified")[:1]}, "  pause asked at 03:00:00.000 by alice: no outcome on record\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var all []journal.Entry
			for _, l := range tt.list {
				all = append(all, l...)
			}
			got := list(t, written(t, all...), "--call", "call-0001")
			head, _, _ := strings.Cut(got, "times: ")
			head = strings.NewReplacer("2026-03-01 ", "", " UTC", "").Replace(head)
			if want := "recording rec-1\n" + tt.want; head != want {
				t.Errorf("it says\n%s\nwant\n%s", head, want)
			}
		})
	}
}

// TestStretchesAreChosenWhole: the flags choose what is printed, and not what is
// paired: an end by somebody else is the end all the same.
func TestStretchesAreChosenWhole(t *testing.T) {
	by := func(e journal.Entry, who string) journal.Entry { e.Actor = who; return e }
	minutes := func(n int) time.Duration { return time.Duration(n) * time.Minute }
	dir := written(t,
		by(entry(0, journal.Request, "1", "rec-1", "paused", "", ""), "alice"), by(entry(0, journal.Outcome, "1", "rec-1", "paused", "verified", ""), "alice"),
		by(entry(minutes(1), journal.Request, "2", "rec-1", "in-progress", "", ""), "bob"), by(entry(minutes(1), journal.Outcome, "2", "rec-1", "in-progress", "verified", ""), "bob"),
		by(entry(minutes(5), journal.Request, "3", "rec-1", "paused", "", ""), "bob"), by(entry(minutes(5), journal.Outcome, "3", "rec-1", "paused", "verified", ""), "bob"),
	)
	tests := []struct {
		flags     []string
		want, not string
	}{
		{[]string{"--actor", "alice"}, "resumed     2026-03-01 03:01:00.000 UTC", "03:05:00"},
		{[]string{"--actor", "bob"}, "paused from 2026-03-01 03:00:00.000 UTC", "nothing"},
		{[]string{"--since", "2026-03-01T03:00:30Z"}, "after 1m0s, by bob, verified", "nothing"},
		{[]string{"--since", "2026-03-01T03:04:00Z"}, "paused from 2026-03-01 03:05:00.000 UTC", "03:00:00"},
		{[]string{"--recording", "REC-1"}, "    no end of it on record", "nothing"},
	}
	for _, tt := range tests {
		got := list(t, dir, append([]string{"--call", "CALL-0001"}, tt.flags...)...)
		if !strings.Contains(got, tt.want) || strings.Contains(got, tt.not) {
			t.Errorf("%q: want %q and not %q in\n%s", tt.flags, tt.want, tt.not, got)
		}
	}
}

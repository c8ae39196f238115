package cli

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tapedeck/api/journal"
	"tapedeck/api/text"
)

// TestParseSince: a time, a duration or a number of days; what is not clear is
// refused with examples.
func TestParseSince(t *testing.T) {
	now := time.Date(2026, 3, 8, 3, 0, 0, 0, time.Local)
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.Local)
	tests := []struct {
		in   string
		want time.Time
		bad  bool
	}{
		{"", time.Time{}, false},
		{"12h", now.Add(-12 * time.Hour), false},
		{"0s", now, false},
		{"1h30m", now.Add(-90 * time.Minute), false},
		{"7d", now.AddDate(0, 0, -7), false},
		{"0d", now, false},
		{"2026-03-01", day, false},
		{"2026-03-01 03:00", day.Add(3 * time.Hour), false},
		{"2026-03-01T03:00", day.Add(3 * time.Hour), false},
		{"2026-03-01 03:00:07", day.Add(3*time.Hour + 7*time.Second), false},
		{"2026-03-01T03:00:07", day.Add(3*time.Hour + 7*time.Second), false},
		{"2026-03-01T03:00:00Z", time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC), false},
		{"2026-03-01T03:00:00+02:00", time.Date(2026, 3, 1, 1, 0, 0, 0, time.UTC), false},
		{"-1h", time.Time{}, true},
		{"-1d", time.Time{}, true},
		{"d", time.Time{}, true},
		{"99999d", time.Time{}, true},
		{"yesterday", time.Time{}, true},
		{"12", time.Time{}, true},
		{"03:00", time.Time{}, true},
		{"2026-02-30", time.Time{}, true},
		{" ", time.Time{}, true},
	}
	for _, tt := range tests {
		got, err := parseSince(tt.in, now)
		if (err != nil) != tt.bad || !got.Equal(tt.want) {
			t.Errorf("%q: %v, %v; want %v, bad %t", tt.in, got, err, tt.want, tt.bad)
		}
		if err == nil {
			continue
		}
		if e, ok := errors.AsType[*Error](err); !ok || !strings.Contains(e.What, "for --since: it is neither a time nor a duration") || len(e.Hints) != 1 {
			t.Errorf("%q: %v", tt.in, err)
		}
	}
}

// TestStory: one line tells everything that an entry says, and nothing that it
// does not.
func TestStory(t *testing.T) {
	until := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	tests := []struct {
		e    journal.Entry
		want string
	}{
		{journal.Entry{}, ""},
		{journal.Entry{Event: journal.Request, StatusAsked: "paused", PauseBehavior: "skip", StatusBefore: "in-progress"}, "pause with skip, was in-progress"},
		{journal.Entry{Event: journal.Outcome, StatusAsked: "paused", StatusBefore: "in-progress", Outcome: "verified", StatusAnswered: "paused", HTTPStatus: 200, Latency: 120 * time.Millisecond},
			"pause: verified, answered paused, HTTP 200, 120 ms"},
		{journal.Entry{Event: journal.Outcome, StatusAsked: "stopped", Outcome: "failed", HTTPStatus: 401, Code: "20003", Reason: "Authentication failed"},
			"stop: failed, HTTP 401, code 20003, Authentication failed"},
		{journal.Entry{Event: journal.Request, StatusAsked: "in-progress", ByTimer: true, Late: true}, "resume, by an auto-resume, written late"},
		{journal.Entry{Event: journal.Request, StatusAsked: "of a later version"}, "of a later version"},
		{journal.Entry{Event: journal.Ack, Until: until, Reason: "card"}, "until " + shown(until) + ", card"},
	}
	for _, tt := range tests {
		if got := story(tt.e); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.e, got, tt.want)
		}
	}
}

// TestItemWords: what a row of the list says of an update, and of what is none.
func TestItemWords(t *testing.T) {
	until := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	ask := journal.Entry{Event: journal.Request, ID: "1", StatusAsked: "paused", PauseBehavior: "silence"}
	answer := ask
	answer.Event, answer.Outcome, answer.Latency = journal.Outcome, "verified", 120*time.Millisecond
	failed := answer
	failed.Outcome, failed.Reason = "failed", "HTTP 422"
	again := ask
	again.Event = journal.Again
	late := answer
	late.Event, late.Latency = journal.Seen, 0
	timer := journal.Entry{Event: journal.Request, ID: "1", StatusAsked: "in-progress", ByTimer: true}
	update := func(list ...journal.Entry) *item { return &item{Entry: list[0], entries: list, update: true} }
	other := func(e journal.Entry) *item { return &item{Entry: e, entries: []journal.Entry{e}} }
	tests := []struct {
		it           *item
		what, result string
	}{
		{update(ask), "pause silence", "no outcome on record"},
		{update(ask, answer), "pause silence", "verified, 120 ms"},
		{update(ask, again, answer), "pause silence", "verified, 120 ms, sent again by hand"},
		{update(ask, failed), "pause silence", "failed: HTTP 422, 120 ms"},
		{update(ask, failed, late), "pause silence", "verified late, 120 ms"},
		{update(timer), "auto-resume", "no outcome on record"},
		{other(journal.Entry{Event: journal.Ack, Until: until, Reason: "card"}), "ack", "until " + until.Local().Format(time.TimeOnly) + ", card"},
		{other(journal.Entry{Event: journal.Seen, StatusAnswered: "in-progress", Reason: "resumed by others"}), "seen", "it is in-progress, resumed by others"},
		{other(journal.Entry{Event: journal.Note}), "note", ""},
	}
	for _, tt := range tests {
		if got := tt.it.what(); got != tt.what {
			t.Errorf("what: %q, want %q", got, tt.what)
		}
		if got := tt.it.result(); got != tt.result {
			t.Errorf("%s: result %q, want %q", tt.what, got, tt.result)
		}
	}
	for verb, want := range map[string]string{"resume": "resumed", "stop": "stopped", "transcribe": "transcribe"} {
		if got := past(verb); got != want {
			t.Errorf("past of %s: %s, want %s", verb, got, want)
		}
	}
}

// TestShortSIDs: each is the end of its SID, at least four characters, and no two
// that differ look alike.
func TestShortSIDs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sids := rapid.SliceOfN(rapid.StringMatching(`[abAB1]{1,9}`), 0, 12).Draw(t, "sids")
		var items []*item
		distinct := map[string]bool{}
		all := map[text.Text]bool{}
		for _, s := range sids {
			all[text.New(s)] = true
			items = append(items, &item{Entry: journal.Entry{Recording: text.New(s)}})
			distinct[strings.ToLower(s)] = true
		}
		seen := map[string]string{}
		byEnds, compared := shortest(all), shortSIDs(append(items, &item{}), all)
		if !maps.Equal(byEnds, compared) {
			t.Errorf("compared one by one they are %v, else %v", compared, byEnds)
		}
		for sid, short := range compared {
			whole := strings.ToLower(sid.String())
			if !strings.HasSuffix(whole, short) || len(short) < min(leastSID, len(whole)) {
				t.Errorf("%s is shown as %s", sid, short)
			}
			if other, taken := seen[short]; taken && other != whole && len(short) < len(whole) && len(short) < len(other) {
				t.Errorf("%s and %s are both shown as %s", whole, other, short)
			}
			seen[short] = whole
			if !isSID(sid, short) || !isSID(sid, strings.ToUpper(short)) || isSID(sid, "x"+short) {
				t.Errorf("%s is not found by %s", sid, short)
			}
		}
		if len(seen) > len(distinct) {
			t.Errorf("%d names for %d recordings", len(seen), len(distinct))
		}
	})
}

// TestStepsOfClocks: a machine's clock that went back is found by its own entries,
// and not by those of others, nor by ones that were written late.
func TestStepsOfClocks(t *testing.T) {
	at := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	entry := func(host string, after time.Duration, late bool) *item {
		return &item{Entry: journal.Entry{Event: journal.Ack, Time: at.Add(after), Who: journal.Who{Host: host}, Late: late}}
	}
	tests := []struct {
		name string
		list []*item
		want time.Duration // of the last
	}{
		{"the first", []*item{entry("a", 0, false)}, 0},
		{"in order", []*item{entry("a", 0, false), entry("a", time.Second, false)}, 0},
		{"a little out of order", []*item{entry("a", leastStep, false), entry("a", 0, false)}, 0},
		{"set back", []*item{entry("a", time.Hour, false), entry("a", 0, false)}, time.Hour},
		{"another machine's", []*item{entry("b", time.Hour, false), entry("a", 0, false)}, 0},
		{"it was written late", []*item{entry("a", time.Hour, false), entry("a", 0, true)}, 0},
		{"said once", []*item{entry("a", time.Hour, false), entry("a", 0, false), entry("a", time.Second, false)}, 0},
	}
	for _, tt := range tests {
		findSteps(tt.list)
		if got := tt.list[len(tt.list)-1].setBack; got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestPausesInWords: each step of a recording's story, also those that no pause
// before them explains.
func TestPausesInWords(t *testing.T) {
	at := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	step := func(minute int, status, outcome string) *item {
		ask := journal.Entry{Event: journal.Request, ID: "x", StatusAsked: status, PauseBehavior: "skip", Time: at.Add(time.Duration(minute) * time.Minute), Who: journal.Who{Actor: "ana"}}
		answer := ask
		answer.Event, answer.Outcome, answer.Time = journal.Outcome, outcome, ask.Time.Add(time.Second)
		return &item{Entry: ask, entries: []journal.Entry{ask, answer}, update: true}
	}
	others := func(minute int, status string) *item {
		it := step(minute, status, "")
		it.undone = true
		return it
	}
	tests := []struct {
		name string
		list []*item
		want []string // in the last line
	}{
		{"a pause", []*item{step(0, "paused", "verified")}, []string{"  paused from ", ", skip, "}},
		{"paused again", []*item{step(0, "paused", "verified"), step(1, "paused", "verified")}, []string{"    paused again at "}},
		{"its end", []*item{step(0, "paused", "verified"), step(2, "in-progress", "verified")}, []string{"    resumed ", "after 2m0s"}},
		{"its end by a stop", []*item{step(0, "paused", "verified"), step(2, "stopped", "verified")}, []string{"    stopped ", "after 2m0s"}},
		{"a resume of nothing", []*item{step(0, "in-progress", "verified")}, []string{"  resumed at ", "; no pause before it on record"}},
		{"a stop", []*item{step(0, "stopped", "verified")}, []string{"  stopped at "}},
		{"one that failed", []*item{step(0, "paused", "failed")}, []string{"  pause asked at ", " by ana: failed"}},
		{"others ended it", []*item{step(0, "paused", "verified"), others(3, "paused")}, []string{"    resumed by others, seen at ", "after 2m59s"}},
		{"others ended what is not on record", []*item{others(3, "paused")}, []string{"  resumed by others, seen at "}},
		{"others paused", []*item{step(0, "in-progress", "verified"), others(3, "in-progress")}, []string{"  paused by others, seen at "}},
		{"the clock was set back", []*item{step(5, "paused", "verified"), step(0, "in-progress", "verified")}, []string{"after an unknown time (the clock was set back by 5m0s in between)"}},
	}
	for _, tt := range tests {
		var p pauses
		for _, it := range tt.list {
			p.add(it)
		}
		last := p.list[len(p.list)-1].lines
		if len(last) == 0 {
			t.Errorf("%s: nothing is said", tt.name)
			continue
		}
		for _, want := range tt.want {
			if line := last[len(last)-1]; !strings.Contains(line, want) {
				t.Errorf("%s: %q, want %q in it", tt.name, line, want)
			}
		}
	}
}

// TestSignalErrors: a signal is named, with the exit code that a shell gives it,
// and only a context of NotifyContext knows when to end for good.
func TestSignalErrors(t *testing.T) {
	for sig, code := range map[syscall.Signal]int{syscall.SIGHUP: 129, syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		e := &SignalError{sig}
		if e.ExitCode() != code || e.Error() != "stopped by a signal: "+sig.String() {
			t.Errorf("%v: %d, %q", sig, e.ExitCode(), e)
		}
	}
	if exitCode(3).Error() != "exit code 3" {
		t.Errorf("%v", exitCode(3))
	}
	if c := Terminated(context.Background()); c != nil {
		t.Error("another context ends for good")
	}
	ctx, stop := NotifyContext(t.Context(), func(int) {})
	defer stop()
	select {
	case <-Terminated(ctx):
		t.Error("it has ended before a signal came")
	default:
	}
}

// TestColumns: every column of the CSV form has a name of its own, and an entry
// that says nothing leaves it empty.
func TestColumns(t *testing.T) {
	var names []string
	for _, c := range journalColumns {
		names = append(names, c.name)
		if got := c.cell(journal.Entry{}); got != "" && !slices.Contains([]string{"seq", "time"}, c.name) {
			t.Errorf("%s of an empty entry is %q", c.name, got)
		}
	}
	slices.Sort(names)
	if len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("a column is there twice: %q", names)
	}
}

package status

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/line"
	"tapedeck/ui/theme"
)

var (
	start = time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	one   = deck.Key{SID: text.New("one")}
)

// What must not be overlooked is said before everything else but a trouble, the
// newest first, and stays behind what comes after it.
func TestView(t *testing.T) {
	tests := []struct {
		name string
		say  func(m *Model)
		a    Around
		want []string
	}{
		{"nothing", func(*Model) {}, Around{}, []string{""}},
		{"idle", func(*Model) {}, Around{Idle: line.Of(theme.Warn, "poll: HTTP 503")}, []string{" poll: HTTP 503"}},
		{"a key", func(m *Model) { m.Say("marked", deck.Key{}, start) }, Around{Idle: line.Of(theme.Warn, "poll")}, []string{" marked"}},
		{"something under way", func(m *Model) { m.Say("marked", deck.Key{}, start) }, Around{Busy: line.Of(theme.Plain, "pausing …1")},
			[]string{" marked                      pausing …1"}},
		{"bad, and a key", func(m *Model) {
			m.Complain(Said{Words: "failed"}, "try again", start)
			m.Say("marked", deck.Key{}, start)
		}, Around{More: 2}, []string{" failed  marked", " hint: try again"}},
		{"bad takes back what a key said", func(m *Model) {
			m.Say("marked", deck.Key{}, start)
			m.Complain(Said{Words: "failed"}, "", start)
		}, Around{}, []string{" failed"}},
		{"two that are bad", func(m *Model) {
			m.Complain(Said{Words: "first"}, "", start)
			m.Complain(Said{Words: "second"}, "", start)
		}, Around{}, []string{" second; before that: first"}},
		{"a key with its next step", func(m *Model) {
			m.Say("copied", deck.Key{}, start)
			m.Hint("set -s set-clipboard on")
		}, Around{More: 2}, []string{" copied", " hint: set -s set-clipboard on"}},
		{"a trouble", func(m *Model) { m.Complain(Said{Words: "failed"}, "", start) }, Around{Trouble: "NOT PAUSED", More: 2},
			[]string{" NOT PAUSED", " failed"}},
		{"too long for a line", func(m *Model) { m.Say(strings.Repeat("words ", 9), deck.Key{}, start) }, Around{More: 2},
			[]string{" words words words words words words", " words words words"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := New(theme.Theme{})
			tt.say(&m)
			got := m.View(40, tt.a)
			for i := range got {
				if n := (theme.Theme{}).Width(got[i]); n != 40 {
					t.Errorf("line %d has %d cells, want 40", i, n)
				}
				got[i] = strings.TrimRight(got[i], " ")
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("%q\nwant %q", got, tt.want)
			}
		})
	}
}

// A notice goes with its time, a key, the selection, or what it says.
func TestNoticesGo(t *testing.T) {
	m := New(theme.Theme{})
	bad := func(words string) { m.Complain(Said{Words: words}, "", start) }
	check := func(what, wantBad, wantInfo string) {
		t.Helper()
		if info, _ := m.Info(); m.Bad() != wantBad || info != wantInfo {
			t.Errorf("%s: %q and %q, want %q and %q", what, m.Bad(), info, wantBad, wantInfo)
		}
	}
	bad("bad")
	m.Dismiss(start.Add(seenAfter - 1))
	check("a key right after it", "bad", "")
	m.Dismiss(start.Add(seenAfter))
	check("a key", "", "")

	bad("bad")
	m.Say("info", deck.Key{}, start)
	m.Expire(start.Add(infoFor))
	check("10 s", "bad", "")
	if m.Expire(start.Add(badFor)); m.Expire(start.Add(badFor)) {
		t.Error("it expires twice")
	}
	check("15 s", "", "")

	bad("first")
	bad("second")
	m.Withdraw("other")
	check("something else withdrawn", "second; before that: first", "")
	m.Withdraw("second")
	check("the newest withdrawn", "first", "")
	m.WithdrawAll("fir")
	check("all withdrawn", "", "")

	bad(strings.Repeat("x", longest))
	bad("next")
	check("after a long one", "next", "")
	m.Withdraw("next")

	m.Select(one)
	m.Say("…one is marked", one, start)
	m.Select(one)
	check("the same selected", "", "…one is marked")
	m.Select(deck.Key{SID: text.New("two")})
	check("another selected", "", "")
}

// That a request was done is not said any more once a snapshot shows otherwise.
func TestFollow(t *testing.T) {
	resume := deck.Request{SID: one.SID, Update: api.Update{Status: api.InProgress}}
	pause := deck.Request{SID: one.SID, Update: api.Update{Status: api.Paused, PauseBehavior: api.Silence}}
	recording := func(s api.Status) *deck.Recording {
		return &deck.Recording{Recording: api.Recording{SID: one.SID, Status: s}}
	}
	troubled := recording(api.InProgress)
	troubled.Trouble = deck.Trouble{Kind: deck.ResumedByOthers}
	tests := []struct {
		name string
		req  deck.Request
		rec  *deck.Recording
		stay bool
	}{
		{"resumed, and recording", resume, recording(api.InProgress), true},
		{"resumed, and paused", resume, recording(api.Paused), false},
		{"paused, and paused", pause, recording(api.Paused), true},
		{"paused, and resumed by others", pause, troubled, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := New(theme.Theme{})
			m.Say("done", deck.Key{}, start)
			m.Done(tt.req)
			m.Follow(&deck.Snapshot{Recordings: []*deck.Recording{tt.rec}})
			if said, _ := m.Info(); (said != "") != tt.stay {
				t.Errorf("it says %q", said)
			}
		})
	}
}

// Hints of high rank drop first.
func TestHintLine(t *testing.T) {
	hints := []Hint{{"p", "pause", 1}, {"q", "quit", 3}, {"?", "help", 0}}
	for w, want := range map[int]string{40: " p pause  q quit  ? help", 20: " p pause  ? help", 9: " ? help", 3: "", 0: ""} {
		m := New(theme.Theme{})
		if got := strings.TrimRight(m.HintLine(slices.Clone(hints), w), " "); got != want {
			t.Errorf("%d cells: %q, want %q", w, got, want)
		}
	}
}

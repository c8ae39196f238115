package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/slips"
)

// outcome says what p has led to: the requests, the recordings that are asked
// about, or what the status line says.
func (s *session) outcome() string {
	switch {
	case len(s.d.requests) > 0:
		return s.verbs()
	case s.m.prompt == nil:
		return s.m.said()
	}
	q := s.m.prompt.Question()
	if len(q.Many) == 0 {
		return "asks " + q.Short + ": " + q.Why
	}
	var names []string
	for _, o := range q.Many {
		names = append(names, strings.TrimSpace(o.Short+" "+o.Note))
	}
	return "asks " + strings.Join(names, ", ") + ": " + q.Why
}

// after is the office some time later: the recording sid as change makes it.
func after(sid string, change func(*deck.Recording)) *deck.Snapshot {
	snap := limited(office())
	for i, r := range snap.Recordings {
		if r.SID.String() == sid {
			c := *r
			change(&c)
			snap.Recordings[i] = &c
		}
	}
	return snapshotOf(snap.Recordings...)
}

// without is the office without some recordings.
func without(sids ...string) *deck.Snapshot {
	var recs []*deck.Recording
	for _, r := range office().Recordings {
		if !slices.Contains(sids, r.SID.String()) {
			recs = append(recs, r)
		}
	}
	return snapshotOf(recs...)
}

const (
	askSel  = "asks %s: Asked because the selection had just moved to it."
	askLine = "asks %s: Asked because its row had just moved on the screen."
	atOnce  = "pause %s silence"
)

// TestSelectedIsLookedAt has each way in which what is selected and what
// somebody looks at can part. A p right then asks by name, or acts on the
// recording that was looked at all the time; a p after it was seen acts on it.
func TestSelectedIsLookedAt(t *testing.T) {
	resize := func(w, h int) func(s *session) {
		return func(s *session) { s.send(tea.WindowSizeMsg{Width: w, Height: h}) }
	}
	keys := func(list ...string) func(s *session) { return func(s *session) { s.press(list...) } }
	tests := []struct {
		name    string
		from    string // selected, and seen; empty for nothing
		do      func(s *session)
		at      string // what p leads to at once
		later   string // and when it was seen
		of      string // the recording that both are about
		nothing bool   // at and later are about none
	}{
		{name: "a filter", from: sidPaused, do: keys("/", "0", "1", "2", "3", "enter"), at: askSel, later: atOnce, of: "91be"},
		{name: "a filter that the selected one matches", from: sidRec, do: keys("/", "0", "1", "2", "3", "enter"), at: askLine, later: atOnce, of: "91be"},
		{name: "a filter without a match", from: sidRec, do: keys("/", "z", "z", "enter"), at: "cannot pause: no recording matches /zz/", later: "cannot pause: no recording matches /zz/", nothing: true},
		{name: "a filter is cleared", from: sidRec, do: func(s *session) {
			s.press("/", "7", "9", "4", "6", "enter").wait(time.Second).press("esc").wait(200 * time.Millisecond)
		}, at: "asks %s: Asked because p arrived right after an escape.", later: atOnce, of: "07d1"},
		{name: "Esc while a filter is typed", from: sidRec, do: func(s *session) {
			s.press("/", "7", "9", "4", "6").wait(time.Second).press("ctrl+c")
		}, at: askSel, later: atOnce, of: "91be"},
		{name: "another order", from: sidQueued, do: keys("o", "2"), at: askLine, later: atOnce, of: "e3f0"},
		{name: "the order is reversed", from: sidQueued, do: keys("O"), at: askLine, later: atOnce, of: "e3f0"},
		{name: "frozen", from: sidRec, do: func(s *session) { s.press("f").show(without(sidQueued)) }, at: atOnce, later: atOnce, of: "91be"},
		{name: "frozen and thawed", from: sidRec, do: func(s *session) { s.press("f").show(without(sidQueued)).press("f") }, at: askLine, later: atOnce, of: "91be"},
		{name: "the detail pane in full", from: sidRec, do: keys("enter"), at: askLine, later: atOnce, of: "91be"},
		{name: "and back", from: sidRec, do: func(s *session) { s.press("enter").wait(time.Second).press("enter") }, at: askLine, later: atOnce, of: "91be"},
		{name: "the help, and back", from: sidRec, do: keys("?", "?"), at: askLine, later: atOnce, of: "91be"},
		{name: "another size", from: sidRec, do: resize(80, 24), at: askLine, later: atOnce, of: "91be"},
		{name: "a size that is too small, and back", from: sidRec, do: func(s *session) { resize(50, 10)(s); resize(120, 40)(s) }, at: askLine, later: atOnce, of: "91be"},
		{name: "rows arrive above before the first key", do: func(s *session) {
			s.show(snapshotOf(recording(sidOld, api.InProgress, time.Hour))).wait(time.Second)
			s.show(snapshotOf(recording(sidRec, api.InProgress, time.Minute), recording(sidOld, api.InProgress, time.Hour)))
		}, at: askSel, later: atOnce, of: "91be"},
		{name: "rows arrive above after it", do: func(s *session) {
			s.show(snapshotOf(recording(sidOld, api.InProgress, time.Hour))).press("j").wait(time.Second)
			s.show(snapshotOf(recording(sidRec, api.InProgress, time.Minute), recording(sidOld, api.InProgress, time.Hour)))
		}, at: atOnce, later: atOnce, of: "07d1"},
		{name: "10,000 are loading", do: func(s *session) {
			rows := many(10_000).Recordings
			newest := recording(sidRec, api.InProgress, 0)
			for _, n := range []int{100, 1000, 5000, 10_000} {
				s.show(snapshotOf(rows[:n]...))
			}
			s.show(snapshotOf(append([]*deck.Recording{newest}, rows...)...)).pick(sidRec).press("G", "g")
			s.pick(sidRec).wait(time.Second)
			s.show(snapshotOf(append([]*deck.Recording{recording(sidQueued, api.InProgress, 0), newest}, rows...)...))
		}, at: atOnce, later: atOnce, of: "91be"},
		{name: "a filter hides marks", from: sidRec, do: func(s *session) {
			s.press("space").pick(sidOld).press("space", "/", "7", "9", "4", "6", "enter")
		}, at: "asks 91be hidden by the filter, 07d1: ", later: "asks 91be hidden by the filter, 07d1: ", nothing: true},
		{name: "read-only goes off", from: sidRec, do: func(s *session) {
			locked := office()
			locked.ReadOnly = true
			s.show(locked).wait(time.Second)
			s.show(office())
		}, at: "asks %s: Asked because tapedeck was read-only until just now.", later: atOnce, of: "91be"},
		{name: "the selected row ends", from: sidRec, do: func(s *session) {
			s.show(after(sidRec, func(r *deck.Recording) { r.Ended, r.Status = time.Now(), api.Completed }))
		}, at: "cannot pause …91be: it is completed", later: "cannot pause …91be: it is completed", nothing: true},
		{name: "the selected row goes", from: sidRec, do: func(s *session) { s.show(without(sidRec)) }, at: atOnce, later: atOnce, of: "91be"},
		{name: "an alarm reorders the rows", from: sidRec, do: func(s *session) {
			s.press("o", "2").wait(time.Second)
			s.show(pausedFor(192*time.Second, 192*time.Second))
		}, at: atOnce, later: atOnce, of: "91be"},
		{name: "a move that is not drawn yet", from: sidPaused2, do: func(s *session) {
			s.take(keyPress("down"))
			s.take(keyPress("down"))
			s.m.slips.Seen()
		}, at: "asks %s: Asked because the screen had not shown the selection yet.", later: atOnce, of: "91be"},
		{name: "a move", from: sidPaused2, do: keys("j", "j"), at: atOnce, later: atOnce, of: "91be"},
	}
	for _, tt := range tests {
		for _, later := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, seen %v", tt.name, later), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newSession(t, 120, 40, Options{})
					if tt.from != "" {
						s.show(limited(office())).pick(tt.from).press("ctrl+l").wait(time.Second)
					}
					tt.do(s)
					want := tt.at
					if later {
						want = tt.later
						s.wait(slips.LeadFor)
					}
					if !tt.nothing {
						want = fmt.Sprintf(want, tt.of)
					}
					s.take(keyPress("p"))
					s.settle()
					if got := s.outcome(); got != want {
						t.Errorf("p: %q, want %q\n%s", got, want, s.text())
					}
				})
			})
		}
	}
}

// A question keeps its recording whatever is selected, and closes where
// updates are refused now.
func TestReadOnlyWhileAQuestionIsOpen(t *testing.T) {
	for _, k := range []string{"r", "X", "P"} {
		at120(t, k, Options{}, func(t *testing.T, s *session) {
			s.pick(map[string]string{"r": sidPaused}[k])
			if k != "r" {
				s.pick(sidRec)
			}
			s.press(k).wait(time.Second)
			locked := office()
			locked.ReadOnly = true
			s.show(locked)
			if s.m.prompt != nil {
				t.Error("the question is open still")
			}
			s.want(" canceled: tapedeck is read-only now")
			s.press("y", "1")
			s.want("nothing was sent: the question had closed")
			s.wantVerbs("")
		})
	}
}

// The question about a pause that was left behind selects it, and takes no key
// that was on its way.
func TestLeftBehindTakesNoKey(t *testing.T) {
	left := []LeftBehind{{SID: text.New(sidPaused2), Actor: "alice"}}
	for _, k := range []string{"p", "r", "t", "j", "esc"} {
		onNight(t, k, Options{LeftBehind: leftBy(left)}, func(t *testing.T, s *session) {
			s.show(office())
			s.want("alice paused …c07a")
			s.press(k)
			s.want("alice paused …c07a", "too soon: "+k+" is ignored for the first 0.3 s")
			s.wantVerbs("")
			s.wait(time.Second).press("j").wait(slips.LeadFor).press("r")
			s.want("Resume …c07a?")
		})
	}
}

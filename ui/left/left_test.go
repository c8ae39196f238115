package left

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

// TestWords: what is said of a pause whose session has ended, as far as it is
// known.
func TestWords(t *testing.T) {
	now := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	tests := []struct {
		p    Pause
		want string
	}{
		{Pause{}, "somebody paused …8142 and lost the session; still paused"},
		{Pause{Actor: "ana"}, "ana paused …8142 and lost the session; still paused"},
		{Pause{Actor: "ana", PausedAt: now.Add(-time.Hour)}, "ana paused …8142 at 02:00 and lost the session; still paused"},
		{Pause{Actor: "ana", PausedAt: now.Add(-4 * time.Hour), EndedAt: now.Add(-time.Hour), Why: "hangup"},
			"ana paused …8142 at 28 Feb 23:00 and lost the session at 02:00; still paused"},
		{Pause{Actor: "ana", EndedAt: now, Why: Quit}, "ana paused …8142 and quit at 03:00; still paused"},
		{Pause{Actor: "ana", Why: Quit + "; its auto-resume was not done"}, "ana paused …8142 and quit; still paused"},
		{Pause{Actor: "a\x1b[2Jb"}, "a\ufffd[2Jb paused …8142 and lost the session; still paused"},
	}
	for _, tt := range tests {
		if got := tt.p.Words("8142", now); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.p, got, tt.want)
		}
	}
}

// TestMore: what else is known of a pause, each thing once.
func TestMore(t *testing.T) {
	now := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	tests := []struct {
		p    Pause
		want []string
	}{
		{Pause{}, nil},
		{Pause{Why: Quit}, nil},
		{Pause{Why: "hang\x1b[2Jup"}, []string{"hang\ufffd[2Jup"}},
		{Pause{Why: "hangup", Until: now.Add(-time.Minute)}, []string{"hangup", "its auto-resume at 02:59 was not done"}},
		{Pause{Until: now.Add(time.Minute)}, []string{"its auto-resume at 03:01 will not be done"}},
		{Pause{Why: Quit + "; its auto-resume was not done", Until: now}, []string{"its auto-resume was not done"}},
	}
	for _, tt := range tests {
		if got := tt.p.More(now); !slices.Equal(got, tt.want) {
			t.Errorf("%+v: %q, want %q", tt.p, got, tt.want)
		}
	}
}

var start = time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)

// around is what a session knows so long after start, of recordings with these
// SIDs: those in capitals are paused.
func around(after time.Duration, sids ...string) Around {
	now := start.Add(after)
	s := &deck.Snapshot{Health: deck.Health{Complete: now}}
	for _, sid := range sids {
		r := &deck.Recording{Recording: api.Recording{SID: text.New(sid), Status: api.InProgress}, Call: &api.Call{}}
		if sid < "a" {
			r.Status = api.Paused
		}
		s.Recordings = append(s.Recordings, r)
	}
	return Around{Live: s, Now: now, Own: func(deck.Key) bool { return false }}
}

func pauses(sids ...string) (msg ChangedMsg) {
	for _, sid := range sids {
		msg.All = append(msg.All, Pause{SID: text.New(sid), Actor: "alice"})
	}
	return msg
}

// TestNext: each pause is asked about once, in their order, and only where it is
// known to last, nobody answers for it and there is a place for the question.
func TestNext(t *testing.T) {
	tests := []struct {
		name   string
		change func(m *Model, a *Around)
		want   []string
	}{
		{"all that are paused, each once", func(*Model, *Around) {}, []string{"A!", "C!"}},
		{"no place", func(_ *Model, a *Around) { a.Full = true }, nil},
		{"data that is old", func(_ *Model, a *Around) { a.Live.Health.Failing = start }, nil},
		{"one of this session", func(_ *Model, a *Around) { a.Own = func(of deck.Key) bool { return of.SID.String() == "A" } }, []string{"C!"}},
		{"nobody on the line is known yet", func(_ *Model, a *Around) { a.Live.Recordings[0].Call = nil }, nil},
		{"and is not for long", func(_ *Model, a *Around) {
			a.Live.Recordings[0].Call, a.Now = nil, start.Add(namedWithin)
			a.Live.Health.Complete = a.Now
		}, []string{"A!", "C!"}},
		{"one that was left later does not lead", func(m *Model, _ *Around) { m.Take(pauses("A", "b", "C", "D"), start) }, []string{"A!", "C!", "D"}},
		{"and waits for quiet", func(m *Model, a *Around) {
			m.Take(pauses("A", "b", "C", "D"), start)
			a.Key = start.Add(-quietFor + 1)
		}, []string{"A!", "C!"}},
		{"and for a result", func(m *Model, a *Around) {
			m.Take(pauses("A", "b", "C", "D"), start)
			a.Busy = true
		}, []string{"A!", "C!"}},
		{"one that is no longer left behind", func(m *Model, _ *Around) { m.Take(pauses("C"), start) }, []string{"C!"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, a := New(t.Context(), nil), around(0, "A", "b", "C", "D")
			m.Take(pauses("A", "b", "C"), start)
			tt.change(&m, &a)
			var got []string
			for range 5 {
				if ask, ok := m.Next(a); ok {
					sid := ask.SID.String()
					if ask.Recording.SID != ask.SID {
						t.Errorf("%s comes with the recording %s", sid, ask.Recording.SID)
					}
					if ask.Leads {
						sid += "!"
					}
					got = append(got, sid)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("asked about (-want +got):\n%s", diff)
			}
		})
	}
}

// TestAgain: on demand they are asked about in turn, while they last.
func TestAgain(t *testing.T) {
	m := New(t.Context(), nil)
	m.Take(pauses("A", "b", "C"), start)
	var got []string
	again := func(a Around) {
		ask, ok := m.Again(a)
		if !ok {
			got = append(got, "-")
			return
		}
		got = append(got, ask.SID.String())
	}
	for range 3 {
		again(around(0, "A", "b", "C"))
	}
	again(around(0, "a", "b", "C"))
	again(around(0, "a", "b"))
	if want := []string{"A", "C", "A", "C", "-"}; !slices.Equal(got, want) {
		t.Errorf("asked about %q, want %q", got, want)
	}
}

// TestCount: what counts is what was seen to be paused, until it is over, also
// where it is paused once more after that; who is late may still be paused.
func TestCount(t *testing.T) {
	m := New(t.Context(), nil)
	m.Take(pauses("A", "B"), start)
	for i, step := range []struct {
		a    Around
		want int
	}{
		{around(0, "A"), 1},
		{around(lateWithin-1, "A", "B"), 2},
		{around(lateWithin, "A"), 1},
		{around(lateWithin, "A", "B"), 1},
	} {
		if m.Follow(step.a); m.Count() != step.want {
			t.Errorf("step %d: %d, want %d", i, m.Count(), step.want)
		}
	}
	late := New(t.Context(), nil)
	late.Take(pauses("A"), start)
	late.Follow(around(lateWithin))
	if late.Follow(around(lateWithin, "A")); late.Count() != 0 {
		t.Error("a pause that came too late counts")
	}
}

// TestHolds: a question holds while what it is about is left behind, and names who
// left it.
func TestHolds(t *testing.T) {
	m := New(t.Context(), nil)
	m.Take(pauses("A", "C"), start)
	m.Next(around(0, "A", "C"))
	if m.Take(pauses("A"), start); !m.Holds() || m.Reason() != "taken over from alice" {
		t.Errorf("holds %v, %q", m.Holds(), m.Reason())
	}
	if m.Take(pauses("C"), start); m.Holds() {
		t.Error("it holds without what it is about")
	}
}

package alarms

import (
	"strings"
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

var now = time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)

func name(of deck.Key) string { return "…" + of.SID.String() }

func troubleOf(sid string, kind deck.TroubleKind) *deck.Recording {
	return &deck.Recording{Recording: api.Recording{SID: text.New(sid), Status: api.InProgress}, Trouble: deck.Trouble{Kind: kind, Why: "HTTP 422"}}
}

func pausedFor(sid string, d time.Duration) *deck.Recording {
	return &deck.Recording{Recording: api.Recording{SID: text.New(sid), Status: api.Paused}, Pause: deck.Pause{Since: now.Add(-d)}}
}

func snapshot(recs ...*deck.Recording) *deck.Snapshot {
	s := &deck.Snapshot{Recordings: recs, PauseWarn: time.Minute, PauseAlarm: 3 * time.Minute}
	for _, r := range recs {
		switch {
		case r.Paused():
			s.Paused++
		case r.Trouble.Kind == deck.NotPaused:
			s.NotPaused++
		case r.Trouble.Kind == deck.ResumedByOthers:
			s.ResumedByOthers++
		}
	}
	return s
}

// A trouble is said with its reason, several with how many they are, the worst
// kind first, and an acknowledged one not at all.
func TestWords(t *testing.T) {
	acked := troubleOf("4", deck.NotPaused)
	acked.Trouble.Acked = true
	tests := []struct {
		recs        []*deck.Recording
		want, title string
	}{
		{nil, "", ""},
		{[]*deck.Recording{acked}, "", ""},
		{[]*deck.Recording{troubleOf("1", deck.NotPaused), acked}, "NOT PAUSED: …1 is still recording (HTTP 422)", "!NOT PAUSED …1 "},
		{[]*deck.Recording{troubleOf("1", deck.ResumedByOthers), troubleOf("2", deck.NotPaused)},
			"NOT PAUSED: …2 is still recording (HTTP 422); RESUMED BY OTHERS: …1 is recording again (HTTP 422)", "!NOT PAUSED …2 !RESUMED BY OTHERS …1 "},
		{[]*deck.Recording{troubleOf("1", deck.NotPaused), troubleOf("2", deck.NotPaused), troubleOf("3", deck.NotPaused), troubleOf("5", deck.NotPaused)},
			"NOT PAUSED: …1 …2 …3 and 1 more are still recording", "!NOT PAUSED 4 "},
	}
	for _, tt := range tests {
		var m Model
		m.Watch(snapshot(tt.recs...))
		if got := m.Words(name); got != tt.want {
			t.Errorf("%q\nwant %q", got, tt.want)
		}
		if got := m.Standing(name); got != tt.want {
			t.Errorf("standing %q, want %q", got, tt.want)
		}
		if got := m.Title(name, now, time.Second); got != tt.title {
			t.Errorf("title %q, want %q", got, tt.title)
		}
	}
}

// A pause alarms when its time has come, not before, and is looked at then; the
// bell rings once a minute while it does.
func TestAlarms(t *testing.T) {
	var m Model
	if m.Due(now) || m.Rings(now) {
		t.Error("something alarms before there is a snapshot")
	}
	m.Watch(snapshot(pausedFor("1", 2*time.Minute), pausedFor("2", 150*time.Second)))
	if !m.Due(now) || m.Look(now) || m.Pauses() != 0 || m.Rings(now) {
		t.Errorf("%d alarm at once, want none", m.Pauses())
	}
	if m.Due(now.Add(29 * time.Second)) {
		t.Error("it is looked at again before anything can have changed")
	}
	later := now.Add(30 * time.Second)
	if !m.Due(later) || !m.Look(later) || m.Pauses() != 1 {
		t.Errorf("%d alarm after three minutes, want 1", m.Pauses())
	}
	if got, want := m.Title(name, later, 10*time.Second), "!2 PAUSED 03:00 "; got != want {
		t.Errorf("title %q, want %q", got, want)
	}
	if got, want := m.Standing(name), "…2 is still paused"; got != want {
		t.Errorf("standing %q, want %q", got, want)
	}
	rings := 0
	for i := range 120 {
		if m.Rings(later.Add(time.Duration(i) * time.Second)) {
			rings++
		}
	}
	if rings != 2 {
		t.Errorf("it rings %d times in two minutes, want 2", rings)
	}
	if m.Watch(snapshot(troubleOf("3", deck.NotPaused))); !m.Troubled(deck.Key{SID: text.New("3")}) || m.Troubled(deck.Key{SID: text.New("1")}) || m.Troubles(deck.NotPaused) != 1 {
		t.Errorf("troubled: %q", strings.TrimSpace(m.Words(name)))
	}
}

// lacking is a call that has had no recording for a time.
func lacking(sid string, d time.Duration) *deck.Unrecorded {
	return &deck.Unrecorded{Call: &api.Call{SID: text.New(sid)}, Since: now.Add(-d)}
}

// A call without a recording alarms when its time has come, where that is wanted,
// and only while it is sure; the bell, the title and the words have it.
func TestUnrecorded(t *testing.T) {
	snap := func(alarm time.Duration, list ...*deck.Unrecorded) *deck.Snapshot {
		return &deck.Snapshot{Unrecorded: list, UnrecordedAlarm: alarm, Health: deck.Health{Complete: now, Limit: time.Minute},
			InProgress: deck.InProgress{Wanted: true, Listed: now, Limit: 30 * time.Second}}
	}
	var m Model
	m.Watch(snap(0, lacking("1", time.Hour)))
	if m.Look(now) || m.Unrecorded() != 0 || m.Rings(now) {
		t.Error("it alarms though nobody wants to know")
	}
	m.Watch(snap(time.Minute, lacking("1", 50*time.Second), lacking("2", 55*time.Second)))
	if m.Look(now) || m.Unrecorded() != 0 || m.Rings(now) || m.Title(name, now, time.Second) != "" || m.Standing(name) != "" {
		t.Error("it alarms too early")
	}
	at := now.Add(5 * time.Second)
	if m.Due(at.Add(-time.Millisecond)) || !m.Due(at) || !m.Look(at) || m.Unrecorded() != 1 || !m.Rings(at) {
		t.Errorf("%d alarm when the first is due", m.Unrecorded())
	}
	if title, words := m.Title(name, at, time.Second), m.Standing(name); title != "!NO REC …2 " || words != "…2 has no recording" {
		t.Errorf("the title is %q, the words %q", title, words)
	}
	at = now.Add(10 * time.Second)
	if !m.Due(at) || !m.Look(at) || m.Unrecorded() != 2 {
		t.Errorf("%d alarm when both are due", m.Unrecorded())
	}
	if title, words := m.Title(name, at, time.Second), m.Standing(name); title != "!NO REC 2 " || words != "2 calls have no recording" {
		t.Errorf("the title is %q, the words %q", title, words)
	}
	if m.Words(name) != "" {
		t.Error("the status line has it as well")
	}
	at = now.Add(31 * time.Second)
	if !m.Due(at) || !m.Look(at) || m.Unrecorded() != 0 || m.Title(name, at, time.Second) != "" {
		t.Error("it alarms though nobody can be sure")
	}
}

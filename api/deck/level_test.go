package deck

import (
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/text"
)

// TestLevel: how much a recording wants attention, and when that changes by
// itself, by the server's clock.
func TestLevel(t *testing.T) {
	now := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	const offset = time.Hour // of the server's clock
	paused := func(d time.Duration) *Recording {
		return &Recording{Recording: api.Recording{Status: api.Paused}, Pause: Pause{Since: now.Add(offset - d)}}
	}
	edit := func(r *Recording, f func(r *Recording)) *Recording { f(r); return r }
	tests := []struct {
		name string
		rec  *Recording
		want Level
		next time.Duration // from now; 0 for never
	}{
		{"just paused", paused(0), Calm, 90 * time.Second},
		{"a moment before it warns", paused(90*time.Second - 1), Calm, 1},
		{"it warns", paused(90 * time.Second), Warn, 90 * time.Second},
		{"a moment before it alarms", paused(180*time.Second - 1), Warn, 1},
		{"it alarms", paused(180 * time.Second), Alarm, 0},
		{"for days", paused(72 * time.Hour), Alarm, 0},
		{"acknowledged", edit(paused(time.Hour), func(r *Recording) { r.Ack = Ack{Actor: "a", Until: now.Add(offset + time.Minute)} }), Calm, time.Minute},
		{"acknowledged until now", edit(paused(time.Hour), func(r *Recording) { r.Ack = Ack{Actor: "a", Until: now.Add(offset)} }), Alarm, 0},
		{"its auto-resume was not done", edit(paused(time.Second), func(r *Recording) { r.Timer.Err = "why" }), Alarm, 89 * time.Second},
		{"the same, acknowledged", edit(paused(time.Second), func(r *Recording) {
			r.Timer.Err, r.Ack = "why", Ack{Actor: "a", Until: now.Add(offset + time.Second)}
		}), Calm, time.Second},
		{"ended", edit(paused(time.Hour), func(r *Recording) { r.Ended = now }), Calm, 0},
		{"recording", &Recording{Recording: api.Recording{Status: api.InProgress}}, Calm, 0},
		{"in trouble", &Recording{Recording: api.Recording{Status: api.InProgress}, Trouble: Trouble{Kind: NotPaused}}, Alarm, 0},
		{"in acknowledged trouble", &Recording{Recording: api.Recording{Status: api.InProgress}, Trouble: Trouble{Kind: NotPaused, Acked: true}}, Calm, 0},
		{"in trouble until it ended", &Recording{Recording: api.Recording{Status: api.Completed}, Trouble: Trouble{Kind: NotPaused}, Ended: now}, Calm, 0},
		{"paused in the future", paused(-time.Minute), Calm, 150 * time.Second},
	}
	s := &Snapshot{Offset: offset, PauseWarn: DefaultPauseWarn, PauseAlarm: DefaultPauseAlarm}
	for _, tt := range tests {
		if got := s.Level(tt.rec, now); got != tt.want {
			t.Errorf("%s: level %v, want %v", tt.name, got, tt.want)
		}
		var next time.Duration
		if at := s.LevelChanges(tt.rec, now); !at.IsZero() {
			next = at.Sub(now)
		}
		if next != tt.next {
			t.Errorf("%s: it changes in %v, want %v", tt.name, next, tt.next)
		}
		if tt.next > 0 {
			if before, after := s.Level(tt.rec, now.Add(tt.next-1)), s.Level(tt.rec, now.Add(tt.next)); before != tt.want || after == before && tt.want != Alarm {
				t.Errorf("%s: %v, then %v", tt.name, before, after)
			}
		}
	}
	never := &Snapshot{Offset: offset} // no limits
	if got := never.Level(paused(time.Hour), now); got != Calm {
		t.Errorf("without limits: level %v", got)
	}
}

// TestPhase: what the data is worth, by its age and what polls came to.
func TestPhase(t *testing.T) {
	now := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	tests := []struct {
		name   string
		health Health
		want   Phase
		age    time.Duration
	}{
		{"nothing yet", Health{Limit: 7 * time.Second}, Loading, 0},
		{"the first poll failed", Health{Limit: 7 * time.Second, Failing: ago(3 * time.Second)}, Stale, 3 * time.Second},
		{"live", Health{Limit: 7 * time.Second, Complete: ago(7 * time.Second)}, Live, 7 * time.Second},
		{"overdue", Health{Limit: 7 * time.Second, Complete: ago(7*time.Second + 1)}, Stale, 7*time.Second + 1},
		{"partial", Health{Limit: 7 * time.Second, Complete: ago(time.Second), Partial: true}, Partial, time.Second},
		{"partial and overdue", Health{Limit: 7 * time.Second, Complete: ago(time.Minute), Partial: true}, Stale, time.Minute},
		{"failing, a moment after all was well", Health{Limit: 7 * time.Second, Complete: ago(time.Second), Failing: now}, Stale, time.Second},
		{"the clock was set back", Health{Limit: 7 * time.Second, Complete: ago(-time.Hour)}, Live, 0},
	}
	for _, tt := range tests {
		if got := tt.health.Phase(now); got != tt.want || tt.health.Age(now) != tt.age {
			t.Errorf("%s: phase %v, age %v, want %v, %v", tt.name, got, tt.health.Age(now), tt.want, tt.age)
		}
	}
	for _, s := range []struct {
		snapshot Snapshot
		known    bool
	}{{Snapshot{}, false}, {Snapshot{Health: Health{Complete: now}}, true}, {Snapshot{Recordings: []*Recording{{}}}, true}, {Snapshot{Health: Health{Failing: now}}, false}} {
		if s.snapshot.Known() != s.known {
			t.Errorf("%+v: known %v", s.snapshot.Health, s.snapshot.Known())
		}
	}
}

// TestLongestFirst: those that were to be paused and are not, the oldest of them
// first, then the longest pause.
func TestLongestFirst(t *testing.T) {
	now := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	rec := func(sid string, since time.Duration, trouble TroubleKind, acked bool) *Recording {
		r := &Recording{Recording: api.Recording{SID: text.New(sid), Status: api.Paused}, Pause: Pause{Since: now.Add(-since)}}
		if trouble != "" {
			r.Status, r.Pause, r.Trouble = api.InProgress, Pause{}, Trouble{Kind: trouble, Since: now.Add(-since), Acked: acked}
		}
		return r
	}
	list := longestFirst([]*Recording{
		rec("short", time.Minute, "", false), rec("young trouble", time.Second, NotPaused, false), rec("long", time.Hour, "", false),
		rec("old trouble", time.Minute, ResumedByOthers, false),
	})
	got := ""
	for _, r := range list {
		got += r.SID.String() + ", "
	}
	if want := "old trouble, young trouble, long, short, "; got != want {
		t.Errorf("%s want %s", got, want)
	}
	for status, want := range map[api.Status]string{api.Paused: "pause", api.InProgress: "resume", api.Stopped: "stop", "x-new": "x-new"} {
		if verb := (Request{Update: api.Update{Status: status}}).Verb(); verb != want {
			t.Errorf("%s is asked for by %q", status, verb)
		}
	}
}

package cli

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

const lackingCall, lackingConference = "5e4d3c2b-2222-4eee-8fff-000000000201", "5e4d3c2b-2222-4eee-8fff-000000000202"

// TestWatchUnrecorded: a call and a conference without a recording alarm once, when
// their time has come, as JSON and as a sentence.
func TestWatchUnrecorded(t *testing.T) {
	for _, form := range []string{"--json", ""} {
		synctest.Test(t, func(t *testing.T) {
			space := spaceWith(sim.Begin{SID: sidA, StartedAgo: time.Minute})
			space.Call(sim.Line{SID: lackingCall, From: "+13105550142", To: "+13105550199", Ago: 30 * time.Second})
			space.Conference(sim.Line{SID: lackingConference, Name: "Sales", Ago: 40 * time.Second, People: []string{lackingCall}})
			_, find := attach(t, space, deck.Config{UnrecordedAlarm: time.Minute})
			time.Sleep(3 * time.Second)
			stdout, stderr, end := inTime(t, App{Environ: []string{"HOME=/nonexistent", "LANG=C.UTF-8"}, Attach: find}, strings.Fields("watch "+form)...)
			time.Sleep(2 * time.Minute)
			end()
			if stderr.String() != "" {
				t.Errorf("stderr %s", stderr)
			}
			if form == "" {
				has(t, "stdout", stdout.String(), "ALARM call …0201, (310) 555-0142 → (310) 555-0199: no recording for 01:0")
				has(t, "stdout", stdout.String(), "ALARM conference …0202, Sales (conference): no recording for 01:0")
				return
			}
			var got []string
			for line := range strings.Lines(stdout.String()) {
				valid(t, "watch", []byte(line))
				e := decoded[struct {
					Event, Reason string
					Counts        *struct{ Alarms int }
					Unrecorded    *struct {
						SID, Who string
						For      float64
					}
				}](t, line)
				if e.Event == eventAlarm && e.Unrecorded != nil {
					if e.Unrecorded.For < 60 || e.Unrecorded.For > 65 || !strings.HasPrefix(e.Reason, "no recording for 01:0") {
						t.Errorf("it alarms with %s", line)
					}
					got = append(got, e.Unrecorded.SID+" "+e.Unrecorded.Who)
				}
				if e.Counts != nil && e.Counts.Alarms != len(got) {
					t.Errorf("after %d alarms it counts %d: %s", len(got), e.Counts.Alarms, line)
				}
			}
			want := []string{lackingConference + " Sales (conference)", lackingCall + " (310) 555-0142 → (310) 555-0199"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestStatusUnrecorded: how many calls have no recording is said where they alarm:
// first, and in the exit code, while one does, and as not known while it is not.
func TestStatusUnrecorded(t *testing.T) {
	for name, tt := range map[string]struct {
		edit func(s *sharedStatus)
		want string
		code int
	}{
		"none":      {func(*sharedStatus) {}, "REC 3 #[fg=yellow]PAUSED 1 00:30#[default]", 0},
		"not yet":   {func(s *sharedStatus) { s.Unrecorded, s.UnrecordedAt = 2, time.Now().Add(time.Hour) }, "REC 3 #[fg=yellow]PAUSED 1 00:30#[default] #[fg=yellow]NO REC 2#[default]", 0},
		"by now":    {func(s *sharedStatus) { s.Unrecorded, s.UnrecordedAt = 2, s.Complete }, "#[fg=red,bold]NO REC 2#[default] REC 3 #[fg=yellow]PAUSED 1 00:30#[default]", 3},
		"not known": {func(s *sharedStatus) { s.Unrecorded = -1 }, "REC 3 #[fg=yellow]PAUSED 1 00:30#[default] #[fg=yellow]NO REC ?#[default]", 0},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			shareStatus(t, dir, shared(tt.edit))
			code, stdout, stderr := call(t, App{Environ: complete}, "status", "--tmux", "--state-dir", dir)
			if stdout != tt.want+"\n" || code != tt.code {
				t.Errorf("printed %q, %q, exit code %d, want %q, %d", stdout, stderr, code, tt.want, tt.code)
			}
		})
	}
}

// TestStatusOfUnrecorded: what a snapshot says of calls without a recording, of one
// profile and of several.
func TestStatusOfUnrecorded(t *testing.T) {
	now := time.Now()
	part := func(profile string, alarm, offset time.Duration, listed time.Time, ages ...time.Duration) *deck.Snapshot {
		s := &deck.Snapshot{Offset: offset, UnrecordedAlarm: alarm, Health: deck.Health{Complete: now, Limit: time.Minute},
			InProgress: deck.InProgress{Wanted: true, Listed: listed, Limit: time.Minute}}
		for i, ago := range ages {
			s.Unrecorded = append(s.Unrecorded, &deck.Unrecorded{Profile: profile, Call: &api.Call{SID: text.New(strings.Repeat("c", i+1))}, Since: now.Add(offset - ago)})
		}
		return s
	}
	several := func(list ...*deck.Snapshot) *deck.Snapshot {
		var parts []deck.Part
		for i, s := range list {
			parts = append(parts, deck.Part{Profile: string("ab"[i]), Snapshot: s})
		}
		return deck.Merge(1, parts, now)
	}
	old := now.Add(-time.Hour)
	for _, tt := range []struct {
		name string
		s    *deck.Snapshot
		n    int
		at   time.Time
	}{
		{"nobody asks", part("", 0, 0, now, time.Hour), 0, time.Time{}},
		{"none", part("", time.Minute, 0, now), 0, time.Time{}},
		{"one that will", part("", time.Minute, time.Hour, now, 20*time.Second), 1, now.Add(40 * time.Second)},
		{"one that does", part("", time.Minute, time.Hour, now, 20*time.Second, 2*time.Minute), 2, now},
		{"not known", part("", time.Minute, 0, old, 2*time.Minute), -1, time.Time{}},
		{"one of two asks", several(part("a", 0, 0, now, time.Hour), part("b", time.Minute, 0, now, 30*time.Second)), 1, now.Add(30 * time.Second)},
		{"of one of two it is not known", several(part("a", time.Minute, 0, old), part("b", time.Minute, 0, now, 2*time.Minute)), -1, now},
	} {
		got := statusOf(tt.s, now)
		if got.Unrecorded != tt.n || !got.UnrecordedAt.Equal(tt.at) {
			t.Errorf("%s: %d, alarms at %v, want %d at %v", tt.name, got.Unrecorded, got.UnrecordedAt, tt.n, tt.at)
		}
	}
}

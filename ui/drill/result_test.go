package drill

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api/sim"
)

var zero = time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)

// sec returns the moment so many seconds after the beginning.
func sec(s float64) time.Time { return zero.Add(time.Duration(s * float64(time.Second))) }

// TestJudge: what makes a scenario fail, each by itself, and what does not.
func TestJudge(t *testing.T) {
	pause := sim.Task{SID: "0000-8142", Kind: sim.PauseTask, Due: sec(1), Done: sec(3), Verified: sec(4), Resumed: sec(8), Settled: sec(9)}
	slow, unverified, unresumed, missed := pause, pause, pause, pause
	slow.Verified = sec(12)
	unverified.Verified, unverified.Resumed, unverified.Settled = time.Time{}, time.Time{}, time.Time{}
	unresumed.Resumed, unresumed.Settled = time.Time{}, time.Time{}
	missed.Resumed, missed.Settled, missed.Missed = time.Time{}, time.Time{}, true
	resume := sim.Task{SID: "0000-c07a", Kind: sim.ResumeTask, Due: sec(0), Resumed: sec(5), Settled: sec(6)}
	late := resume
	late.Settled = sec(10.5)
	start := sim.Task{SID: "0000-91be", Kind: sim.StartTask, Due: sec(0), Done: sec(2), Verified: sec(2.5)}
	lateStart, noStart := start, start
	lateStart.Verified, noStart.Verified = sec(11), time.Time{}
	wrong := func(kind sim.WrongKind, sids ...string) (out []sim.WrongUpdate) {
		for _, sid := range sids {
			out = append(out, sim.WrongUpdate{Time: sec(2), SID: sid, Status: "paused", Why: kind})
		}
		return out
	}
	for _, tt := range []struct {
		name        string
		drill       sim.Drill
		pause, done float64 // -1 for none
		why         []string
	}{
		{"passed", sim.Drill{Tasks: []sim.Task{pause}}, 3, 8, []string{}},
		{"a second pause counts when it was verified last", sim.Drill{Tasks: []sim.Task{pause, slow}}, 11, 8, []string{"the pause was verified after 11.0 s, the limit is 10 s"}},
		{"one of two is not verified", sim.Drill{Tasks: []sim.Task{pause, unverified}, Forgotten: 1}, -1, -1, []string{"not every pause was verified", "1 recording was left paused"}},
		{"forgotten", sim.Drill{Tasks: []sim.Task{unresumed}, Forgotten: 1}, 3, -1, []string{"1 recording was left paused"}},
		{"ended before it was resumed in its time", sim.Drill{Tasks: []sim.Task{missed}}, 3, -1, []string{"not all that was asked for was done"}},
		{"a resume", sim.Drill{Tasks: []sim.Task{resume}}, -1, 6, []string{}},
		{"a resume that is late", sim.Drill{Tasks: []sim.Task{late}}, -1, 10.5, []string{"it was done after 10.5 s, the limit is 10 s"}},
		{"a start", sim.Drill{Tasks: []sim.Task{start}}, -1, 2.5, []string{}},
		{"a start that is late, beside a pause", sim.Drill{Tasks: []sim.Task{pause, lateStart}}, 3, 11, []string{"the recording was started after 11.0 s, the limit is 10 s"}},
		{"a start that was not made", sim.Drill{Tasks: []sim.Task{pause, noStart}}, 3, -1, []string{"not all that was asked for was done"}},
		{"a pause and a start", sim.Drill{Tasks: []sim.Task{pause, start}}, 3, 8, []string{}},
		{"nothing was asked for yet", sim.Drill{}, -1, -1, []string{"it was left before anything was asked for"}},
		{"the card was recorded", sim.Drill{Tasks: []sim.Task{pause}, Recorded: 1500 * time.Millisecond}, 3, 8, []string{"1.5 s of the card were recorded"}},
		{"another recording, twice", sim.Drill{Tasks: []sim.Task{pause}, Wrong: wrong(sim.OtherRecording, "0000-07d1", "0000-07d1")}, 3, 8,
			[]string{"1 recording was touched that the scenario is not about"}},
		{"others", sim.Drill{Tasks: []sim.Task{pause}, Wrong: wrong(sim.OtherRecording, "0000-07d1", "0000-e3f0"), Forgotten: 2}, 3, 8,
			[]string{"2 recordings were touched that the scenario is not about", "2 recordings were left paused"}},
		{"stopped", sim.Drill{Tasks: []sim.Task{pause}, Wrong: wrong(sim.StopAsked, "0000-8142")}, 3, 8, []string{"…8142 was stopped"}},
		{"too early", sim.Drill{Tasks: []sim.Task{pause}, Wrong: wrong(sim.TooEarly, "0000-8142")}, 3, 8, []string{"…8142 was resumed too early"}},
		{"paused again", sim.Drill{Tasks: []sim.Task{resume}, Wrong: wrong(sim.PausedAgain, "0000-c07a")}, -1, 6, []string{"…c07a was paused again"}},
		{"skipped", sim.Drill{Tasks: []sim.Task{pause}, Wrong: wrong(sim.Skipped, "0000-8142")}, 3, 8, []string{"…8142 was skipped"}},
	} {
		tt.drill.Begun = zero
		s := judge(lesson{scenario: "card", limit: 10 * time.Second}, tt.drill, 2, []string{"card: a story"})
		if diff := cmp.Diff(tt.why, s.Why); diff != "" || (s.Outcome == Passed) != (len(tt.why) == 0) {
			t.Errorf("%s is %s (-want +got):\n%s", tt.name, s.Outcome, diff)
		}
		for name, pair := range map[string]struct {
			got  *float64
			want float64
		}{"pause": {s.Pause, tt.pause}, "done": {s.Done, tt.done}} {
			if got := pair.got; (got == nil) != (pair.want < 0) || got != nil && *got != pair.want {
				t.Errorf("%s: %s %v, want %g", tt.name, name, got, pair.want)
			}
		}
		if s.WrongKeys != 2 || s.ForgottenResumes != tt.drill.Forgotten || len(s.Wrong) != len(tt.drill.Wrong) || len(s.Tasks) != len(tt.drill.Tasks) || len(s.Story) != 1 {
			t.Errorf("%s: %+v", tt.name, s)
		}
	}
}

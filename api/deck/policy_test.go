package deck

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api"
	"tapedeck/api/sim"
)

// TestPolicyRefuses: what evidence does not allow is not sent, whatever way it
// comes in, and everything else goes on as ever.
func TestPolicyRefuses(t *testing.T) {
	silence := func(sid string) Request { r := pauseOf(sid); r.Update.PauseBehavior = api.Silence; return r }
	unsaid := func(sid string) Request { r := pauseOf(sid); r.Update.PauseBehavior = ""; return r }
	because := func(reason string) func(string) Request {
		return func(sid string) Request { r := stopOf(sid); r.Reason = reason; return r }
	}
	with := func(f func(string) Request, change func(*Request)) func(string) Request {
		return func(sid string) Request { r := f(sid); change(&r); return r }
	}
	tests := []struct {
		name   string
		policy Policy
		do     func(sid string) Request
		paused bool // before
		want   error
		status api.Status // at the end
	}{
		{name: "skip", policy: Evidence, do: pauseOf, want: ErrSkip, status: api.InProgress},
		{name: "skip, sent once more", policy: Evidence, do: with(pauseOf, func(r *Request) { r.Again = true }), want: ErrSkip, status: api.InProgress},
		{name: "skip of several", policy: Evidence, do: with(pauseOf, func(r *Request) { r.Group = 7 }), want: ErrSkip, status: api.InProgress},
		{name: "silence", policy: Evidence, do: silence, status: api.Paused},
		{name: "a pause without a behavior", policy: Evidence, do: unsaid, status: api.Paused},
		{name: "a stop without a reason", policy: Evidence, do: stopOf, want: ErrNoReason, status: api.InProgress},
		{name: "a reason of blanks", policy: Evidence, do: because(" \t\n"), want: ErrNoReason, status: api.InProgress},
		{name: "a stop that is sent once more", policy: Evidence, do: with(stopOf, func(r *Request) { r.Again = true }), want: ErrNoReason, status: api.InProgress},
		{name: "a stop with a reason", policy: Evidence, do: because("court order"), status: api.Stopped},
		{name: "a resume", policy: Evidence, do: resumeOf, paused: true, status: api.InProgress},
		{name: "an auto-resume", policy: Evidence, do: with(resumeOf, func(r *Request) { r.ByTimer = true }), paused: true, status: api.InProgress},
		{name: "a policy of a later version", policy: "new", do: pauseOf, want: ErrSkip, status: api.InProgress},
		{name: "skip under privacy", policy: Privacy, do: pauseOf, status: api.Paused},
		{name: "a stop under no policy", do: stopOf, status: api.Stopped},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				space := spaceOf(0, 0)
				begin := sim.Begin{StartedAgo: time.Minute}
				if tt.paused {
					begin.Status = "paused"
				}
				one, two := space.Begin(begin), space.Begin(begin)
				p := &paper{}
				tb := open(t, space, Config{Policy: tt.policy, Journal: p})
				tb.run()
				after(time.Second)
				_, err := tb.deck.Do(t.Context(), tt.do(one))
				errs := []error{err}
				tb.deck.DoAll(t.Context(), []Request{tt.do(two)}, func(_ int, _ Progress, err error) { errs = append(errs, err) })
				for _, err := range errs {
					if !errors.Is(err, tt.want) {
						t.Errorf("the error is %v, want %v", err, tt.want)
					}
				}
				after(time.Second)
				for _, sid := range []string{one, two} {
					if r := tb.find(sid); r.Status != tt.status {
						t.Errorf("it is %s, want %s", r.Status, tt.status)
					}
				}
				if sent := tb.wire.count("POST", ""); tt.want != nil && (sent > 0 || len(p.lines()) > 0) {
					t.Errorf("%d were sent; on record: %q", sent, p.lines())
				}
			})
		})
	}
}

// TestPolicyAutoResume: a pause under evidence is resumed by its auto-resume.
func TestPolicyAutoResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		sid := space.Begin(sim.Begin{StartedAgo: time.Minute})
		tb := open(t, space, Config{Policy: Evidence})
		tb.run()
		after(time.Second)
		req := pauseOf(sid)
		req.Update.PauseBehavior, req.ResumeAfter = api.Silence, 5*time.Second
		if _, err := tb.deck.Do(t.Context(), req); err != nil || tb.find(sid).Status != api.Paused {
			t.Fatalf("it is %s: %v", tb.find(sid).Status, err)
		}
		after(8 * time.Second)
		if got := tb.find(sid).Status; got != api.InProgress {
			t.Errorf("it is %s after its time", got)
		}
	})
}

// TestReasonOnRecord: why somebody stops is in the entry of the request, made safe
// and cut, and the outcome has a reason of its own.
func TestReasonOnRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		sid := space.Begin(sim.Begin{StartedAgo: time.Minute})
		p := &paper{}
		tb := open(t, space, Config{Policy: Evidence, Journal: p})
		tb.run()
		after(time.Second)
		req := stopOf(sid)
		req.Reason = " by order\nof the court\x1b[2J" + strings.Repeat("é", MaxReason)
		if _, err := tb.deck.Do(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		after(time.Second)
		got := p.entries[0].Reason
		if !strings.HasPrefix(got, "by order") || strings.ContainsAny(got, "\n\x1b") || len(got) > MaxReason {
			t.Errorf("the reason on record is %q", got)
		}
		if last := p.entries[len(p.entries)-1]; last.Reason != "" || last.Outcome != "verified" {
			t.Errorf("the outcome is on record as %+v", last)
		}
	})
}

// TestPolicyOf: each recording has the policy of its own project, and the snapshot
// of several the strictest and the earliest alarm.
func TestPolicyOf(t *testing.T) {
	part := func(profile string, p Policy, alarm time.Duration) Part {
		return Part{Profile: profile, Snapshot: &Snapshot{Policy: p, UnrecordedAlarm: alarm, Recordings: []*Recording{{Profile: profile}}}}
	}
	for _, parts := range [][]Part{
		{part("eu", Evidence, time.Minute), part("us", Privacy, 0), part("old", "", time.Hour)},
		{part("old", "", time.Hour), part("us", Privacy, 0), part("eu", Evidence, time.Minute)},
	} {
		s := Merge(1, parts, time.Now())
		if s.Policy != Evidence || s.UnrecordedAlarm != time.Minute {
			t.Errorf("the policy is %q, the alarm after %s", s.Policy, s.UnrecordedAlarm)
		}
		for _, r := range s.Recordings {
			if got, want := s.PolicyOf(r) == Evidence, r.Profile == "eu"; got != want {
				t.Errorf("the policy of one of %s is %q", r.Profile, s.PolicyOf(r))
			}
		}
	}
	one := Merge(1, []Part{part("eu", Evidence, 0)}, time.Now())
	if one.PolicyOf(one.Recordings[0]) != Evidence || one.PolicyOf(nil) != Evidence {
		t.Error("the policy of one profile is lost")
	}
	if slices.ContainsFunc(one.Parts, func(p Part) bool { return p.Policy != Evidence }) {
		t.Error("its part has another one")
	}
}

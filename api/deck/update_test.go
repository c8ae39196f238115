package deck

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// outcomes watches a deck and returns the outcomes that a recording's update
// goes through, as snapshots show them.
func (tb *table) outcomes(sid string) func() []Outcome {
	ch, cancel := tb.deck.Subscribe()
	var got []Outcome
	done := make(chan struct{})
	quit := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case s := <-ch:
				if r := s.Find(text.New(sid)); r != nil && r.Update != nil {
					if o := r.Update.Outcome; len(got) == 0 || got[len(got)-1] != o {
						got = append(got, o)
					}
				}
			case <-quit:
				return
			}
		}
	}()
	return func() []Outcome {
		synctest.Wait()
		cancel()
		close(quit)
		<-done
		return got
	}
}

func fault(t testing.TB, names ...string) (faults []sim.Fault) {
	t.Helper()
	for _, n := range names {
		f, err := sim.ParseFault(n)
		if err != nil {
			t.Fatal(err)
		}
		faults = append(faults, f)
	}
	return faults
}

func TestOutcomes(t *testing.T) {
	tests := []struct {
		name   string
		faults []string
		before func(*http.Request) (*http.Response, error)
		do     func(sid string) Request
		want   []Outcome
		status api.Status    // at the end
		took   time.Duration // at most
		posts  int
	}{
		{name: "pause", do: pauseOf, want: []Outcome{Requested, Accepted, Verified}, status: api.Paused, posts: 1, took: time.Second},
		{name: "stop", do: stopOf, want: []Outcome{Requested, Accepted, Verified}, status: api.Stopped, posts: 1, took: time.Second},
		{name: "resume is answered in-progress", do: resumeOf, want: []Outcome{Requested, Accepted, Verified}, status: api.InProgress, posts: 1, took: time.Second},
		{name: "resume is answered resumed", faults: []string{"resumed"}, do: resumeOf,
			want: []Outcome{Requested, Accepted, Verified}, status: api.Resumed, posts: 1, took: time.Second},
		{name: "reads lag a second", faults: []string{"lag=1s"}, do: pauseOf,
			want: []Outcome{Requested, Accepted, Verified}, status: api.Paused, took: 3 * time.Second, posts: 1},
		{name: "reads lag for too long", faults: []string{"lag=10s"}, do: pauseOf,
			want: []Outcome{Requested, Accepted, Contradicted}, status: api.InProgress, took: 4 * time.Second, posts: 1},
		{name: "503, not done", faults: []string{"503@update"}, do: pauseOf,
			want: []Outcome{Requested, Unknown, Contradicted}, status: api.InProgress, took: 2 * time.Second, posts: 1},
		{name: "the connection breaks after it was taken", faults: []string{"drop@update"}, do: pauseOf,
			want: []Outcome{Requested, Unknown, Verified}, status: api.Paused, took: time.Second, posts: 1},
		{name: "403", faults: []string{"403@update"}, do: pauseOf,
			want: []Outcome{Requested, Failed}, status: api.InProgress, took: time.Second, posts: 1},
		{name: "an HTML page", faults: []string{"html@update"}, do: pauseOf,
			want: []Outcome{Requested, Unknown, Contradicted}, status: api.InProgress, took: 2 * time.Second, posts: 1},
		{name: "429 without an end", faults: []string{"429-bare@update"}, do: pauseOf,
			want: []Outcome{Requested, Failed}, status: api.InProgress, took: 3 * time.Second, posts: 3},
		{name: "429 that asks to wait too long", faults: []string{"429=30@update"}, do: pauseOf,
			want: []Outcome{Requested, Failed}, status: api.InProgress, took: time.Second, posts: 1},
		{name: "an answer after 9 s", faults: []string{"slow=9s@update"}, do: pauseOf,
			want: []Outcome{Requested, Accepted, Verified}, status: api.Paused, took: 10 * time.Second, posts: 1},
		{name: "it is done and never answered", faults: []string{"slow=60s@update"}, do: pauseOf,
			want: []Outcome{Requested, Unknown, Verified}, status: api.Paused, took: 11 * time.Second, posts: 1},
		{name: "a 200 that is no JSON", before: always("POST", "", 200, "<html>"), do: pauseOf,
			want: []Outcome{Requested, Unknown, Contradicted}, status: api.InProgress, took: 5 * time.Second, posts: 1},
		{name: "an empty 200", before: always("POST", "", 200, ""), do: pauseOf,
			want: []Outcome{Requested, Unknown, Contradicted}, status: api.InProgress, took: 5 * time.Second, posts: 1},
		{name: "a redirect", before: always("POST", "", 307, "", "Location", "/elsewhere"), do: pauseOf,
			want: []Outcome{Requested, Unknown, Contradicted}, status: api.InProgress, took: 5 * time.Second, posts: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				space := spaceOf(0, 10)
				begin := sim.Begin{StartedAgo: time.Minute}
				if tt.do("").Update.Status == api.InProgress {
					begin.Status = "paused"
				}
				sid := space.Begin(begin)
				other := space.Begin(sim.Begin{Conference: true})
				tb := open(t, space, Config{})
				tb.run()
				after(time.Second)
				space.SetFaults(fault(t, tt.faults...)...)
				tb.wire.set(tt.before)
				outcomes := tb.outcomes(sid)
				began := time.Now()
				p, err := tb.deck.Do(t.Context(), tt.do(sid))
				if err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began); took > tt.took {
					t.Errorf("it took %v, want %v at most", took, tt.took)
				}
				if diff := cmp.Diff(tt.want, outcomes()); diff != "" {
					t.Errorf("outcomes (-want +got):\n%s", diff)
				}
				if !p.Settled || p.Outcome != tt.want[len(tt.want)-1] || p.Done.IsZero() {
					t.Errorf("progress = %+v", p)
				}
				if got := tb.find(sid).Status; got != tt.status {
					t.Errorf("the screen says %s, want %s", got, tt.status)
				}
				if n := tb.wire.count("POST", ""); n != tt.posts {
					t.Errorf("%d POSTs, want %d", n, tt.posts)
				}
				if tb.find(other).Update != nil {
					t.Error("another recording shows the update")
				}
			})
		})
	}
}

func TestUpdateShowsTheReturnedResource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		sid := space.Begin(sim.Begin{StartedAgo: time.Minute})
		tb := open(t, space, Config{})
		tb.run()
		after(time.Second)
		p, err := tb.deck.Do(t.Context(), pauseOf(sid))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, c := range p.Changed {
			names = append(names, c.Name.String()+" was "+c.Old.Value.String())
		}
		if !slices.Contains(names, "status was in-progress") || len(names) != 2 {
			t.Errorf("changed: %q", names)
		}
		r := tb.find(sid)
		if r.Pause.Behavior != api.Skip || r.Pause.Actor != "alice" || r.Pause.AtLeast {
			t.Errorf("pause = %+v", r.Pause)
		}
		after(10 * time.Second)
		if d := tb.find(sid).Pause.For(tb.deck.Snapshot().ServerTime(time.Now())); (d - 10*time.Second).Abs() > 2*time.Second {
			t.Errorf("paused for %v after 10 s", d)
		}
		if u := space.Updates(); len(u) != 1 || u[0].PauseBehavior != "skip" {
			t.Errorf("the space was asked for %+v", u)
		}
	})
}

func TestRefusedWithoutSending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		sid := space.Begin(sim.Begin{})
		tb := open(t, space, Config{ReadOnly: true})
		tb.run()
		after(time.Second)
		if _, err := tb.deck.Do(t.Context(), pauseOf(sid)); !errors.Is(err, ErrReadOnly) {
			t.Errorf("read-only: %v", err)
		}
		if n := tb.wire.count("POST", ""); n != 0 {
			t.Errorf("%d POSTs", n)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		sid := space.Begin(sim.Begin{})
		tb := open(t, space, Config{})
		tb.run()
		after(time.Second)
		if _, err := tb.deck.Do(t.Context(), pauseOf("nobody")); !errors.Is(err, ErrNotFound) {
			t.Errorf("an unknown recording: %v", err)
		}
		space.SetFaults(fault(t, "slow=5s@update")...)
		go func() { _, _ = tb.deck.Do(context.Background(), pauseOf(sid)) }()
		after(time.Second)
		_, err := tb.deck.Do(t.Context(), stopOf(sid))
		busy, ok := errors.AsType[*BusyError](err)
		if !ok || busy.Progress.Request.Verb() != "pause" {
			t.Errorf("while one is under way: %v", err)
		}
		after(10 * time.Second)
		if n := tb.wire.count("POST", ""); n != 1 {
			t.Errorf("%d POSTs", n)
		}
	})
}

func TestRequestFromAnOldScreenIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		sid := space.Begin(sim.Begin{StartedAgo: time.Minute})
		tb := open(t, space, Config{})
		tb.run()
		after(time.Second)
		req := pauseOf(sid)
		req.Snapshot = tb.deck.Snapshot().Seq
		if _, err := tb.deck.Do(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		// The key repeats before the screen has shown anything of the first.
		if _, err := tb.deck.Do(t.Context(), req); err == nil {
			t.Error("the repeated key was sent")
		}
		req = resumeOf(sid)
		req.Snapshot = tb.deck.Snapshot().Seq
		if p, err := tb.deck.Do(t.Context(), req); err != nil || p.Outcome != Verified {
			t.Errorf("a resume by what the screen shows: %s, %v", p.Outcome, err)
		}
	})
}

func TestAnswerWithAnotherStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		sid := space.Begin(sim.Begin{StartedAgo: time.Minute})
		tb := open(t, space, Config{})
		tb.run()
		after(time.Second)
		tb.wire.set(func(r *http.Request) (*http.Response, error) {
			if r.Method != "POST" {
				return nil, nil
			}
			get := r.Clone(r.Context())
			get.Method, get.Body, get.ContentLength = "GET", nil, 0
			i := strings.Index(get.URL.Path, "/Calls/")
			get.URL.Path = get.URL.Path[:i] + "/Recordings/" + sid + ".json"
			return tb.wire.next.RoundTrip(get) // 200 and the recording, unchanged
		})
		outcomes := tb.outcomes(sid)
		p, err := tb.deck.Do(t.Context(), pauseOf(sid))
		if err != nil || p.Outcome != Contradicted {
			t.Errorf("outcome %s, %v", p.Outcome, err)
		}
		if diff := cmp.Diff([]Outcome{Requested, Contradicted}, outcomes()); diff != "" {
			t.Errorf("outcomes (-want +got):\n%s", diff)
		}
		if got := tb.find(sid).Status; got != api.InProgress {
			t.Errorf("status %s", got)
		}
	})
}

func TestRateLimitedResumeIsNotRepeatedWhenTheWorldMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		sid := space.Begin(sim.Begin{Status: "paused", StartedAgo: time.Minute})
		tb := open(t, space, Config{Interval: time.Minute})
		tb.run()
		after(time.Second)
		space.SetFaults(fault(t, "429=2@update")...)
		go func() {
			time.Sleep(time.Second)
			space.SetFaults()
			space.EndRecording(sid)
		}()
		p, err := tb.deck.Do(t.Context(), resumeOf(sid))
		if err != nil || p.Outcome != Failed {
			t.Errorf("outcome %s, %v", p.Outcome, err)
		}
		if n := tb.wire.count("POST", ""); n != 1 {
			t.Errorf("%d POSTs, want 1: it had ended", n)
		}
	})
}

func TestRateLimitedPauseIsSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		sid := space.Begin(sim.Begin{StartedAgo: time.Minute})
		tb := open(t, space, Config{})
		tb.run()
		after(time.Second)
		space.SetFaults(fault(t, "429=2@update")...)
		time.AfterFunc(time.Second, func() { space.SetFaults() })
		p, err := tb.deck.Do(t.Context(), pauseOf(sid))
		if err != nil || p.Outcome != Verified || p.Tries != 2 {
			t.Errorf("outcome %s after %d tries, %v", p.Outcome, p.Tries, err)
		}
	})
}

func TestCloseFinishesAnUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		sid := space.Begin(sim.Begin{StartedAgo: time.Minute})
		tb := open(t, space, Config{})
		tb.run()
		after(time.Second)
		space.SetFaults(fault(t, "slow=4s@update")...)
		ctx, hangUp := context.WithCancel(t.Context())
		go func() { _, _ = tb.deck.Do(ctx, pauseOf(sid)) }()
		synctest.Wait()
		hangUp()
		began := time.Now()
		if err := tb.deck.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("closing took %v", took)
		}
		if got := tb.find(sid).Update.Outcome; got != Accepted {
			t.Errorf("outcome %s", got)
		}
		if _, err := tb.deck.Do(t.Context(), resumeOf(sid)); !errors.Is(err, ErrClosed) {
			t.Errorf("after closing: %v", err)
		}
	})
}

func TestUnknownIsSettledByALaterPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		sid := space.Begin(sim.Begin{StartedAgo: time.Minute})
		tb := open(t, space, Config{})
		tb.run()
		after(time.Second)
		space.SetFaults(fault(t, "drop")...)
		p, err := tb.deck.Do(t.Context(), pauseOf(sid))
		if err != nil || p.Outcome != Unknown || !p.Settled {
			t.Errorf("outcome %s, settled %v, %v", p.Outcome, p.Settled, err)
		}
		space.SetFaults()
		after(35 * time.Second)
		if got := tb.find(sid).Update.Outcome; got != Verified {
			t.Errorf("outcome %s after the network came back", got)
		}
	})
}

func TestUpdateDoesNotWaitForThePoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(300, 0)
		tb := open(t, space, Config{})
		tb.run()
		after(time.Second)
		space.SetFaults(fault(t, "slow=2s")...)
		after(3 * time.Second) // a poll of many requests is under way
		tb.wire.forget()
		var sid string
		for _, r := range tb.deck.Snapshot().Recordings {
			if r.Status == api.InProgress {
				sid = r.SID.String()
			}
		}
		go func() { _, _ = tb.deck.Do(context.Background(), pauseOf(sid)) }()
		after(time.Millisecond)
		if n := tb.wire.count("POST", ""); n != 1 {
			t.Error("the POST is not on the wire")
		}
		after(20 * time.Second)
	})
}

package deck

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// dated gives every answer the Date that is off by what off returns for it, the
// n-th from 0.
func (tb *table) dated(off func(n int) time.Duration) {
	n := 0
	tb.wire.mu.Lock()
	defer tb.wire.mu.Unlock()
	tb.wire.after = func(_ *http.Request, resp *http.Response) {
		tb.wire.mu.Lock()
		defer tb.wire.mu.Unlock()
		resp.Header.Set("Date", time.Now().Add(off(n)).UTC().Format(http.TimeFormat))
		n++
	}
}

// TestNoMonotonicTimes: times of the server's clock, and local ones that are to
// come, carry no monotonic reading, which stands still while a machine sleeps.
// It goes by the real clock, for that of a synctest has none.
func TestNoMonotonicTimes(t *testing.T) {
	space := spaceOf(0, 0)
	ours := space.Begin(sim.Begin{StartedAgo: time.Minute})
	undated := space.Begin(sim.Begin{Status: "paused", StartedAgo: time.Hour, DateUpdatedAgo: time.Hour})
	refused := space.Begin(sim.Begin{StartedAgo: time.Minute})
	undone := space.Begin(sim.Begin{StartedAgo: time.Minute})
	ended := space.Begin(sim.Begin{StartedAgo: time.Minute})
	tb := open(t, space, Config{})
	defer func() { _ = tb.deck.Close(t.Context()) }()
	poll := func(fails bool) {
		t.Helper()
		if err := tb.deck.Poll(t.Context()); (err != nil) != fails {
			t.Fatal(err)
		}
	}
	poll(false)
	timed := pauseOf(ours)
	timed.ResumeAfter = time.Minute
	for _, req := range []Request{timed, pauseOf(undone)} {
		if p, err := tb.deck.Do(t.Context(), req); err != nil || p.Outcome != Verified {
			t.Fatal(p.Outcome, err)
		}
	}
	space.SetFaults(fault(t, "403@update")...)
	_, _ = tb.deck.Do(t.Context(), pauseOf(refused))
	if err := tb.deck.Acknowledge(Key{SID: text.New(undated)}, Actor{Actor: "alice"}, "", time.Minute); err != nil {
		t.Fatal(err)
	}
	space.SetStatus(undone, "in-progress")
	space.EndRecording(ended)
	tb.deck.mu.Lock()
	tb.deck.find(text.New(undone)).hold = time.Time{} // a read that disagrees is no lag any more
	tb.deck.mu.Unlock()
	poll(false)
	space.SetFaults(fault(t, "503")...)
	poll(true)
	if r := tb.find(undone); r.Trouble.Kind != ResumedByOthers {
		t.Errorf("%s is %s, trouble %+v", undone, r.Status, r.Trouble)
	}
	found := map[string]bool{}
	findTimes(reflect.ValueOf(tb.deck.Snapshot()), "Snapshot", map[uintptr]bool{}, func(field string, monotonic bool) {
		found[field] = true
		if monotonic && measured[field] == "" {
			t.Errorf("%s has a monotonic reading", field)
		}
	})
	for _, field := range []string{"Pause.Since", "Ack.Until", "Timer.At", "Trouble.Since", "Recording.Ended", "Health.Failing", "Progress.Done", "Recording.Created"} {
		if !found[field] {
			t.Errorf("no snapshot had a %s; there were %v", field, slices.Sorted(maps.Keys(found)))
		}
	}
}

// measured are the times of a snapshot that are moments of this process, from
// which it measures by both clocks, and why.
var measured = map[string]string{
	"Snapshot.Heard":    "whether the local clock was set since",
	"Health.Complete":   "its age is by the clock that says more",
	"Health.Failing":    "as Complete",
	"Health.Next":       "of a timer of this process, which stands still with it",
	"Unnamed.Next":      "as Health.Next",
	"Progress.Asked":    "how long an update takes",
	"Progress.Answered": "as Asked",
	"Progress.Done":     "as Asked",
	"Recording.Ended":   "for how long an ended recording is shown",
}

// findTimes calls found for each time in v that is set, with the type and field
// that holds it.
func findTimes(v reflect.Value, field string, seen map[uintptr]bool, found func(field string, monotonic bool)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() && !seen[v.Pointer()] {
			seen[v.Pointer()] = true
			findTimes(v.Elem(), field, seen, found)
		}
	case reflect.Interface:
		if !v.IsNil() {
			findTimes(v.Elem(), field, seen, found)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			findTimes(v.Index(i), field, seen, found)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			findTimes(v.MapIndex(k), field, seen, found)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			if !v.IsZero() {
				found(field, v.FieldByName("wall").Uint()>>63 == 1) // as package time says it
			}
			return
		}
		for i := range v.NumField() {
			findTimes(v.Field(i), v.Type().Name()+"."+v.Type().Field(i).Name, seen, found)
		}
	}
}

// TestStepOfTheLocalClock: after the wall clock was set a pause of 5 s alarmed
// until the next answer.
func TestStepOfTheLocalClock(t *testing.T) {
	heard := time.Now()
	if now := afterStep(heard, time.Minute, time.Second); now.Sub(heard) != time.Second || wall(now).Sub(wall(heard)) != 61*time.Second {
		t.Fatalf("%v is no time after a step of %v", now, heard)
	}
	r := &Recording{Recording: api.Recording{Status: api.Paused}, Pause: Pause{Since: wall(heard).Add(time.Hour - 5*time.Second)}}
	s := &Snapshot{Offset: time.Hour, Heard: heard, PauseAlarm: 3 * time.Minute}
	tests := []struct {
		name        string
		step, later time.Duration
		lasts       time.Duration
		level       Level
	}{
		{"no step", 0, time.Second, 6 * time.Second, Calm},
		{"forward", 10 * time.Minute, time.Second, 6 * time.Second, Calm},
		{"back", -10 * time.Minute, time.Second, 6 * time.Second, Calm},
		{"forward, and no answer since", 10 * time.Minute, 10 * time.Second, 10*time.Minute + 15*time.Second, Alarm},
		{"no answer for long, no step", 0, 4 * time.Minute, 4*time.Minute + 5*time.Second, Alarm},
	}
	for _, tt := range tests {
		now := afterStep(heard, tt.step, tt.later)
		if got := r.Pause.For(s.ServerTime(now)); got != tt.lasts || s.Level(r, now) != tt.level {
			t.Errorf("%s: paused for %v, level %v, want %v, %v", tt.name, got, s.Level(r, now), tt.lasts, tt.level)
		}
		if got := s.ServerTime(now).Sub(s.ServerSecond(now)); got < 0 || got >= time.Second {
			t.Errorf("%s: the second begins %v ago", tt.name, got)
		}
	}
}

// afterStep returns what time.Now returns a while later, when the wall clock has
// been set in between by whole seconds.
func afterStep(t time.Time, step, later time.Duration) time.Time {
	t = t.Add(later)
	w := reflect.ValueOf(&t).Elem().FieldByName("wall")
	*(*uint64)(w.Addr().UnsafePointer()) += uint64(step/time.Second) << 30 // as package time has it
	return t
}

// TestStepDuringARequest: an answer on whose way the local clock was set tells
// nothing of the server's; it was taken to agree with what had been right before.
func TestStepDuringARequest(t *testing.T) {
	for _, step := range []time.Duration{10 * time.Minute, -10 * time.Minute} {
		began := time.Now()
		c := serverClock{at: began}
		answered := afterStep(began, step, 50*time.Millisecond)
		c.observe(api.Exchange{StatusCode: 200, Date: wall(began), Began: began, Answered: answered}, answered)
		if c.at != began || c.offset != 0 {
			t.Errorf("set by %v: heard at %v, offset %v", step, c.at, c.offset)
		}
		later := answered.Add(time.Second)
		c.observe(api.Exchange{StatusCode: 200, Date: wall(began).Add(time.Second), Began: later, Answered: later}, later)
		if (c.offset + step).Abs() > time.Second {
			t.Errorf("set by %v: offset %v with the next answer", step, c.offset)
		}
	}
}

// TestServerClockIsNotFooled: only the API's own answers tell its time, and
// another time only when three in a row agree.
func TestServerClockIsNotFooled(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	tests := []struct {
		name string
		offs []time.Duration // of the answers' dates, one a second
		bad  func(i int, x *api.Exchange)
		want time.Duration
	}{
		{name: "the first counts", offs: []time.Duration{time.Hour}, want: time.Hour},
		{name: "one node of six", offs: []time.Duration{0, 0, 300 * time.Second, 0, 0, 0, 0, 0, 300 * time.Second, 0}},
		{name: "two in a row", offs: []time.Duration{0, time.Hour, time.Hour}},
		{name: "three in a row", offs: []time.Duration{0, time.Hour, time.Hour, time.Hour}, want: time.Hour},
		{name: "three that do not agree", offs: []time.Duration{0, time.Hour, 2 * time.Hour, time.Hour, 3 * time.Hour, time.Hour}},
		{name: "three with a right one between", offs: []time.Duration{0, time.Hour, time.Hour, 0, time.Hour, time.Hour}},
		{name: "it drifts", offs: []time.Duration{0, 2 * time.Second, 3 * time.Second, 4 * time.Second, 5 * time.Second}, want: 4 * time.Second},
		{name: "a proxy's pages", offs: []time.Duration{0, time.Hour, time.Hour, time.Hour, time.Hour},
			bad: func(i int, x *api.Exchange) { x.StatusCode = []int{200, 502, 404, 302, 503}[i] }},
		{name: "pages with 200", offs: []time.Duration{0, time.Hour, time.Hour, time.Hour},
			bad: func(i int, x *api.Exchange) {
				if i > 0 {
					x.Err = fmt.Errorf("%w: <html>", api.ErrUnreadable)
				}
			}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var c serverClock
			for i, off := range tt.offs {
				at := now.Add(time.Duration(i) * time.Second)
				x := api.Exchange{StatusCode: 200, Date: at.Add(off), Began: at, Answered: at.Add(50 * time.Millisecond)}
				if tt.bad != nil {
					tt.bad(i, &x)
				}
				c.observe(x, at)
			}
			if (c.offset - tt.want).Abs() > time.Second {
				t.Errorf("offset %v, want about %v", c.offset, tt.want)
			}
		})
	}
}

// TestPauseOutlivesADate: a pause that was first seen under a Date hours ahead
// stood at 00:00 until that time came, and its alarm was off.
func TestPauseOutlivesADate(t *testing.T) {
	for _, off := range []time.Duration{2 * time.Hour, -2 * time.Hour} {
		for _, dated := range []time.Duration{3 * time.Hour, 2 * time.Minute, -off + time.Minute} {
			t.Run(fmt.Sprint(off, dated), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					space := spaceOf(0, 0)
					if dated > 2*time.Hour && off < 0 {
						t.Skip("dated before the pause began")
					}
					sid := space.Begin(sim.Begin{Status: "paused", StartedAgo: 3 * time.Hour, DateUpdatedAgo: dated})
					tb := open(t, space, Config{})
					tb.dated(func(n int) time.Duration {
						if n < 4 {
							return off
						}
						return 0
					})
					tb.run()
					after(20 * time.Second)
					s := tb.deck.Snapshot()
					got, least := tb.find(sid).Pause.For(s.ServerTime(time.Now())), 19*time.Second
					if s.Offset.Abs() > time.Second || got < least || got > least+2*time.Minute+2*time.Second {
						t.Errorf("offset %v, paused for %v", s.Offset, got)
					}
					after(3 * time.Minute)
					if tb.level(sid) != Alarm {
						t.Error("it does not alarm after three minutes")
					}
				})
			})
		}
	}
}

// TestAckOutlivesADate: an acknowledgement lasts as long as it was meant to.
func TestAckOutlivesADate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		sid := space.Begin(sim.Begin{Status: "paused", StartedAgo: 3 * time.Hour, DateUpdatedAgo: 3 * time.Hour})
		tb := open(t, space, Config{PauseAlarm: time.Second})
		var off atomic.Int64
		off.Store(int64(time.Hour))
		tb.dated(func(int) time.Duration { return time.Duration(off.Load()) })
		tb.run()
		after(5 * time.Second)
		if err := tb.deck.Acknowledge(Key{SID: text.New(sid)}, Actor{Actor: "alice"}, "", time.Minute); err != nil {
			t.Fatal(err)
		}
		off.Store(0)
		after(30 * time.Second)
		if tb.level(sid) != Calm {
			t.Error("it alarms before its time")
		}
		after(31 * time.Second)
		if tb.level(sid) != Alarm {
			t.Error("it is silent after its time")
		}
	})
}

// TestLookbackReachesTheNewest: a Date ahead by more than the lookback asked
// for nothing at all.
func TestLookbackReachesTheNewest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(3, 20)
		tb := open(t, space, Config{FullEvery: 10 * time.Second})
		tb.dated(func(n int) time.Duration {
			if n == 0 {
				return 0
			}
			return 100 * time.Hour
		})
		tb.run()
		after(20 * time.Second)
		sid := space.Begin(sim.Begin{})
		after(5 * time.Second)
		tb.find(sid)
		tb.wire.mu.Lock()
		log := slices.Clone(tb.wire.log)
		tb.wire.mu.Unlock()
		for _, l := range log {
			_, since, ok := strings.Cut(l, "/Recordings.json?DateCreated%3E=")
			if since, _, _ = strings.Cut(since, "&"); ok && since > time.Now().UTC().Format(time.RFC3339) {
				t.Errorf("a poll asks for what begins after %s", since)
			}
		}
		tb.wantTruth()
		tb.wantPhase(Live)
	})
}

// TestLateAutoResume: after the machine has slept, or its clock was set, an
// auto-resume that is a little late is done, and one that is very late alarms.
func TestLateAutoResume(t *testing.T) {
	for name, tt := range map[string]struct {
		slept time.Duration
		done  bool
	}{
		"a little late": {48 * time.Second, true},
		"very late":     {80 * time.Second, false},
		"in good time":  {20 * time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &paper{}
				tb, sid := begun(t, Config{Journal: p})
				req := pauseOf(sid)
				req.ResumeAfter = time.Minute
				if _, err := tb.deck.Do(t.Context(), req); err != nil {
					t.Fatal(err)
				}
				after(15 * time.Second)
				// By the server's clock so much more time has gone by.
				tb.deck.mu.Lock()
				auto := tb.deck.find(text.New(sid)).auto
				auto.server = auto.server.Add(-tt.slept)
				tb.deck.mu.Unlock()
				after(2 * time.Second)
				left := time.Until(tb.find(sid).Timer.At)
				if tt.slept == 20*time.Second && (left-23*time.Second).Abs() > time.Second {
					t.Errorf("it says %v, want 23 s", left)
				}
				after(30 * time.Second)
				r := tb.find(sid)
				if (r.Status == api.InProgress) != tt.done {
					t.Errorf("it is %s", r.Status)
				}
				if late := strings.Contains(r.Timer.Err, "its time came "); late == tt.done || late != (tb.level(sid) == Alarm) ||
					late != strings.Contains(strings.Join(p.lines(), " "), "auto-resume not done: its time came") {
					t.Errorf("timer %+v, level %v, the journal says %q", r.Timer, tb.level(sid), p.lines())
				}
			})
		})
	}
}

// TestProxyPageMovesNoTime: what stands between sends pages with a time of its
// own.
func TestProxyPageMovesNoTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb, _ := begun(t, Config{})
		for _, status := range []int{502, 200} {
			tb.wire.set(func(r *http.Request) (*http.Response, error) {
				resp := answer(r, status, "<html>")
				resp.Header.Set("Date", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
				resp.Body = io.NopCloser(strings.NewReader("<html>"))
				return resp, nil
			})
			after(time.Minute)
			if got := tb.deck.Snapshot().Offset; got.Abs() > time.Second {
				t.Errorf("HTTP %d: offset %v", status, got)
			}
		}
	})
}

package deck

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

func (tb *table) level(sid string) Level {
	tb.t.Helper()
	return tb.deck.Snapshot().Level(tb.find(sid), time.Now())
}

func TestPauseWarnsThenAlarms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		sid := space.Begin(sim.Begin{StartedAgo: time.Minute})
		tb := open(t, space, Config{})
		tb.run()
		after(time.Second)
		if _, err := tb.deck.Do(t.Context(), pauseOf(sid)); err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			wait time.Duration
			want Level
		}{{80 * time.Second, Calm}, {15 * time.Second, Warn}, {80 * time.Second, Warn}, {10 * time.Second, Alarm}} {
			after(step.wait)
			if got := tb.level(sid); got != step.want {
				t.Errorf("level = %v after another %v, want %v", got, step.wait, step.want)
			}
		}
		if err := tb.deck.Acknowledge(Key{SID: text.New(sid)}, Actor{Actor: "alice"}, "waiting for\x1b[2J the bank", time.Minute); err != nil {
			t.Fatal(err)
		}
		if got := tb.find(sid).Ack.Reason; strings.Contains(got, "\x1b") {
			t.Errorf("reason = %q", got)
		}
		if got := tb.level(sid); got != Calm {
			t.Errorf("level = %v after it was acknowledged", got)
		}
		after(62 * time.Second)
		if got := tb.level(sid); got != Alarm {
			t.Errorf("level = %v after the new deadline", got)
		}
		space.SetStatus(sid, "in-progress")
		after(5 * time.Second)
		if tb.find(sid).Ack != (Ack{}) || tb.find(sid).Trouble.Kind != ResumedByOthers {
			t.Error("the acknowledgement outlives the pause")
		}
		if err := tb.deck.Acknowledge(Key{SID: text.New(space.Begin(sim.Begin{}))}, Actor{Actor: "alice"}, "x", time.Minute); !errors.Is(err, ErrNotFound) {
			t.Errorf("an unknown recording was acknowledged: %v", err)
		}
		running := space.Begin(sim.Begin{})
		after(5 * time.Second)
		if err := tb.deck.Acknowledge(Key{SID: text.New(running)}, Actor{Actor: "alice"}, "x", time.Minute); err == nil {
			t.Error("a recording that is not paused was acknowledged")
		}
	})
}

func TestAutoResume(t *testing.T) {
	tests := []struct {
		name   string
		meddle func(tb *table, sid string) // 20 s after the pause
		status api.Status
		posts  int
		failed string // in the timer's error; empty for none
	}{
		{name: "it resumes", status: api.InProgress, posts: 2},
		{name: "somebody resumed", status: api.InProgress, posts: 1,
			meddle: func(tb *table, sid string) { tb.space.SetStatus(sid, "in-progress") }},
		{name: "somebody stopped", status: api.Completed, posts: 1,
			meddle: func(tb *table, sid string) { tb.space.EndRecording(sid) }},
		{name: "it was resumed and paused again", status: api.Paused, posts: 1, failed: "",
			meddle: func(tb *table, sid string) {
				tb.space.SetStatus(sid, "in-progress")
				time.Sleep(4 * time.Second)
				tb.space.SetStatus(sid, "paused")
			}},
		{name: "it was changed within one poll", status: api.Paused, posts: 1, failed: "changed",
			meddle: func(tb *table, sid string) {
				tb.space.SetStatus(sid, "in-progress")
				tb.space.SetStatus(sid, "paused")
			}},
		{name: "the data is stale", status: api.Paused, posts: 1, failed: "could not see",
			meddle: func(tb *table, _ string) { tb.wire.set(always("GET", "", 503, "")) }},
		{name: "it was taken away", status: api.Paused, posts: 1,
			meddle: func(tb *table, sid string) {
				if err := tb.deck.SetTimer(Key{SID: text.New(sid)}, Actor{Actor: "bob"}, 0, false); err != nil {
					tb.t.Error(err)
				}
			}},
		{name: "it was put off", status: api.Paused, posts: 1,
			meddle: func(tb *table, sid string) {
				if err := tb.deck.SetTimer(Key{SID: text.New(sid)}, Actor{Actor: "bob"}, 10*time.Minute, false); err != nil {
					tb.t.Error(err)
				}
			}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				space := spaceOf(0, 0)
				sid := space.Begin(sim.Begin{StartedAgo: time.Minute})
				tb := open(t, space, Config{})
				tb.run()
				after(time.Second)
				req := pauseOf(sid)
				req.ResumeAfter = time.Minute
				if _, err := tb.deck.Do(t.Context(), req); err != nil {
					t.Fatal(err)
				}
				if got := time.Until(tb.find(sid).Timer.At).Round(time.Second); got != time.Minute {
					t.Errorf("the timer runs for %v", got)
				}
				after(20 * time.Second)
				if tt.meddle != nil {
					tt.meddle(tb, sid)
				}
				after(50 * time.Second)
				r := tb.find(sid)
				if r.Status != tt.status {
					t.Errorf("it is %s, want %s", r.Status, tt.status)
				}
				if n := tb.wire.count("POST", ""); n != tt.posts {
					t.Errorf("%d POSTs, want %d", n, tt.posts)
				}
				if tt.failed == "" && r.Timer.Err != "" || !strings.Contains(r.Timer.Err, tt.failed) {
					t.Errorf("timer error %q, want %q", r.Timer.Err, tt.failed)
				}
				if tt.failed != "" && tb.level(sid) != Alarm {
					t.Error("a timer that did not resume raises no alarm")
				}
				if tt.posts == 2 && (r.Update == nil || !r.Update.Request.ByTimer || r.Update.Request.Actor.Name() != "alice") {
					t.Errorf("the update is not the timer's: %+v", r.Update)
				}
			})
		})
	}
}

func TestSetTimerRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		running := space.Begin(sim.Begin{})
		paused := space.Begin(sim.Begin{Status: "paused", StartedAgo: time.Minute})
		tb := open(t, space, Config{})
		tb.run()
		after(time.Second)
		if err := tb.deck.SetTimer(Key{SID: text.New(running)}, Actor{Actor: "a"}, time.Minute, false); err == nil {
			t.Error("a timer on a recording that is not paused")
		}
		if err := tb.deck.SetTimer(Key{SID: text.New(paused)}, Actor{Actor: "a"}, time.Hour, false); err == nil {
			t.Error("a timer of an hour")
		}
		if err := tb.deck.SetTimer(Key{SID: text.New("nobody")}, Actor{Actor: "a"}, time.Minute, false); !errors.Is(err, ErrNotFound) {
			t.Errorf("unknown: %v", err)
		}
		if err := tb.deck.SetTimer(Key{SID: text.New(paused)}, Actor{Actor: "a"}, time.Minute, false); err != nil || len(tb.deck.Timers()) != 1 {
			t.Errorf("%v, %d timers", err, len(tb.deck.Timers()))
		}
	})
}

func TestSiblings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		const call, conf = "5e4d3c2b-2222-4eee-8fff-000000000201", "7b6a5948-3333-4fff-8aaa-000000000301"
		one := space.Begin(sim.Begin{CallSID: call})
		two := space.Begin(sim.Begin{CallSID: call})
		alone := space.Begin(sim.Begin{})
		room := space.Begin(sim.Begin{ConferenceSID: conf})
		tb := open(t, space, Config{})
		tb.run()
		after(3 * time.Second)
		people := tb.find(room).Participants
		if len(people) == 0 {
			t.Fatal("the conference has no participants")
		}
		leg := space.Begin(sim.Begin{CallSID: people[0].CallSID.String()})
		after(3 * time.Second)
		if _, err := tb.deck.Do(t.Context(), pauseOf(one)); err != nil {
			t.Fatal(err)
		}
		for _, sid := range []string{one, two} {
			if s := tb.find(sid).Siblings; s.Of() != 2 || s.Recording != 1 || s.Paused != 1 {
				t.Errorf("%s: %d of %d record, %d paused", sid, s.Recording, s.Of(), s.Paused)
			}
		}
		if s := tb.find(alone).Siblings; s.Of() != 1 {
			t.Errorf("the one alone has %d siblings", len(s.List))
		}
		if s := tb.find(room).Siblings; s.Of() != 2 || s.List[0].SID.String() != leg || s.List[0].Why != "a participant's call" {
			t.Errorf("the conference's siblings: %+v", s)
		}
		if s := tb.find(leg).Siblings; s.Of() != 2 || s.List[0].SID.String() != room {
			t.Errorf("the participant's siblings: %+v", s)
		}
		space.EndRecording(two)
		after(3 * time.Second)
		if s := tb.find(one).Siblings; s.Of() != 1 {
			t.Errorf("an ended one is still a sibling: %+v", s)
		}
	})
}

// An update that the API carries out after it was given up is this deck's all
// the same.
func TestLateUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		sid := space.Begin(sim.Begin{StartedAgo: time.Hour, DateUpdatedAgo: time.Hour})
		tb := open(t, space, Config{})
		tb.run()
		after(time.Second)
		space.SetFaults(fault(t, "silent-lost@update")...)
		p, err := tb.deck.Do(t.Context(), pauseOf(sid))
		if err != nil || p.Outcome != Contradicted || !p.Late(time.Now()) {
			t.Fatalf("outcome %s (%v), want contradicted, and maybe late", p.Outcome, err)
		}
		space.SetStatus(sid, "paused") // as the API does in the end
		after(5 * time.Second)
		r := tb.find(sid)
		if r.Update.Outcome != Verified || r.Pause.Actor != p.Request.Actor.Name() || r.Pause.Behavior != api.Skip {
			t.Errorf("outcome %s, pause %+v; want the pause to be the request's", r.Update.Outcome, r.Pause)
		}
	})
}

// A resume that was answered with 200 and not done takes nothing away from how
// long the pause has lasted.
func TestPauseOutlivesALie(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		sid := space.Begin(sim.Begin{StartedAgo: time.Hour, DateUpdatedAgo: 10 * time.Minute, Status: "paused"})
		tb := open(t, space, Config{})
		tb.run()
		after(time.Second)
		before := tb.find(sid).Pause
		tb.deck.mu.Lock()
		e := tb.deck.find(text.New(sid))
		tb.deck.set(e, api.DecodeRecording([]byte(`{"sid":"`+sid+`","call_sid":"c","status":"in-progress"}`)), time.Now(), time.Now())
		tb.deck.mu.Unlock()
		after(5 * time.Second)
		if got := tb.find(sid); got.Status != api.Paused || got.Pause != before {
			t.Errorf("status %s, pause %+v, want %+v", got.Status, got.Pause, before)
		}
	})
}

// A poll that sees the pause before its answer comes takes neither the timer
// nor the name from it.
func TestTimerWhenAPollIsFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		sid := space.Begin(sim.Begin{StartedAgo: time.Minute})
		tb := open(t, space, Config{})
		tb.run()
		after(time.Second)
		tb.wire.after = func(r *http.Request, _ *http.Response) {
			if r.Method == http.MethodPost {
				time.Sleep(3 * time.Second)
			}
		}
		req := pauseOf(sid)
		req.Actor, req.ResumeAfter = Actor{Actor: "ana"}, 10*time.Second
		if _, err := tb.deck.Do(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		if r := tb.find(sid); r.Timer.At.IsZero() || r.Pause.Actor != "ana" {
			t.Errorf("timer %+v, pause %+v", r.Timer, r.Pause)
		}
		after(16 * time.Second)
		if got := tb.find(sid).Status; got != api.InProgress {
			t.Errorf("after the timer it is %s", got)
		}
	})
}

package deck

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api"
	"tapedeck/api/journal"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// restart opens the next deck of a space with what the last one kept, as a
// service reads it back from a file.
func (tb *table) restart(k Kept, c Config) *table {
	tb.t.Helper()
	b, err := json.Marshal(k)
	if err != nil {
		tb.t.Fatal(err)
	}
	var back Kept
	if err := json.Unmarshal(b, &back); err != nil {
		tb.t.Fatal(err)
	}
	if diff := cmp.Diff(k, back); diff != "" {
		tb.t.Errorf("what is kept is not read as written (-want +got):\n%s", diff)
	}
	c.Kept = back
	return open(tb.t, tb.space, c)
}

// stop ends a deck within a test, and returns what it keeps.
func (tb *table) stop() Kept {
	tb.t.Helper()
	if err := tb.deck.Close(tb.t.Context()); err != nil {
		tb.t.Error(err)
	}
	return tb.deck.Kept()
}

// TestKept: after a restart a pause has who made it, how and since when, its
// acknowledgement and its auto-resume, if it is still the same pause; and
// nothing of that if it is another one.
func TestKept(t *testing.T) {
	lasts := []string{"bob: request in-progress (timer)", "bob: outcome in-progress (timer)"}
	tests := []struct {
		name      string
		meanwhile func(tb *table, sid string) // while no deck runs
		same      bool
		timerErr  string   // begins so; empty for one that goes on, or none
		want      []string // the journal of the second run, a minute later
	}{
		{name: "nothing happens", meanwhile: func(*table, string) {}, same: true, want: lasts},
		{name: "some seconds", meanwhile: func(*table, string) { time.Sleep(20 * time.Second) }, same: true, want: lasts},
		{name: "the time of the auto-resume passes", meanwhile: func(*table, string) { time.Sleep(70 * time.Second) }, same: true,
			timerErr: "its time came 14 s ago, while tapedeck was not running",
			want:     []string{"bob: timer auto-resume not done: its time came 14 s ago, while tapedeck was not running (timer)"}},
		{name: "resumed", meanwhile: func(tb *table, sid string) { tb.space.SetStatus(sid, "in-progress") }},
		{name: "resumed and paused again", meanwhile: func(tb *table, sid string) {
			time.Sleep(2 * time.Second)
			tb.space.SetStatus(sid, "in-progress")
			tb.space.SetStatus(sid, "paused")
		}},
		{name: "ended", meanwhile: func(tb *table, sid string) { tb.space.EndRecording(sid) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tb, sid := begun(t, Config{})
				req := pauseOf(sid).by(ana)
				req.Group = 7
				if _, err := tb.deck.Do(t.Context(), req); err != nil {
					t.Fatal(err)
				}
				_ = tb.deck.Acknowledge(Key{SID: text.New(sid)}, bob, "looks for the card", 10*time.Minute)
				_ = tb.deck.SetTimer(Key{SID: text.New(sid)}, bob, time.Minute, false)
				before := tb.find(sid)
				after(4 * time.Second)
				k := tb.stop()
				tt.meanwhile(tb, sid)
				p := &paper{}
				next := tb.restart(k, Config{Journal: p})
				next.run()
				after(time.Second)
				r := next.deck.Snapshot().Find(text.New(sid))
				if !tt.same {
					after(5 * time.Second)
					if r != nil && (r.Pause.Actor != "" || r.Ack != (Ack{}) || !r.Timer.IsZero()) {
						t.Errorf("another pause has %+v, %+v, %+v", r.Pause, r.Ack, r.Timer)
					}
					if left := next.deck.Kept().Recordings; len(left) > 0 && (left[0].Ack != nil || r == nil) {
						t.Errorf("it keeps %+v", left)
					}
					return
				}
				if diff := cmp.Diff(before.Pause, r.Pause, cmp.AllowUnexported(Pause{})) + cmp.Diff(before.Ack, r.Ack); diff != "" {
					t.Errorf("the pause and its acknowledgement (-want +got):\n%s", diff)
				}
				if r.Timer.Err != tt.timerErr || r.Timer.Actor != "bob" ||
					tt.timerErr == "" && r.Timer.At.Sub(before.Timer.At).Abs() > time.Second {
					t.Errorf("auto-resume %+v, want that of %+v, error %q", r.Timer, before.Timer, tt.timerErr)
				}
				if posts := next.wire.count("POST", ""); posts != 0 {
					t.Errorf("%d POSTs at the start", posts)
				}
				after(time.Minute)
				if diff := cmp.Diff(tt.want, p.doers(t)); diff != "" {
					t.Errorf("journal (-want +got):\n%s", diff)
				}
				if got := next.find(sid).Status; (got == api.Paused) == (tt.timerErr == "") {
					t.Errorf("a minute later it is %s", got)
				}
			})
		})
	}
}

// TestKeptAlarms: an auto-resume that was not done and a pause that was not
// made alarm after a restart, too, and one that others end is noticed.
func TestKeptAlarms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb, sid := begun(t, Config{Journal: &paper{}})
		refused := tb.space.Begin(sim.Begin{StartedAgo: time.Minute})
		other := tb.space.Begin(sim.Begin{StartedAgo: time.Minute})
		after(5 * time.Second)
		req := pauseOf(sid).by(ana)
		req.ResumeAfter = 5 * time.Second
		own, err := tb.deck.Do(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		pause, err := tb.deck.Do(t.Context(), pauseOf(other).by(bob))
		if err != nil {
			t.Fatal(err)
		}
		tb.space.SetFaults(fault(t, "403@update")...)
		if p, _ := tb.deck.Do(t.Context(), pauseOf(refused).by(bob)); p.Outcome != Failed {
			t.Fatalf("the pause is %s", p.Outcome)
		}
		after(10 * time.Second)
		tb.space.SetFaults()
		failed, trouble := tb.find(sid).Timer, tb.find(refused).Trouble
		if failed.Err == "" || trouble.Kind != NotPaused {
			t.Fatalf("%+v, %+v", failed, trouble)
		}
		p := &paper{}
		next := tb.restart(tb.stop(), Config{Journal: p})
		next.run()
		after(time.Second)
		if got := next.find(sid); got.Timer != failed || next.level(sid) != Alarm {
			t.Errorf("auto-resume %+v, want %+v", got.Timer, failed)
		}
		if got := next.find(refused); !cmp.Equal(got.Trouble, trouble) || next.level(refused) != Alarm {
			t.Errorf("trouble %+v, want %+v", got.Trouble, trouble)
		}
		next.space.SetStatus(other, "in-progress")
		next.space.SetStatus(refused, "paused")
		after(5 * time.Second)
		if got := next.find(other).Trouble; got.Kind != ResumedByOthers || got.Actor != "bob" {
			t.Errorf("trouble %+v", got)
		}
		if got := next.find(refused).Trouble; got != (Trouble{}) {
			t.Errorf("it is paused, and has the trouble %+v", got)
		}
		if len(p.entries) != 1 || p.entries[0].Event != journal.Seen || p.entries[0].ID != pause.JournalID || p.entries[0].ID == own.JournalID || p.entries[0].Who != bob {
			t.Errorf("the journal has %+v", p.entries)
		}
	})
}

// TestKeptUndated: where the API does not date the pause nobody knows whether
// it is the same one: its auto-resume is not done, and alarms.
func TestKeptUndated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb, sid := begun(t, Config{})
		defer tb.garble("", "date_updated", "x")()
		req := pauseOf(sid).by(ana)
		req.ResumeAfter = time.Minute
		if _, err := tb.deck.Do(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		k := tb.stop()
		next := tb.restart(k, Config{})
		defer next.garble("", "date_updated", "x")()
		next.run()
		after(2 * time.Minute)
		r := next.find(sid)
		if r.Pause.Actor != "" || !strings.Contains(r.Timer.Err, "could not be told") || next.level(sid) != Alarm || r.Status != api.Paused {
			t.Errorf("%s, pause %+v, auto-resume %+v", r.Status, r.Pause, r.Timer)
		}
	})
}

// TestKeptUnseen: what was kept of a recording that no scan meets is kept until
// it is read by itself; and it is let go when there is none.
func TestKeptUnseen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb, sid := withOld(t, "")
		if _, err := tb.deck.Load(t.Context(), text.New(sid)); err != nil {
			t.Fatal(err)
		}
		req := pauseOf(sid).by(bob)
		req.ResumeAfter = time.Minute
		if _, err := tb.deck.Do(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		before, k := tb.find(sid).Pause, tb.stop()
		const none = "5e4d3c2b-2222-4eee-8fff-000000000999"
		k.Recordings = append(k.Recordings, KeptRecording{SID: none, Pause: &KeptPause{Since: time.Now().UTC()}})
		next := tb.restart(k, Config{Lookback: time.Hour})
		if diff := cmp.Diff(len(k.Recordings), len(next.deck.Kept().Recordings)); diff != "" {
			t.Errorf("before the first poll it keeps %+v", next.deck.Kept())
		}
		next.wire.set(always("GET", "/Calls", 503, ""))
		next.run()
		after(10 * time.Second)
		if got := next.find(sid); !cmp.Equal(got.Pause, before, cmp.AllowUnexported(Pause{})) || got.Timer.Actor != "bob" {
			t.Errorf("pause %+v, want %+v; auto-resume %+v", got.Pause, before, got.Timer)
		}
		for _, r := range next.deck.Kept().Recordings {
			if r.SID == none {
				t.Error("one that is not to be found is kept")
			}
		}
		next.wantPhase(Live)
		after(time.Minute)
		if got := next.find(sid).Status; got != api.InProgress {
			t.Errorf("it is %s", got)
		}
	})
}

// TestKeptAtTheEnd: an auto-resume of a pause that is answered while the deck
// is being closed is kept, as one that ran then is.
func TestKeptAtTheEnd(t *testing.T) {
	for _, late := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			tb, sid := begun(t, Config{})
			req := pauseOf(sid).by(ana)
			req.ResumeAfter = time.Minute
			done := make(chan struct{})
			go func() { defer close(done); _, _ = tb.deck.Do(t.Context(), req) }()
			if late {
				time.Sleep(latency) // it has no answer yet
			} else {
				after(5 * time.Second)
			}
			began := time.Now()
			k := tb.stop()
			<-done
			if len(k.Recordings) != 1 || k.Recordings[0].Timer == nil || k.Recordings[0].Timer.Actor != ana {
				t.Fatalf("late %v: it keeps %+v", late, k.Recordings)
			}
			if left := k.Recordings[0].Timer.At.Sub(began); left > 62*time.Second || left < 53*time.Second {
				t.Errorf("late %v: it is due in %v", late, left)
			}
			next := tb.restart(k, Config{})
			next.run()
			after(70 * time.Second)
			if got := next.find(sid).Status; got != api.InProgress {
				t.Errorf("late %v: it is %s", late, got)
			}
		})
	}
}

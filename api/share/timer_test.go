package share

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestTimerStates moves an auto-resume in every way, from every state, by its own
// process and by another one.
func TestTimerStates(t *testing.T) {
	now, due := time.Now(), time.Date(2026, 11, 29, 3, 0, 0, 0, time.UTC)
	own, other := mover{"one", "a", now}, mover{"two", "b", now}
	in := func(s TimerState, by mover, began, seen time.Duration) Timer {
		t := Timer{State: s, ID: "id", Host: by.host, Instance: by.instance, seen: now.Add(-seen), Setting: Setting{Due: due}}
		if began >= 0 {
			t.began = now.Add(-began)
		}
		return t
	}
	const not = -1 // it is not of this process
	foreign := Timer{Foreign: true, Host: "two", Seq: 4}
	tests := []struct {
		name string
		do   func() (Timer, error)
		want TimerState
		err  error
	}{
		{"set where none is", func() (Timer, error) { return own.set(Timer{}, Setting{Due: due}, "id") }, TimerSet, nil},
		{"set another one", func() (Timer, error) { return own.set(in(TimerSet, other, not, 0), Setting{Due: due}, "id") }, TimerSet, nil},
		{"set over a claim", func() (Timer, error) { return own.set(in(TimerClaimed, other, not, 0), Setting{Due: due}, "id") }, TimerSet, nil},
		{"set while it fires", func() (Timer, error) { return own.set(in(TimerFiring, other, not, time.Hour), Setting{}, "id") }, "", ErrFiring},
		{"set after it is done", func() (Timer, error) { return own.set(in(TimerDone, other, not, 0), Setting{Due: due}, "id") }, TimerSet, nil},
		{"set over a newer version", func() (Timer, error) { return own.set(foreign, Setting{}, "id") }, "", ErrForeign},
		{"claim early", func() (Timer, error) { return own.claim(in(TimerSet, other, not, 0), due.Add(-1)) }, "", ErrEarly},
		{"claim when due", func() (Timer, error) { return own.claim(in(TimerSet, other, not, 0), due) }, TimerClaimed, nil},
		{"claim as late as can be", func() (Timer, error) { return own.claim(in(TimerSet, other, not, 0), due.Add(MaxLate)) }, TimerClaimed, nil},
		{"claim too late", func() (Timer, error) { return own.claim(in(TimerSet, other, not, 0), due.Add(MaxLate+1)) }, "", ErrLate},
		{"claim what another has", func() (Timer, error) { return own.claim(in(TimerClaimed, other, not, TakeOver-1), due) }, "", ErrHeld},
		{"take over", func() (Timer, error) { return own.claim(in(TimerClaimed, other, not, TakeOver), due) }, TimerClaimed, nil},
		{"claim what fires", func() (Timer, error) { return own.claim(in(TimerFiring, other, not, time.Hour), due) }, "", ErrFiring},
		{"claim what is done", func() (Timer, error) { return own.claim(in(TimerDone, other, not, 0), due) }, "", ErrFired},
		{"claim what is canceled", func() (Timer, error) { return own.claim(in(TimerCanceled, other, not, 0), due) }, "", ErrNoTimer},
		{"claim a newer version", func() (Timer, error) { return own.claim(foreign, due) }, "", ErrForeign},
		{"fire in time", func() (Timer, error) { return own.fire(in(TimerClaimed, own, FireWindow-1, 0)) }, TimerFiring, nil},
		{"fire too late", func() (Timer, error) { return own.fire(in(TimerClaimed, own, FireWindow, 0)) }, "", ErrWindow},
		{"fire by another claim", func() (Timer, error) { return own.fire(in(TimerClaimed, other, 0, 0)) }, "", ErrNotOurs},
		{"fire by a claim of before a restart", func() (Timer, error) { return own.fire(in(TimerClaimed, own, not, 0)) }, "", ErrNotOurs},
		{"fire twice", func() (Timer, error) { return own.fire(in(TimerFiring, own, 0, 0)) }, "", ErrNotOurs},
		{"finish", func() (Timer, error) { return own.finish(in(TimerFiring, own, 0, 0), "verified") }, TimerDone, nil},
		{"finish for another soon", func() (Timer, error) { return own.finish(in(TimerFiring, other, not, Settles-1), "") }, "", ErrHeld},
		{"finish for another", func() (Timer, error) { return own.finish(in(TimerFiring, other, not, Settles), "") }, TimerDone, nil},
		{"finish what did not fire", func() (Timer, error) { return own.finish(in(TimerClaimed, own, 0, 0), "") }, "", ErrNotOurs},
		{"finish twice", func() (Timer, error) { return own.finish(in(TimerDone, own, 0, 0), "") }, "", ErrNoTimer},
		{"fail in time", func() (Timer, error) { return own.fail(in(TimerSet, own, 0, 0), due.Add(MaxLate), "why") }, "", ErrEarly},
		{"fail when late", func() (Timer, error) { return own.fail(in(TimerSet, other, 0, 0), due.Add(MaxLate+1), "why") }, TimerFailed, nil},
		{"fail an own claim", func() (Timer, error) { return own.fail(in(TimerClaimed, own, 0, 0), due, "why") }, TimerFailed, nil},
		{"fail another's claim", func() (Timer, error) { return own.fail(in(TimerClaimed, other, not, 0), due, "why") }, "", ErrEarly},
		{"fail what fired", func() (Timer, error) { return own.fail(in(TimerFiring, own, 0, 0), due, "why") }, TimerFailed, nil},
		{"fail what another fired, soon", func() (Timer, error) { return own.fail(in(TimerFiring, other, not, 0), due.Add(time.Hour), "why") }, "", ErrHeld},
		{"fail what another fired", func() (Timer, error) { return own.fail(in(TimerFiring, other, not, Settles), due, "why") }, TimerFailed, nil},
		{"cancel", func() (Timer, error) { return own.cancel(in(TimerSet, other, not, 0), "ann") }, TimerCanceled, nil},
		{"cancel a claim", func() (Timer, error) { return own.cancel(in(TimerClaimed, other, not, 0), "ann") }, TimerCanceled, nil},
		{"cancel while it fires", func() (Timer, error) { return own.cancel(in(TimerFiring, own, 0, 0), "ann") }, "", ErrFiring},
		{"cancel what is done", func() (Timer, error) { return own.cancel(in(TimerDone, own, 0, 0), "ann") }, "", ErrFired},
		{"cancel nothing", func() (Timer, error) { return own.cancel(Timer{}, "ann") }, "", ErrNoTimer},
		{"release", func() (Timer, error) { return own.release(in(TimerClaimed, own, 0, 0)) }, TimerSet, nil},
		{"release another's", func() (Timer, error) { return own.release(in(TimerClaimed, other, not, 0)) }, "", ErrNotOurs},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.do()
			if !errors.Is(err, tt.err) || err == nil && (got.State != tt.want || got.Host != "one" || got.Instance != "a") {
				t.Errorf("%s by host %s, %v; want %s, %v", got.State, got.Host, err, tt.want, tt.err)
			}
		})
	}
}

// TestTimerRapid has hosts do what they like, with what they know of old and with
// clocks that stand still for a while, through a stream that takes only what
// follows on its last state: one auto-resume is fired once at most, by a host that
// had it to itself all the time, and never by one that is told otherwise.
func TestTimerRapid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		due := time.Date(2026, 11, 29, 3, 0, 0, 0, time.UTC)
		local := time.Now()
		stream := Timer{}
		hosts := make([]rapidHost, 3)
		for i := range hosts {
			hosts[i].mover = mover{fmt.Sprint("h", i), "x", local}
		}
		fired := map[string]int{}
		ids := 0
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			h := &hosts[rapid.IntRange(0, len(hosts)-1).Draw(t, "host")]
			passes := rapid.SampledFrom([]time.Duration{0, time.Second, 3 * time.Second, 5 * time.Second, 20 * time.Second}).Draw(t, "passes")
			local = local.Add(passes)
			h.now = local
			space := due.Add(local.Sub(hosts[0].began(local)) - 2*time.Second)
			from := h.knows
			var next Timer
			var err error
			switch what := rapid.SampledFrom([]string{"look", "set", "claim", "fire", "finish", "fail", "cancel", "release"}).Draw(t, "what"); what {
			case "look":
				if h.knows.Seq != stream.Seq {
					h.knows = stream
					h.knows.seen, h.knows.began = local, time.Time{}
				}
				continue
			case "set":
				ids++
				next, err = h.set(from, Setting{Due: space.Add(time.Second)}, fmt.Sprint(ids))
			case "claim":
				next, err = h.claim(from, space)
			case "fire":
				next, err = h.fire(from)
			case "finish":
				next, err = h.finish(from, "")
			case "fail":
				next, err = h.fail(from, space, "")
			case "cancel":
				next, err = h.cancel(from, "")
			case "release":
				next, err = h.release(from)
			}
			if err != nil || from.Seq != stream.Seq {
				continue // refused here, or by the stream
			}
			if stream.State == TimerFiring && !next.State.Over() {
				t.Fatalf("from firing to %s", next.State)
			}
			next.Seq, next.seen = stream.Seq+1, local
			stream, h.knows = next, next
			if next.State == TimerFiring {
				fired[next.ID]++
				if fired[next.ID] > 1 {
					t.Fatalf("%s fired twice", next.ID)
				}
				if local.Sub(next.began) >= FireWindow {
					t.Fatalf("fired %s after its claim", local.Sub(next.began))
				}
			}
		}
	})
}

// rapidHost is a host in TestTimerRapid, and what it knows.
type rapidHost struct {
	mover
	knows Timer
	first time.Time
}

// began returns when the first look at a clock was.
func (h *rapidHost) began(now time.Time) time.Time {
	if h.first.IsZero() {
		h.first = now
	}
	return h.first
}

package deck

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api/share"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// TestSharedTimerUnknownHere: a host that has not heard of an auto-resume does not
// say that it has canceled it.
func TestSharedTimerUnknownHere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space, m := spaceOf(0, 0), share.NewMemory()
		sid, none := space.Begin(sim.Begin{Status: "in-progress"}), space.Begin(sim.Begin{Status: "paused"})
		list := hosts(t, space, m, "host-a", "host-b")
		a, b := list[0], list[1]
		after(2 * time.Second)
		b.host.Cut(true)
		a.pause(sid, 30*time.Second)
		after(5 * time.Second)
		if r := b.find(sid); !r.Paused() || !r.Timer.IsZero() {
			t.Fatalf("it is %s here, with %+v", r.Status, r.Timer)
		}
		if err := b.deck.SetTimer(Key{SID: text.New(sid)}, Actor{Actor: "bob"}, 0, false); !errors.Is(err, share.ErrAway) {
			t.Errorf("canceled by who cannot: %v", err)
		}
		b.host.Cut(false)
		if err := b.deck.SetTimer(Key{SID: text.New(none)}, Actor{Actor: "bob"}, 0, false); err != nil {
			t.Errorf("there is none: %v", err)
		}
		after(3 * time.Second)
		if err := b.deck.SetTimer(Key{SID: text.New(sid)}, Actor{Actor: "bob"}, 0, false); err != nil {
			t.Errorf("canceled: %v", err)
		}
		after(40 * time.Second)
		if n := posts(a, b); n != 1 || !b.find(sid).Paused() {
			t.Errorf("%d updates, and it is %s", n, b.find(sid).Status)
		}
	})
}

// TestSharedTimerNotSetYet: a run that is killed before it is known whether an
// auto-resume was set leaves that to the next one, which alarms.
func TestSharedTimerNotSetYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space, m := spaceOf(0, 0), share.NewMemory()
		sid := space.Begin(sim.Begin{Status: "in-progress"})
		a := join(t, space, m, "host-a", func(string) share.Fault { return share.Fault{Wait: 3 * time.Second} })
		after(2 * time.Second)
		a.pause(sid, 30*time.Second)
		after(time.Second)
		killed := a.deck.Kept()
		after(10 * time.Second)
		if k := a.deck.Kept(); len(k.Recordings) != 1 || k.Recordings[0].Timer != nil || a.find(sid).Timer.At.IsZero() {
			t.Errorf("kept when it is set: %+v", k.Recordings)
		}
		b := a.restart(killed, Config{})
		b.run()
		after(2 * time.Second)
		if got := b.find(sid).Timer; got.Err == "" {
			t.Errorf("in the next run it is %+v", got)
		}
	})
}

// TestSharedTimerAtTheEnd: a deck that ends before it can tell the other hosts of an
// auto-resume leaves it to nobody: the next run alarms, and does not carry it out
// alone.
func TestSharedTimerAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space, m := spaceOf(0, 0), share.NewMemory()
		sid := space.Begin(sim.Begin{Status: "in-progress"})
		a := join(t, space, m, "host-a", nil)
		after(2 * time.Second)
		req := pauseOf(sid)
		req.ResumeAfter = 30 * time.Second
		ended := make(chan struct{})
		go func() { defer close(ended); _, _ = a.deck.Do(context.Background(), req) }()
		time.Sleep(latency) // it has no answer yet
		k := a.table.stop()
		<-ended
		b := a.restart(k, Config{})
		b.run()
		after(time.Minute)
		if got := b.find(sid); !got.Paused() || got.Timer.Err == "" {
			t.Errorf("in the next run it is %s, with %+v", got.Status, got.Timer)
		}
	})
}

// TestSharedTimerFailedByTheStore: an auto-resume that the Store of a host gives up
// by itself is on record there, once.
func TestSharedTimerFailedByTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space, m := spaceOf(0, 0), share.NewMemory()
		sid := space.Begin(sim.Begin{Status: "in-progress"})
		list := hosts(t, space, m, "host-a", "host-b")
		a, b := list[0], list[1]
		after(2 * time.Second)
		a.pause(sid, 30*time.Second)
		after(time.Second)
		here, there := failures(a.deck), failures(b.deck)
		timer := m.Timers()[a.deck.sh.key(text.New(sid))]
		if _, err := a.host.Fail(t.Context(), timer, timer.Due.Add(time.Minute), "it was not known in time"); err != nil {
			t.Fatal(err)
		}
		after(time.Second)
		for _, h := range []*sharing{a, b} {
			if got := h.find(sid).Timer; got.Err != "it was not known in time" {
				t.Errorf("%s shows %+v", h.host.Host(), got)
			}
		}
		if x, y := here(), there(); x != 1 || y != 0 {
			t.Errorf("it is on record %d times there, and %d times on the other host", x, y)
		}
	})
}

// failures returns what says how many auto-resumes a deck has said since to have
// failed, and ends that.
func failures(d *Deck) func() int {
	steps, cancel := d.Steps()
	return func() (n int) {
		cancel()
		select {
		case list := <-steps:
			for _, s := range list {
				if s.Timer != nil && s.Timer.What == TimerFailed {
					n++
				}
			}
		default:
		}
		return n
	}
}

package deck

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api"
	"tapedeck/api/share"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// sharing is a host in a test: a deck, and what it shares.
type sharing struct {
	*table
	host *share.MemoryHost
	stop func()
}

// hosts runs decks on one space that share a server.
func hosts(t *testing.T, space *sim.Space, m *share.Memory, names ...string) (list []*sharing) {
	t.Helper()
	for _, name := range names {
		list = append(list, join(t, space, m, name, nil))
	}
	after(time.Second)
	return list
}

func join(t *testing.T, space *sim.Space, m *share.Memory, name string, fails func(string) share.Fault) *sharing {
	t.Helper()
	h := &sharing{host: m.Join(name)}
	h.host.Fails = fails
	h.table = open(t, space, Config{Share: h.host, Space: "https://example.signalwire.com", Project: space.Project()})
	ctx, cancel := context.WithCancel(context.Background())
	polls, end := context.WithCancel(context.Background())
	done, ended := make(chan struct{}), make(chan struct{})
	go func() { defer close(ended); _ = h.host.Run(ctx) }()
	go func() { defer close(done); _ = h.deck.Run(polls) }()
	stopped := false
	h.stop = func() {
		if stopped {
			return
		}
		stopped = true
		end()
		<-done
		cancel()
		<-ended
	}
	t.Cleanup(h.stop)
	return h
}

func (h *sharing) pause(sid string, resumeAfter time.Duration) {
	h.t.Helper()
	req := pauseOf(sid)
	req.ResumeAfter = resumeAfter
	if p, err := h.deck.Do(context.Background(), req); err != nil || p.Outcome != Verified {
		h.t.Fatal(p.Outcome, p.Note, err)
	}
}

// posts returns how many updates hosts have sent.
func posts(list ...*sharing) (n int) {
	for _, h := range list {
		n += h.wire.count(http.MethodPost, "")
	}
	return n
}

// TestSharedPause: who paused on one host, how and since when, is on the screens of
// the others within 300 ms, beside the poll, and so is who acknowledged; and it ends
// with the pause.
func TestSharedPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		sid := space.Begin(sim.Begin{Status: "in-progress"})
		list := hosts(t, space, share.NewMemory(), "host-a", "host-b")
		a, b := list[0], list[1]
		for _, h := range list {
			h.deck.SetInterval(5 * time.Minute)
		}
		after(time.Second)
		go func() { _, _ = a.deck.Do(context.Background(), pauseOf(sid)) }()
		after(latency + appearAfter + 300*time.Millisecond)
		r := b.find(sid)
		if !r.Paused() || r.Pause.Actor != "alice (host-a)" || r.Pause.Behavior != api.Skip || !r.Pause.Recorded || r.Pause.AtLeast {
			t.Errorf("on host-b it is %s: %+v", r.Status, r.Pause)
		}
		if own := a.find(sid); !own.Pause.Since.Equal(r.Pause.Since) || own.Pause.Actor != "alice" {
			t.Errorf("on host-a it is %+v", own.Pause)
		}
		if paused, _ := b.deck.Whose(r.Key()); paused != (Actor{}) {
			t.Errorf("on host-b it is the pause of %v", paused)
		}
		after(5 * time.Second)
		if err := b.deck.Acknowledge(r.Key(), Actor{Actor: "bob"}, "card details", time.Minute); err != nil {
			t.Fatal(err)
		}
		after(10 * time.Millisecond)
		if ack := a.find(sid).Ack; ack.Actor != "bob (host-b)" || ack.Reason != "card details" {
			t.Errorf("on host-a it is acknowledged by %+v", ack)
		}
		if err := a.deck.Acknowledge(r.Key(), Actor{Actor: "alice"}, "still", time.Minute); err != nil {
			t.Fatal(err)
		}
		after(10 * time.Millisecond)
		if ack := b.find(sid).Ack; ack.Actor != "alice (host-a)" || a.find(sid).Ack.Actor != "alice" {
			t.Errorf("the later one does not count: %+v", ack)
		}
		if s := b.deck.Snapshot(); !s.Share.Connected || len(s.Hosts) != 2 || s.Hosts[0].Name != "host-a" || s.Hosts[0].Pauses != 1 || s.Hosts[1].Pauses != 0 || !s.Hosts[1].Self {
			t.Errorf("the hosts are %+v", s.Hosts)
		}
		go func() { _, _ = a.deck.Do(context.Background(), resumeOf(sid)) }()
		after(latency + appearAfter + 300*time.Millisecond)
		if r := b.find(sid); r.Paused() || r.Ack != (Ack{}) || b.deck.Snapshot().Hosts[0].Pauses != 0 {
			t.Errorf("on host-b it is still %+v, %+v", r.Pause, r.Ack)
		}
	})
}

// TestSharedAgainstTheAPI: what another host says counts only where the API agrees.
func TestSharedAgainstTheAPI(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space, m := spaceOf(0, 0), share.NewMemory()
		running := space.Begin(sim.Begin{Status: "in-progress"})
		paused := space.Begin(sim.Begin{Status: "paused"})
		a := hosts(t, space, m, "host-a")[0]
		evil, old := m.Join("evil"), a.find(paused).Pause
		updated, now := a.find(paused).Updated, time.Now()
		who := Actor{Actor: "mallory"}
		put := func(sid string, p share.Pause) {
			p.Actor, p.Behavior = who, "skip"
			evil.Put(a.deck.sh.key(text.New(sid)), share.Fact{Pause: &p})
		}
		put(running, share.Pause{Since: now, Updated: now.Add(time.Hour)})
		put(paused, share.Pause{Since: now, Updated: updated.Add(time.Second)})
		evil.Put(a.deck.sh.key(text.New(paused)), share.Fact{Ack: &share.Ack{Updated: updated.Add(-time.Second), At: now, Until: now.Add(1000 * time.Hour), Actor: who}})
		setting := share.Setting{Pause: updated.Add(-time.Minute), At: now, Due: now.Add(5 * time.Second), Actor: who}
		for _, sid := range []string{running, paused, "RE-nobody"} {
			if _, err := evil.SetTimer(t.Context(), a.deck.sh.key(text.New(sid)), setting); err != nil {
				t.Fatal(err)
			}
		}
		after(30 * time.Second)
		r := a.find(paused)
		if r.Pause != old || r.Ack != (Ack{}) || a.find(running).Paused() || !r.Timer.At.IsZero() {
			t.Errorf("it is %+v, %+v, %+v", r.Pause, r.Ack, r.Timer)
		}
		if n := posts(a); n != 0 {
			t.Errorf("%d updates were sent", n)
		}
		put(paused, share.Pause{Since: updated.Add(-2 * time.Hour), Updated: updated})
		after(time.Second)
		if r := a.find(paused); r.Pause.Actor != "mallory (evil)" || !r.Pause.Since.Equal(old.Since) {
			t.Errorf("a time that cannot be is taken: %+v", r.Pause)
		}
	})
}

// states returns the states of all auto-resumes.
func states(m *share.Memory) (list []share.TimerState) {
	for _, t := range m.Timers() {
		list = append(list, t.State)
	}
	return list
}

// TestSharedTimer: an auto-resume is carried out once: by the host that has set it,
// or by another one when that one is gone, was stopped, or dies in the middle.
func TestSharedTimer(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(a, b *sharing)
		a, b int           // updates that each has sent in the end
		by   time.Duration // after its time
	}{
		{"all are there", func(a, b *sharing) {}, 2, 0, 500 * time.Millisecond},
		{"its host was stopped", func(a, b *sharing) { a.stop() }, 1, 1, 500 * time.Millisecond},
		{"its host has died", func(a, b *sharing) { a.host.Die() }, 1, 1, 2 * time.Second},
		{"its host is stopped when it has claimed it", func(a, b *sharing) {
			a.host.Fails = func(call string) share.Fault {
				if call == "fire" {
					go a.stop()
					return share.Fault{Wait: time.Second}
				}
				return share.Fault{}
			}
		}, 1, 1, 7 * time.Second},
		{"its host is cut off", func(a, b *sharing) { a.host.Cut(true) }, 1, 1, 2 * time.Second},
		{"its host dies when it has claimed it", func(a, b *sharing) {
			a.host.Fails = func(call string) share.Fault {
				if call == "fire" {
					go a.host.Die()
					return share.Fault{Wait: time.Second}
				}
				return share.Fault{}
			}
		}, 1, 1, 7 * time.Second},
		{"the claims of its host have no answer", func(a, b *sharing) {
			a.host.Fails = func(call string) share.Fault { return share.Fault{Lost: call == "claim"} }
		}, 1, 1, 8 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				space, m := spaceOf(0, 0), share.NewMemory()
				sid := space.Begin(sim.Begin{Status: "in-progress"})
				list := hosts(t, space, m, "host-a", "host-b")
				a, b := list[0], list[1]
				after(2 * time.Second)
				a.pause(sid, 30*time.Second)
				after(100 * time.Millisecond)
				if x, y := a.find(sid).Timer, b.find(sid).Timer; x.At.IsZero() || y.At.Sub(x.At).Abs() > time.Second || x.Actor != "alice" || y.Actor != "alice (host-a)" {
					t.Errorf("shown as %+v and %+v", x, y)
				}
				due := a.find(sid).Timer.At
				tt.do(a, b)
				after(time.Until(due) - time.Second)
				if n := posts(a, b); n != 1 {
					t.Errorf("%d updates before its time", n)
				}
				after(time.Second + tt.by)
				if r := b.find(sid); r.Paused() {
					t.Errorf("on host-b it is paused still: %+v; %v", r.Timer, states(m))
				}
				after(30 * time.Second)
				if posts(a) != tt.a || posts(b) != tt.b {
					t.Errorf("host-a has sent %d updates and host-b %d, want %d and %d", posts(a), posts(b), tt.a, tt.b)
				}
				if got := states(m); len(got) != 1 || got[0] != share.TimerDone {
					t.Errorf("it is %v", got)
				}
				for _, h := range list {
					if r := h.find(sid); r.Trouble.Kind != "" {
						t.Errorf("%s: %+v", h.host.Host(), r.Trouble)
					}
				}
			})
		})
	}
}

// TestSharedTimerIsCanceled: an auto-resume ends with its pause, however that ends,
// and by a person; and says truly when it is too late for that.
func TestSharedTimerIsCanceled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space, m := spaceOf(0, 0), share.NewMemory()
		var sids []string
		for range 4 {
			sids = append(sids, space.Begin(sim.Begin{Status: "in-progress"}))
		}
		list := hosts(t, space, m, "host-a", "host-b")
		a, b := list[0], list[1]
		after(2 * time.Second)
		for _, sid := range sids {
			a.pause(sid, 30*time.Second)
		}
		after(time.Second)
		key := func(i int) Key { return Key{SID: text.New(sids[i])} }
		if _, err := b.deck.Do(context.Background(), resumeOf(sids[0])); err != nil {
			t.Error(err)
		}
		space.EndRecording(sids[1])
		if err := b.deck.SetTimer(key(2), Actor{Actor: "bob"}, 0, false); err != nil {
			t.Error(err)
		}
		if err := b.deck.SetTimer(key(3), Actor{Actor: "bob"}, 60*time.Second, false); err != nil {
			t.Error(err)
		}
		after(5 * time.Second)
		if x, y := a.find(sids[2]).Timer, b.find(sids[2]).Timer; x != (Timer{}) || y != (Timer{}) {
			t.Errorf("canceled and shown as %+v and %+v", x, y)
		}
		if x := a.find(sids[3]).Timer; x.Actor != "bob (host-b)" {
			t.Errorf("changed and shown as %+v", x)
		}
		sent := posts(a, b)
		after(30 * time.Second)
		if n := posts(a, b) - sent; n != 0 || !a.find(sids[2]).Paused() {
			t.Errorf("%d were carried out", n)
		}
		after(30 * time.Second)
		if n := posts(a, b) - sent; n != 1 {
			t.Errorf("%d were carried out, want the one that was changed", n)
		}

		m2 := m.Timers()[a.deck.sh.key(text.New(sids[3]))]
		if m2.State != share.TimerDone || m2.Host != "host-b" {
			t.Errorf("it is %s by %s", m2.State, m2.Host)
		}
		if _, err := a.host.CancelTimer(t.Context(), m2.Key, Actor{}); !errors.Is(err, share.ErrFired) {
			t.Errorf("canceled afterwards: %v", err)
		}
		a.pause(sids[3], 0)
		after(time.Second) // it is on host-b
		if err := a.deck.SetTimer(key(3), Actor{Actor: "alice"}, 0, false); err != nil {
			t.Errorf("none is canceled, as before: %v", err)
		}
		if err := b.deck.SetTimer(key(3), Actor{Actor: "bob"}, 10*time.Second, false); err != nil {
			t.Error(err)
		}
		time.Sleep(10*time.Second + 2*latency + 2*time.Millisecond) // its POST is under way
		err := a.deck.SetTimer(key(3), Actor{Actor: "alice"}, 0, false)
		if err == nil || !errors.Is(err, share.ErrFiring) || !strings.Contains(err.Error(), "host-b was about to resume it") {
			t.Errorf("canceled while it fires: %v", err)
		}
		after(5 * time.Second)
		if a.find(sids[3]).Paused() {
			t.Error("it was not resumed")
		}
	})
}

// TestSharedTimerTooLate: an auto-resume that nobody could carry out in time alarms
// on every host, and is never carried out later.
func TestSharedTimerTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space, m := spaceOf(0, 0), share.NewMemory()
		sid := space.Begin(sim.Begin{Status: "in-progress"})
		list := hosts(t, space, m, "host-a", "host-b")
		a, b := list[0], list[1]
		after(2 * time.Second)
		a.pause(sid, 30*time.Second)
		after(time.Second)
		a.host.Cut(true)
		b.host.Cut(true)
		if s := b.deck.Snapshot(); s.Share.Connected {
			after(10 * time.Millisecond)
			if s = b.deck.Snapshot(); s.Share.Connected || s.Share.Why == "" {
				t.Errorf("it is %+v", s.Share)
			}
		}
		if err := a.deck.SetTimer(Key{SID: text.New(sid)}, Actor{}, 0, false); !errors.Is(err, share.ErrAway) || !strings.Contains(err.Error(), "another host may still") {
			t.Errorf("canceled alone: %v", err)
		}
		if err := a.deck.SetTimer(Key{SID: text.New(sid)}, Actor{}, time.Minute, true); err == nil || !strings.Contains(err.Error(), "all hosts know") {
			t.Errorf("two of one recording: %v", err)
		}
		after(29 * time.Second)
		if x := a.find(sid).Timer; x.At.IsZero() {
			t.Errorf("it is shown as %+v", x)
		}
		after(11 * time.Second)
		for _, h := range list {
			if x := h.find(sid).Timer; !strings.Contains(x.Err, "whether another host resumes it is not known") {
				t.Errorf("%s: it does not alarm: %+v", h.host.Host(), x)
			}
		}
		a.host.Cut(false)
		b.host.Cut(false)
		after(3 * time.Second)
		for _, h := range list {
			if x := h.find(sid).Timer; !strings.Contains(x.Err, "no host has resumed it") {
				t.Errorf("%s: it does not alarm: %+v", h.host.Host(), x)
			}
		}
		after(time.Minute)
		if n := posts(a, b); n != 1 {
			t.Errorf("%d updates", n)
		}
	})
}

// TestSharedTimerAway: while the others cannot be told, an auto-resume is refused,
// and one of a new pause alarms, unless it is asked for on this host alone.
func TestSharedTimerAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space, m := spaceOf(0, 0), share.NewMemory()
		sid, alone := space.Begin(sim.Begin{Status: "in-progress"}), space.Begin(sim.Begin{Status: "in-progress"})
		a := hosts(t, space, m, "host-a")[0]
		after(2 * time.Second)
		a.host.Cut(true)
		a.pause(sid, 30*time.Second)
		after(10 * time.Millisecond)
		if r := a.find(sid); !r.Paused() || !strings.Contains(r.Timer.Err, "no other host can be told of it") {
			t.Errorf("it is %s: %+v", r.Status, r.Timer)
		}
		of := Key{SID: text.New(sid)}
		if err := a.deck.SetTimer(of, Actor{Actor: "bob"}, time.Minute, false); !errors.Is(err, share.ErrAway) {
			t.Errorf("set: %v", err)
		}
		if err := a.deck.SetTimer(of, Actor{Actor: "bob"}, 20*time.Second, true); err != nil {
			t.Error(err)
		}
		req := pauseOf(alone)
		req.ResumeAfter, req.ResumeLocal = 25*time.Second, true
		if p, err := a.deck.Do(context.Background(), req); err != nil || p.Outcome != Verified {
			t.Error(p, err)
		}
		if r := a.find(sid).Timer; !r.Local || r.At.IsZero() {
			t.Errorf("it is %+v", r)
		}
		after(30 * time.Second)
		if n := posts(a); n != 4 || len(states(m)) != 0 {
			t.Errorf("%d updates, and shared are %v", n, states(m))
		}
	})
}

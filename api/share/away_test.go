package share

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

func addressOf(t testing.TB, s *server.Server) string {
	t.Helper()
	u, err := url.Parse(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// isAway waits until a host says that the server is away.
func (p *peer) isAway() {
	p.t.Helper()
	eventually(p.t, p.o.Host+": the server is away", func() bool { return !p.State().Connected })
}

// TestRestart stops the server, has things said meanwhile, and starts it again on
// the same files, and then on none: everybody knows everything again.
func TestRestart(t *testing.T) {
	t.Parallel()
	store, port := t.TempDir(), freePort(t)
	s := serverOf(t, plain, store, port)
	hosts := together(t, s, "one", "two")
	one, two := hosts[0], hosts[1]
	one.Put(keyOf("RE1"), pauseOf("ann"))
	one.Put(keyOf("RE2"), pauseOf("ann"))
	now := time.Now()
	set := Setting{Pause: now, At: now, Due: now.Add(time.Minute)}
	if _, err := one.SetTimer(t.Context(), keyOf("RE1"), set); err != nil {
		t.Fatal(err)
	}
	two.until("what one says", func() bool {
		return two.told["one RE1 pause"].Pause != nil && two.told["one RE2 pause"].Pause != nil && two.timers["RE1"].State == TimerSet
	})
	s.Shutdown()
	s.WaitForShutdown()
	one.isAway()
	two.isAway()
	if why := one.State().Why; !strings.Contains(why, "connect") {
		t.Errorf("it is away for %q", why)
	}
	began := time.Now()
	if _, err := one.SetTimer(t.Context(), keyOf("RE3"), set); !errors.Is(err, ErrAway) || time.Since(began) > Patience/2 {
		t.Errorf("an auto-resume while it is away: %v, after %s", err, time.Since(began))
	}
	if _, err := one.SetTimer(t.Context(), keyOf("RE1"), Setting{Due: now, Local: true}); !errors.Is(err, ErrAway) {
		t.Error("one of this host alone, where others hold one:", err)
	}
	local, err := one.SetTimer(t.Context(), keyOf("RE3"), Setting{Due: now, Local: true})
	if err != nil || !local.Local {
		t.Error("one of this host alone:", err)
	}
	one.Put(keyOf("RE1"), Fact{Pause: &Pause{}, Over: true})
	one.Put(keyOf("RE3"), pauseOf("bob"))
	two.Put(keyOf("RE1"), Fact{Ack: &Ack{Reason: "card"}})

	s = serverOf(t, plain, store, port)
	one.until("what two says", func() bool { return one.told["two RE1 ack"].Ack != nil })
	two.until("what one says", func() bool {
		_, was := two.told["one RE1 pause"]
		return !was && two.told["one RE3 pause"].Pause != nil && two.told["one RE2 pause"].Pause != nil
	})
	one.connected()
	two.connected()
	if got, err := two.CancelTimer(t.Context(), keyOf("RE1"), pauseOf("bob").Pause.Actor); err != nil || got.State != TimerCanceled || got.By != "bob" {
		t.Errorf("the auto-resume is %+v, %v", got, err)
	}
	if got, err := one.Timer(t.Context(), keyOf("RE3")); err != nil || !got.Local {
		t.Error("the one of host one alone:", got, err)
	}

	if _, err := one.SetTimer(t.Context(), keyOf("RE4"), set); err != nil {
		t.Fatal(err)
	}
	two.until("an auto-resume", func() bool { return two.timers["RE4"].State == TimerSet })
	s.Shutdown()
	s.WaitForShutdown()
	two.isAway()
	one.isAway()
	s = serverOf(t, plain, t.TempDir(), port)
	one.connected()
	two.connected()
	two.until("everything, of a server that has lost its disk", func() bool {
		return two.told["one RE2 pause"].Pause != nil && two.told["one RE3 pause"].Pause != nil && two.timers["RE4"].State == ""
	})
	one.until("what two says", func() bool { return one.told["two RE1 ack"].Ack != nil })
	three := join(t, Options{Servers: s.ClientURL(), Host: "three"})
	three.connected()
	three.until("everything", func() bool {
		return three.told["one RE2 pause"].Pause != nil && three.told["one RE3 pause"].Pause != nil && three.told["two RE1 ack"].Ack != nil && len(three.told) == 3
	})
}

// TestSilentServer has a host lose its way to the server without being told: it
// finds out, and the other one finds out that it is gone.
func TestSilentServer(t *testing.T) {
	t.Parallel()
	s := serverOf(t, plain, t.TempDir(), -1)
	way := relayTo(t, addressOf(t, s))
	quick := func(n *NATS) { n.every, n.goneAfter = Beat/10, GoneAfter/10 }
	one := join(t, Options{Servers: way.url(), Host: "one"}, quick)
	two := join(t, Options{Servers: s.ClientURL(), Host: "two"}, quick)
	one.connected()
	two.until("host one", func() bool { h, ok := two.hosts["one"]; return ok && !h.Gone })
	way.stop()
	began := time.Now()
	one.isAway()
	noticed := time.Since(began)
	one.Put(keyOf("RE1"), pauseOf("ann"))
	two.until("that host one is gone", func() bool { return two.hosts["one"].Gone && !two.hosts["one"].Left })
	gone := time.Since(began)
	t.Logf("noticed after %.1f s, said to be gone after %.1f s", noticed.Seconds(), gone.Seconds())
	if gone < (GoneAfter-Beat)/10 {
		t.Errorf("said to be gone after %s", gone)
	}
	way.pass()
	one.connected()
	two.until("host one again, and what it said", func() bool { return !two.hosts["one"].Gone && two.told["one RE1 pause"].Pause != nil })
}

// TestGhost has the answer to a write missing, and the write come to the server
// much later: it is undone, and no host acts on it.
func TestGhost(t *testing.T) {
	t.Parallel()
	now := time.Now()
	set := Setting{Pause: now, At: now, Due: now}
	tests := []struct {
		name  string
		until func(ctx context.Context, one *peer, timer Timer) (Timer, error) // before the way is stopped
		late  func(ctx context.Context, one *peer, timer Timer) (Timer, error)
		want  TimerState
	}{
		{
			name:  "set",
			until: func(context.Context, *peer, Timer) (Timer, error) { return Timer{}, nil },
			late: func(ctx context.Context, one *peer, t Timer) (Timer, error) {
				return one.SetTimer(ctx, keyOf("RE1"), set)
			},
			want: TimerCanceled,
		},
		{
			name: "claimed",
			until: func(ctx context.Context, one *peer, t Timer) (Timer, error) {
				return one.SetTimer(ctx, keyOf("RE1"), set)
			},
			late: func(ctx context.Context, one *peer, t Timer) (Timer, error) { return one.Claim(ctx, t, now) },
			want: TimerSet,
		},
		{
			name: "firing",
			until: func(ctx context.Context, one *peer, _ Timer) (Timer, error) {
				t, err := one.SetTimer(ctx, keyOf("RE1"), set)
				if err == nil {
					t, err = one.Claim(ctx, t, now)
				}
				return t, err
			},
			late: func(ctx context.Context, one *peer, t Timer) (Timer, error) { return one.Fire(ctx, t) },
			want: TimerFailed,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := serverOf(t, plain, t.TempDir(), -1)
			way := relayTo(t, addressOf(t, s))
			one := join(t, Options{Servers: way.url(), Host: "one"})
			two := join(t, Options{Servers: s.ClientURL(), Host: "two"})
			one.connected()
			two.connected()
			timer, err := tt.until(t.Context(), one, Timer{})
			if err != nil {
				t.Fatal(err)
			}
			way.stop()
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			if got, err := tt.late(ctx, one, timer); !errors.Is(err, ErrUnknown) {
				t.Fatalf("without an answer: %+v, %v", got, err)
			}
			before, err := two.Timer(t.Context(), keyOf("RE1"))
			if err != nil || before.Seq > timer.Seq {
				t.Errorf("it was written before the way went on: %+v, %v", before, err)
			}
			way.pass()
			two.until("it is undone: "+string(tt.want), func() bool {
				got := two.timers["RE1"]
				return got.State == tt.want && got.Seq > timer.Seq+1
			})
		})
	}
}

// TestGhostOfFact has a pause said by a connection that is stopped, and its end
// by another one; the pause that comes later is not taken.
func TestGhostOfFact(t *testing.T) {
	t.Parallel()
	s := serverOf(t, plain, t.TempDir(), -1)
	way := relayTo(t, addressOf(t, s))
	one := join(t, Options{Servers: way.url(), Host: "one"})
	two := join(t, Options{Servers: s.ClientURL(), Host: "two"})
	one.connected()
	two.connected()
	way.stop()
	one.Put(keyOf("RE1"), pauseOf("ann"))
	one.isAway()
	one.Put(keyOf("RE1"), Fact{Pause: &Pause{}, Over: true})
	one.Put(keyOf("RE2"), pauseOf("ann"))
	way.pass()
	two.until("what was said last", func() bool { return two.told["one RE2 pause"].Pause != nil })
	one.connected()
	one.Put(keyOf("RE3"), pauseOf("ann"))
	two.until("what was said after that", func() bool { return two.told["one RE3 pause"].Pause != nil })
	two.mu.Lock()
	defer two.mu.Unlock()
	if _, ok := two.told["one RE1 pause"]; ok {
		t.Error("the pause that is over has come back")
	}
}

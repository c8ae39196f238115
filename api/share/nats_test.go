package share

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"
)

// TestTogether has two hosts tell each other of a pause, take it back, and see
// each other come and leave.
func TestTogether(t *testing.T) {
	s := serverOf(t, plain, t.TempDir(), -1)
	hosts := together(t, s, "one", "two")
	one, two := hosts[0], hosts[1]
	one.Put(keyOf("RE1"), pauseOf("ann"))
	two.until("the pause", func() bool { return two.told["one RE1 pause"].Pause != nil })
	two.mu.Lock()
	if got := two.told["one RE1 pause"]; got.Pause.Actor.Actor != "ann" || got.Own || got.Space != "example.signalwire.com" {
		t.Errorf("host two was told %+v", got)
	}
	two.mu.Unlock()
	one.Put(keyOf("RE1"), Fact{Ack: &Ack{Reason: "card \x1b[31m"}})
	two.until("the acknowledgement", func() bool { return two.told["one RE1 ack"].Ack != nil })
	one.Put(keyOf("RE1"), Fact{Pause: &Pause{}, Over: true})
	two.until("the end of the pause", func() bool { return two.told["one RE1 pause"].Pause == nil })
	two.until("host one", func() bool { h, ok := two.hosts["one"]; return ok && !h.Gone })

	three := join(t, Options{Servers: s.ClientURL(), Host: "three"})
	three.connected()
	three.until("what was said before", func() bool {
		a := three.told["one RE1 ack"].Ack
		return a != nil && a.Reason == "card \ufffd[31m"
	})
	one.stop()
	two.until("that host one has left", func() bool { return two.hosts["one"].Gone && two.hosts["one"].Left })
	if len(two.odds()) > 0 {
		t.Error(two.odds())
	}
}

// TestOneFires has several hosts claim the same auto-resumes at once: one of them
// gets each.
func TestOneFires(t *testing.T) {
	s := serverOf(t, plain, t.TempDir(), -1)
	hosts := together(t, s, "one", "two", "three")
	ctx := t.Context()
	now := time.Now()
	set := Setting{Pause: now, At: now, Due: now}
	for i := range 20 {
		key := keyOf(sid(i))
		if _, err := hosts[0].SetTimer(ctx, key, set); err != nil {
			t.Fatal(err)
		}
		fired := make(chan string, len(hosts))
		for _, h := range hosts {
			h.until("the auto-resume", func() bool { return h.timers[key.SID].State != "" })
			go func() {
				timer, err := h.Timer(ctx, key)
				if err == nil {
					timer, err = h.Claim(ctx, timer, now)
				}
				if err == nil {
					timer, err = h.Fire(ctx, timer)
				}
				if err == nil {
					_, err = h.Finish(ctx, timer, "verified")
				}
				if err == nil {
					fired <- h.Host()
					return
				}
				if _, conflict := errors.AsType[*ConflictError](err); !conflict && !errors.Is(err, ErrHeld) && !errors.Is(err, ErrFired) && !errors.Is(err, ErrFiring) {
					t.Error(err)
				}
				fired <- ""
			}()
		}
		n := 0
		for range hosts {
			if <-fired != "" {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d hosts fired it", n)
		}
		if _, err := hosts[1].CancelTimer(context.Background(), key, pauseOf("bob").Pause.Actor); !errors.Is(err, ErrFired) {
			t.Errorf("canceled afterwards: %v", err)
		}
	}
}

// TestNewer has a newer tapedeck of the same host and of another one say things:
// they are said aloud once, left as they are, and not acted on.
func TestNewer(t *testing.T) {
	s := serverOf(t, plain, t.TempDir(), -1)
	hosts := together(t, s, "one", "two")
	one, two := hosts[0], hosts[1]
	for i, subject := range []string{factSubject("two", keyOf("RE1"), kindPause), factSubject("one", keyOf("RE1"), kindPause), timerSubject("two", keyOf("RE1"))} {
		for range 2 {
			data := fmt.Sprintf(`{"v":2,"host":%q,"more":%d}`, []string{"two", "one", "two"}[i], i)
			if _, err := two.asked().publish(t.Context(), &nats.Msg{Subject: subject, Data: []byte(data)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	one.until("a newer auto-resume", func() bool { return one.timers["RE1"].Foreign })
	one.Put(keyOf("RE1"), pauseOf("ann"))
	one.Put(keyOf("RE2"), pauseOf("ann"))
	two.until("what is not of a newer one", func() bool { return two.told["one RE2 pause"].Pause != nil })
	_, set := one.SetTimer(t.Context(), keyOf("RE1"), Setting{Due: time.Now()})
	_, cancel := one.CancelTimer(t.Context(), keyOf("RE1"), pauseOf("ann").Pause.Actor)
	_, claim := one.Claim(t.Context(), one.timer("RE1"), time.Now())
	for _, err := range []error{set, cancel, claim} {
		if !errors.Is(err, ErrForeign) {
			t.Errorf("an auto-resume of a newer one: %v", err)
		}
	}
	for subject, want := range map[string]string{factSubject("one", keyOf("RE1"), kindPause): `{"v":2,"host":"one","more":1}`, timerSubject("*", keyOf("RE1")): `{"v":2,"host":"two","more":2}`} {
		if m, _, err := one.asked().last(t.Context(), stateStream, subject); err != nil || string(m.data) != want {
			t.Errorf("%s has become %s, %v", subject, m.data, err)
		}
	}
	one.mu.Lock()
	defer one.mu.Unlock()
	if odd := one.odds(); len(odd) != 4 || !strings.Contains(odd[0], "what host two says (state) is not used: it is of version 2") {
		t.Errorf("it is said:\n%s", strings.Join(odd, "\n"))
	}
}

// TestSameHost has two processes of one host say things of the same recording in
// turn: what was said last counts, also where it was said before.
func TestSameHost(t *testing.T) {
	s := serverOf(t, plain, t.TempDir(), -1)
	hosts := together(t, s, "one", "one", "two")
	two := hosts[2]
	who := func(h *peer) string {
		if p := h.told["one RE1 pause"].Pause; p != nil {
			return p.Actor.Actor
		}
		return ""
	}
	for i, name := range []string{"ann", "bob", "ann", "ann", "bob"} {
		by := hosts[i%2]
		if name == "ann" {
			by = hosts[0]
		}
		by.Put(keyOf("RE1"), pauseOf(name))
		two.until(name, func() bool { return who(two) == name })
		for _, h := range hosts[:2] {
			if h != by {
				h.until(name, func() bool { return who(h) == name && h.told["one RE1 pause"].Own })
			}
		}
	}
	hosts[0].Put(keyOf("RE1"), Fact{Pause: &Pause{}, Over: true})
	two.until("nobody", func() bool { return who(two) == "" })
	if n := two.Hosts(); len(n) != 2 {
		t.Errorf("there are hosts %+v", n)
	}
}

// TestNothingStays has a host share, with a server and without one, and stop: no
// goroutine is left, and it says that it leaves.
func TestNothingStays(t *testing.T) {
	url := serverProcess(t)
	before := goleak.IgnoreCurrent()
	two := join(t, Options{Servers: url, Host: "two"})
	for _, servers := range []string{url, "nats://127.0.0.1:1," + url, "nats://127.0.0.1:1"} {
		one := join(t, Options{Servers: servers, Host: "one"})
		one.Journal(t.TempDir())
		if strings.Contains(servers, url) {
			one.connected()
			two.until("host one", func() bool { return !two.hosts["one"].Gone })
		} else {
			eventually(t, "no server", func() bool { return strings.Contains(one.State().Why, "refused") })
		}
		one.stop()
	}
	two.until("that host one has left", func() bool { return two.hosts["one"].Left })
	two.stop()
	goleak.VerifyNone(t, before)
}

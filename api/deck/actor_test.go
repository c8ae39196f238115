package deck

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api/journal"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// two persons on one deck, with all that can be known of them; bob claims to
// have been ana, which names nobody.
var (
	ana = Actor{Actor: "root", UID: "0", SudoUser: "ana", SSHClient: "192.0.2.7:51122", SSHKey: "SHA256:ana", TTY: "/dev/pts/3", Session: "s-1"}
	bob = Actor{Actor: "bob", UID: "1002", SudoUser: "ana", Claimed: true, SSHClient: "[2001:db8::1]:2222", SSHKey: "SHA256:bob", TTY: "/dev/pts/4", Inherited: true, Session: "s-2"}
)

// doers returns what the journal has, in a few words, with the name of the
// person whose entry it is: of the two, all that is known must be in it.
func (p *paper) doers(t *testing.T) (out []string) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.entries {
		name := "somebody else"
		switch e.Who {
		case ana:
			name = "ana"
		case bob:
			name = "bob"
		default:
			t.Errorf("a %s of nobody: %+v", e.Event, e.Who)
		}
		line := fmt.Sprint(name, ": ", e.Event)
		if e.StatusAsked != "" {
			line += " " + e.StatusAsked
		}
		if e.Event != journal.Request && e.Event != journal.Outcome {
			line += " " + e.Reason
		}
		if e.ByTimer {
			line += " (timer)"
		}
		out = append(out, line)
	}
	return out
}

// by returns a request as one of actor's.
func (r Request) by(actor Actor) Request { r.Actor = actor; return r }

// TestActors: every entry that a request, an acknowledgement, an auto-resume or
// a reveal causes has the person who asked for it, with all that is known of
// them, also when two ask for things of the same recording.
func TestActors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &paper{}
		tb, sid := begun(t, Config{Journal: p})
		tb.space.SetStatus(sid, "in-progress")
		do := func(req Request) {
			t.Helper()
			if _, err := tb.deck.Do(t.Context(), req); err != nil {
				t.Fatal(err)
			}
		}
		req := pauseOf(sid).by(ana)
		req.ResumeAfter = time.Minute
		do(req)
		r := tb.find(sid)
		if r.Pause.Actor != "ana as root" || r.Timer.Actor != "ana as root" || r.Update.Request.Actor != ana {
			t.Errorf("paused by %q, timer of %q", r.Pause.Actor, r.Timer.Actor)
		}
		if err := errors.Join(tb.deck.Acknowledge(Key{SID: text.New(sid)}, bob, "card", time.Minute),
			tb.deck.SetTimer(Key{SID: text.New(sid)}, bob, 20*time.Second, false)); err != nil {
			t.Error(err)
		}
		tb.deck.Reveal(Key{SID: text.New(sid)}, ana)
		if r := tb.find(sid); r.Ack.Actor != "bob" || r.Timer.Actor != "bob" || r.Pause.Actor != "ana as root" {
			t.Errorf("acknowledged by %q, timer of %q, paused by %q", r.Ack.Actor, r.Timer.Actor, r.Pause.Actor)
		}
		after(30 * time.Second) // bob's timer fires
		do(pauseOf(sid).by(bob))
		after(5 * time.Second)
		tb.space.SetStatus(sid, "in-progress") // others end it
		after(5 * time.Second)
		do(stopOf(sid).by(ana))
		want := []string{
			"ana: request paused", "ana: timer auto-resume set", "ana: outcome paused",
			"bob: ack card", "bob: timer auto-resume set", "ana: reveal a masked number was shown",
			"bob: request in-progress (timer)", "bob: outcome in-progress (timer)",
			"bob: request paused", "bob: outcome paused", "bob: seen paused resumed by others; by whom is not known",
			"ana: request stopped", "ana: outcome stopped",
		}
		if diff := cmp.Diff(want, p.doers(t)); diff != "" {
			t.Errorf("journal (-want +got):\n%s", diff)
		}
	})
}

// TestActorOfATimer: an auto-resume is that of who set it, also when that
// session has gone, when it fires and when it does not.
func TestActorOfATimer(t *testing.T) {
	for name, tt := range map[string]struct {
		meanwhile func(tb *table, sid string)
		want      []string
	}{
		"it fires": {func(*table, string) {}, []string{"bob: request in-progress (timer)", "bob: outcome in-progress (timer)"}},
		"it was changed": {func(tb *table, sid string) {
			after(2 * time.Second)
			tb.space.SetStatus(sid, "in-progress")
			tb.space.SetStatus(sid, "paused")
		}, []string{"bob: timer auto-resume not done: it was changed since it was paused (timer)"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &paper{}
				tb, sid := begun(t, Config{Journal: p, Interval: time.Minute})
				session, end := context.WithCancel(t.Context())
				req := pauseOf(sid).by(bob)
				req.ResumeAfter = 10 * time.Second
				if _, err := tb.deck.Do(session, req); err != nil {
					t.Fatal(err)
				}
				end()
				n := len(p.doers(t))
				tt.meanwhile(tb, sid)
				after(20 * time.Second)
				if diff := cmp.Diff(tt.want, p.doers(t)[n:]); diff != "" {
					t.Errorf("journal (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestActorsOfABatch: requests of two persons in one batch, and one that
// another person has sent once more.
func TestActorsOfABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &paper{}
		tb, reqs := many(t, 2, Config{Journal: p})
		reqs[0].Actor, reqs[1].Actor = ana, bob
		tb.deck.DoAll(t.Context(), reqs, func(i int, got Progress, err error) {
			if err != nil || got.Request.Actor != reqs[i].Actor {
				t.Errorf("%d: %v, of %+v", i, err, got.Request.Actor)
			}
		})
		requests, outcomes := map[Actor]string{}, map[Actor]string{}
		for _, e := range p.entries {
			if e.Event == journal.Request {
				requests[e.Who] = e.ID
			} else {
				outcomes[e.Who] = e.ID
			}
		}
		if diff := cmp.Diff(requests, outcomes); diff != "" || len(requests) != 2 || requests[ana] == requests[bob] {
			t.Errorf("requests %v, outcomes %v", requests, outcomes)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		p := &paper{}
		tb, sid := begun(t, Config{Journal: p})
		tb.wire.set(hang(1, nil))
		done := make(chan struct{})
		go func() { defer close(done); _, _ = tb.deck.Do(context.Background(), pauseOf(sid).by(ana)) }()
		after(2 * time.Second)
		if _, err := tb.deck.Do(t.Context(), again(pauseOf(sid)).by(bob)); err != nil {
			t.Error(err)
		}
		<-done
		want := []string{"ana: request paused", "bob: again paused sent once more by hand", "ana: outcome paused"}
		if diff := cmp.Diff(want, p.doers(t)); diff != "" {
			t.Errorf("journal (-want +got):\n%s", diff)
		}
	})
}

// TestActorOfARecovery: an outcome that is found out after a crash is of who
// had asked.
func TestActorOfARecovery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		sid := text.New(space.Begin(sim.Begin{Status: "paused", StartedAgo: time.Minute}))
		p := &paper{unfinished: []journal.Entry{
			{Event: journal.Request, ID: "a", Who: ana, Recording: sid, StatusAsked: "paused"},
			{Event: journal.Request, ID: "b", Who: bob, Recording: sid, StatusAsked: "stopped"},
		}}
		tb := open(t, space, Config{Journal: p})
		if _, err := tb.deck.Recover(t.Context()); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"ana: outcome paused", "bob: outcome stopped"}, p.doers(t)); diff != "" {
			t.Errorf("journal (-want +got):\n%s", diff)
		}
	})
}

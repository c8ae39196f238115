package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

// TestPolicyOnTheWire: the policy of a deck, the reason of a request and why one is
// refused arrive as they were.
func TestPolicyOnTheWire(t *testing.T) {
	now := time.Now()
	for _, p := range []deck.Policy{"", deck.Privacy, deck.Evidence} {
		raw, err := json.Marshal(StateOf(&deck.Snapshot{Policy: p, UnrecordedAlarm: 90 * time.Second}))
		if err != nil {
			t.Fatal(err)
		}
		var state State
		if err := json.Unmarshal(raw, &state); err != nil {
			t.Fatal(err)
		}
		var out deck.Snapshot
		state.Into(&out, now)
		if out.Policy != p || out.UnrecordedAlarm != 90*time.Second {
			t.Errorf("policy %q arrives as %q, with an alarm after %s", p, out.Policy, out.UnrecordedAlarm)
		}
	}
	if sameState(&deck.Snapshot{}, &deck.Snapshot{Policy: deck.Evidence}) || sameState(&deck.Snapshot{}, &deck.Snapshot{UnrecordedAlarm: 1}) {
		t.Error("another policy is no news")
	}

	req := deck.Request{SID: text.New("5e2f61b08142"), ID: "request-1", Update: api.Update{Status: api.Stopped}, Reason: "by order"}
	got, err := RequestOf(req).Deck()
	if err != nil || got != req {
		t.Errorf("the request arrives as %+v: %v", got, err)
	}
	if p := ProgressOf(deck.Progress{Request: req}).Deck(now); p.Request.Reason != req.Reason {
		t.Errorf("its progress has the reason %q", p.Request.Reason)
	}
	for _, why := range []error{deck.ErrSkip, deck.ErrNoReason} {
		refusal := RefusalOf(fmt.Errorf("stop 8142: %w", why))
		raw, err := json.Marshal(refusal)
		if err != nil {
			t.Fatal(err)
		}
		var back Refusal
		if err := json.Unmarshal(raw, &back); err != nil {
			t.Fatal(err)
		}
		if err := error(&RefusalError{Refusal: back}); !errors.Is(err, why) || back.HTTPStatus() != 403 || back.Hint == "" {
			t.Errorf("%v arrives as %v, HTTP %d, hint %q", why, err, back.HTTPStatus(), back.Hint)
		}
	}
}

// TestUnrecordedAckOnTheWire: the acknowledged alarm of a call without a recording
// arrives as it was, and a client asks the service to acknowledge one.
func TestUnrecordedAckOnTheWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wires{}
		f := begin(t, w.listen(), "one")
		defer func() { f.end() }()
		f.publish(0, rec("a", api.InProgress, 1))
		c := dialed(t, Options{Path: "s", Dial: w.dial})
		defer c.Close()
		rows := lacking("c1", "c2")
		rows[1].Ack = deck.Ack{Actor: "alice", Reason: "no consent", Until: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
		f.lacks(0, deck.InProgress{Wanted: true, Listed: time.Now(), Limit: time.Minute}, 0, rows...)
		synctest.Wait()
		got := c.Snapshot().Unrecorded
		if len(got) != 2 || got[0].Ack != (deck.Ack{}) || got[1].Ack != rows[1].Ack {
			t.Fatalf("they arrive as %+v", got)
		}
		if err := c.Acknowledge(deck.Key{Profile: got[0].Profile, SID: got[0].SID()}, deck.Actor{}, "known", time.Minute); err != nil {
			t.Error(err)
		}
		want := `POST /v1/acknowledge {"sid":"c1","profile":"prod","reason":"known","wait":60}`
		if asked := f.asked(); !slices.Contains(asked, want) {
			t.Errorf("the service was asked for %q, want %q", asked, want)
		}
		if err := c.Acknowledge(deck.Key{SID: text.New("c3")}, deck.Actor{}, "known", time.Minute); !errors.Is(err, deck.ErrNotFound) {
			t.Errorf("of one that there is not: %v", err)
		}
		if err := c.SetTimer(deck.Key{SID: text.New("c1")}, deck.Actor{}, time.Minute, false); !errors.Is(err, deck.ErrNotFound) {
			t.Errorf("an auto-resume of a call: %v", err)
		}
	})
}

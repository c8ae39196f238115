package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
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

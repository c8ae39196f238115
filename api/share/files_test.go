package share

import (
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api/journal"
)

// TestFiles has the auto-resume of a host that is alone go through its states.
func TestFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := NewFiles("here", "v1")
		var states []TimerState
		connected := 0
		f.Watch(func(e Event) {
			if e.Timer != nil {
				states = append(states, e.Timer.State)
			}
			if e.State != nil && e.State.Connected && !e.State.Shared {
				connected++
			}
		})
		go f.Run(t.Context())
		now := time.Now()
		timer, err := f.SetTimer(t.Context(), keyOf("RE1"), Setting{Due: now.Add(time.Minute)})
		if err != nil || !timer.Local {
			t.Fatal(timer, err)
		}
		if _, err := f.Claim(t.Context(), timer, now); !errors.Is(err, ErrEarly) {
			t.Error("claimed early:", err)
		}
		old := timer
		if timer, err = f.Claim(t.Context(), timer, now.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if c, ok := errors.AsType[*ConflictError](second(f.Claim(t.Context(), old, now.Add(time.Minute)))); !ok || c.Now.State != TimerClaimed {
			t.Error("claimed twice:", c)
		}
		if timer, err = f.Fire(t.Context(), timer); err != nil {
			t.Fatal(err)
		}
		if _, err := f.CancelTimer(t.Context(), keyOf("RE1"), journal.Who{}); !errors.Is(err, ErrFiring) {
			t.Error("canceled while it fires:", err)
		}
		if _, err = f.Finish(t.Context(), timer, "verified"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if want := []TimerState{TimerSet, TimerClaimed, TimerFiring, TimerDone}; !slices.Equal(states, want) || connected != 1 {
			t.Errorf("told %v and connected %d times", states, connected)
		}
		if got, _ := f.Timer(t.Context(), keyOf("RE1")); got.State != "" {
			t.Errorf("afterwards there is one that is %s", got.State)
		}
	})
}

func second[A, B any](_ A, b B) B { return b }

// TestNoServerInside has nothing of nats-server in what the program is made of.
func TestNoServerInside(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "tapedeck").Output()
	if err != nil {
		t.Skip("go list:", err)
	}
	if deps := string(out); strings.Contains(deps, "nats-server") {
		t.Error("nats-server is in the program")
	}
	out, err = exec.Command("go", "list", "-deps", "tapedeck/api/share").Output()
	if deps := string(out); err != nil || !strings.Contains(deps, "github.com/nats-io/nats.go\n") || strings.Contains(deps, "nats-server") {
		t.Error("what tapedeck/api/share is made of:", err)
	}
}

package alarm

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

var now = time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)

func paused(sid string, d time.Duration) *deck.Recording {
	return &deck.Recording{Recording: api.Recording{SID: text.New(sid), Status: api.Paused}, Pause: deck.Pause{Since: now.Add(-d)}}
}

// snapshot returns a snapshot where a pause alarms after a minute.
func snapshot(recs ...*deck.Recording) *deck.Snapshot {
	s := &deck.Snapshot{Recordings: recs, PauseAlarm: time.Minute}
	for _, r := range recs {
		switch {
		case r.Paused():
			s.Paused++
		case r.Trouble.Kind == deck.NotPaused:
			s.NotPaused++
		}
	}
	return s
}

// TestStanding: an alarm is told once while it stands, again when it stands for
// another reason or anew, and its end once.
func TestStanding(t *testing.T) {
	var s Standing
	look := func(snap *deck.Snapshot, at time.Time, want string) {
		t.Helper()
		begun, over := s.Look(snap, at)
		var got []string
		for _, a := range begun {
			got = append(got, fmt.Sprintf("%s %s", a.Key.SID, a.Kind))
			if a.Recording.Key() != a.Key {
				t.Errorf("%s is told with the recording %s", a.Key.SID, a.Recording.SID)
			}
		}
		for _, k := range over {
			got = append(got, k.SID.String()+" over")
		}
		slices.Sort(got)
		if joined := strings.Join(got, ", "); joined != want {
			t.Errorf("told %q, want %q", joined, want)
		}
	}
	two := snapshot(paused("1", 61*time.Second), paused("2", 50*time.Second))
	look(snapshot(), now, "")
	look(two, now, "1 pause")
	look(two, now.Add(time.Second), "")
	look(two, now.Add(10*time.Second), "2 pause")
	late := paused("2", 50*time.Second)
	late.Timer.Err = "it slept"
	acked := paused("1", 61*time.Second)
	acked.Ack.Until = now.Add(20 * time.Second)
	look(snapshot(acked, late), now.Add(11*time.Second), "1 over, 2 auto-resume")
	look(snapshot(acked, late), now.Add(21*time.Second), "1 pause")
	trouble := &deck.Recording{Recording: api.Recording{SID: text.New("1"), Status: api.InProgress}, Trouble: deck.Trouble{Kind: deck.NotPaused}}
	look(snapshot(trouble), now.Add(30*time.Second), "1 not paused, 2 over")
	look(snapshot(), now.Add(31*time.Second), "1 over")
}

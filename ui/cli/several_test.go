package cli

import (
	"context"
	"strings"
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

// twoProjects is a service of two projects that have a recording with one SID:
// that of eu is paused, that of us is not.
type twoProjects struct {
	Attached
	snapshot *deck.Snapshot
}

func (s twoProjects) Snapshot() *deck.Snapshot { return s.snapshot }

func (s twoProjects) Subscribe() (<-chan *deck.Snapshot, func()) {
	ch := make(chan *deck.Snapshot, 1)
	ch <- s.snapshot
	return ch, func() {}
}

func twoOfOneSID() *link {
	of := func(profile string, status api.Status) *deck.Recording {
		return &deck.Recording{Profile: profile, Recording: api.Recording{SID: text.New(sidC), Status: status}}
	}
	now := time.Now()
	s := twoProjects{snapshot: &deck.Snapshot{Recordings: []*deck.Recording{of("eu", api.Paused), of("us", api.InProgress)},
		Health: deck.Health{Complete: now, Limit: time.Hour}}}
	return &link{Service: s, attached: s}
}

// TestTwoProjectsOneSID: what is said of a request is said of the recording of its
// own project, also when another project has one with the same SID; and none of
// the two is taken for one that was not named.
func TestTwoProjectsOneSID(t *testing.T) {
	ctx := context.Background()
	l := twoOfOneSID()
	for _, r := range l.Snapshot().Recordings {
		req := deck.Request{SID: r.SID, Profile: r.Profile, Seen: r.Status, Update: api.Update{Status: api.Paused}}
		if res := (&act{verb: "pause"}).settled(l, req, deck.Progress{}, deck.ErrReadOnly); res.rec != r || res.final.Recording != r {
			t.Errorf("the result of %s is shown with %+v", r.Profile, res.rec)
		}
		if got := l.await(ctx, r, func(*deck.Recording) bool { return true }); got != r {
			t.Errorf("waiting for that of %s brings %+v", r.Profile, got)
		}
		if err := l.unchanged(ctx, &act{verb: "pause"}, []deck.Request{req}); err != nil {
			t.Errorf("%s: %v", r.Profile, err)
		}
		var errs strings.Builder
		l.ask(ctx, &runner{App: App{Stderr: &errs}}, &act{verb: "resume"}, []deck.Request{req})
		if want := " · " + r.Profile + "\n"; !strings.Contains(errs.String(), want) {
			t.Errorf("the question of %s is %q", r.Profile, errs.String())
		}
	}
	for _, typed := range []string{sidC, "c07a"} {
		_, err := l.resolve(ctx, []string{typed})
		e, ok := err.(*Error)
		if !ok || e.What != "2 projects have a recording "+sidC+"; nothing was sent" || len(e.Lines) != 2 ||
			!strings.HasSuffix(e.Lines[0], " · eu") || !strings.HasSuffix(e.Lines[1], " · us") || e.Hints[0] != "name one of them with --profile NAME" {
			t.Errorf("%s: %+v", typed, err)
		}
	}
}

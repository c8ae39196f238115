package drill

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"tapedeck/api/deck"
	"tapedeck/api/sim"
	"tapedeck/ui"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// press is a key, and how long after the one before it is pressed.
type press struct {
	after time.Duration
	key   string
}

// keys are keys that are pressed a little more than a second after each other, so
// that none is pressed at the moment of a poll.
func keys(list ...string) (out []press) {
	for _, k := range list {
		out = append(out, press{1100 * time.Millisecond, k})
	}
	return out
}

// rest puts a wait before the first of some keys.
func rest(after time.Duration, list []press) []press {
	list[0].after += after
	return list
}

// wire is what a drill has written to its terminal.
type wire struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(p)
}

func (w *wire) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

// errStuck is that the keys of a script have not led to the end of the drill.
var errStuck = errors.New("the drill has not ended")

// play drills some scenarios in the bubble of a synctest, with somebody who
// presses these keys.
func play(t *testing.T, ctx context.Context, scenarios []string, script ...[]press) (Result, string, error) {
	t.Helper()
	plan, _, err := NewPlan(1, scenarios, nil)
	if err != nil {
		t.Fatal(err)
	}
	in, typing := io.Pipe()
	out := &wire{}
	o := Options{Plan: plan, Deck: deck.Config{Interval: 2 * time.Second}}
	o.Screen = ui.Options{Theme: "dark", Actor: deck.Actor{Actor: "ana"}}
	at := &o.Screen.Terminal
	at.In, at.Out, at.Raw, at.Width, at.Height = in, out, true, 80, 24
	at.Environ = []string{"TERM=xterm-256color", "SSH_TTY=/dev/pts/1"}
	typed := make(chan struct{})
	go func() {
		defer close(typed)
		for _, p := range slices.Concat(script...) {
			time.Sleep(p.after)
			if _, err := io.WriteString(typing, p.key); err != nil {
				return
			}
		}
	}()
	ctx, cancel := context.WithTimeoutCause(ctx, 10*time.Minute, errStuck)
	defer cancel()
	r, err := Run(ctx, o)
	_, _ = in.Close(), typing.Close()
	<-typed
	time.Sleep(10 * time.Second) // the last tick, and the clock of the library
	return r, out.String(), err
}

// enter leaves a page, once it can be left.
func enter() []press { return []press{{2 * time.Second, "\r"}} }

// closing closes the page at the end, when the dashboard has lingered.
func closing() []press { return []press{{lingers + 4*time.Second, "q"}} }

// resumes is how somebody resumes the selected recording.
func resumes() []press { return keys("r", "y") }

// outcomes are how each scenario went, with why.
func outcomes(r Result) (out []string) {
	for _, s := range r.Scenarios {
		out = append(out, s.Scenario+" "+s.Words())
	}
	return out
}

// TestRun: how somebody does is measured by the space, from the first request to
// the answer that says so, and an operator who does as asked passes.
func TestRun(t *testing.T) {
	for _, tt := range []struct {
		name      string
		scenarios []string
		script    [][]press
		want      []string
		passed    bool
		complete  bool
	}{
		{"left behind", []string{"left-behind"}, [][]press{enter(), rest(5*time.Second, keys("r", "y")), closing()},
			[]string{"left-behind passed (all done in 7.2 s)"}, true, true},
		{"silent", []string{"silent"}, [][]press{enter(), keys("j", "p"), rest(12*time.Second, resumes()), closing()},
			[]string{"silent passed (pause verified in 4.0 s of 20 s, all done in 18.0 s)"}, true, true},
		{"card", []string{"card"}, [][]press{enter(), rest(10*time.Second, keys("g", "p")), rest(20*time.Second, resumes()), closing()},
			[]string{"card passed (pause verified in 4.2 s of 8 s, all done in 26.4 s)"}, true, true},
		{"handover", []string{"handover"}, [][]press{enter(), rest(3*time.Second, resumes()), keys("g", "r", "y"), rest(15*time.Second, closing())},
			[]string{"handover passed (all done in 20.0 s)"}, true, true},
		{"refused", []string{"refused"}, [][]press{enter(), keys("j", "p"), rest(20*time.Second, keys("p")), rest(3*time.Second, resumes()), closing()},
			[]string{"refused passed (pause verified in 23.3 s of 45 s, all done in 28.5 s)"}, true, true},
		{"lie", []string{"lie"}, [][]press{enter(), keys("j", "p"), rest(25*time.Second, keys("p")), rest(3*time.Second, resumes()), closing()},
			[]string{"lie passed (pause verified in 28.3 s of 45 s, all done in 33.5 s)"}, true, true},
		{"the wrong recording, and keys that are refused", []string{"silent"}, [][]press{enter(), keys("w", "p", "j", "p"), rest(12*time.Second, resumes()), rest(2*time.Minute, closing())},
			[]string{"silent failed: 1 recording was touched that the scenario is not about; 1 recording was left paused (pause verified in 6.0 s of 20 s, all done in 20.0 s, 1 wrong key)"}, false, true},
		{"the time is over", []string{"left-behind"}, [][]press{enter(), rest(2*time.Minute, closing())},
			[]string{"left-behind failed: 1 recording was left paused"}, false, true},
		{"skipped, quit in the middle, not reached", []string{"left-behind", "silent", "refused", "lie"},
			[][]press{{{2 * time.Second, "s"}}, enter(), keys("j", "p", "q", "y"), {{3 * time.Second, "q"}}},
			[]string{
				"left-behind skipped", "silent failed: 1 recording was left paused (pause verified in 4.0 s of 20 s)",
				"refused not reached", "lie not reached",
			}, false, false},
		{"passed, and then quit", []string{"left-behind", "silent"}, [][]press{enter(), rest(5*time.Second, resumes()), closing()},
			[]string{"left-behind passed (all done in 7.2 s)", "silent not reached"}, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, out, err := play(t, t.Context(), tt.scenarios, tt.script...)
				if err != nil {
					t.Error(err)
				}
				if diff := cmp.Diff(tt.want, outcomes(r)); diff != "" {
					t.Errorf("outcomes (-want +got):\n%s", diff)
				}
				if r.Passed != tt.passed || r.Complete != tt.complete {
					t.Errorf("passed %v, complete %v", r.Passed, r.Complete)
				}
				if !strings.Contains(out, "DRILL") || strings.Count(out, "\x1b[?1049l") != 1 {
					t.Errorf("the terminal was given back %d times", strings.Count(out, "\x1b[?1049l"))
				}
			})
		})
	}
}

// The same seed and the same keys give the same result, to the byte.
func TestRunIsDeterministic(t *testing.T) {
	var results [2][]byte
	for i := range results {
		synctest.Test(t, func(t *testing.T) {
			r, _, err := play(t, t.Context(), []string{"left-behind", "silent"}, enter(), rest(5*time.Second, resumes()), rest(5*time.Second, enter()),
				keys("j", "p"), rest(12*time.Second, resumes()), closing())
			if err != nil || !r.Passed {
				t.Errorf("%v\n%s", err, r.Text())
			}
			if results[i], err = json.Marshal(r); err != nil {
				t.Error(err)
			}
		})
	}
	if !bytes.Equal(results[0], results[1]) {
		t.Errorf("one time\n%s\nand another\n%s", results[0], results[1])
	}
}

// A drill that is ended from outside has the result of what was played.
func TestRunEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		cause := errors.New("SIGTERM")
		go func() { time.Sleep(8 * time.Second); cancel(cause) }()
		r, _, err := play(t, ctx, []string{"silent", "lie"}, enter(), keys("j", "p"))
		if !errors.Is(err, cause) {
			t.Errorf("the error is %v", err)
		}
		want := []string{"silent failed: 1 recording was left paused (pause verified in 4.0 s of 20 s)", "lie not reached"}
		if diff := cmp.Diff(want, outcomes(r)); diff != "" || r.Complete || r.Passed {
			t.Errorf("complete %v, outcomes (-want +got):\n%s", r.Complete, diff)
		}
	})
}

// Every scenario of the simulator is drilled, and says what is to be done in the
// room that there is for it.
func TestLessons(t *testing.T) {
	for _, name := range sim.Scenarios() {
		l, err := find(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if l.limit < MinLimit || l.happens == "" || l.todo == "" || !strings.Contains(Help(), l.todo) {
			t.Errorf("%s: %+v", name, l)
		}
		if line := " DRILL  8 of 8 " + string(name) + ": " + l.asks + " verified 12.3 s "; len(line) > 80 {
			t.Errorf("%s has %d cells: %q", name, len(line), line)
		}
	}
	if len(lessons) != len(sim.Scenarios()) {
		t.Errorf("%d lessons for %d scenarios", len(lessons), len(sim.Scenarios()))
	}
}

func TestNewPlan(t *testing.T) {
	for _, tt := range []struct {
		name              string
		scenarios, limits []string
		want              string // the scenarios with their limits
		bad, err          string
	}{
		{name: "all", want: "card 8s, silent 20s, refused 45s, lie 45s, left-behind 45s, siblings 1m0s, mandated 1m0s, handover 1m0s"},
		{name: "some, in their order, one twice", scenarios: []string{"lie", "card", "lie"}, want: "lie 45s, card 8s, lie 45s"},
		{name: "limits", scenarios: []string{"lie", "card"}, limits: []string{"30s", "card=5s"}, want: "lie 30s, card 5s"},
		{name: "no such scenario", scenarios: []string{"card", "crad"}, bad: "crad", err: `unknown scenario "crad": one of card, silent`},
		{name: "a limit of one that is not drilled", scenarios: []string{"card"}, limits: []string{"lie=5s"}, bad: "lie=5s", err: "the drill has no scenario lie"},
		{name: "no time", limits: []string{"card"}, bad: "card", err: "a limit is [SCENARIO=]TIME"},
		{name: "too short", limits: []string{"card=0s"}, bad: "card=0s", err: "from 1s to 10m"},
		{name: "too long", limits: []string{"11m"}, bad: "11m", err: "from 1s to 10m"},
	} {
		p, bad, err := NewPlan(7, tt.scenarios, tt.limits)
		var got []string
		for _, l := range p.lessons {
			got = append(got, string(l.scenario)+" "+l.limit.String())
		}
		switch {
		case tt.err == "" && (err != nil || strings.Join(got, ", ") != tt.want || p.Seed != 7):
			t.Errorf("%s: %q, %v", tt.name, got, err)
		case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err) || bad != tt.bad):
			t.Errorf("%s: %q is wrong: %v", tt.name, bad, err)
		}
	}
	if lessons[0].limit != 8*time.Second {
		t.Error("a plan has changed the limits of all others")
	}
}

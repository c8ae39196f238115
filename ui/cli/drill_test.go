package cli

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"tapedeck/api/sim"
	"tapedeck/ui/drill"
)

// drillOf returns a drill that ends at once as one of a scenario would.
func drillOf(t *testing.T, plan drill.Plan, passed bool) drill.Result {
	t.Helper()
	at := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	pause := 2.5
	r := drill.Result{Began: at, Ended: at.Add(time.Minute), Seed: plan.Seed, Passed: passed, Complete: true}
	for _, name := range plan.Scenarios() {
		s := drill.Score{
			Scenario: string(name), Outcome: drill.Passed, Limit: 8, Pause: &pause, Why: []string{}, Story: []string{"a story"},
			Wrong: []drill.Wrong{}, Tasks: []drill.Task{{SID: "0d9c8b7a-1111-4ccc-9ddd-000000008142", Asked: sim.PauseTask, Verified: &pause}},
		}
		if !passed {
			s.Outcome, s.Why = drill.Failed, []string{"not every pause was verified"}
			s.Wrong = append(s.Wrong, drill.Wrong{At: 3, SID: "0d9c8b7a-1111-4ccc-9ddd-000000008142", Status: "stopped", Why: sim.StopAsked})
		}
		r.Scenarios = append(r.Scenarios, s)
	}
	return r
}

// TestDrill: the flags make the plan, the result is printed in words or as JSON that
// has a schema, and the exit code says whether it was passed.
func TestDrill(t *testing.T) {
	for _, tt := range []struct {
		args      string
		passed    bool
		err       error
		terminal  bool
		scenarios string
		code      int
		stdout    string
	}{
		{"drill", true, nil, true, "card silent refused lie left-behind siblings mandated handover", 0, "DRILL PASSED: 8 of 8 scenarios passed\n"},
		{"drill --scenario lie --scenario card --limit card=5s --seed 7", false, nil, true, "lie card", 1, "DRILL NOT PASSED: 0 of 2 scenarios passed\n  lie  "},
		{"drill --scenario card --json", true, nil, false, "card", 0, `"verified_pause_seconds": 2.5`},
		{"drill --scenario card --json", false, nil, true, "card", 1, `"why": "stopped"`},
		{"drill --scenario card --theme light --interval 1s", true, errors.New("the terminal is gone"), true, "card", 1, "DRILL PASSED"},
		{"drill --scenario card", true, &SignalError{Signal: syscall.SIGTERM}, true, "card", 143, "DRILL PASSED"},
	} {
		var plan drill.Plan
		app := App{Environ: []string{"TERM=xterm", "LANG=C.UTF-8", "SIGNALWIRE_API_TOKEN=" + token}, Terminal: tt.terminal, Keyboard: true}
		app.Drill = func(_ context.Context, start Start, p drill.Plan) (drill.Result, error) {
			if plan = p; start.Config.StateDir != "" || start.Config.Space != "" {
				t.Errorf("it has read settings: %+v", start.Config)
			}
			return drillOf(t, p, tt.passed), tt.err
		}
		code, stdout, stderr := call(t, app, strings.Fields(tt.args)...)
		if code != tt.code || !strings.Contains(stdout, tt.stdout) {
			t.Errorf("%s: %d, stdout %q, stderr %q, want %d and %q", tt.args, code, stdout, stderr, tt.code, tt.stdout)
		}
		var names []string
		for _, name := range plan.Scenarios() {
			names = append(names, string(name))
		}
		if got := strings.Join(names, " "); got != tt.scenarios {
			t.Errorf("%s drills %q, want %q", tt.args, got, tt.scenarios)
		}
		if strings.Contains(tt.args, "--json") {
			valid(t, "drill", []byte(stdout))
		}
	}
}

func TestDrillUsage(t *testing.T) {
	for _, tt := range []struct {
		args     string
		terminal bool
		want     []string
	}{
		{"drill --scenario crad", true, []string{`cannot use "crad" for --scenario: unknown scenario "crad": one of card`, "did you mean --scenario card?", "--scenario help lists them"}},
		{"drill --limit soon", true, []string{`cannot use "soon" for --limit: a limit is [SCENARIO=]TIME, such as 10s or card=5s, from 1s to 10m`}},
		{"drill --scenario card --limit lie=5s", true, []string{`cannot use "lie=5s" for --limit: the drill has no scenario lie`}},
		{"drill --seed x", true, []string{`cannot use "x" for --seed`}},
		{"drill --profile eu", true, []string{"there is no flag --profile"}},
		{"drill card", true, []string{`tapedeck drill takes no arguments (got "card")`}},
		{"drill --theme pink", true, []string{"theme (--theme)"}},
		{"drill", false, []string{"standard output is not a terminal"}},
	} {
		app := App{Environ: []string{"TERM=xterm"}, Terminal: tt.terminal, Keyboard: true}
		app.Drill = func(context.Context, Start, drill.Plan) (drill.Result, error) {
			t.Errorf("%s begins", tt.args)
			return drill.Result{}, nil
		}
		code, stdout, stderr := call(t, app, strings.Fields(tt.args)...)
		if code != 2 || stdout != "" {
			t.Errorf("%s: %d, stdout %q", tt.args, code, stdout)
		}
		for _, want := range tt.want {
			if !strings.Contains(stderr, want) {
				t.Errorf("%s: stderr %q, want %q in it", tt.args, stderr, want)
			}
		}
	}
	if code, stdout, _ := call(t, App{}, "drill", "--scenario", "help"); code != 0 || !strings.Contains(stdout, "\n  card, 8 s\n") {
		t.Errorf("help: %d, %q", code, stdout)
	}
}

// A drill that did not begin prints no result.
func TestDrillDidNotBegin(t *testing.T) {
	app := App{Environ: []string{"TERM=xterm"}, Terminal: true, Keyboard: true}
	app.Drill = func(context.Context, Start, drill.Plan) (drill.Result, error) {
		return drill.Result{}, &Error{Code: codeUsage, What: "cannot show the drill"}
	}
	if code, stdout, stderr := call(t, app, "drill", "--json"); code != 2 || stdout != "" || !strings.Contains(stderr, "cannot show the drill") {
		t.Errorf("%d, stdout %q, stderr %q", code, stdout, stderr)
	}
}

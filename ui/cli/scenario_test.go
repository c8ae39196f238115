package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"tapedeck/api/sim"
)

func TestScenarioUsage(t *testing.T) {
	tests := []struct {
		args string
		err  []string // in standard error
	}{
		{"simulate --scenario crad", []string{`cannot use "crad" for --scenario: unknown scenario "crad": one of card, refused, lie`, "did you mean --scenario card?", "--scenario help lists them"}},
		{"--demo --scenario siblngs", []string{`cannot use "siblngs" for --scenario`, "did you mean --scenario siblings?"}},
		{"simulate --scenario=", []string{`unknown scenario ""`, "--scenario help lists them"}},
		{"simulate --scenario", []string{"--scenario needs a value"}},
		{"simulate --scenario card --recordings -1", []string{`cannot use "-1" for --recordings`}},
		{"simulate --scenario card --fault nonesuch", []string{`cannot use "nonesuch" for --fault`}},
		{"--scenario card", []string{"cannot use --scenario without --demo"}},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			code, stdout, stderr := call(t, App{Environ: complete, Terminal: true, Keyboard: true}, strings.Fields(tt.args)...)
			if code != 2 || stdout != "" {
				t.Errorf("exit code %d, stdout %q, want 2 and nothing", code, stdout)
			}
			for _, want := range tt.err {
				if !strings.Contains(stderr, want) {
					t.Errorf("stderr %q, want %q in it", stderr, want)
				}
			}
		})
	}
}

func TestScenarioHelp(t *testing.T) {
	for _, args := range []string{"--scenario help", "simulate --scenario help", "simulate --scenario help --fault help", "--demo --scenario help"} {
		code, stdout, stderr := call(t, App{Environ: complete}, strings.Fields(args)...)
		if code != 0 || stderr != "" {
			t.Errorf("%s: exit code %d, stderr %q", args, code, stderr)
		}
		for _, sc := range sim.Scenarios() {
			if !strings.Contains(stdout, "\n  "+string(sc)+" ") {
				t.Errorf("%s: %q lacks %s", args, stdout, sc)
			}
		}
		if faults := strings.Contains(stdout, sim.FaultHelp()); faults != strings.Contains(args, "--fault") {
			t.Errorf("%s: %q", args, stdout)
		}
	}
}

// A scenario has a space of its own size, in which each flag still counts.
func TestScenarioDemo(t *testing.T) {
	tests := []struct {
		args          string
		active, ended int
	}{
		{"--demo", 24, 200},
		{"--demo --scenario left-behind", 9, 40},
		{"--demo --scenario left-behind --recordings 24 --seed 3", 25, 40},
		{"--demo --scenario siblings --history 0 --churn 1", 12, 0},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			var space *sim.Space
			app := App{Environ: []string{"TERM=xterm"}, Terminal: true, Keyboard: true, Dashboard: func(_ context.Context, s Start) error {
				space = s.Demo
				return nil
			}}
			if code, _, stderr := call(t, app, strings.Fields(tt.args)...); code != 0 || stderr != "" {
				t.Fatalf("exit code %d, stderr %q", code, stderr)
			}
			active, ended := 0, 0
			for _, r := range space.Recordings() {
				if r.End.IsZero() {
					active++
				} else {
					ended++
				}
			}
			if active != tt.active || ended != tt.ended {
				t.Errorf("%d active and %d ended, want %d and %d", active, ended, tt.active, tt.ended)
			}
			if story := space.Story(); (len(story) > 0) != strings.Contains(tt.args, "--scenario") {
				t.Errorf("story %q", story)
			}
		})
	}
}

// The simulator tells on standard error what happens in a scenario, and on
// standard output nothing but its three lines.
func TestSimulateScenario(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	r, w := io.Pipe()
	var stderr bytes.Buffer // read when the simulator has ended
	code := make(chan int, 1)
	go func() {
		args := []string{"simulate", "--listen", "127.0.0.1:0", "--scenario", "left-behind", "--history", "0"}
		code <- Execute(ctx, App{Args: args, Stdout: w, Stderr: &stderr})
		_ = w.Close()
	}()
	buf := make([]byte, 1024)
	n, err := r.Read(buf) // the lines come in one write
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]string{}
	for line := range strings.Lines(string(buf[:n])) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		at[name] = value
	}
	account := at["SIGNALWIRE_SPACE"] + "/api/laml/2010-04-01/Accounts/" + at["SIGNALWIRE_PROJECT_ID"]
	ask := func(method, path string, form url.Values) []byte {
		req, err := http.NewRequestWithContext(t.Context(), method, account+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth(at["SIGNALWIRE_PROJECT_ID"], at["SIGNALWIRE_API_TOKEN"])
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != 200 {
			t.Fatalf("%s %s: %s %s %v", method, path, resp.Status, body, err)
		}
		return body
	}
	var page struct {
		Recordings []struct {
			SID    string `json:"sid"`
			Call   string `json:"call_sid"`
			Status string `json:"status"`
		} `json:"recordings"`
	}
	if err := json.Unmarshal(ask("GET", "/Recordings.json", nil), &page); err != nil {
		t.Fatal(err)
	}
	for _, rec := range page.Recordings {
		if rec.Status == "paused" {
			ask("POST", "/Calls/"+rec.Call+"/Recordings/"+rec.SID+".json", url.Values{"Status": {"in-progress"}})
		}
	}
	cancel(&SignalError{syscall.SIGINT})
	if rest, _ := io.ReadAll(r); len(rest) > 0 {
		t.Errorf("printed more than three lines: %q", rest)
	}
	if got := <-code; got != 130 {
		t.Errorf("exit code %d, want 130", got)
	}
	lines := strings.Split(stderr.String(), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "left-behind: a pause left by the last shift") ||
		!regexp.MustCompile(` has been paused for 4[7-9]:\d\d$`).MatchString(lines[1]) || !regexp.MustCompile(` is resumed, after 4[7-9]:\d\d`).MatchString(lines[2]) {
		t.Errorf("told %q", lines)
	}
}

// The demo of a scenario in which recording is mandated has the policy for that,
// unless the user says otherwise; no other scenario has.
func TestScenarioPolicy(t *testing.T) {
	for args, want := range map[string]string{
		"--demo --scenario mandated": "evidence 1m0s", "--demo --scenario mandated --policy privacy": "privacy 0s",
		"--demo --scenario card": "privacy 0s", "--demo --scenario card --policy evidence": "evidence 1m0s",
	} {
		got := ""
		app := App{Environ: []string{"TERM=xterm"}, Terminal: true, Keyboard: true, Dashboard: func(_ context.Context, s Start) error {
			got = s.Config.Policy.Name() + " " + s.Config.UnrecordedAlarm.String()
			return nil
		}}
		if code, _, stderr := call(t, app, strings.Fields(args)...); code != 0 || got != want {
			t.Errorf("%s: %d, %q, want %q, stderr %q", args, code, got, want, stderr)
		}
	}
}

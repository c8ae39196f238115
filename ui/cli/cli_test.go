package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const token = "PT0123456789abcdef0123456789abcdef0123456789abcdef"

// complete is an environment with all that the dashboard needs.
var complete = []string{
	"HOME=/nonexistent", "LANG=C.UTF-8", "TERM=xterm-256color", "SIGNALWIRE_SPACE=acme",
	"SIGNALWIRE_PROJECT_ID=0a1b2c3d-0a1b-4c2d-8e3f-0a1b2c3d4e5f", "SIGNALWIRE_API_TOKEN=" + token,
}

// call runs tapedeck with args in a terminal, with everything that it needs
// unless app says otherwise.
func call(t *testing.T, app App, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	app.Args, app.Stdout, app.Stderr = args, &out, &errs
	if app.Dashboard == nil {
		app.Dashboard = func(context.Context, Start) error {
			t.Error("the dashboard was started")
			return nil
		}
	}
	code = Execute(t.Context(), app)
	if s := out.String() + errs.String(); strings.Contains(s, token) {
		t.Errorf("the token is shown:\n%s", s)
	}
	return code, out.String(), errs.String()
}

func TestUsage(t *testing.T) {
	tests := []struct {
		args string
		err  []string // in standard error
	}{
		{"--intervall 3s", []string{"tapedeck: there is no flag --intervall\n", "did you mean --interval?"}},
		{"--token " + token, []string{"there is no flag --token", "SIGNALWIRE_API_TOKEN"}},
		{"--token=" + token, []string{"there is no flag --token"}},
		{"--space acme", []string{"there is no flag --space", "belong together"}},
		{"-x", []string{"there is no flag -x"}},
		{"--listen :0", []string{"--listen is a flag of tapedeck simulate"}},
		{"simulate --interval 3s", []string{"--interval is a flag of tapedeck\n"}},
		{"confg", []string{`there is no command "confg"`, "did you mean tapedeck config?"}},
		{"help nothing", []string{`there is no command "nothing"`}},
		{"--read-only true", []string{`--read-only=true`}},
		{"config extra", []string{`tapedeck config takes no arguments (got "extra")`}},
		{"version extra", []string{"takes no arguments"}},
		{"simulate extra", []string{"takes no arguments"}},
		{"completion nonesuch", []string{"nonesuch"}},
		{"--interval", []string{"--interval needs a value"}},
		{"--demo=perhaps", []string{`cannot use "perhaps" for --demo: it must be true or false`}},
		{"--demo --seed x", []string{`cannot use "x" for --seed: it must be a whole number from 0`}},
		{"--demo --recordings -1", []string{`cannot use "-1" for --recordings: allowed is 0 to 100000`}},
		{"--demo --recordings 10000000", []string{`cannot use "10000000" for --recordings: allowed is 0 to 100000`}},
		{"simulate --history 0x10000000", []string{`cannot use "0x10000000" for --history: allowed is 0 to 100000`}},
		{"--demo --recordings 99999999999999999999", []string{`cannot use "99999999999999999999" for --recordings`}},
		{"--demo --churn NaN", []string{`cannot use "NaN" for --churn`}},
		{"--demo --churn 1e9", []string{`cannot use "1e9" for --churn: allowed is 0 to 6000`}},
		{"--demo --seed -1", []string{`cannot use "-1" for --seed`}},
		{"--demo --fault nonesuch", []string{`cannot use "nonesuch" for --fault: `, "--fault help lists them"}},
		{"--demo --profile eu", []string{"cannot use --profile with --demo"}},
		{"--recordings 3", []string{"cannot use --recordings without --demo"}},
		{"--interval soon", []string{`cannot use "soon" for interval (--interval)`}},
		{"--read-only=yes", []string{`cannot use "yes" for read-only (--read-only): allowed is true, false, 1, 0`}},
		{"--interval 1ms --theme pink", []string{"interval (--interval)", "theme (--theme)"}},
		{"simulate --listen 0.0.0.0:0", []string{"the simulator listens on loopback only"}},
		{"simulate --listen :0", []string{"the simulator listens on loopback only"}},
		{"simulate --listen [::]:0", []string{"the simulator listens on loopback only"}},
		{"simulate --listen example.com:80", []string{"the simulator listens on loopback only"}},
		{"simulate --listen 127.0.0.1", []string{"it is not an address with a port"}},
		{"simulate --listen 127.0.0.1:99999", []string{"its port is not a number"}},
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
			if strings.Contains(stderr, "Usage:") {
				t.Errorf("an error shows the whole usage:\n%s", stderr)
			}
		})
	}
}

func TestOutput(t *testing.T) {
	tests := []struct{ args, want string }{
		{"version", "tapedeck v1.2.3 (commit "},
		{"--version", "tapedeck v1.2.3 (commit "},
		{"--help", "Exit codes"},
		{"help simulate", "three lines"},
		{"completion", "zsh"},
		{"simulate --help", "three lines"},
		{"completion bash", "bash completion"},
		{"--fault help", "drop"},
		{"simulate --fault help", "drop"},
		{"config", "SIGNALWIRE_SPACE"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			code, stdout, stderr := call(t, App{Environ: complete, Version: "v1.2.3"}, strings.Fields(tt.args)...)
			if code != 0 || stderr != "" || !strings.Contains(stdout, tt.want) {
				t.Errorf("exit code %d, stderr %q, stdout %q, want %q in it", code, stderr, stdout, tt.want)
			}
		})
	}
}

func TestDashboardStarts(t *testing.T) {
	var start Start
	dashboard := func(_ context.Context, s Start) error { start = s; return nil }
	app := App{Environ: complete, Terminal: true, Keyboard: true, Dashboard: dashboard}
	if code, _, stderr := call(t, app, "--interval", "3s", "--read-only"); code != 0 || stderr != "" {
		t.Fatalf("exit code %d, stderr %q", code, stderr)
	}
	c := start.Config
	if c.Space != "https://acme.signalwire.com" || c.Interval != 3*time.Second || !c.ReadOnly || start.Demo != nil {
		t.Errorf("started with %+v", start)
	}

	app.Environ = []string{"TERM=xterm"}
	if code, _, stderr := call(t, app, "--demo", "--seed", "7", "--fault", "503@update"); code != 0 || stderr != "" {
		t.Fatalf("exit code %d, stderr %q", code, stderr)
	}
	if start.Demo == nil || start.Config.Space != "" {
		t.Errorf("the demo started with %+v", start)
	}
}

func TestNoTerminal(t *testing.T) {
	terms := func(term string) []string { return append(append([]string{}, complete...), term) }
	tests := []struct {
		name string
		app  App
		err  string
	}{
		{"no terminal", App{Environ: complete}, "standard output is not a terminal"},
		{"no keyboard", App{Environ: terms("TERM=xterm"), Terminal: true}, "standard input is not a terminal"},
		{"dumb", App{Environ: terms("TERM=dumb"), Terminal: true, Keyboard: true}, "TERM is dumb"},
		{"unset", App{Environ: terms("TERM="), Terminal: true, Keyboard: true}, "TERM is not set"},
		{"settings come first", App{Environ: []string{"HOME=/nonexistent"}}, "space, project and token are not set"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, _, stderr := call(t, tt.app)
			if code != 2 || !strings.Contains(stderr, tt.err) {
				t.Errorf("exit code %d, stderr %q, want 2 and %q", code, stderr, tt.err)
			}
		})
	}
}

func TestDashboardEnds(t *testing.T) {
	stopped := &SignalError{syscall.SIGTERM}
	tests := []struct {
		name  string
		cause error // with which the context ends
		err   error // of the dashboard
		code  int
		text  string
	}{
		{"fails", nil, errors.New("poll: HTTP 503"), 1, "tapedeck: poll: HTTP 503\n"},
		{"fails with a hint", nil, &Error{What: "poll: HTTP 401", Hints: []string{"check the token"}}, 1, "tapedeck: poll: HTTP 401\n  hint: check the token\n"},
		{"signal", stopped, nil, 143, ""},
		{"signal, as an error", stopped, context.Canceled, 143, ""},
		{"signal, and a failure", stopped, errors.New("write the journal: disk full"), 143, "tapedeck: write the journal: disk full\n"},
		{"terminal gone", nil, &SignalError{syscall.SIGHUP}, 129, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			var stderr bytes.Buffer
			code := Execute(ctx, App{
				Environ: complete, Terminal: true, Keyboard: true, Stdout: io.Discard, Stderr: &stderr,
				Dashboard: func(ctx context.Context, _ Start) error {
					if tt.cause != nil {
						cancel(tt.cause)
						<-ctx.Done()
					}
					return tt.err
				},
			})
			if code != tt.code || stderr.String() != tt.text {
				t.Errorf("exit code %d, stderr %q, want %d, %q", code, stderr.String(), tt.code, tt.text)
			}
		})
	}
}

// A window that closes often sends two SIGHUPs; the second must not cut short
// an update that is under way.
func TestSecondSignal(t *testing.T) {
	came, done := make(chan os.Signal), make(chan struct{})
	ctx, cancel := context.WithCancelCause(t.Context())
	exited, ended, terminated := make(chan int, 1), make(chan struct{}), make(chan struct{})
	go func() {
		watch(came, done, terminated, cancel, func(code int) { exited <- code })
		close(ended)
	}()
	came <- syscall.SIGHUP
	<-ctx.Done()
	if e, ok := errors.AsType[*SignalError](context.Cause(ctx)); !ok || e.ExitCode() != 129 {
		t.Errorf("cause %v, want SIGHUP", context.Cause(ctx))
	}
	came <- syscall.SIGHUP
	came <- syscall.SIGTERM // ends what goes on after a SIGHUP
	<-terminated
	came <- syscall.SIGHUP
	came <- syscall.SIGTERM
	if code := <-exited; code != 143 {
		t.Errorf("exit code %d, want 143: the second SIGHUP does not count", code)
	}
	close(done)
	<-ended
}

func TestSimulate(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	r, w := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- Execute(ctx, App{Args: []string{"simulate", "--listen", "localhost:0"}, Stdout: w, Stderr: io.Discard})
		_ = w.Close()
	}()
	// The lines come in one write, which one read returns.
	buf := make([]byte, 1024)
	n, err := r.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(buf[:n]), "\n")
	if len(lines) != 4 || lines[3] != "" {
		t.Fatalf("printed %q, want three lines", lines)
	}
	value := func(i int, name string) string {
		v, ok := strings.CutPrefix(lines[i], name+"=")
		if !ok {
			t.Errorf("line %q, want %s", lines[i], name)
		}
		return v
	}
	space, project := value(0, "SIGNALWIRE_SPACE"), value(1, "SIGNALWIRE_PROJECT_ID")
	req, err := http.NewRequestWithContext(t.Context(), "GET", space+"/api/laml/2010-04-01/Accounts/"+project+"/Recordings.json", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(project, value(2, "SIGNALWIRE_API_TOKEN"))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != 200 {
		t.Errorf("the simulator answers %s", resp.Status)
	}
	cancel(&SignalError{syscall.SIGINT})
	if rest, _ := io.ReadAll(r); len(rest) > 0 {
		t.Errorf("printed more than three lines: %q", rest)
	}
	if got := <-code; got != 130 {
		t.Errorf("exit code %d, want 130", got)
	}
}

func TestConfigShowsProvenance(t *testing.T) {
	home := t.TempDir()
	dir := filepath.Join(home, ".config", "tapedeck")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	file := "default_profile = \"eu\"\n[profile.eu]\nspace = \"eu-acme\"\nproject = \"p-1\"\ntoken = \"" + token + "\"\n"
	if err := os.WriteFile(filepath.Join(dir, "config.toml"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := call(t, App{Environ: []string{
		"HOME=" + home, "XDG_CONFIG_HOME=" + home + "/.config", "XDG_STATE_HOME=" + home + "/state", "LANG=C.UTF-8", "TAPEDECK_LOOKBACK=2d",
	}}, "config", "--interval", "5")
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d, stderr %q", code, stderr)
	}
	var got [][]string
	for line := range strings.Lines(strings.ReplaceAll(stdout, home, "HOME")) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		value, source, _ := strings.Cut(strings.TrimSpace(rest), "  ")
		got = append(got, []string{name, value, strings.TrimSpace(source)})
	}
	const path = "HOME/.config/tapedeck/config.toml"
	host, _ := os.Hostname()
	want := [][]string{
		{"config", path, "XDG_CONFIG_HOME"},
		{"profile", "eu", path + ":1"},
		{"space", "https://eu-acme.signalwire.com", path + ":3 profile.eu"},
		{"project", "p-1", path + ":4 profile.eu"},
		{"token", "set", path + ":5 profile.eu"},
		{"interval", "5s", "--interval"},
		{"lookback", "2d", "TAPEDECK_LOOKBACK"},
		{"policy", "privacy", "default"},
		{"policy.pause", "one key", "default"},
		{"policy.skip", "allowed", "default"},
		{"policy.resume", "asks", "default"},
		{"policy.stop", "the end of the SID", "default"},
		{"policy.stop-word", "stop", "default"},
		{"pause-behavior", "silence", "default"},
		{"pause-scope", "recording", "default"},
		{"auto-resume", "0s", "default"},
		{"start-channels", "mono", "default"},
		{"start-track", "both", "default"},
		{"read-only", "false", "default"},
		{"tick", "1s", "default"},
		{"low-bandwidth", "false", "default"},
		{"pause-warn", "1m30s", "default"},
		{"pause-alarm", "3m", "default"},
		{"unrecorded-alarm", "0s", "default"},
		{"alarm-command", "(none)", "default"},
		{"mask-numbers", "false", "default"},
		{"names-file", "(none)", "default"},
		{"theme", "auto", "default"},
		{"ascii", "false", "locale (LANG)"},
		{"log", "off", "default"},
		{"state-dir", "HOME/state/tapedeck", "XDG_STATE_HOME"},
		{"journal-numbers", "false", "default"},
		{"journal-syslog", "false", "default"},
		{"journal-required", "false", "default"}, {"server", "auto", "default"},
		{"socket", "/run/tapedeck/tapedeck.sock", "default"}, {"socket-group", "(none)", "default"},
		{"serve-profiles", "(none)", "default"}, {"metrics", "(none)", "default"},
		{"ssh-listen", "(none)", "default"}, {"ssh-keys", "(none)", "default"}, {"ssh-user-cas", "(none)", "default"},
		{"ssh-revoked", "(none)", "default"}, {"ssh-idle", "8h to look, else 1h", "default"}, {"ssh-proxies", "(none)", "default"},
		{"share", "(none)", "default"}, {"share-creds", "(none)", "default"}, {"share-ca", "(none)", "default"}, {"share-host", host, "default"},
		{"no-color", "false", "default"},
		{"names", "(none)", "default"}, {"roles", "(none)", "default"},
		{"proxy", "(none)", "default"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tapedeck config (-want +got):\n%s", diff)
	}
}

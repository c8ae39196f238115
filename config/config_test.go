package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	tokenValue = "PT0123456789abcdef0123456789abcdef0123456789abcdef"
	otherToken = "PTffffffffffffffffffffffffffffffffffffffffffffffff"
	projectID  = "0a1b2c3d-0a1b-4c2d-8e3f-0a1b2c3d4e5f"
)

// complete is an environment that has space, project and token.
var complete = []string{
	"SIGNALWIRE_SPACE=acme", "SIGNALWIRE_PROJECT_ID=" + projectID, "SIGNALWIRE_API_TOKEN=" + tokenValue,
}

// setup is one machine's settings: flags, variables and a file.
type setup struct {
	flags map[string]string
	env   []string
	file  string // text of the default settings file; none if empty
}

// load loads s in a home of its own. HOME in what comes back is that home.
func load(t *testing.T, s setup) (Config, error) {
	t.Helper()
	home := t.TempDir()
	if s.file != "" {
		write(t, filepath.Join(home, ".config", "tapedeck", "config.toml"), s.file)
	}
	env := append([]string{"HOME=" + home, "XDG_CONFIG_HOME=" + filepath.Join(home, ".config"), "LANG=C.UTF-8"}, s.env...)
	flags := map[string]string{}
	for k, v := range s.flags {
		flags[k] = strings.ReplaceAll(v, "HOME", home)
	}
	c, err := Load(t.Context(), Sources{Flags: flags, Environ: env})
	for _, s := range c.Settings() {
		checkHidden(t, s.Name+s.Value+s.Source)
	}
	checkHidden(t, strings.Join(c.Warnings, "\n"))
	if err != nil {
		checkHidden(t, err.Error())
	}
	return c, err
}

// checkHidden fails the test when s shows a token.
func checkHidden(t *testing.T, s string) {
	t.Helper()
	if strings.Contains(s, tokenValue) || strings.Contains(s, otherToken) {
		t.Errorf("a token is shown: %s", s)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// checkError checks that err holds the text want, or that there is none.
func checkError(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Fatalf("error: %v", err)
	case want != "" && err == nil:
		t.Fatalf("no error, want %q", want)
	case want != "" && !strings.Contains(err.Error(), want):
		t.Fatalf("error %q, want %q in it", err, want)
	}
}

// settingsTests has one setting, or one mistake, in each entry.
var settingsTests = []struct {
	name string
	setup
	want func(c Config) any
	is   any
	of   string // the setting whose source is looked at
	from string // the end of that source
	err  string
}{
	{name: "default", of: "interval", want: func(c Config) any { return c.Interval }, is: 2 * time.Second, from: "default"},
	{name: "file", setup: setup{file: "\ninterval = \"3s\"\n"}, of: "interval",
		want: func(c Config) any { return c.Interval }, is: 3 * time.Second, from: "config.toml:2"},
	{name: "environment over file", setup: setup{file: "interval = \"3s\"", env: []string{"TAPEDECK_INTERVAL=4s"}}, of: "interval",
		want: func(c Config) any { return c.Interval }, is: 4 * time.Second, from: "TAPEDECK_INTERVAL"},
	{name: "flag over environment", setup: setup{flags: map[string]string{"interval": "5s"}, env: []string{"TAPEDECK_INTERVAL=4s"}}, of: "interval",
		want: func(c Config) any { return c.Interval }, is: 5 * time.Second, from: "--interval"},
	{name: "empty variable is unset", setup: setup{env: []string{"TAPEDECK_INTERVAL="}}, of: "interval",
		want: func(c Config) any { return c.Interval }, is: 2 * time.Second, from: "default"},
	{name: "profile over top level", setup: setup{flags: map[string]string{"profile": "eu"}, file: "interval = \"3s\"\n[profile.eu]\ninterval = \"7s\"\n"}, of: "interval",
		want: func(c Config) any { return c.Interval }, is: 7 * time.Second, from: "config.toml:3 profile.eu"},
	{name: "top level under profile", setup: setup{flags: map[string]string{"profile": "eu"}, file: "theme = \"dark\"\n[profile.eu]\ninterval = \"7s\"\n"}, of: "theme",
		want: func(c Config) any { return c.Theme }, is: "dark", from: "config.toml:1"},
	{name: "inline profile", setup: setup{file: "default_profile = \"eu\"\nprofile = {eu = {interval = 9}}\n"}, of: "interval",
		want: func(c Config) any { return c.Interval }, is: 9 * time.Second, from: "config.toml:2 profile.eu"},
	{name: "number of seconds", setup: setup{file: "interval = 6"},
		want: func(c Config) any { return c.Interval }, is: 6 * time.Second},
	{name: "days", setup: setup{env: []string{"TAPEDECK_LOOKBACK=1d12h"}},
		want: func(c Config) any { return c.Lookback }, is: 36 * time.Hour},
	{name: "shortest interval", setup: setup{env: []string{"TAPEDECK_INTERVAL=500ms"}},
		want: func(c Config) any { return c.Interval }, is: 500 * time.Millisecond},
	{name: "interval too short", setup: setup{env: []string{"TAPEDECK_INTERVAL=499ms"}},
		err: `cannot use "499ms" for interval (TAPEDECK_INTERVAL): allowed is 500ms to 5m`},
	{name: "interval too long", setup: setup{flags: map[string]string{"interval": "6m"}},
		err: `cannot use "6m" for interval (--interval): allowed is 500ms to 5m`},
	{name: "interval unreadable", setup: setup{file: "interval = \"soon\""},
		err: `not a duration such as 2s or 1h30m; allowed is 500ms to 5m`},
	{name: "lookback overflow", setup: setup{env: []string{"TAPEDECK_LOOKBACK=99999999999h"}}, err: "not a duration"},
	{name: "negative in days", setup: setup{env: []string{"TAPEDECK_LOOKBACK=1d-2h"}}, err: "not a duration"},
	{name: "pause behavior", setup: setup{flags: map[string]string{"pause-behavior": "skip"}},
		want: func(c Config) any { return c.PauseBehavior }, is: "skip"},
	{name: "file key has underscore", setup: setup{file: `pause_behavior = "skip"`},
		want: func(c Config) any { return c.PauseBehavior }, is: "skip"},
	{name: "pause behavior unknown", setup: setup{env: []string{"TAPEDECK_PAUSE_BEHAVIOR=mute"}},
		err: `cannot use "mute" for pause-behavior (TAPEDECK_PAUSE_BEHAVIOR): allowed is silence, skip`},
	{name: "boolean 1", setup: setup{env: []string{"TAPEDECK_READ_ONLY=1"}},
		want: func(c Config) any { return c.ReadOnly }, is: true},
	{name: "boolean false over file", setup: setup{flags: map[string]string{"read-only": "false"}, file: "read_only = true"},
		want: func(c Config) any { return c.ReadOnly }, is: false},
	{name: "boolean number in file", setup: setup{file: "read_only = 1"},
		want: func(c Config) any { return c.ReadOnly }, is: true},
	{name: "boolean yes", setup: setup{env: []string{"TAPEDECK_READ_ONLY=yes"}}, err: `cannot use "yes" for read-only (TAPEDECK_READ_ONLY): allowed is true, false, 1, 0`},
	{name: "boolean TRUE", setup: setup{env: []string{"TAPEDECK_READ_ONLY=TRUE"}}, err: "allowed is true, false, 1, 0"},
	{name: "boolean in quotes", setup: setup{file: `read_only = "true"`}, err: "config.toml:1:1): it must be true or false, without quotes, not text"},
	{name: "boolean 2 in file", setup: setup{file: `read_only = 2`}, err: "allowed is true, false, 1, 0"},
	{name: "wrong type", setup: setup{file: "\n  theme = true"}, err: "config.toml:2:3): it must be text in quotes, not a boolean"},
	{name: "table for a setting", setup: setup{file: "[theme]\nx = 1"}, err: "it must be text in quotes, not a table"},
	{name: "tick", setup: setup{env: []string{"TAPEDECK_TICK=10s"}}, of: "tick",
		want: func(c Config) any { return c.Tick }, is: 10 * time.Second, from: "TAPEDECK_TICK"},
	{name: "tick by default", of: "tick", want: func(c Config) any { return c.Tick }, is: time.Second, from: "default"},
	{name: "longest tick", setup: setup{file: `tick = "1m"`}, want: func(c Config) any { return c.Tick }, is: time.Minute},
	{name: "tick too short", setup: setup{env: []string{"TAPEDECK_TICK=999ms"}}, err: `cannot use "999ms" for tick (TAPEDECK_TICK): allowed is 1s to 1m`},
	{name: "tick too long", setup: setup{flags: map[string]string{"tick": "61s"}}, err: `cannot use "61s" for tick (--tick): allowed is 1s to 1m`},
	{name: "low bandwidth", setup: setup{env: []string{"TAPEDECK_LOW_BANDWIDTH=1"}}, of: "low-bandwidth",
		want: func(c Config) any { return c.LowBandwidth }, is: true, from: "TAPEDECK_LOW_BANDWIDTH"},
	{name: "low bandwidth flag", setup: setup{flags: map[string]string{"low-bandwidth": "true"}}, of: "low-bandwidth",
		want: func(c Config) any { return c.LowBandwidth }, is: true, from: "--low-bandwidth"},
	{name: "low bandwidth in the file", setup: setup{file: "low_bandwidth = true"}, of: "low-bandwidth",
		want: func(c Config) any { return c.LowBandwidth }, is: true, from: "config.toml:1"},
	{name: "nobody but the user turns low bandwidth on", setup: setup{env: []string{"SSH_TTY=/dev/pts/1", "SSH_CONNECTION=10.0.0.1 1 10.0.0.2 22", "TERM=vt100"}},
		of: "low-bandwidth", want: func(c Config) any { return c.LowBandwidth }, is: false, from: "default"},
	{name: "low bandwidth yes", setup: setup{env: []string{"TAPEDECK_LOW_BANDWIDTH=yes"}}, err: "allowed is true, false, 1, 0"},
	{name: "log", setup: setup{env: []string{"TAPEDECK_LOG=debug"}}, want: func(c Config) any { return c.Log }, is: "debug"},
	{name: "journal required", setup: setup{file: "journal_required = true"}, want: func(c Config) any { return c.JournalRequired }, is: true},
	{name: "empty flag", setup: setup{flags: map[string]string{"theme": ""}}, err: "cannot use --theme: its value is empty"},
	{name: "no color", setup: setup{env: []string{"NO_COLOR=yes"}}, of: "no-color", want: func(c Config) any { return c.NoColor }, is: true, from: "NO_COLOR"},
	{name: "empty NO_COLOR", setup: setup{env: []string{"NO_COLOR="}}, want: func(c Config) any { return c.NoColor }, is: false},
	{name: "locale C", setup: setup{env: []string{"LC_ALL=C"}}, of: "ascii", want: func(c Config) any { return c.ASCII }, is: true, from: "locale (LC_ALL)"},
	{name: "first locale counts", setup: setup{env: []string{"LC_CTYPE=en_US.UTF-8", "LANG=C"}}, want: func(c Config) any { return c.ASCII }, is: false},
	{name: "no locale", setup: setup{env: []string{"LANG="}}, of: "ascii", want: func(c Config) any { return c.ASCII }, is: true, from: "no locale is set"},
	{name: "ascii overrides the locale", setup: setup{env: []string{"LANG=C", "TAPEDECK_ASCII=false"}}, want: func(c Config) any { return c.ASCII }, is: false},
	{name: "several problems at once", setup: setup{env: []string{"TAPEDECK_INTERVAL=1ms", "TAPEDECK_THEME=pink"}}, err: "pink"},
}

func TestSettings(t *testing.T) {
	for _, tt := range settingsTests {
		t.Run(tt.name, func(t *testing.T) {
			tt.env = append(append([]string{}, complete...), tt.env...)
			c, err := load(t, tt.setup)
			checkError(t, err, tt.err)
			if tt.err != "" {
				return
			}
			if diff := cmp.Diff(tt.is, tt.want(c)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			for _, s := range c.Settings() {
				if s.Name == tt.of && !strings.HasSuffix(s.Source, tt.from) {
					t.Errorf("%s comes from %q, want %q", s.Name, s.Source, tt.from)
				}
			}
		})
	}
}

func TestFile(t *testing.T) {
	tests := []struct {
		name string
		file string
		err  string
	}{
		{"unknown key", "theme = \"dark\"\n\n  intervall = 3\n", `cannot use "intervall" (HOME/.config/tapedeck/config.toml:3:3): there is no such setting`},
		{"unknown key of a profile", "[profile.eu]\n\tinterval = 3\n\tcolor = 1\n", `cannot use "color" (HOME/.config/tapedeck/config.toml:3:2): there is no such setting in a profile`},
		{"unknown table", "[profiles.eu]\n", `cannot use "profiles" (HOME/.config/tapedeck/config.toml:1:2)`},
		{"unknown key of an inline profile", "profile = {eu = {color = 1}}", `cannot use "color" (HOME/.config/tapedeck/config.toml:1:18)`},
		{"default profile in a profile", "[profile.eu]\ndefault_profile = \"eu\"", `cannot use "default_profile"`},
		{"flag's spelling", "read-only = true", `cannot use "read-only"`},
		{"syntax", "theme = \"dark\"\ninterval = 3s\n", "config.toml:2:"},
		{"duplicate", "theme = \"dark\"\ntheme = \"dark\"\n", "config.toml:2:1: key theme is already defined"},
		{"unquoted token", "token = " + tokenValue, "config.toml:1:9"},
		{"profile is no table", "profile = 3", "config.toml:1:11: profile must be a table, written [profile.NAME]"},
		{"a profile is no table", "[profile]\neu = 3", "config.toml:2:6: a profile must be a table, written [profile.NAME]"},
		{"profiles are an array", "[[profile]]\na = 1", "profile must be a table"},
		{"profile with an odd name", "[profile.\"e\\u001bu\"]\n", `cannot use "e\x1bu"`},
		{"byte order mark", "\ufefftheme = \"dark\"", ""},
		{"empty", "\n", ""},
		{"comments", "# nothing\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := load(t, setup{env: complete, file: tt.file})
			home := strings.TrimSuffix(c.File, "/.config/tapedeck/config.toml")
			checkError(t, err, strings.ReplaceAll(tt.err, "HOME", home))
		})
	}
}

func TestFilePath(t *testing.T) {
	c, err := load(t, setup{env: complete})
	checkError(t, err, "")
	if !strings.HasSuffix(c.File, "/.config/tapedeck/config.toml") {
		t.Errorf("File = %q", c.File)
	}
	_, err = load(t, setup{env: complete, flags: map[string]string{"config": "HOME/none.toml"}})
	checkError(t, err, "none.toml: no such file or directory")
	_, err = load(t, setup{env: complete, flags: map[string]string{"config": "HOME"}})
	checkError(t, err, "is a directory")

	path := filepath.Join(t.TempDir(), "mine.toml")
	write(t, path, "theme = \"light\"\nstate_dir = \"state\"\n")
	c, err = load(t, setup{env: complete, flags: map[string]string{"config": path}, file: "theme = \"dark\""})
	checkError(t, err, "")
	if want := filepath.Join(filepath.Dir(path), "state"); c.Theme != "light" || c.StateDir != want {
		t.Errorf("Theme %q, StateDir %q, want light, %q", c.Theme, c.StateDir, want)
	}
}

func TestFolders(t *testing.T) {
	tests := []struct {
		name        string
		env         []string
		state, file string
		err         string
	}{
		{"home", []string{"HOME=/h"}, "/h/.local/state/tapedeck", "/h/.config/tapedeck/config.toml", ""},
		{"xdg", []string{"HOME=/h", "XDG_STATE_HOME=/s", "XDG_CONFIG_HOME=/c"}, "/s/tapedeck", "/c/tapedeck/config.toml", ""},
		{"relative xdg is ignored", []string{"HOME=/h", "XDG_STATE_HOME=s", "XDG_CONFIG_HOME=c"}, "/h/.local/state/tapedeck", "/h/.config/tapedeck/config.toml", ""},
		{"no home", nil, "", "", "cannot find a folder for the journal: HOME is not set"},
		{"no home but a state folder", []string{"TAPEDECK_STATE_DIR=/s"}, "/s", "", ""},
		{"tilde", []string{"HOME=/h", "TAPEDECK_STATE_DIR=~/s"}, "/h/s", "/h/.config/tapedeck/config.toml", ""},
		{"tilde without home", []string{"TAPEDECK_STATE_DIR=~/s"}, "", "", "HOME is not set"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Load(t.Context(), Sources{Environ: append(tt.env, complete...)})
			checkError(t, err, tt.err)
			if c.StateDir != tt.state || c.File != tt.file {
				t.Errorf("StateDir %q, File %q, want %q, %q", c.StateDir, c.File, tt.state, tt.file)
			}
		})
	}
}

// A variable that looks like a setting and is none is an error: TAPEDECK_READONLY
// would leave every key armed.
func TestUnknownVariable(t *testing.T) {
	tests := []struct{ variable, hint string }{
		{"TAPEDECK_READONLY=1", "did you mean TAPEDECK_READ_ONLY?"},
		{"TAPEDECK_PROFIL=eu", "did you mean TAPEDECK_PROFILE?"},
		{"TAPEDECK_SOMETHING_ELSE=1", "unset it"},
		{"TAPEDECK_TOKEN=x", "unset it"},
	}
	for _, tt := range tests {
		_, err := load(t, setup{env: append([]string{tt.variable}, complete...)})
		name, _, _ := strings.Cut(tt.variable, "=")
		e, ok := errors.AsType[*Error](err)
		if !ok || e.What != `cannot use the variable "`+name+`": there is no such setting` || !strings.Contains(strings.Join(e.Hints, "\n"), tt.hint) {
			t.Errorf("%s: %v, hints %q", tt.variable, err, e.Hints)
		}
	}
	_, err := load(t, setup{env: append([]string{"TAPEDECK_READONLY="}, complete...)})
	checkError(t, err, "")
}

func TestDemoReadsOnlyFlagsAndTheTerminal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tapedeck", "config.toml")
	write(t, path, "this is not TOML")
	env := append([]string{"XDG_CONFIG_HOME=" + filepath.Dir(filepath.Dir(path)), "TAPEDECK_INTERVAL=nonsense",
		"TAPEDECK_PROFILE=none", "LANG=C", "NO_COLOR=1"}, complete...)
	c, err := Demo(Sources{Environ: env, Flags: map[string]string{"theme": "light"}})
	checkError(t, err, "")
	if c.Theme != "light" || c.Interval != 2*time.Second || !c.ASCII || !c.NoColor {
		t.Errorf("settings %+v", c)
	}
	if c.Space != "" || c.Project != "" || c.Token.IsSet() || c.StateDir != "" || c.File != "" {
		t.Errorf("the demo has read settings: %+v", c)
	}
	_, err = Demo(Sources{Flags: map[string]string{"profile": "eu"}})
	checkError(t, err, "cannot use --profile with --demo")
}

func TestEveryFlagHasItsLine(t *testing.T) {
	c, _ := load(t, setup{})
	shown := map[string]bool{}
	for _, s := range c.Settings() {
		shown[s.Name] = true
	}
	for _, f := range Flags() {
		if !shown[f.Name] {
			t.Errorf("--%s is not among the settings shown", f.Name)
		}
	}
}

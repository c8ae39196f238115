package config

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// three is a profile's space, project and token.
func three(space string) string {
	return "space = \"" + space + "\"\nproject = \"" + projectID + "\"\ntoken = \"" + otherToken + "\"\n"
}

func TestCredentials(t *testing.T) {
	eu := "[profile.eu]\n" + three("eu-space")
	tests := []struct {
		name string
		setup
		space, profile string
		token          string
		err            string
	}{
		{name: "environment", setup: setup{env: complete}, space: "https://acme.signalwire.com", token: tokenValue},
		{name: "environment over default profile", setup: setup{env: complete, file: "default_profile = \"eu\"\n" + eu}, space: "https://acme.signalwire.com", token: tokenValue},
		{name: "environment over top level", setup: setup{env: complete, file: three("top")}, space: "https://acme.signalwire.com", token: tokenValue},
		{name: "named profile over environment", setup: setup{env: complete, file: eu, flags: map[string]string{"profile": "eu"}}, space: "https://eu-space.signalwire.com", profile: "eu", token: otherToken},
		{name: "profile named by variable", setup: setup{env: append([]string{"TAPEDECK_PROFILE=eu"}, complete...), file: eu}, space: "https://eu-space.signalwire.com", profile: "eu", token: otherToken},
		{name: "flag over variable", setup: setup{env: []string{"TAPEDECK_PROFILE=none"}, file: eu, flags: map[string]string{"profile": "eu"}}, space: "https://eu-space.signalwire.com", profile: "eu", token: otherToken},
		{name: "default profile", setup: setup{file: "default_profile = \"eu\"\n" + eu}, space: "https://eu-space.signalwire.com", profile: "eu", token: otherToken},
		{name: "default profile over top level", setup: setup{file: "default_profile = \"eu\"\n" + three("top") + eu}, space: "https://eu-space.signalwire.com", profile: "eu", token: otherToken},
		{name: "top level", setup: setup{file: three("top") + eu}, space: "https://top.signalwire.com", token: otherToken},
		{name: "named profile without any leaves it to the environment", setup: setup{env: complete, file: "[profile.night]\ntheme = \"dark\"", flags: map[string]string{"profile": "night"}}, space: "https://acme.signalwire.com", token: tokenValue},

		{name: "nothing", err: "cannot reach a project: space, project and token are not set"},
		{name: "a profile nobody chose", setup: setup{file: eu}, err: "cannot reach a project"},
		{name: "token alone in the environment", setup: setup{env: []string{"SIGNALWIRE_API_TOKEN=" + tokenValue}, file: three("top")},
			err: "cannot use the environment: it has token (SIGNALWIRE_API_TOKEN) but no space and no project"},
		{name: "no token in the environment", setup: setup{env: complete[:2], file: three("top")},
			err: "cannot use the environment: it has space (SIGNALWIRE_SPACE) and project (SIGNALWIRE_PROJECT_ID) but no token"},
		{name: "profile lacks its token", setup: setup{env: complete, flags: map[string]string{"profile": "eu"}, file: "[profile.eu]\nspace = \"eu\"\nproject = \"p\"\n"},
			err: "but no token"},
		{name: "profile has only its token", setup: setup{env: complete, flags: map[string]string{"profile": "eu"}, file: "[profile.eu]\ntoken = \"" + otherToken + "\"\n"},
			err: "but no space and no project"},
		{name: "default profile lacks its token and the top level has one", setup: setup{file: "default_profile = \"eu\"\n" + three("top") + "[profile.eu]\nspace = \"eu\"\n"},
			err: "but no project and no token"},
		{name: "empty token of a profile", setup: setup{file: "space = \"eu\"\nproject = \"p\"\ntoken = \"\"\n"}, err: "but no token"},

		{name: "unknown profile", setup: setup{env: complete, flags: map[string]string{"profile": "us"}, file: eu + "[profile.asia]\n"}, err: `config.toml has asia, eu`},
		{name: "unknown profile, no file", setup: setup{env: complete, flags: map[string]string{"profile": "us"}}, err: `cannot use profile "us" (--profile): there is no settings file`},
		{name: "unknown profile, none in the file", setup: setup{env: append([]string{"TAPEDECK_PROFILE=us"}, complete...), file: "theme = \"dark\""}, err: "has no profiles"},
		{name: "unknown default profile", setup: setup{env: complete, file: "\ndefault_profile = \"us\"\n" + eu}, err: `config.toml:2:1): `},
		{name: "default profile of a wrong type", setup: setup{env: complete, file: "default_profile = 3"}, err: "it must be text in quotes, not a number"},

		{name: "plain names count beside a space", setup: setup{env: []string{"SIGNALWIRE_SPACE=acme", "PROJECT_ID=p", "REST_API_TOKEN=" + tokenValue}}, space: "https://acme.signalwire.com", token: tokenValue},
		{name: "plain names alone do not count", setup: setup{env: []string{"PROJECT_ID=p", "REST_API_TOKEN=" + tokenValue}, file: three("top")}, space: "https://top.signalwire.com", token: otherToken},
		{name: "other names", setup: setup{env: []string{"SIGNALWIRE_HOST=acme.example.com", "SIGNALWIRE_API_PROJECT=p", "SIGNALWIRE_TOKEN=" + tokenValue}}, space: "https://acme.example.com", token: tokenValue},
		{name: "first name wins", setup: setup{env: append([]string{"SIGNALWIRE_SPACE_URL=other", "SIGNALWIRE_TOKEN=" + otherToken}, complete...)}, space: "https://acme.signalwire.com", token: tokenValue},
		{name: "empty variables are unset", setup: setup{env: append([]string{"SIGNALWIRE_SPACE_NAME=other"}, "SIGNALWIRE_SPACE=", complete[1], complete[2])}, space: "https://other.signalwire.com", token: tokenValue},

		{name: "relay", setup: setup{env: append([]string{}, "SIGNALWIRE_SPACE=relay.signalwire.com", complete[1], complete[2])}, err: "RELAY"},
		{name: "bad project", setup: setup{env: append([]string{}, complete[0], "SIGNALWIRE_PROJECT_ID=../x", complete[2])}, err: `cannot use "../x" for project (SIGNALWIRE_PROJECT_ID)`},
		{name: "token as project", setup: setup{env: append([]string{}, complete[0], "SIGNALWIRE_PROJECT_ID="+tokenValue, complete[2])}, err: "it looks like an API token"},
		{name: "token as space", setup: setup{env: append([]string{}, "SIGNALWIRE_SPACE="+tokenValue, complete[1], complete[2])}, err: "it looks like an API token"},
		{name: "token with a newline", setup: setup{env: append([]string{}, complete[0], complete[1], complete[2]+"\r\n")}, space: "https://acme.signalwire.com", token: tokenValue},
		{name: "token with a space", setup: setup{env: append([]string{}, complete[0], complete[1], complete[2]+" x")}, err: "cannot use the token (SIGNALWIRE_API_TOKEN): it holds a space"},
		{name: "token with a control character", setup: setup{env: append([]string{}, complete[0], complete[1], complete[2]+"\x1b")}, err: "control character"},
		{name: "space of a wrong type", setup: setup{file: "space = 3\nproject = \"p\"\ntoken = \"" + otherToken + "\"\n"}, err: "config.toml:1:1): it must be text in quotes, not a number"},
		{name: "password in the space", setup: setup{env: append([]string{}, "SIGNALWIRE_SPACE=https://p:"+tokenValue[:20]+"@acme.signalwire.com", complete[1], complete[2])}, err: "cannot use the value for space (SIGNALWIRE_SPACE): it holds a user name or password"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := load(t, tt.setup)
			checkError(t, err, tt.err)
			if err != nil {
				if strings.Contains(err.Error(), tokenValue[:20]) {
					t.Errorf("a secret is shown: %v", err)
				}
				return
			}
			got := []string{c.Space, c.Profile, c.Token.Reveal()}
			if diff := cmp.Diff([]string{tt.space, tt.profile, tt.token}, got); diff != "" {
				t.Errorf("space, profile, token (-want +got):\n%s", diff)
			}
		})
	}
}

// What is written down in a default profile for one project does not apply to
// the project of the environment.
func TestDefaultProfileIsSetAside(t *testing.T) {
	file := "default_profile = \"eu\"\n[profile.eu]\nread_only = true\n"
	c, err := load(t, setup{env: complete, file: file + three("eu")})
	checkError(t, err, "")
	if c.ReadOnly {
		t.Error("a setting of the profile set aside applies")
	}
	c, err = load(t, setup{env: complete, file: file})
	checkError(t, err, "")
	if !c.ReadOnly {
		t.Error("a profile without space, project and token was set aside")
	}
}

func TestHintsOfMissing(t *testing.T) {
	_, err := load(t, setup{env: complete[2:], file: three("top")})
	e, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("error %v is no Error", err)
	}
	want := "set SIGNALWIRE_SPACE and SIGNALWIRE_PROJECT_ID; space, project and token are read from one source and never mixed"
	if len(e.Hints) != 2 || e.Hints[0] != want || !strings.HasPrefix(e.Hints[1], "or unset SIGNALWIRE_API_TOKEN to use the top level of ") {
		t.Errorf("hints %q", e.Hints)
	}
}

func TestToken(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "token")
	write(t, file, tokenValue+"\n")
	open := filepath.Join(dir, "open")
	write(t, open, tokenValue)
	if err := os.Chmod(open, 0o644); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "lines"), tokenValue+"\n"+otherToken+"\n")
	write(t, filepath.Join(dir, "empty"), "\n")
	script := filepath.Join(dir, "print")
	write(t, script, "#!/bin/sh\necho "+tokenValue+"\necho "+otherToken+" >&2\nexit $1\n")
	if err := os.Chmod(script, 0o700); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, line string
		warning    string
		err        string
	}{
		{name: "token", line: `token = "` + tokenValue + `"`},
		{name: "file", line: `token_file = "` + file + `"`},
		{name: "relative file", line: `token_file = "token"`},
		{name: "file in home", line: `token_file = "~/token"`},
		{name: "open file", line: `token_file = "open"`, warning: "has mode 0644: others may read it"},
		{name: "missing file", line: `token_file = "none"`, err: "cannot read the token_file " + dir + "/none ("},
		{name: "two lines", line: `token_file = "lines"`, err: "it has more than one line"},
		{name: "empty file", line: `token_file = "empty"`, err: "it is empty"},
		{name: "folder", line: `token_file = "."`, err: "is a directory"},
		{name: "command", line: `token_command = ["` + script + `"]`},
		{name: "relative command", line: `token_command = ["./print", "0"]`},
		{name: "command from the path", line: `token_command = ["cat", "token"]`},
		{name: "command fails", line: `token_command = ["./print", "3"]`, err: `cannot get the token from the command "./print" (`},
		{name: "exit code", line: `token_command = ["./print", "3"]`, err: `it ended with exit status 3`},
		{name: "no such command", line: `token_command = ["tapedeck-no-such-command"]`, err: "executable file not found"},
		{name: "command is text", line: `token_command = "cat token"`, err: "it must be an array of words"},
		{name: "command is empty", line: `token_command = []`, err: "it must be an array of words"},
		{name: "two ways", line: "token_file = \"token\"\ntoken = \"" + tokenValue + "\"", err: "only one of them can be meant"},
		{name: "number", line: `token = 3`, err: "it must be text in quotes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(dir, "config.toml")
			write(t, path, "space = \"acme\"\nproject = \"p\"\n"+tt.line+"\n")
			c, err := Load(t.Context(), Sources{Environ: []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH")}, Flags: map[string]string{"config": path}})
			checkError(t, err, tt.err)
			if err != nil {
				checkHidden(t, err.Error())
				return
			}
			if c.Token.Reveal() != tokenValue {
				t.Error("not the token that was written down")
			}
			if got := strings.Join(c.Warnings, "\n"); !strings.Contains(got, tt.warning) || tt.warning == "" && got != "" {
				t.Errorf("warnings %q, want %q", got, tt.warning)
			}
		})
	}
}

func TestCanceledCommand(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.toml")
	write(t, path, "space = \"acme\"\nproject = \"p\"\ntoken_command = [\"sleep\", \"60\"]\n")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Load(ctx, Sources{Environ: []string{"HOME=/h"}, Flags: map[string]string{"config": path}})
	checkError(t, err, `cannot get the token from the command "sleep" (`+path+":3:1): it was canceled")
}

// The words of a token_command are its arguments as they are: no shell expands
// them.
func TestCommandHasNoShell(t *testing.T) {
	const words = "$HOME;`id`|cat>ran&*"
	path := filepath.Join(t.TempDir(), "config.toml")
	write(t, path, "space = \"acme\"\nproject = \"p\"\ntoken_command = [\"echo\", \""+words+"\"]\n")
	c, err := Load(t.Context(), Sources{Environ: []string{"HOME=/h", "PATH=" + os.Getenv("PATH")}, Flags: map[string]string{"config": path}})
	checkError(t, err, "")
	if got := c.Token.Reveal(); got != words {
		t.Errorf("the command printed %q, want %q", got, words)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(path), "ran")); err == nil {
		t.Error("a shell has run")
	}
}

// A token_command that does not end is ended, with what it has started holding
// its output open.
// A command that leaves a child behind has printed its token all the same; the
// child ends with it.
func TestCommandThatLeavesAChild(t *testing.T) {
	for _, left := range []string{"sleep 90 &", "(sleep 90; echo more) &", "setsid sleep 3 &", "sleep 90 >/dev/null &", "yes >&2 &"} {
		pid := filepath.Join(t.TempDir(), "pid")
		l := newLoader(Sources{Environ: []string{"PATH=" + os.Getenv("PATH")}})
		l.commandTime = 10 * time.Minute // a machine may be busy
		began := time.Now()
		out, err := l.runCommand(t.Context(), writtenToken{command: []string{"sh", "-c", left + " echo $! > " + pid + "; echo " + tokenValue}})
		if err != nil || out != tokenValue+"\n" {
			t.Errorf("%s: %v", left, err) // the output may be a token
		}
		if took := time.Since(began); took > time.Minute {
			t.Errorf("%s: it took %v", left, took)
		}
		if strings.HasPrefix(left, "setsid") {
			continue // which has left the group
		}
		b, err := os.ReadFile(pid)
		if err != nil {
			t.Fatal(err)
		}
		checkGone(t, left, strings.TrimSpace(string(b)))
	}
}

// checkGone checks that a process has ended, or ends now.
func checkGone(t *testing.T, name, pid string) {
	t.Helper()
	for limit := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		stat, err := os.ReadFile("/proc/" + pid + "/stat")
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
		if time.Now().After(limit) {
			t.Errorf("%s: what it left still runs", name)
			return
		}
	}
}

// A command that prints without end is not waited for.
func TestCommandThatPrintsALot(t *testing.T) {
	l := newLoader(Sources{Environ: []string{"PATH=" + os.Getenv("PATH")}})
	out, err := l.runCommand(t.Context(), writtenToken{command: []string{"sh", "-c", "head -c 1000000 /dev/zero | tr '\\0' x"}})
	if err != nil || len(out) != maxToken+2 {
		t.Errorf("%d bytes, %v", len(out), err)
	}
}

func TestSlowCommand(t *testing.T) {
	l := newLoader(Sources{Environ: []string{"PATH=" + os.Getenv("PATH")}})
	if l.commandTime != 10*time.Second {
		t.Errorf("a token_command has %s, want 10 s", l.commandTime)
	}
	l.commandTime = 50 * time.Millisecond
	began := time.Now()
	_, err := l.runCommand(t.Context(), writtenToken{command: []string{"sh", "-c", "sleep 90 & sleep 90"}})
	checkError(t, err, "cannot get the token from the command \"sh\"")
	checkError(t, err, "it took longer than 50ms")
	if took := time.Since(began); took > time.Minute {
		t.Errorf("it was ended after %v", took)
	}
}

func TestOpenFileIsWarnedOf(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.toml")
	write(t, path, three("acme"))
	for mode, want := range map[os.FileMode]int{0o600: 0, 0o400: 0, 0o644: 1, 0o640: 1} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		c, err := Load(t.Context(), Sources{Environ: []string{"HOME=/h"}, Flags: map[string]string{"config": path}})
		checkError(t, err, "")
		if len(c.Warnings) != want {
			t.Errorf("mode %o: warnings %q", mode, c.Warnings)
		}
	}
}

func TestNoCommandRunsNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.toml")
	write(t, path, "space = \"acme\"\nproject = \"p\"\ntoken_command = [\"touch\", \"ran\"]\n")
	c, err := Load(t.Context(), Sources{Environ: []string{"HOME=/h"}, Flags: map[string]string{"config": path}, NoCommand: true})
	checkError(t, err, "")
	if _, err := os.Stat(filepath.Join(filepath.Dir(path), "ran")); err == nil {
		t.Error("the command was run")
	}
	want := Setting{"token", "set by a command", path + ":3 (token_command)"}
	for _, s := range c.Settings() {
		if s.Name == "token" && s != want {
			t.Errorf("got %v, want %v", s, want)
		}
	}
}

// A file that has only profiles says so, and how to choose one.
func TestOnlyProfiles(t *testing.T) {
	file := "[profile.eu]\nspace = \"eu-acme\"\nproject = \"p\"\ntoken = \"" + tokenValue + "\"\n"
	for _, tt := range []struct{ file, names string }{{file, "eu"}, {file + "[profile.us]\n", "eu, us"}} {
		c, err := load(t, setup{file: tt.file})
		checkError(t, err, "cannot reach a project: "+c.File+" has only profiles ("+tt.names+"), and none is chosen")
		e, _ := errors.AsType[*Error](err)
		want := []string{"choose one with --profile eu or TAPEDECK_PROFILE=eu", "or write default_profile = \"eu\" at the top of " + c.File}
		if !slices.Equal(e.Hints, want) || !errors.Is(err, ErrNotSet) {
			t.Errorf("hints %q, want %q", e.Hints, want)
		}
	}
}

package cli

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tapedeck/api/sim"
)

// loginHome returns an environment with a home of its own, and where its settings
// file is.
func loginHome(t *testing.T) (environ []string, file string) {
	t.Helper()
	home := t.TempDir()
	return []string{"HOME=" + home, "XDG_CONFIG_HOME=" + home + "/c", "XDG_STATE_HOME=" + home + "/s", "LANG=C.UTF-8", "PATH=" + os.Getenv("PATH")},
		filepath.Join(home, "c", "tapedeck", "config.toml")
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(b)
}

// entered are lines that somebody types.
func entered(lines ...string) io.Reader { return strings.NewReader(strings.Join(lines, "\n") + "\n") }

// TestLogin: what works is written, and the next command uses it.
func TestLogin(t *testing.T) {
	space := sim.New(sim.Options{Recordings: 2, Token: token})
	server := httptest.NewServer(space)
	defer server.Close()
	wrote := fmt.Sprintf("default_profile = \"local\"\n\n[profile.local]\nspace = %q\nproject = %q\ntoken = %q\n", server.URL, space.Project(), token)
	tests := []struct {
		name string
		app  App
		args []string
		want string // the file
		says []string
	}{
		{"typed", App{Keyboard: true, Stdin: entered(server.URL, " "+space.Project()+" ", token)}, nil, wrote,
			[]string{"Space, such as acme or acme.signalwire.com: Project, its ID: Token (it is not shown): trying …\n"}},
		{"typed, at the second try", App{Keyboard: true, Stdin: entered("no space", server.URL, "0a1b2c3d", "PTwrong", space.Project(), token)}, nil, wrote,
			[]string{"cannot use \"no space\" for the space", "the project or the token is wrong", "hint: nothing was written", "Project, its ID [0a1b2c3d]: "}},
		{"from a pipe", App{Stdin: strings.NewReader(token + "\nmore\n")}, []string{"--space", server.URL, "--project", space.Project()}, wrote, nil},
		{"a command", App{}, []string{"--space", server.URL, "--project", space.Project(), "--token-command", "echo " + token}, strings.Replace(wrote, "token = \"", "token_command = [\"echo\", \"", 1), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			environ, file := loginHome(t)
			tt.app.Environ = environ
			var code int
			var stdout, stderr string
			if tt.app.Stdin == nil { // the test's own argument has the token
				code, stdout, stderr = call(t, tt.app, append([]string{"login"}, tt.args...)...)
				tt.want = strings.Replace(tt.want, token+"\"", token+"\"]", 1)
			} else {
				code, stdout, stderr = call(t, tt.app, append([]string{"login"}, tt.args...)...)
			}
			if code != 0 || content(t, file) != tt.want {
				t.Fatalf("exit code %d, %s\nthe file: %s\nwant %s", code, stderr, content(t, file), tt.want)
			}
			has(t, "stderr", stderr, tt.says...)
			has(t, "stdout", stdout, "answers: recordings of project "+space.Project()+" can be listed\n", "c/tapedeck/config.toml, profile local\n", "run tapedeck\n")
			if st, err := os.Stat(file); err != nil || st.Mode().Perm() != 0o600 {
				t.Errorf("mode %v, %v", st.Mode(), err)
			}
			if code, stdout, stderr := call(t, App{Environ: environ}, "list"); code != 0 || strings.Count(stdout, "\n") != 2 {
				t.Errorf("list: %d, %q, %q", code, stdout, stderr)
			}
			code, stdout, stderr = call(t, App{Environ: environ}, "logout")
			has(t, "logout", stdout, "space, project and token are no longer in profile local of ", "good until it is deleted")
			if code != 0 || strings.TrimSpace(content(t, file)) != "" {
				t.Errorf("logout: %d, %q, the file %q", code, stderr, content(t, file))
			}
		})
	}
}

// TestLoginBlames: an error says which of the three is wrong, as far as the API
// tells, and the settings file stays as it was.
func TestLoginBlames(t *testing.T) {
	space := sim.New(sim.Options{Token: token})
	answer := func(status int, body string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	scope := sim.New(sim.Options{Token: token, Project: space.Project()})
	fault(t, scope, "403")
	down := sim.New(sim.Options{Token: token, Project: space.Project()})
	fault(t, down, "503")
	over := httptest.NewUnstartedServer(space)
	over.StartTLS()
	t.Cleanup(over.Close)
	served := func(h http.Handler) string { s := httptest.NewServer(h); t.Cleanup(s.Close); return s.URL }
	const nobody = "127.0.0.1:1" // a port that no other test is given
	tests := []struct {
		name, space, project, token string
		code                        int
		says                        string
	}{
		{"the token", served(space), space.Project(), "PTother", 4, "the project or the token is wrong: "},
		{"the project", served(space), "0a1b2c3d", token, 4, "the project or the token is wrong: "},
		{"the scope", served(scope), space.Project(), token, 4, "the token lacks the Voice scope: "},
		{"the scope, as 401", answer(401, `{"code":10003,"message":"no"}`), space.Project(), token, 4, "the token lacks the Voice scope: "},
		{"another project's token", answer(403, `{"code":"10004","message":"no"}`), "p-2", token, 4, "the project is wrong: p-2 is not one that the token is for (no (HTTP 403, code 10004))"},
		{"no such project", answer(404, `{"code":20404,"message":"gone"}`), "p-2", token, 4, "the project is wrong: "},
		{"not permitted", answer(401, `{"code":20010,"message":"no"}`), "p-2", token, 4, "does not permit this API"},
		{"no API there", answer(404, "404 page not found"), "p-2", token, 6, "the space is wrong: what answers at "},
		{"a web page", answer(200, "<html>log in</html>"), "p-2", token, 6, "the space is wrong: what answers at "},
		{"nobody there", "http://" + nobody, "p-2", token, 6, "connection refused"},
		{"no TLS trusted", over.URL, "p-2", token, 6, "TLS: unknown authority"},
		{"the space is down", served(down), space.Project(), token, 6, "Service unavailable (HTTP 503"},
		{"no space", "relay.signalwire.com", "p-2", token, 2, "for the space: relay.signalwire.com serves the RELAY SDKs"},
		{"a token as project", "acme", token, token, 2, "cannot use the value for the project: it looks like an API token"},
		{"no project", "acme", "a b", token, 2, `cannot use "a b" for the project`},
		{"no token", "acme", "p-2", "", 2, "cannot use the token: it is empty"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			environ, file := loginHome(t)
			if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
				t.Fatal(err)
			}
			const before = "# mine\n[profile.us]\nspace = \"us\"\n"
			if err := os.WriteFile(file, []byte(before), 0o644); err != nil {
				t.Fatal(err)
			}
			code, stdout, stderr := call(t, App{Environ: environ, Stdin: strings.NewReader(tt.token + "\n")}, "login", "--space", tt.space, "--project", tt.project)
			if code != tt.code || stdout != "" || !strings.Contains(stderr, tt.says) || !strings.Contains(stderr, "hint: ") && tt.code != 2 {
				t.Errorf("exit code %d, want %d and %q:\n%s%s", code, tt.code, tt.says, stdout, stderr)
			}
			if content(t, file) != before {
				t.Errorf("the file is %q", content(t, file))
			}
		})
	}
}

// TestLoginUsage: what cannot be meant is refused before anything is asked, and no
// argument is repeated.
func TestLoginUsage(t *testing.T) {
	environ, file := loginHome(t)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	const before = "[profile.eu]\nspace = \"eu\"\nproject = \"p-1\"\ntoken_file = \"eu.token\"\n[profile.us]\nspace = \"us\"\n[profile.none]\n"
	if err := os.WriteFile(file, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		args string
		code int
		says []string
	}{
		{"login " + token, 2, []string{"tapedeck login takes no arguments", "if that was a token, change it"}},
		{"login --token " + token, 2, []string{"there is no flag --token", "tapedeck login asks for it"}},
		{"logout " + token, 2, []string{"tapedeck logout takes no arguments"}},
		{"login", 2, []string{"standard input is not a terminal", "give --space and --project"}},
		{"login --space acme --project p", 2, []string{"there is no token on standard input"}},
		{"login --profile a/b", 2, []string{`cannot use "a/b" for the profile`}},
		{"login --profile eu --space acme --project p", 2, []string{"profile eu is that of another project (space https://eu.signalwire.com, project p-1)", "tapedeck logout --profile eu"}},
		{"login --space acme --project p --token-command ", 2, []string{"cannot use --token-command: it is empty"}},
		{"login --space acme --project p --token-command=false", 2, []string{"cannot get the token from the command", "nothing"}},
		{"logout", 2, []string{"cannot choose a profile: ", "has eu, us", "name one with --profile"}},
		{"logout --profile none", 2, []string{"there is no login in profile none", "logins are in eu, us"}},
		{"logout --config /nonexistent/c.toml", 2, []string{"there is no login in /nonexistent/c.toml"}},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			code, stdout, stderr := call(t, App{Environ: environ}, strings.Split(tt.args, " ")...)
			if code != tt.code || stdout != "" || content(t, file) != before {
				t.Errorf("exit code %d, stdout %q, the file %q", code, stdout, content(t, file))
			}
			has(t, "stderr", stderr, tt.says[0])
			if len(tt.says) > 1 && tt.says[1] != "nothing" {
				has(t, "stderr", stderr, tt.says[1])
			}
		})
	}
	code, stdout, _ := call(t, App{Environ: append(environ, "SIGNALWIRE_SPACE=x")}, "logout", "--profile", "eu")
	has(t, "logout", stdout, "the token_file eu.token is still there", "still set: SIGNALWIRE_SPACE")
	if want := "[profile.us]\nspace = \"us\"\n[profile.none]\n"; code != 0 || content(t, file) != want {
		t.Errorf("exit code %d, the file %q, want %q", code, content(t, file), want)
	}
	if code, _, stderr := call(t, App{Environ: environ, Keyboard: true, Stdin: strings.NewReader("acme\n")}, "login"); code != 1 || !strings.Contains(stderr, "login canceled: there is no answer; nothing was written") {
		t.Errorf("without an answer: %d, %s", code, stderr)
	}
}

// TestLoginProfile: a profile is named after its space, with a number where that
// is another project's; the same project is entered anew; what counts before it
// is named.
func TestLoginProfile(t *testing.T) {
	space := sim.New(sim.Options{Token: token})
	server := httptest.NewServer(space)
	defer server.Close()
	environ, file := loginHome(t)
	enter := func(env []string, args ...string) string {
		t.Helper()
		args = append([]string{"login", "--space", server.URL, "--project", space.Project()}, args...)
		code, stdout, stderr := call(t, App{Environ: env, Stdin: strings.NewReader(token)}, args...)
		if code != 0 {
			t.Fatalf("exit code %d, %s", code, stderr)
		}
		return stdout
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("default_profile = \"eu\"\n[profile.eu]\nspace = \"eu\"\n[profile.local]\nproject = \"other\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	has(t, "the second of a space", enter(environ), "profile local-2\n", "its mode was 0644 and is 0600", "run tapedeck --profile local-2\n")
	once := content(t, file)
	has(t, "the same again", enter(environ), "profile local-2\n")
	if content(t, file) != once {
		t.Errorf("the same login has made %q of %q", content(t, file), once)
	}
	has(t, "one that is named", enter(append(environ, "TAPEDECK_PROFILE=night", "SIGNALWIRE_SPACE=x")), "profile night\n", "SIGNALWIRE_SPACE counts before it here: unset it, or use tapedeck --profile night\n")
	for in, want := range map[string]string{"acme": "acme", "https://acme-eu.signalwire.com:8443": "acme-eu", "10.1.2.3": "10.1.2.3", "[2001:db8::1]": "2001-db8--1", "localhost:80": "local"} {
		if got := nameOf(in); got != want {
			t.Errorf("a profile for %s is %q, want %q", in, got, want)
		}
	}
}

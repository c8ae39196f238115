//go:build linux || darwin

package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tapedeck/api/local"
	"tapedeck/api/serve"
	"tapedeck/api/sim"
	"tapedeck/config"
)

// buffer is a buffer that one writes while another reads.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// hostService is a tapedeck serve that runs in the test.
type hostService struct {
	t      *testing.T
	socket string
	env    []string
	errs   *buffer
	end    func() int // ends it, and returns its exit code
}

// serveHere runs tapedeck serve with a settings file. EU and US in it are the
// settings of two simulated spaces.
func serveHere(t *testing.T, file string, args ...string) *hostService {
	t.Helper()
	dir, err := os.MkdirTemp("", "td")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	for i, name := range []string{"EU", "US"} {
		space := sim.New(sim.Options{Recordings: 3, Seed: uint64(i)})
		server := httptest.NewServer(space)
		t.Cleanup(server.Close)
		file = strings.ReplaceAll(file, name+"\n", fmt.Sprintf("space = %q\nproject = %q\ntoken = %q\n", server.URL, space.Project(), space.Token()))
	}
	path := filepath.Join(dir, "config.toml")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &hostService{t: t, socket: filepath.Join(dir, "s"), errs: &buffer{},
		env: []string{"HOME=" + dir, "LANG=C.UTF-8", "TAPEDECK_SOCKET=" + filepath.Join(dir, "s")}}
	ctx, cancel := context.WithCancel(t.Context())
	code := make(chan int, 1)
	go func() {
		code <- Execute(ctx, App{Args: append([]string{"serve", "--config", path}, args...), Environ: s.env, Stdout: &buffer{}, Stderr: s.errs, Version: "v1"})
	}()
	s.end = sync.OnceValue(func() int { cancel(); return <-code })
	t.Cleanup(func() { s.end() })
	return s
}

// serving waits until it serves.
func (s *hostService) serving() {
	s.t.Helper()
	if !inPatience(func() bool { return strings.Contains(s.errs.String(), "tapedeck: serving ") }) {
		s.t.Fatalf("it does not serve: %s", s.errs)
	}
}

// alone runs a command that lists sessions until its own is the only one: that of
// the command before it ends a moment after the connection.
func (s *hostService) alone(args ...string) (code int, out, errs string) {
	s.t.Helper()
	who, err := user.Current()
	if err != nil {
		s.t.Fatal(err)
	}
	inPatience(func() bool {
		code, out, errs = call(s.t, App{Environ: s.env}, args...)
		return code != 0 || strings.Count(out, who.Username) == 1
	})
	return code, out, errs
}

// TestServe: the profiles that are named are served, each by its own deck; who is
// connected is listed and can be ended, without settings of a project.
func TestServe(t *testing.T) {
	s := serveHere(t, "serve_profiles = [\"eu\", \"us\"]\nmetrics = \"127.0.0.1:0\"\n[profile.eu]\nEU\n[profile.us]\nUS\n[roles.lead]\nmay = [\"all\"]\nusers = [\"root\"]\n")
	s.serving()
	if got, want := s.errs.String(), "tapedeck: serving eu, us on "+s.socket+"\n"; got != want {
		t.Errorf("it says %q, want %q", got, want)
	}
	body, err := askAt(t.Context(), []string{s.socket}, "GET", local.PathStatus)
	var status local.Status
	if err != nil || json.Unmarshal(body, &status) != nil || len(status.Profiles) != 2 || status.Profiles[0].Profile.Profile != "eu" || status.Profiles[1].Profile.Profile != "us" {
		t.Errorf("%s, %v", body, err)
	}
	code, out, errs := s.alone("sessions")
	lines := strings.Split(out, "\n")
	if code != 0 || !strings.HasPrefix(lines[0], "ID ") || len(lines) != 3 || !strings.Contains(lines[1], " (you)  ") || errs != "" {
		t.Errorf("sessions: %d\n%s%s", code, out, errs)
	}
	code, out, _ = s.alone("sessions", "--json")
	var list []local.Session
	if code != 0 || json.Unmarshal([]byte(out), &list) != nil || len(list) != 1 || !list[0].You {
		t.Errorf("sessions --json: %d %s", code, out)
	}
	code, _, errs = call(t, App{Environ: s.env}, "sessions", "end", "s99")
	if code != 1 || errs != "tapedeck: the service refuses: there is no session \"s99\"\n  hint: tapedeck sessions lists them\n" {
		t.Errorf("sessions end s99: %d %q", code, errs)
	}
	if code, _, errs := call(t, App{Environ: s.env}, "sessions", "end"); code != 2 || !strings.Contains(errs, "takes one ID") {
		t.Errorf("sessions end: %d %q", code, errs)
	}
	if elsewhere := serveAgain(t, s, "--socket", s.socket+"2"); !strings.Contains(elsewhere, "another tapedeck serve keeps its pauses and auto-resumes there") {
		t.Errorf("a second one at another socket: %q", elsewhere)
	}
	second := serveAgain(t, s)
	if !strings.Contains(second, fmt.Sprintf("cannot listen on %s: process %d already serves it", s.socket, os.Getpid())) {
		t.Errorf("a second one: %q", second)
	}
	if code := s.end(); code != 0 { // the context ended without a signal
		t.Errorf("it ended with %d: %s", code, s.errs)
	}
	code, _, errs = call(t, App{Environ: s.env}, "sessions")
	if want := "tapedeck: no service runs on " + s.socket + "\n  hint: start one with tapedeck serve, or name its socket with --socket PATH\n"; code != 1 || errs != want {
		t.Errorf("without a service: %d %q, want %q", code, errs, want)
	}
}

// serveAgain runs the same tapedeck serve once more, and returns what it says.
func serveAgain(t *testing.T, s *hostService, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	home := strings.TrimPrefix(s.env[0], "HOME=")
	code := Execute(t.Context(), App{Args: append([]string{"serve", "--config", filepath.Join(home, "config.toml")}, args...), Environ: s.env, Stdout: &out, Stderr: &errs})
	if code != 1 {
		t.Errorf("a second one ended with %d", code)
	}
	return errs.String()
}

// TestServeOne: without serve_profiles the profile in force is served, and one
// that is named by flag counts more than serve_profiles.
func TestServeOne(t *testing.T) {
	file := "default_profile = \"eu\"\n[profile.eu]\nEU\n[profile.us]\nUS\n"
	for _, tt := range []struct {
		file string
		args []string
		want string
	}{
		{file, nil, "serving eu on"},
		{file, []string{"--profile", "us"}, "serving us on"},
		{"serve_profiles = [\"eu\", \"us\"]\n" + file, []string{"--profile", "us"}, "serving us on"},
		{file, []string{"--serve-profiles", "us,eu"}, "serving us, eu on"},
		{"EU\n", nil, "serving http://127.0.0.1:"},
	} {
		s := serveHere(t, tt.file, tt.args...)
		s.serving()
		if !strings.Contains(s.errs.String(), tt.want) {
			t.Errorf("%q: %s", tt.args, s.errs)
		}
		s.end()
	}
}

// TestServeRefused: what cannot be served is said before anything begins.
func TestServeRefused(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		args       []string
		code       int
		says       string
	}{
		{"no settings", "interval = 1\n", nil, 2, "space, project and token are not set"},
		{"an unknown profile", "[profile.eu]\nEU\n", []string{"--serve-profiles", "jp"}, 2, `cannot use profile "jp"`},
		{"one project twice", "serve_profiles = [\"a\", \"b\"]\n[profile.a]\nEU\n[profile.b]\nEU\n", nil, 2, "cannot serve the profiles a and b: they are the same project"},
		{"an unknown permission", "EU\n[roles.operator]\nmay = [\"puase\"]\n", nil, 2, `cannot use "puase" for may`},
		{"metrics for all", "EU\n", []string{"--metrics", ":9464"}, 1, "every machine that reaches this one could read them"},
		{"an unknown group", "EU\n", []string{"--socket-group", "no-such-group"}, 1, "there is no such group"},
		{"an argument", "EU\n", []string{"x"}, 2, "takes no arguments"},
	} {
		s := serveHere(t, tt.file, tt.args...)
		inPatience(func() bool { return strings.Contains(s.errs.String(), tt.says) })
		if got := s.end(); got != tt.code || !strings.Contains(s.errs.String(), tt.says) || strings.Contains(s.errs.String(), "serving") {
			t.Errorf("%s: %d %s, want %d %q", tt.name, got, s.errs, tt.code, tt.says)
		}
		if _, err := os.Lstat(s.socket); err == nil {
			t.Errorf("%s: the socket is there", tt.name)
		}
	}
}

// TestSessionsTable: what is listed of a session, safe to show.
func TestSessionsTable(t *testing.T) {
	since := time.Date(2026, 3, 1, 12, 0, 0, 0, time.Local)
	var b bytes.Buffer
	err := printSessions(&b, []local.Session{
		{ID: "s1", User: "alice", Role: "operator", Command: "dashboard", Since: since, Idle: 61.6, Claims: local.Claims{SSHClient: "192.0.2.7:50522"},
			Prompt: &local.Prompt{SID: "0a1b2c3d-0000-4000-8000-000000008142", Verb: "resume"}},
		{ID: "s3", User: "cy", Since: since, Prompt: &local.Prompt{SID: "0a1b2c3d-0000-4000-8000-000000008142", Verb: "pause", More: make([]local.PromptOf, 2)}},
		{ID: "s4", User: "jo@acme", Since: since, SSH: &local.SSH{User: "guest", Client: "192.0.2.7:4", Key: "SHA256:abcdefghijkl"}},
		{ID: "s5", User: "SHA256:x\x1b", Since: since, SSH: &local.SSH{Client: "192.0.2.8:4", Key: "SHA256:x\x1b"}},
		{ID: "s2", User: "bo\x1b[2Jb", Since: since, Idle: -1, You: true, Claims: local.Claims{TTY: "/dev/pts/3"}},
	})
	want := "ID        USER       ROLE      SINCE                IDLE  FROM                              WHAT\n" +
		"s1        alice      operator  2026-03-01 12:00:00  1m2s  192.0.2.7:50522                   resume? …8142\n" +
		"s3        cy         -         2026-03-01 12:00:00  0s    -                                 pause? …8142 and 2 more\n" +
		"s4        jo@acme    -         2026-03-01 12:00:00  0s    ssh 192.0.2.7:4 SHA256:abcdefgh…  -\n" +
		"s5        SHA256:x\ufffd  -         2026-03-01 12:00:00  0s    ssh 192.0.2.8:4                   -\n" +
		"s2 (you)  bo\ufffd[2Jb    -         2026-03-01 12:00:00  0s    /dev/pts/3                        -\n"
	if err != nil || b.String() != want {
		t.Errorf("%v\n%s\nwant\n%s", err, b.String(), want)
	}
}

// TestRoleWords: the settings and the service know the same words.
func TestRoleWords(t *testing.T) {
	var words []string
	for _, w := range serve.Words {
		words = append(words, string(w))
	}
	if !slices.Equal(words, config.RoleWords) {
		t.Errorf("the service has %q, the settings %q", words, config.RoleWords)
	}
	got := rolesOf([]config.Role{{Name: "operator", May: []string{"view", "pause"}, Users: []string{"alice"}, Groups: []string{"ops"}}})
	if len(got) != 1 || got[0].Name != "operator" || !slices.Equal(got[0].May, []local.Word{"view", "pause"}) || got[0].Users[0] != "alice" || got[0].Groups[0] != "ops" {
		t.Errorf("%+v", got)
	}
}

// TestServeWithItsMetrics: a service whose metrics break down ends, and says why.
func TestServeWithItsMetrics(t *testing.T) {
	dir, err := os.MkdirTemp("", "td")
	must(t, err)
	defer func() { _ = os.RemoveAll(dir) }()
	l, err := serve.Listen(serve.Socket{Paths: []string{filepath.Join(dir, "s")}})
	must(t, err)
	metrics, err := serve.ListenMetrics(t.Context(), "127.0.0.1:0")
	must(t, err)
	must(t, metrics.Close())
	kept, err := serve.OpenKept(filepath.Join(dir, "state"))
	must(t, err)
	server := serve.New(serve.Options{Kept: kept, Say: func(string, ...any) {}})
	if err := (&service{}).run(t.Context(), server, l, metrics); err == nil || !strings.Contains(err.Error(), "serve metrics on 127.0.0.1") {
		t.Errorf("it ends with %v", err)
	}
}

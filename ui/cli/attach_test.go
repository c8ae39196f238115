//go:build linux || darwin

package cli

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tapedeck/api/local"
	"tapedeck/config"
)

// findHere looks for the service with these flags and settings, and returns the
// profiles that the client shows.
func findHere(t *testing.T, s *hostService, flags map[string]string, env ...string) (profiles []string, err error) {
	t.Helper()
	c, err := config.Load(t.Context(), config.Sources{Service: true, Flags: flags, Environ: append(env, s.env...)})
	if err != nil {
		t.Fatal(err)
	}
	client, err := FindService(t.Context(), c, Client{Version: "v1", Command: "dashboard"})
	if client == nil {
		return nil, err
	}
	defer client.Close()
	for _, r := range client.Snapshot().Recordings {
		if !slices.Contains(profiles, r.Profile) {
			profiles = append(profiles, r.Profile)
		}
	}
	slices.Sort(profiles)
	return profiles, err
}

// settle waits until the decks of a service have their recordings.
func (s *hostService) settle(n int) {
	s.t.Helper()
	s.serving()
	if !inPatience(func() bool {
		got, err := findHere(s.t, s, nil, "HOME=/")
		return err == nil && len(got) == n
	}) {
		s.t.Fatal("its decks have no recordings")
	}
}

// TestFindService: a client is given what the settings name, by the project or
// the name of the profile; all of it where they name nothing; and nothing where
// the service has something else or is not wanted.
func TestFindService(t *testing.T) {
	s := serveHere(t, "serve_profiles = [\"eu\", \"us\"]\n[profile.eu]\nEU\n[profile.us]\nUS\n")
	s.settle(2)
	file := filepath.Join(filepath.Dir(s.socket), "config.toml")
	const own = "SIGNALWIRE_PROJECT_ID=9a1b2c3d-0a1b-4c2d-8e3f-0a1b2c3d4e5f"
	tests := []struct {
		name  string
		flags map[string]string
		env   []string
		want  string
		err   string
	}{
		{name: "no settings", want: "eu us"},
		{name: "a profile without settings", flags: map[string]string{"profile": "us"}, want: "us"},
		{name: "a profile that it has not", flags: map[string]string{"profile": "jp"}},
		{name: "the project of a profile", flags: map[string]string{"profile": "eu", "config": file}, want: "eu"},
		{name: "another project", env: []string{own}},
		{name: "off", flags: map[string]string{"server": "off"}},
		{name: "its path", flags: map[string]string{"server": s.socket}, want: "eu us"},
		{name: "its path, and another project", flags: map[string]string{"server": s.socket}, env: []string{own, "SIGNALWIRE_SPACE=acme"},
			err: "cannot use the service at " + s.socket + ": it does not serve the project of these settings: it has eu, us"},
		{name: "another path", flags: map[string]string{"server": s.socket + "x"}, err: "cannot use the service at " + s.socket + "x: none runs there"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := findHere(t, s, tt.flags, tt.env...)
			checkErrorIs(t, err, tt.err)
			if strings.Join(got, " ") != tt.want {
				t.Errorf("it shows %q, want %q", got, tt.want)
			}
		})
	}
	s.end()
	if got, err := findHere(t, s, nil); got != nil || err != nil {
		t.Errorf("without a service: %q, %v", got, err)
	}
}

func checkErrorIs(t *testing.T, err error, want string) {
	t.Helper()
	if (err == nil) != (want == "") || err != nil && err.Error() != want {
		t.Errorf("error %v, want %q", err, want)
	}
}

// TestFindServiceRefused: a service that does not let somebody in is passed over
// for settings of one's own, and is the error without them.
func TestFindServiceRefused(t *testing.T) {
	closed := func(t *testing.T) string {
		dir, err := os.MkdirTemp("", "td")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		return filepath.Join(dir, "s")
	}
	answer := func(t *testing.T, path, body string) {
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = c.Read(make([]byte, 4096))
				_, _ = c.Write([]byte(body))
				_ = c.Close()
			}
		}()
	}
	refusal := func(status, json string) string {
		return "HTTP/1.1 " + status + "\r\nConnection: close\r\n\r\n" + json
	}
	own := config.Config{Space: "https://acme.signalwire.com", Project: "p"}
	tests := []struct {
		name, body string
		own        string // the error with settings of one's own
		none       string // and without
		code       int
	}{
		{"no role", refusal("403 Forbidden", `{"code":"no-role","error":"no role has you, bob","hint":"ask"}`), "", "no role has you, bob", codeUnauthorized},
		{"another version", refusal("200 OK", `{"wire":"2.0","version":"v9"}`), `speaks version "2.0"`, `speaks version "2.0"`, codeUnreachable},
		{"something else", refusal("200 OK", "hello"), "invalid character", "invalid character", codeUnreachable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := closed(t)
			answer(t, path, tt.body)
			for _, c := range []config.Config{own, {}} {
				c.Server, c.Sockets = config.ServerAuto, []string{path}
				want := tt.none
				if c.Project != "" {
					want = tt.own
				}
				client, err := FindService(t.Context(), c, Client{Version: "v1"})
				if client != nil || (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
					t.Errorf("with the project %q: %v, want %q", c.Project, err, want)
				}
				if e, ok := errors.AsType[*Error](err); err != nil && (!ok || e.Code != tt.code || len(e.Hints) == 0) {
					t.Errorf("with the project %q: %+v, want the code %d and a hint", c.Project, e, tt.code)
				}
			}
		})
	}
}

// TestClaims: what a client says of its person is what the journal says of a
// person of this process.
func TestClaims(t *testing.T) {
	got := claimsFrom([]string{"SUDO_USER=alice", "SSH_CONNECTION=192.0.2.7 50522 192.0.2.1 22"})
	got.TTY, got.Inherited = "", false
	if want := (local.Claims{SudoUser: "alice", SSHClient: "192.0.2.7:50522"}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestUnused: that a service is set up on this host, and its socket or its unit is
// there, is told where the token of the settings is used in its place; and nothing
// is told where there is none, or none is wanted.
func TestUnused(t *testing.T) {
	dir, err := os.MkdirTemp("", "td")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	left := filepath.Join(dir, "tapedeck", "tapedeck.sock") // of a service that was killed
	if err := os.Mkdir(filepath.Dir(left), 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: left, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	_ = l.Close()
	for _, tt := range []struct {
		name string
		env  []string
		want string
	}{
		{"no service", []string{"XDG_RUNTIME_DIR=" + dir + "/none"}, ""},
		{"one that was killed", []string{"XDG_RUNTIME_DIR=" + dir}, "no service runs at " + left},
		{"one that is not wanted", []string{"XDG_RUNTIME_DIR=" + dir, "TAPEDECK_SERVER=off"}, ""},
		{"one that was set", []string{"TAPEDECK_SOCKET=" + dir + "/other"}, "no service runs at " + dir + "/other"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := config.Load(t.Context(), config.Sources{Service: true, Environ: append(tt.env, append(complete, "HOME="+dir)...)})
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			client, err := FindService(t.Context(), c, Client{Unused: func(why string) { got = why }})
			if client != nil || err != nil || got != tt.want {
				t.Errorf("%v, %v, told %q, want %q", client, err, got, tt.want)
			}
			c.Project = "" // then there is no token to use
			if _, _ = FindService(t.Context(), c, Client{Unused: func(why string) { t.Errorf("without a project it is told %q", why) }}); c.Project != "" {
				t.Error("the settings were changed")
			}
		})
	}
}

// TestSetUp: a service that systemd starts on this host is one that was to run.
func TestSetUp(t *testing.T) {
	c, err := config.Load(t.Context(), config.Sources{Service: true, Environ: append(complete, "XDG_RUNTIME_DIR=/run/user/7")})
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	for _, unit := range append([]string{""}, units...) {
		if unit != "" {
			link := filepath.Join(root, unit)
			if err := os.MkdirAll(filepath.Dir(link), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink("/nonexistent", link); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = os.Remove(link) }()
		}
		for i, socket := range c.Sockets {
			if got, want := isSetUp(c, socket, fs.ErrNotExist, root), unit != "" && i == 0; got != want {
				t.Errorf("%s with %q: %t, want %t", socket, unit, got, want)
			}
		}
	}
}

package config

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestServiceSettings: the settings of the service and of its clients, from each
// source.
func TestServiceSettings(t *testing.T) {
	with := func(more ...string) []string { return append(more, complete...) }
	tests := []struct {
		name string
		setup
		want Config // only the settings of the service
		err  string
	}{
		{name: "nothing is set", setup: setup{env: with("XDG_RUNTIME_DIR=/run/user/7")},
			want: Config{Server: "auto", Sockets: []string{"/run/tapedeck/tapedeck.sock", "/run/user/7/tapedeck/tapedeck.sock"}}},
		{name: "no folder of the session", setup: setup{env: with("XDG_RUNTIME_DIR=run")},
			want: Config{Server: "auto", Sockets: []string{"/run/tapedeck/tapedeck.sock"}}},
		{name: "flags", setup: setup{env: complete, flags: map[string]string{
			"server": "/srv/deck.sock", "socket": "/srv/own.sock", "socket-group": "ops", "serve-profiles": "eu, us", "metrics": "127.0.0.1:9464"}},
			want: Config{Server: "/srv/deck.sock", Sockets: []string{"/srv/own.sock"}, SocketGroup: "ops", ServeProfiles: []string{"eu", "us"}, Metrics: "127.0.0.1:9464"}},
		{name: "variables", setup: setup{env: with("TAPEDECK_SERVER=off", "TAPEDECK_SOCKET=/srv/own.sock", "TAPEDECK_SERVE_PROFILES=eu", "TAPEDECK_METRICS=:9464")},
			want: Config{Server: "off", Sockets: []string{"/srv/own.sock"}, ServeProfiles: []string{"eu"}, Metrics: ":9464"}},
		{name: "the file", setup: setup{env: complete, file: "socket = \"/srv/own.sock\"\nsocket_group = \"12\"\nserve_profiles = [\"eu\", \"us\"]\nserver = \"off\"\n[profile.eu]\n[profile.us]"},
			want: Config{Server: "off", Sockets: []string{"/srv/own.sock"}, SocketGroup: "12", ServeProfiles: []string{"eu", "us"}}},
		{name: "a word that is none", setup: setup{env: complete, flags: map[string]string{"server": "on"}},
			err: `cannot use "on" for server (--server): allowed is auto, off, or a path`},
		{name: "a path that is too long", setup: setup{env: complete, flags: map[string]string{"socket": "/" + strings.Repeat("x", 120)}},
			err: "longer than 103 bytes"},
		{name: "no group", setup: setup{env: complete, flags: map[string]string{"socket-group": "a:b"}}, err: `"a:b" is not the name or the number of a group`},
		{name: "a profile twice", setup: setup{env: complete, flags: map[string]string{"serve-profiles": "eu,eu"}}, err: "eu is named twice"},
		{name: "no profile's name", setup: setup{env: complete, flags: map[string]string{"serve-profiles": "eu,"}}, err: `"" is not the name of a profile`},
		{name: "no address", setup: setup{env: complete, flags: map[string]string{"metrics": "9464"}}, err: "it is not an address with a port"},
		{name: "no port", setup: setup{env: complete, flags: map[string]string{"metrics": "127.0.0.1:http"}}, err: "its port is not a number"},
		{name: "a number for a list", setup: setup{env: complete, file: "serve_profiles = [1]"}, err: "it must be an array of names"},
		{name: "in a profile", setup: setup{env: complete, file: "[profile.eu]\nsocket = \"/srv/own.sock\""},
			err: `config.toml:2:1): it is not of a profile; write it at the top of the file`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := load(t, tt.setup)
			checkError(t, err, tt.err)
			if tt.err != "" {
				return
			}
			of := func(c Config) []any { return []any{c.Server, c.Sockets, c.SocketGroup, c.ServeProfiles, c.Metrics} }
			if diff := cmp.Diff(of(tt.want), of(c)); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
		})
	}
}

// allButNamed are the words that all stands for: a stop where recording is mandated
// is not among them.
func allButNamed() []string {
	return slices.DeleteFunc(slices.Clone(RoleWords), func(w string) bool { return w == "stop-evidence" })
}

// TestRoles: a table for each role; what is wrong with one is said with its line.
func TestRoles(t *testing.T) {
	tests := []struct {
		name, file string
		want       []Role
		err        string
	}{
		{name: "none", file: "interval = 1"},
		{name: "two", file: "[roles.watcher]\nmay = [\"view\"]\ngroups = [\"ops\"]\n[roles.operator]\nmay = [\"view\", \"pause\", 'resume', \"pause\"]\nusers = [\"alice\", \"1001\"]\n",
			want: []Role{
				{Name: "operator", May: []string{"view", "pause", "resume"}, Users: []string{"alice", "1001"}},
				{Name: "watcher", May: []string{"view"}, Groups: []string{"ops"}},
			}},
		{name: "all", file: "[roles.lead]\nmay = [\"all\"]\nusers = [\"root\"]", want: []Role{{Name: "lead", May: allButNamed(), Users: []string{"root"}}}},
		{name: "all, and what has to be named", file: "[roles.lead]\nmay = [\"stop-evidence\", \"all\"]\nusers = [\"root\"]",
			want: []Role{{Name: "lead", May: append([]string{"stop-evidence"}, allButNamed()...), Users: []string{"root"}}}},
		{name: "by key", file: "[roles.wall]\nmay = [\"view\"]\nkeys = [\"SHA256:x\", \"wallboard lobby\"]\nprincipals = [\"viewers\"]",
			want: []Role{{Name: "wall", May: []string{"view"}, Keys: []string{"SHA256:x", "wallboard lobby"}, Principals: []string{"viewers"}}}},
		{name: "an empty key", file: "[roles.wall]\nmay = [\"view\"]\nkeys = [\"\"]", err: `cannot use keys (FILE:3:9): "" is none`},
		{name: "nothing", file: "[roles.none]\nmay = []\nusers = [\"x\"]", want: []Role{{Name: "none", Users: []string{"x"}}}},
		{name: "an unknown word", file: "[roles.operator]\nmay = [\"view\", \"puase\"]", err: `cannot use "puase" for may (FILE:2:16): there is no such permission`},
		{name: "an unknown word on a line of its own", file: "[roles.operator]\nmay = [\n  \"view\",\n  'delete',\n]", err: `cannot use "delete" for may (FILE:4:3): there is no such permission`},
		{name: "an unknown word in one line", file: "roles = { op = { may = [\"all\", \"x\"] } }", err: `cannot use "x" for may (FILE:1:32)`},
		{name: "no may", file: "[roles.operator]\nusers = [\"alice\"]", err: `cannot use the role "operator" (FILE:2:1): it has no may`},
		{name: "a text for a list", file: "[roles.operator]\nmay = \"all\"", err: `cannot use may (FILE:2:1): it must be an array of words`},
		{name: "an unknown key", file: "[roles.operator]\nmay = [\"all\"]\nuser = [\"alice\"]", err: `cannot use "user" (FILE:3:1): a role has may, users, groups, keys and principals`},
		{name: "an odd name", file: "[roles.\"a b\"]\nmay = [\"all\"]", err: `cannot use the role "a b" (FILE:2:1)`},
		{name: "an empty user", file: "[roles.operator]\nmay = [\"all\"]\nusers = [\"\"]", err: `cannot use users (FILE:3:10): "" is not the name or the number of a user`},
		{name: "no table", file: "[roles]\noperator = [\"view\"]", err: "a role must be a table, written [roles.NAME]"},
		{name: "no tables", file: "roles = 1", err: "a role must be a table, written [roles.NAME]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := load(t, setup{env: complete, file: tt.file})
			checkError(t, err, strings.ReplaceAll(tt.err, "FILE", c.File))
			if tt.err != "" {
				return
			}
			if diff := cmp.Diff(tt.want, c.Roles); diff != "" {
				t.Errorf("roles (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRoleForNobody: a role that nobody has is warned of.
func TestRoleForNobody(t *testing.T) {
	c, err := load(t, setup{env: complete, file: "[roles.operator]\nmay = [\"all\"]"})
	checkError(t, err, "")
	if got := strings.Join(c.Warnings, "\n"); !strings.Contains(got, "nobody has the role operator") {
		t.Errorf("warnings: %q", got)
	}
}

// TestNoProject: what is about the host needs neither a project nor a profile
// that exists, and runs no command.
func TestNoProject(t *testing.T) {
	in := Sources{NoProject: true, Flags: map[string]string{"profile": "none", "socket": "/srv/own.sock"}, Environ: []string{"HOME=/nowhere", "LANG=C"}}
	c, err := Load(t.Context(), in)
	checkError(t, err, "")
	if c.Project != "" || len(c.Sockets) != 1 {
		t.Errorf("project %q, sockets %q", c.Project, c.Sockets)
	}
}

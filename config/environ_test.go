package config

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEnvironment: a variable without a value, or without a name, is none.
func TestEnvironment(t *testing.T) {
	env := newEnvironment([]string{"A=1", "B=", "=C:=x", "no sign", "D=a=b", "A=2"})
	if diff := cmp.Diff(environment{"A": "2", "B": "", "D": "a=b"}, env); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, tt := range []struct {
		names       []string
		name, value string
	}{
		{[]string{"A", "D"}, "A", "2"},
		{[]string{"B", "D"}, "D", "a=b"},
		{[]string{"none", "B"}, "", ""},
		{nil, "", ""},
	} {
		if name, value := env.first(tt.names...); name != tt.name || value != tt.value {
			t.Errorf("the first of %q is %s=%s, want %s=%s", tt.names, name, value, tt.name, tt.value)
		}
	}
	if diff := cmp.Diff(environment{"B": "", "D": "a=b"}, env.only("B", "D", "none")); diff != "" {
		t.Errorf("only (-want +got):\n%s", diff)
	}
}

// TestLocale: the first variable of the locale that is set decides, as the C
// library has it; without one nothing but ASCII is sure to be shown.
func TestLocale(t *testing.T) {
	tests := []struct {
		env         []string
		ascii, from string
	}{
		{[]string{"LANG=en_US.UTF-8"}, "false", "locale (LANG)"},
		{[]string{"LANG=en_US.utf8"}, "false", "locale (LANG)"},
		{[]string{"LANG=de_DE.ISO-8859-1"}, "true", "locale (LANG)"},
		{[]string{"LANG=en_US.UTF-8", "LC_CTYPE=C"}, "true", "locale (LC_CTYPE)"},
		{[]string{"LANG=C", "LC_CTYPE=en_US.UTF-8", "LC_ALL=POSIX"}, "true", "locale (LC_ALL)"},
		{[]string{"LANG=C", "LC_CTYPE=C", "LC_ALL=C.UTF-8"}, "false", "locale (LC_ALL)"},
		{[]string{"LANG=C", "LC_CTYPE=", "LC_ALL="}, "true", "locale (LANG)"},
		{[]string{"LC_MESSAGES=en_US.UTF-8"}, "true", "no locale is set"},
		{nil, "true", "no locale is set"},
	}
	for _, tt := range tests {
		if tt.from == "no locale is set" && runtime.GOOS == "windows" {
			continue // it has none of these variables, and shows Unicode
		}
		l := newLoader(Sources{Environ: tt.env})
		if ascii, from := l.localeASCII(); ascii != tt.ascii || from != tt.from {
			t.Errorf("%q: ascii is %s from %s, want %s from %s", tt.env, ascii, from, tt.ascii, tt.from)
		}
	}
}

// TestUserDir: XDG's variable where it is absolute, else a folder of HOME's, and
// none without a home.
func TestUserDir(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("it knows such folders by ID")
	}
	inHome := "/home/ana/.local/state"
	if runtime.GOOS == "darwin" {
		inHome = "/home/ana/Library/Application Support"
	}
	tests := []struct {
		env       environment
		dir, from string
	}{
		{environment{"HOME": "/home/ana"}, inHome, "default"},
		{environment{"HOME": "/home/ana", "XDG_STATE_HOME": "/var/x/../y/"}, "/var/y", "XDG_STATE_HOME"},
		{environment{"XDG_STATE_HOME": "/var/x"}, "/var/x", "XDG_STATE_HOME"},
		{environment{"HOME": "/home/ana", "XDG_STATE_HOME": "state"}, inHome, "default"},
		{environment{"HOME": "/home/ana", "XDG_STATE_HOME": ""}, inHome, "default"},
		{environment{"HOME": "home/ana"}, "", "default"},
		{environment{"HOME": ""}, "", "default"},
		{nil, "", "default"},
	}
	for _, tt := range tests {
		if dir, from := tt.env.userDir("XDG_STATE_HOME", ".local/state", "system"); dir != tt.dir || from != tt.from {
			t.Errorf("%v: %q from %s, want %q from %s", tt.env, dir, from, tt.dir, tt.from)
		}
	}
}

// TestNoHome: without a home there is no place for the journal, and the error
// says what to set.
func TestNoHome(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("it knows such folders by ID")
	}
	_, err := Load(t.Context(), Sources{Environ: complete})
	checkError(t, err, "cannot find a folder for the journal: HOME is not set")
	if hints := hintsOf(err); !slices.Contains(hints, "set HOME, XDG_STATE_HOME or TAPEDECK_STATE_DIR") {
		t.Errorf("hints %q", hints)
	}
	dir := t.TempDir()
	c, err := Load(t.Context(), Sources{Environ: append([]string{"TAPEDECK_STATE_DIR=" + dir}, complete...)})
	checkError(t, err, "")
	if c.StateDir != dir || c.File != "" {
		t.Errorf("state_dir %q, settings file %q", c.StateDir, c.File)
	}
}

// TestProfiles are those of the file that the flag or the environment leads to.
func TestProfiles(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "c.toml")
	write(t, path, "theme = \"dark\"\n[profile.night]\n[profile.eu]\ninterval = 3\n")
	home := filepath.Join(dir, "xdg", "tapedeck", "config.toml")
	write(t, home, "[profile.us]\n")
	env := []string{"XDG_CONFIG_HOME=" + filepath.Join(dir, "xdg")}
	broken := filepath.Join(dir, "broken.toml")
	write(t, broken, "[profile")
	tests := []struct {
		name string
		in   Sources
		want []string
	}{
		{"by flag, in order", Sources{Flags: map[string]string{"config": path}}, []string{"eu", "night"}},
		{"flag over environment", Sources{Flags: map[string]string{"config": path}, Environ: env}, []string{"eu", "night"}},
		{"by environment", Sources{Environ: env}, []string{"us"}},
		{"not TOML", Sources{Flags: map[string]string{"config": broken}}, nil},
		{"no such file", Sources{Flags: map[string]string{"config": filepath.Join(dir, "none")}}, nil},
		{"no home", Sources{}, nil},
	}
	for _, tt := range tests {
		if tt.name == "no home" && os.Getenv("LOCALAPPDATA") != "" {
			continue
		}
		if diff := cmp.Diff(tt.want, Profiles(tt.in)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

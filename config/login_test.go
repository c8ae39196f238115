package config

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api/secret"
)

// keptIn writes a settings file, and returns its book.
func keptIn(t *testing.T, text string) (*Book, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.toml")
	if text != "" {
		write(t, path, text)
	}
	b, err := OpenBook(Sources{Flags: map[string]string{"config": path}})
	if err != nil {
		t.Fatal(err)
	}
	return b, path
}

func readText(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestKeep: a login is written into its profile, wherever that is; comments,
// order and everything else stay.
func TestKeep(t *testing.T) {
	const eu = "[profile.eu]\nspace = \"acme\"\nproject = \"p-1\"\ntoken = \"PTnew\"\n"
	tests := []struct{ name, file, want string }{
		{"no file", "", "default_profile = \"eu\"\n\n" + eu},
		{"a comment only", "# mine\n", "# mine\ndefault_profile = \"eu\"\n\n" + eu},
		{"settings, and no end of the last line", "# mine\ninterval = \"1s\" # fast\n\n# night\n[profile.us]\nspace = 'us'", "# mine\ninterval = \"1s\" # fast\ndefault_profile = \"eu\"\n\n# night\n[profile.us]\nspace = 'us'\n\n" + eu},
		{"a comment of a table", "# night\n[profile.us]\nspace = 'us'\n", "default_profile = \"eu\"\n# night\n[profile.us]\nspace = 'us'\n\n" + eu},
		{"another default stays", "default_profile = \"us\"\n[profile.us]\n", "default_profile = \"us\"\n[profile.us]\n\n" + eu},
		{"the top level stays", "space = \"top\"\n", "space = \"top\"\n\n" + eu},
		{"the same again", "default_profile = \"eu\"\n\n" + eu, "default_profile = \"eu\"\n\n" + eu},
		{"in its place", "default_profile = \"eu\"\n[profile.eu]\n# who\n  project =   \"old\" # the old one\nread_only = true\ntoken_file = 'x' # secret\nspace = \"\"\"acme\"\"\"\n[names]\n",
			"default_profile = \"eu\"\n[profile.eu]\n# who\n  project =   \"p-1\" # the old one\nread_only = true\ntoken = \"PTnew\" # secret\nspace = \"acme\"\n[names]\n"},
		{"what is missing", "[profile.eu] # EU\nread_only = true\n\n[profile.eu.names]\n\"+15125550128\" = \"Desk\"\n", "default_profile = \"eu\"\n[profile.eu] # EU\nread_only = true\nspace = \"acme\"\nproject = \"p-1\"\ntoken = \"PTnew\"\n\n[profile.eu.names]\n\"+15125550128\" = \"Desk\"\n"},
		{"an empty table", "[profile.eu]\n# nothing yet\n", "default_profile = \"eu\"\n[profile.eu]\nspace = \"acme\"\nproject = \"p-1\"\ntoken = \"PTnew\"\n# nothing yet\n"},
		{"a command over lines", "default_profile = \"eu\"\n[profile.eu]\ntoken_command = [\n  \"pass\", # x\n]\n", "default_profile = \"eu\"\n[profile.eu]\ntoken = \"PTnew\"\nspace = \"acme\"\nproject = \"p-1\"\n"},
		{"dotted keys", "default_profile = \"eu\"\nprofile.eu.theme = \"dark\"\n[names]\n", "default_profile = \"eu\"\nprofile.eu.theme = \"dark\"\nprofile.eu.space = \"acme\"\nprofile.eu.project = \"p-1\"\nprofile.eu.token = \"PTnew\"\n[names]\n"},
		{"only names", "[profile.eu.names]\n", "default_profile = \"eu\"\n[profile.eu.names]\n\n" + eu},
		{"two forms of a token", "default_profile = \"eu\"\n[profile.eu]\ntoken = \"a\"\ntoken_file = \"b\"\nspace = \"x\"\nproject = \"y\"\n", "default_profile = \"eu\"\n[profile.eu]\ntoken = \"PTnew\"\nspace = \"acme\"\nproject = \"p-1\"\n"},
		{"DOS", "interval = \"1s\"\r\n", "interval = \"1s\"\r\ndefault_profile = \"eu\"\r\n\r\n" + strings.ReplaceAll(eu, "\n", "\r\n")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, path := keptIn(t, tt.file)
			if _, err := b.Keep(Login{Profile: "eu", Space: "acme", Project: "p-1", Token: secret.New("PTnew")}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, readText(t, path)); diff != "" {
				t.Errorf("the file (-want +got):\n%s", diff)
			}
			if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
				t.Errorf("mode %v, %v", info.Mode(), err)
			}
		})
	}
}

// TestForget: space, project and token are taken out, with the profile and its
// being the default where nothing else is in it.
func TestForget(t *testing.T) {
	tests := []struct{ name, file, want string }{
		{"all of a profile", "# mine\ndefault_profile = \"eu\"\n\n# EU\n[profile.eu]\nspace = \"a\"\nproject = \"p\"\ntoken = \"t\"\n\n[profile.us]\nspace = \"b\"\n", "# mine\n\n# EU\n\n[profile.us]\nspace = \"b\"\n"},
		{"not what else it has", "default_profile = \"eu\"\n[profile.eu]\nspace = \"a\" # s\nread_only = true # careful\nproject = \"p\"\ntoken_command = [\"a\",\n\"b\"]\n", "default_profile = \"eu\"\n[profile.eu]\nread_only = true # careful\n"},
		{"another is the default", "default_profile = \"us\"\n[profile.us]\n[profile.eu]\ntoken_file = \"t\"\n", "default_profile = \"us\"\n[profile.us]\n"},
		{"dotted", "profile.eu.space = \"a\"\nprofile.us.space = \"b\"\n", "profile.us.space = \"b\"\n"},
		{"inline", "profile.eu = {space = \"a\", token = \"t\"}\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, path := keptIn(t, tt.file)
			if err := b.Forget("eu"); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, readText(t, path)); diff != "" {
				t.Errorf("the file (-want +got):\n%s", diff)
			}
		})
	}
	b, path := keptIn(t, "interval = 1\n"+three("top")+"[profile.eu]\n")
	if err := b.Forget(""); err != nil || readText(t, path) != "interval = 1\n[profile.eu]\n" {
		t.Errorf("the top level: %v, %q", err, readText(t, path))
	}
}

// TestKeepLosesNothing: where the file cannot be changed, or is not the one that
// was read, it stays as it is to the byte, and no error has the token.
func TestKeepLosesNothing(t *testing.T) {
	login := Login{Profile: "eu", Space: "acme", Project: "p-1", Token: secret.New(tokenValue)}
	const good = "# mine\n[profile.us]\n"
	tests := []struct {
		name, file string
		break_     func(t *testing.T, path string)
		err        string
	}{
		{"written as an inline table", "profile = {eu = {space = \"a\", read_only = true}}\n", func(*testing.T, string) {}, "it is written in a form that tapedeck does not change"},
		{"changed meanwhile", good, func(t *testing.T, path string) { write(t, path, "# other\n") }, "another program has changed it meanwhile"},
		{"gone meanwhile", good, func(t *testing.T, path string) { check(t, os.Remove(path)) }, "another program has changed it meanwhile"},
		{"a second name", good, func(t *testing.T, path string) { check(t, os.Link(path, path+".2")) }, "it has another name elsewhere"},
		{"a link to nothing", "", func(t *testing.T, path string) { check(t, os.Symlink(path+".none", path)) }, "it is a symbolic link to nothing"},
		{"a folder", "", func(t *testing.T, path string) { check(t, os.Mkdir(path, 0o700)) }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, path := keptIn(t, tt.file)
			tt.break_(t, path)
			before, _ := os.ReadFile(path)
			_, err := b.Keep(login)
			if err == nil || !strings.Contains(err.Error(), tt.err) || !strings.Contains(err.Error(), path) {
				t.Errorf("%v, want %q and the path", err, tt.err)
			} else if strings.Contains(err.Error(), tokenValue) {
				t.Error("the error has the token")
			}
			if after, _ := os.ReadFile(path); string(after) != string(before) {
				t.Errorf("the file was %q and is %q", before, after)
			}
			if rest, err := filepath.Glob(path + ".new-*"); len(rest) > 0 || err != nil {
				t.Errorf("left over: %q", rest)
			}
		})
	}
	for _, text := range []string{"interval = ", "intervall = 1\n", "[profile.eu]\nx = 1\n"} {
		path := filepath.Join(t.TempDir(), "config.toml")
		write(t, path, text)
		if _, err := OpenBook(Sources{Flags: map[string]string{"config": path}}); err == nil {
			t.Errorf("%q is taken for a settings file", text)
		}
	}
}

// TestKeepThroughLinks: a link of one's own stays one, others' modes are kept
// where no token is written, and narrowed where one is.
func TestKeepThroughLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no modes and few links")
	}
	dir := t.TempDir()
	real := filepath.Join(dir, "dotfiles", "tapedeck.toml")
	check(t, os.Mkdir(filepath.Dir(real), 0o755))
	write(t, real, "# mine\n")
	check(t, os.Chmod(real, 0o640))
	link := filepath.Join(dir, "config.toml")
	check(t, os.Symlink("dotfiles/tapedeck.toml", link))
	login := Login{Profile: "eu", Space: "acme", Project: "p-1", Command: []string{"pass", "show", `a "b"`}}
	for _, want := range []os.FileMode{0o640, 0o600} {
		b, err := OpenBook(Sources{Flags: map[string]string{"config": link}})
		check(t, err)
		narrowed, err := b.Keep(login)
		check(t, err)
		if st, err := os.Lstat(link); err != nil || st.Mode()&os.ModeSymlink == 0 {
			t.Errorf("the link is %v, %v", st, err)
		}
		if st, err := os.Stat(real); err != nil || st.Mode().Perm() != want || (narrowed != 0) != (want == 0o600) {
			t.Errorf("mode %v, narrowed %v, %v, want %v", st.Mode(), narrowed, err, want)
		}
		if want == 0o640 && !strings.Contains(readText(t, real), `token_command = ["pass", "show", "a \"b\""]`) {
			t.Errorf("the command is not there:\n%s", readText(t, real))
		}
		login.Command, login.Token = nil, secret.New(tokenValue)
	}
	if os.Geteuid() != 0 {
		return
	}
	check(t, os.Chown(real, 12345, -1))
	b, err := OpenBook(Sources{Flags: map[string]string{"config": link}})
	check(t, err)
	if _, err := b.Keep(login); err == nil || !strings.Contains(err.Error(), "it belongs to another user (uid 12345)") {
		t.Errorf("another user's file: %v", err)
	}
	check(t, os.Chown(real, 0, -1))
	check(t, os.Lchown(link, 12345, -1))
	if _, err := b.Keep(login); err == nil || !strings.Contains(err.Error(), "it is a symbolic link of another user") {
		t.Errorf("through another user's link: %v", err)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestSplitCommand: a command is words, and what only a shell would understand is
// refused.
func TestSplitCommand(t *testing.T) {
	for command, want := range map[string][]string{
		"pass show  signalwire/eu":         {"pass", "show", "signalwire/eu"},
		` ["op", "read", "op://a/b c"] `:   {"op", "read", "op://a/b c"},
		`["/usr/bin/security", 'find me']`: {"/usr/bin/security", "find me"},
	} {
		got, err := SplitCommand(command)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", command, err, diff)
		}
	}
	for command, want := range map[string]string{
		"": "it is empty", "  ": "it is empty", `pass show "a b"`: "runs without a shell", "cat token | head": "runs without a shell",
		"[]": "must be an array of words", "[1]": "must be an array of words", `["a"`: "it is no array of words",
	} {
		if _, err := SplitCommand(command); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", command, err, want)
		}
	}
}

// FuzzKeep: whatever the file is, what a login makes of it says the login and
// keeps the rest, or the file stays as it was.
func FuzzKeep(f *testing.F) {
	f.Add("# a\n[profile.eu]\nspace = 'x' # y\n", "eu")
	f.Add("profile.eu.theme = \"dark\"\r\n[names]\n\"+1 555\" = \"x\"", "eu")
	f.Add("profile = {}\n", "a.b")
	f.Fuzz(func(t *testing.T, text, name string) {
		if !isName(name) {
			return
		}
		path := filepath.Join(t.TempDir(), "config.toml")
		write(t, path, text)
		in := Sources{Flags: map[string]string{"config": path}}
		b, err := OpenBook(in)
		if err != nil {
			return
		}
		if _, err := b.Keep(Login{Profile: name, Space: "acme", Project: "p-1", Token: secret.New("PTx")}); err != nil {
			if got := readText(t, path); got != text {
				t.Fatalf("%v, and %q became %q", err, text, got)
			}
			return
		}
		in.Flags["profile"] = name
		again, err := OpenBook(in)
		if err != nil {
			t.Fatalf("%q: %v", readText(t, path), err)
		}
		if space, project := again.Project(name); space != "https://acme.signalwire.com" || project != "p-1" {
			t.Fatalf("%q has %q, %q", readText(t, path), space, project)
		}
		if err := again.Forget(name); err == nil && again.Has(name) {
			t.Fatalf("%q still has a login", readText(t, path))
		}
	})
}

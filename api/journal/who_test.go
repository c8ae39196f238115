package journal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tapedeck/api/text"
)

// TestFingerprint: the first key of the file that sshd writes, and nothing of a
// file that has another form.
func TestFingerprint(t *testing.T) {
	const key = "AAAAC3NzaC1lZDI1NTE5AAAAIJ0HZ2rXSPHqc8b5j3b3vJx1yhYp1J9bQ6xv1mYp3F0a"
	const want = "SHA256:uDnGBSOvqMn5OEhRja8smzH1SkPwKjZMuNjCeceoL4U"
	tests := []struct{ name, file, want string }{
		{"a key", "publickey ssh-ed25519 " + key + "\n", want},
		{"without a line's end", "publickey ssh-ed25519 " + key, want},
		{"after a password", "password\npublickey ssh-ed25519 " + key + " comment\n", want},
		{"after one that is not readable", "publickey ssh-rsa ***\npublickey ssh-ed25519 " + key + "\n", want},
		{"only one that is not readable", "publickey ssh-rsa ***\n", ""},
		{"cut off", "publickey ssh-ed25519\n", ""},
		{"none", "password\n", ""},
		{"empty", "", ""},
		{"too large", "publickey ssh-ed25519 " + key + "\n" + strings.Repeat("x", 1<<20), ""},
	}
	for _, tt := range tests {
		path := filepath.Join(t.TempDir(), "auth")
		check(t, os.WriteFile(path, []byte(tt.file), 0o600))
		if got := fingerprint(path); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	for _, path := range []string{"", t.TempDir(), filepath.Join(t.TempDir(), "none")} {
		if got := fingerprint(path); got != "" {
			t.Errorf("%q has the fingerprint %q", path, got)
		}
	}
}

// TestChooses: a filter takes a SID by its end, from four characters on, and a
// person by the name before sudo or after it.
func TestChooses(t *testing.T) {
	e := request("1")
	e.Actor, e.SudoUser, e.Conference = "root", "bo", text.New("conf-1234-9abc")
	sid := rec1.String()
	tests := []struct {
		f    Filter
		want bool
	}{
		{Filter{}, true},
		{Filter{Recording: sid}, true},
		{Filter{Recording: sid[len(sid)-4:]}, true},
		{Filter{Recording: sid[len(sid)-3:]}, false},
		{Filter{Recording: sid[:8]}, false},
		{Filter{Recording: strings.ToUpper(sid)}, false},
		{Filter{Call: call.String()}, true},
		{Filter{Call: "6666"}, true},
		{Filter{Call: "9abc"}, true},
		{Filter{Call: sid}, false},
		{Filter{Actor: "bo"}, true},
		{Filter{Actor: "root"}, true},
		{Filter{Actor: "alice"}, false},
		{Filter{Since: e.Time}, true},
		{Filter{Since: e.Time.Add(1)}, false},
		{Filter{Recording: sid, Actor: "alice"}, false},
	}
	for _, tt := range tests {
		if got := tt.f.chooses(e); got != tt.want {
			t.Errorf("%+v chooses it: %t, want %t", tt.f, got, tt.want)
		}
	}
}

// TestPlainSpace: what says nothing is taken off a space's name, and nothing
// else.
func TestPlainSpace(t *testing.T) {
	for in, want := range map[string]string{
		"https://acme.example": "https://acme.example", "HTTPS://Acme.Example:443/": "https://acme.example",
		"http://127.0.0.1:80": "http://127.0.0.1", "http://127.0.0.1:443": "http://127.0.0.1:443", "https://acme.example:80": "https://acme.example:80",
		"https://[::1]:443": "https://[::1]", "https://acme.example:4430": "https://acme.example:4430", "acme.example/": "acme.example", "": "",
	} {
		if got := plainSpace(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestShare: what hosts share by, from each source, and what is refused.
func TestShare(t *testing.T) {
	const password = "Corr3ctHorse"
	type want struct{ servers, shown, creds, ca, host string }
	flags := func(kv ...string) setup {
		s := setup{env: complete, flags: map[string]string{}}
		for i := 0; i < len(kv); i += 2 {
			s.flags[kv[i]] = kv[i+1]
		}
		return s
	}
	own, _ := os.Hostname()
	tests := []struct {
		name string
		setup
		want want
		err  string
		hint string
	}{
		{name: "nothing", setup: setup{env: complete}, want: want{host: own}},
		{name: "flags", setup: flags("share", "nats://a:4222, tls://b", "share-creds", "/srv/a.creds", "share-ca", "/srv/ca.pem", "share-host", "a"),
			want: want{"nats://a:4222, tls://b", "nats://a:4222, tls://b", "/srv/a.creds", "/srv/ca.pem", "a"}},
		{name: "the file", setup: setup{env: complete, file: "share = \"nats://[::1]:4222\"\nshare_creds = \"creds\"\nshare_host = \"a.acme.example\""},
			want: want{"nats://[::1]:4222", "nats://[::1]:4222", "creds", "", "a.acme.example"}},
		{name: "a password of the environment", setup: setup{env: append([]string{"TAPEDECK_SHARE=nats://alice:" + password + "@a", "TAPEDECK_SHARE_HOST=a"}, complete...)},
			want: want{"nats://alice:" + password + "@a", "nats://a", "", "", "a"}},
		{name: "a password of the file", setup: setup{env: complete, file: "share = \"nats://alice:" + password + "@a\"\nshare_host = \"a\""},
			want: want{"nats://alice:" + password + "@a", "nats://a", "", "", "a"}},
		{name: "a password on the command line", setup: flags("share", "nats://alice:"+password+"@a"), err: "seen by everyone on the machine", hint: "a file that share_creds names"},
		{name: "two that say who", setup: setup{env: append([]string{"TAPEDECK_SHARE=nats://alice:" + password + "@a"}, complete...), flags: map[string]string{"share-creds": "/srv/creds"}}, err: "both say who this host is"},
		{name: "another protocol", setup: flags("share", "https://alice:"+password+"@a"), err: "a server is like nats://"},
		{name: "no protocol", setup: flags("share", "alice:"+password+"@a:4222"), err: "a server is like nats://"},
		{name: "no name", setup: flags("share", "nats://:4222"), err: "a server is like nats://"},
		{name: "no URL", setup: flags("share", "nats://alice:"+password+"@a b"), err: "a server's URL cannot be read"},
		{name: "no port", setup: flags("share", "nats://alice:"+password+"@a:99999"), err: `"nats://a:99999" has no port from 1 to 65535`},
		{name: "more than a name", setup: flags("share", "nats://alice:"+password+"@a/subject"), err: `"nats://a" has more behind the name`},
		{name: "a comma too many", setup: flags("share", "nats://a,"), err: "there is a comma without a server"},
		{name: "in a profile", setup: setup{env: complete, file: "[profile.eu]\nshare = \"nats://a\""}, err: "it is not of a profile"},
		{name: "a name that cannot be shown", setup: flags("share-host", "a b"), err: "a name of a host has only letters"},
		{name: "a long name", setup: flags("share-host", strings.Repeat("a", 65)), err: "at most 64 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg, err := load(t, tt.setup)
			checkError(t, err, tt.err)
			if hints := strings.Join(hintsOf(err), " "); !strings.Contains(hints, tt.hint) {
				t.Errorf("hints %q, want %q", hints, tt.hint)
			}
			if said := fmt.Sprintf("%v %+v %v %v", err, cfg, cfg.Settings(), hintsOf(err)); strings.Contains(said, password) {
				t.Errorf("the password is in what is said: %s", said)
			}
			if tt.err != "" {
				return
			}
			if tt.want.creds == "creds" { // beside the file
				tt.want.creds = filepath.Join(filepath.Dir(cfg.File), "creds")
			}
			s := cfg.Share
			if got := (want{s.Servers.Reveal(), s.Shown, s.Creds, s.CA, s.Host}); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			if s.On() != (tt.want.shown != "") {
				t.Errorf("on: %v", s.On())
			}
		})
	}
}

// TestShareWarns: a password that others may read, and what is not used, are said;
// a client of a service, which has the file, is not told of it.
func TestShareWarns(t *testing.T) {
	file := filepath.Join(t.TempDir(), "creds")
	if err := os.WriteFile(file, []byte("alice:secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	cfg, err := load(t, setup{env: complete, flags: map[string]string{"share": "nats://a", "share-creds": file}})
	checkError(t, err, "")
	if said := strings.Join(cfg.Warnings, "\n"); !strings.Contains(said, file+", has mode 0644: others may read it") {
		t.Errorf("warnings %q", said)
	}
	cfg, err = load(t, setup{env: complete, flags: map[string]string{"share-creds": file}})
	checkError(t, err, "")
	if said := strings.Join(cfg.Warnings, "\n"); !strings.Contains(said, "share names no server") {
		t.Errorf("warnings %q", said)
	}
	cfg, err = Load(t.Context(), Sources{Environ: append([]string{"HOME=" + t.TempDir()}, complete...), Service: true, Flags: map[string]string{"share": "nats://a", "share-creds": file}})
	checkError(t, err, "")
	if len(cfg.Warnings) > 0 {
		t.Errorf("a client is warned: %q", cfg.Warnings)
	}
}

// TestSharePlain: which connections need not be encrypted is known.
func TestSharePlain(t *testing.T) {
	for servers, want := range map[string]string{
		"nats://a, tls://b":                            "nats://a",
		"nats://localhost, nats://127.0.0.1:1":         "",
		"nats://[::1]:4222, nats://10.0.0.1, tls://10": "nats://10.0.0.1",
		"": "",
	} {
		if got := strings.Join(Share{Shown: servers}.Plain(), ", "); got != want {
			t.Errorf("%q: %q, want %q", servers, got, want)
		}
		if got := (Share{Shown: servers, CA: "/srv/ca.pem"}).Plain(); got != nil {
			t.Errorf("with certificates: %q", got)
		}
	}
}

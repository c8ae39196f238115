package doctor

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// sharedBy starts a server with a configuration, and returns its address.
func sharedBy(t *testing.T, config string) (address string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "nats.conf")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(config, "/var/lib/nats", t.TempDir())), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := server.ProcessConfigFile(file)
	if err != nil {
		t.Fatal(err)
	}
	o.NoSigs, o.NoLog, o.Host, o.Port = true, true, "127.0.0.1", -1
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(time.Minute) {
		t.Fatal("the server does not start")
	}
	return s.Addr().String()
}

// readmeServer is the configuration of a server that README has.
func readmeServer(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, config, ok := strings.Cut(string(b), "```conf\n")
	config, _, _ = strings.Cut(config, "```")
	if !ok || !strings.Contains(config, "/var/lib/nats") {
		t.Fatal("README has no configuration of a server")
	}
	return config
}

// TestShared: the server by which hosts share is reached, and what is wrong with
// it, or could be better, is said; never a password.
func TestShared(t *testing.T) {
	const password = "a long secret of host one"
	creds := func(t *testing.T, line string) string {
		file := filepath.Join(t.TempDir(), "creds")
		if err := os.WriteFile(file, []byte(line+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	plain := func(t *testing.T) []string {
		return []string{"TAPEDECK_SHARE=nats://" + sharedBy(t, `jetstream { store_dir: "/var/lib/nats" }`)}
	}
	tests := []struct {
		name string
		env  func(t *testing.T) []string
		want map[string]string // by check: how it ends, and a part of what is found or how it is mended
	}{
		{"nothing is shared", func(*testing.T) []string { return nil },
			map[string]string{"share": "ok: this host tells no other", "share-user": "skipped: nothing is shared", "share-clock": "skipped: nothing", "share-disk": "skipped: nothing"}},
		{"README's server", func(t *testing.T) []string {
			return []string{"TAPEDECK_SHARE=nats://" + sharedBy(t, readmeServer(t)), "TAPEDECK_SHARE_CREDS=" + creds(t, "one:"+password)}
		}, map[string]string{
			"share": "ok: host one shares by nats-server 2.", "share-user": "ok: host one can read, and write as itself alone", "share-clock": "ok: agree",
			"share-disk": "note: sync_interval: always",
		}},
		{"a server that tells nobody apart", plain, map[string]string{"share": "ok: host one", "share-user": "note: as any other host", "share-disk": "note: within two minutes"}},
		{"another password", func(t *testing.T) []string {
			return []string{"TAPEDECK_SHARE=nats://" + sharedBy(t, readmeServer(t)), "TAPEDECK_SHARE_CREDS=" + creds(t, "one:"+password+" perhaps")}
		}, map[string]string{"share": "mend: check share_creds", "share-user": "skipped: mend share first"}},
		{"another name", func(t *testing.T) []string {
			return []string{"TAPEDECK_SHARE=nats://" + sharedBy(t, readmeServer(t)), "TAPEDECK_SHARE_CREDS=" + creds(t, "two:"+strings.Replace(password, "one", "two", 1))}
		}, map[string]string{"share": "mend: let this host write under its own name, which is share_host"}},
		{"no JetStream", func(t *testing.T) []string { return []string{"TAPEDECK_SHARE=nats://" + sharedBy(t, "")} },
			map[string]string{"share": "mend: turn JetStream on"}},
		{"nobody there", func(*testing.T) []string {
			return []string{"TAPEDECK_SHARE=nats://one:" + password[7:13] + "@127.0.0.1:1"}
		},
			map[string]string{"share": "mend: start it"}},
		{"no file", func(t *testing.T) []string {
			return append(plain(t), "TAPEDECK_SHARE_CREDS="+filepath.Join(t.TempDir(), "none"))
		}, map[string]string{"share": "mend: read the credentials"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			env := append([]string{"TAPEDECK_SHARE_HOST=one"}, tt.env(t)...)
			found, _ := examined(t, func(p *patient) { p.env = append(p.env, env...) })
			for check, want := range tt.want {
				f := found[check]
				status, words, _ := strings.Cut(want, ": ")
				if string(f.Status) != status || !strings.Contains(f.Found+" -> "+f.Mend, words) {
					t.Errorf("%s: %s: %s -> %s, want %s", check, f.Status, f.Found, f.Mend, want)
				}
				if strings.Contains(f.Found+f.Mend, "secret") {
					t.Errorf("%s: %s", check, f.Found)
				}
			}
		})
	}
}

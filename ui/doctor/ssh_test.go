//go:build unix

package doctor

import (
	"crypto/ed25519"
	"os"
	"path/filepath"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"tapedeck/api/sshd"
)

// TestSSH: who could log in by SSH, or what keeps everybody out.
func TestSSH(t *testing.T) {
	signer, err := gossh.NewSignerFromKey(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	line := strings.TrimSpace(string(gossh.MarshalAuthorizedKey(signer.PublicKey()))) + " ana\n"
	const role = "[roles.operator]\nmay = [\"view\"]\nkeys = [\"ana\"]\n"
	tests := []struct {
		name, keys, settings string
		mode                 os.FileMode // of the key file; 0 for 0600
		hostKey              os.FileMode // 0 for none
		status               Status
		found, mend          string
	}{
		{name: "not set", settings: "interval = 1\n", status: OK, found: "ssh_listen is not set"},
		{name: "well", keys: line, settings: "LISTEN" + role, status: OK, found: "on 127.0.0.1:2222, 1 keys and 0 authorities; its host key is made at the start"},
		{name: "with a host key", keys: line, settings: "LISTEN" + role, hostKey: 0o600, status: OK, found: "its host key is "},
		{name: "a host key for all", keys: line, settings: "LISTEN" + role, hostKey: 0o644, status: Mend, found: "others may read it (mode 0644)", mend: "mode 0600"},
		{name: "no key", settings: "LISTEN" + role, status: Mend, found: "that lets anybody in", mend: "add one"},
		{name: "a file for all", keys: line, mode: 0o666, settings: "LISTEN" + role, status: Mend, found: "others may write it (mode 0666)", mend: "its owner and its mode"},
		{name: "no role", keys: line, settings: "LISTEN", status: Mend, found: "no role has keys or principals", mend: "add keys = "},
		{name: "a line", keys: line + "ssh-ed25519 nonsense\n", settings: "LISTEN" + role, status: Mend, found: "line 2: ", mend: "AUTHORIZED_KEYS FILE FORMAT"},
		{name: "no file", settings: "ssh_listen = \"127.0.0.1:2222\"\n" + role, status: Mend, found: "nobody could come in", mend: "name a key file in ssh_keys"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			made := ""
			found, _ := examined(t, func(p *patient) {
				made = filepath.Join(p.state, sshd.HostKeyName)
				dir := t.TempDir()
				keys := filepath.Join(dir, "keys")
				p.check(os.WriteFile(keys, []byte(tt.keys), 0o600))
				if tt.mode != 0 {
					p.check(os.Chmod(keys, tt.mode))
				}
				if tt.hostKey != 0 {
					p.check(os.MkdirAll(p.state, 0o700))
					p.check(os.WriteFile(filepath.Join(p.state, sshd.HostKeyName), []byte("x"), tt.hostKey))
				}
				file := filepath.Join(dir, "config.toml")
				p.check(os.WriteFile(file, []byte(strings.Replace(tt.settings, "LISTEN", "ssh_listen = \"127.0.0.1:2222\"\nssh_keys = \"keys\"\n", 1)), 0o600))
				p.o.Sources.Flags = map[string]string{"config": file}
			})
			if f := found["ssh"]; f.Status != tt.status || !strings.Contains(f.Found, tt.found) || !strings.Contains(f.Mend, tt.mend) {
				t.Errorf("%+v", f)
			}
			if _, err := os.Stat(made); (err == nil) != (tt.hostKey != 0) {
				t.Errorf("the host key: %v", err)
			}
		})
	}
}

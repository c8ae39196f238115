package config

import (
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestSSH: how the service listens for SSH, from each source, and what is refused.
func TestSSH(t *testing.T) {
	tests := []struct {
		name string
		setup
		want SSH
		err  string
	}{
		{name: "nothing", setup: setup{env: complete}},
		{name: "flags", setup: setup{env: complete, flags: map[string]string{
			"ssh-listen": "127.0.0.1:2222", "ssh-keys": "/srv/keys", "ssh-user-cas": "/srv/cas", "ssh-revoked": "/srv/krl", "ssh-idle": "30m", "ssh-proxies": "10.0.0.1, 192.0.2.0/24",
		}}, want: SSH{"127.0.0.1:2222", "/srv/keys", "/srv/cas", "/srv/krl", 30 * time.Minute,
			[]netip.Prefix{netip.MustParsePrefix("10.0.0.1/32"), netip.MustParsePrefix("192.0.2.0/24")}}},
		{name: "the file", setup: setup{env: complete, file: "ssh_listen = \"[::1]:2222\"\nssh_keys = \"keys\"\nssh_idle = \"2h\"\nssh_proxies = [\"::1\"]"},
			want: SSH{Listen: "[::1]:2222", Keys: "keys", Idle: 2 * time.Hour, Proxies: []netip.Prefix{netip.MustParsePrefix("::1/128")}}},
		{name: "no address", setup: setup{env: complete, flags: map[string]string{"ssh-listen": "2222"}}, err: "it is not an address with a port"},
		{name: "a short time", setup: setup{env: complete, flags: map[string]string{"ssh-idle": "5s"}}, err: "allowed is 1m to 7d"},
		{name: "a name of a proxy", setup: setup{env: complete, flags: map[string]string{"ssh-proxies": "lb.example.com"}}, err: `"lb.example.com" is neither an address nor a network`},
		{name: "every proxy", setup: setup{env: complete, flags: map[string]string{"ssh-proxies": "0.0.0.0/0"}}, err: "every address would be believed"},
		{name: "bits beyond", setup: setup{env: complete, flags: map[string]string{"ssh-proxies": "10.0.0.1/8"}}, err: "10.0.0.0/8 is meant, perhaps"},
		{name: "in a profile", setup: setup{env: complete, file: "[profile.eu]\nssh_listen = \"127.0.0.1:2222\""}, err: "ssh_listen"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg, err := load(t, tt.setup)
			checkError(t, err, tt.err)
			if tt.err != "" {
				return
			}
			if tt.want.Keys == "keys" { // beside the file
				tt.want.Keys = filepath.Join(filepath.Dir(cfg.File), "keys")
			}
			if diff := cmp.Diff(tt.want, cfg.SSH, cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

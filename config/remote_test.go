package config

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tapedeck/api/secret"
)

// TestRemote: a session over SSH has what the service has for screens and keys, and
// nothing else of it; nothing of its own environment counts but what its terminal
// can show, and no file is read.
func TestRemote(t *testing.T) {
	service := Config{
		Profile: "eu", Space: "https://acme.signalwire.com", Project: "p", Token: secret.New("t"), Interval: time.Second, Lookback: time.Hour,
		PauseBehavior: "silence", PauseScope: "call", AutoResume: time.Minute, StartChannels: "dual", StartTrack: "inbound", Tick: 2 * time.Second, LowBandwidth: true,
		Theme: "dark", ASCII: true, NoColor: true, Log: "debug", StateDir: "/var/lib/x", AlarmCommand: []string{"/bin/page"},
		Names: map[string]string{"1": "Desk"}, Server: "/run/x/s", Sockets: []string{"/run/x/s"}, SocketGroup: "g", Metrics: ":1", File: "/etc/x",
		Roles: []Role{{Name: "x"}}, SSH: SSH{Listen: ":2222"}, RunDir: "/run/x", Warnings: []string{"w"}, ReadOnly: true,
	}
	want := Config{
		Interval: time.Second, PauseBehavior: "silence", PauseScope: "call", AutoResume: time.Minute, StartChannels: "dual", StartTrack: "inbound",
		Tick: 2 * time.Second, LowBandwidth: true, Theme: "dark", Log: "off", Names: map[string]string{"1": "Desk"}, Server: ServerAuto,
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "tapedeck", "config.toml")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("this is no TOML"), 0o600); err != nil {
		t.Fatal(err)
	}
	hostile := []string{"HOME=" + dir, "XDG_CONFIG_HOME=" + dir, "XDG_STATE_HOME=" + dir, "TAPEDECK_ASCII=true", "TAPEDECK_CONFIG=" + file, "TAPEDECK_MASK_NUMBERS=true", "SIGNALWIRE_API_TOKEN=x"}
	tests := []struct {
		name   string
		in     Sources
		mask   bool // of the service
		change func(*Config)
		err    string
	}{
		{name: "a locale", in: Sources{Environ: append(hostile, "LANG=de_DE.UTF-8")}, change: func(*Config) {}},
		{name: "no locale", in: Sources{Environ: hostile}, change: func(c *Config) { c.ASCII = true }},
		{name: "no color", in: Sources{Environ: []string{"LC_ALL=C.UTF-8", "NO_COLOR=1"}}, change: func(c *Config) { c.NoColor = true }},
		{name: "flags", in: Sources{Environ: []string{"LANG=C.UTF-8"}, Flags: map[string]string{"profile": "us", "mask-numbers": "true", "ascii": "true", "pause-behavior": "skip"}},
			change: func(c *Config) { c.Profile, c.MaskNumbers, c.ASCII, c.PauseBehavior = "us", true, true, "skip" }},
		{name: "a mask cannot be taken away", mask: true, in: Sources{Environ: []string{"LANG=C.UTF-8"}, Flags: map[string]string{"mask-numbers": "false"}},
			change: func(c *Config) { c.MaskNumbers = true }},
		{name: "a wrong value", in: Sources{Flags: map[string]string{"pause-behavior": "x"}}, err: "allowed is silence, skip"},
		{name: "an empty value", in: Sources{Flags: map[string]string{"profile": ""}}, err: "cannot use --profile: its value is empty"},
		{name: "a file", in: Sources{Flags: map[string]string{"config": file}}, err: "cannot use --config over SSH"},
		{name: "a program", in: Sources{Flags: map[string]string{"alarm-command": "/bin/x"}}, err: "cannot use --alarm-command over SSH"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			from := service
			from.MaskNumbers = tt.mask
			got, err := Remote(from, tt.in)
			checkError(t, err, tt.err)
			if tt.err != "" {
				return
			}
			want := want
			tt.change(&want)
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(Config{}), cmpopts.EquateEmpty(), cmp.Comparer(func(a, b secret.Token) bool { return a.Reveal() == b.Reveal() })); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

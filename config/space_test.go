package config

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
)

func TestParseSpace(t *testing.T) {
	tests := []struct {
		in, want, err string
	}{
		{in: "acme", want: "https://acme.signalwire.com"},
		{in: "ACME", want: "https://acme.signalwire.com"},
		{in: "acme/", want: "https://acme.signalwire.com"},
		{in: "acme.signalwire.com", want: "https://acme.signalwire.com"},
		{in: "Acme.SignalWire.com.", want: "https://acme.signalwire.com"},
		{in: "https://acme.signalwire.com", want: "https://acme.signalwire.com"},
		{in: "HTTPS://acme.signalwire.com/api/laml/2010-04-01/", want: "https://acme.signalwire.com"},
		{in: "https://acme.signalwire.com?a=b#c", want: "https://acme.signalwire.com"},
		{in: "acme.signalwire.com/dashboard", want: "https://acme.signalwire.com"},
		{in: "voice.example.com", want: "https://voice.example.com"},
		{in: "voice.example.com:8443", want: "https://voice.example.com:8443"},
		{in: "acme:8443", want: "https://acme:8443"},
		{in: "http://127.0.0.1:8910", want: "http://127.0.0.1:8910"},
		{in: "http://127.1.2.3", want: "http://127.1.2.3"},
		{in: "http://localhost:8910/", want: "http://localhost:8910"},
		{in: "http://LOCALHOST", want: "http://localhost"},
		{in: "http://[::1]:8910", want: "http://[::1]:8910"},
		{in: "http://[0:0:0:0:0:0:0:1]", want: "http://[::1]"},
		{in: "http://[::ffff:127.0.0.1]:1", want: "http://[::ffff:127.0.0.1]:1"},
		{in: "::1", want: "https://[::1]"},
		{in: "localhost", want: "https://localhost"},
		{in: "localhost:8910", want: "https://localhost:8910"},
		{in: "https://127.0.0.1:1", want: "https://127.0.0.1:1"},

		{in: "", err: "no host"},
		{in: "/", err: "no host"},
		{in: "https://", err: "no host"},
		{in: "https:///path", err: "no host"},
		{in: "http://acme.signalwire.com", err: "http sends the token unencrypted"},
		{in: "http://acme", err: "http sends the token unencrypted"},
		{in: "http://10.0.0.1", err: "http sends the token unencrypted"},
		{in: "http://localhost.example.com", err: "http sends the token unencrypted"},
		{in: "http://127.0.0.1.example.com", err: "http sends the token unencrypted"},
		{in: "http://127.0.0.1@evil.example", err: "user name or password"},
		{in: "http://[::2]", err: "http sends the token unencrypted"},
		{in: "http://0.0.0.0", err: "http sends the token unencrypted"},
		{in: "relay.signalwire.com", err: "RELAY"},
		{in: "RELAY.signalwire.com.", err: "RELAY"},
		{in: "relay", err: "RELAY"},
		{in: "wss://relay.signalwire.com:443/x", err: "RELAY"},
		{in: "ftp://acme.signalwire.com", err: "scheme must be https"},
		{in: "user:secret@acme.signalwire.com", err: "user name or password"},
		{in: "https://user@acme.signalwire.com/", err: "user name or password"},
		{in: `https://acme.signalwire.com\@evil.example`, err: "backslash"},
		{in: "acme .signalwire.com", err: "control character"},
		{in: "acme\n", err: "control character"},
		{in: "acme\x1b[31m", err: "control character"},
		{in: "acme.signalwire.com:", err: "port"},
		{in: "acme.signalwire.com:0", err: "port"},
		{in: "acme.signalwire.com:65536", err: "port"},
		{in: "acme.signalwire.com:8443:1", err: "port"},
		{in: "https://[::1", err: "IPv6"},
		{in: "https://[::1]x", err: "IPv6"},
		{in: "https://[fe80::1%eth0]", err: "IPv6"},
		{in: ".signalwire.com", err: "not a name"},
		{in: "a..b", err: "not a name"},
		{in: "-a.example.com", err: "not a name"},
		{in: "acmé.signalwire.com", err: "character"},
		{in: "a%2eb", err: "character"},
		{in: strings.Repeat("a.", 130) + "com", err: "longer"},
		{in: tokenValue, err: "API token"},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			got, err := parseSpace(tt.in)
			checkError(t, err, tt.err)
			if got != tt.want {
				t.Errorf("parseSpace(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

// FuzzSpace checks that whatever is accepted is a plain base URL that cannot
// lead a token anywhere else, or over the wire unencrypted.
func FuzzSpace(f *testing.F) {
	for _, s := range []string{"acme", "https://u:p@acme.signalwire.com/x?y#z", "http://[::1]:8910", "relay", "http://127.0.0.1:1", "a:1", "[::1]", `http:\\x`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := parseSpace(s)
		if err != nil {
			if got != "" {
				t.Errorf("%q: %q beside an error", s, got)
			}
			return
		}
		u, err := url.Parse(got)
		if err != nil {
			t.Fatalf("%q gives %q, which is no URL: %v", s, got, err)
		}
		if u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.Hostname() == "" {
			t.Errorf("%q gives %q, which is more than a base", s, got)
		}
		if u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
			t.Errorf("%q gives %q, which is not encrypted", s, got)
		}
		if u.Hostname() == "relay.signalwire.com" {
			t.Errorf("%q gives the RELAY host", s)
		}
		if again, err := parseSpace(got); err != nil || again != got {
			t.Errorf("%q gives %q, and that gives %q, %v", s, got, again, err)
		}
	})
}

// FuzzLoad feeds text to the settings file: no panic, every setting within
// its bounds when there is no error, and no token in what is shown.
func FuzzLoad(f *testing.F) {
	for _, s := range []string{
		"", "interval = 3\n", three("acme"), "default_profile = \"eu\"\n[profile.eu]\n" + three("eu"),
		"profile = {eu = {interval = 9}}", "[[profile]]\n", "profile.eu.token = 1", "[profile]\n\"\" = {}", "token_command = [[1]]",
		"[profile.\"a b\"]\nx.y.z = 1", "interval = 2020-01-01", "theme = \"\"\"\n", "profile = []", "profile.a.b.c = 1",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l := newLoader(Sources{Environ: []string{"HOME=/nonexistent"}, NoCommand: true})
		file, err := parseFile("/nonexistent/config.toml", 0o600, []byte(text))
		if err != nil {
			return
		}
		l.file = file
		if l.chooseProfile() {
			l.loadCredentials(t.Context())
		}
		l.loadSettings()
		c := l.cfg
		if len(l.problems) == 0 && (c.Interval < 500e6 || c.Space == "" || c.Project == "" || c.Theme == "") {
			t.Errorf("no error, but the settings are %+v", c)
		}
		for _, s := range c.Settings() {
			if s.Name == "token" && s.Value != "set" && s.Value != "not set" && s.Value != "set by a command" {
				t.Errorf("the token is shown as %q", s.Value)
			}
		}
	})
}

// FuzzEnviron feeds variables: no panic, every setting within its bounds when
// there is no error, and the token in nothing that is shown.
func FuzzEnviron(f *testing.F) {
	const token = "PTfuzz0123456789abcdef0123456789"
	for _, s := range []string{
		"", "SIGNALWIRE_SPACE=acme\nSIGNALWIRE_PROJECT_ID=p", "SIGNALWIRE_HOST=https://u:p@x\nPROJECT_ID=p", "SIGNALWIRE_SPACE=relay",
		"SIGNALWIRE_SPACE=a\nTAPEDECK_INTERVAL=1h\nTAPEDECK_ASCII=2\nTAPEDECK_RAED_ONLY=1", "TAPEDECK_PROFILE=x", "TAPEDECK_STATE_DIR=~/x\nHOME=",
		"LC_ALL=utf8\nNO_COLOR=1\nTAPEDECK_THEME=\x1b[31m", "=\nA\n\x00=\x00", "TAPEDECK_PAUSE_WARN=-1s\nTAPEDECK_PAUSE_ALARM=0",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, vars string) {
		if strings.Contains(vars, "PTfuzz") {
			return
		}
		environ := append([]string{"HOME=/nonexistent"}, strings.Split(vars, "\n")...)
		environ = append(environ, "SIGNALWIRE_API_TOKEN="+token, "XDG_CONFIG_HOME=/nonexistent")
		for _, load := range []func(Sources) (Config, error){
			func(in Sources) (Config, error) { return Load(t.Context(), in) }, Demo,
		} {
			c, err := load(Sources{Environ: environ, NoCommand: true})
			shown := fmt.Sprint(c, c.Settings(), c.Warnings, err)
			if strings.Contains(shown, token) {
				t.Errorf("the token is shown: %s", shown)
			}
			for _, line := range append(c.Warnings, fmt.Sprint(err)) {
				if strings.ContainsFunc(line, func(r rune) bool { return r != '\n' && unicode.IsControl(r) }) {
					t.Errorf("not safe to show: %q", line)
				}
			}
			if err == nil && (c.Interval < 500*time.Millisecond || c.Interval > 5*time.Minute || c.Lookback <= 0 || c.PauseAlarm < 0 ||
				!slices.Contains([]string{"auto", "dark", "light", "mono"}, c.Theme)) {
				t.Errorf("no error, but the settings are %+v", c)
			}
		}
	})
}

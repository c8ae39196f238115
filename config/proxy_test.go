package config

import (
	"strings"
	"testing"
)

// A proxy that cannot be read is an error at the start, never a direct
// connection, and its password is not shown.
func TestProxy(t *testing.T) {
	tests := []struct {
		env         []string
		value, from string
		err         string
	}{
		{nil, "(none)", "default", ""},
		{[]string{"HTTPS_PROXY=http://proxy.example:3128"}, "proxy.example:3128", "HTTPS_PROXY", ""},
		{[]string{"https_proxy=proxy.example:3128"}, "proxy.example:3128", "https_proxy", ""},
		{[]string{"HTTPS_PROXY=https://user:hunter2@proxy.example"}, "proxy.example", "HTTPS_PROXY", ""},
		{[]string{"HTTPS_PROXY=socks5://127.0.0.1:1080"}, "127.0.0.1:1080", "HTTPS_PROXY", ""},
		{[]string{"HTTPS_PROXY=http://user:hunter2@proxy.example:port"}, "not usable", "HTTPS_PROXY", "cannot use the proxy (HTTPS_PROXY)"},
		{[]string{"HTTPS_PROXY=://"}, "not usable", "HTTPS_PROXY", "cannot use the proxy"},
		{[]string{"HTTPS_PROXY=http://"}, "not usable", "HTTPS_PROXY", "cannot use the proxy"},
		{[]string{"HTTPS_PROXY=ftp://proxy.example"}, "not usable", "HTTPS_PROXY", "cannot use the proxy"},
		{[]string{"HTTPS_PROXY=http://[::1]:3128"}, "[::1]:3128", "HTTPS_PROXY", ""},
		{[]string{"HTTPS_PROXY=proxy.example:port"}, "not usable", "HTTPS_PROXY", "cannot use the proxy"},
		{[]string{"HTTPS_PROXY=http:/proxy.example"}, "not usable", "HTTPS_PROXY", "cannot use the proxy"},
		{[]string{"HTTPS_PROXY=:"}, "not usable", "HTTPS_PROXY", "cannot use the proxy"},
		{[]string{"HTTPS_PROXY=http://user:hunter2@[::1"}, "not usable", "HTTPS_PROXY", "cannot use the proxy"},
		{[]string{"https_proxy=http://%zz"}, "not usable", "https_proxy", "cannot use the proxy"},
		{[]string{"HTTPS_PROXY=proxy:3128", "NO_PROXY=10.0.0.0/8", "SIGNALWIRE_SPACE=https://10.1.2.3"}, "(none)", "NO_PROXY has the space", ""},
		{[]string{"HTTPS_PROXY=proxy:3128", "NO_PROXY=10.0.0.0/8", "SIGNALWIRE_SPACE=https://11.1.2.3"}, "proxy:3128", "HTTPS_PROXY", ""},
		{[]string{"HTTPS_PROXY=http://hun ter2"}, "not usable", "HTTPS_PROXY", "cannot use the proxy"},
		{[]string{"HTTPS_PROXY=proxy:3128", "NO_PROXY=localhost, .signalwire.com"}, "(none)", "NO_PROXY has the space", ""},
		{[]string{"HTTPS_PROXY=proxy:3128", "NO_PROXY=acme.signalwire.com"}, "(none)", "NO_PROXY has the space", ""},
		{[]string{"HTTPS_PROXY=proxy:3128", "no_proxy=*"}, "(none)", "NO_PROXY has the space", ""},
		{[]string{"HTTPS_PROXY=proxy:3128", "NO_PROXY=wire.com,example.com"}, "proxy:3128", "HTTPS_PROXY", ""},
		{[]string{"HTTPS_PROXY=proxy:3128", "SIGNALWIRE_SPACE=http://127.0.0.1:1"}, "(none)", "loopback needs none", ""},
	}
	for _, tt := range tests {
		c, err := load(t, setup{env: append(append([]string{}, complete...), tt.env...)})
		if (err != nil) != (tt.err != "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%q: %v", tt.env, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: the password is shown: %v", tt.env, err)
		}
		for _, s := range c.Settings() {
			if s.Name == "proxy" && (s.Value != tt.value || s.Source != tt.from) {
				t.Errorf("%q: proxy %q from %q", tt.env, s.Value, s.Source)
			}
		}
	}
}

package config

import (
	"strings"
	"testing"
	"time"
)

// TestDurations: as Go writes them, with days, and a bare number of seconds; what
// is not clear is refused.
func TestDurations(t *testing.T) {
	tests := []struct {
		in   string
		want time.Duration
		bad  bool
	}{
		{in: "2s", want: 2 * time.Second}, {in: "1h30m", want: 90 * time.Minute}, {in: "500ms", want: 500 * time.Millisecond},
		{in: "90", want: 90 * time.Second}, {in: "0", want: 0}, {in: "2d", want: 48 * time.Hour}, {in: "1d12h", want: 36 * time.Hour},
		{in: "1d24h", want: 48 * time.Hour}, {in: "0d5s", want: 5 * time.Second}, {in: "-2s", want: -2 * time.Second},
		{in: "", bad: true}, {in: " ", bad: true}, {in: "soon", bad: true}, {in: "2 s", bad: true}, {in: "1d-1h", bad: true}, {in: "1d25h", bad: true},
		{in: "1h1d", bad: true}, {in: "d", bad: true}, {in: "-1d", bad: true}, {in: "99999999d", bad: true}, {in: "1d2d", bad: true},
		{in: "4294967296", bad: true}, {in: "1e3", bad: true}, {in: "٣s", bad: true}, {in: "2S", bad: true},
	}
	for _, tt := range tests {
		got, err := parseDuration(tt.in)
		if (err != nil) != tt.bad || got != tt.want && !tt.bad {
			t.Errorf("%q is %v, %v, want %v, bad %v", tt.in, got, err, tt.want, tt.bad)
		}
	}
	for d, want := range map[time.Duration]string{
		24 * time.Hour: "24h", 48 * time.Hour: "2d", 36 * time.Hour: "36h", 90 * time.Second: "1m30s", 5 * time.Minute: "5m", 0: "0s",
		time.Hour + time.Second: "1h0m1s", 500 * time.Millisecond: "500ms", 49 * time.Hour: "49h",
	} {
		if got := formatDuration(d); got != want {
			t.Errorf("%v is written %q, want %q", d, got, want)
		}
		if back, err := parseDuration(formatDuration(d)); err != nil || back != d {
			t.Errorf("%q is read as %v, %v", formatDuration(d), back, err)
		}
	}
}

// TestTypesOfTheFile: a value of another type than the setting has is named with
// both, and where it stands.
func TestTypesOfTheFile(t *testing.T) {
	tests := []struct{ line, want string }{
		{`interval = "2s"`, ""}, {`interval = 2`, ""}, {`read_only = true`, ""}, {`read_only = 1`, ""}, {`theme = "dark"`, ""},
		{`interval = true`, `it must be a duration in quotes ("2s") or a number of seconds, not a boolean`},
		{`interval = 2.5`, "not a number"}, {`interval = [1]`, "not an array"}, {`interval = {a = 1}`, "not a table"},
		{`interval = 2026-03-01`, "not a date or time"},
		{`read_only = "true"`, "it must be true or false, without quotes, not text"}, {`read_only = 2`, "allowed is true, false, 1, 0"},
		{`theme = 1`, "it must be text in quotes, not a number"}, {`theme = "pink"`, "allowed is auto, dark, light, mono"},
		{`state_dir = ""`, "it is empty"}, {`state_dir = "a\u0000b"`, "it holds a NUL character"},
	}
	for _, tt := range tests {
		path := t.TempDir() + "/c.toml"
		write(t, path, "# settings\n"+tt.line+"\n")
		_, err := load(t, setup{env: complete, flags: map[string]string{"config": path}})
		checkError(t, err, tt.want)
		if err != nil && !strings.Contains(err.Error(), path+":2") {
			t.Errorf("%s: %v does not say where", tt.line, err)
		}
	}
}

// TestFlagsOfBooleans: a boolean takes what a variable may have, and nothing else.
func TestFlagsOfBooleans(t *testing.T) {
	for in, want := range map[string]string{"true": "true", "1": "true", "false": "false", "0": "false", "yes": "", "TRUE": "", "on": "", "2": ""} {
		c, err := load(t, setup{env: complete, flags: map[string]string{"read-only": in}})
		if (err != nil) != (want == "") {
			t.Errorf("--read-only=%s: %v", in, err)
		}
		for _, s := range c.Settings() {
			if s.Name == "read-only" && err == nil && (s.Value != want || s.Source != "--read-only") {
				t.Errorf("--read-only=%s is %s from %s", in, s.Value, s.Source)
			}
		}
	}
}

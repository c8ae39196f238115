package config

import (
	"os"
	"path/filepath"
	"testing"
)

// TestServiceProject: a client of a service takes of the settings what names a
// project, misses nothing, and never touches a token.
func TestServiceProject(t *testing.T) {
	const other = "9a1b2c3d-0a1b-4c2d-8e3f-0a1b2c3d4e5f"
	profiles := "[profile.eu]\nspace = \"eu\"\nproject = \"" + other + "\"\ntoken_command = [\"/bin/sh\", \"-c\", \"touch HOME/ran\"]\ninterval = \"7s\"\n"
	tests := []struct {
		name                    string
		env                     []string
		flags                   map[string]string
		file                    string
		profile, space, project string
		err                     string
	}{
		{name: "nothing"},
		{name: "a profile that is nowhere", flags: map[string]string{"profile": "us"}, profile: "us"},
		{name: "a profile of the variable that is nowhere", env: []string{"TAPEDECK_PROFILE=us"}, file: profiles, profile: "us"},
		{name: "a default profile that is nowhere", file: "default_profile = \"jp\"\n", profile: "jp"},
		{name: "a profile", flags: map[string]string{"profile": "eu"}, file: profiles, profile: "eu", space: "https://eu.signalwire.com", project: other},
		{name: "the default profile", file: "default_profile = \"eu\"\n" + profiles, profile: "eu", space: "https://eu.signalwire.com", project: other},
		{name: "a profile of settings only", flags: map[string]string{"profile": "eu"}, file: "[profile.eu]\ninterval = \"3s\"\n", profile: "eu"},
		{name: "no profile is chosen", file: profiles},
		{name: "no token", env: []string{"SIGNALWIRE_SPACE=acme", "SIGNALWIRE_PROJECT_ID=" + other}, space: "https://acme.signalwire.com", project: other},
		{name: "a space that cannot be used", env: []string{"SIGNALWIRE_SPACE=http://acme/x", "SIGNALWIRE_PROJECT_ID=" + other}, project: other},
		{name: "another setting that is wrong", env: []string{"TAPEDECK_INTERVAL=no"}, err: "for interval"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			home := t.TempDir()
			path := filepath.Join(home, "config.toml")
			write(t, path, tt.file)
			flags := map[string]string{"config": path}
			for k, v := range tt.flags {
				flags[k] = v
			}
			c, err := Load(t.Context(), Sources{Service: true, Flags: flags, Environ: append([]string{"HOME=" + home, "LANG=C.UTF-8"}, tt.env...)})
			checkError(t, err, tt.err)
			if c.Profile != tt.profile || c.Space != tt.space || c.Project != tt.project || c.Token.IsSet() {
				t.Errorf("profile %q, space %q, project %q, want %q, %q, %q", c.Profile, c.Space, c.Project, tt.profile, tt.space, tt.project)
			}
			if _, err := os.Stat(filepath.Join(home, "ran")); err == nil {
				t.Error("the token's command was run")
			}
		})
	}
}

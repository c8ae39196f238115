package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tapedeck/config"
)

// completions returns what a shell offers after args.
func completions(t *testing.T, args ...string) (words []string, directive string) {
	t.Helper()
	_, stdout, _ := call(t, App{Environ: []string{"HOME=/nonexistent"}}, append([]string{"__complete"}, args...)...)
	for line := range strings.Lines(stdout) {
		word, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if strings.HasPrefix(word, ":") {
			directive = word
			continue
		}
		words = append(words, word)
	}
	return words, directive
}

func TestCompletions(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.toml")
	if err := os.WriteFile(file, []byte("[profile.eu]\n[profile.us]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const noFiles, noFilesNoSpace, files, folders = ":4", ":6", ":0", ":16"
	tests := []struct {
		args      string // the last word is what is typed so far, - for nothing
		want      string // words that are offered, among others
		directive string
	}{
		{"--theme -", "auto dark light mono", noFiles},
		{"--theme d", "dark", noFiles},
		{"config --theme -", "auto dark light mono", noFiles},
		{"--pause-behavior -", "silence skip", noFiles},
		{"--pause-scope -", "recording call", noFiles},
		{"--log -", "off debug", noFiles},
		{"--read-only=", "true false", noFiles},
		{"--scenario -", "card refused lie help", noFiles},
		{"simulate --scenario -", "card left-behind", noFiles},
		{"--fault -", "503 lag= 429 help", noFilesNoSpace},
		{"simulate --fault 50", "503", noFilesNoSpace},
		{"--config " + file + " --profile -", "eu us", noFiles},
		{"status --config " + file + " --profile -", "eu us", noFiles},
		{"journal --config " + file + " --profile -", "eu us", noFiles},
		{"journal verify --config " + file + " --profile -", "eu us", noFiles},
		{"--interval -", "", noFiles},
		{"journal --since -", "", noFiles},
		{"version -", "", noFiles},
		{"--config -", "", files},
		{"--names-file -", "", files},
		{"--state-dir -", "", folders},
		{"-", "config journal simulate status", noFiles},
	}
	for _, tt := range tests {
		args := strings.Fields(tt.args)
		if args[len(args)-1] == "-" {
			args[len(args)-1] = ""
		}
		words, directive := completions(t, args...)
		for _, want := range strings.Fields(tt.want) {
			if !slices.Contains(words, want) {
				t.Errorf("%s: %q is not among %q", tt.args, want, words)
			}
		}
		if directive != tt.directive || tt.want == "" && len(words) > 0 {
			t.Errorf("%s: %q, directive %s, want %s", tt.args, words, directive, tt.directive)
		}
	}
	// Every setting that has words offers them all.
	for _, f := range config.Flags() {
		if words, _ := completions(t, "config", "--"+f.Name+"="); len(f.Values) > 0 && !slices.Equal(words, f.Values) {
			t.Errorf("--%s offers %q, want %q", f.Name, words, f.Values)
		}
	}
}

// The help of a command lists the flags that mean something there.
func TestHelpListsWhatCounts(t *testing.T) {
	tests := []struct{ command, flags string }{
		{"status", "config help json lookback pause-alarm policy profile server socket state-dir timeout tmux unrecorded-alarm"},
		{"journal", "actor all-hosts call config csv help json long profile recording share share-ca share-creds share-host since state-dir"},
		{"journal verify", "all-hosts config help json profile share share-ca share-creds share-host state-dir"},
		{"version", "help"},
		{"completion", "help"},
	}
	listed := func(args ...string) (flags []string) {
		_, stdout, _ := call(t, App{}, append(args, "--help")...)
		for line := range strings.Lines(stdout) {
			if _, rest, ok := strings.Cut(line, " --"); ok && strings.HasPrefix(line, "  ") && !strings.HasPrefix(strings.TrimSpace(line), "tapedeck") && !strings.HasPrefix(strings.TrimSpace(line), "tmux") {
				flags = append(flags, strings.FieldsFunc(rest, func(r rune) bool { return r == ' ' || r == '[' || r == '\n' })[0])
			}
		}
		slices.Sort(flags)
		return flags
	}
	for _, tt := range tests {
		if got := strings.Join(listed(strings.Fields(tt.command)...), " "); got != tt.flags {
			t.Errorf("%s lists %s, want %s", tt.command, got, tt.flags)
		}
	}
	all := listed("config")
	for _, f := range config.Flags() {
		if !slices.Contains(all, f.Name) {
			t.Errorf("config does not list --%s", f.Name)
		}
	}
}

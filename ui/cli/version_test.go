package cli

import (
	"maps"
	"net/http"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/spf13/cobra"

	"tapedeck/api/sim"
)

// TestVersion: --version and version say version, commit, Go and system.
func TestVersion(t *testing.T) {
	old := commit
	t.Cleanup(func() { commit = old })
	commit = "467fecd0123456789abcdef0123456789abcdef0"
	want := "tapedeck 1.2.3 (commit 467fecd01234, " + runtime.Version() + ", " + runtime.GOOS + "/" + runtime.GOARCH + ")\n"
	for _, arg := range []string{"version", "--version"} {
		if code, out, _ := call(t, App{Version: "1.2.3"}, arg); code != 0 || out != want {
			t.Errorf("tapedeck %s: %d %q, want %q", arg, code, out, want)
		}
	}
	commit = ""
	if _, out, _ := call(t, App{}, "version"); !regexp.MustCompile(`^tapedeck \S+ \(commit ([0-9a-f]{12}( with changes)?|unknown), go`).MatchString(out) {
		t.Errorf("without what a build sets: %q", out)
	}
	tests := []struct {
		info *debug.BuildInfo
		want string
	}{
		{nil, "commit unknown"},
		{&debug.BuildInfo{}, "commit unknown"},
		{&debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "467fecd0123456789abcdef"}}}, "commit 467fecd01234"},
		{&debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "467f"}, {Key: "vcs.modified", Value: "true"}}}, "commit 467f with changes"},
	}
	for _, tt := range tests {
		if got := commitOf(tt.info); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

// TestUserAgent: a space is told the version alone, and no more of the build.
func TestUserAgent(t *testing.T) {
	space := spaceWith(sim.Begin{SID: sidA})
	var mu sync.Mutex
	agents := map[string]bool{}
	environ := reachable(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		agents[r.UserAgent()] = true
		mu.Unlock()
		space.ServeHTTP(w, r)
	}), space)
	for _, args := range []string{"list", "show " + sidA, "pause " + sidA, "status", "doctor"} {
		call(t, App{Environ: environ, Version: "1.2.3"}, strings.Fields(args)...)
		mu.Lock()
		if len(agents) != 1 || !agents["tapedeck/1.2.3"] {
			t.Errorf("%s says %q", args, slices.Collect(maps.Keys(agents)))
		}
		clear(agents)
		mu.Unlock()
	}
}

// TestHelpIsText: the help of no command holds a control character.
func TestHelpIsText(t *testing.T) {
	r := &runner{}
	var look func(cmd *cobra.Command)
	look = func(cmd *cobra.Command) {
		if s := cmd.UsageString() + cmd.Long; strings.ContainsFunc(s, func(c rune) bool { return c != '\n' && unicode.IsControl(c) }) {
			t.Errorf("the help of %s: %q", cmd.CommandPath(), s)
		}
		for _, sub := range cmd.Commands() {
			look(sub)
		}
	}
	look(r.root())
}

package cli

import (
	"regexp"
	"runtime"
	"runtime/debug"
	"testing"
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

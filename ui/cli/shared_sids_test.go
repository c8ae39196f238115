package cli

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/sim"
	"tapedeck/config"
	"tapedeck/ui/names"
)

// TestCompleteFromADashboard: without a service a shell gets the SIDs of the
// dashboards of this user, with who is on the line, of the project of the
// settings only, and nothing once they have ended.
func TestCompleteFromADashboard(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no folder of the session")
	}
	dir, gone := t.TempDir(), dead(t)
	run := filepath.Join(dir, "tapedeck")
	none := func(context.Context, config.Config, Client) (Attached, error) { return nil, nil }
	synctest.Test(t, func(t *testing.T) {
		space := listed()
		d, _ := attach(t, space, deck.Config{})
		of := config.Config{Space: "https://acme.signalwire.com", Project: "p-1", RunDir: run, MaskNumbers: true, Names: map[string]string{"+13105550199": "Front desk"}}
		ctx, end := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); _ = ShareSIDs(ctx, of, d.Deck) }()
		time.Sleep(6 * time.Second)
		self := journal.WhoFrom(nil)
		b, err := json.Marshal(sharedSIDs{PID: gone, Host: self.Host, Started: self.Started, Recordings: []sharedSID{{"dead-7c", "nobody"}}})
		if err == nil {
			err = os.WriteFile(filepath.Join(run, "sids-1-x.json"), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		environ := []string{"HOME=/nonexistent", "LANG=C.UTF-8", "XDG_RUNTIME_DIR=" + dir}
		project := func(space, project string) []string {
			return append(environ[:3:3], "SIGNALWIRE_SPACE="+space, "SIGNALWIRE_PROJECT_ID="+project, "SIGNALWIRE_API_TOKEN="+token)
		}
		for _, tt := range []struct {
			environ    []string
			args, want string
		}{
			{environ, "pause 7c", sidA + "\t***-0142 → Front desk · PAUSED\n:4\n"},
			{project("acme", "p-1"), "stop c07a", sidC + "\t"},
			{project("acme", "p-2"), "pause 7c", ":4\n"},
			{project("other", "p-1"), "pause 7c", ":4\n"},
			{environ, "resume " + sidA + " 7", ":4\n"},
		} {
			_, stdout, _ := call(t, App{Environ: tt.environ, Attach: none}, append([]string{"__complete"}, strings.Split(tt.args, " ")...)...)
			if !strings.HasPrefix(stdout, tt.want) {
				t.Errorf("%q completes to %q, want %q", tt.args, stdout, tt.want)
			}
		}
		files, _ := filepath.Glob(filepath.Join(run, "sids-*"))
		for _, f := range files {
			if st, err := os.Stat(f); err != nil || st.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v, %v", f, st.Mode(), err)
			}
		}
		end()
		<-ended
		if _, stdout, _ := call(t, App{Environ: environ, Attach: none}, "__complete", "pause", ""); !strings.HasPrefix(stdout, ":4") {
			t.Errorf("after its end: %q", stdout)
		}
	})
	if left, _ := filepath.Glob(filepath.Join(run, "*")); len(left) > 0 {
		t.Errorf("left are %v", left)
	}
}

// TestShareSIDsNowhere: a folder of the session that is not there is not made.
func TestShareSIDsNowhere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none", "tapedeck")
	d, _ := attach(t, spaceWith(sim.Begin{SID: sidA}), deck.Config{})
	for _, run := range []string{dir, ""} {
		if err := ShareSIDs(t.Context(), config.Config{RunDir: run}, d.Deck); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(filepath.Dir(dir)); !os.IsNotExist(err) {
		t.Errorf("it was made: %v", err)
	}
	if list := sidsOf(&deck.Snapshot{}, names.View{}); len(list) != 0 {
		t.Errorf("of nothing: %v", list)
	}
}

//go:build linux || darwin

package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestStatusCountsOnce: what several sessions know is counted once: the auto-resumes
// that all hosts know, and those of the service, which has a file of its own.
func TestStatusCountsOnce(t *testing.T) {
	session := func(timers, known int) sharedStatus {
		return shared(func(s *sharedStatus) { s.Timers, s.Shared = timers, known })
	}
	tests := []struct {
		name   string
		best   sharedStatus
		others []sharedStatus
		want   int
	}{
		{"nothing is shared", session(1, 0), []sharedStatus{session(2, 0)}, 3},
		{"all know them", session(2, 2), []sharedStatus{session(2, 2), session(2, 2)}, 2},
		{"some are of one session", session(3, 2), []sharedStatus{session(4, 2), session(2, 2)}, 5},
		{"one has heard of more", session(1, 1), []sharedStatus{session(2, 2), session(1, 1)}, 2},
	}
	for _, tt := range tests {
		if got := merged(tt.best, tt.others, time.Now()).Timers; got != tt.want {
			t.Errorf("%s: %d auto-resumes, want %d", tt.name, got, tt.want)
		}
	}

	s := serveHere(t, "EU\n")
	s.serving()
	app := App{Environ: s.env, Attach: AttachService}
	sid := ""
	if !inPatience(func() bool {
		_, stdout, _ := call(t, app, "list", "--jq", `[.[]|select(.status=="in-progress")|.sid][0]`)
		sid = strings.TrimSpace(stdout)
		return len(sid) == 36
	}) {
		t.Fatal("there is no recording")
	}
	if code, _, stderr := call(t, app, "pause", sid, "--yes", "--resume-after", "15m"); code != 0 {
		t.Fatalf("exit code %d, %s", code, stderr)
	}
	if !inPatience(func() bool {
		files, _ := filepath.Glob(filepath.Join(filepath.Dir(s.socket), ".local/state/tapedeck/status-*.json"))
		var own sharedStatus
		if len(files) != 1 {
			return false
		}
		b, err := os.ReadFile(files[0])
		return err == nil && json.Unmarshal(b, &own) == nil && own.Timers == 1
	}) {
		t.Fatal("the service does not share its status")
	}
	code, stdout, _ := call(t, app, "status", "--json")
	if code != 0 || !strings.Contains(stdout, `"auto_resumes":1,`) {
		t.Errorf("exit code %d, %s", code, stdout)
	}
}

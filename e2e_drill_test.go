//go:build unix

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tapedeck/ui/drill"
)

// testDrill: a drill is shown on the terminal although standard output is a file,
// which gets the result and nothing else; what was quit is in it, and the exit code
// says that it was not passed.
func testDrill(t *testing.T, p program) {
	s := p.start(t, launch{
		args:  []string{"drill", "--scenario", "lie", "--scenario", "left-behind", "--json"},
		shell: `exec "$@" >"$HOME/result"`, w: 80, h: 24,
	})
	leave := func(key string) { // of a page: no key does in its first 700 ms
		time.Sleep(750 * time.Millisecond)
		s.keys(key)
	}
	s.see("DRILL", "Next: lie", "Enter begin")
	leave("\r")
	s.see("DRILL  1 of 2 lie", "REC 9", "live")
	s.keys("q")
	s.see("lie  failed: not every pause was verified", "Next: left-behind")
	leave("q")
	s.exit(1, patience)
	s.restored()
	b, err := os.ReadFile(filepath.Join(s.home, "result"))
	s.check(err)
	var r drill.Result
	if err := json.Unmarshal(b, &r); err != nil || r.Passed || r.Complete || len(r.Scenarios) != 2 {
		t.Errorf("the result is %s: %v", b, err)
	}
	if strings.Contains(string(b), "\x1b") || !strings.Contains(string(b), `"outcome": "not reached"`) {
		t.Errorf("standard output has %s", b)
	}
}

//go:build linux || darwin

package cli

import (
	"strings"
	"testing"
)

// TestPauseAgainWithAutoResume: what --resume-after asks for is done, changed and
// taken away of a recording that is paused already too, and never without it.
func TestPauseAgainWithAutoResume(t *testing.T) {
	s := serveHere(t, "auto_resume = \"80s\"\nEU\n")
	s.serving()
	app := App{Environ: s.env, Attach: AttachService}
	ask := func(args ...string) string {
		t.Helper()
		code, stdout, stderr := call(t, app, args...)
		if code != 0 {
			t.Fatalf("%q: exit code %d, %s", args, code, stderr)
		}
		return strings.TrimSpace(stdout)
	}
	sid := ""
	if !inPatience(func() bool {
		sid = ask("list", "--jq", `[.[]|select(.status=="in-progress")|.sid][0]`)
		return len(sid) == 36
	}) {
		t.Fatal("there is no recording")
	}
	timer := func() string { return ask("list", "--jq", `.[]|select(.sid=="`+sid+`").tapedeck.timer.at`) }
	becomes := func(what string, ok func(at string) bool) (at string) {
		t.Helper()
		if !inPatience(func() bool { at = timer(); return ok(at) }) {
			t.Errorf("%s: the auto-resume is at %q", what, at)
		}
		return at
	}
	none := func(at string) bool { return at == "null" }

	ask("pause", sid, "--resume-after", "0")
	becomes("without one", none)
	ask("pause", sid, "--resume-after", "60s")
	first := becomes("paused again, with one", func(at string) bool { return !none(at) })
	ask("pause", sid)
	if at := timer(); at != first {
		t.Errorf("paused again without a word of it: it is at %q, and was at %q", at, first)
	}
	ask("pause", sid, "--resume-after", "10m")
	becomes("changed", func(at string) bool { return at > first })
	ask("pause", sid, "--resume-after", "0")
	becomes("taken away", none)
}

//go:build unix

package alarm

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api/deck"
	"tapedeck/api/secret"
)

// script returns the path of a program that sh runs. A shell would take the path
// for two words.
func script(t *testing.T, body string) (path, dir string) {
	t.Helper()
	dir = t.TempDir()
	path = filepath.Join(dir, "on alarm")
	if err := os.WriteFile(path, []byte("#!/bin/sh\ncd '"+dir+"' || exit 1\n"+body+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path, dir
}

// until waits until what is looked at holds.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not after a minute", what)
		}
	}
}

// alive reports whether a process whose number is in a file still runs.
func alive(t *testing.T, file string) bool {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	state, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || !strings.Contains(string(state), ") Z ") // nobody may be there to take its end
}

// TestProgram: the input and the arguments are given as they are, what is printed
// goes where it is to go, there is no terminal, and what the program leaves behind
// ends with it.
func TestProgram(t *testing.T) {
	path, dir := script(t, `cat > in
printf '%s\n' "$@" > args
sh -c 'echo $$ > left; exec sleep 600' > /dev/null 2>&1 &
until [ -s left ]; do sleep 0.01; done
if ( : < /dev/tty ) 2> /dev/null; then echo a terminal; fi
echo printed; echo complained >&2`)
	var out strings.Builder
	o := Options{Path: path, Args: []string{"two words", "$(touch x); \"'"}, Environ: os.Environ(), Output: &out}
	if err := o.program(t.Context(), []byte("{\"event\":\"alarm\"}\n")); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{"in": "{\"event\":\"alarm\"}\n", "args": "two words\n$(touch x); \"'\n"} {
		if got, err := os.ReadFile(filepath.Join(dir, file)); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v, want %q", file, got, err, want)
		}
	}
	if out.String() != "printed\ncomplained\n" {
		t.Errorf("it prints %q", out.String())
	}
	until(t, "what it left behind ends", func() bool { return !alive(t, filepath.Join(dir, "left")) })
}

// TestProgramIsEnded: a program that goes on for too long, or that the end of
// tapedeck meets, ends with all that it has started.
func TestProgramIsEnded(t *testing.T) {
	path, dir := script(t, `sh -c 'trap "" TERM HUP INT; echo $$ > child; sleep 600' &
echo $$ > parent
wait`)
	o := Options{Path: path, Environ: os.Environ(), Limit: time.Hour}
	told := false
	o.Done = func(deck.Key, error) { told = true }
	r := NewRunner(o)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	r.Alarm(key("1"), nil)
	child, parent := filepath.Join(dir, "child"), filepath.Join(dir, "parent")
	until(t, "it runs", func() bool {
		a, _ := os.ReadFile(child)
		b, _ := os.ReadFile(parent)
		return len(a) > 0 && len(b) > 0
	})
	cancel()
	if err := <-done; err != nil || told {
		t.Errorf("%v; its end is told: %t", err, told)
	}
	until(t, "all of it ends", func() bool { return !alive(t, child) && !alive(t, parent) })
}

// TestProgramFails: the error says why.
func TestProgramFails(t *testing.T) {
	path, _ := script(t, "exit 3")
	if err := (Options{Path: path}).program(t.Context(), nil); err == nil || err.Error() != "exit status 3" {
		t.Errorf("%v", err)
	}
	for name, want := range map[string]string{"/nonexistent/program": "no such file", "tapedeck-test-no": "not found", t.TempDir(): "directory", "/etc/passwd": "permission"} {
		if _, err := Find(name); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}

// TestEnviron: no variable that has or may have a token, nor one by which the
// program would speak for the service.
func TestEnviron(t *testing.T) {
	const token = "PTabcdef0123456789"
	got := Environ([]string{
		"PATH=/bin", "SIGNALWIRE_API_TOKEN=x", "SIGNALWIRE_TOKEN=x", "REST_API_TOKEN=x", "TAPEDECK_TEST_TOKEN=x", "SIGNALWIRE_EU_TOKEN=x",
		"OTHER=a " + token + " b", "BASIC=" + "UFRhYmNkZWYwMTIzNDU2Nzg5", "SIGNALWIRE_SPACE=acme", "TAPEDECK_INTERVAL=2s", "NOTIFY_SOCKET=/run/x", "LISTEN_FDS=1",
		"PAGER_TOKEN=theirs", "EMPTY=",
	}, secret.New(token), secret.Token{})
	if diff := cmp.Diff([]string{"PATH=/bin", "SIGNALWIRE_SPACE=acme", "TAPEDECK_INTERVAL=2s", "PAGER_TOKEN=theirs", "EMPTY="}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

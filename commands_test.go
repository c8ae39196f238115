//go:build unix

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tapedeck/api/sim"
)

// TestCommands runs commands of the built program, and looks at what they cost.
func TestCommands(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	p := program{path: filepath.Join(t.TempDir(), "tapedeck")}
	build(t, "-trimpath", "-ldflags", "-s -w", "-o", p.path, ".")
	t.Run("what is initialized", func(t *testing.T) { testInitialized(t, p) })
	t.Run("ten thousand", func(t *testing.T) { testTenThousand(t, p) })
	t.Run("shell script", func(t *testing.T) { testShellScript(t, p) })
}

// forCommands are the packages below ui that commands use.
var forCommands = []string{"cli", "list", "names", "theme", "times", "cells", "line", "doctor"}

// testInitialized: nothing of tapedeck that only the dashboard needs takes the
// time of a command, and nothing else of it takes much.
func testInitialized(t *testing.T, p program) {
	cmd := exec.Command(p.path, "--version")
	cmd.Env = append(clean(t.TempDir()), "GODEBUG=inittrace=1")
	var trace bytes.Buffer
	cmd.Stderr = &trace
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	met := 0
	for line := range strings.Lines(trace.String()) {
		// init tapedeck/config @1.2 ms, 0.016 ms clock, 1720 bytes, 65 allocs
		f := strings.Fields(line)
		if len(f) < 9 || f[0] != "init" || !strings.HasPrefix(f[1], "tapedeck/") {
			continue
		}
		met++
		size, err := strconv.Atoi(f[7])
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		limit, name := 6<<10, strings.TrimPrefix(f[1], "tapedeck/")
		if part, ok := strings.CutPrefix(name, "ui"); ok && !slices.Contains(forCommands, strings.TrimPrefix(part, "/")) {
			limit = 3 << 10
		}
		if size > limit {
			t.Errorf("%s is initialized with %d bytes, more than %d", f[1], size, limit)
		}
	}
	if met < 5 {
		t.Errorf("the trace has %d packages of tapedeck:\n%s", met, trace.String())
	}
}

// maxListed is how much memory a list of ten thousand may take, in bytes: 40 MB, and
// what the heap grows by where the collector waits for a processor, beside other
// programs. Half of it is the program itself, as it is mapped.
const maxListed = 44_000_000

// testTenThousand: the first of ten thousand recordings is printed before the
// last page is asked for, all of them are, and the process stays small.
func testTenThousand(t *testing.T, p program) {
	const active, pages = 10_000, 10
	space := sim.New(sim.Options{Seed: 9})
	for i := range active {
		space.Begin(sim.Begin{StartedAgo: time.Duration(i) * time.Second, Conference: i%6 == 0})
	}
	for _, form := range []string{"", "--json", "--csv"} {
		var asked atomic.Int64
		first := make(chan struct{})
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, "/Recordings") && asked.Add(1) == pages {
				select {
				case <-first:
				case <-time.After(patience):
					t.Error("nothing was printed before the last page was read")
				}
			}
			space.ServeHTTP(w, r)
		}))
		cmd := exec.Command(p.path, strings.Fields("list "+form)...)
		cmd.Env = append(clean(t.TempDir()), "SIGNALWIRE_SPACE="+server.URL, "SIGNALWIRE_PROJECT_ID="+space.Project(), "SIGNALWIRE_API_TOKEN="+space.Token(), "TAPEDECK_SERVER=off")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		most := watchMemory(cmd.Process.Pid)
		sids, seen := 0, sync.OnceFunc(func() { close(first) })
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if bytes.Count(lines.Bytes(), []byte("-")) >= 4 { // a SID
				sids++
				seen()
			}
		}
		memory := most()
		err = cmd.Wait()
		server.Close()
		if err != nil || sids != active || asked.Load() < pages {
			t.Errorf("list %s: %v, %d of %d, %d pages", form, err, sids, active, asked.Load())
		}
		switch {
		case runtime.GOOS != "linux":
			t.Log("the system does not tell how much memory a process takes: not looked at")
		case memory == 0 || memory > maxListed:
			t.Errorf("list %s took %.1f MB, more than %d", form, float64(memory)/1e6, maxListed/1_000_000)
		default:
			t.Logf("list %s: %.1f MB", form, float64(memory)/1e6)
		}
	}
}

// watchMemory looks at the memory of a process until what it returns is called,
// which returns the most that it has had, in bytes; 0 where the system does not
// tell. What the system says of a process that has ended is no use: it counts
// the one that has started it, too.
func watchMemory(pid int) (most func() int) {
	stop, peak := make(chan struct{}), make(chan int, 1)
	go func() {
		most := 0
		for {
			b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			if _, rest, ok := strings.Cut(string(b), "VmHWM:"); ok {
				kb, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
				n, _ := strconv.Atoi(kb)
				most = max(most, n<<10)
			}
			select {
			case <-stop:
				peak <- most
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	return func() int { close(stop); return <-peak }
}

// testShellScript: a shell script pauses, watches and resumes with jq alone.
func testShellScript(t *testing.T, p program) {
	for _, tool := range []string{"sh", "jq"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed", tool)
		}
	}
	for _, through := range []string{"the API", "the service"} {
		t.Run(through, func(t *testing.T) {
			space := serveSpace(t, sim.Options{})
			mine, other := space.begin(10), space.begin(20)
			home := shortHome(t)
			env := append(clean(home, space.env()...), "TAPEDECK="+p.path, "TAPEDECK_SERVER=off")
			if through == "the service" {
				env = append(env, "TAPEDECK_SERVER=auto", "TAPEDECK_SOCKET="+filepath.Join(home, "s"))
				p.serveCommands(t, env)
			}
			script := exec.Command("sh", "testdata/pause-watch-resume.sh")
			script.Env = env
			out, err := script.CombinedOutput()
			want := "paused " + mine + "\nsaw the pause, verified\nverified again: paused\nresumed " + mine + "\nsaw the resume\n2 active, none paused\n"
			if err != nil || string(out) != want {
				t.Errorf("%v: it printed\n%swant\n%s", err, out, want)
			}
			var sent []string
			for _, u := range space.Updates() {
				sent = append(sent, u.SID+" "+u.Status)
			}
			if got := strings.Join(sent, ", "); got != mine+" paused, "+mine+" in-progress" {
				t.Errorf("sent %q", got)
			}
			if r := space.find(other); r.Status != "in-progress" {
				t.Errorf("the other one is %s", r.Status)
			}
		})
	}
}

// shortHome returns a folder whose path leaves room for a socket.
func shortHome(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "td")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// serveCommands runs tapedeck serve until the test ends, and returns when it has
// its recordings.
func (p program) serveCommands(t testing.TB, env []string) {
	t.Helper()
	cmd := exec.Command(p.path, "serve")
	cmd.Env = env
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Signal(os.Interrupt); _ = cmd.Wait() })
	lines := bufio.NewScanner(out)
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), "tapedeck: serving ") {
		t.Fatalf("the service says %q", lines.Text())
	}
	go func() {
		for lines.Scan() {
			continue
		}
	}()
}

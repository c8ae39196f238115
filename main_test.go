package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"tapedeck/api/sim"
)

// instead are what the program of the tests may run in place of them, for a test
// that needs a process of its own; each reports whether it did.
var instead []func() bool

func TestMain(m *testing.M) {
	if where := os.Getenv(breakEnv); where != "" {
		os.Exit(runBroken(where))
	}
	for _, runs := range instead {
		if runs() {
			return
		}
	}
	if signal.Ignored(syscall.SIGHUP) { // by nohup, say: the programs that are started would ignore it too
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	}
	testscript.Main(waiting{m}, map[string]func(){"tapedeck": main})
}

// waiting runs three times as many tests beside each other as there are processors,
// where -parallel is not given: most of the time they wait for a program that
// waits for a clock.
type waiting struct{ *testing.M }

// Run runs the tests.
func (m waiting) Run() int {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		_ = flag.Set("test.parallel", strconv.Itoa(3*runtime.GOMAXPROCS(0)))
	}
	return m.M.Run()
}

// TestScript runs testdata/script. Besides testscript's own, the scripts have
// these commands:
//
//	exits CODE PROGRAM [ARG...]  runs a program that must end with this exit code
//	serve [ARG...]               starts tapedeck simulate, reads its three lines, and sets their variables
//	service [ARG...]             starts tapedeck serve, and waits until it serves
//	unserve                      ends the service
//	space KIND                   serves a space that does what no fault of simulate does, and sets its variables:
//	                             partial lists what is not complete; cut drops all connections from the first update on
//	pick NAME INDEX              sets a variable to the SID of a line of the list, from 0
//	get CODE PATH                gets a path of the simulator, which must answer with this status
//	end SIGNAL CODE              sends a signal to the simulator, which must end with this exit code
//	occupy                       listens on a port, and sets OCCUPIED to its address
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Values[simulatorKey{}] = &simulator{}
			e.Values[serviceKey{}] = &service{}
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("XDG_CONFIG_HOME", filepath.Join(e.WorkDir, "config"))
			e.Setenv("XDG_STATE_HOME", filepath.Join(e.WorkDir, "state"))
			e.Setenv("LANG", "C.UTF-8")
			e.Setenv("TERM", "xterm-256color")
			e.Setenv("TAPEDECK_SERVER", "off") // that of the host has nothing to do with it
			// A program built with -race waits a second at its end otherwise.
			e.Setenv("GORACE", "atexit_sleep_ms=0")
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":   exits,
			"serve":   serve,
			"service": startService,
			"space":   startSpace,
			"unserve": endService,
			"pick":    pick,
			"get":     get,
			"end":     end,
			"occupy":  occupy,
		},
		RequireExplicitExec: true,
	})
}

// need checks the number of arguments of a command, which cannot be negated.
func need(ts *testscript.TestScript, neg bool, args []string, least int) {
	if neg || len(args) < least {
		ts.Fatalf("unsupported !, or too few arguments")
	}
}

func number(ts *testscript.TestScript, s string) int {
	n, err := strconv.Atoi(s)
	ts.Check(err)
	return n
}

// exitCode returns the exit code of a program that ended with err.
func exitCode(ts *testscript.TestScript, err error) int {
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		ts.Check(err)
		return 0
	}
	return exit.ExitCode()
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2)
	if got := exitCode(ts, ts.Exec(args[1], args[2:]...)); got != number(ts, args[0]) {
		ts.Fatalf("exit code %d, want %s", got, args[0])
	}
}

// simulator is the simulator that a script has started last.
type simulator struct {
	cmd *exec.Cmd
	out *bufio.Reader
}

// simulatorKey is the key of a script's simulator among its values.
type simulatorKey struct{}

func serve(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 0)
	cmd := exec.Command(programOf(ts), append([]string{"simulate"}, args...)...)
	cmd.Env = []string{"PATH=" + ts.Getenv("PATH"), "HOME=" + ts.Getenv("HOME"), "GORACE=" + ts.Getenv("GORACE")}
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() { _ = cmd.Process.Kill() })
	s := ts.Value(simulatorKey{}).(*simulator)
	s.cmd, s.out = cmd, bufio.NewReader(out)
	for _, name := range []string{"SIGNALWIRE_SPACE", "SIGNALWIRE_PROJECT_ID", "SIGNALWIRE_API_TOKEN"} {
		line, err := s.out.ReadString('\n')
		ts.Check(err)
		value, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), name+"=")
		if !ok {
			ts.Fatalf("line %q, want %s=", line, name)
		}
		ts.Setenv(name, value)
	}
}

// programOf returns the path of tapedeck.
func programOf(ts *testscript.TestScript) string {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if path := filepath.Join(dir, "tapedeck"); isFile(path) {
			return path
		}
	}
	ts.Fatalf("tapedeck is not in PATH")
	return ""
}

// service is the tapedeck serve that a script has started last.
type service struct{ cmd *exec.Cmd }

// serviceKey is the key of a script's service among its values.
type serviceKey struct{}

func startService(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 0)
	dir, err := os.MkdirTemp("", "td") // the path of a socket is short
	ts.Check(err)
	ts.Defer(func() { _ = os.RemoveAll(dir) })
	ts.Setenv("TAPEDECK_SOCKET", filepath.Join(dir, "s"))
	ts.Setenv("TAPEDECK_SERVER", "auto")
	if s := ts.Value(serviceKey{}).(*service); s.cmd != nil { // its state directory is that of one service
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	}
	cmd := exec.Command(programOf(ts), append([]string{"serve"}, args...)...)
	for _, name := range []string{"PATH", "HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "LANG", "GORACE", "TAPEDECK_SOCKET",
		"SIGNALWIRE_SPACE", "SIGNALWIRE_PROJECT_ID", "SIGNALWIRE_API_TOKEN"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	out, err := cmd.StderrPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	s := ts.Value(serviceKey{}).(*service)
	s.cmd = cmd
	ts.Defer(func() { _ = cmd.Process.Kill() })
	lines := bufio.NewScanner(out)
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), "tapedeck: serving ") {
		ts.Fatalf("the service says %q", lines.Text())
	}
	go func() {
		for lines.Scan() {
			continue
		}
	}()
}

func endService(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 0)
	s := ts.Value(serviceKey{}).(*service)
	ts.Check(s.cmd.Process.Signal(os.Interrupt))
	if got := exitCode(ts, s.cmd.Wait()); got != 128+int(syscall.SIGINT) {
		ts.Fatalf("the service ended with %d", got)
	}
	s.cmd = nil
}

func startSpace(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1)
	space := sim.New(sim.Options{Seed: 4})
	sid := space.Begin(sim.Begin{StartedAgo: time.Minute, CallSID: "5e4d3c2b-2222-4eee-8fff-000000000201"})
	var cut atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := strings.ToLower(strings.TrimSuffix(path.Base(r.URL.Path), ".json"))
		switch {
		case args[0] == "partial":
			_, _ = fmt.Fprintf(w, `{%q:[{"sid":%q,"status":"paused"}],"next_page_uri":"https://elsewhere.example/"}`, key, sid)
		case cut.Load() || r.Method == http.MethodPost:
			cut.Store(true)
			panic(http.ErrAbortHandler)
		default:
			space.ServeHTTP(w, r)
		}
	}))
	ts.Defer(server.Close)
	ts.Setenv("SIGNALWIRE_SPACE", server.URL)
	ts.Setenv("SIGNALWIRE_PROJECT_ID", space.Project())
	ts.Setenv("SIGNALWIRE_API_TOKEN", space.Token())
	ts.Setenv("SID", sid)
	ts.Setenv("CALL", "5e4d3c2b-2222-4eee-8fff-000000000201")
}

func pick(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2)
	var in []string
	for line := range strings.Lines(ts.ReadFile("stdout")) {
		sid, _, _ := strings.Cut(line, "\t")
		in = append(in, strings.TrimSpace(sid))
	}
	i := number(ts, args[1])
	if i >= len(in) {
		ts.Fatalf("there are %d lines", len(in))
	}
	ts.Setenv(args[0], in[i])
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func get(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2)
	req, err := http.NewRequest("GET", ts.Getenv("SIGNALWIRE_SPACE")+args[1], nil)
	ts.Check(err)
	req.SetBasicAuth(ts.Getenv("SIGNALWIRE_PROJECT_ID"), ts.Getenv("SIGNALWIRE_API_TOKEN"))
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	ts.Logf("%s: %d bytes", resp.Status, len(body))
	if resp.StatusCode != number(ts, args[0]) {
		ts.Fatalf("GET %s: %s, want %s", args[1], resp.Status, args[0])
	}
}

func end(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2)
	s := ts.Value(simulatorKey{}).(*simulator)
	sig, ok := map[string]syscall.Signal{"HUP": syscall.SIGHUP, "INT": syscall.SIGINT, "TERM": syscall.SIGTERM}[args[0]]
	if s.cmd == nil || !ok {
		ts.Fatalf("no simulator, or no such signal")
	}
	ts.Check(s.cmd.Process.Signal(sig))
	rest, err := io.ReadAll(s.out)
	ts.Check(err)
	if len(rest) > 0 {
		ts.Fatalf("printed more than three lines: %q", rest)
	}
	if got := exitCode(ts, s.cmd.Wait()); got != number(ts, args[1]) {
		ts.Fatalf("exit code %d, want %s", got, args[1])
	}
}

func occupy(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 0)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = l.Close() })
	ts.Setenv("OCCUPIED", l.Addr().String())
}

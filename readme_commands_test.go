//go:build unix

package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tapedeck/api/journal"
	"tapedeck/api/sim"
	"tapedeck/api/text"
	"tapedeck/config"
	"tapedeck/ui/cli"
)

// typedLine is how a line of README is run that is not over by itself, or does not
// end with 0: what is seen of it, the key that then ends it, and its exit code.
type typedLine struct {
	see, key string
	code     int
}

// readmeLines are these lines, as they are typed, without the comment.
var readmeLines = map[string]typedLine{
	"go run . --demo":                   {see: "live", key: "q"},
	"tapedeck":                          {see: "tapedeck  ", key: "q"},
	"tapedeck simulate":                 {see: "SIGNALWIRE_API_TOKEN=PT", key: "\x03", code: 130},
	"tapedeck sessions end s12":         {code: 1}, // it is gone
	"tapedeck serve &":                  {},
	"sleep 1":                           {},
	"ssh -p 2222 -i operator 127.0.0.1": {see: "as operator", key: "q"},
	"SSL_CERT_FILE=$SIGNALWIRE_CA_FILE tapedeck": {see: "tapedeck  ", key: "q"},
}

// fenced returns the blocks of README in a language.
func fenced(t *testing.T, language string) (blocks []string) {
	t.Helper()
	b, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```\n").FindAllStringSubmatch(string(b), -1) {
		blocks = append(blocks, m[1])
	}
	if len(blocks) == 0 {
		t.Fatalf("README.md has no block in %s", language)
	}
	return blocks
}

// TestReadmeCommands types every command of README as it is written, in a shell on
// a terminal.
func TestReadmeCommands(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	t.Parallel()
	bin := t.TempDir()
	build(t, "-o", filepath.Join(bin, "tapedeck"), ".")
	for i, block := range fenced(t, "sh") {
		t.Run(fmt.Sprint(i+1), func(t *testing.T) {
			for words, port := range map[string]string{"tapedeck simulate": "8910", "ssh_listen": "2222"} {
				if !strings.Contains(block, words) {
					continue
				}
				l, err := net.Listen("tcp", "127.0.0.1:"+port)
				if err != nil {
					t.Skip("the port " + port + " is in use")
				}
				_ = l.Close()
			}
			typeBlock(t, bin, block)
		})
	}
}

// typeBlock types the lines of a block.
func typeBlock(t *testing.T, bin, block string) {
	env := readmeEnv(t, bin, block)
	s := program{path: "/bin/sh"}.start(t, launch{args: []string{"-i"}, env: env})
	t.Cleanup(func() { endSession(s.cmd.Process.Pid) })
	dir := "."
	if !strings.HasPrefix(block, "go ") {
		dir = t.TempDir()
		check(t, os.WriteFile(filepath.Join(dir, "app.js"), []byte(readmeApp), 0o600))
	}
	s.keys("cd " + dir + "\n")
	n := 0
	for line := range strings.Lines(block) {
		line = strings.TrimSpace(line)
		command := strings.TrimSpace(strings.SplitN(line, " #", 2)[0])
		if command == "" {
			continue
		}
		if strings.HasPrefix(command, "ssh ") && !has("ssh") || strings.Contains(command, " node ") && !has("node") || strings.HasPrefix(command, "curl ") && !has("curl") ||
			(strings.HasPrefix(command, "ssh-keygen ") || strings.Contains(command, " --sign ")) && !has("ssh-keygen") {
			continue
		}
		how := readmeLines[command]
		n++
		before := strings.Count(s.output(), "\x1b[?1049l")
		s.keys(line + "\n")
		if how.see != "" {
			s.see(how.see)
			s.keys(how.key)
		}
		if how.key == "q" {
			s.until("leave the dashboard", func() bool { return strings.Count(string(s.raw), "\x1b[?1049l") > before })
		}
		if strings.HasPrefix(command, "tapedeck serve") {
			waitForFile(t, strings.TrimPrefix(env[len(env)-1], "TAPEDECK_SOCKET="))
		}
		s.keys(fmt.Sprintf("echo \"[$((%d+0))] $?\"\n", n))
		s.until("the end of "+line, func() bool { return bytes.Contains(s.raw, fmt.Appendf(nil, "[%d] %d\r\n", n, how.code)) })
	}
	s.keys("kill $!\nwait\nexit 0\n") // what runs in the background
	s.exit(0, patience)
}

// endSession ends what a shell may have left in the background, which would keep
// its terminal.
func endSession(shell int) {
	names, _ := filepath.Glob("/proc/[0-9]*")
	for _, name := range names {
		pid, err := strconv.Atoi(filepath.Base(name))
		if sid, serr := unix.Getsid(pid); err == nil && serr == nil && sid == shell && pid != shell {
			_ = unix.Kill(pid, unix.SIGKILL)
		}
	}
}

func has(program string) bool { return lookPath(program) != "" }

// lookPath returns the path of a program; empty for none.
func lookPath(program string) string { path, _ := exec.LookPath(program); return path }

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func waitForFile(t *testing.T, path string) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(path); err == nil {
			return
		} else if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// readmeEnv returns what the commands of a block find: Go's folders, a login, a
// journal, and no way to a network.
func readmeEnv(t *testing.T, bin, block string) []string {
	t.Helper()
	env := []string{
		"PATH=" + bin + ":" + os.Getenv("PATH"), "GOBIN=" + bin, "PS1=$ ", "ENV=", "PAGER=cat", "GORACE=atexit_sleep_ms=0",
		"HTTPS_PROXY=http://127.0.0.1:1", // a space that README names is not asked
	}
	out, err := exec.Command("go", "env", "GOPATH", "GOMODCACHE", "GOCACHE").Output()
	check(t, err)
	for i, dir := range strings.Fields(string(out)) {
		env = append(env, []string{"GOPATH=", "GOMODCACHE=", "GOCACHE="}[i]+dir)
	}
	switch {
	case strings.HasPrefix(block, "go test"):
		env = append(env, "GOFLAGS=-n") // this is one of its tests: it says what it would do
	case strings.HasPrefix(block, "tapedeck journal"):
		state := t.TempDir()
		j := journal.Begin(journal.Options{Dir: filepath.Join(state, "tapedeck")})
		e := journal.Entry{Event: journal.Request, ID: j.NewID(), Time: time.Now().UTC(), Recording: text.New("0d9c8b7a-1111-4ccc-9ddd-000000008142"), Call: text.New(namedCall(t, block)), StatusAsked: "paused"}
		j.Enqueue(e)
		check(t, j.Close())
		env = append(env, "XDG_STATE_HOME="+state)
	case strings.HasPrefix(block, "tapedeck report"):
		home, now := t.TempDir(), time.Now().UTC()
		j := journal.Begin(journal.Options{Dir: filepath.Join(home, "tapedeck")})
		j.Enqueue(journal.Entry{Event: journal.Request, ID: j.NewID(), Time: now, Recording: text.New("rec-1"), Call: text.New(namedCall(t, block)), StatusAsked: "paused"})
		check(t, j.Close())
		check(t, os.Mkdir(filepath.Join(home, ".ssh"), 0o700))
		if key := filepath.Join(home, ".ssh", "id_ed25519"); has("ssh-keygen") {
			check(t, exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key).Run())
			public, err := os.ReadFile(key + ".pub")
			check(t, err)
			check(t, os.WriteFile(filepath.Join(home, ".ssh", "allowed_signers"), append([]byte(`alice@acme.example namespaces="tapedeck-report" `), public...), 0o600))
		}
		env = append(env, "XDG_STATE_HOME="+home, "HOME="+home)
	case strings.HasPrefix(block, "tapedeck serve"), strings.Contains(block, "ssh_listen"):
		runtime, err := os.MkdirTemp("", "td") // a socket's path is short
		check(t, err)
		t.Cleanup(func() { _ = os.RemoveAll(runtime) })
		if strings.Contains(block, "ssh_listen") { // the files of who runs the test are not touched
			check(t, os.WriteFile(filepath.Join(bin, "ssh"), fmt.Appendf(nil, "#!/bin/sh\nexec %s -F none -o StrictHostKeyChecking=accept-new -o UserKnownHostsFile=%s/known_hosts \"$@\"\n", lookPath("ssh"), runtime), 0o755))
			env = append(env, "HOME="+runtime)
		}
		env = append(env, serveSpace(t, sim.Options{Recordings: 3}).env("XDG_RUNTIME_DIR="+runtime, "TAPEDECK_SOCKET="+runtime+"/tapedeck/tapedeck.sock")...)
	}
	return env
}

// namedCall returns the SID of the call that a block names.
func namedCall(t *testing.T, block string) string {
	t.Helper()
	call := regexp.MustCompile(`--call ([0-9a-f-]{36})`).FindStringSubmatch(block)
	if call == nil {
		t.Fatal("README.md names no call")
	}
	return call[1]
}

// readmeApp asks the space for its recordings, in place of an SDK; TestSDK has
// these.
const readmeApp = `
const e = process.env
const auth = e.SIGNALWIRE_PROJECT_ID + ':' + e.SIGNALWIRE_API_TOKEN
const path = '/api/laml/2010-04-01/Accounts/' + e.SIGNALWIRE_PROJECT_ID + '/Recordings.json'
require('https').get(e.SIGNALWIRE_SPACE + path, { auth }, r => process.exit(r.statusCode == 200 ? 0 : 1))
`

// TestReadmeWords: what README names in the text is a command with these flags,
// its settings are settings, and tmux takes its lines.
func TestReadmeWords(t *testing.T) {
	b, err := os.ReadFile("README.md")
	check(t, err)
	prose := regexp.MustCompile("(?s)```.*?```").ReplaceAllString(string(b), "")
	names := 0
	for _, m := range regexp.MustCompile("`tapedeck ([^`]+)`").FindAllStringSubmatch(prose, -1) {
		names++
		var out bytes.Buffer
		if code := cli.Execute(t.Context(), cli.App{Args: append(strings.Fields(m[1]), "--help"), Stdout: &out, Stderr: &out}); code != 0 {
			t.Errorf("tapedeck %s: %d, %s", m[1], code, out.String())
		}
	}
	if names < 10 {
		t.Errorf("only %d commands were found in the text", names)
	}
	for _, block := range fenced(t, "toml") {
		path := filepath.Join(t.TempDir(), "config.toml")
		check(t, os.WriteFile(path, []byte(block), 0o600))
		if _, err := config.OpenBook(config.Sources{Flags: map[string]string{"config": path}}); err != nil {
			t.Errorf("%v:\n%s", err, block)
		}
	}
	if !has("tmux") {
		t.Skip("there is no tmux")
	}
	dir := t.TempDir()
	for _, block := range fenced(t, "tmux") {
		check(t, os.WriteFile(filepath.Join(dir, "conf"), []byte(block), 0o600))
		tmux := func(args ...string) string {
			out, err := exec.Command("tmux", append([]string{"-S", filepath.Join(dir, "s"), "-f", "/dev/null"}, args...)...).CombinedOutput()
			if err != nil {
				t.Errorf("tmux %q: %v, %s", args, err, out)
			}
			return string(out)
		}
		tmux("new-session", "-d", "cat")
		if said := tmux("source-file", filepath.Join(dir, "conf")); said != "" {
			t.Errorf("tmux says %s of\n%s", said, block)
		}
		if got := tmux("show-options", "-gv", "status-right"); !strings.Contains(block, strings.TrimSpace(got)) {
			t.Errorf("status-right is %s", got)
		}
		tmux("kill-server")
	}
}

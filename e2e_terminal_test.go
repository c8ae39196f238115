//go:build unix

package main

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/x/term"
	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
	"golang.org/x/sys/unix"
)

// patience is how long a test waits for what must come: a machine may be slow.
const patience = time.Minute

// shellPrompt is what a shell has written before the program starts.
const shellPrompt = "ana@host:~$ tapedeck"

// program is the built binary.
type program struct{ path string }

// launch says how a program is started. The zero value is for a terminal of
// 120x40.
type launch struct {
	args  []string
	env   []string // beside the clean environment
	w, h  int
	shell string // a script that starts the program, which is "$@"; "": none
	uid   int    // of the user who starts it; 0 for that of the test
}

// terminal is a pseudo-terminal with a program in it, and its screen.
type terminal struct {
	t             testing.TB
	home          string
	cmd           *exec.Cmd
	master, slave *os.File
	before        *term.State
	typed         time.Time  // when keys were last typed
	last          string     // the keys typed last
	stall         sync.Mutex // held: nobody reads from the terminal
	ended         chan struct{}
	read          chan struct{} // closed when there is nothing more to read

	mu      sync.Mutex
	changed chan struct{} // closed and replaced with each change
	screen  vt10x.Terminal
	raw     []byte
	resized bool
	stalled bool // the reader waits for stall
}

// clean returns an environment that has nothing of the one of the tests.
func clean(home string, env ...string) []string {
	return append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TERM=xterm-256color", "LANG=C.UTF-8", "TZ=UTC",
		"XDG_CONFIG_HOME=" + home + "/config", "XDG_STATE_HOME=" + home + "/state",
		"XDG_CACHE_HOME=" + home + "/cache", "XDG_DATA_HOME=" + home + "/data", "XDG_RUNTIME_DIR=" + home,
	}, env...)
}

// start starts the program in a terminal of its own. It is ended with the
// test, if it has not ended by itself.
func (p program) start(t testing.TB, l launch) *terminal {
	t.Helper()
	s := &terminal{
		t: t, home: t.TempDir(), ended: make(chan struct{}), read: make(chan struct{}), changed: make(chan struct{}),
	}
	w, h := l.w, l.h
	if w == 0 {
		w, h = 120, 40
	}
	var err error
	s.master, s.slave, err = pty.Open()
	s.check(err)
	s.check(pty.Setsize(s.master, size(w, h)))
	s.before, err = term.GetState(s.slave.Fd())
	s.check(err)
	s.screen = vt10x.New(vt10x.WithSize(w, h))
	_, err = s.slave.WriteString(shellPrompt + "\n")
	s.check(err)

	s.cmd = exec.Command(p.path, l.args...)
	if l.shell != "" {
		s.cmd = exec.Command("/bin/sh", append([]string{"-c", l.shell, "sh", p.path}, l.args...)...)
	}
	if l.uid != 0 {
		s.homeOf(l.uid)
	}
	s.cmd.Env = clean(s.home, l.env...)
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = s.slave, s.slave, s.slave
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if l.uid != 0 {
		s.cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(l.uid), Gid: nogroup}
	}
	s.check(s.cmd.Start())
	go s.reader()
	go func() {
		_ = s.cmd.Wait()
		close(s.ended)
		s.change(func() {})
	}()
	t.Cleanup(func() { s.close(l.env) })
	return s
}

// homeOf gives the terminal a home that is another user's, where it starts.
func (s *terminal) homeOf(uid int) {
	s.t.Helper()
	var err error
	s.home, err = os.MkdirTemp("", "td")
	s.check(err)
	s.t.Cleanup(func() { _ = os.RemoveAll(s.home) })
	s.check(os.Chown(s.home, uid, nogroup))
	s.cmd.Dir = s.home
}

func size(w, h int) *pty.Winsize { return &pty.Winsize{Cols: uint16(w), Rows: uint16(h)} }

func (s *terminal) check(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// close ends the program, and looks for the token in all that it has written.
func (s *terminal) close(env []string) {
	_ = s.cmd.Process.Kill()
	<-s.ended
	_ = s.slave.Close()
	_ = s.master.Close()
	<-s.read
	for _, secret := range secrets(env) {
		if strings.Contains(string(s.raw), secret) {
			s.t.Errorf("the terminal has seen the token, as %s", secret)
		}
	}
}

// secrets returns the forms of the token, which env has, that nothing may show.
func secrets(env []string) []string {
	var project, token string
	for _, kv := range env {
		if v, ok := strings.CutPrefix(kv, "SIGNALWIRE_PROJECT_ID="); ok {
			project = v
		} else if v, ok := strings.CutPrefix(kv, "SIGNALWIRE_API_TOKEN="); ok {
			token = v
		}
	}
	if token == "" {
		return nil
	}
	var out []string
	for _, s := range []string{token, project + ":" + token} {
		b := []byte(s)
		out = append(out, s, url.QueryEscape(s), url.PathEscape(s), fmt.Sprintf("%x", b),
			base64.RawStdEncoding.EncodeToString(b), base64.RawURLEncoding.EncodeToString(b))
	}
	return out
}

// change changes what is known of the terminal, and wakes who waits.
func (s *terminal) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	close(s.changed)
	s.changed = make(chan struct{})
}

// reader feeds the screen with what the program writes, until the terminal is
// closed.
func (s *terminal) reader() {
	defer close(s.read)
	var rest []byte // a rune that is not complete yet
	buf := make([]byte, 32<<10)
	for {
		n, err := s.master.Read(buf)
		if err != nil {
			return
		}
		if !s.stall.TryLock() {
			s.change(func() { s.stalled = true })
			s.stall.Lock()
		}
		s.stall.Unlock()
		s.change(func() {
			s.raw = append(s.raw, buf[:n]...)
			data := append(rest, buf[:n]...)
			whole := wholeRunes(data)
			_, _ = s.screen.Write(data[:whole])
			rest = append([]byte(nil), data[whole:]...)
		})
	}
}

// wholeRunes returns how many bytes of b are complete runes.
func wholeRunes(b []byte) int {
	for i := len(b) - 1; i >= 0 && i >= len(b)-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			if !utf8.FullRune(b[i:]) {
				return i
			}
			break
		}
	}
	return len(b)
}

// view returns the screen as text, without the spaces at the ends of lines.
// The mutex must be held.
func (s *terminal) view() string {
	lines := strings.Split(strings.ReplaceAll(s.screen.String(), "\x00", " "), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.Join(lines, "\n")
}

// text returns the screen as it is now.
func (s *terminal) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.view()
}

// output returns all that has been written to the terminal.
func (s *terminal) output() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.raw)
}

// until waits until ok, which is called with the mutex held, reports true.
func (s *terminal) until(what string, ok func() bool) {
	s.t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for ended := s.ended; ; {
		s.mu.Lock()
		done, view, changed := ok(), s.view(), s.changed
		s.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-ended:
			ended = nil // What it wrote last is still to be read.
		case <-limit.C:
			s.t.Fatalf("not within %v: %s\nscreen:\n%s", patience, what, view)
		}
	}
}

// wait waits until the screen is as ok wants it, and returns it.
func (s *terminal) wait(what string, ok func(screen string) bool) (screen string) {
	s.t.Helper()
	s.until(what, func() bool {
		screen = s.view()
		return ok(screen)
	})
	return screen
}

// see waits until all of these words are on the screen, and returns it.
func (s *terminal) see(words ...string) string {
	s.t.Helper()
	return s.wait(fmt.Sprintf("see %q", words), func(screen string) bool {
		for _, w := range words {
			if !strings.Contains(screen, w) {
				return false
			}
		}
		return true
	})
}

// gone waits until none of these words is on the screen.
func (s *terminal) gone(words ...string) {
	s.t.Helper()
	s.wait(fmt.Sprintf("see no more %q", words), func(screen string) bool {
		for _, w := range words {
			if strings.Contains(screen, w) {
				return false
			}
		}
		return true
	})
}

// pointed matches the row with the pointer: its status and its short SID.
var pointed = regexp.MustCompile(`(?m)^[ +~]?[▌>] +\(?([^\s)]+).*?([0-9a-f]{4,})(?: *[│|].*)?$`)

// selected returns the short SID and the status of the row with the pointer.
func selected(screen string) (short, status string) {
	m := pointed.FindStringSubmatch(screen)
	if m == nil {
		return "", ""
	}
	return m[2], strings.Trim(m[1], "!?") // of what alarms, and of old data
}

// selects waits until the row with the pointer is that of a recording, and has
// a status; either is empty for any.
func (s *terminal) selects(sid, status string) string {
	s.t.Helper()
	return s.wait(fmt.Sprintf("select %s %s", sid, status), func(screen string) bool {
		short, is := selected(screen)
		return short != "" && (sid == "" || strings.HasSuffix(sid, short)) && (status == "" || is == status)
	})
}

// pace is how far apart keys are that a person types: nearer ones are a burst.
const pace = 50 * time.Millisecond

// seen is how long somebody looks at what is selected before a key changes it:
// a key that comes sooner after the selection has moved by itself asks.
const seen = 320 * time.Millisecond

// keys types keys, all at once, some time after the ones before.
func (s *terminal) keys(keys string) {
	s.t.Helper()
	apart := pace
	if len(keys) == 1 && strings.Contains("pPrX", keys) && keys != s.last { // it is not held down
		if apart = seen; s.typed.IsZero() {
			s.typed = time.Now()
		}
	}
	s.taken()
	time.Sleep(time.Until(s.typed.Add(apart)))
	_, err := s.master.WriteString(keys)
	s.check(err)
	s.typed, s.last = time.Now(), keys
}

// taken waits until the keys before have been read: on a busy machine those that
// are typed apart would come together, which is a burst. It does not wait long for
// a program that reads nothing.
func (s *terminal) taken() {
	unread := func() bool {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(s.slave.Fd()), Events: unix.POLLIN}}, 0)
		return err == nil && n > 0
	}
	for limit := time.Now().Add(2 * time.Second); unread() && time.Now().Before(limit); time.Sleep(time.Millisecond) {
		s.typed = time.Now()
	}
}

// types types keys one by one, as a person does.
func (s *terminal) types(keys string) {
	s.t.Helper()
	for _, k := range keys {
		s.keys(string(k))
	}
}

// resize changes the size of the terminal.
func (s *terminal) resize(w, h int) {
	s.t.Helper()
	s.change(func() {
		s.screen.Resize(w, h)
		s.resized = true
	})
	s.check(pty.Setsize(s.master, size(w, h)))
}

// barrier waits until every key typed so far has been taken.
func (s *terminal) barrier() {
	s.t.Helper()
	s.keys("?")
	s.see("Keys that change a recording")
	s.keys("?")
	s.gone("Keys that change a recording")
}

// barrierPaste waits until every key typed so far has been taken, and the screen
// has said these words to what is pasted then: a paste never does anything.
func (s *terminal) barrierPaste(words ...string) {
	s.t.Helper()
	s.keys("\x1b[200~.\x1b[201~")
	s.see(words...)
}

// guard waits until a prompt, which is on the screen, takes answers: it does
// not in its first 300 ms, and nothing says when they are over.
func guard() { time.Sleep(310 * time.Millisecond) }

// signal sends a signal to the program.
func (s *terminal) signal(sig syscall.Signal) {
	s.t.Helper()
	s.check(s.cmd.Process.Signal(sig))
}

// exit waits until the program has ended, and checks its exit code.
func (s *terminal) exit(code int, within time.Duration) {
	s.t.Helper()
	select {
	case <-s.ended:
	case <-time.After(within):
		s.t.Fatalf("the program has not ended within %v\nscreen:\n%s", within, s.text())
	}
	if got := s.cmd.ProcessState.ExitCode(); got != code {
		s.t.Errorf("exit code %d (%v), want %d\nscreen:\n%s", got, s.cmd.ProcessState, code, s.text())
	}
}

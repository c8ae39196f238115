//go:build unix

package sshd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"tapedeck/api/sshd/clients"
)

// patience is how long what must come may take: a machine may be slow.
const patience = time.Minute

// desk is a server on loopback whose sessions do what real clients are tried with.
type desk struct {
	*host
	address string
	left    chan string // why each session has ended
}

// newDesk starts one that lets the keys in. It ends with the test, and so do its
// sessions, whatever their clients do.
func newDesk(t *testing.T, keys string) *desk {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{address: l.Addr().String(), left: make(chan string, 100)}
	d.host = newHostOn(t, l, keys, d.session)
	t.Cleanup(func() {
		d.end(ErrEnding)
		select {
		case err := <-d.ended:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(patience):
			t.Error("the server does not end")
		}
	})
	return d
}

// session is one session: a command, or a screen that says what comes.
func (d *desk) session(ctx context.Context, s *Session) (exit int) {
	defer func() {
		why := "by itself"
		if cause := context.Cause(ctx); cause != nil {
			why = cause.Error()
		}
		d.left <- why
	}()
	if s.Exec {
		return command(ctx, s)
	}
	if s.PTY == nil {
		_, _ = s.WriteError([]byte("no terminal\n"))
		return 2
	}
	_, _ = fmt.Fprintf(s, "%s has %s, %d by %d\r\n", s.Identity.User, s.PTY.Term, s.PTY.Width, s.PTY.Height)
	defer s.Resized(func(w, h int) { _, _ = fmt.Fprintf(s, "now %d by %d\r\n", w, h) })()
	keys := make(chan byte)
	go func() {
		defer close(keys)
		for b := make([]byte, 1); ; {
			if _, err := s.Read(b); err != nil {
				return
			}
			select {
			case keys <- b[0]:
			case <-ctx.Done():
				return
			}
		}
	}()
	return typing(ctx, s, keys)
}

// typing answers keys until q, or the session is over.
func typing(ctx context.Context, s *Session, keys <-chan byte) int {
	for {
		select {
		case <-ctx.Done():
			return 143
		case key, ok := <-keys:
			switch {
			case !ok:
				keys = nil // the client sends no more
			case key == 'q':
				_, _ = io.WriteString(s, "bye\r\n")
				return 7
			case key == 'f':
				for ctx.Err() == nil {
					_, _ = s.Write(bytes.Repeat([]byte("flood\r\n"), 1<<10))
				}
			default:
				_, _ = fmt.Fprintf(s, "key %q\r\n", key)
			}
		}
	}
}

// command does what a command line asks for.
func command(ctx context.Context, s *Session) int {
	verb, rest, _ := strings.Cut(s.Command, " ")
	switch verb {
	case "exit":
		code, _ := strconv.Atoi(rest)
		return code
	case "say":
		_, _ = io.WriteString(s, rest+"\n")
		return 0
	case "complain":
		_, _ = s.WriteError([]byte(rest + "\n"))
		return 3
	case "copy":
		_, _ = io.Copy(s, s)
		return 0
	case "much":
		for range 64 {
			_, _ = s.Write(bytes.Repeat([]byte("x"), 1<<14))
		}
		return 0
	case "wait":
		_, _ = io.WriteString(s, "waiting\n")
		<-ctx.Done()
		return 143
	}
	_, _ = s.WriteError([]byte("there is no such command: " + s.Command + "\n"))
	return 2
}

// leaves waits until a session has ended, and returns why.
func (d *desk) leaves(t *testing.T) string {
	t.Helper()
	select {
	case why := <-d.left:
		return why
	case <-time.After(patience):
		t.Fatal("the session has not ended")
		return ""
	}
}

// client prepares a client with the key 1, or skips the test by the client's name.
func client(t *testing.T, name string) *clients.Client {
	t.Helper()
	c, err := clients.New(name, t.TempDir(), newEd25519(1))
	if err != nil {
		t.Skip(err)
	}
	return c
}

// login is what a client is to do here.
func (d *desk) login(command string, options ...string) clients.Login {
	return clients.Login{Address: d.address, HostKey: newKey(d.t, 100).PublicKey(), User: "alice", Command: command, Options: options}
}

// command returns a client that is not in a terminal.
func (d *desk) command(t *testing.T, c *clients.Client, l clients.Login) *exec.Cmd {
	t.Helper()
	args, err := c.Args(l)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, c.Path(), args...)
	cmd.Env = c.Environ()
	cmd.WaitDelay = time.Second
	return cmd
}

// run runs a command by a client, and returns what it has written and its exit
// code.
func (d *desk) run(t *testing.T, c *clients.Client, l clients.Login, input string) (out, errs string, code int) {
	t.Helper()
	cmd := d.command(t, c, l)
	var o, e bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &o, &e
	err := cmd.Run()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		t.Fatalf("%s: %v\n%s", c.Name, err, e.String())
	}
	return o.String(), e.String(), cmd.ProcessState.ExitCode()
}

// screen is a client in a pseudo-terminal.
type screen struct {
	t      *testing.T
	cmd    *exec.Cmd
	master *os.File
	ended  chan struct{}
	stop   sync.Mutex // held: nobody reads what the client writes

	mu   sync.Mutex
	seen []byte
}

// open starts a client in a terminal of 90x30. It is killed with the test.
func (d *desk) open(t *testing.T, c *clients.Client, options ...string) *screen {
	t.Helper()
	l := d.login("", options...)
	l.Terminal = true
	s := &screen{t: t, cmd: d.command(t, c, l), ended: make(chan struct{})}
	s.cmd.Env = append(s.cmd.Env, "TERM=xterm")
	master, err := pty.StartWithSize(s.cmd, &pty.Winsize{Cols: 90, Rows: 30})
	if err != nil {
		t.Fatal(err)
	}
	// One whose Close does not wait for a Read: then the terminal is gone.
	fd, err := syscall.Dup(int(master.Fd()))
	if err == nil {
		err = syscall.SetNonblock(fd, true)
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = master.Close()
	s.master = os.NewFile(uintptr(fd), "terminal")
	read := make(chan struct{})
	go func() {
		defer close(read)
		for b := make([]byte, 1<<14); ; {
			n, err := s.master.Read(b)
			s.stop.Lock()
			s.mu.Lock()
			s.seen = append(s.seen, b[:n]...)
			s.mu.Unlock()
			s.stop.Unlock()
			if err != nil {
				return
			}
		}
	}()
	go func() {
		_ = s.cmd.Wait()
		close(s.ended)
	}()
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		<-s.ended
		_ = s.master.Close()
		<-read
	})
	return s
}

// text returns what the client has written.
func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.seen)
}

// see waits until the client has written this.
func (s *screen) see(want string) {
	s.t.Helper()
	for limit := time.Now().Add(patience); !strings.Contains(s.text(), want); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(limit) {
			s.t.Fatalf("not seen: %q in\n%q", want, s.text())
		}
	}
}

// keys types keys.
func (s *screen) keys(keys string) {
	s.t.Helper()
	if _, err := s.master.WriteString(keys); err != nil {
		s.t.Fatal(err)
	}
}

// resize changes the size of the terminal.
func (s *screen) resize(w, h uint16) {
	s.t.Helper()
	raw, err := s.master.SyscallConn() // Fd would have its Read wait
	if err == nil {
		_ = raw.Control(func(fd uintptr) { err = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Col: w, Row: h}) })
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// resizes changes the size of the terminal until that is seen: the ssh of a second
// session of one connection misses a change that comes before it waits for one.
func (s *screen) resizes(w, h uint16) {
	s.t.Helper()
	want := fmt.Sprintf("now %d by %d", w, h)
	for limit := time.Now().Add(patience); !strings.Contains(s.text(), want); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(limit) {
			s.t.Fatalf("not seen: %q in\n%q", want, s.text())
		}
		s.resize(w-1, h)
		s.resize(w, h)
	}
}

// exit waits until the client has ended, and returns its exit code; -1 where a
// signal has ended it.
func (s *screen) exit() int {
	s.t.Helper()
	select {
	case <-s.ended:
	case <-time.After(patience):
		s.t.Fatalf("the client has not ended:\n%q", s.text())
	}
	return s.cmd.ProcessState.ExitCode()
}

func (s *screen) signal(sig syscall.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

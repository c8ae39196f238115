//go:build unix

package sshd

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tapedeck/api/sshd/clients"
)

// openssh is OpenSSH's client for a server; its options are those of each login.
type openssh struct {
	*desk
	c *clients.Client
}

// newOpenSSH starts a server, or skips the test by the client's name.
func newOpenSSH(t *testing.T) *openssh {
	t.Helper()
	c := client(t, "ssh")
	return &openssh{newDesk(t, line(newKey(t, 1))), c}
}

// TestControlMaster: three sessions over one connection are each on their own, and
// end on their own, however they end.
func TestControlMaster(t *testing.T) {
	t.Parallel()
	o := newOpenSSH(t)
	path := filepath.Join(o.c.Dir(), "master")
	master := o.open(t, o.c, "-o", "ControlMaster=yes", "-o", "ControlPath="+path)
	master.see("alice has")
	over := []string{"-o", "ControlMaster=no", "-o", "ControlPath=" + path}
	second, third := o.open(t, o.c, over...), o.open(t, o.c, over...)
	for i, s := range []*screen{second, third, master} {
		s.see("alice has xterm, 90 by 30")
		s.resizes(uint16(100+10*i), 30)
		s.keys("j")
		s.see("key 'j'")
	}
	if n := len(o.srv.connections()); n != 1 {
		t.Errorf("%d connections", n)
	}
	if out, errs, code := o.run(t, o.c, o.login("say hello", over...), ""); out != "hello\n" || code != 0 {
		t.Errorf("exit code %d, %q, %q", code, out, errs)
	}
	o.leaves(t)
	second.keys("q")
	if code := second.exit(); code != 7 {
		t.Errorf("the exit code of the second is %d", code)
	}
	if why := o.leaves(t); why != "by itself" {
		t.Errorf("the second has ended: %s", why)
	}
	third.signal(syscall.SIGKILL)
	<-third.ended
	master.keys("k") // OpenSSH says that the third is gone when it has something else to do
	master.see("key 'k'")
	if why := o.leaves(t); why != ErrClosed.Error() {
		t.Errorf("the third has ended: %s", why)
	}
	master.keys("l")
	master.see("key 'l'")
	master.keys("q")
	if code := master.exit(); code != 7 {
		t.Errorf("the exit code of the first is %d", code)
	}
}

// TestEscape: a client that is told to disconnect ends its session at once.
func TestEscape(t *testing.T) {
	t.Parallel()
	o := newOpenSSH(t)
	s := o.open(t, o.c)
	s.see("alice has")
	s.keys("\r")
	s.see(`key '\r'`)
	s.keys("~.")
	if code := s.exit(); code != 255 {
		t.Errorf("exit code %d", code)
	}
	if why := o.leaves(t); why != ErrClosed.Error() {
		t.Errorf("the session has ended: %s", why)
	}
}

// TestNoForwarding: what OpenSSH offers beside sessions is refused, in words that
// its user sees, and a command works all the same.
func TestNoForwarding(t *testing.T) {
	t.Parallel()
	o := newOpenSSH(t)
	target, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = target.Close() }()
	go func() {
		for {
			nc, err := target.Accept()
			if err != nil {
				return
			}
			t.Error("somebody has come through")
			_ = nc.Close()
		}
	}()
	agent := filepath.Join(o.c.Dir(), "agent")
	al, err := net.Listen("unix", agent)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = al.Close() }()
	to := target.Addr().String()
	for _, tt := range []struct {
		name    string
		options []string
		errs    string
		code    int
		out     string
	}{
		{"remote", []string{"-R", "0:" + to}, "remote port forwarding failed", 0, "hello\n"},
		{"remote, or nothing", []string{"-o", "ExitOnForwardFailure=yes", "-R", "0:" + to}, "remote port forwarding failed", 255, ""},
		{"remote, dynamic", []string{"-R", "0"}, "remote port forwarding failed", 0, "hello\n"},
		{"remote, a socket", []string{"-R", "/tmp/x:" + to}, "remote port forwarding failed", 0, "hello\n"},
		{"standard input", []string{"-W", to}, "administratively prohibited", 255, ""},
		{"an agent", []string{"-o", "ForwardAgent=" + agent}, "", 0, "hello\n"},
		{"X11", []string{"-X"}, "X11 forwarding request failed", 0, "hello\n"},
		{"X11, trusted", []string{"-Y"}, "X11 forwarding request failed", 0, "hello\n"},
		{"a tunnel", []string{"-w", "any:any"}, "", -1, ""}, // it needs a device of this system,
		{"a subsystem", []string{"-s"}, "subsystem request failed", 255, ""},
		{"variables", []string{"-o", "SetEnv=LD_PRELOAD=/tmp/x"}, "", 0, "hello\n"},
		{"compression", []string{"-C"}, "", 0, "hello\n"},
	} {
		l := o.login("say hello", append([]string{"-o", "LogLevel=INFO"}, tt.options...)...)
		if tt.name == "standard input" {
			l.Command = ""
		}
		cmd := o.command(t, o.c, l)
		cmd.Env = append(cmd.Env, "DISPLAY=127.0.0.1:9")
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		_ = cmd.Run()
		code := cmd.ProcessState.ExitCode()
		if tt.code >= 0 && code != tt.code || out.String() != tt.out && tt.code >= 0 || !strings.Contains(errs.String(), tt.errs) {
			t.Errorf("%s: exit code %d, %q, %q; want %d, %q, %q", tt.name, code, out.String(), errs.String(), tt.code, tt.out, tt.errs)
		}
	}
}

// TestNoLocalForwarding: a port that the client listens on leads nowhere.
func TestNoLocalForwarding(t *testing.T) {
	t.Parallel()
	o := newOpenSSH(t)
	port := freePort(t)
	for _, tt := range []struct {
		options []string
		hello   string // what somebody says who comes in
	}{
		{[]string{"-L", "127.0.0.1:" + port + ":" + o.address}, ""},
		{[]string{"-D", "127.0.0.1:" + port}, "\x04\x01\x00\x16\x7f\x00\x00\x01\x00"}, // SOCKS 4
	} {
		cmd := o.command(t, o.c, o.login("wait", tt.options...))
		stdout, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := stdout.Read(make([]byte, 1)); err != nil { // it waits
			t.Fatal(err)
		}
		nc, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		_ = nc.SetDeadline(time.Now().Add(patience))
		_, _ = nc.Write([]byte(tt.hello))
		got := make([]byte, 100)
		if n, err := nc.Read(got); err == nil && !bytes.HasPrefix(got, []byte{0, 0x5b}) { // refused
			t.Errorf("%v leads to something: %q", tt.options, got[:n])
		}
		_ = nc.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		o.leaves(t)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// TestNoFiles: neither sftp nor scp gets anywhere.
func TestNoFiles(t *testing.T) {
	t.Parallel()
	o := newOpenSSH(t)
	args, err := o.c.Args(o.login(""))
	if err != nil {
		t.Fatal(err)
	}
	var options []string // without -p, which is another one there, and -T
	for i := 0; i < len(args)-1; i++ {
		switch args[i] {
		case "-p":
			options = append(options, "-P", args[i+1])
			i++
		case "-T":
		default:
			options = append(options, args[i])
		}
	}
	file := filepath.Join(o.c.Dir(), "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	host := args[len(args)-1]
	for _, tt := range [][]string{
		append([]string{"sftp", "-b", os.DevNull}, append(options, host)...),
		append([]string{"scp"}, append(options, file, host+":x")...),
		append([]string{"scp"}, append(options, host+":/etc/passwd", file)...),
		append([]string{"scp", "-O"}, append(options, file, host+":x")...),
		append([]string{"scp", "-O"}, append(options, host+":/etc/passwd", file)...),
	} {
		if _, err := exec.LookPath(tt[0]); err != nil {
			t.Logf("not tried: %s is not installed", tt[0])
			continue
		}
		cmd := exec.Command(tt[0], tt[1:]...)
		cmd.Env = o.c.Environ()
		if out, err := cmd.CombinedOutput(); err == nil {
			t.Errorf("%v: %s", tt[:2], out)
		}
	}
	if b, _ := os.ReadFile(file); string(b) != "x" {
		t.Errorf("a file was fetched: %q", b)
	}
}

// TestTries: whoever shows the right key as the sixth comes in, and as the seventh
// does not.
func TestTries(t *testing.T) {
	t.Parallel()
	o := newOpenSSH(t)
	for wrong, want := range map[int]bool{maxTries - 1: true, maxTries: false} {
		var options []string
		for i := range wrong {
			other, err := clients.New("ssh", t.TempDir(), newEd25519(byte(50+i)))
			if err != nil {
				t.Fatal(err)
			}
			options = append(options, "-i", filepath.Join(other.Dir(), "id_ed25519"))
		}
		out, errs, code := o.run(t, o.c, o.login("say hello", options...), "")
		if (out == "hello\n") != want || !want && !strings.Contains(errs, "oo many authentication failures") {
			t.Errorf("after %d others: exit code %d, %q, %q", wrong, code, out, errs)
		}
	}
}

//go:build unix

package serve

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// open listens at a path, and fails the test if that is not possible.
func open(t *testing.T, path string) *Listener {
	t.Helper()
	l, err := Listen(Socket{Paths: []string{path}})
	check(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// TestListen: the socket is for the owner and the group, and is gone when it is
// closed.
func TestListen(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o077)) // whatever it is
	path := filepath.Join(shortDir(t), "new", "s")
	l := open(t, path)
	st, err := os.Lstat(path)
	check(t, err)
	if st.Mode().Perm() != 0o660 || st.Mode()&os.ModeSocket == 0 || l.Path() != path || l.Addr().String() != path {
		t.Errorf("mode %v, path %s, address %s", st.Mode(), l.Path(), l.Addr())
	}
	if st, err := os.Stat(filepath.Dir(path)); err != nil || st.Mode().Perm() != 0o755 {
		t.Errorf("the folder that was made: %v, %v", st.Mode(), err)
	}
	if names, _ := os.ReadDir(filepath.Dir(path)); len(names) != 2 { // and the lock
		t.Errorf("there is more than the socket: %v", names)
	}
	check(t, l.Close())
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the closed socket is still there: %v", err)
	}
}

// TestStale: a socket that nobody listens on any more is taken over.
func TestStale(t *testing.T) {
	path := filepath.Join(shortDir(t), "s")
	old, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	check(t, err)
	old.SetUnlinkOnClose(false)
	check(t, old.Close())
	open(t, path)
	c, err := net.Dial("unix", path)
	check(t, err)
	_ = c.Close()
}

// TestLive: a socket that somebody serves is refused, with the process; also one
// that takes no lock, such as that of a systemd unit.
func TestLive(t *testing.T) {
	path := filepath.Join(shortDir(t), "s")
	first := open(t, path)
	want := fmt.Sprintf("cannot listen on %s: process %d already serves it", path, os.Getpid())
	if _, err := Listen(Socket{Paths: []string{path}}); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	c, err := net.Dial("unix", path)
	check(t, err)
	_ = c.Close()
	check(t, first.Close())
	other, err := net.Listen("unix", path)
	check(t, err)
	defer func() { _ = other.Close() }()
	if _, err := Listen(Socket{Paths: []string{path}}); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// TestReplaced: who closes leaves the socket of the next one alone.
func TestReplaced(t *testing.T) {
	path := filepath.Join(shortDir(t), "s")
	first := open(t, path)
	check(t, os.Remove(path))
	other, err := net.Listen("unix", path)
	check(t, err)
	defer func() { _ = other.Close() }()
	check(t, first.Close())
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("another's socket was removed: %v", err)
	}
}

// TestUnsafePath: where others could put a service of theirs, or have put
// something, nothing is served.
func TestUnsafePath(t *testing.T) {
	tests := []struct {
		name string
		make func(dir string) error
		path string
		says string
		root bool // it takes root to try
	}{
		{"a symbolic link", func(d string) error { return os.Symlink(d+"/elsewhere", d+"/s") }, "s", "it is a symbolic link", false},
		{"a file", func(d string) error { return os.WriteFile(d+"/s", nil, 0o600) }, "s", "there is something else than a socket", false},
		{"a folder", func(d string) error { return os.Mkdir(d+"/s", 0o700) }, "s", "there is something else than a socket", false},
		{"a folder that the group may write", func(d string) error { return os.Chmod(d, 0o770) }, "s", "others may write the folder", false},
		{"a folder that all may write", func(d string) error { return os.Chmod(d, 0o707) }, "s", "others may write the folder", false},
		{"one above that all may write", func(d string) error {
			return errors.Join(os.Mkdir(d+"/a", 0o777), os.Chmod(d+"/a", 0o777), os.Mkdir(d+"/a/b", 0o755))
		}, "a/b/s", "others may write the folder", false},
		{"no folder", func(string) error { return nil }, "a/b/s", "no such file", false},
		{"a file for a folder", func(d string) error { return os.WriteFile(d+"/a", nil, 0o600) }, "a/s", "not a", false},
		{"a folder of another user", func(d string) error { return errors.Join(os.Mkdir(d+"/a", 0o755), os.Chown(d+"/a", 12345, 0)) }, "a/s", "belongs to another user (uid 12345)", true},
		{"a link of another user", func(d string) error {
			return errors.Join(os.Mkdir(d+"/a", 0o755), os.Symlink(d+"/a", d+"/l"), os.Lchown(d+"/l", 12345, 0))
		}, "l/s", "symbolic link of another user", true},
		{"a socket of another user", func(d string) error {
			l, err := net.ListenUnix("unix", &net.UnixAddr{Name: d + "/s", Net: "unix"})
			if err != nil {
				return err
			}
			l.SetUnlinkOnClose(false)
			return errors.Join(l.Close(), os.Chown(d+"/s", 12345, 0))
		}, "s", "belongs to another user (uid 12345)", true},
		{"a lock of another user", func(d string) error {
			return errors.Join(os.WriteFile(d+"/s.lock", nil, 0o600), os.Chown(d+"/s.lock", 12345, 0))
		}, "s", "belongs to another user (uid 12345)", true},
		{"a lock that is a link", func(d string) error { return os.Symlink("/dev/null", d+"/s.lock") }, "s", "symbolic link", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.root && os.Geteuid() != 0 {
				t.Skip("only root can make it")
			}
			dir := shortDir(t)
			check(t, tt.make(dir))
			path := filepath.Join(dir, tt.path)
			before, _ := os.Lstat(path)
			l, err := Listen(Socket{Paths: []string{path}})
			if err == nil {
				_ = l.Close()
				t.Fatal("it was taken")
			}
			if !strings.Contains(err.Error(), tt.says) || !strings.HasPrefix(err.Error(), "cannot listen on ") {
				t.Errorf("error %v, want %q in it", err, tt.says)
			}
			if after, _ := os.Lstat(path); before != nil && !os.SameFile(before, after) {
				t.Error("what was there is gone")
			}
		})
	}
}

// TestChoose: the first path whose folder can be written, or made.
func TestChoose(t *testing.T) {
	dir := shortDir(t)
	check(t, os.Mkdir(dir+"/mine", 0o700))
	mine, toMake, none := dir+"/mine/s", dir+"/new/s", dir+"/a/b/c/s"
	for _, tt := range []struct {
		paths []string
		want  string
	}{
		{[]string{mine, toMake}, mine}, {[]string{toMake, mine}, toMake}, {[]string{none, mine}, mine}, {[]string{none}, none},
	} {
		if got := choose(tt.paths); got != tt.want {
			t.Errorf("of %q it is %s, want %s", tt.paths, got, tt.want)
		}
	}
	if _, err := Listen(Socket{}); !errors.Is(err, errNoPath) {
		t.Errorf("without a path: %v", err)
	}
}

// TestSocketGroup: the socket belongs to the group, by name or number.
func TestSocketGroup(t *testing.T) {
	gid := os.Getgid()
	if os.Geteuid() == 0 {
		gid = 4321
	}
	path := filepath.Join(shortDir(t), "s")
	l, err := Listen(Socket{Paths: []string{path}, Group: strconv.Itoa(gid)})
	check(t, err)
	defer func() { _ = l.Close() }()
	st, err := os.Stat(path)
	check(t, err)
	if got := int(st.Sys().(*syscall.Stat_t).Gid); got != gid {
		t.Errorf("the group is %d, want %d", got, gid)
	}
	_, err = Listen(Socket{Paths: []string{path + "2"}, Group: "no-such-group"})
	if err == nil || err.Error() != `cannot use socket_group "no-such-group": there is no such group` {
		t.Errorf("an unknown group: %v", err)
	}
}

// TestActivation: which sockets are systemd's, by the environment.
func TestActivation(t *testing.T) {
	for _, tt := range []struct {
		name    string
		environ []string
		n       int
		says    string
	}{
		{"nothing", nil, 0, ""},
		{"one", []string{"LISTEN_PID=7", "LISTEN_FDS=1"}, 1, ""},
		{"of another process", []string{"LISTEN_PID=8", "LISTEN_FDS=1"}, 0, ""},
		{"without a process", []string{"LISTEN_FDS=1"}, 0, ""},
		{"none", []string{"LISTEN_PID=7", "LISTEN_FDS=0"}, 0, ""},
		{"two", []string{"LISTEN_PID=7", "LISTEN_FDS=2"}, 0, "there are 2, and tapedeck serves one"},
		{"no number", []string{"LISTEN_PID=7", "LISTEN_FDS=x"}, 0, "LISTEN_FDS is no number"},
	} {
		n, err := activation(tt.environ, 7)
		if n != tt.n || (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %d, %v", tt.name, n, err)
		}
	}
}

// TestInherit: a socket that another process has opened is served, and stays
// where it is; what is no Unix socket is refused.
func TestInherit(t *testing.T) {
	path := filepath.Join(shortDir(t), "s")
	theirs, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	check(t, err)
	defer func() { _ = theirs.Close() }()
	f, err := theirs.File()
	check(t, err)
	fd, err := syscall.Dup(int(f.Fd()))
	check(t, err)
	_ = f.Close()
	l, err := inherit(uintptr(fd))
	check(t, err)
	if l.Path() != path {
		t.Errorf("its path is %s", l.Path())
	}
	go func() {
		if c, err := l.Accept(); err == nil {
			_ = c.Close()
		}
	}()
	c, err := net.Dial("unix", path)
	check(t, err)
	_ = c.Close()
	check(t, l.Close())
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the socket of systemd was removed: %v", err)
	}
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer func() { _ = tcp.Close() }()
	f, err = tcp.(*net.TCPListener).File()
	check(t, err)
	fd, err = syscall.Dup(int(f.Fd()))
	check(t, err)
	_ = f.Close()
	if _, err := inherit(uintptr(fd)); err == nil || !strings.Contains(err.Error(), "it is no Unix socket") {
		t.Errorf("a TCP socket: %v", err)
	}
}

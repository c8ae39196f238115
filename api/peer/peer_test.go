//go:build linux || darwin

package peer

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func listen(t *testing.T, dir string) net.Listener {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	check(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// TestPeer: the kernel tells the user, the process and the groups of a peer.
func TestPeer(t *testing.T) {
	l := listen(t, t.TempDir())
	c, err := net.Dial("unix", l.Addr().String())
	check(t, err)
	defer func() { _ = c.Close() }()
	s, err := l.Accept()
	check(t, err)
	defer func() { _ = s.Close() }()
	p, err := Of(s)
	check(t, err)
	groups, err := os.Getgroups()
	check(t, err)
	slices.Sort(groups)
	slices.Sort(p.Groups)
	if p.UID != os.Getuid() || p.GID != os.Getgid() || p.PID != os.Getpid() || !slices.Equal(slices.Compact(p.Groups), slices.Compact(groups)) {
		t.Errorf("the peer is %+v, want uid %d, gid %d, pid %d, groups %v", p, os.Getuid(), os.Getgid(), os.Getpid(), groups)
	}
	a, b := net.Pipe()
	defer func() { _, _ = a.Close(), b.Close() }()
	if _, err := Of(a); !errors.Is(err, ErrUnknown) {
		t.Errorf("what is no Unix socket: %v", err)
	}
}

// TestPeerOfAnother: with root, of another user with many groups.
func TestPeerOfAnother(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if os.Geteuid() != 0 || err != nil || runtime.GOOS != "linux" {
		t.Skip("it takes Linux, root and curl")
	}
	dir, err := os.MkdirTemp("", "td")
	check(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	check(t, os.Chmod(dir, 0o755))
	l := listen(t, dir)
	check(t, os.Chmod(l.Addr().String(), 0o666))
	var groups []uint32
	for i := range 200 {
		groups = append(groups, uint32(7000+i))
	}
	cmd := exec.Command(curl, "-s", "--unix-socket", l.Addr().String(), "http://tapedeck/")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 12345, Gid: 23456, Groups: groups}}
	check(t, cmd.Start())
	s, err := l.Accept()
	check(t, err)
	p, err := Of(s)
	_ = s.Close()
	_ = cmd.Wait()
	if err != nil || p.UID != 12345 || p.GID != 23456 || p.PID != cmd.Process.Pid || len(p.Groups) != len(groups) || p.Groups[199] != 7199 {
		t.Errorf("%+v, %v", p, err)
	}
}

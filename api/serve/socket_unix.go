//go:build unix

package serve

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"tapedeck/api/peer"
	"tapedeck/api/state"
)

// Modes of the socket and of a folder that is made for it.
const (
	socketMode fs.FileMode = 0o660
	folderMode fs.FileMode = 0o755
)

// probeTime is how long a connection that finds out whether a service is there
// may take.
const probeTime = time.Second

// Listen opens the socket of the service: that of systemd, where there is one,
// else the first path that can be used. One that nobody listens on any more is
// taken over; one where a service is there is refused, by its process.
//
// A folder or a socket of another user than root, a symbolic link of one, and a
// folder that others may write are refused: whoever owns them could put another
// service in the place of this one.
func Listen(s Socket) (*Listener, error) {
	if n, err := activation(s.Environ, os.Getpid()); err != nil {
		return nil, err
	} else if n > 0 {
		return inherit(firstFD)
	}
	if len(s.Paths) == 0 {
		return nil, &Error{What: "cannot listen: " + errNoPath.Error(), Next: "set socket to a path such as /run/tapedeck/tapedeck.sock", Err: errNoPath}
	}
	path := choose(s.Paths)
	gid, err := groupID(s.Group)
	if err != nil {
		return nil, err
	}
	return listenAt(path, gid)
}

// inherit takes over the socket with this number, which systemd has opened. Its
// mode and group are the business of the socket unit.
func inherit(fd uintptr) (*Listener, error) {
	syscall.CloseOnExec(int(fd))
	f := os.NewFile(fd, "socket of systemd")
	if f == nil {
		return nil, &Error{What: "cannot take the socket of systemd: it is not open"}
	}
	defer func() { _ = f.Close() }()
	l, err := net.FileListener(f)
	if err != nil {
		return nil, &Error{What: "cannot take the socket of systemd: " + err.Error(), Err: err}
	}
	u, ok := l.(*net.UnixListener)
	if !ok {
		_ = l.Close()
		return nil, &Error{What: "cannot take the socket of systemd: it is no Unix socket", Next: "write ListenStream=/run/tapedeck/tapedeck.sock in the socket unit"}
	}
	u.SetUnlinkOnClose(false) // it is systemd's
	return &Listener{Listener: u, path: cmp.Or(u.Addr().String(), "the socket of systemd")}, nil
}

// choose returns the first path whose folder this process may write, or could
// make; the last one where it may write none.
func choose(paths []string) string {
	for _, path := range paths {
		dir := filepath.Dir(path)
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			dir = filepath.Dir(dir)
		}
		if unix.Access(dir, unix.W_OK|unix.X_OK) == nil {
			return path
		}
	}
	return paths[len(paths)-1]
}

// groupID returns the number of a group; -1 for an empty name.
func groupID(name string) (int, error) {
	if name == "" {
		return -1, nil
	}
	g, err := user.LookupGroup(name)
	if err == nil {
		name = g.Gid
	}
	gid, nerr := strconv.ParseUint(name, 10, 31)
	if nerr != nil {
		return 0, &Error{What: fmt.Sprintf("cannot use socket_group %q: there is no such group", name), Next: "make it with groupadd " + name + ", or name another one"}
	}
	return int(gid), nil
}

// listenAt opens a socket at path.
func listenAt(path string, gid int) (*Listener, error) {
	dir, err := checkFolder(filepath.Dir(path))
	if err != nil {
		return nil, cannotListen(path, err, "choose a folder that only root or the service's user may write, with socket = \"PATH\"")
	}
	name := filepath.Base(path)
	path = filepath.Join(dir, name)
	lock, err := lockSocket(dir, name)
	if err != nil {
		return nil, cannotListen(path, err, "tapedeck sessions --socket "+path+" says who uses it")
	}
	l, err := bind(path, gid)
	if err != nil {
		_ = lock.Close()
		return nil, err
	}
	own, _ := os.Lstat(path)
	return &Listener{Listener: l, path: path, release: func() {
		if now, err := os.Lstat(path); err == nil && own != nil && os.SameFile(own, now) {
			_ = os.Remove(path)
		}
		_ = lock.Close()
	}}, nil
}

// checkFolder returns the folder of a socket without symbolic links, and makes
// it if only it is missing. It refuses one in which others could put a socket of
// theirs.
func checkFolder(dir string) (string, error) {
	if err := os.Mkdir(dir, folderMode); err == nil {
		_ = os.Chmod(dir, folderMode) // whatever the umask has left of it
	}
	if _, err := state.At(dir); err != nil { // which refuses links of others
		return "", err
	}
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", err
	}
	loose := fs.FileMode(0o022)
	for at := dir; ; at = filepath.Dir(at) {
		st, err := os.Lstat(at)
		if err != nil {
			return "", err
		}
		if uid := ownerOf(st); uid != 0 && uid != os.Geteuid() {
			return "", fmt.Errorf("the folder %s belongs to another user (uid %d)", at, uid)
		}
		if st.Mode().Perm()&loose != 0 && st.Mode()&fs.ModeSticky == 0 {
			return "", fmt.Errorf("others may write the folder %s", at)
		}
		if at == filepath.Dir(at) {
			return dir, nil
		}
		loose = 0o002 // a group above may be meant, as on some systems
	}
}

func ownerOf(st fs.FileInfo) int {
	s, ok := st.Sys().(*syscall.Stat_t)
	if !ok {
		return -1
	}
	return int(s.Uid)
}

// lockSocket takes the lock of a socket's name, for as long as the file is open.
func lockSocket(dir, name string) (*os.File, error) {
	files, err := state.At(dir)
	if err != nil {
		return nil, err
	}
	lock, err := files.OpenOwn(name+".lock", os.O_RDWR|os.O_CREATE)
	if err != nil {
		return nil, err
	}
	locked, err := state.TryLock(lock)
	if err == nil && !locked {
		err = servedBy(filepath.Join(dir, name))
	}
	if err != nil {
		_ = lock.Close()
		return nil, err
	}
	return lock, nil
}

// servedBy says which process serves a socket.
func servedBy(path string) error {
	pid, _ := probe(path)
	if pid > 0 {
		return fmt.Errorf("process %d already serves it", pid)
	}
	return errors.New("another process already serves it")
}

// probe reports whether somebody listens on a socket, and which process that is,
// where it is known.
func probe(path string) (pid int, live bool) {
	c, err := net.DialTimeout("unix", path, probeTime)
	if err != nil {
		return 0, !errors.Is(err, syscall.ECONNREFUSED) && !errors.Is(err, fs.ErrNotExist)
	}
	defer func() { _ = c.Close() }()
	p, err := peer.Of(c)
	if err != nil {
		return 0, true
	}
	return p.PID, true
}

// bind makes the socket, with its mode and group, beside its path, and then puts
// it there: nobody can connect before, and what was there is replaced in one step.
func bind(path string, gid int) (net.Listener, error) {
	switch st, err := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, cannotListen(path, err, "")
	case st.Mode()&fs.ModeSymlink != 0:
		return nil, cannotListen(path, errors.New("it is a symbolic link"), "remove it")
	case st.Mode()&fs.ModeSocket == 0:
		return nil, cannotListen(path, errors.New("there is something else than a socket"), "move it away, or choose another path")
	case ownerOf(st) != os.Geteuid() && ownerOf(st) != 0:
		return nil, cannotListen(path, fmt.Errorf("the socket there belongs to another user (uid %d)", ownerOf(st)), "choose another path")
	default:
		if _, live := probe(path); live {
			return nil, cannotListen(path, servedBy(path), "stop it, or choose another path with --socket PATH")
		}
	}
	temp := filepath.Join(filepath.Dir(path), "."+rand.Text()[:8])
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: temp, Net: "unix"})
	if err != nil {
		return nil, cannotListen(path, err, "")
	}
	l.SetUnlinkOnClose(false)
	err = os.Chmod(temp, socketMode)
	if err == nil && gid >= 0 {
		if err = os.Chown(temp, -1, gid); err != nil {
			err = fmt.Errorf("give it to the group %d: %w", gid, err)
		}
	}
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		_ = l.Close()
		_ = os.Remove(temp)
		return nil, cannotListen(path, err, "the service's user must be a member of socket_group, or root")
	}
	return l, nil
}

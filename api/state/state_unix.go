//go:build unix

package state

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// openFlags: a link is not followed, a pipe without a writer does not block,
// and a terminal does not become this process's own.
const (
	openFlags  = syscall.O_NOFOLLOW | plainFlags
	plainFlags = syscall.O_NONBLOCK | syscall.O_NOCTTY
)

// owner returns the owner and the group of a file, and how many names it has.
func owner(st fs.FileInfo) (uid, gid int, links uint64) {
	s, ok := st.Sys().(*syscall.Stat_t)
	if !ok {
		return -1, -1, 1
	}
	return int(s.Uid), int(s.Gid), uint64(s.Nlink)
}

// checkLink has nothing to do: O_NOFOLLOW did it.
func checkLink(string, fs.FileInfo) error { return nil }

// giveFolder gives a folder that this process has just made to a user. By the
// open folder: nobody can put something else in its place.
func giveFolder(path string, uid, gid int) error {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_DIRECTORY|openFlags, 0)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	if is, _, _ := owner(st); is != 0 {
		return refuse(path, "it belongs to another user (uid %d)", is)
	}
	return f.Chown(uid, gid)
}

// TryLock locks f for this handle alone; false when another one has it.
func TryLock(f *os.File) (bool, error) {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, syscall.EWOULDBLOCK):
			return false, nil
		case !errors.Is(err, syscall.EINTR):
			return false, err
		}
	}
}

// Unlock lets go of the lock of f.
func Unlock(f *os.File) { _ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }

func syncDir(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return f.Sync()
}

// isUnsupported reports whether a file system cannot sync a directory: CIFS,
// 9p and some of FUSE say so.
func isUnsupported(err error) bool {
	return errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) || errors.Is(err, syscall.EOPNOTSUPP) ||
		errors.Is(err, syscall.ENOSYS)
}

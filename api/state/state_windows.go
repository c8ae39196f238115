package state

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

const (
	openFlags  = 0
	plainFlags = 0
)

// owner knows none: access is by lists, which the user's profile has.
func owner(fs.FileInfo) (uid, gid int, links uint64) { return -1, -1, 1 }

// checkLink refuses a file that was opened through a link.
func checkLink(path string, st fs.FileInfo) error {
	at, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if !os.SameFile(at, st) {
		return refuse(path, "it is a symbolic link")
	}
	return nil
}

func giveFolder(string, int, int) error { return nil }

// TryLock locks a byte of f for this handle alone; false when another one has it.
func TryLock(f *os.File) (bool, error) {
	err := windows.LockFileEx(windows.Handle(f.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, new(windows.Overlapped))
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return false, nil
	}
	return err == nil, err
}

// Unlock lets go of the lock of f.
func Unlock(f *os.File) {
	_ = windows.UnlockFileEx(windows.Handle(f.Fd()), 0, 1, 0, new(windows.Overlapped))
}

// syncDir does nothing: a directory cannot be flushed.
func syncDir(string) error { return nil }

func isUnsupported(error) bool { return false }

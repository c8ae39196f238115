//go:build unix

package doctor

import (
	"io/fs"
	"syscall"

	"golang.org/x/sys/unix"
)

// writable says why files cannot be made in a folder.
func writable(dir string) error {
	return unix.Access(dir, unix.W_OK|unix.X_OK)
}

// ownerOf returns the owner of a file; -1 where there is none.
func ownerOf(st fs.FileInfo) int {
	if s, ok := st.Sys().(*syscall.Stat_t); ok {
		return int(s.Uid)
	}
	return -1
}

// freeBytes returns how much can be written where a folder is; -1 where that is
// not known.
func freeBytes(dir string) int64 {
	var s unix.Statfs_t
	if unix.Statfs(dir, &s) != nil {
		return -1
	}
	return int64(s.Bavail) * int64(s.Bsize)
}

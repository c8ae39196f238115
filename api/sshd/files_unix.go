//go:build unix

package sshd

import (
	"io/fs"
	"syscall"
)

// openFlags keep an open from waiting at a pipe, and from giving this process a
// terminal.
const openFlags = syscall.O_NONBLOCK | syscall.O_NOCTTY | syscall.O_CLOEXEC

// ownerOf returns the user of a file; -1 where there is none.
func ownerOf(st fs.FileInfo) int {
	if s, ok := st.Sys().(*syscall.Stat_t); ok {
		return int(s.Uid)
	}
	return -1
}

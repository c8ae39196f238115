//go:build unix && !linux

package terminal

import "golang.org/x/sys/unix"

const getTermios = unix.TIOCGETA

func dup2(from, to int) error { return unix.Dup2(from, to) }

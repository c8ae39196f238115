package terminal

import "golang.org/x/sys/unix"

const getTermios = unix.TCGETS

func dup2(from, to int) error { return unix.Dup3(from, to, 0) }

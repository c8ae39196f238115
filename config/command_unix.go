//go:build unix

package config

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// isolate gives a command that has not been started a process group of its own,
// which ends as a whole: when the command is canceled, and in end, which is
// called when the command has ended. On a terminal that group is in the
// foreground meanwhile, so that the command can ask for a password.
func isolate(cmd *exec.Cmd) (end func()) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	kill := func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.Cancel = kill
	giveBack := takeTerminal(cmd.SysProcAttr)
	return func() {
		if cmd.Process != nil {
			_ = kill() // there may be none left
		}
		giveBack()
	}
}

// takeTerminal has a command start in the foreground of the terminal, if this
// process is there, and returns what takes the foreground back.
func takeTerminal(attr *syscall.SysProcAttr) (giveBack func()) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return func() {}
	}
	fd := int(tty.Fd())
	group, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP)
	if err != nil || group != unix.Getpgrp() {
		_ = tty.Close()
		return func() {}
	}
	attr.Foreground, attr.Ctty = true, fd
	return func() {
		// A process in the background is stopped for this, unless it ignores that.
		if !signal.Ignored(syscall.SIGTTOU) {
			signal.Ignore(syscall.SIGTTOU)
			defer signal.Reset(syscall.SIGTTOU)
		}
		_ = unix.IoctlSetPointerInt(fd, unix.TIOCSPGRP, group)
		_ = tty.Close()
	}
}

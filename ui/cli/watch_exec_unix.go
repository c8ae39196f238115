//go:build unix

package cli

import (
	"os/exec"
	"syscall"
)

// killGroup gives a command that has not been started a process group of its
// own, which ends as a whole when the command is canceled.
func killGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

//go:build unix

package alarm

import (
	"os/exec"
	"syscall"
)

// isolate gives a command that has not been started a session of its own: it has
// no terminal to write to or to ask at, and its process group ends as a whole, when
// the command is canceled, and in end, which is called when it has ended.
func isolate(cmd *exec.Cmd) (end func()) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	kill := func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.Cancel = kill
	return func() {
		if cmd.Process != nil {
			_ = kill() // there may be none left
		}
	}
}

package alarm

import "os/exec"

// isolate leaves it at ending the command itself.
func isolate(*exec.Cmd) (end func()) { return func() {} }

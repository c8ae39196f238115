package cli

import "os/exec"

// killGroup leaves it at ending the command itself.
func killGroup(*exec.Cmd) {}

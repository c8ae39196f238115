//go:build !linux

package main

// sshRoleEnv has the program of the tests be a part of the benchmarks of SSH, which
// are for Linux.
const sshRoleEnv = "SSHBENCH_ROLE"

func runSSHRole(string) {}

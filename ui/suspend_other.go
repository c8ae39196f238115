//go:build !unix

package ui

// canSuspend reports that there are no jobs here to come back to.
func canSuspend() bool { return false }

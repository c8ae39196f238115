//go:build !unix

package ui

// whyNoSuspend says that there are no jobs here to come back to.
func whyNoSuspend() string { return "this system has no job control" }

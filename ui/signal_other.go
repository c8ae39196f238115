//go:build !unix

package ui

// watchSignals watches nothing: there are no such signals here.
func watchSignals(_, _ func()) (stop func()) { return func() {} }

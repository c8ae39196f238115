//go:build unix

package terminal

import "io"

// isConsole reports false: terminals are read as they are.
func isConsole(io.Reader) bool { return false }

// readConsole reads nothing: there are no consoles here.
func (in *Input) readConsole() {}

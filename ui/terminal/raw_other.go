//go:build !windows

package terminal

import (
	"io"
	"os"

	"github.com/charmbracelet/x/term"
)

// makeRaw makes a terminal raw, and returns how it was.
func makeRaw(in *os.File, _ io.Writer) (*term.State, error) { return term.MakeRaw(in.Fd()) }

package terminal

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Clipboard returns the sequence that sends a text to the clipboard of the
// user's own terminal, through the program that it is in. PassedOn is false
// where that program is tmux, which passes it on with one of its settings only.
func (t Terminal) Clipboard(s string) (seq string, passedOn bool) {
	seq = ansi.SetSystemClipboard(s)
	term := variable(t.Environ, "TERM")
	switch {
	case variable(t.Environ, "TMUX") != "":
		return seq, false
	case variable(t.Environ, "STY") != "":
		return ansi.ScreenPassthrough(seq, 0), true
	case strings.HasPrefix(term, "tmux"), strings.HasPrefix(term, "screen"): // on another host
		return seq, false
	}
	return seq, true
}

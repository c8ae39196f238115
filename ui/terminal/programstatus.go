package terminal

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// statusID names the record of this program's status: the records of others on
// the same terminal stay as they are.
const statusID = "tapedeck"

// clearStatus takes the record away.
const clearStatus = "\x1b]7501;state=clear:id=" + statusID + "\a"

// statusSequence returns what tells a terminal a status by the program status
// protocol (OSC 7501), as that of this program.
func statusSequence(s ansi.ProgramStatus) string {
	if s.State == "" {
		return clearStatus
	}
	s.ID, s.App = statusID, statusID
	return ansi.SetProgramStatus(s)
}

// takesStatus reports whether the terminal may be told a status. One that does not
// know the protocol ignores it. So does tmux, and it is not passed through tmux to
// the terminal outside: there the status of a pane that is not shown could not be
// cleared. GNU Screen prints what is too long for it.
func (t Terminal) takesStatus() bool {
	switch {
	case variable(t.Environ, "TMUX") != "":
		return true
	case variable(t.Environ, "STY") != "":
		return false
	}
	return !strings.HasPrefix(variable(t.Environ, "TERM"), "screen") // on another host
}

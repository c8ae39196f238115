package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// clipboardMsg brings whether the program that the terminal is in has taken what
// was copied.
type clipboardMsg struct {
	sid string
	err error
}

// copied is what is said of a SID that was copied: whole, so that it can be
// selected where no clipboard has taken it. No terminal says whether it did.
func copied(sid string) string { return "sent to the terminal's clipboard: " + sid }

// copyText sends a SID to the clipboard of the user's own terminal.
func (m *Model) copyText(sid string, now time.Time) tea.Cmd {
	// What tmux passes on by itself depends on its settings.
	if load, ctx := m.o.Terminal.Copy, m.ctx; load != nil {
		return func() tea.Msg { return clipboardMsg{sid, load(ctx, sid)} }
	}
	return m.copyByTerminal(sid, now)
}

// copyByTerminal has the terminal itself take a SID.
func (m *Model) copyByTerminal(sid string, now time.Time) tea.Cmd {
	m.say(copied(sid), now)
	seq, passedOn := m.o.Terminal.Clipboard(sid)
	if !passedOn {
		m.status.Hint("tmux passes it on with: set -s set-clipboard on")
	}
	return toTerminal(seq)
}

// loaded says what became of a SID that tmux was given.
func (m *Model) loaded(msg clipboardMsg, now time.Time) tea.Cmd {
	if msg.err != nil {
		return m.copyByTerminal(msg.sid, now)
	}
	m.say(copied(msg.sid), now)
	return nil
}

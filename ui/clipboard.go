package ui

import (
	"context"
	"os/exec"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// tmuxLimit is how long tmux may take to take a text.
const tmuxLimit = time.Second

// clipboardMsg brings whether tmux has taken what was copied.
type clipboardMsg struct {
	sid string
	err error
}

// copied is what is said of a SID that was copied: whole, so that it can be
// selected where no clipboard has taken it. No terminal says whether it did.
func copied(sid string) string { return "sent to the terminal's clipboard: " + sid }

// copyText sends a SID to the clipboard of the user's own terminal.
func (m *Model) copyText(sid string, now time.Time) tea.Cmd {
	switch env := m.environ(); {
	case env["TMUX"] != "" && m.o.tmux != nil:
		// What tmux passes on by itself depends on its settings.
		load, ctx := m.o.tmux, m.ctx
		return func() tea.Msg { return clipboardMsg{sid, load(ctx, sid)} }
	case env["STY"] != "":
		m.say(copied(sid), now)
		return toTerminal(ansi.ScreenPassthrough(ansi.SetSystemClipboard(sid), 0))
	case strings.HasPrefix(env["TERM"], "tmux"), strings.HasPrefix(env["TERM"], "screen"):
		return m.copyByTmux(sid, now)
	}
	m.say(copied(sid), now)
	return toTerminal(ansi.SetSystemClipboard(sid))
}

// copyByTmux has tmux pass a SID on, which it does with one of its settings
// only.
func (m *Model) copyByTmux(sid string, now time.Time) tea.Cmd {
	m.say(copied(sid), now)
	m.status.Hint("tmux passes it on with: set -s set-clipboard on")
	return toTerminal(ansi.SetSystemClipboard(sid))
}

// loaded says what became of a SID that tmux was given.
func (m *Model) loaded(msg clipboardMsg, now time.Time) tea.Cmd {
	if msg.err != nil {
		return m.copyByTmux(msg.sid, now)
	}
	m.say(copied(msg.sid), now)
	return nil
}

// environ returns the variables that say where the terminal is.
func (m *Model) environ() map[string]string {
	env := map[string]string{}
	for _, kv := range m.o.Environ {
		k, v, _ := strings.Cut(kv, "=")
		switch k {
		case "TMUX", "STY", "TERM", "PATH", "TMUX_TMPDIR":
			env[k] = v
		}
	}
	return env
}

// tmuxLoader returns what gives tmux a text for the clipboard of its terminal.
// tmux is told what it needs of the environment, and nothing else of it.
func tmuxLoader(m *Model) func(ctx context.Context, s string) error {
	var env []string
	for k, v := range m.environ() {
		env = append(env, k+"="+v)
	}
	return func(ctx context.Context, s string) error {
		ctx, cancel := context.WithTimeout(ctx, tmuxLimit)
		defer cancel()
		cmd := exec.CommandContext(ctx, "tmux", "load-buffer", "-w", "-")
		cmd.Env, cmd.Stdin = env, strings.NewReader(s)
		return cmd.Run()
	}
}

package terminal

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/charmbracelet/x/term"
)

// Local is the terminal that this process was started on.
type Local struct{ in, out *os.File }

// NewLocal returns the terminal whose input and output these files are.
func NewLocal(in, out *os.File) Local { return Local{in, out} }

// Terminal returns it for a session with an environment. Input that is no
// terminal has no modes, and nobody at its keys to suspend for.
func (l Local) Terminal(environ []string) Terminal {
	w, h := l.Size()
	t := Terminal{In: l.in, Out: l.out, Environ: environ, Width: w, Height: h, Sizes: l.sizes}
	if term.IsTerminal(l.in.Fd()) {
		t.Raw, t.Device = true, l
	}
	if variable(environ, "TMUX") != "" {
		t.Copy = tmuxLoader(environ)
	}
	return t
}

// Size returns the size of the terminal now; 0 where that is not known.
func (l Local) Size() (w, h int) {
	w, h, err := term.GetSize(l.out.Fd())
	if err != nil {
		return 0, 0
	}
	return w, h
}

// MakeRaw makes the terminal raw. What it returns puts back what was before.
func (l Local) MakeRaw() (restore func(), err error) {
	state, err := makeRaw(l.in, l.out)
	if err != nil {
		return nil, err
	}
	return func() { _ = term.Restore(l.in.Fd(), state) }, nil
}

// tmuxLimit is how long tmux may take to take a text.
const tmuxLimit = time.Second

// tmuxLoader returns what gives tmux a text for the clipboard of its terminal.
// tmux is told what it needs of the environment, and nothing else of it.
func tmuxLoader(environ []string) func(ctx context.Context, s string) error {
	var env []string
	for _, name := range []string{"TMUX", "TMUX_TMPDIR", "TERM", "PATH"} {
		if v := variable(environ, name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	return func(ctx context.Context, s string) error {
		ctx, cancel := context.WithTimeout(ctx, tmuxLimit)
		defer cancel()
		cmd := exec.CommandContext(ctx, "tmux", "load-buffer", "-w", "-")
		cmd.Env, cmd.Stdin = env, strings.NewReader(s)
		return cmd.Run()
	}
}

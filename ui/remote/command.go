package remote

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"tapedeck/api/crash"
	"tapedeck/api/sshd"
	"tapedeck/api/text"
	"tapedeck/ui/times"
)

// Commands are those that a session may ask for.
var Commands = []string{"list", "show", "watch", "pause", "resume", "ack", "status"}

// ErrInterrupted is why a command ends whose person has pressed ctrl+c.
var ErrInterrupted = errors.New("interrupted")

// Command is a command that a session asks for.
type Command struct {
	Args    []string // the first is one of [Commands]
	Environ []string // of the session
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	// Terminal is that there is one, at which somebody may answer questions, and
	// Width its columns.
	Terminal bool
	Width    int
	Zone     *time.Location // where its person is
	// Transport carries the requests of the command to the service.
	Transport http.RoundTripper
	// Hook is what is done with a panic of a goroutine of the command.
	Hook *crash.Hook
}

// command runs the command of a session.
func (h *Handler) command(ctx context.Context, se *sshd.Session) (exit int) {
	s := sessionOf(se)
	args, err := Split(se.Command)
	if err != nil {
		return s.refuse(codeUsage, "cannot read the command: "+err.Error(), `quote with ' or ": ssh HOST "list --filter 'paused>1m'"`)
	}
	if len(args) == 0 || !slices.Contains(Commands, args[0]) {
		what := "no command was named"
		if len(args) > 0 {
			what = "there is no command " + quoted(args[0]) + " over SSH"
		}
		return s.refuse(codeUsage, what, "there are "+strings.Join(Commands, ", ")+"; without a command, the dashboard")
	}
	inside, code := h.enter(s, args[0])
	if code != 0 {
		return code
	}
	defer inside.Leave("its command ended")
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c := Command{
		Args: args, Environ: s.environ, Stdout: writer(s.Write), Stderr: s.stderr, Stdin: se,
		Transport: inside.Transport(), Hook: crash.New(cancel), Zone: zoneOf(s.environ),
	}
	if se.PTY != nil {
		c.Terminal, c.Width, c.Stdout = true, se.PTY.Width, lineEnds{c.Stdout}
		c.Stdin = cooked(se, c.Stdout, func() { cancel(ErrInterrupted) }, c.Hook)
	}
	exit = h.o.Run(ctx, c)
	if h.broken(s, context.Cause(ctx)) {
		return codeFailed
	}
	return exit
}

// quoted returns a text in quotes, safe to show, and short.
func quoted(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return `"` + text.New(s).String() + `"`
}

// inWords says a time: 59m, 1h.
func inWords(d time.Duration) string { return times.Short(d) }

// zoneOf returns where the person of a session is, by its TZ; without one that is
// known, where this host is.
func zoneOf(environ []string) *time.Location {
	for _, kv := range environ {
		if name, ok := strings.CutPrefix(kv, "TZ="); ok {
			if zone, err := time.LoadLocation(strings.TrimPrefix(name, ":")); err == nil && name != "" {
				return zone
			}
		}
	}
	return time.Local
}

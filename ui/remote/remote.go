// Package remote is one session over SSH: a dashboard, or one command, of somebody
// who has a key and no account on the host. Both work on the decks of the service,
// in its process, as whoever has logged in.
//
// Nothing of the process is the session's: not its environment, its files or its
// terminal. What a session may do, the service says for each act.
package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"tapedeck/api/crash"
	"tapedeck/api/local"
	"tapedeck/api/sshd"
	"tapedeck/api/text"
	"tapedeck/config"
	"tapedeck/ui/attached"
)

// Inside is what a session has of the service, as whoever has logged in.
type Inside interface {
	attached.Deck
	// Transport carries the requests of a command to the service.
	Transport() http.RoundTripper
	// Leave ends the session, with why.
	Leave(why string)
}

// Service is the service in whose process the sessions are.
type Service interface {
	// Admits returns whether somebody may come in, and whether that is only to
	// look.
	Admits(id sshd.Identity) (looks, ok bool)
	// Enter begins a session. The error is a [*local.RefusalError]. It calls end once,
	// in the background, where somebody, or the service, ends the session.
	Enter(id sshd.Identity, screen local.Screen, end func(why string)) (Inside, error)
}

// Options are what all sessions have.
type Options struct {
	Service Service
	// Run runs a command in this process, and returns its exit code.
	Run func(ctx context.Context, c Command) int
	// Settings are those of the service.
	Settings config.Config
	// Say writes a line for the administrator; nil for nowhere.
	Say func(format string, args ...any)
}

// Handler serves the sessions of an SSH server.
type Handler struct{ o Options }

// New returns a handler.
func New(o Options) *Handler {
	if o.Say == nil {
		o.Say = func(string, ...any) {}
	}
	return &Handler{o}
}

// Admit refuses those who have no role.
func (h *Handler) Admit(id sshd.Identity) *sshd.Refused {
	if _, ok := h.o.Service.Admits(id); !ok {
		return &sshd.Refused{Reason: sshd.NoRole, Detail: id.Fingerprint}
	}
	return nil
}

// The exit codes of a session that was not served, as the commands have them.
const (
	codeFailed       = 1
	codeUsage        = 2
	codeUnauthorized = 4
)

// Serve serves one session, and returns its exit status.
func (h *Handler) Serve(ctx context.Context, s *sshd.Session) (exit int) {
	if s.Exec {
		return h.command(ctx, s)
	}
	return h.dashboard(ctx, s)
}

// session is what both kinds of sessions have.
type session struct {
	*sshd.Session
	environ []string
	stderr  io.Writer
}

func sessionOf(s *sshd.Session) *session {
	out := &session{Session: s, environ: environOf(s), stderr: writer(s.WriteError)}
	if s.PTY != nil {
		out.stderr = lineEnds{out.stderr}
	}
	return out
}

// environOf returns the environment of a session: TERM is that of its terminal.
func environOf(s *sshd.Session) (environ []string) {
	for _, kv := range s.Environ {
		if s.PTY == nil || !strings.HasPrefix(kv, "TERM=") {
			environ = append(environ, kv)
		}
	}
	if s.PTY != nil {
		environ = append(environ, "TERM="+s.PTY.Term)
	}
	return environ
}

// refuse says why a session is not served, and the next step, and returns the exit
// code.
func (s *session) refuse(code int, what, hint string) int {
	s.say("%s", what)
	if hint != "" {
		_, _ = fmt.Fprintf(s.stderr, "  hint: %s\n", text.New(hint))
	}
	return code
}

// say writes a line to the person.
func (s *session) say(format string, args ...any) {
	_, _ = fmt.Fprintf(s.stderr, "tapedeck: %s\n", text.New(fmt.Sprintf(format, args...)))
}

// enter begins the session in the service. Where it is refused the exit code is
// not 0.
func (h *Handler) enter(s *session, command string) (inside Inside, code int) {
	inside, err := h.o.Service.Enter(s.Identity, local.Screen{Command: command}, func(why string) {
		s.End(&attached.EndedError{Why: why, Next: "log in again"})
	})
	if err == nil {
		return inside, 0
	}
	what := "cannot log in: " + err.Error()
	r, refused := errors.AsType[*local.RefusalError](err)
	switch {
	case !refused:
		return nil, s.refuse(codeFailed, what, "")
	case r.Code == local.CodeRole, r.Code == local.CodeUser, r.Code == local.CodeEnded:
		return nil, s.refuse(codeUnauthorized, what, r.Hint)
	}
	return nil, s.refuse(codeFailed, what, r.Hint)
}

// broken says that a part of a session has failed: to its person in a line, to the
// administrator with where.
func (h *Handler) broken(s *session, err error) (is bool) {
	failed, is := errors.AsType[*crash.Error](err)
	if is {
		s.say("%v", err)
		h.o.Say("ssh: a session of %s has failed: %v\n%s", s.Identity.Fingerprint, failed, failed.Stack)
	}
	return is
}

// partingWords says why a session ends that its person has not ended, and the next
// step; empty where nobody is there to read it.
func partingWords(why error, idle time.Duration) (words, hint string) {
	var hinted interface{ Hint() string }
	switch {
	case errors.Is(why, sshd.ErrClosed), errors.Is(why, sshd.ErrStuck):
		return "", ""
	case errors.Is(why, sshd.ErrIdle):
		return "no key was pressed for " + inWords(idle), "log in again"
	case errors.Is(why, sshd.ErrEnding):
		return "the service is ending", "it is back in a moment where it is being restarted: log in again"
	case errors.As(why, &hinted):
		hint = hinted.Hint()
	}
	return why.Error(), hint
}

// writer is a function that writes.
type writer func([]byte) (int, error)

// Write writes. What the client has closed is a pipe without a reader.
func (w writer) Write(p []byte) (int, error) {
	n, err := w(p)
	if errors.Is(err, io.EOF) {
		err = io.ErrClosedPipe
	}
	return n, err
}

// lineEnds is a terminal that needs a carriage return at the end of each line.
type lineEnds struct{ w io.Writer }

// Write writes text.
func (l lineEnds) Write(p []byte) (int, error) {
	if _, err := l.w.Write([]byte(strings.ReplaceAll(string(p), "\n", "\r\n"))); err != nil {
		return 0, err
	}
	return len(p), nil
}

package alarm

import (
	"bytes"
	"context"
	"os/exec"
	"slices"
	"strings"
	"time"

	"tapedeck/api/secret"
)

// restTime is how long what a program has left behind may hold its output open.
const restTime = time.Second

// program runs the program once. It has no terminal, and what is left of its
// process group when it has ended ends with it.
func (o Options) program(ctx context.Context, input []byte) error {
	cmd := exec.CommandContext(ctx, o.Path, o.Args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), o.Output, o.Output
	cmd.Env, cmd.WaitDelay = o.Environ, restTime
	end := isolate(cmd)
	defer end()
	return cmd.Run()
}

// secretNames are the variables that may hold a token. systemd's are those of
// the service, which no other process may speak for.
var secretNames = []string{
	"SIGNALWIRE_API_TOKEN", "SIGNALWIRE_TOKEN", "REST_API_TOKEN",
	"NOTIFY_SOCKET", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "WATCHDOG_PID", "WATCHDOG_USEC",
}

// Environ returns an environment as a program has it: without the variables for
// a token, those of tapedeck and SignalWire that look like one, and any that has
// one of the tokens.
func Environ(environ []string, tokens ...secret.Token) []string {
	var hide []secret.Redactor
	for _, t := range tokens {
		if t.IsSet() {
			hide = append(hide, t.Redactor())
		}
	}
	return slices.DeleteFunc(slices.Clone(environ), func(kv string) bool {
		name, value, _ := strings.Cut(kv, "=")
		ours := strings.HasPrefix(name, "TAPEDECK_") || strings.HasPrefix(name, "SIGNALWIRE_")
		if slices.Contains(secretNames, name) || ours && strings.Contains(name, "TOKEN") {
			return true
		}
		return slices.ContainsFunc(hide, func(r secret.Redactor) bool { return r.Mask([]byte(value)) })
	})
}

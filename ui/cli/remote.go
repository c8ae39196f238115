package cli

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tapedeck/api/crash"
	"tapedeck/api/local"
	"tapedeck/config"
	"tapedeck/ui/remote"
)

// remoteApp is what a command over SSH has, which runs in the process of the
// service: nothing of that process is its own.
type remoteApp struct {
	settings config.Config // of the service
	hook     *crash.Hook   // of the session
	zone     *time.Location
}

// errNoOwn is that a command over SSH would have to work without the service.
var errNoOwn = &Error{Code: codeUnreachable, What: "the service did not let the command in"}

// remoteFlags are the flags of each command over SSH, beside those of settings that
// [config.RemoteFlags] has. What a flag of them does is done for its person alone:
// none names a file, a program or another service, and none has this process compute
// for as long, or as much, as somebody likes, as --jq does.
var remoteFlags = map[string][]string{
	"list":   {"ended", "filter", "sort", "reverse", "timeout", "json", "csv"},
	"show":   {"timeout", "json"},
	"watch":  {"plain", "json"},
	"pause":  {"wait", "timeout", "if-status", "json", "silence", "skip", "resume-after", "local", "yes"},
	"resume": {"wait", "timeout", "if-status", "json", "yes"},
	"ack":    {"reason", "for", "timeout", "json"},
	"status": {"timeout", "json", "tmux"},
}

// remoteCommand returns what runs commands over SSH, in this process, and returns
// their exit codes.
func remoteCommand(settings config.Config, version string) func(context.Context, remote.Command) int {
	return func(ctx context.Context, c remote.Command) int {
		ctx, end := interruptible(ctx)
		defer end()
		r := &runner{App: App{
			Args: c.Args, Environ: c.Environ, Stdin: c.Stdin, Stdout: c.Stdout, Stderr: c.Stderr,
			Terminal: c.Terminal, Keyboard: c.Terminal, Width: c.Width, Version: version, Attach: attachInside(c),
			remote: &remoteApp{settings: settings, hook: c.Hook, zone: c.Zone},
		}}
		root := r.remoteRoot()
		root.SetArgs(append([]string{}, c.Args...))
		root.SetIn(c.Stdin)
		root.SetOut(c.Stdout)
		root.SetErr(c.Stderr)
		return r.exit(ctx, root.ExecuteContext(ctx))
	}
}

// interruptible returns a context that ends as another one does, and as SIGINT ends
// it at home where the person has pressed ctrl+c. end releases what it holds.
func interruptible(from context.Context) (ctx context.Context, end func()) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(from))
	stop := context.AfterFunc(from, func() {
		why := context.Cause(from)
		if errors.Is(why, remote.ErrInterrupted) {
			why = &SignalError{Signal: syscall.SIGINT}
		}
		cancel(why)
	})
	return ctx, func() { stop(); cancel(nil) }
}

// attachInside returns the [Attach] that reaches the service in whose process the
// command runs.
func attachInside(c remote.Command) Attach {
	return func(ctx context.Context, settings config.Config, who Client) (Attached, error) {
		ctx, cancel := context.WithTimeoutCause(ctx, serviceTime, errSilentService)
		defer cancel()
		client, err := local.Dial(ctx, local.Options{
			Path: "this service", Version: who.Version, Command: who.Command, Transport: c.Transport, Hook: c.Hook,
			Choose: func(s local.WhoAmI) ([]string, error) { return servedProfiles(s, settings) },
		})
		if err != nil {
			return nil, serviceError(settings, "this host", err)
		}
		return serviceClient{client}, nil
	}
}

// remoteRoot returns the commands over SSH, with the flags that they have there.
func (r *runner) remoteRoot() *cobra.Command {
	root := &cobra.Command{
		Use: "tapedeck", SilenceErrors: true, SilenceUsage: true,
		PersistentPreRun: func(*cobra.Command, []string) { r.started = true },
	}
	root.CompletionOptions.DisableDefaultCmd = true
	for _, cmd := range []*cobra.Command{r.list(), r.show(), r.watch(), r.pause(), r.resume(), r.ack(), r.status()} {
		keepFlags(cmd)
		root.AddCommand(cmd)
	}
	root.SetFlagErrorFunc(r.flagError)
	return root
}

// keepFlags takes the flags away from a command that it has not over SSH.
func keepFlags(cmd *cobra.Command) {
	var kept []*pflag.Flag
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if slices.Contains(remoteFlags[cmd.Name()], f.Name) || slices.Contains(config.RemoteFlags(), f.Name) {
			kept = append(kept, f)
		}
	})
	cmd.ResetFlags()
	for _, f := range kept {
		cmd.Flags().AddFlag(f)
	}
}

// flagError says what is wrong with a flag.
func (r *runner) flagError(cmd *cobra.Command, err error) error {
	e, ok := errors.AsType[*pflag.NotExistError](err)
	if r.remote == nil || !ok || e.GetSpecifiedShortnames() != "" {
		return flagError(cmd, err)
	}
	name := e.GetSpecifiedName()
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	out := usage("there is no flag "+strconv.Quote("--"+name)+" over SSH", cmd.Name()+" has "+strings.Join(names, ", "))
	if name == "jq" {
		out.Hints = append(out.Hints, "jq runs on your side: ssh HOST "+cmd.Name()+" --json | jq …")
	}
	return out
}

// hook returns what is done with a panic of a goroutine of the command; nil for what
// the process does.
func (r *runner) hook() *crash.Hook {
	if r.remote == nil {
		return nil
	}
	return r.remote.hook
}

// zone returns where the person of the command is.
func (r *runner) zone() *time.Location {
	if r.remote == nil {
		return time.Local
	}
	return r.remote.zone
}

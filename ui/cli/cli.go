// Package cli has tapedeck's commands, one file each: the dashboard at the
// root, the simulator, and what says which settings apply.
//
// Standard output has only what was asked for. Errors, warnings and hints go
// to standard error. The exit codes are in codes.go: 0 for done, 1 for failed, 2
// for usage, settings or a missing terminal, others for what became of an update,
// and 128 plus the number after a signal.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tapedeck/api/local"
	"tapedeck/api/sim"
	"tapedeck/config"
)

// The exit codes besides 0 and those after a signal.
const (
	codeFailed = 1
	codeUsage  = 2
)

// Start is what a dashboard begins with.
type Start struct {
	Config  config.Config
	Demo    *sim.Space // the space of the demo; nil for a configured project
	Environ []string
	Version string
	// Service is the service of this host that has the deck; nil for a deck of the
	// dashboard's own. Config then lacks what is the service's: the token, and
	// perhaps the space and the project.
	Service *local.Client
	// Unused is why a service that is set up on this host is not used, and the token
	// of the settings is; empty where there is no such service.
	Unused string
}

// Dashboard shows the dashboard until the user quits or ctx ends. When a signal
// was the reason, context.Cause(ctx) is a [*SignalError]; a dashboard that
// finds its terminal gone returns one for SIGHUP.
type Dashboard func(ctx context.Context, start Start) error

// App is one call of tapedeck: what it is given and where it writes.
type App struct {
	Args      []string // without the program's name
	Environ   []string
	Stdout    io.Writer
	Stderr    io.Writer
	Terminal  bool   // standard output is a terminal
	Keyboard  bool   // standard input is a terminal
	Width     int    // columns of that terminal; 0 when not known
	Version   string // set at build time; empty for that of the build information
	Dashboard Dashboard
	Drill     Drill
	// Stdin is where answers to questions are read from; nil for nowhere.
	Stdin io.Reader
	// Attach finds a running service for the commands; nil where there is none.
	Attach Attach
	// Transport carries the requests to the API of a command's own deck; nil for
	// the network.
	Transport http.RoundTripper

	completeLimit time.Duration // how long a shell waits for SIDs; 0 for [completeLimit]

	remote *remoteApp // what a command over SSH has; nil for one of this process's own user
}

// Execute runs the command that the arguments name, and returns its exit code.
// Errors are written to standard error.
func Execute(ctx context.Context, app App) int {
	r := &runner{App: app}
	root := r.root()
	r.completeValues(root)
	// Cobra would take nil for the arguments of the process.
	root.SetArgs(append([]string{}, app.Args...))
	root.SetOut(app.Stdout)
	root.SetErr(app.Stderr)
	initCompletion(root)
	return r.exit(ctx, root.ExecuteContext(ctx))
}

// runner runs one command.
type runner struct {
	App
	started bool // flags and arguments were accepted
}

// Error is an error with its exit code and what to do about it.
type Error struct {
	Code  int      // 0 counts as 1
	What  string   // what was tried, on what, and why it failed
	Lines []string // what belongs to it, a line each, such as the candidates of a choice
	Hints []string // the next steps
}

// Error returns what went wrong, without the hints.
func (e *Error) Error() string { return e.What }

// usage returns an error of usage.
func usage(what string, hints ...string) *Error {
	return &Error{Code: codeUsage, What: what, Hints: hints}
}

// exit reports err, if there is anything to say, and returns the exit code.
func (r *runner) exit(ctx context.Context, err error) int {
	sig, stopped := errors.AsType[*SignalError](err)
	if !stopped {
		sig, stopped = errors.AsType[*SignalError](context.Cause(ctx))
	}
	if stopped {
		// That a command was stopped is no news; what else went wrong is.
		if _, only := err.(*SignalError); err != nil && !only && !errors.Is(err, context.Canceled) {
			r.report(err)
		}
		return sig.ExitCode()
	}
	if err == nil {
		return 0
	}
	r.report(err)
	if code, ok := errors.AsType[exitCode](err); ok {
		return int(code)
	}
	if e, ok := errors.AsType[*Error](err); ok && e.Code != 0 {
		return e.Code
	}
	if _, ok := errors.AsType[*config.Error](err); ok || !r.started {
		return codeUsage
	}
	return codeFailed
}

// report writes err to standard error, each of several on a line of its own,
// with its hints below.
func (r *runner) report(err error) {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			r.report(e)
		}
		return
	}
	if _, silent := err.(exitCode); silent {
		return // there is nothing to say beside the code
	}
	var lines, hints []string
	var hinted interface{ Hint() string } // such as an error of the journal
	if e, ok := errors.AsType[*Error](err); ok {
		lines, hints = e.Lines, e.Hints
	} else if errors.As(err, &hinted) && hinted.Hint() != "" {
		hints = []string{hinted.Hint()}
	} else if e, ok := errors.AsType[*config.Error](err); ok {
		hints = e.Hints
	}
	_, _ = fmt.Fprintf(r.Stderr, "tapedeck: %v\n", err)
	for _, line := range lines {
		_, _ = fmt.Fprintf(r.Stderr, "  %s\n", line)
	}
	for _, hint := range hints {
		_, _ = fmt.Fprintf(r.Stderr, "  hint: %s\n", hint)
	}
}

// warn writes the warnings of c to standard error.
func (r *runner) warn(c config.Config) {
	for _, w := range c.Warnings {
		_, _ = fmt.Fprintf(r.Stderr, "tapedeck: warning: %s\n", w)
	}
}

// sources returns what the settings of cmd are read from.
func (r *runner) sources(cmd *cobra.Command) config.Sources {
	in := config.Sources{Flags: map[string]string{}, Environ: r.Environ}
	for _, f := range config.Flags() {
		if cmd.Flags().Changed(f.Name) {
			in.Flags[f.Name] = cmd.Flags().Lookup(f.Name).Value.String()
		}
	}
	return in
}

// addSettings gives cmd a flag for each of the named settings, or for every one
// when none is named.
func addSettings(cmd *cobra.Command, names ...string) {
	for _, f := range config.Flags() {
		if len(names) > 0 && !slices.Contains(names, f.Name) {
			continue
		}
		v := &textValue{kind: f.Hint}
		if f.Bool {
			v.kind = "bool"
		}
		flag := cmd.Flags().VarPF(v, f.Name, "", f.Usage)
		if f.Bool {
			flag.NoOptDefVal = "true"
		}
	}
}

// textValue is a flag's value as it was given. What it may be is for package
// config to say, in the same words as for a variable or the file.
type textValue struct{ text, kind string }

func (v *textValue) String() string     { return v.text }
func (v *textValue) Type() string       { return v.kind }
func (v *textValue) Set(s string) error { v.text = s; return nil }

// typedValue is a flag's value that knows how it was typed, for an error.
type typedValue struct {
	pflag.Value
	text string
}

func (v *typedValue) Set(s string) error { v.text = s; return v.Value.Set(s) }

// keepTyped has a flag know how its value was typed.
func keepTyped(f *pflag.Flag) { f.Value = &typedValue{Value: f.Value} }

// typed returns the value of a flag as it was typed.
func typed(f *pflag.Flag) string {
	if v, ok := f.Value.(*typedValue); ok && f.Changed {
		return v.text
	}
	return f.Value.String()
}

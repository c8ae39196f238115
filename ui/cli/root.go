package cli

import (
	"errors"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tapedeck/api/sim"
	"tapedeck/config"
	"tapedeck/ui/drill"
)

const about = `tapedeck lists the active call and conference recordings of a SignalWire
project, and pauses, resumes and stops them by key.

Space, project and token are read from SIGNALWIRE_SPACE, SIGNALWIRE_PROJECT_ID
and SIGNALWIRE_API_TOKEN, or from a settings file, into which tapedeck login
enters them; tapedeck config shows what was read, and tapedeck doctor what is
wrong. Every flag of a setting has its variable: --read-only is
TAPEDECK_READ_ONLY.

Exit codes: 0 done; 1 failed; 2 usage, settings, or not a terminal; 129, 130,
143 after SIGHUP, SIGINT, SIGTERM. tapedeck help exit-codes has those of the
commands.`

// root returns the command without a name, which is the dashboard, and all
// others below it.
func (r *runner) root() *cobra.Command {
	var demo bool
	var space spaceFlags
	cmd := &cobra.Command{
		Use:   "tapedeck",
		Short: "Pause, resume and stop the recordings of a SignalWire project",
		Long:  about,
		Example: `  tapedeck --demo                  look at a simulated space; nothing is configured or read
  tapedeck login                   enter space, project and token once
  tapedeck                         the project of the environment or the settings file
  tapedeck --profile eu --read-only`,
		Version:          r.version(),
		Args:             r.noCommand,
		SilenceErrors:    true,
		SilenceUsage:     true,
		PersistentPreRun: func(*cobra.Command, []string) { r.started = true },
		RunE: func(cmd *cobra.Command, _ []string) error {
			return r.dashboard(cmd, demo, &space)
		},
	}
	cmd.SetVersionTemplate("{{.Version}}\n")
	cmd.SetFlagErrorFunc(flagError)
	addSettings(cmd)
	cmd.Flags().BoolVar(&demo, "demo", false, "show a simulated space inside the process; needs and reads no settings")
	cmd.Flags().Bool("version", false, "print the version")
	space.add(cmd, "with --demo: ")
	cmd.AddCommand(r.list(), r.show(), r.pause(), r.resume(), r.stop(), r.start(), r.ack(), r.watch(), r.unrecorded(),
		r.status(), r.journal(), r.reportCommand(), r.loginCommand(), r.logoutCommand(), r.doctorCommand(), r.serveCommand(), r.sessionsCommand(), r.simulate(), r.config(), r.schema(), r.versionCommand(), exitCodes())
	cmd.AddCommand(r.drillCommand())
	cmd.AddCommand(r.generate())
	cmd.SetHelpCommand(r.help())
	return cmd
}

// dashboard checks usage, then settings, then the terminal, and starts the
// dashboard.
func (r *runner) dashboard(cmd *cobra.Command, demo bool, space *spaceFlags) error {
	if done, err := space.help(r.Stdout); done {
		return err
	}
	start := Start{Environ: r.Environ, Version: r.release()}
	var err error
	if demo {
		var o sim.Options
		if o, err = space.options(); err != nil {
			return err
		}
		in := r.sources(cmd)
		if _, given := in.Flags["policy"]; !given && o.Scenario.Mandated() {
			in.Flags["policy"] = drill.Policy(o.Scenario).Name()
		}
		if start.Config, err = config.Demo(in); err == nil {
			start.Demo = sim.New(o)
		}
	} else {
		if name := space.given(cmd); name != "" {
			return usage("cannot use --"+name+" without --demo: it is about the simulated space",
				"add --demo, or use tapedeck simulate --"+name)
		}
		return r.project(cmd, start)
	}
	if err != nil {
		return err
	}
	return r.startDashboard(cmd, start)
}

// project starts the dashboard of a project: on the deck of the service of this
// host, which needs neither a project nor a token, else on one of its own.
func (r *runner) project(cmd *cobra.Command, start Start) (err error) {
	if r.checkTerminal() == nil {
		attached, c, err := r.attach(cmd.Context(), cmd, "dashboard", func(why string) { start.Unused = why })
		if err != nil {
			return err
		}
		if service, ok := attached.(serviceClient); ok {
			defer func() { _ = service.Close() }()
			start.Config, start.Service = c, service.Client
			return r.startDashboard(cmd, start)
		}
	}
	if start.Config, err = config.Load(cmd.Context(), r.sources(cmd)); err != nil {
		return err
	}
	return r.startDashboard(cmd, start)
}

// startDashboard starts the dashboard where somebody can read it.
func (r *runner) startDashboard(cmd *cobra.Command, start Start) error {
	if err := r.checkTerminal(); err != nil {
		return err
	}
	r.warn(start.Config)
	return r.Dashboard(cmd.Context(), start)
}

// checkTerminal refuses to draw where nobody could read it.
func (r *runner) checkTerminal() error {
	if !r.Terminal {
		return usage("cannot show the dashboard: standard output is not a terminal",
			"run tapedeck in a terminal, over SSH with ssh -t, and without a pipe or redirection")
	}
	if !r.Keyboard {
		return usage("cannot show the dashboard: standard input is not a terminal, so no key could reach it",
			"run tapedeck in a terminal, over SSH with ssh -t, and without a pipe or redirection")
	}
	term := ""
	for _, kv := range r.Environ {
		if v, ok := strings.CutPrefix(kv, "TERM="); ok {
			term = v
		}
	}
	if term == "dumb" || term == "" && runtime.GOOS != "windows" {
		why := "TERM is not set"
		if term != "" {
			why = "TERM is " + term
		}
		return usage("cannot show the dashboard: "+why+", so this terminal cannot move the cursor",
			"set TERM to what the terminal is, such as xterm-256color")
	}
	return nil
}

// noCommand refuses arguments of the root: each is a command that is unknown.
func (r *runner) noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return unknownCommand(cmd, args[0])
}

func unknownCommand(cmd *cobra.Command, name string) error {
	e := usage("there is no command " + strconv.Quote(name))
	if slices.Contains([]string{"true", "false", "0", "1"}, name) {
		e.Hints = append(e.Hints, "the value of a boolean follows a =, such as --read-only="+name)
	}
	var names []string
	for _, c := range cmd.Root().Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	if near := config.Nearest(name, names); near != "" {
		e.Hints = append(e.Hints, "did you mean tapedeck "+near+"?")
	}
	e.Hints = append(e.Hints, "tapedeck --help lists the commands")
	return e
}

// noArguments refuses any argument.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usage(cmd.CommandPath()+" takes no arguments (got "+strconv.Quote(args[0])+")",
		cmd.CommandPath()+" --help lists its flags")
}

// flagError says what is wrong with a flag. It never repeats a value that
// follows an unknown flag, which may be a token.
func flagError(cmd *cobra.Command, err error) error {
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok {
		return unknownFlag(cmd, e)
	}
	if e, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return usage("--"+e.GetFlag().Name+" needs a value", cmd.CommandPath()+" --help says which")
	}
	if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		wants := map[string]string{
			"int": "a whole number", "uint64": "a whole number from 0", "float64": "a number", "bool": "true or false",
			"duration": "a time, such as 1s",
		}[e.GetFlag().Value.Type()]
		return usage("cannot use " + strconv.Quote(e.GetValue()) + " for --" + e.GetFlag().Name + ": it must be " + wants)
	}
	return usage(err.Error(), cmd.CommandPath()+" --help lists its flags")
}

func unknownFlag(cmd *cobra.Command, err *pflag.NotExistError) error {
	name := err.GetSpecifiedName()
	if err.GetSpecifiedShortnames() != "" {
		return usage("there is no flag -"+name, cmd.CommandPath()+" --help lists the flags")
	}
	e := usage("there is no flag --" + name)
	switch name {
	case "token", "api-token":
		e.Hints = append(e.Hints, "a token on the command line is seen by everyone on the machine; tapedeck login asks for it, or set SIGNALWIRE_API_TOKEN, or token_file in the settings file")
	case "space", "project":
		e.Hints = append(e.Hints, "space, project and token belong together: set SIGNALWIRE_SPACE, SIGNALWIRE_PROJECT_ID and SIGNALWIRE_API_TOKEN, or name a --profile")
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if near := config.Nearest(name, names); near != "" {
		e.Hints = append(e.Hints, "did you mean --"+near+"?")
	}
	for _, other := range append([]*cobra.Command{cmd.Root()}, cmd.Root().Commands()...) {
		if other != cmd && other.Flags().Lookup(name) != nil {
			e.Hints = append(e.Hints, "--"+name+" is a flag of "+other.CommandPath())
			break
		}
	}
	e.Hints = append(e.Hints, cmd.CommandPath()+" --help lists the flags")
	return e
}

// help returns the help command. Cobra's own takes an unknown topic for done.
func (r *runner) help() *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "Explain a command",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err == nil && len(rest) == 0 {
				about.InitDefaultHelpFlag()
				return about.Help()
			}
			return unknownCommand(cmd, strings.Join(rest, " "))
		},
	}
}

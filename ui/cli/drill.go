package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"tapedeck/api/text"
	"tapedeck/config"
	"tapedeck/ui/drill"
)

// Drill drills by a plan until its end, or until the user quits, and returns the
// result of what was played. Its errors are those of a [Dashboard].
type Drill func(ctx context.Context, start Start, plan drill.Plan) (drill.Result, error)

// drillSettings are the settings that count in a drill.
var drillSettings = []string{
	"interval", "pause-behavior", "pause-scope", "auto-resume", "tick", "low-bandwidth", "pause-warn", "pause-alarm",
	"mask-numbers", "theme", "ascii",
}

// drillFlags are the flags of a drill beside those of settings.
type drillFlags struct {
	seed              uint64
	scenarios, limits []string
	json              bool
}

// drillCommand returns the command that runs the training scenarios and measures.
func (r *runner) drillCommand() *cobra.Command {
	var f drillFlags
	cmd := &cobra.Command{
		Use:   "drill",
		Short: "Run the training scenarios one after another, and measure how you do",
		Long: `drill runs the training scenarios one after another on simulated spaces, in the
dashboard, with the word DRILL in every frame. A page before each says what
happens and what is to be done. It needs and reads no settings, touches no real
call, and keeps no journal.

Of each scenario it measures the time to a verified pause, forgotten resumes,
wrong recordings and wrong updates, by what the simulated space saw and when, and
counts the keys that were refused. A scenario is passed when all that it asks for
was done, within its limit, and nothing else.

On a page, Enter begins, s skips the scenario, q quits with a result of what was
played; in a scenario q ends it.

Exits 0 when every scenario was passed, else 1. With --json standard output may
be a file: the screen is then drawn on the terminal that the process has.`,
		Example: `  tapedeck drill
  tapedeck drill --scenario card --scenario lie --limit card=5s
  tapedeck drill --json > result.json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if slices.Contains(f.scenarios, "help") {
				_, err := io.WriteString(r.Stdout, drill.Help())
				return err
			}
			return r.drill(cmd, f)
		},
	}
	flags := cmd.Flags()
	flags.Uint64Var(&f.seed, "seed", 1, "the same seed gives the same spaces")
	flags.StringArrayVar(&f.scenarios, "scenario", nil, "drill this scenario, by `NAME`; repeatable, in this order; --scenario help lists them (default all)")
	flags.StringArrayVar(&f.limits, "limit", nil, "time limit of every scenario, or of one, as `[NAME=]TIME`; repeatable")
	flags.BoolVar(&f.json, "json", false, "print the result as JSON")
	keepTyped(flags.Lookup("seed"))
	addSettings(cmd, drillSettings...)
	return cmd
}

// drill checks usage and the terminal, drills, and prints the result.
func (r *runner) drill(cmd *cobra.Command, f drillFlags) error {
	plan, err := f.plan()
	if err != nil {
		return err
	}
	start := Start{Environ: r.Environ, Version: r.release()}
	if start.Config, err = config.Demo(r.sources(cmd)); err != nil {
		return err
	}
	terminal := *r
	terminal.Terminal = r.Terminal || f.json
	if err := terminal.checkTerminal(); err != nil {
		return err
	}
	r.warn(start.Config)
	result, err := r.Drill(cmd.Context(), start, plan)
	if len(result.Scenarios) == 0 {
		return err // it did not begin
	}
	if perr := r.printDrill(result, f.json); err == nil {
		err = perr
	}
	if err == nil && !result.Passed {
		err = exitCode(codeFailed)
	}
	return err
}

// plan returns the plan that the flags give.
func (f drillFlags) plan() (drill.Plan, error) {
	plan, bad, err := drill.NewPlan(f.seed, f.scenarios, f.limits)
	if err == nil {
		return plan, nil
	}
	flag := "limit"
	var hints []string
	if !slices.Contains(f.limits, bad) {
		flag = "scenario"
		if near := config.Nearest(bad, drill.Names()); near != "" {
			hints = append(hints, "did you mean --scenario "+near+"?")
		}
		hints = append(hints, "--scenario help lists them")
	}
	return plan, usage("cannot use "+strconv.Quote(bad)+" for --"+flag+": "+text.New(err.Error()).String(), hints...)
}

// printDrill prints a result.
func (r *runner) printDrill(result drill.Result, asJSON bool) error {
	b := []byte(result.Text())
	if asJSON {
		var err error
		if b, err = json.MarshalIndent(result, "", "  "); err != nil {
			return fmt.Errorf("print the result: %w", err)
		}
		b = append(b, '\n')
	}
	if _, err := r.Stdout.Write(b); err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	return nil
}

package cli

import (
	"time"

	"github.com/spf13/cobra"

	"tapedeck/api"
	"tapedeck/api/deck"
)

// pause returns the command that pauses recordings.
func (r *runner) pause() *cobra.Command {
	a := &act{verb: "pause"}
	var silence, skip bool
	cmd := &cobra.Command{
		Use:   "pause SID...",
		Short: "Pause recordings",
		Long: `pause pauses recordings at once, with the pause behavior of the settings:
silence leaves the gap in the file, skip cuts the time out. The pause outlives the
command, and lasts until somebody resumes it. Where the policy of the project is
evidence, it asks first on a terminal, needs --yes without one, and refuses --skip.` + aboutAct,
		Example: `  tapedeck pause 8142
  tapedeck pause 8142 c07a --skip --json
  tapedeck pause 8142 --resume-after 90s     with tapedeck serve, which resumes it
  tapedeck pause 8142 --resume-after 90s --local   where that host cannot tell the others`,
		Args:              someSIDs,
		ValidArgsFunction: r.completeSIDs,
		RunE: func(cmd *cobra.Command, args []string) error {
			behavior, err := r.behavior(cmd, silence, skip)
			if err != nil {
				return err
			}
			f := cmd.Flags().Lookup("resume-after")
			if a.after != 0 && a.after < time.Second || a.after > deck.MaxResumeAfter {
				return usage("cannot use "+typed(f)+" for --resume-after: allowed is a time from 1s to "+deck.MaxResumeAfter.String()+", or 0 for none", "such as 90s")
			}
			if a.local && f.Changed && a.after == 0 {
				return usage("cannot use --local with --resume-after 0: nothing would be resumed", "leave out one of them")
			}
			a.afterSet, a.skipSet = f.Changed, skip
			a.update = api.Update{Status: api.Paused, PauseBehavior: behavior}
			return r.runAct(cmd, a, args)
		},
	}
	a.add(cmd)
	addSettings(cmd, "pause-behavior")
	cmd.Flags().BoolVar(&silence, "silence", false, "the paused time becomes silence")
	cmd.Flags().BoolVar(&skip, "skip", false, "the paused time is cut out of the file")
	cmd.Flags().DurationVar(&a.after, "resume-after", 0, "have the running service resume it after this time, 0 for never (default: auto_resume of the settings)")
	cmd.Flags().BoolVar(&a.local, "local", false, "where the other hosts that share cannot be told: have this host alone resume it, and nobody if it stops")
	cmd.Flags().BoolVar(&a.yes, "yes", false, "pause without a question, also where the policy is evidence")
	keepTyped(cmd.Flags().Lookup("resume-after"))
	return cmd
}

// behavior returns what a pause does to the file, by flag, else by the settings.
func (r *runner) behavior(cmd *cobra.Command, silence, skip bool) (api.PauseBehavior, error) {
	switch {
	case silence && skip:
		return "", usage("cannot use --silence with --skip: a pause does one of them", "leave out one of them")
	case silence:
		return api.Silence, nil
	case skip:
		return api.Skip, nil
	}
	in := r.sources(cmd)
	in.NoCommand = true
	c, _ := r.load(cmd.Context(), in) // what is wrong with it, the link says
	return api.PauseBehavior(c.PauseBehavior), nil
}

// someSIDs wants one SID or more.
func someSIDs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usage(cmd.CommandPath()+" needs the SID of a recording", "tapedeck list has the SIDs; the last 4 characters will do")
	}
	return nil
}

// oneSID wants one SID.
func oneSID(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usage(cmd.CommandPath()+" takes one SID at a time (got "+args[1]+" as well)", cmd.CommandPath()+" --help says more")
	}
	return someSIDs(cmd, args)
}

package cli

import (
	"github.com/spf13/cobra"

	"tapedeck/api"
)

// resume returns the command that resumes recordings.
func (r *runner) resume() *cobra.Command {
	a := &act{verb: "resume", update: api.Update{Status: api.InProgress}}
	cmd := &cobra.Command{
		Use:   "resume SID...",
		Short: "Resume paused recordings",
		Long: `resume has paused recordings record again. On a terminal it asks first and names
who is on the line; without one it needs --yes. Where the policy of the project is
evidence it does neither.` + aboutAct,
		Example: `  tapedeck resume 8142
  tapedeck resume 8142 --yes --if-status paused`,
		Args:              someSIDs,
		ValidArgsFunction: r.completeSIDs,
		RunE:              func(cmd *cobra.Command, args []string) error { return r.runAct(cmd, a, args) },
	}
	a.add(cmd)
	cmd.Flags().BoolVar(&a.yes, "yes", false, "resume without a question")
	return cmd
}

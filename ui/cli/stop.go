package cli

import (
	"github.com/spf13/cobra"

	"tapedeck/api"
)

// stop returns the command that stops a recording.
func (r *runner) stop() *cobra.Command {
	a := &act{verb: "stop", update: api.Update{Status: api.Stopped}}
	cmd := &cobra.Command{
		Use:   "stop SID",
		Short: "Stop a recording, which cannot be undone",
		Long: `stop ends a recording. It cannot be undone, and the call goes on unrecorded. On
a terminal it asks for the end of the SID; without one it needs --yes, and
--yes-stop with the last 4 characters of the SID. Where the policy of the project
is evidence it needs a reason, too: by --reason, or it asks for one.` + aboutAct,
		Example: `  tapedeck stop 8142
  tapedeck stop 7c1d90aa-4b1e-4c55-9f3e-5e2f61b08142 --yes --yes-stop 8142
  tapedeck stop 8142 --reason "the caller withdrew consent"`,
		Args:              oneSID,
		ValidArgsFunction: r.completeSIDs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.checkReason(cmd.Flags().Changed("reason")); err != nil {
				return err
			}
			return r.runAct(cmd, a, args)
		},
	}
	a.add(cmd)
	cmd.Flags().BoolVar(&a.yes, "yes", false, "stop without a question; needs --yes-stop too")
	cmd.Flags().StringVar(&a.reason, "reason", "", "why it is stopped, for the journal; needed where the policy is evidence")
	cmd.Flags().StringVar(&a.yesStop, "yes-stop", "", "the last 4 characters of the SID that may be stopped")
	return cmd
}

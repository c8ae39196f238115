package cli

import (
	"slices"
	"strconv"

	"github.com/spf13/cobra"
)

// initCompletion adds cobra's completion command, which by itself takes the
// name of a shell that it does not know for done. The output must be set.
func initCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	i := slices.IndexFunc(root.Commands(), func(c *cobra.Command) bool { return c.Name() == "completion" })
	if i < 0 {
		return
	}
	cmd := root.Commands()[i]
	cmd.Short = "Print completions for a shell"
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return usage("there are no completions for "+strconv.Quote(args[0]), "there are some for bash, fish, powershell and zsh")
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
}

package cli

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"tapedeck/api/text"
	"tapedeck/config"
)

// config returns the command that shows the settings.
func (r *runner) config() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show each setting, its value and where it came from",
		Long: `config shows each setting, its value and where it came from: a flag, a
variable, a line of the settings file, or the default. The token is only shown
as set or not set, and a token_command is not run. With the flags of tapedeck,
config shows what tapedeck would do with them. Exits 2 when the settings cannot
be used.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			in := r.sources(cmd)
			in.NoCommand = true
			c, problems := config.Load(cmd.Context(), in)
			w := tabwriter.NewWriter(r.Stdout, 0, 0, 2, ' ', 0)
			for _, s := range c.Settings() {
				_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", s.Name, text.New(s.Value), text.New(s.Source))
			}
			if err := w.Flush(); err != nil {
				return fmt.Errorf("print the settings: %w", err)
			}
			r.warn(c)
			return problems
		},
	}
	addSettings(cmd)
	return cmd
}

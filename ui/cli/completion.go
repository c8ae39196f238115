package cli

import (
	"slices"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tapedeck/api/sim"
	"tapedeck/config"
)

// completeValues has a shell complete the values of the flags of cmd and of all
// commands below it. What has no values completes to nothing, and not to the
// names of files.
func (r *runner) completeValues(cmd *cobra.Command) {
	settings := map[string]config.Flag{}
	for _, f := range config.Flags() {
		settings[f.Name] = f
	}
	each := func(f *pflag.Flag) {
		switch f.Name {
		case "config", "names-file", "html", "sign":
			return // files, as a shell completes by itself
		case "state-dir":
			_ = cmd.MarkFlagDirname(f.Name)
			return
		}
		_ = cmd.RegisterFlagCompletionFunc(f.Name, func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			return r.values(cmd, f.Name, settings[f.Name].Values)
		})
	}
	cmd.LocalFlags().VisitAll(each)
	if cmd.ValidArgsFunction == nil && len(cmd.ValidArgs) == 0 {
		cmd.ValidArgsFunction = cobra.NoFileCompletions
	}
	for _, c := range cmd.Commands() {
		r.completeValues(c)
	}
}

// values returns what a flag may be given.
func (r *runner) values(cmd *cobra.Command, flag string, words []string) ([]string, cobra.ShellCompDirective) {
	directive := cobra.ShellCompDirectiveNoFileComp
	switch flag {
	case "profile":
		words = config.Profiles(r.sources(cmd))
	case "scenario":
		for _, s := range sim.Scenarios() {
			words = append(words, string(s))
		}
		words = append(words, "help")
	case "fault":
		specs, help := sim.FaultSpecs()
		for _, s := range specs {
			words = append(words, cobra.CompletionWithDesc(s, help[s]))
		}
		words = append(words, "help")
		directive |= cobra.ShellCompDirectiveNoSpace // a value, or @update, may follow
	}
	return words, directive
}

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
		return usage("there are no completions for "+strconv.Quote(args[0]), "completions exist for bash, fish, powershell and zsh")
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
}

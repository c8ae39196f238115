package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"tapedeck/api/text"
	"tapedeck/config"
)

// logoutCommand returns the command that takes a project's credentials out of the
// settings file.
func (r *runner) logoutCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "logout",
		Short: "Take space, project and token of a profile out of the settings file",
		Long: `logout takes space, project and token of a profile out of the settings file: the
one that --profile names, else the default, else the only one. Other settings of
the profile stay, and so does the rest of the file.

The token itself is good until it is deleted on the API page of the space.`,
		Example: "  tapedeck logout --profile eu",
		Args:    noSecrets,
		RunE: func(cmd *cobra.Command, _ []string) error {
			in := r.sources(cmd)
			book, err := config.OpenBook(in)
			if err != nil {
				return err
			}
			return r.logout(book, book.Chosen(in))
		},
	}
	addSettings(cmd, "config", "profile")
	return cmd
}

func (r *runner) logout(book *config.Book, name string) error {
	named := name
	if name == "" {
		name = book.Default()
	}
	var has []string
	for _, p := range book.Profiles() {
		if book.Has(p) {
			has = append(has, p)
		}
	}
	if name == "" && !book.Has("") && len(has) == 1 {
		name = has[0]
	}
	path := text.New(config.ShownPath(book.Path(), r.Environ)).String()
	switch {
	case name == "" && !book.Has("") && len(has) > 1:
		return usage(fmt.Sprintf("cannot choose a profile: %s has %s", path, strings.Join(has, ", ")), "name one with --profile")
	case named != "" && !book.Has(name) && len(has) > 0:
		return usage(fmt.Sprintf("there is no login in profile %s of %s", text.New(name), path), "logins are in "+strings.Join(has, ", "))
	case !book.Has(name):
		return usage("there is no login in "+path, "tapedeck config shows where space, project and token are from")
	}
	file := book.TokenFile(name)
	if err := book.Forget(name); err != nil {
		return err
	}
	where := "profile " + name + " of " + path
	if name == "" {
		where = path
	}
	out := "space, project and token are no longer in " + where + "\n"
	if file != "" {
		out += "the token_file " + text.New(file).String() + " is still there\n"
	}
	if set := book.First(); len(set) > 0 {
		out += "still set: " + strings.Join(set, ", ") + "\n"
	}
	out += "the token is good until it is deleted on the API page of the space\n"
	if _, err := io.WriteString(r.Stdout, out); err != nil {
		return fmt.Errorf("print what was taken out: %w", err)
	}
	return nil
}

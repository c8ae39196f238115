package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// generate returns the command that writes what a package has beside the
// program. It is not in --help: it is for those who build packages.
func (r *runner) generate() *cobra.Command {
	return &cobra.Command{
		Use:   "generate FOLDER",
		Short: "Write manual pages, completions and an example of the settings file, for a package",
		Long: `generate writes what a package has beside the program: the manual pages (man/),
the completions of shells (completions/) and an example of the settings file
(config.toml), all made from what --help and the settings are made from. The pages
have the date of SOURCE_DATE_EPOCH, else that of the commit, else today's.`,
		Hidden: true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] == "" {
				return usage(cmd.CommandPath()+" needs the folder to write to", "tapedeck generate build")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			date, err := r.pageDate()
			if err != nil {
				return err
			}
			files, err := generated(cmd.Root(), manual{version: "tapedeck " + r.release(), date: date})
			if err != nil {
				return fmt.Errorf("generate the files of a package: %w", err)
			}
			for _, f := range files {
				if err := writeGenerated(args[0], f); err != nil {
					return fmt.Errorf("generate the files of a package: %w", err)
				}
			}
			return nil
		},
	}
}

// generated returns all files, by their paths with slashes.
func generated(root *cobra.Command, m manual) ([]page, error) {
	files := []page{{name: "config.toml", text: exampleSettings()}}
	for _, p := range m.pages(root) {
		files = append(files, page{name: "man/" + p.name, text: p.text})
	}
	for name, write := range map[string]func(*bytes.Buffer) error{
		"bash/tapedeck":           func(b *bytes.Buffer) error { return root.GenBashCompletionV2(b, true) },
		"zsh/_tapedeck":           func(b *bytes.Buffer) error { return root.GenZshCompletion(b) },
		"fish/tapedeck.fish":      func(b *bytes.Buffer) error { return root.GenFishCompletion(b, true) },
		"powershell/tapedeck.ps1": func(b *bytes.Buffer) error { return root.GenPowerShellCompletionWithDesc(b) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			return nil, err
		}
		files = append(files, page{name: "completions/" + name, text: b.String()})
	}
	return files, nil
}

func writeGenerated(dir string, f page) error {
	path := filepath.Join(dir, filepath.FromSlash(f.name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(f.text), 0o644)
}

// pageDate returns the date of the pages, so that two builds of one commit make
// the same.
func (r *runner) pageDate() (time.Time, error) {
	for _, kv := range r.Environ {
		if s, ok := strings.CutPrefix(kv, "SOURCE_DATE_EPOCH="); ok {
			n, err := strconv.ParseInt(s, 10, 64)
			if err != nil {
				return time.Time{}, usage("cannot use SOURCE_DATE_EPOCH: it is not a number of seconds", "set it to the time of the commit: git log -1 --format=%ct")
			}
			return time.Unix(n, 0), nil
		}
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		if t, err := time.Parse(time.RFC3339, buildSetting(info, "vcs.time")); err == nil {
			return t, nil
		}
	}
	return time.Now(), nil
}

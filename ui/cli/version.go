package cli

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// commit is the commit that the program was built from, set at build time:
// -ldflags "-X tapedeck/ui/cli.commit=…". Empty for that of the build information.
var commit string

// shortCommit is how many digits of a commit are shown.
const shortCommit = 12

// versionCommand returns the command that prints the version.
func (r *runner) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(r.Stdout, r.version())
			return err
		},
	}
}

// version returns the line that says which tapedeck this is.
func (r *runner) version() string {
	info, _ := debug.ReadBuildInfo()
	return fmt.Sprintf("tapedeck %s (%s, %s, %s/%s)", r.release(), commitOf(info), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// release returns the version that was set at build time, else that of the
// module, else devel.
func (r *runner) release() string {
	v := r.Version
	if info, ok := debug.ReadBuildInfo(); ok && v == "" && info.Main.Version != "(devel)" {
		v = info.Main.Version
	}
	return cmp.Or(v, "devel")
}

// commitOf says which commit the program was built from, and whether the checkout
// had changes.
func commitOf(info *debug.BuildInfo) string {
	id := cmp.Or(commit, buildSetting(info, "vcs.revision"))
	if id == "" {
		return "commit unknown"
	}
	s := "commit " + id[:min(len(id), shortCommit)]
	if commit == "" && buildSetting(info, "vcs.modified") == "true" {
		s += " with changes"
	}
	return s
}

// buildSetting returns a setting of the build; empty where it is not known.
func buildSetting(info *debug.BuildInfo, key string) string {
	if info == nil {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

package ui

import (
	"regexp"
	"strings"
	"testing"

	"tapedeck/ui/terminal"
	"tapedeck/ui/theme"
)

// Each color of the themes has one of the 16 that was chosen for it: muted words
// in dark blue on black could not be read.
func TestSixteenColors(t *testing.T) {
	for _, mode := range []string{"dark", "light"} {
		th := theme.New(theme.Options{Mode: mode})
		for role := theme.Plain; role <= theme.Stale; role++ {
			for _, sgr := range []string{th.Begin(role), th.Selected().Begin(role)} {
				got := terminal.InSixteen(sgr)
				if strings.Contains(got, "8;5;") {
					t.Errorf("%s: %q becomes %q", mode, sgr, got)
				}
				dark, ground := regexp.MustCompile(`[\[;]3[04][;m]`), regexp.MustCompile(`[\[;](4|10)\d[;m]`)
				if mode == "dark" && dark.MatchString(got) && !ground.MatchString(got) {
					t.Errorf("%q is dark on dark: %q", sgr, got)
				}
			}
		}
	}
}

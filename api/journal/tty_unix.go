//go:build unix

package journal

import (
	"os"
	"strings"
	"syscall"
)

// terminal returns the device of the terminal that the process talks to; empty
// where it has none, or the system does not tell.
func terminal() string {
	for _, f := range []*os.File{os.Stdin, os.Stdout, os.Stderr} {
		if name := deviceOf(f); name != "" {
			return name
		}
	}
	return ""
}

// deviceOf returns the name of the terminal that f is, as ttyname(3) finds it:
// that of the device in /dev with its number.
func deviceOf(f *os.File) string {
	st, err := f.Stat()
	if err != nil || st.Mode()&os.ModeCharDevice == 0 {
		return ""
	}
	of, ok := st.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	for _, dir := range []string{"/dev/pts", "/dev"} {
		list, _ := os.ReadDir(dir)
		for _, e := range list {
			if dir == "/dev" && !strings.HasPrefix(e.Name(), "tty") || e.Name() == "tty" || e.Name() == "ptmx" {
				continue
			}
			at, err := os.Stat(dir + "/" + e.Name())
			if err != nil {
				continue
			}
			if s, ok := at.Sys().(*syscall.Stat_t); ok && at.Mode()&os.ModeCharDevice != 0 && s.Rdev == of.Rdev {
				return dir + "/" + e.Name()
			}
		}
	}
	return ""
}

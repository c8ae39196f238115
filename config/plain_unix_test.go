//go:build unix

package config

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A pipe, a device or an endless file in the place of the settings file or of a
// token_file is refused, and nothing waits for it.
func TestFilesThatNeverEnd(t *testing.T) {
	kinds := []struct {
		name string
		make func(path string) error
		why  string
	}{
		{"pipe", func(path string) error { return syscall.Mkfifo(path, 0o600) }, "it is not a regular file"},
		{"device", func(path string) error { return os.Symlink("/dev/zero", path) }, "it is not a regular file"},
		{"endless", func(path string) error {
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				return err
			}
			return os.Truncate(path, 1<<40)
		}, "it is larger than"},
	}
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			dir := t.TempDir()
			odd, settings := filepath.Join(dir, "odd"), filepath.Join(dir, "config.toml")
			if err := k.make(odd); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(settings, []byte("space = \"acme\"\nproject = \"p\"\ntoken_file = \"odd\"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, path := range []string{odd, settings} {
				_, err := Load(t.Context(), Sources{Flags: map[string]string{"config": path}})
				if err == nil || !strings.Contains(err.Error(), k.why) || !strings.Contains(err.Error(), odd) {
					t.Errorf("with %s: %v, want %q", filepath.Base(path), err, k.why)
				}
			}
		})
	}
}

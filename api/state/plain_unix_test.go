//go:build unix

package state

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReplacePlain: a file is replaced whole or not at all; folders are made for
// the owner alone, and what others could lead elsewhere is not written.
func TestReplacePlain(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a", "b", "config.toml")
	check(t, ReplacePlain(path, nil, []byte("one"), 0o600))
	if st, err := os.Stat(filepath.Dir(path)); err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("the folder is %v, %v", st, err)
	}
	check(t, ReplacePlain(path, []byte("one"), []byte("two"), 0o640))
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o640 {
		t.Errorf("the file is %v, %v", st, err)
	}
	for _, was := range [][]byte{nil, []byte("one"), {}} {
		if err := ReplacePlain(path, was, []byte("three"), 0o600); !errors.Is(err, ErrChanged) || !strings.Contains(err.Error(), path) {
			t.Errorf("over %q: %v", was, err)
		}
	}
	if b, err := os.ReadFile(path); string(b) != "two" || err != nil {
		t.Errorf("the file has %q, %v", b, err)
	}
	var unsafe *UnsafeError
	if err := ReplacePlain(dir, nil, []byte("x"), 0o600); err == nil {
		t.Error("a folder was replaced")
	}
	if os.Geteuid() == 0 {
		check(t, os.Chown(path, 4321, -1))
		if err := ReplacePlain(path, []byte("two"), nil, 0o600); !errors.As(err, &unsafe) {
			t.Errorf("another user's file: %v", err)
		}
	}
	if names, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*.new-*")); len(names) > 0 {
		t.Errorf("left over: %q", names)
	}
}

//go:build unix

package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestMake: a state directory is made for the owner alone, and what stands in its
// way is named with the path.
func TestMake(t *testing.T) {
	dir := t.TempDir()
	at := func(parts ...string) string { return filepath.Join(append([]string{dir}, parts...)...) }
	check(t, os.WriteFile(at("file"), nil, 0o600))
	check(t, os.Mkdir(at("open"), 0o755))
	check(t, os.Symlink("open", at("link")))
	tests := []struct {
		name, path string
		mode       fs.FileMode
		err        string
	}{
		{"a new one", at("a", "b", "c"), 0o700, ""},
		{"the same again", at("a", "b", "c"), 0o700, ""},
		{"one that is open to others stays so", at("open"), 0o755, ""},
		{"below a link of one's own", at("link", "new"), 0o700, ""},
		{"with dots", at("a", "..", ".", "d"), 0o700, ""},
		{"none is set", "", 0, "no state_dir is set"},
		{"a file has its name", at("file"), 0, "it is not a folder"},
		{"a file is above it", at("file", "below"), 0, "not a directory"},
	}
	for _, tt := range tests {
		_, err := Make(tt.path)
		if (err != nil) != (tt.err != "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.err)
			continue
		}
		if err != nil {
			if tt.path != "" && !strings.Contains(err.Error(), at("file")) {
				t.Errorf("%s: %v does not say where", tt.name, err)
			}
			continue
		}
		if st, err := os.Stat(tt.path); err != nil || st.Mode().Perm() != tt.mode {
			t.Errorf("%s: mode %v, %v", tt.name, st.Mode(), err)
		}
	}
	if _, err := At(at("file")); err == nil || !strings.Contains(err.Error(), "it is not a folder") {
		t.Errorf("a file as a directory: %v", err)
	}
	if _, err := At(at("none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("one that is not there: %v", err)
	}
}

// TestNamesAndRemove: names are whole at both ends and sorted, what is not there
// is removed already, and a folder is not removed.
func TestNamesAndRemove(t *testing.T) {
	d, err := Make(filepath.Join(t.TempDir(), "state"))
	check(t, err)
	for _, name := range []string{"status-2.json", "status-1.json", "status-.json", "status-json", "other.json", "status-3.txt"} {
		check(t, os.WriteFile(d.Path(name), nil, 0o600))
	}
	check(t, os.Mkdir(d.Path("folder"), 0o700))
	names, err := d.Names("status-", ".json")
	check(t, err)
	if want := []string{"status-.json", "status-1.json", "status-2.json"}; !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
	check(t, d.Remove("status-1.json"))
	check(t, d.Remove("status-1.json"))
	if err := d.Remove("folder"); err == nil || !strings.Contains(err.Error(), "it is a folder") {
		t.Errorf("a folder: %v", err)
	}
	if _, err := os.Stat(d.Path("folder")); err != nil {
		t.Error("the folder is gone")
	}
	check(t, os.RemoveAll(d.Path("")))
	if _, err := d.Names("", ""); err == nil {
		t.Error("a directory that is gone has names")
	}
	d.Sweep("", "", time.Hour) // has nothing to do, and does not fail
	if err := d.Replace("f", nil); err == nil {
		t.Error("a file is replaced in a directory that is gone")
	}
}

// TestReplaceShared: in a group's directory the new file is the group's, and a
// failure leaves nothing behind.
func TestReplaceShared(t *testing.T) {
	d := sharedDir(t)
	check(t, d.ReplaceShared("f", []byte("one")))
	check(t, d.ReplaceShared("f", []byte("two")))
	b, err := os.ReadFile(d.Path("f"))
	check(t, err)
	st, err := os.Stat(d.Path("f"))
	check(t, err)
	if string(b) != "two" || st.Mode().Perm() != groupMode {
		t.Errorf("%q, mode %v", b, st.Mode())
	}
	check(t, os.Mkdir(d.Path("folder"), 0o700))
	check(t, os.WriteFile(filepath.Join(d.Path("folder"), "x"), nil, 0o600))
	if err := d.ReplaceShared("folder", []byte("three")); err == nil {
		t.Error("a folder is replaced by a file")
	}
	names, err := d.Names("", "")
	check(t, err)
	if got := strings.Join(names, " "); got != "f folder" {
		t.Errorf("left in the directory: %s", got)
	}
	own, err := Make(filepath.Join(t.TempDir(), "own"))
	check(t, err)
	if own.Shared() || own.Mode() != ownMode || d.Mode() != groupMode {
		t.Errorf("one's own: shared %t, mode %v; a group's: %v", own.Shared(), own.Mode(), d.Mode())
	}
}

// TestOpenKeepsModes: a file gets the directory's mode when it may be made, and is
// not touched when it is only read.
func TestOpenKeepsModes(t *testing.T) {
	d, err := Make(filepath.Join(t.TempDir(), "state"))
	check(t, err)
	check(t, os.WriteFile(d.Path("f"), []byte("text"), 0o640))
	check(t, closed(d.Open("f", os.O_RDONLY)))
	st, err := os.Stat(d.Path("f"))
	check(t, err)
	if st.Mode().Perm() != 0o640 {
		t.Errorf("after reading it has mode %v", st.Mode())
	}
	check(t, closed(d.Open("f", os.O_RDWR|os.O_CREATE)))
	if st, err = os.Stat(d.Path("f")); err != nil || st.Mode().Perm() != ownMode || st.Size() != 4 {
		t.Errorf("after writing it has mode %v, %d bytes", st.Mode(), st.Size())
	}
	check(t, os.Chmod(d.Path("f"), 0o602))
	if err := closed(d.Open("f", os.O_RDONLY)); err == nil || !strings.Contains(err.Error(), "everybody may write it") {
		t.Errorf("one that everybody may write: %v", err)
	}
	if err := closed(d.Open("none", os.O_RDONLY)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("one that is not there: %v", err)
	}
}

// TestSplit: the parts of a path, without what says nothing.
func TestSplit(t *testing.T) {
	for in, want := range map[string]string{"": "", "/": "", "/a//b/./c/": "a|b|c", "../x": "..|x", ".": ""} {
		if got := strings.Join(split(in), "|"); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

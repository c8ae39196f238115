//go:build unix

package journal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A pipe, a link or an endless file that a colleague has put into a shared
// state directory neither stops the journal nor hangs who reads it.
func TestPlanted(t *testing.T) {
	plants := map[string]func(path string) error{
		"pipe": func(path string) error { return syscall.Mkfifo(path, 0o660) },
		"link": func(path string) error { return os.Symlink("/dev/zero", path) },
		"endless": func(path string) error {
			return errors.Join(os.WriteFile(path, nil, 0o660), os.Truncate(path, 1<<40))
		},
	}
	for _, name := range []string{HeadName, rotatedName(1), rotatedName(7)} {
		for what, plant := range plants {
			t.Run(name+"/"+what, func(t *testing.T) {
				dir := filled(t, 3, 0)
				check(t, os.Chmod(dir, fs.ModeSetgid|0o770))
				_ = os.Remove(filepath.Join(dir, name))
				check(t, plant(filepath.Join(dir, name)))
				j := open(t, Options{Dir: dir})
				appendAll(t, j, request("after"), outcome("after"))
				check(t, j.Close())
				var last string
				for e, err := range Read(dir, Filter{}) {
					if _, ok := errors.AsType[*LineError](err); err != nil && !ok {
						t.Fatalf("Read: %v", err)
					}
					if e.ID != "" {
						last = e.ID
					}
				}
				if last != "after" {
					t.Errorf("the last entry is %q", last)
				}
				if _, err := leftBehind(t.Context(), dir, "", ""); err != nil {
					t.Errorf("left behind: %v", err)
				}
				r, err := Verify(dir)
				check(t, err)
				if name == HeadName {
					if m, err := readHead(dir); err != nil || m.Count != uint64(r.Lines) || !r.Intact() {
						t.Errorf("the head counts %d of %d, %v; %v", m.Count, r.Lines, err, r.Problems)
					}
				} else if r.Intact() || !strings.Contains(r.Problems[0].String()+r.Problems[len(r.Problems)-1].String(), name+": it is ") {
					t.Errorf("Verify does not name %s: %v", name, r.Problems)
				}
			})
		}
	}
}

// What is planted in the place of a file that must be there is an error at
// once, which names it.
func TestPlantedLock(t *testing.T) {
	for _, name := range []string{LockName, settleName, FileName} {
		dir := t.TempDir()
		check(t, syscall.Mkfifo(filepath.Join(dir, name), 0o600))
		j, err := Open(Options{Dir: dir})
		if err == nil {
			_, err = j.Settle(t.Context(), nil)
			check(t, j.Close())
		}
		if err == nil || !strings.Contains(err.Error(), name+": it is not a regular file") {
			t.Errorf("a pipe as %s: %v", name, err)
		}
		if _, err := Verify(dir); name == FileName && err == nil {
			t.Error("Verify of a pipe succeeds")
		}
	}
}

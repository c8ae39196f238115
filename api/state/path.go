package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxLinks is how many symbolic links a path may lead through.
const maxLinks = 40

// checkPath refuses a path that leads through a symbolic link of a user who is
// neither this one nor root: that user could lead it elsewhere at any time. What
// of the path does not exist is not checked.
func checkPath(path string) error {
	abs, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	if os.Geteuid() < 0 {
		return nil // there are no owners here
	}
	todo := split(abs)
	at := string(filepath.Separator)
	for links := 0; len(todo) > 0; {
		name := todo[0]
		todo = todo[1:]
		if name == ".." {
			at = filepath.Dir(at)
			continue
		}
		next := filepath.Join(at, name)
		st, err := os.Lstat(next)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case st.Mode()&fs.ModeSymlink == 0:
			at = next
			continue
		}
		if uid, _, _ := owner(st); uid != 0 && uid != os.Geteuid() {
			return refuse(next, "it is a symbolic link of another user (uid %d)", uid)
		}
		to, err := os.Readlink(next)
		if err != nil {
			return err
		}
		if links++; links > maxLinks {
			return refuse(next, "it leads through too many symbolic links")
		}
		if filepath.IsAbs(to) {
			at = string(filepath.Separator)
		}
		todo = append(split(to), todo...)
	}
	return nil
}

// split returns the parts of a path.
func split(path string) (parts []string) {
	for p := range strings.SplitSeq(path, string(filepath.Separator)) {
		if p != "" && p != "." {
			parts = append(parts, p)
		}
	}
	return parts
}

// makeAll makes a folder and those above it that do not exist, for the owner
// alone. Root gives what it makes in a folder of another user to that user:
// with sudo and a HOME that was kept, the home's owner could not use it.
func makeAll(path string) error {
	switch st, err := os.Stat(path); {
	case err == nil && !st.IsDir():
		return refuse(path, "it is not a folder")
	case err == nil:
		return nil
	}
	if os.Geteuid() != 0 {
		return os.MkdirAll(path, dirMode)
	}
	above := filepath.Dir(path)
	if above != path {
		if err := makeAll(above); err != nil {
			return err
		}
	}
	if err := os.Mkdir(path, dirMode); err != nil {
		return err
	}
	st, err := os.Stat(above)
	if err != nil {
		return err
	}
	if uid, gid, _ := owner(st); uid > 0 {
		return giveFolder(path, uid, gid)
	}
	return nil
}

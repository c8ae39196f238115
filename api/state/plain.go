package state

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrChanged is that a file is no longer what it was when it was read.
var ErrChanged = errors.New("another program has changed it meanwhile")

// ReplacePlain makes b the content of a file that a person named, such as a
// settings file, with this mode: a reader sees all of the old file or all of the
// new one. was is what [ReadPlain] returned; nil for a file that did not exist.
// A link to the file stays one. Folders above it are made, for the owner alone.
//
// It is an [*UnsafeError] where the path leads through a link of another user, or
// the file is not regular, is another user's or has a second name; and
// [ErrChanged] where it is not the same as was. Then nothing is written.
func ReplacePlain(path string, was, b []byte, mode fs.FileMode) error {
	if err := checkPath(path); err != nil {
		return err
	}
	target, err := filepath.EvalSymlinks(path)
	switch st, lerr := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist) && lerr == nil && st.Mode()&fs.ModeSymlink != 0:
		return refuse(path, "it is a symbolic link to nothing")
	case errors.Is(err, fs.ErrNotExist):
		target = path
	case err != nil:
		return err
	}
	d, err := Make(filepath.Dir(target))
	if err != nil {
		return err
	}
	st, err := d.checkPlain(target, was)
	if err != nil {
		return err
	}
	name := filepath.Base(target)
	temp := name + tempPart + rand.Text()[:8]
	f, err := d.create(d.Path(temp), os.O_WRONLY, ownMode)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(d.Path(temp)) }() // gone already if all went well
	_, err = f.Write(b)
	if err == nil && mode.Perm()&0o077 != 0 && st != nil {
		err = keepGroup(f, st) // those who may read the old one may read the new one
	}
	if err == nil {
		err = f.Chmod(mode.Perm())
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if _, err = d.checkPlain(target, was); err != nil {
		return err
	}
	if err = os.Rename(d.Path(temp), target); err != nil {
		return err
	}
	return d.Sync()
}

// checkPlain refuses a file that cannot be replaced, or is not the same as was.
// It returns what is known of it; nil where there is none.
func (d Dir) checkPlain(path string, was []byte) (fs.FileInfo, error) {
	b, st, err := ReadPlain(path, MaxFile)
	switch {
	case errors.Is(err, fs.ErrNotExist) && was == nil:
		return nil, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, &fs.PathError{Op: "write", Path: path, Err: ErrChanged}
	case err != nil:
		return nil, err
	}
	if err := d.checkOwn(st); err != nil {
		return nil, &fs.PathError{Op: "write", Path: path, Err: err}
	}
	if was == nil || !bytes.Equal(b, was) {
		return nil, &fs.PathError{Op: "write", Path: path, Err: ErrChanged}
	}
	return st, nil
}

// keepGroup gives a file the group of another one.
func keepGroup(f *os.File, like fs.FileInfo) error {
	_, gid, _ := owner(like)
	st, err := f.Stat()
	if err != nil || gid < 0 {
		return err
	}
	if _, is, _ := owner(st); is == gid {
		return nil
	}
	return f.Chown(-1, gid)
}

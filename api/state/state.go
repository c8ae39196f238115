// Package state is the one way to the files of the state directory: the
// journal, the status files and the debug log. It opens, locks, lists, replaces
// and sweeps them.
//
// A state directory may be shared by the users of a group, so whatever is in it
// may have been put there by somebody else to do harm. A file is used only when
// it is a regular file of an owner who has a place there. A symbolic link is not
// followed, nor one of another user in the directory's own path. Nothing here
// blocks on a pipe or reads a file without end. A new file is made by exclusive
// creation, with its final mode. What is not used is an [*UnsafeError].
package state

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Modes of what is made here. A shared directory is group-writable and setgid.
const (
	dirMode   fs.FileMode = 0o700
	ownMode   fs.FileMode = 0o600
	groupMode fs.FileMode = 0o660
)

// MaxFile is the size in bytes above which no file is opened: 1 GiB.
const MaxFile = 1 << 30

// Dir is a state directory.
type Dir struct {
	path     string
	shared   bool // with a group
	uid, gid int  // of its owner; -1 where there is none, as on Windows
	handOver bool // root uses somebody's directory: new files are given to its owner
}

// UnsafeError says why a file is not used though it is there.
type UnsafeError struct{ Why string }

// Error returns the reason, without the path.
func (e *UnsafeError) Error() string { return e.Why }

// errNotRegular is why pipes, devices, sockets and folders are not used.
var errNotRegular = &UnsafeError{"it is not a regular file"}

func refuse(path, format string, args ...any) error {
	return &fs.PathError{Op: "open", Path: path, Err: &UnsafeError{fmt.Sprintf(format, args...)}}
}

// Make returns the state directory with this path. It makes it, 0700, if it
// does not exist. Folders that root makes in a home are given to its owner.
func Make(path string) (Dir, error) {
	if path == "" {
		return Dir{}, errors.New("no state_dir is set")
	}
	if err := checkPath(path); err != nil {
		return Dir{}, err
	}
	if err := makeAll(path); err != nil {
		return Dir{}, err
	}
	return At(path)
}

// At returns the state directory with this path, which must exist.
func At(path string) (Dir, error) {
	if err := checkPath(path); err != nil {
		return Dir{}, err
	}
	st, err := os.Stat(path)
	if err != nil {
		return Dir{}, err
	}
	if !st.IsDir() {
		return Dir{}, refuse(path, "it is not a folder")
	}
	d := Dir{path: path, shared: st.Mode()&fs.ModeSetgid != 0 && st.Mode().Perm()&0o020 != 0}
	d.uid, d.gid, _ = owner(st)
	d.handOver = os.Geteuid() == 0 && d.uid > 0
	return d, nil
}

// Path returns the path of a file with this name.
func (d Dir) Path(name string) string { return filepath.Join(d.path, name) }

// Shared reports whether the directory is meant for a group.
func (d Dir) Shared() bool { return d.shared }

// Mode returns the mode of the files that all users of the directory write:
// 0660 in one that is shared, else 0600.
func (d Dir) Mode() fs.FileMode {
	if d.shared {
		return groupMode
	}
	return ownMode
}

// Open opens a file that all users of the directory may write. flag is as for
// [os.OpenFile]. With os.O_CREATE it is made if it does not exist, and gets the
// directory's mode if it has another one and is the user's.
func (d Dir) Open(name string, flag int) (*os.File, error) {
	return d.open(name, flag, d.Mode(), d.check, 0o002, "everybody may write it")
}

// OpenOwn opens a file that belongs to this user alone, 0600.
func (d Dir) OpenOwn(name string, flag int) (*os.File, error) {
	return d.open(name, flag, ownMode, d.checkOwn, 0o022, "others may write it")
}

// open opens or makes a regular file that passes check. Its mode is then set,
// if it is to be made and the user may, and must have none of the bits of loose.
func (d Dir) open(name string, flag int, mode fs.FileMode, check func(fs.FileInfo) error, loose fs.FileMode, why string) (*os.File, error) {
	path := d.Path(name)
	f, err := d.openAny(path, flag, mode)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err == nil {
		err = check(st)
	}
	if err == nil && flag&os.O_CREATE != 0 && st.Mode().Perm() != mode && f.Chmod(mode) == nil {
		st, err = f.Stat()
	}
	if err == nil && os.Geteuid() >= 0 && st.Mode().Perm()&loose != 0 { // Windows has no such modes
		err = &UnsafeError{why}
	}
	if err != nil {
		_ = f.Close()
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return f, nil
}

// openAny opens or makes a file, whatever it is.
func (d Dir) openAny(path string, flag int, mode fs.FileMode) (*os.File, error) {
	for range 3 { // another process may make or remove it in between
		f, err := os.OpenFile(path, flag&^os.O_CREATE|openFlags, 0)
		if errors.Is(err, fs.ErrNotExist) && flag&os.O_CREATE != 0 {
			f, err = d.create(path, flag, mode)
			if errors.Is(err, fs.ErrExist) {
				continue
			}
		}
		if err != nil {
			return nil, d.explain(path, err)
		}
		if st, err := f.Stat(); err != nil {
			_ = f.Close()
			return nil, err
		} else if err := checkLink(path, st); err != nil {
			_ = f.Close()
			return nil, err
		}
		return f, nil
	}
	return nil, d.explain(path, &fs.PathError{Op: "open", Path: path, Err: fs.ErrExist})
}

// create makes a new file.
func (d Dir) create(path string, flag int, mode fs.FileMode) (*os.File, error) {
	f, err := os.OpenFile(path, flag|os.O_CREATE|os.O_EXCL|openFlags, mode)
	if err == nil && d.handOver {
		_ = f.Chown(d.uid, d.gid)
	}
	return f, err
}

// explain says why a file cannot be opened that is no regular one.
func (d Dir) explain(path string, err error) error {
	st, lerr := os.Lstat(path)
	switch {
	case lerr != nil || st.Mode().IsRegular() || st.IsDir():
		return err
	case st.Mode()&fs.ModeSymlink != 0:
		return refuse(path, "it is a symbolic link")
	}
	return &fs.PathError{Op: "open", Path: path, Err: errNotRegular}
}

// check reports why a file that several users may write is not used.
func (d Dir) check(st fs.FileInfo) error {
	uid, gid, links := owner(st)
	switch {
	case !st.Mode().IsRegular():
		return errNotRegular
	case st.Size() > MaxFile:
		return &UnsafeError{"it is larger than 1 GiB"}
	case uid < 0: // there are no owners here
	case d.shared && links > 1:
		return &UnsafeError{"it has another name elsewhere (a hard link)"}
	case uid != os.Geteuid() && uid != d.uid && uid != 0 && !(d.shared && gid == d.gid):
		return &UnsafeError{fmt.Sprintf("it belongs to another user (uid %d)", uid)}
	}
	return nil
}

// checkOwn reports why a file of one user is not used.
func (d Dir) checkOwn(st fs.FileInfo) error {
	uid, _, links := owner(st)
	switch {
	case !st.Mode().IsRegular():
		return errNotRegular
	case uid < 0:
	case uid != os.Geteuid() && !(d.handOver && uid == d.uid):
		return &UnsafeError{fmt.Sprintf("it belongs to another user (uid %d)", uid)}
	case links > 1:
		return &UnsafeError{"it has another name elsewhere (a hard link)"}
	}
	return nil
}

// ReadOwn returns what is in a file of this user, which must not be larger than
// limit bytes.
func (d Dir) ReadOwn(name string, limit int64) ([]byte, error) {
	f, err := d.OpenOwn(name, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return readAll(f, limit)
}

// readAll reads a file that must not be larger than limit bytes.
func readAll(f *os.File, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = refuse(f.Name(), "it is larger than %d bytes", limit)
	}
	return b, err
}

// tempPart is in the name of each file that will replace another one.
const tempPart = ".new-"

// Replace makes b the content of a file of this user, 0600, so that a reader
// sees all of the old file or all of the new one. Whatever had the name before,
// a link or a pipe too, is gone.
func (d Dir) Replace(name string, b []byte) error { return d.replace(name, b, ownMode) }

// ReplaceShared does the same with a file that all users of the directory may
// write.
func (d Dir) ReplaceShared(name string, b []byte) error { return d.replace(name, b, d.Mode()) }

func (d Dir) replace(name string, b []byte, mode fs.FileMode) error {
	temp := name + tempPart + rand.Text()[:8]
	f, err := d.create(d.Path(temp), os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_ = f.Chmod(mode) // whatever the umask has left of it
	_, err = f.Write(b)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(d.Path(temp), d.Path(name))
	}
	if err != nil {
		_ = os.Remove(d.Path(temp))
	}
	return err
}

// Names returns the names of what is in the directory that begin and end so,
// sorted.
func (d Dir) Names(prefix, suffix string) ([]string, error) {
	list, err := os.ReadDir(d.path)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range list {
		n := e.Name()
		if len(n) >= len(prefix)+len(suffix) && strings.HasPrefix(n, prefix) && strings.HasSuffix(n, suffix) {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Remove removes a file of this user. One that is not there is no error.
func (d Dir) Remove(name string) error {
	st, err := os.Lstat(d.Path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	if uid, _, _ := owner(st); uid >= 0 && uid != os.Geteuid() && !(d.handOver && uid == d.uid) {
		return refuse(d.Path(name), "it belongs to another user (uid %d)", uid)
	}
	if st.IsDir() {
		return refuse(d.Path(name), "it is a folder")
	}
	return os.Remove(d.Path(name))
}

// Sweep removes the files of this user whose names begin and end so, and which
// were last written more than age ago; also what a crash has left of replacing
// them. It leaves the others.
func (d Dir) Sweep(prefix, suffix string, age time.Duration) {
	names, _ := d.Names(prefix, "")
	for _, n := range names {
		whole, _, _ := strings.Cut(n, tempPart)
		st, err := os.Lstat(d.Path(n))
		if strings.HasSuffix(whole, suffix) && err == nil && time.Since(st.ModTime()) > age {
			_ = d.Remove(n)
		}
	}
}

// Sync makes the names in the directory last. A file system that cannot do
// that is no error.
func (d Dir) Sync() error {
	err := syncDir(d.path)
	if isUnsupported(err) {
		return nil
	}
	return err
}

// ReadPlain returns what is in a file that a person named, such as a settings
// file: it may be a link, but not a pipe or a device, and not larger than limit
// bytes. The null device is an empty file.
func ReadPlain(path string, limit int64) ([]byte, fs.FileInfo, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|plainFlags, 0)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = f.Close() }()
	st, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	if !st.Mode().IsRegular() && !st.IsDir() && path != os.DevNull {
		return nil, nil, &fs.PathError{Op: "open", Path: path, Err: errNotRegular}
	}
	b, err := readAll(f, limit)
	return b, st, err
}

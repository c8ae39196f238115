//go:build unix

package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// sharedDir returns a directory that a group shares.
func sharedDir(t *testing.T) Dir {
	t.Helper()
	path := t.TempDir()
	check(t, os.Chmod(path, fs.ModeSetgid|0o770))
	d, err := At(path)
	check(t, err)
	if !d.Shared() {
		t.Fatal("not shared")
	}
	return d
}

// hostile puts into a directory, under one name, what must not be used.
var hostile = []struct {
	name string
	make func(path, victim string) error
	why  string
}{
	{"link", func(path, victim string) error { return os.Symlink(victim, path) }, "symbolic link"},
	{"dangling link", func(path, victim string) error { return os.Symlink(victim+"-none", path) }, "symbolic link"},
	{"hard link", func(path, victim string) error { return os.Link(victim, path) }, "hard link"},
	{"pipe", func(path, _ string) error { return syscall.Mkfifo(path, 0o660) }, "not a regular file"},
	{"device", func(path, _ string) error { return os.Symlink("/dev/zero", path) }, "symbolic link"},
	{"folder", func(path, _ string) error { return os.Mkdir(path, 0o700) }, "a"},
	{"somebody's", func(path, _ string) error {
		return errors.Join(os.WriteFile(path, nil, 0o600), os.Chown(path, 4242, 4242))
	}, "another user (uid 4242)"},
	{"endless", func(path, _ string) error {
		return errors.Join(os.WriteFile(path, nil, 0o600), os.Truncate(path, 1<<40))
	}, "larger than"},
}

// No way to a file uses what somebody has put in its place, waits for it, or
// changes what it leads to.
func TestHostileFiles(t *testing.T) {
	ways := map[string]func(d Dir) error{
		"read":   func(d Dir) error { return closed(d.Open("f", os.O_RDONLY)) },
		"write":  func(d Dir) error { return closed(d.Open("f", os.O_RDWR|os.O_CREATE)) },
		"append": func(d Dir) error { return closed(d.OpenOwn("f", os.O_WRONLY|os.O_APPEND|os.O_CREATE)) },
		"own":    func(d Dir) error { _, err := d.ReadOwn("f", 1<<10); return err },
	}
	for _, h := range hostile {
		for way, open := range ways {
			t.Run(h.name+"/"+way, func(t *testing.T) {
				if h.name == "somebody's" && os.Geteuid() != 0 {
					t.Skip("only root can make one")
				}
				if h.name == "endless" && way == "append" {
					t.Skip("a log of one's own may be as large as one likes")
				}
				d := sharedDir(t)
				victim := filepath.Join(t.TempDir(), "victim")
				check(t, os.WriteFile(victim, []byte("mine"), 0o640))
				check(t, h.make(d.Path("f"), victim))
				err := open(d)
				if err == nil || !strings.Contains(err.Error(), h.why) || !strings.Contains(err.Error(), d.Path("f")) {
					t.Errorf("%v, want %q and the path", err, h.why)
				}
				if b, _ := os.ReadFile(victim); string(b) != "mine" {
					t.Errorf("the victim's file now holds %q", b)
				}
				if st, err := os.Stat(victim); err != nil || st.Mode().Perm() != 0o640 {
					t.Errorf("the victim's file has mode %v", st.Mode())
				}
			})
		}
	}
}

func closed(f *os.File, err error) error {
	if err == nil {
		err = f.Close()
	}
	return err
}

// What is replaced is replaced whole, whatever was there.
func TestReplace(t *testing.T) {
	for _, h := range append(hostile, hostile[0]) {
		if h.name == "folder" || h.name == "somebody's" && os.Geteuid() != 0 {
			continue
		}
		d := sharedDir(t)
		victim := filepath.Join(t.TempDir(), "victim")
		check(t, os.WriteFile(victim, []byte("mine"), 0o600))
		check(t, h.make(d.Path("f"), victim))
		check(t, d.Replace("f", []byte("new")))
		if b, err := d.ReadOwn("f", 3); string(b) != "new" || err != nil {
			t.Errorf("%s: %q, %v", h.name, b, err)
		}
		if b, _ := os.ReadFile(victim); string(b) != "mine" {
			t.Errorf("%s: the victim's file now holds %q", h.name, b)
		}
		if names, _ := d.Names("", ""); len(names) != 1 {
			t.Errorf("%s: left in the directory: %q", h.name, names)
		}
		if st, err := os.Lstat(d.Path("f")); err != nil || st.Mode() != 0o600 {
			t.Errorf("%s: mode %v, %v", h.name, st.Mode(), err)
		}
	}
}

func TestReadOwn(t *testing.T) {
	d := sharedDir(t)
	check(t, os.WriteFile(d.Path("f"), []byte("12345"), 0o600))
	if _, err := d.ReadOwn("f", 4); err == nil || !strings.Contains(err.Error(), "larger than 4 bytes") {
		t.Errorf("five bytes where four are allowed: %v", err)
	}
	check(t, os.Chmod(d.Path("f"), 0o660))
	if _, err := d.ReadOwn("f", 5); err == nil || !strings.Contains(err.Error(), "others may write it") {
		t.Errorf("one that the group may write: %v", err)
	}
}

// Settings and token files may be links, and nothing that never ends.
func TestReadPlain(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	check(t, os.WriteFile(at("file"), []byte("text"), 0o600))
	check(t, os.Symlink("file", at("link")))
	check(t, syscall.Mkfifo(at("pipe"), 0o600))
	check(t, os.WriteFile(at("endless"), nil, 0o600))
	check(t, os.Truncate(at("endless"), 1<<40))
	tests := []struct{ path, want, err string }{
		{at("file"), "text", ""},
		{at("link"), "text", ""},
		{os.DevNull, "", ""},
		{at("pipe"), "", "not a regular file"},
		{"/dev/zero", "", "not a regular file"},
		{at("endless"), "", "larger than"},
		{dir, "", "is a directory"},
		{at("none"), "", "no such file"},
	}
	for _, tt := range tests {
		b, _, err := ReadPlain(tt.path, 100)
		if tt.err == "" && (err != nil || string(b) != tt.want) || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
			t.Errorf("%s: %q, %v; want %q, %q", tt.path, b, err, tt.want, tt.err)
		}
	}
}

// A link in the directory's own path counts when nobody else can move it.
func TestPathOfLinks(t *testing.T) {
	dir := t.TempDir()
	check(t, os.Mkdir(filepath.Join(dir, "real"), 0o700))
	check(t, os.Symlink("../"+filepath.Base(dir)+"/real", filepath.Join(dir, "link")))
	if _, err := Make(filepath.Join(dir, "link", "a", "b")); err != nil {
		t.Errorf("through a link of one's own: %v", err)
	}
	check(t, os.Symlink("loop", filepath.Join(dir, "loop")))
	if _, err := Make(filepath.Join(dir, "loop", "a")); err == nil {
		t.Error("a loop is no error")
	}
	if os.Geteuid() != 0 {
		return
	}
	check(t, os.Lchown(filepath.Join(dir, "link"), 4242, 4242))
	for _, open := range []func(string) (Dir, error){Make, At} {
		_, err := open(filepath.Join(dir, "link", "a"))
		if _, ok := errors.AsType[*UnsafeError](err); !ok || !strings.Contains(err.Error(), "symbolic link of another user (uid 4242)") {
			t.Errorf("through a link of somebody else: %v", err)
		}
	}
}

// With sudo and a HOME that was kept, what root makes there is its owner's.
func TestRootInAHome(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root")
	}
	home := t.TempDir()
	check(t, os.Chown(home, 4242, 4343))
	d, err := Make(filepath.Join(home, ".local", "state", "tapedeck"))
	check(t, err)
	check(t, closed(d.Open("shared", os.O_RDWR|os.O_CREATE)))
	check(t, closed(d.OpenOwn("own", os.O_RDWR|os.O_CREATE)))
	check(t, d.Replace("new", nil))
	for _, name := range []string{"../..", "..", ".", "shared", "own", "new"} {
		st, err := os.Lstat(d.Path(name))
		check(t, err)
		if uid, gid, _ := owner(st); uid != 4242 || gid != 4343 || st.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s belongs to %d:%d, mode %v", name, uid, gid, st.Mode())
		}
	}
	if _, err := d.ReadOwn("new", 1); err != nil {
		t.Errorf("root cannot read what it has written: %v", err)
	}
}

func TestSweep(t *testing.T) {
	d := sharedDir(t)
	old := time.Now().Add(-time.Hour)
	for _, name := range []string{"status-1.json", "status-2.json", "status-1.json" + tempPart + "x", "status-1.txt", "journal.jsonl"} {
		check(t, os.WriteFile(d.Path(name), nil, 0o600))
		if name != "status-2.json" {
			check(t, os.Chtimes(d.Path(name), old, old))
		}
	}
	check(t, os.Symlink("journal.jsonl", d.Path("status-3.json")))
	d.Sweep("status-", ".json", time.Minute)
	names, err := d.Names("", "")
	check(t, err)
	if got := strings.Join(names, " "); got != "journal.jsonl status-1.txt status-2.json status-3.json" {
		t.Errorf("left: %s", got)
	}
	if os.Geteuid() == 0 {
		check(t, os.Lchown(d.Path("status-3.json"), 4242, 4242))
		if err := d.Remove("status-3.json"); err == nil {
			t.Error("somebody else's file is removed")
		}
	}
}

func TestLock(t *testing.T) {
	d := sharedDir(t)
	a, err := d.Open("lock", os.O_RDWR|os.O_CREATE)
	check(t, err)
	b, err := d.Open("lock", os.O_RDWR|os.O_CREATE)
	check(t, err)
	for i, want := range []bool{true, false, true} {
		f := b
		if i == 0 {
			f = a
		}
		if ok, err := TryLock(f); ok != want || err != nil {
			t.Errorf("try %d: %v, %v", i, ok, err)
		}
		if i == 1 {
			Unlock(a)
		}
	}
	check(t, errors.Join(a.Close(), b.Close()))
}

// A file system that cannot sync a folder is no failure; another error is.
func TestDirectorySync(t *testing.T) {
	for err, want := range map[error]bool{syscall.EINVAL: true, syscall.ENOTSUP: true, syscall.EIO: false, nil: false} {
		if isUnsupported(err) != want {
			t.Errorf("%v: %v", err, !want)
		}
	}
	check(t, sharedDir(t).Sync())
}

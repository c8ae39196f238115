package sshd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api/state"
)

// TestDoors: the files count as they are at each login, and one that cannot be
// used lets nobody in, whatever it let in before.
func TestDoors(t *testing.T) {
	dir := t.TempDir()
	f := Files{Keys: filepath.Join(dir, "keys"), Revoked: filepath.Join(dir, "revoked")}
	at := time.Now().Add(-time.Hour)
	write := func(path, content string, mode fs.FileMode) {
		t.Helper()
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		at = at.Add(time.Minute) // no two writes are at the same time
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	write(f.Keys, line(newKey(t, 1)), 0o644)
	write(f.Revoked, "7", 0o644)
	var said []string
	d, err := OpenDoors(f, func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) })
	if err != nil {
		t.Fatal(err)
	}
	in := func(n byte) Reason {
		_, why := d.Gate().Check("x", newKey(t, n).PublicKey(), addressOf(addr("192.0.2.7:1")), now)
		return reasonOf(why)
	}
	check := func(what string, one, two Reason, saying string) {
		t.Helper()
		if a, b := in(1), in(2); a != one || b != two {
			t.Errorf("%s: %q, %q", what, a, b)
		}
		if got := strings.Join(said, "\n"); saying == "" && got != "" || !strings.Contains(got, saying) {
			t.Errorf("%s: said %q, want %q", what, got, saying)
		}
		said = nil
	}
	check("at first", "", UnknownKey, "")
	first := d.Gate()
	if d.Gate() != first {
		t.Error("it is read again though nothing has changed")
	}
	write(f.Keys, line(newKey(t, 1))+"\n"+line(newKey(t, 2)), 0o644)
	check("with one more", "", "", "")
	write(f.Keys, "rubbish\n"+line(newKey(t, 2)), 0o644)
	check("with another line", UnknownKey, "", "line 1: there is no key on it: it lets nobody in")
	write(f.Revoked, "x", 0o644)
	check("with a revocation list that is none", UnknownKey, UnknownKey, `line 1: "x" is no serial`)
	write(f.Revoked, "8", 0o644)
	check("with a good one", UnknownKey, "", "")
	if runtime.GOOS != "windows" {
		write(f.Keys, line(newKey(t, 2)), 0o666)
		check("with a file that others may write", UnknownKey, UnknownKey, "others may write it (mode 0666)")
	}
	if err := os.Remove(f.Keys); err != nil {
		t.Fatal(err)
	}
	check("without a file", UnknownKey, UnknownKey, "cannot be used")
	write(f.Keys, line(newKey(t, 1)), 0o644)
	check("with the file again", "", UnknownKey, "")
}

// TestFollow: a file that changes is told within seconds, and what changes with time
// within a minute.
func TestFollow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	write := func(keys string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(keys), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(line(newKey(t, 1)))
	d, err := OpenDoors(Files{Keys: path}, nil)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		var told atomic.Int32
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan struct{})
		go func() {
			defer close(over)
			d.Follow(ctx, func() { told.Add(1) })
		}()
		for _, tt := range []struct {
			keys string // empty is that nothing changes
			wait time.Duration
			want int32
		}{
			{"", 55 * time.Second, 0}, {"", 10 * time.Second, 1}, {line(newKey(t, 1)) + " and a comment", 2 * rereadEvery, 1}, {"", 50 * time.Second, 0}, {"", 2 * time.Minute, 2},
		} {
			if told.Store(0); tt.keys != "" {
				write(tt.keys)
			}
			time.Sleep(tt.wait)
			synctest.Wait()
			if got := told.Load(); got != tt.want {
				t.Errorf("%+v: told %d times", tt, got)
			}
		}
		cancel()
		<-over
	})
}

// TestNoDoors: where nobody could come in, the listener does not begin.
func TestNoDoors(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, []byte("# nobody\nrubbish\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	keys := filepath.Join(dir, "keys")
	if err := os.WriteFile(keys, []byte(line(newKey(t, 1))), 0o600); err != nil {
		t.Fatal(err)
	}
	none := filepath.Join(dir, "none")
	for _, tt := range []struct {
		f          Files
		want, next string
	}{
		{Files{}, "nobody could come in", "ssh_keys"},
		{Files{Keys: empty}, "there is no key in " + empty + " that", "add one"},
		{Files{Authorities: empty}, "there is no key in " + empty + " that", "add one"},
		{Files{Keys: empty, Authorities: empty}, "there is no key in " + empty + " or " + empty + " that", "add one"},
		{Files{Keys: none}, "cannot be used: no such file", "correct its path"},
		{Files{Keys: keys, Revoked: none}, "cannot be used: no such file", "correct its path"},
		{Files{Keys: dir}, "it is no regular file", "owner"},
		{Files{Keys: keys, Revoked: keys}, "is no serial", "correct that line"},
	} {
		var said []string
		_, err := OpenDoors(tt.f, func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) })
		e, _ := errors.AsType[*Error](err)
		if e == nil || !strings.Contains(e.Error(), tt.want) || !strings.Contains(e.Hint(), tt.next) {
			t.Errorf("%+v: %v, want %q, %q", tt.f, err, tt.want, tt.next)
		}
		if strings.Contains(strings.Join(said, "\n"), "cannot be used") {
			t.Errorf("%+v: said %q, too", tt.f, said)
		}
	}
}

// TestHostKey: it is made once, for nobody else to read, and one that others may
// read, or of another kind, is not used and not replaced.
func TestHostKey(t *testing.T) {
	dir, err := state.Make(filepath.Join(t.TempDir(), "state"))
	if err != nil {
		t.Fatal(err)
	}
	first, err := HostKey(dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := HostKey(dir)
	if err != nil || Fingerprint(again) != Fingerprint(first) {
		t.Errorf("the next time: %v", err)
	}
	path := dir.Path(HostKeyName)
	if runtime.GOOS == "windows" {
		t.Skip("there are no modes of files here")
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", st.Mode(), err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := HostKey(dir); err == nil || !strings.Contains(err.Error(), "others may read it (mode 0644)") {
		t.Errorf("one that others may read: %v", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := HostKey(dir); err == nil || !strings.Contains(err.Error(), "cannot use the host key") {
		t.Errorf("rubbish: %v", err)
	}
	if b, _ := os.ReadFile(path); string(b) != "rubbish" {
		t.Error("it was replaced")
	}
}

//go:build unix

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/secret"
	"tapedeck/api/sim"
	"tapedeck/config"
)

// sharedState returns a state directory that a group shares, and a file of the
// user elsewhere.
func sharedState(t *testing.T) (dir, victim string) {
	t.Helper()
	dir, victim = t.TempDir(), filepath.Join(t.TempDir(), "authorized_keys")
	if err := os.Chmod(dir, fs.ModeSetgid|0o770); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(victim, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, victim
}

func wantMine(t *testing.T, victim string) {
	t.Helper()
	if b, _ := os.ReadFile(victim); string(b) != "mine" {
		t.Errorf("the user's own file now holds %.60q", b)
	}
}

// Whatever a colleague has put in the place of the debug log, it leads to no
// file of the user's, and OpenLog returns.
func TestDebugLogFollowsNothing(t *testing.T) {
	for name, plant := range map[string]func(path, victim string) error{
		"link":      func(path, victim string) error { return os.Symlink(victim, path) },
		"hard link": func(path, victim string) error { return os.Link(victim, path) },
		"pipe":      func(path, _ string) error { return syscall.Mkfifo(path, 0o600) },
	} {
		dir, victim := sharedState(t)
		at := filepath.Join(dir, fmt.Sprintf("debug-%d.log", os.Geteuid()))
		if err := plant(at, victim); err != nil {
			t.Fatal(err)
		}
		l, err := OpenLog(config.Config{StateDir: dir, Log: "debug"})
		if err == nil {
			l.Exchange(api.Exchange{Method: "GET"})
			_ = l.Close()
		}
		if err == nil || !strings.Contains(err.Error(), at+": it ") {
			t.Errorf("%s: OpenLog: %v", name, err)
		}
		wantMine(t, victim)
	}
}

// Two users of one state directory have a debug log each.
func TestDebugLogOfASecondUser(t *testing.T) {
	dir, _ := sharedState(t)
	other := filepath.Join(dir, "debug.log")
	if err := os.WriteFile(other, []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}
	_ = os.Chown(other, 4242, -1)
	l, err := OpenLog(config.Config{StateDir: dir, Log: "debug"})
	if err != nil {
		t.Fatal(err)
	}
	l.Exchange(api.Exchange{Method: "GET"})
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if b, _ := os.ReadFile(other); string(b) != "theirs" {
		t.Errorf("the other user's log holds %q", b)
	}
	if b, _ := os.ReadFile(filepath.Join(dir, fmt.Sprintf("debug-%d.log", os.Geteuid()))); !strings.Contains(string(b), "method=GET") {
		t.Errorf("the log holds %q", b)
	}
}

// The name of a status file is known beforehand: a link in its place leads
// nowhere.
func TestStatusFollowsNothing(t *testing.T) {
	for _, name := range []string{"status-%d.json", "status-%d.json.new"} {
		synctest.Test(t, func(t *testing.T) {
			dir, victim := sharedState(t)
			if err := os.Symlink(victim, filepath.Join(dir, fmt.Sprintf(name, os.Getpid()))); err != nil {
				t.Fatal(err)
			}
			space := sim.New(sim.Options{Recordings: 1})
			d, err := deck.Open(api.Config{Space: "http://127.0.0.1", Project: space.Project(), Token: secret.New(space.Token()),
				Transport: space.Transport()}, deck.Config{})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			ShareStatus(ctx, config.Config{StateDir: dir}, d, func() bool { return false })
			wantMine(t, victim)
		})
	}
}

// A status file that is not this user's own, or no file at all, tells nothing
// and holds up nobody.
func TestStatusOfAForger(t *testing.T) {
	now := time.Now()
	good, err := json.Marshal(sharedStatus{PID: os.Getpid(), Complete: now, Limit: 7000})
	if err != nil {
		t.Fatal(err)
	}
	write := func(path string, mode fs.FileMode) error {
		if err := os.WriteFile(path, good, mode); err != nil {
			return err
		}
		return os.Chmod(path, mode)
	}
	tests := []struct {
		name string
		make func(path string) error
		ok   bool
	}{
		{"own", func(path string) error { return write(path, 0o600) }, true},
		{"the group may write it", func(path string) error { return write(path, 0o660) }, false},
		{"somebody else's", func(path string) error {
			if err := write(path, 0o600); err != nil {
				return err
			}
			return os.Chown(path, 4242, -1)
		}, false},
		{"pipe", func(path string) error { return syscall.Mkfifo(path, 0o600) }, false},
		{"endless", func(path string) error {
			if err := write(path, 0o600); err != nil {
				return err
			}
			return os.Truncate(path, 1<<40)
		}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir, _ := sharedState(t)
			if err := tt.make(filepath.Join(dir, "status-7.json")); err != nil {
				t.Skip(err)
			}
			if _, ok := find(readStatuses(dir, now), config.Config{}, true, now); ok != tt.ok {
				t.Errorf("believed: %v", ok)
			}
		})
	}
}

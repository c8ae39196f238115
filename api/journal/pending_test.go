package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// Entries are written in the order in which they are queued, also those that
// nobody waits for, and Enqueue never blocks.
func TestQueueKeepsOrder(t *testing.T) {
	dir := t.TempDir()
	j := open(t, Options{Dir: dir})
	j.disk.Lock() // nothing is written now
	began := time.Now()
	var want []string
	for i := range 200 {
		e := request(fmt.Sprint(i))
		if i%3 == 0 {
			e.Event = Timer
		}
		j.Enqueue(e)
		want = append(want, e.ID)
	}
	if took := time.Since(began); took > 10*time.Second { // it would wait for ever
		t.Errorf("queued in %s", took)
	}
	j.disk.Unlock()
	check(t, j.Close())
	var got []string
	for _, e := range entries(t, dir, Filter{}) {
		got = append(got, e.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the order is %v", got)
	}
}

// A request has one outcome, whoever notes another one.
func TestOneOutcome(t *testing.T) {
	dir := t.TempDir()
	j := open(t, Options{Dir: dir})
	a, b := j.NewID(), j.NewID()
	asked := outcome(a)
	asked.Outcome = "requested"
	appendAll(t, j, request(a), request(b), asked, outcome(b), outcome(a), outcome(a), outcome(b), outcome("of another process"))
	var got []string
	for _, e := range entries(t, dir, Filter{}) {
		name := map[string]string{a: "a", b: "b"}[e.ID]
		got = append(got, string(e.Event)+" "+name+" "+e.Outcome)
	}
	want := []string{"request a ", "request b ", "outcome a requested", "outcome b verified", "outcome a verified",
		"seen a verified", "seen b verified", "outcome  verified"}
	if !slices.Equal(got, want) {
		t.Errorf("the journal has %q, want %q", got, want)
	}
}

// Close takes two seconds on a disk that hangs, and says what is not on record.
func TestCloseOnADiskThatHangs(t *testing.T) {
	tests := []struct {
		name string
		hang func(j *Journal, end chan struct{})
		want string
	}{
		{"write", func(j *Journal, end chan struct{}) {
			j.store.write = func(f *os.File, b []byte) (int, error) { <-end; return f.Write(b) }
		}, "2 of its entries were never written: write "},
		{"sync of the folder", func(j *Journal, end chan struct{}) {
			j.syncDir = func() error { <-end; return nil }
		}, "its last lines may not be on disk: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				end := make(chan struct{})
				j, err := Open(Options{Dir: t.TempDir()})
				check(t, err)
				j.disk.Lock()
				tt.hang(j, end)
				j.disk.Unlock()
				first := j.Append(request("w"))
				j.Enqueue(Entry{Event: Timer, Recording: rec1})
				began := time.Now()
				err = j.Close()
				if took := time.Since(began); took > 2*time.Second {
					t.Errorf("Close took %s", took)
				}
				if err == nil || !strings.HasPrefix(err.Error(), tt.want) || !errors.Is(err, ErrSlow) ||
					strings.Contains(err.Error(), "follows") {
					t.Errorf("Close: %v, want %q", err, tt.want)
				}
				if tt.name == "write" && (!errors.Is(first, ErrSlow) || !strings.Contains(err.Error(), "request paused of "+rec1.String()+", timer of ")) {
					t.Errorf("Append: %v; Close: %v, want the entries named", first, err)
				}
				if err := j.Enqueue(request("w")).Wait(); !errors.Is(err, ErrClosed) || strings.Contains(err.Error(), "follows") {
					t.Errorf("after Close: %v", err)
				}
				close(end)
				j.done.Wait()
			})
		})
	}
}

// A journal that cannot be opened at the start is tried again as one that
// breaks later: nothing is lost, and the next entry finds what was mended.
func TestBegin(t *testing.T) {
	breaks := map[string]func(dir string) (mend func() error){
		"a file in its place": func(dir string) func() error {
			_ = os.WriteFile(dir, nil, 0o600)
			return func() error { return os.Remove(dir) }
		},
		"a folder as journal": func(dir string) func() error {
			_ = os.MkdirAll(filepath.Join(dir, FileName), 0o700)
			return func() error { return os.Remove(filepath.Join(dir, FileName)) }
		},
		"a link as lock": func(dir string) func() error {
			_ = os.MkdirAll(dir, 0o700)
			_ = os.Symlink("x", filepath.Join(dir, LockName))
			return func() error { return os.Remove(filepath.Join(dir, LockName)) }
		},
	}
	for name, breakIt := range breaks {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "state")
				mend := breakIt(dir)
				j := Begin(Options{Dir: dir})
				if err := j.Trouble(); err == nil || !strings.Contains(err.Error(), dir) {
					t.Errorf("Trouble: %v", err)
				}
				id := j.NewID()
				err := j.Append(request(id))
				if e, ok := errors.AsType[*Error](err); !ok || !e.Kept {
					t.Errorf("Append: %v, want it kept", err)
				}
				time.Sleep(time.Hour)
				check(t, mend())
				check(t, j.Append(outcome(id)))
				check(t, j.Trouble())
				check(t, j.Close())
				if list := entries(t, dir, Filter{}); len(list) != 2 || !list[0].Late || list[1].Event != Outcome {
					t.Errorf("the journal has %+v", list)
				}
				intact(t, dir)
			})
		})
	}
}

// Two that settle, while somebody has the journal locked for a moment: the
// second waits until the outcome of the first is in the file.
func TestSettleWhileLocked(t *testing.T) {
	dir := t.TempDir()
	cmd, end := startHelper(t, "wish", dir, "requested")
	check(t, cmd.Process.Kill())
	end()
	synctest.Test(t, func(t *testing.T) {
		a, b := open(t, Options{Dir: dir}), open(t, Options{Dir: dir})
		other := newStore(Options{Dir: dir})
		if ok, err := other.tryLock(); !ok || err != nil {
			t.Fatal(ok, err)
		}
		settle := func(w Entry) (Entry, bool) { return outcome(w.ID), true }
		var all sync.WaitGroup
		for _, j := range []*Journal{a, b} {
			all.Go(func() {
				if _, err := j.Settle(t.Context(), settle); err != nil {
					t.Error(err)
				}
			})
		}
		time.Sleep(4 * appendLimit)
		other.close()
		all.Wait()
	})
	outcomes := 0
	for _, e := range entries(t, dir, Filter{}) {
		if e.Event == Outcome {
			outcomes++
		}
	}
	if outcomes != 1 {
		t.Errorf("%d outcomes of one request", outcomes)
	}
}

// A journal that is never written ends who settles with its context, and says why.
func TestSettleOnAFullDisk(t *testing.T) {
	dir := t.TempDir()
	cmd, end := startHelper(t, "wish", dir, "requested")
	check(t, cmd.Process.Kill())
	end()
	synctest.Test(t, func(t *testing.T) {
		j, err := Open(Options{Dir: dir})
		check(t, err)
		j.disk.Lock()
		j.store.write = func(*os.File, []byte) (int, error) { return 0, syscall.ENOSPC }
		j.disk.Unlock()
		ctx, cancel := context.WithTimeout(t.Context(), 3*appendLimit)
		defer cancel()
		if n, err := j.Settle(ctx, func(w Entry) (Entry, bool) { return outcome(w.ID), true }); n != 0 || !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%d settled, %v", n, err)
		}
		j.disk.Lock()
		j.store.write = (*os.File).Write
		j.disk.Unlock()
		check(t, j.Close())
	})
}

// What makes the names last fails: a rotation's head waits for it.
func TestHeadWaitsForTheNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		j := open(t, Options{Dir: dir, MaxSize: 600})
		fail := true
		var held bool
		j.disk.Lock()
		j.syncDir = func() error {
			if held = !j.disk.TryLock(); !held {
				j.disk.Unlock()
			}
			if fail {
				return syscall.EIO
			}
			return nil
		}
		j.disk.Unlock()
		if err := j.Append(outcome("w")); !errors.Is(err, syscall.EIO) {
			t.Errorf("Append: %v, want that the folder cannot be synced", err)
		}
		check(t, j.Enqueue(request("w")).Wait())
		_ = j.Wait()
		if m, err := readHead(dir); err != nil || m.Count != 0 {
			t.Errorf("the head counts %d, %v, and the names of the files may be lost", m.Count, err)
		}
		j.disk.Lock()
		fail = false
		j.disk.Unlock()
		appendAll(t, j, outcome("w"))
		check(t, j.Close())
		if held {
			t.Error("the disk was waited for with the journal held")
		}
		if r := intact(t, dir); r.Files < 2 {
			t.Errorf("it was not rotated: %+v", r)
		}
	})
}

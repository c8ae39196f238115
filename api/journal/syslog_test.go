package journal

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// daemon is a syslog daemon that can be down, restarted or stopped.
type daemon struct {
	mu      sync.Mutex
	got     []string // numbers of the lines that it took
	down    error    // why nobody can connect
	cut     int      // connections before this one are broken
	conns   int
	stopped chan struct{} // while not nil, a write waits for its end
}

func (d *daemon) dial() (io.WriteCloser, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.down != nil {
		return nil, d.down
	}
	d.conns++
	return &daemonConn{d, d.conns}, nil
}

func (d *daemon) set(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f()
}

type daemonConn struct {
	d *daemon
	n int
}

func (c *daemonConn) Write(b []byte) (int, error) {
	c.d.mu.Lock()
	stopped := c.d.stopped
	c.d.mu.Unlock()
	if stopped != nil {
		select {
		case <-stopped:
		case <-time.After(time.Second):
			return 0, syscall.EAGAIN
		}
	}
	c.d.mu.Lock()
	defer c.d.mu.Unlock()
	if c.d.down != nil || c.n <= c.d.cut {
		return 0, syscall.ECONNREFUSED
	}
	var e Entry
	if err := e.UnmarshalJSON(b); err != nil {
		return 0, err
	}
	c.d.got = append(c.d.got, fmt.Sprint(e.Seq))
	return len(b), nil
}

func (c *daemonConn) Close() error { return nil }

func withDaemon(t *testing.T, dir string, d *daemon) *Journal {
	t.Helper()
	j, err := Open(Options{Dir: dir})
	check(t, err)
	j.sendTo(d.dial)
	return j
}

// Every line gets to syslog, once and in order, whatever became of it
// meanwhile; and while it does not, Append says so.
func TestSyslogLosesNothing(t *testing.T) {
	tests := []struct {
		name       string
		break_     func(d *daemon)
		mend       func(d *daemon)
		says       bool // that the lines in between are not taken
		stillThere bool // at the end: the next start sends them
	}{
		{"it works", func(*daemon) {}, func(*daemon) {}, false, false},
		{"no daemon", func(d *daemon) { d.down = syscall.ENOENT }, func(d *daemon) { d.down = nil }, true, false},
		{"restarted", func(d *daemon) { d.cut = d.conns }, func(*daemon) {}, false, false},
		{"full socket", func(d *daemon) { d.stopped = make(chan struct{}) }, func(d *daemon) { d.stopped = nil }, true, false},
		{"no daemon until the end", func(d *daemon) { d.down = syscall.ENOENT }, func(*daemon) {}, true, true},
		{"full until the end", func(d *daemon) { d.stopped = make(chan struct{}) }, func(*daemon) {}, true, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir, d := t.TempDir(), &daemon{}
				j := withDaemon(t, dir, d)
				check(t, j.Append(request("w-1")))
				d.set(func() { tt.break_(d) })
				for i := range 5 {
					began := time.Now()
					err := j.Append(request(fmt.Sprintf("m-%d", i)))
					if errors.Is(err, ErrSyslog) != tt.says || time.Since(began) > appendLimit {
						t.Errorf("Append: %v after %s", err, time.Since(began))
					}
				}
				time.Sleep(2 * time.Second)
				if err := j.Trouble(); (err != nil) != tt.says {
					t.Errorf("Trouble: %v", err)
				}
				d.set(func() { tt.mend(d) })
				if !tt.stillThere {
					time.Sleep(2 * maxSyslogRetry)
					check(t, j.Append(request("w-2")))
					check(t, j.Trouble())
				}
				began := time.Now()
				if err := j.Close(); errors.Is(err, ErrSyslog) != tt.stillThere || err != nil && !strings.HasPrefix(err.Error(), "5 of its lines are left") {
					t.Errorf("Close: %v", err)
				}
				if took := time.Since(began); took > time.Second {
					t.Errorf("Close took %s", took)
				}
				time.Sleep(time.Minute) // a write that hung has ended
				d.set(func() { d.down, d.stopped = nil, nil })
				j = withDaemon(t, dir, d)
				check(t, j.Append(request("next")))
				time.Sleep(time.Second)
				check(t, j.Close())
				var want []string
				for _, e := range entries(t, dir, Filter{}) {
					want = append(want, fmt.Sprint(e.Seq))
				}
				if !slices.Equal(d.got, want) {
					t.Errorf("syslog has lines %v, want %v", d.got, want)
				}
				intact(t, dir)
			})
		})
	}
}

// The lines that are sent again come from full files too, and those that are
// not there any more are forgotten.
func TestSyslogSentAgainFromFullFiles(t *testing.T) {
	dir := filled(t, 9, 600) // two lines a file
	u := openUnsent(dir)
	for _, n := range []uint64{2, 3, 7, 400} {
		u.add(n)
	}
	u.save()
	synctest.Test(t, func(t *testing.T) {
		d := &daemon{}
		j := withDaemon(t, dir, d)
		check(t, j.Append(request("after")))
		check(t, j.Close())
		if want := []string{"2", "3", "7", "10"}; !slices.Equal(d.got, want) {
			t.Errorf("syslog has lines %v, want %v", d.got, want)
		}
		if u := openUnsent(dir); !u.empty() {
			t.Errorf("still unsent: %v", u.spans)
		}
	})
}

func TestSpans(t *testing.T) {
	u := &unsent{}
	for _, n := range []uint64{5, 1, 3, 4, 9, 2, 9} {
		u.add(n)
	}
	if want := []span{{1, 5}, {9, 9}}; !slices.Equal(u.spans, want) {
		t.Errorf("%v, want %v", u.spans, want)
	}
	u.addSpan(span{4, 12})
	u.remove(6)
	u.remove(12)
	u.remove(99)
	if want := []span{{1, 5}, {7, 11}}; !slices.Equal(u.spans, want) {
		t.Errorf("%v, want %v", u.spans, want)
	}
	for n, want := range map[uint64]bool{0: false, 1: true, 5: true, 6: false, 11: true, 12: false} {
		if contains(u.spans, n) != want {
			t.Errorf("contains %d: %v", n, !want)
		}
	}
}

package crash

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
)

// broken panics in a guarded call, and returns what came out of it.
func broken(t *testing.T, guard func()) (r any) {
	t.Helper()
	defer func() { r = recover() }()
	func() {
		defer guard()
		panic("broken")
	}()
	return nil
}

// A panic of the process does what each session has registered, once, and panics
// on.
func TestGuard(t *testing.T) {
	var mu sync.Mutex
	var did []string
	note := func(s string) func() {
		return func() { mu.Lock(); defer mu.Unlock(); did = append(did, s) }
	}
	forget := Before(note("a"))
	Before(note("b"))
	Before(note("c"))
	forget() // and nothing else
	func() { defer Guard() }()
	if len(did) > 0 {
		t.Errorf("%q was done without a panic", did)
	}
	for range 2 {
		if r := broken(t, Guard); r != "broken" {
			t.Errorf("it panics on with %v", r)
		}
	}
	slices.Sort(did)
	if got := strings.Join(did, ""); got != "bc" {
		t.Errorf("%q was done, want all that was not taken back, once", got)
	}
	Before(note("d"))()
	if broken(t, Guard); len(did) != 2 {
		t.Error("what was taken back is done")
	}
}

// A panic of a session is its own: the process goes on, and what the process
// would do is not done.
func TestHook(t *testing.T) {
	process := false
	defer Before(func() { process = true })()
	var did []string
	h := New(func(err error) {
		did = append(did, "end")
		if e, ok := errors.AsType[*Error](err); !ok || e.Value != "broken" || !strings.Contains(string(e.Stack), "TestHook") || e.Error() != "panic: broken" {
			t.Errorf("it ends with %v", err)
		}
	})
	other := New(func(error) { did = append(did, "the other one ends") })
	other.Before(func() { did = append(did, "the other one leaves") })
	h.Before(func() { did = append(did, "leave") })
	func() { defer h.Guard() }()
	for range 2 {
		if r := broken(t, h.Guard); r != nil {
			t.Errorf("it panics on with %v", r)
		}
	}
	if got := strings.Join(did, ", "); got != "leave, end" || process {
		t.Errorf("%s was done, of the process %t; want leave, end and nothing of the process", got, process)
	}
	var none *Hook
	if r := broken(t, none.Guard); r != "broken" || !process {
		t.Errorf("without a hook it panics on with %v, and of the process %t is done", r, process)
	}
}
